"""Feeds of every make and every fault become entries, or one clear error."""

import gzip
from datetime import UTC, datetime

import pytest

from connectors.feeds import fast_parse
from connectors.feeds.parse import contents
from pipeline.errors import InputError
from pipeline.model import Dated
from pipeline.model.feed import FeedItem, ParsedFeed
from tests.connectors.feeds.sources import ENTRY, item, rss

URL = "https://courier.example/feed.xml"
ELEVEN = datetime(2026, 3, 2, 11, tzinfo=UTC)


def parse(source: str | bytes, content_type: str = "application/rss+xml") -> ParsedFeed:
    return contents(source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source, content_type, URL)


def entry(*items: str) -> FeedItem:
    (parsed,) = parse(rss(*items)).entries
    return parsed


def test_rss() -> None:
    feed = parse(rss(ENTRY))
    assert (feed.title, feed.language) == ("The Courier", "en-gb")
    assert feed.entries == (
        FeedItem(
            url="https://courier.example/harbour",
            guid="h1",
            title="Harbour stays open",
            text="The harbour stays open.\n\n“It will,” said Ada Lindqvist.",
            published=ELEVEN,
            dates=(Dated("published", ELEVEN, "feed"),),
        ),
    )


def test_atom() -> None:
    source = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Courier</title><entry><id>urn:1</id>
    <title type="html">5 &amp;lt; 6</title><link rel="alternate" href="/a?x=1&amp;y=2"/>
    <author><name>Ada</name></author>
    <updated>2026-03-02T12:00:00+01:00</updated><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
    <p>One.</p><p>T<b>w</b>o.</p></div></content></entry></feed>"""
    assert parse(source).entries == (
        FeedItem(
            url="https://courier.example/a?x=1&y=2",
            guid="urn:1",
            title="5 < 6",
            text="One.\n\nTwo.",
            published=ELEVEN,
            authors=("Ada",),
            dates=(Dated("modified", ELEVEN, "feed"),),
        ),
    )


def test_rdf() -> None:
    source = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>C</title></channel><item><title>T</title>
    <link>https://courier.example/1</link><dc:date>2026-03-02T11:00:00Z</dc:date><dc:creator>Ada</dc:creator></item>
    </rdf:RDF>"""
    (parsed,) = parse(source).entries
    assert (parsed.url, parsed.published, parsed.authors) == (
        "https://courier.example/1",
        datetime(2026, 3, 2, 11, tzinfo=UTC),
        ("Ada",),
    )


@pytest.mark.parametrize(
    ("changes", "text", "whole"),
    [
        ({"description": "Summary."}, "Text of number 1.", True),
        ({"content:encoded": "", "description": "Summary."}, "Summary.", False),
        ({"content:encoded": "", "description": "word " * 1000}, ("word " * 1000).strip(), True),
        ({"content:encoded": "It begins …"}, "It begins …", False),
        ({"content:encoded": "It begins [...]"}, "It begins [...]", False),
        (
            {"content:encoded": "&lt;p&gt;It begins.&lt;/p&gt;&lt;p&gt;Read more&lt;/p&gt;"},
            "It begins.",
            False,
        ),
        ({"content:encoded": "Short.", "description": "A longer summary."}, "A longer summary.", False),
        ({"content:encoded": ""}, "", False),
    ],
)
def test_a_summary_is_distinguished_from_a_whole_text(changes: dict[str, str], text: str, whole: bool) -> None:
    parsed = entry(item(1, **changes))
    assert (parsed.text, parsed.whole) == (text, whole)


@pytest.mark.parametrize(
    ("date", "expected", "marks"),
    [
        ("Mon, 02 Mar 2026 12:00:00 +0100", datetime(2026, 3, 2, 11, tzinfo=UTC), ()),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC), ()),
        ("2026-03-02 11:00:00 UTC", datetime(2026, 3, 2, 11, tzinfo=UTC), ()),
        ("Thu, 01 Jan 1970 00:00:00 GMT", datetime(1970, 1, 1, tzinfo=UTC), ()),
        ("Thu, 01 Jan 2099 00:00:00 GMT", datetime(2099, 1, 1, tzinfo=UTC), ()),
        ("yesterday at noon", None, ("bad-date",)),
        ("Mon, 99 Zzz 2026 12:00:00", None, ("bad-date",)),
        ("0000-00-00T00:00:00Z", None, ("bad-date",)),
        ("", None, ()),
    ],
)
def test_dates(date: str, expected: datetime | None, marks: tuple[str, ...]) -> None:
    parsed = entry(item(1, pubDate=date))
    assert (parsed.published, parsed.marks) == (expected, marks)


