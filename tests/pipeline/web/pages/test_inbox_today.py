"""The front page tells the day: numbers against the usual, stories, and what changed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from pipeline.model import FeedState
from pipeline.services import Services
from tests import examples
from tests.examples import NOON


@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-10", "9999-12-31", "9999-W52-5", "99999-01-01"])
@pytest.mark.parametrize("path", ["/", "/today.txt", "/network", "/quoted"])
def test_a_day_at_an_end_of_the_calendar_is_today(browser: TestClient, path: str, day: str) -> None:
    answer = browser.get(path, params={"day": day})
    assert (answer.status_code, "2 Mar" in answer.text) == (200, True)


def test_the_day_is_compared_with_the_days_before(services: Services, browser: TestClient) -> None:
    for age in range(1, 15):
        of = examples.article(f"https://courier.example/{age}", published=NOON - timedelta(days=age))
        services.index.add([examples.decision(examples.report(of), offset=age)])
    page = browser.get("/").text
    assert "Monday, 2 Mar 2026" in page
    assert 'href="/record?after=2026-03-02&amp;before=2026-03-03">statements</a> <span>usually 1</span>' in page
    assert "Sunday, 1 Mar 2026" in browser.get("/?day=2026-03-01").text


def test_changed_words_are_marked(services: Services, browser: TestClient) -> None:
    text = "The harbour will not stay open, Mayor Ada Lindqvist said on Monday."
    of = examples.article("https://courier.example/b", text=text)
    report = examples.report(of, part="The harbour will not stay open")
    changed = replace(examples.statement(report), changed_from=examples.statement().id)
    services.index.add([examples.decision(report, statement=changed, verdict="changed", offset=7)])
    for path in ("/", f"/statements/{changed.id}"):
        assert "<ins>not</ins>" in browser.get(path).text, path
    assert changed.id in browser.get(f"/statements/{examples.statement().id}").text


def test_a_large_change_shows_the_earlier_words_below(services: Services, browser: TestClient) -> None:
    text = "Nobody wants a quay for two ferries, Mayor Ada Lindqvist stressed on Monday."
    of = examples.article("https://courier.example/b", text=text)
    report = examples.report(of, part="Nobody wants a quay for two ferries", cue=examples.span(text, "stressed"))
    changed = replace(examples.statement(report), changed_from=examples.statement().id)
    services.index.add([examples.decision(report, statement=changed, verdict="changed", offset=7)])
    page = browser.get("/").text
    assert f"<del>{examples.statement().text}</del>" in page
    assert '<del class="how"' not in page


def test_addresses_of_searches_at_the_front_page_lead_to_the_record(browser: TestClient) -> None:
    answer = browser.get("/?q=harbour&in=quotes")
    assert (answer.status_code, answer.headers["location"]) == (307, "/record?q=harbour&in=quotes")


def test_feeds_with_problems_and_dead_letters_are_listed(services: Services, browser: TestClient) -> None:
    services.desk.save(
        examples.feed(), FeedState(url=examples.feed().url, failures=5, last_error="courier.example answered 503")
    )
    page = browser.get("/").text
    assert "1 in trouble" in page
    assert "courier.example answered 503" in page


def test_the_day_is_plain_text_too(browser: TestClient) -> None:
    answer = browser.get("/today.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("Monday, 2 March 2026\n====")
    assert "- Ada Lindqvist said: The harbour will stay open" in answer.text
    assert 'href="/today.txt?day=2026-03-02"' in browser.get("/").text


def test_a_day_without_statements_draws_nothing(browser: TestClient) -> None:
    page = browser.get("/?day=2025-11-03").text
    assert "No source is followed yet." in page
    assert ("<svg" in page, "Most quoted" in page) == (False, False)
    assert "<svg" in browser.get("/").text
