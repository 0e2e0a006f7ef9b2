"""Every view as CSV, JSON and Atom by its address."""

import csv
import io
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from pipeline.model import Watch
from pipeline.services import Services
from tests import examples
from tests.bench.desk import PAGES

VIEWS = [address for name, address in PAGES.items() if name != "help"]


def in_form(address: str, form: str) -> str:
    path, _, query = address.partition("?")
    return f"{'/today' if path == '/' else path}.{form}?{query}"


def several(services: Services, count: int = 30) -> None:
    for number in range(count):
        of = examples.article(f"https://courier.example/{number}")
        services.index.add([examples.decision(examples.report(of), offset=number + 9)])


@pytest.mark.parametrize(
    "address", ["/", "/record?q=harbour", "/people", "/people/ada-lindqvist", "/alerts", "/watches"]
)
def test_a_view_has_its_rows_as_csv_and_json(services: Services, client: TestClient, address: str) -> None:
    services.desk.save(examples.watch())
    services.outbox.put([examples.delivery()])
    answer = client.get(in_form(address, "json"))
    rows = answer.json()["rows"]
    assert (answer.headers["content-type"], bool(rows)) == ("application/json", True)
    table = client.get(in_form(address, "csv"))
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(list(csv.DictReader(io.StringIO(table.text)))) == len(rows)


def test_every_view_has_csv_and_json(services: Services, client: TestClient) -> None:
    services.desk.save(examples.feed(), examples.actor("Bo Ek", id="bo-ek"))
    statement, article = examples.statement().id, examples.article().id
    addresses = [
        "/feeds",
        "/network",
        "/audit",
        "/dead-letters",
        "/compare?q=harbour&other=ada",
        f"/statements/{statement}",
    ]
    for address in [*addresses, f"/articles/{article}", f"/source?feed={examples.feed().url}"]:
        assert client.get(in_form(address, "json")).status_code == 200, address
        assert client.get(in_form(address, "csv")).status_code == 200, address
    assert client.get("/statements/nothing.json").status_code == 404


def test_json_links_to_the_next_rows_until_the_last(services: Services, client: TestClient) -> None:
    several(services)
    for address in ("/record.json?q=harbour", "/people/ada-lindqvist.json"):
        first = client.get(address).json()
        following = client.get(first["next"]).json()
        ids = [row["id"] for row in (*first["rows"], *following["rows"])]
        assert len(ids) == len(set(ids)) == 31
        assert following["next"] is None


def test_only_statements_have_an_atom_feed(client: TestClient) -> None:
    feed = client.get("/record.atom?q=harbour")
    assert feed.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert "The harbour will stay open" in feed.text
    assert client.get("/people.atom").status_code == 404
    assert client.get("/record.atom?in=articles").status_code == 404


def test_a_page_links_its_other_forms(browser: TestClient) -> None:
    page = browser.get("/record?q=harbour&speaker=ada-lindqvist").text
    assert 'href="/record.csv?q=harbour&amp;speaker=ada-lindqvist"' in page
    assert 'href="/record.atom?q=harbour&amp;speaker=ada-lindqvist"' in page
    assert 'href="/today.json"' in browser.get("/").text
    assert "This page as" not in browser.get("/help").text


def test_csv_masks_targets_and_disarms_formulas(services: Services, client: TestClient) -> None:
    secret = "webhook:https://hooks.example/s3cret-path"
    services.desk.save(replace(examples.watch(deliver=(secret,)), name="=1+1"))
    assert services.desk.all(Watch)[0].deliver == (secret,)
    for form in ("json", "csv"):
        assert "s3cret" not in client.get(f"/watches.{form}").text
    (row,) = csv.DictReader(io.StringIO(client.get("/watches.csv").text))
    assert row["name"] == "'=1+1"


def test_feeds_of_actors_and_watches_keep_their_addresses(client: TestClient) -> None:
    assert client.get("/feeds/actors/ada-lindqvist.json").headers["content-type"] == "application/feed+json"
    assert client.get("/help.json").status_code == 404


def test_a_wrong_query_is_the_reason_why_a_view_is_no_data(client: TestClient) -> None:
    refused = client.get("/record.csv", params={"q": "(harbour"})
    assert refused.status_code == 400
    assert "closing" in refused.text
