"""A correction that is on the page alone is seen, at the cost of a few conditional requests."""

from datetime import timedelta

import pytest

from connectors.feeds.parser import Parser
from pipeline.errors import WorldError
from pipeline.model import Article
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer
from tests.pipeline.feeds.desk import PAGE, SUMMARY, Desk

HOUR = timedelta(hours=1)
HTML = f"<html><body><article>{PAGE}</article></body></html>"


@pytest.fixture
def desk(loopback: Loopback, parser: Parser) -> Desk:
    """A desk that has met one article with a page, whose feed does not change any more."""
    created = Desk(loopback, parser, record=lambda _: created.articles()[-1])
    loopback.routes["/feed"] = answer(rss(item(0)))
    created.check()
    loopback.routes["/feed"] = answer(rss(item(1, link=loopback.url("/1"), **SUMMARY)), etag="f")
    loopback.routes["/1"] = answer(HTML, etag='"1"')
    assert len(created.check()) == 1
    loopback.routes["/feed"] = answer(status=304)
    return created


def later(desk: Desk, hours: float) -> list[Article]:
    desk.clock.move(hours * HOUR)
    return desk.check()


def test_a_correction_on_the_page_alone_is_seen(desk: Desk, loopback: Loopback) -> None:
    assert later(desk, 0.5) == []
    loopback.routes["/1"] = answer(HTML.replace("longer", "much shorter"), etag='"2"')
    (corrected,) = later(desk, 1)
    assert "much shorter" in corrected.text
    assert loopback.requests[-1].headers["if-none-match"] == '"1"'
    assert later(desk, 1) == []
    assert loopback.paths().count("/1") == 2


def test_an_unchanged_page_costs_three_conditional_requests_and_no_more(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/1"] = answer(status=304)
    assert [later(desk, hours) for hours in (1, 6, 24, 24, 240)] == [[]] * 5
    assert loopback.paths().count("/1") == 4
    assert desk.state().again == ""


def test_a_page_that_robots_txt_now_forbids_is_not_fetched(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/robots.txt"] = answer("User-agent: *\nDisallow: /1")
    assert later(desk, 1) == []
    assert loopback.paths().count("/1") == 1


def test_pages_stay_due_while_the_index_is_unreachable(desk: Desk, loopback: Loopback, parser: Parser) -> None:
    def away(_: str) -> Article | None:
        raise WorldError("the index is away")

    loopback.routes["/1"] = answer(HTML.replace("longer", "much shorter"))
    troubled = Desk(loopback, parser, record=away)
    troubled.desk.save(desk.feed(), desk.state())
    assert later(troubled, 1) == []
    assert troubled.state().again == desk.state().again
