"""The address of a search holds its conditions, each of which can be put in and taken out."""

import re

import pytest
from starlette.testclient import TestClient

from pipeline.search.query import parse
from pipeline.services import Services
from pipeline.web.pages.record import Condition, Filters, read
from tests import examples

ADA, BO = Condition("speaker", "ada-lindqvist"), Condition("speaker", "bo-ek")
NOT_GAZETTE = Condition("source", 'The "Gazette"', excluded=True)


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        (Filters(), ""),
        (Filters(words="harbour OR port"), "harbour OR port"),
        (Filters(conditions=(ADA,)), 'speaker:"ada-lindqvist"'),
        (Filters(conditions=(ADA, BO)), '(speaker:"ada-lindqvist" OR speaker:"bo-ek")'),
        (Filters(words="port", conditions=(ADA, NOT_GAZETTE)), None),
        (Filters(words="port", after="7d", before="today"), '(port) AND after:"7d" AND before:"today"'),
    ],
)
def test_a_search_is_a_query(filters: Filters, query: str | None) -> None:
    expected = '(port) AND speaker:"ada-lindqvist" AND NOT source:"The \\"Gazette\\""' if query is None else query
    assert filters.query == expected
    if "7d" not in expected:
        parse(filters.query)


def test_an_encoded_address_is_decoded_to_the_same_view() -> None:
    filters = Filters(words="a & b", collection="articles", order="relevance", conditions=(ADA, NOT_GAZETTE))
    from urllib.parse import parse_qsl, urlsplit

    assert read(parse_qsl(urlsplit(filters.address).query)) == filters


def test_unknown_parameters_are_left_out() -> None:
    assert read([("in", "secrets"), ("order", "x"), ("speaker", " "), ("password", "x")]) == Filters()


def test_a_condition_is_put_in_and_taken_out_and_turned_round() -> None:
    chosen = Filters().toggled(ADA)
    assert chosen.conditions == (ADA,)
    assert chosen.toggled(ADA).conditions == ()
    excluded = Condition("speaker", "ada-lindqvist", excluded=True)
    assert chosen.toggled(excluded).conditions == (excluded,)


def test_every_condition_in_force_is_a_pill() -> None:
    filters = Filters(words="port", conditions=(ADA, NOT_GAZETTE), after="7d", before="today")
    pills = filters.pills({"ada-lindqvist": "Ada Lindqvist"})
    assert [(pill.heading, pill.value, pill.excluded) for pill in pills] == [
        ("", "port", False),
        ("Who", "Ada Lindqvist", False),
        ("Where", 'The "Gazette"', True),
        ("From", "7d", False),
        ("Before", "today", False),
    ]
    assert all(len(read_again(pill.without).pills({})) == len(pills) - 1 for pill in pills)


def read_again(address: str) -> Filters:
    from urllib.parse import parse_qsl, urlsplit

    return read(parse_qsl(urlsplit(address).query))


def suggested(browser: TestClient, words: str, **more: str) -> list[tuple[str, str]]:
    """The queries that a page of the record suggests for words, with what is said of each."""
    page = browser.get("/record", params={"q": words, **more}).text
    return re.findall(r'<span class="nowrap"><a href="[^"]*" dir="auto">(.*?)</a> \((.*?)\)', page)


def test_words_that_name_a_tracked_speaker_suggest_the_speaker(browser: TestClient) -> None:
    ada = ("speaker:&#34;Ada Lindqvist&#34;", "1 statement")
    assert suggested(browser, "Ada Lindqvist") == [ada]
    assert suggested(browser, "lindqvist harbour") == [("speaker:&#34;Ada Lindqvist&#34; harbour", "1 statement")]
    assert suggested(browser, "Lindqvist zeppelin") == [ada]
    assert suggested(browser, "ada") == []
    assert suggested(browser, "harbour") == []
    assert suggested(browser, "lindqvist", speaker="ada-lindqvist") == []


def test_words_that_name_a_speaker_who_is_not_tracked_suggest_the_speaker(
    services: Services, browser: TestClient
) -> None:
    said = examples.report(examples.article("https://x.example"), speaker_id="bo-ek", speaker_name="Bo Ek")
    services.index.add([examples.decision(said, offset=3)])
    assert suggested(browser, "ek") == [("speaker:&#34;Bo Ek&#34;", "1 statement")]
    page = browser.get("/record", params={"q": "ek"}).text
    assert 'Did you mean <span class="nowrap"><a href="/record?speaker=bo-ek"' in page


def test_the_most_quoted_namesake_comes_first(services: Services, browser: TestClient) -> None:
    for number in range(2):
        article = examples.article(f"https://x.example/{number}")
        said = examples.report(article, speaker_id="zoe-lindqvist", speaker_name="Zoe Lindqvist")
        services.index.add([examples.decision(said, offset=3 + number)])
    services.desk.save(examples.actor("Zoe Lindqvist", id="zoe-lindqvist", aliases=()))
    names = [query for query, _ in suggested(browser, "lindqvist")]
    assert names == ["speaker:&#34;Zoe Lindqvist&#34;", "speaker:&#34;Ada Lindqvist&#34;"]
    assert [query for query, _ in suggested(browser, "ada lindqvist")] == ["speaker:&#34;Ada Lindqvist&#34;"]


@pytest.mark.parametrize("words", ["ada OR lindqvist", "speaker:lindqvist", "NOT lindqvist", "-lindqvist", "lindq*"])
def test_a_query_in_the_query_s_language_suggests_nobody(browser: TestClient, words: str) -> None:
    assert suggested(browser, words) == []
