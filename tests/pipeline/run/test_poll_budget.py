"""The poller charges each feed for what it uses, and leaves a feed alone that has used its budget."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from connectors.feeds.parser import Parser
from pipeline.errors import InputError
from pipeline.feeds.health import condition
from pipeline.model import Feed
from pipeline.settings.sections import Budget, Poll
from pipeline.sources import Arrivals
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer
from tests.pipeline.feeds.desk import PAGE, SUMMARY, Desk, wait_for

pytestmark = pytest.mark.usefixtures("quick_ticks")

DAY = timedelta(days=1)
MANY = rss(*(item(number) for number in range(2_000)))  # enough for a clock of CPU time that ticks every 10 ms


def polled(desk: Desk, enough: Callable[[], object]) -> None:
    with desk.running():
        wait_for(enough)


def test_bytes_and_articles_and_cpu_are_charged(loopback: Loopback, parser: Parser) -> None:
    desk = Desk(loopback, parser)
    loopback.routes["/feed"] = answer(MANY)
    polled(desk, lambda: desk.state().polled)
    spent = desk.state().spent
    assert (spent.bytes, spent.articles, spent.over) == (len(MANY.encode()), 2_000, "")
    assert 0 < spent.cpu <= 2


@pytest.mark.slow
@pytest.mark.parametrize("budget", [Budget(bytes=100), Budget(articles=1), Budget(cpu=1e-9)])
def test_a_feed_over_its_budget_is_not_polled_for_a_day(loopback: Loopback, parser: Parser, budget: Budget) -> None:
    desk = Desk(loopback, parser, budget=budget)
    loopback.routes["/feed"] = answer(MANY)
    polled(desk, lambda: desk.state().polled)
    assert condition(desk.state()) == "waiting"
    desk.clock.now += DAY - timedelta(minutes=1)
    with desk.running():
        desk.desk.save(Feed(url=loopback.url("/other")))
        wait_for(lambda: "/other" in loopback.paths())
    assert loopback.paths().count("/feed") == 1
    desk.clock.now += timedelta(hours=1)
    polled(desk, lambda: loopback.paths().count("/feed") == 2)


def test_the_quotes_of_a_feeds_articles_are_charged_with_the_next_poll(loopback: Loopback, parser: Parser) -> None:
    desk = Desk(loopback, parser, budget=Budget(quotes=10), quotes=lambda _: 6)
    loopback.routes["/feed"] = answer(rss(item(1), item(2)))
    with desk.running():
        wait_for(lambda: desk.state().polled)
        assert desk.state().spent.quotes == 0
        desk.clock.now += timedelta(hours=2)
        wait_for(lambda: desk.state().spent.quotes == 12)
    assert condition(desk.state()) == "waiting"


def test_no_further_page_is_read_once_the_budget_is_spent(loopback: Loopback, parser: Parser) -> None:
    items = [item(number, link=loopback.url(f"/{number}"), **SUMMARY) for number in range(5)]
    body = rss(*items)
    desk = Desk(loopback, parser, budget=Budget(bytes=len(body.encode()) + 100))
    loopback.routes |= {"/feed": answer(body)} | {
        f"/{number}": answer(f"<html><body><article>{PAGE}</article></body></html>", content_type="text/html")
        for number in range(5)
    }
    polled(desk, lambda: desk.state().polled)
    assert len([path for path in loopback.paths() if path.strip("/").isdigit()]) == 1
    assert desk.state().spent.articles == 5


def test_a_killed_parse_is_charged_its_whole_limit(parser: Parser) -> None:
    with Parser(Poll(parse_seconds=0.001), 1) as hurried:
        with pytest.raises(InputError):
            hurried.feed(rss(*[item(1)] * 2_000).encode(), "", "https://courier.example/")
        assert (hurried.cost(), hurried.cost()) == (2.0, 0.0)


class BusyInbox:
    """An inbox that costs much and brings nothing."""

    def read(self, feed: Feed, cursor: str, *, first: bool) -> Arrivals:
        return Arrivals((), (), cursor, bytes=1_000, cpu=1.0)


@pytest.mark.parametrize("budget", [Budget(bytes=100), Budget(cpu=0.1)])
def test_an_inbox_over_its_budget_is_not_read(loopback: Loopback, parser: Parser, budget: Budget) -> None:
    desk = Desk(loopback, parser, budget=budget, inboxes={"imaps": BusyInbox()})
    desk.desk.save(Feed(url="imaps://mail.example/INBOX"))
    polled(desk, lambda: condition(desk.state("imaps://mail.example/INBOX")) == "waiting")