@pytest.mark.parametrize("missing", ["title", "link", "guid", "pubDate", "content:encoded"])
def test_entries_that_lack_something_get_in(missing: str) -> None:
    assert entry(item(1, **{missing: ""}))
    assert len(parse(rss("<item/>", item(1), "<item></item>")).entries) == 3


@pytest.mark.parametrize("link", ["javascript:alert(1)", "mailto:desk@courier.example", "ftp://courier.example/1"])
def test_links_that_lead_to_no_page_are_left_out(link: str) -> None:
    assert entry(item(1, link=link)).url == ""


@pytest.mark.parametrize(
    ("author", "expected"),
    [("desk@courier.example (Ada Lindqvist)", ("Ada Lindqvist",)), ("Ada", ("Ada",)), ("desk@courier.example", ())],
)
def test_authors(author: str, expected: tuple[str, ...]) -> None:
    assert entry(item(1, author=author)).authors == expected


def test_a_feed_that_is_cut_gives_what_it_has_and_marks_the_last() -> None:
    source = rss(item(1), item(2))
    first, last = parse(source[: source.index("of number 2") + 9]).entries
    assert (first.title, first.marks) == ("Title 1", ())
    assert (last.title, last.text, last.marks) == ("Title 2", "", ("truncated",))


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (
            "<!DOCTYPE html><html><head><title>Welcome</title></head><body><p>x</p></body></html>",
            "is a web page, not a",
        ),
        ('<html lang="en"><body>Hello<br></body></html>', "is a web page, not a feed"),
        ("<html><title>Sign in</title></html>", "is a login page, not a feed"),
        ('<html><title>Courier</title><input type="password"></html>', "is a login page, not a feed"),
        ("<!doctype html><title>Before you continue</title>", "is a consent page, not a feed"),
        ("<html><title>Just a moment...</title>", "is a check for robots, not a feed"),
        ("<html><h1>x</h1><title>Page not found</title>", "is a page that says it was not found, not a feed"),
        ("", "is empty, not a feed"),
        (" \n", "is empty, not a feed"),
        ("/etc/passwd", "is no feed that can be read"),
        ("http://127.0.0.1/", "is no feed that can be read"),
        (rss()[:60], "is no feed that can be read"),
        ("<root/>", "is no feed that can be read"),
        ("\x00\x01\x02", "is no feed that can be read"),
        ("{}", "is JSON, but no JSON Feed"),
    ],
)
def test_a_body_that_is_no_feed_is_a_single_clear_error(source: str, complaint: str) -> None:
    with pytest.raises(InputError, match=f"^{URL} {complaint}[^\n]*$"):
        parse(source)


def test_a_feed_without_entries_is_a_feed() -> None:
    assert parse(rss()).entries == ()


@pytest.mark.parametrize(
    "encode",
    [
        lambda source: source.encode("latin-1"),
        lambda source: source.replace("?>", ' encoding="iso-8859-1"?>', 1).encode("utf-8"),
        lambda source: source.replace("?>", ' encoding="utf-8"?>', 1).encode("latin-1"),
        lambda source: source.encode("utf-16"),
        lambda source: source.replace("?>", ' encoding="utf-16"?>', 1).encode("utf-8"),
        lambda source: b"\n\n" + source.encode("utf-8"),
    ],
)
@pytest.mark.parametrize("content_type", ["", "text/html", "text/xml; charset=us-ascii", "application/json"])
def test_encodings_and_labels_that_lie(encode: object, content_type: str) -> None:
    assert callable(encode)
    (parsed,) = parse(encode(rss(item(1, title="Käse"))), content_type).entries
    assert parsed.title == "Käse"


def test_invalid_characters_are_removed() -> None:
    parsed = entry(item(1, title="a\x00b\x08c\u202ed&#0;e&#xD800;f&#x202E;g&#99999999;", guid="x\x00y"))
    assert (parsed.title, parsed.guid) == ("abcdefg", "xy")
    lone = parse(rss(item(1, title="a\ud800b")).encode("utf-8", "surrogatepass")).entries[0]
    lone.title.encode()


def test_entities_are_neither_expanded_nor_fetched() -> None:
    declared = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 6))
    bomb = f'<!DOCTYPE rss [<!ENTITY l0 "lol">{declared}<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    source = rss(item(1, title="&l5;"), item(2, title="&x;")).replace("<rss", f"{bomb}<rss", 1)
    titles = [each.title for each in parse(source).entries]
    assert titles == ["&l5;", "&x;"]


