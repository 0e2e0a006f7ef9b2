"""The sample desk is served as real feeds and pages, as its story has it at that moment."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest

from pipeline.cli.sample_outlets import feed_url, serving
from pipeline.sample import FeedFormat, Sample, SampleFeed, SampleItem, load
from tests.examples import NOON

AT_ONCE = timedelta(0)
LATER = timedelta(seconds=10)


def entry(feed: str, path: str, text: str = "One.\n\n“Two & <three>,” she said.", **changes: Any) -> SampleItem:
    plain = SampleItem(
        name=path,
        feed=feed,
        path=path,
        title="Wires & cables",
        author="Lene Aasgard",
        published=timedelta(hours=-1),
        appears=AT_ONCE,
        revision=1,
        summary="",
        text=text,
    )
    return replace(plain, **changes)


def outlet(kind: FeedFormat) -> SampleFeed:
    return SampleFeed(id=kind, source=f"The {kind}", title=f"All {kind}", format=kind, language="en")


FEEDS = (outlet("rss"), outlet("atom"), outlet("json"))


class Desk:
    """The sample being served, and a clock that a test moves."""

    def __init__(self, *entries: SampleItem) -> None:
        self.sample = Sample(FEEDS, entries, (), ())
        self.elapsed = AT_ONCE
        self.address = ""

    def get(self, url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(url if url.startswith("http") else self.address + url)
        connection = HTTPConnection(parts.netloc, timeout=5)
        connection.request(
            "GET", parts.path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


@pytest.fixture
def desk() -> Iterator[Desk]:
    entries = [entry(feed.id, "/whole") for feed in FEEDS]
    entries += [entry(feed.id, "/later", appears=LATER, summary="In short & <plain>.") for feed in FEEDS]
    entries += [
        entry("rss", "/whole", text="Corrected.", appears=LATER, revision=2, name="z"),
        entry("json", "/closed", text="", summary="Only this."),
    ]
    made = Desk(*sorted(entries, key=lambda each: (each.appears, each.name)))
    with serving(made.sample, NOON, lambda: made.elapsed) as made.address:
        yield made


@pytest.mark.parametrize("feed", FEEDS[:2], ids=lambda feed: feed.id)
def test_xml_feeds_hold_the_whole_story(desk: Desk, feed: SampleFeed) -> None:
    _, headers, body = desk.get(feed_url(desk.address, feed))
    read = feedparser.parse(body, response_headers={"content-type": headers["content-type"]})
    assert not read.bozo
    assert read.feed.title == feed.title
    assert read.feed.language == "en"
    (only,) = read.entries
    assert only.title == "Wires & cables"
    assert only.link == only.id == f"{desk.address}/{feed.id}/whole"
    assert only.author == "Lene Aasgard"
    assert only.published_parsed[:4] == (2026, 3, 2, 11)
    assert only.content[0].value == "<p>One.</p>\n<p>“Two &amp; &lt;three&gt;,” she said.</p>"


def test_json_feed_holds_the_whole_story(desk: Desk) -> None:
    _, headers, body = desk.get(feed_url(desk.address, FEEDS[2]))
    assert headers["content-type"].startswith("application/feed+json")
    read = {told["id"].removeprefix(desk.address): told for told in json.loads(body)["items"]}
    assert read["/json/whole"]["content_html"].startswith("<p>One.</p>")
    assert read["/json/closed"]["summary"] == "Only this."
    assert "content_html" not in read["/json/closed"]


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.id)
def test_the_story_unfolds(desk: Desk, feed: SampleFeed) -> None:
    before = desk.get(feed_url(desk.address, feed))[2]
    assert b"/later" not in before
    desk.elapsed = LATER
    after = desk.get(feed_url(desk.address, feed))[2]
    assert b"/later" in after
    assert b"/whole" in after


def test_a_correction_keeps_its_address(desk: Desk) -> None:
    assert b"One." in desk.get("/rss/whole")[2]
    desk.elapsed = LATER
    assert b"Corrected." in desk.get("/rss/whole")[2]
    assert desk.get("/rss/feed")[2].count(b"<item>") == 2


def test_an_unchanged_feed_is_not_sent_again(desk: Desk) -> None:
    etag = desk.get("/rss/feed")[1]["etag"]
    status, _, body = desk.get("/rss/feed", If_None_Match=etag)
    assert (status, body) == (304, b"")
    desk.elapsed = LATER
    assert desk.get("/rss/feed", If_None_Match=etag)[0] == 200


def test_pages_have_the_text_or_an_error(desk: Desk) -> None:
    status, _, page = desk.get("/atom/whole")
    assert status == 200
    assert "“Two &amp; &lt;three&gt;,” she said." in page.decode()
    assert "<title>Wires &amp; cables | The atom</title>" in page.decode()
    assert desk.get("/json/closed")[0] == 403


@pytest.mark.parametrize("path", ["/", "/none/feed", "/rss", "/rss/later", "/rss/../../etc/passwd"])
def test_an_unknown_path_is_not_found(desk: Desk, path: str) -> None:
    assert desk.get(path)[0] == 404


def test_the_shipped_sample_can_be_read_whole() -> None:
    sample = load()
    with serving(sample, NOON, lambda: sample.length) as address:
        reader = Desk()
        links = set()
        for feed in sample.feeds:
            status, headers, body = reader.get(feed_url(address, feed))
            assert status == 200
            if feed.format == "json":
                links |= {told["url"] for told in json.loads(body)["items"]}
            else:
                read = feedparser.parse(body, response_headers={"content-type": headers["content-type"]})
                assert not read.bozo
                links |= {told.link for told in read.entries}
        assert len(links) == len({(told.feed, told.path) for told in sample.entries}) == 14
        assert sorted({reader.get(link)[0] for link in links}) == [200, 403]
