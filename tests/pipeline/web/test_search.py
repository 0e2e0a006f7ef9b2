"""The API gives what is on the record, and says what is wrong with a question."""

import csv
import html
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from pipeline.errors import WorldError
from pipeline.model import Article, Correction, Decision, Document, content_id
from pipeline.model.query import Page, Search
from pipeline.services import Services
from pipeline.testing import FakeIndex
from pipeline.web.serve import create
from tests import examples

STATEMENT = examples.statement().id
ARTICLE = examples.article().id


def test_search_finds_and_points_at_the_words(client: TestClient) -> None:
    asked: dict[str, str | bool] = {"q": "harbour", "collection": "statements", "facets": True, "days": True}
    page = client.get("/api/v1/search", params=asked).json()
    assert page["total"] == 1
    hit = page["hits"][0]
    assert hit["speaker_name"] == "Ada Lindqvist"
    assert [hit["text"][start:end] for start, end in hit["highlights"]] == ["harbour"]
    assert hit["reports"] == 2
    assert ["courier.example", 1] in page["facets"]["source"]
    assert page["days"] == [["2026-03-02", 1]]


def test_each_page_of_results_continues_the_previous(services: Services, client: TestClient) -> None:
    services.index.add([examples.document(examples.article(f"https://courier.example/{n}")) for n in range(5)])
    found, cursor = [], ""
    while True:
        page = client.get("/api/v1/search", params={"collection": "articles", "limit": 2, "cursor": cursor}).json()
        found += [hit["id"] for hit in page["hits"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert len(found) == len(set(found)) == page["total"] == 6


def test_a_wrong_query_is_pointed_at(client: TestClient) -> None:
    answer = client.get("/api/v1/search", params={"q": 'harbour AND "open'})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:onrecord:problem:query"
    assert problem["position"] == 12
    assert problem["query"] == 'harbour AND "open'


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"limit": 0}, "query.limit"),
        ({"limit": 201}, "query.limit"),
        ({"limit": "many"}, "query.limit"),
        ({"collection": "rumours"}, "query.collection"),
        ({"order": "oldest"}, "query.order"),
        ({"q": "x" * 4001}, "query.q"),
    ],
)
def test_a_wrong_parameter_is_named(client: TestClient, asked: dict[str, str], told: str) -> None:
    answer = client.get("/api/v1/search", params=asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(told)


def test_a_foreign_cursor_is_refused(client: TestClient) -> None:
    assert client.get("/api/v1/search", params={"cursor": "never ours"}).status_code == 400


def test_article_has_all_its_revisions(client: TestClient) -> None:
    revisions = client.get(f"/api/v1/articles/{ARTICLE}").json()
    assert [revision["article"]["revision"] for revision in revisions] == [1, 2]
    quote, text = revisions[0]["quotes"][0], revisions[0]["article"]["text"]
    assert text[quote["start"] : quote["end"]] == quote["text"]
    assert revisions[0]["mentions"][0]["name"] == "Ada Lindqvist"


def test_statement_has_its_reports_in_order(client: TestClient) -> None:
    record = client.get(f"/api/v1/statements/{STATEMENT}").json()
    assert record["statement"]["text"] == "The harbour will stay open"
    told = [(one["report"]["article"]["source"], one["verdict"]) for one in record["reports"]]
    assert told == [("courier.example", "new"), ("gazette.example", "repeated")]
    assert [(one["independent"], one["standing"]) for one in record["reports"]] == [(True, True), (True, True)]
    assert record["sources"] == 2


def test_copies_and_withdrawn_reports_are_distinguished(services: Services, client: TestClient) -> None:
    for decision in copied_and_corrected():
        services.index.add([decision])
    record = client.get(f"/api/v1/statements/{STATEMENT}").json()
    told = [(one["verdict"], one["text"], one["independent"], one["standing"]) for one in record["reports"]]
    first, gazette = examples.article().id, examples.article("https://gazette.example/port").id
    herald = examples.article("https://herald.example/c").id
    assert told == [
        ("new", first, True, False),
        ("repeated", gazette, True, True),
        ("repeated", first, False, True),
        ("corrected", first, False, False),
    ]
    assert record["sources"] == 2
    linked = client.get(f"/api/v1/statements/{STATEMENT}/quotation").json()
    assert [one["source"]["identifier"] for one in linked["isBasedOn"]] == [gazette, herald]
    assert record["reports"][2]["report"]["article"]["id"] == herald


def copied_and_corrected() -> list[Decision]:
    """A copy of the first report's article, and a revision of that article that has the quote no more."""
    said, first = examples.statement(), examples.article()
    copy = examples.report(examples.article("https://herald.example/c", source="herald.example"))
    made = Correction("removed", examples.quote().id)
    gone = replace(examples.report(replace(first, revision=2), id="gone"), correction=made)
    return [
        examples.decision(copy, statement=said, verdict="repeated", offset=2, copy_of=(first.id,)),
        examples.decision(gone, statement=said, verdict="corrected", how="taken out in revision 2", offset=3),
    ]


def test_statements_are_listed(client: TestClient) -> None:
    page = client.get("/api/v1/statements", params={"q": "speaker:lindqvist"}).json()
    assert [hit["id"] for hit in page["hits"]] == [STATEMENT]


def test_statement_is_linked_data(client: TestClient) -> None:
    answer = client.get(f"/api/v1/statements/{STATEMENT}/quotation")
    assert answer.headers["content-type"] == "application/ld+json"
    quotation = answer.json()
    assert quotation["spokenByCharacter"]["@type"] == "Person"
    assert len(quotation["isBasedOn"]) == 2
    assert quotation["isBasedOn"][0]["selector"][0]["suffix"] == ", Mayor Ada Lindqvist said on Mo"


@pytest.mark.parametrize("path", ["articles/x", "statements/x", "statements/x/quotation", "nothing", "articles/%00"])
def test_an_unknown_path_is_a_problem_response(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Not Found"


def test_a_wrong_method_is_a_problem(client: TestClient) -> None:
    answer = client.delete("/api/v1/search")
    assert answer.status_code == 405
    assert answer.json()["status"] == 405


def test_export_is_whole(services: Services, client: TestClient) -> None:
    more = [examples.document(examples.article(f"https://courier.example/{n}", title="=1+1")) for n in range(450)]
    services.index.add(more)
    lines = client.get("/api/v1/export", params={"collection": "articles"}).text.splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == 451
    answer = client.get("/api/v1/export", params={"collection": "articles", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert len(rows) == 451
    assert {row["title"] for row in rows} == {"'=1+1", "Harbour stays open"}
    assert answer.headers["content-disposition"] == 'attachment; filename="onrecord-articles.csv"'


def test_a_search_is_an_excel_workbook_without_formulas(services: Services, client: TestClient) -> None:
    services.index.add([examples.document(examples.article("https://courier.example/n", title="=1+1"))])
    answer = client.get("/api/v1/export", params={"collection": "articles", "format": "xlsx"})
    assert answer.headers["content-disposition"] == 'attachment; filename="onrecord-articles.xlsx"'
    with ZipFile(io.BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<t>=1+1</t>" in sheet
    assert "<f>" not in sheet
    assert sheet.count("<row ") == 3
    assert re.search(r'<c r="A2" s="\d+"><v>46\d\d\d\.', sheet)  # a day of 2026 as a number


def test_a_workbook_has_its_limit(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.search.export.MOST_ROWS", 0)
    answer = client.get("/api/v1/export", params={"collection": "articles", "format": "xlsx"})
    assert answer.status_code == 422
    assert "narrow the search" in answer.text


def test_export_of_a_wrong_query_is_a_problem(client: TestClient) -> None:
    assert client.get("/api/v1/export", params={"q": "("}).status_code == 400


def test_a_world_error_is_503_with_retry_after(services: Services) -> None:
    class Away(FakeIndex):
        def search(self, search: Search) -> Page:
            raise WorldError("index is locked")

    client = TestClient(create(replace(services, index=Away())), base_url="http://127.0.0.1")
    answer = client.get("/api/v1/search")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["detail"] == "index is locked"


def test_an_internal_error_reveals_nothing(services: Services) -> None:
    class Broken(FakeIndex):
        def documents(self, *article_ids: str) -> list[Document]:
            raise RuntimeError("secret")

    web = create(replace(services, index=Broken()))
    answer = TestClient(web, base_url="http://127.0.0.1", raise_server_exceptions=False).get("/api/v1/articles/x")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


def test_the_description_covers_every_route_and_field(client: TestClient) -> None:
    description = client.get("/api/v1/openapi.json").json()
    for path, operations in description["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            for parameter in operation.get("parameters", []):
                assert parameter.get("description") or path.count("{"), (path, parameter["name"])
    assert "/api/v1/search" in description["paths"]
    assert "/login" not in description["paths"]


def test_ids_of_another_kind_are_not_found(client: TestClient) -> None:
    assert client.get(f"/api/v1/articles/{content_id('x')}").status_code == 404


def test_differences_between_revisions_are_returned(client: TestClient) -> None:
    (change,) = client.get(f"/api/v1/articles/{examples.article().id}/changes").json()
    assert (change["earlier"], change["later"]) == (1, 2)
    assert [edit["after"]["text"] for edit in change["edits"]] == ["The council agreed."]
    assert client.get("/api/v1/articles/x/changes").status_code == 404


def sheet_of(services: Services, client: TestClient, article: Article) -> str:
    services.index.add([examples.document(article)])
    answer = client.get("/api/v1/export", params={"collection": "articles", "format": "xlsx"})
    assert answer.status_code == 200
    with ZipFile(io.BytesIO(answer.content)) as book:
        return book.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize(
    "text", ["=cmd|'/c calc'!A1", "{=1+1}", "+1", "-1", "@SUM(1)", "http://a.example", "\t=1", "1e9"]
)
def test_no_cell_of_a_workbook_is_a_formula_a_link_or_a_number(
    services: Services, client: TestClient, text: str
) -> None:
    sheet = sheet_of(services, client, examples.article("https://courier.example/n", title=text, source=text))
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert re.search(
        rf"<t[^>]*>\\s*{re.escape(html.escape(text.strip(), quote=False))}</t>".replace("\\\\", "\\"), sheet
    )


def test_a_cell_of_a_workbook_has_its_limit(services: Services, client: TestClient) -> None:
    """Excel takes 32,767 characters in a cell; more would be a file that it calls damaged."""
    sheet = sheet_of(services, client, examples.article("https://courier.example/n", title="t" * 40_000))
    assert "t" * 1_000 in sheet
    assert "t" * 32_768 not in sheet


@pytest.mark.parametrize("year", [1, 1850, 9999])
def test_a_date_that_excel_does_not_know_costs_no_workbook(services: Services, client: TestClient, year: int) -> None:
    published = datetime(year, 6, 1, tzinfo=UTC)
    assert "Harbour" in sheet_of(
        services, client, examples.article("https://courier.example/n", title="Harbour", published=published)
    )


def test_controls_are_no_part_of_a_workbook(services: Services, client: TestClient) -> None:
    sheet = sheet_of(services, client, examples.article("https://courier.example/n", title="a\x0b\x1b[31m\ufffeb"))
    assert not set("\x0b\x1b\ufffe") & set(sheet)
