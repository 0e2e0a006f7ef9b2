"""OPML comes in from anywhere and goes out valid."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from connectors.feeds.parser import Parser
from connectors.files import lists
from pipeline.errors import InputError
from pipeline.model import Feed
from tests.examples import NOON


def test_written_opml_is_read_back(parser: Parser) -> None:
    feeds = [
        Feed(url='https://a.example/?x=1&y="2"', title='Käse <&> "quoted" \x00\u202e'),
        Feed(url="https://b.example/feed", source="B"),
    ]
    found = lists.feeds_in_opml(lists.write_opml(feeds, NOON), "feeds.opml", parser)
    assert [(feed.url, feed.title) for feed in found] == [
        ('https://a.example/?x=1&y="2"', 'Käse <&> "quoted"'),
        ("https://b.example/feed", "B"),
    ]


def test_written_opml_is_version_2() -> None:
    root = ElementTree.fromstring(lists.write_opml([Feed(url="https://a.example/")], NOON))
    outline = root.find("body/outline")
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/dateCreated") == "Mon, 02 Mar 2026 12:00:00 GMT"
    assert outline is not None
    assert outline.attrib == {
        "type": "rss",
        "text": "https://a.example/",
        "title": "https://a.example/",
        "xmlUrl": "https://a.example/",
    }


def test_tags_are_written_and_read_back(parser: Parser) -> None:
    feed = Feed(url="https://a.example/", title="A", tags=("local news", "harbour"))
    assert lists.feeds_in_opml(lists.write_opml([feed], NOON), "feeds.opml", parser) == [feed]


def test_the_lists_around_a_feed_are_its_tags(parser: Parser) -> None:
    body = b"""<opml version="2.0"><body><outline text="News"><outline text=" "><outline text="Local">
    <outline text="A" xmlUrl="https://a.example/" category="/Harbour/Ships,local"/></outline></outline></outline>
    </body></opml>"""
    (feed,) = lists.feeds_in_opml(body, "feeds.opml", parser)
    assert set(feed.tags) == {"News", "Local", "Harbour", "Ships", "local"}


def test_groups_doubles_and_old_ways(parser: Parser) -> None:
    body = b"""<opml version="1.0"><body><outline text="News"><outline text="A" xmlUrl="feed://a.example/"/></outline>
    <outline title="B" xmlUrl="http://b.example/"/><outline text="B too" xmlUrl="http://b.example/"/>
    <outline text="nothing"/></body></opml>"""
    found = lists.feeds_in_opml(body, "feeds.opml", parser)
    assert [(feed.url, feed.title) for feed in found] == [("http://a.example/", "A"), ("http://b.example/", "B")]


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"\x00\xff", b"https://a.example/feed", b"<opm"])
def test_malformed_opml_is_refused(parser: Parser, body: bytes) -> None:
    with pytest.raises(InputError, match=r"^feeds\.opml is not OPML$"):
        lists.feeds_in_opml(body, "feeds.opml", parser)


def test_entities_are_not_fetched(parser: Parser) -> None:
    body = b"""<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/hostname">]><opml version="2.0"><body>
    <outline text="&x;" xmlUrl="https://a.example/"/></body></opml>"""
    (feed,) = lists.feeds_in_opml(body, "feeds.opml", parser)
    assert feed.title in ("", "&x;")


@pytest.mark.slow
def test_an_endlessly_nested_list_raises_no_error(parser: Parser) -> None:
    lists.feeds_in_opml(b'<opml version="2.0"><body>' + b'<outline text="x">' * 100_000, "feeds.opml", parser)


def test_files(tmp_path: Path, parser: Parser) -> None:
    path = tmp_path / "feeds.opml"
    path.write_bytes(lists.write_opml([Feed(url="https://a.example/", title="A")], NOON))
    assert [feed.url for feed in lists.read_opml(path, parser)] == ["https://a.example/"]
    with pytest.raises(InputError, match=r"missing\.opml cannot be read: No such file"):
        lists.read_opml(tmp_path / "missing.opml", parser)