def test_one_bad_entry_among_good_ones() -> None:
    bad = "<item><title>Bad</title><link>http://[::1</link><guid>\x00</guid><pubDate>n</pubDate><dc:date/></item>"
    titles = [each.title for each in parse(rss(item(1), bad, item(2))).entries]
    assert titles == ["Title 1", "Bad", "Title 2"]


def test_every_date_is_stored_with_the_publication_first() -> None:
    parsed = entry(
        item(1, **{"atom:updated": "2026-03-02T12:00:00Z"}).replace(
            "<item>", '<item xmlns:atom="http://www.w3.org/2005/Atom">'
        )
    )
    assert parsed.dates == (Dated("published", ELEVEN, "feed"), Dated("modified", ELEVEN.replace(hour=12), "feed"))
    assert parsed.published == ELEVEN


def test_section_and_credit() -> None:
    parsed = entry(item(1, **{"category": "Politics", "dc:publisher": "Reuters"}))
    assert (parsed.section, parsed.credit) == ("Politics", "Reuters")


def test_rss_of_the_first_version() -> None:
    source = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>C</title></channel>'
        "<item><title>Harbour</title><link>https://courier.example/1</link></item></rdf:RDF>"
    )
    (entry,) = contents(source.encode(), "", URL).entries
    assert (entry.title, entry.url) == ("Harbour", "https://courier.example/1")


@pytest.mark.parametrize("name", ["item", "x:item"])
def test_misplaced_items_are_left_to_feedparser(name: str) -> None:
    source = f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="urn:x"><{name}><title>a</title></{name}></feed>'
    assert fast_parse.feed(source, URL) is None


def test_the_title_of_the_entry_is_not_that_of_its_picture() -> None:
    source = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Harbour</title><image><title>Boat</title></image>'
        "</entry></feed>"
    )
    assert [entry.title for entry in contents(source.encode(), "", URL).entries] == ["Harbour"]


CAPTION = "The mayor at the pier, who said “no” in spring, on a windy afternoon in front of the whole council."
MEDIA = ' xmlns:media="http://search.yahoo.com/mrss/"'


@pytest.mark.parametrize("ending", ["", "<odd:mark xmlns:odd='urn:odd'>x</odd:mark>"])
@pytest.mark.parametrize(
    "media",
    [
        f"<media:description>{CAPTION}</media:description>",
        f"<media:content url='https://a.example/1.jpg'><media:description>{CAPTION}</media:description></media:content>",
    ],
)
def test_a_caption_is_not_the_text(media: str, ending: str) -> None:
    source = item(1, description="It stays open.", **{"content:encoded": ""}).replace(
        "</item>", f"{media}{ending}</item>"
    )
    entry = parse(rss(source).replace("<rss", f"<rss{MEDIA}")).entries[0]
    assert (entry.text, entry.whole) == ("It stays open.", False)


def test_a_caption_is_the_text_of_an_item_without_another() -> None:
    source = item(1, **{"content:encoded": "", "media:description": CAPTION})
    assert parse(rss(source).replace("<rss", f"<rss{MEDIA}")).entries[0].text == CAPTION


@pytest.mark.parametrize("nothing", ["N/A", "null", " undefined ", "<![CDATA[none]]>"])
def test_placeholders_are_neither_guid_nor_link(nothing: str) -> None:
    assert entry(item(1, guid=nothing)).guid == ""
    assert entry(item(1, link=nothing, guid="")).url == ""


@pytest.mark.parametrize("damage", ["", "<!DOCTYPE rss>"])
@pytest.mark.parametrize("link", ["N/A", ""])
def test_a_bare_guid_is_no_link(link: str, damage: str) -> None:
    """`isPermaLink` is true by default (RSS 2.0), but only an address can be one."""
    bare, whole, path = (
        item(1, link=link),
        item(2, link=link, guid="https://courier.example/2"),
        item(3, link=link, guid="/3"),
    )
    entries = parse(rss(bare, whole, path).replace("<rss", f"{damage}<rss", 1)).entries
    assert [entry.url for entry in entries] == ["", "https://courier.example/2", "https://courier.example/3"]
    assert entries[0].guid == "g1"


def test_a_gzip_file_is_a_feed_whatever_its_headers_say() -> None:
    assert parse(gzip.compress(rss(item(1)).encode())) == parse(rss(item(1)))
    with pytest.raises(InputError, match="is no gzip file"):
        parse(b"\x1f\x8bnothing")


@pytest.mark.parametrize("date", ["2026/3/2 11:00", "02.03.2026 11:00"])
def test_ambiguous_numeric_dates_are_not_guessed(date: str) -> None:
    assert entry(item(1, pubDate=date)).published == datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert entry(item(1, pubDate="03/04/2026 11:00")).marks == ("bad-date",)
