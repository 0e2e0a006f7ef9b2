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


def opml(outlines: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<opml version="2.0"><body>{outlines}</body></opml>'.encode()


@pytest.mark.slow
def test_a_list_of_100_000_feeds_is_refused(parser: Parser) -> None:
    outlines = "".join(f'<outline text="a" xmlUrl="http://a/{number}"/>' for number in range(100_000))
    with pytest.raises(InputError, match=r"100,000 feeds, at most 10,000 are followed|takes more than"):
        lists.feeds_in_opml(opml(outlines), "feeds.opml", parser)


def test_a_list_has_as_many_feeds_as_are_followed(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    body = opml("".join(f'<outline text="a" xmlUrl="http://a.example/{number}"/>' for number in range(4)))
    monkeypatch.setattr(lists, "_MOST_FEEDS", 3)
    with pytest.raises(InputError, match="names 4 feeds, at most 3"):
        lists.outlines(body, "feeds.opml")


@pytest.mark.parametrize("size", [4, 9])
def test_entities_of_entities_do_not_grow(parser: Parser, size: int) -> None:
    """A billion laughs, and one laugh that is long."""
    nested = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(size))
    head = f'<!DOCTYPE opml [<!ENTITY a0 "{"ha" * 20_000}">{nested}]>'
    body = opml(f'<outline text="&a{size};" xmlUrl="https://a.example/"/>', head)
    try:
        feeds = lists.feeds_in_opml(body, "feeds.opml", parser)
    except InputError:
        return
    assert sum(len(feed.title) for feed in feeds) < 1_000


def test_names_and_addresses_without_end_are_cut_or_left_out(parser: Parser) -> None:
    body = opml(
        f'<outline text="{"t" * 100_000}" category="{"c" * 100_000}" xmlUrl="https://a.example/"/>'
        f'<outline text="b" xmlUrl="https://b.example/{"x" * 10_000}"/>'
    )
    (feed,) = lists.feeds_in_opml(body, "feeds.opml", parser)
    assert (feed.url, len(feed.title)) == ("https://a.example/", 500)
    assert [len(tag) for tag in feed.tags] == [100]


@pytest.mark.parametrize("name", ["a&#0;b", "a&#x1b;[31mb", "&#xd800;", "a\u202eb", "<b>x</b>"])
def test_names_have_no_controls(parser: Parser, name: str) -> None:
    body = opml(f'<outline text="{name.replace("<", "&lt;")}" xmlUrl="https://a.example/"/>')
    (feed,) = lists.feeds_in_opml(body, "feeds.opml", parser)
    assert not any(character in feed.title for character in "\0\x1b\u202e\ud800")
