"""Statements as linked data: claims for fact-checks, and annotations of articles."""

from dataclasses import replace

from pipeline.model.quotation import annotation, annotation_page, claim
from tests import examples
from tests.examples import NOON, TEXT

ADA = examples.actor(wikidata="Q42")


def test_a_claim_can_be_the_item_of_a_claim_review() -> None:
    later = examples.report(examples.article("https://gazette.example/", published=NOON))
    earlier = examples.report(examples.article("https://wire.example/", published=NOON.replace(hour=3), title="First"))
    written = claim(examples.statement(), reports=[later, earlier], actor=ADA, page="https://desk.example/statements/1")
    assert (written["@type"], written["text"]) == ("Claim", "The harbour will stay open")
    assert written["author"] == {
        "@type": "Person",
        "name": "Ada Lindqvist",
        "identifier": "ada-lindqvist",
        "sameAs": "https://www.wikidata.org/entity/Q42",
    }
    assert written["firstAppearance"]["headline"] == "First"
    assert [each["url"] for each in written["appearance"]] == ["https://gazette.example/", "https://wire.example/"]
    assert written["datePublished"] == "2026-03-02T11:00:00+00:00"
    assert "url" not in claim(examples.statement())


def test_an_annotation_leads_to_the_words_in_the_article() -> None:
    report = examples.report()
    written = annotation(report, TEXT, ADA)
    exact, position = written["target"]["selector"]
    assert TEXT[position["start"] : position["end"]] == exact["exact"] == "The harbour will stay open"
    assert exact["suffix"].startswith(", Mayor Ada Lindqvist")
    assert written["target"]["source"] == "https://courier.example/harbour"
    assert [body["purpose"] for body in written["body"]] == ["tagging", "identifying", "classifying"]
    assert written["body"][1]["source"] == "https://www.wikidata.org/entity/Q42"


def test_an_annotation_needs_no_address_and_no_speaker() -> None:
    report = examples.report()
    nobody = replace(
        report, quote=replace(report.quote, speaker_name=""), article=replace(report.article, url="javascript:alert(1)")
    )
    written = annotation(nobody)
    assert written["target"]["source"] == f"urn:onrecord:article:{report.article.id}"
    assert [body["purpose"] for body in written["body"]] == ["classifying"]


def test_a_page_of_annotations_names_the_context_once() -> None:
    page = annotation_page("urn:x", [annotation(examples.report())])
    assert (page["type"], page["id"], len(page["items"])) == ("AnnotationPage", "urn:x", 1)
    assert "@context" in page
    assert "@context" not in page["items"][0]
