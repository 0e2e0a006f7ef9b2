"""Export says what was found, where, and harms no spreadsheet."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

from pipeline.model.query import Hit, Page, Search
from pipeline.model.quotation import quotation, selectors
from pipeline.search.export import every_hit, hits_csv, hits_jsonl
from tests import examples


def hit(number: int = 1, **changes: Any) -> Hit:
    plain = Hit(
        collection="statements",
        id=f"statement-{number}",
        text="The harbour will stay open",
        highlights=((4, 11),),
        article_id="article-1",
        title="Harbour stays open",
        url="https://courier.example/harbour",
        source="courier.example",
        language="en",
        published=None,
        first_seen=examples.NOON,
        speaker_id="ada-lindqvist",
        speaker_name="Ada Lindqvist",
        kind="indirect",
        confidence=0.9,
        reports=3,
    )
    return replace(plain, **changes)


def test_statement_is_a_schema_org_quotation() -> None:
    found = quotation(examples.statement())
    assert found["@type"] == "Quotation"
    assert found["text"] == "The harbour will stay open"
    assert found["spokenByCharacter"] == {"name": "Ada Lindqvist", "identifier": "ada-lindqvist"}
    assert found["isBasedOn"][0]["source"]["url"] == "https://courier.example/harbour"
    assert "changedFrom" not in found
    json.dumps(found)


def test_every_report_is_a_source() -> None:
    reports = [examples.report(), examples.report(examples.article("https://gazette.example/port"))]
    found = quotation(examples.statement(), reports=reports)
    assert [source["source"]["url"] for source in found["isBasedOn"]] == [
        "https://courier.example/harbour",
        "https://gazette.example/port",
    ]


def test_report_is_a_quotation_under_the_quotes_own_id() -> None:
    report = examples.report()
    assert quotation(report)["identifier"] == report.quote.id


def test_a_tracked_actor_gives_the_kind_of_speaker() -> None:
    council = examples.actor("Harbour Council", id="harbour-council", kind="organisation", wikidata="Q1")
    assert quotation(examples.statement(), actor=council)["spokenByCharacter"] == {
        "@type": "Organization",
        "name": "Harbour Council",
        "identifier": "harbour-council",
        "sameAs": "https://www.wikidata.org/entity/Q1",
    }


def test_unnamed_speaker_is_left_out() -> None:
    assert "spokenByCharacter" not in quotation(examples.report(speaker_name="", speaker_id=""))


def test_selectors_lead_back_to_the_quote() -> None:
    article = examples.article()
    quote = examples.quote(article, "will stay open")
    words, place = selectors(quote, article.text)
    assert article.text[place["start"] : place["end"]] == words["exact"] == "will stay open"
    assert words["prefix"] == "The harbour "
    assert words["prefix"] + words["exact"] + words["suffix"] in article.text


def test_selectors_without_the_text_have_no_surroundings() -> None:
    assert selectors(examples.quote())[0] == {"@type": "TextQuoteSelector", "exact": "The harbour will stay open"}


def test_text_of_another_revision_gives_no_surroundings() -> None:
    assert "prefix" not in selectors(examples.quote(), "Corrected: the harbour will close")[0]


def test_every_hit_follows_the_cursors() -> None:
    pages = {"": Page(hits=(hit(1), hit(2)), total=3, cursor="two"), "two": Page(hits=(hit(3),), total=3)}
    found = every_hit(lambda search: pages[search.cursor], Search(limit=2))
    assert [one.id for one in found] == ["statement-1", "statement-2", "statement-3"]


def test_json_lines_are_one_hit_each() -> None:
    lines = list(hits_jsonl([hit(1, text="two\nlines"), hit(2)]))
    assert [json.loads(line)["id"] for line in lines] == ["statement-1", "statement-2"]
    assert all(line.count("\n") == 1 for line in lines)


def test_csv_reads_back() -> None:
    text = 'He said "no", twice,\nand left'
    rows = list(csv.DictReader(io.StringIO("".join(hits_csv([hit(text=text)])), newline="")))
    assert rows[0]["text"] == text
    assert rows[0]["speaker_name"] == "Ada Lindqvist"
    assert rows[0]["reports"] == "3"
    assert rows[0]["published"] == ""


def test_csv_defuses_formulas() -> None:
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"):
        rows = list(csv.DictReader(io.StringIO("".join(hits_csv([hit(title=text)])), newline="")))
        assert rows[0]["title"] == f"'{text}"


def test_csv_defuses_formulas_behind_what_may_be_the_border_of_a_cell() -> None:
    for text, safe in (
        ("open;=1+1", "open;'=1+1"),
        ("open;;@SUM(A1)", "open;;'@SUM(A1)"),
        ("=1;=2", "'=1;'=2"),
        ("a\n=1", "a\n'=1"),
        ("open; and = shut", "open; and = shut"),
        ("it is -5; -6 at night", "it is -5; -6 at night"),
    ):
        rows = list(csv.DictReader(io.StringIO("".join(hits_csv([hit(title=text)])), newline="")))
        assert rows[0]["title"] == safe
    for line in "".join(hits_csv([hit(title='x";=cmd|calc!A1;"')])).splitlines():
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line.split(";"))


def test_links_never_lead_to_a_script() -> None:
    report = examples.report(replace(examples.article(), url="javascript:alert(1)"))
    assert "javascript" not in json.dumps(quotation(report))


def test_csv_of_nothing_has_its_columns() -> None:
    assert len(list(hits_csv([]))) == 1


def test_csv_has_columns_for_how_it_was_said() -> None:
    denied = hit(cue="denied", modality="denied", source_kind="anonymous")
    (row,) = csv.DictReader(io.StringIO("".join(hits_csv([denied]))))
    assert (row["cue"], row["modality"], row["source_kind"]) == ("denied", "denied", "anonymous")
