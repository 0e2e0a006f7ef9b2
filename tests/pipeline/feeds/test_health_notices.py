"""A feed that goes wrong is told of once, and once when it is well again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.feeds import health
from pipeline.model import FeedState, PublishingRate
from pipeline.settings.sections import Web
from pipeline.text.messages import headline, link, page, said
from pipeline.text.targets import link as unsubscribe
from tests import examples
from tests.examples import NOON

FEED = examples.feed(title="The Courier")
WELL = examples.feed_state(polled=True, last_success=NOON, next_check=NOON)
FAILING = replace(WELL, failures=3, warning="failing", last_error="courier.example answers 503", next_check=NOON)
SILENT = replace(WELL, warning="silent", rhythm=PublishingRate(news=NOON - timedelta(hours=30)))


def announcement(before: FeedState, after: FeedState) -> str:
    result = health.notice(FEED, before, after, NOON)
    return result.statement.text if result else ""


def test_each_change_of_health_is_announced_in_plain_words() -> None:
    url = WELL.url
    assert announcement(WELL, FAILING) == f"The Courier ({url}) fails: courier.example answers 503"
    assert announcement(WELL, SILENT).startswith(f"The Courier ({url}) has gone silent: nothing new for 30 hours")
    assert announcement(FAILING, WELL) == f"The Courier ({url}) is well again, no longer failing"
    gone = replace(WELL, gone=True, last_error="410 Gone since 2026-03-02")
    assert announcement(WELL, gone) == f"The Courier ({url}) is gone for good: 410 Gone since 2026-03-02"
    assert announcement(SILENT, replace(SILENT, warning="flooding")).startswith(
        f"The Courier ({url}) brings far more than usual"
    )


def test_ongoing_trouble_is_not_announced_again() -> None:
    assert announcement(WELL, WELL) == ""
    assert announcement(WELL, replace(WELL, failures=1)) == ""
    assert announcement(FAILING, replace(FAILING, failures=9)) == ""


def test_a_repeated_notice_has_the_same_id_and_a_later_episode_another() -> None:
    first, again = (health.notice(FEED, WELL, FAILING, NOON + timedelta(seconds=s)) for s in (0, 60))
    later = health.notice(FEED, replace(WELL, next_check=NOON + timedelta(days=1)), FAILING, NOON)
    assert first and again and later
    assert first.id == again.id != later.id
    (one, two) = health.deliveries(first, ["stdout", "email:desk@example.org", "stdout"])
    assert (one.target, two.target) == ("stdout", "email:desk@example.org")
    assert [d.id for d in health.deliveries(again, ["stdout"])] == [one.id]


def test_a_notice_is_a_statement_of_ours() -> None:
    alert = health.notice(FEED, WELL, FAILING, NOON)
    assert alert
    assert headline(alert) == "On the Record says"
    assert said(alert.statement) == alert.statement.text
    assert link(alert.statement) == WELL.url
    assert page(alert.statement, "https://desk.example/") == "https://desk.example/feeds"
    assert (
        unsubscribe(Web.model_validate({"address": "https://d.example", "secret": "s" * 32}), [alert.watch_id], "x")
        == ""
    )


def test_a_feed_without_a_title_goes_by_its_address() -> None:
    alert = health.notice(replace(FEED, title=""), WELL, FAILING, NOON)
    assert alert
    assert alert.statement.first.article.title == WELL.url


@pytest.mark.parametrize(("hours", "words"), [(47, "47 hours"), (48, "2 days"), (60.1, "3 days")])
def test_a_silence_is_announced_in_hours_up_to_two_days(hours: float, words: str) -> None:
    silent = replace(SILENT, rhythm=PublishingRate(news=NOON - timedelta(hours=hours)))
    assert f"nothing new for {words};" in announcement(WELL, silent)
