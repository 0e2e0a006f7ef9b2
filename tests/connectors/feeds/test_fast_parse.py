"""The fast parser reads what feedparser reads."""

import pytest

from connectors.feeds import fast_parse
from connectors.feeds.parse import contents
from pipeline.model.feed import ParsedFeed
from tests.bench.parsing import feeds
from tests.connectors.feeds.sources import ENTRY, item, rss

URL = "https://courier.example/news/feed.xml"
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title type="html">Th&lt;b&gt;e&lt;/b&gt;</title>%s</feed>'
)
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>C</title><dc:language>de</dc:language></channel>'
    '<item rdf:about="urn:1"><title>T</title><link>/1</link><dc:date>2026-03-02T11:00:00+01:00</dc:date>'
    "<dc:creator>Ada</dc:creator><dc:subject>World</dc:subject></item></rdf:RDF>"
)

MEDIA = 'xmlns:m="http://search.yahoo.com/mrss/"'


def entry(inner: str) -> str:
    return ATOM % f"<entry><id>urn:1</id><title>T</title>{inner}</entry>"


QUICK = {
    **{name: body.decode("latin-1" if "Latin" in name else "utf-8") for name, body in feeds().items() if "no XML" not in name},
    "an entry": rss(ENTRY),
    "no entries": rss(),
    "empty items": rss("<item/>", item(1), "<item></item>"),
    "guid before link": rss("<item><guid>/g</guid><link>/l</link></item>"),
    "link before guid": rss("<item><link>/l</link><guid>/g</guid></item>"),
    "guid alone": rss("<item><guid>https://courier.example/g</guid></item>"),
    "guid that is no link": rss('<item><guid isPermaLink="false">g</guid></item>'),
    "two links": rss("<item><link>/1</link><link>/2</link></item>"),
    "atom link in RSS": rss('<item><a:link xmlns:a="http://www.w3.org/2005/Atom" href="/x"/><link>/y</link></item>'),
    "a wrong address": rss(item(1, link="http://[::1", guid="")),
    "dots in an address": rss(item(1, link="https://courier.example//a/../b", guid="")),
    "markup in a title": rss(item(1, title="&lt;b&gt;5&lt;/b&gt; &amp;amp; 6")),
    "something like markup in a title": rss(item(1, title="5 &lt; 6 &amp;lt; 7")),
    "description after content": rss(item(1, description="Short.")),
    "description before content": rss("<item><description>A longer text.</description></item>"),
    "two contents": rss(item(1).replace("</item>", "<content:encoded>Another, longer one.</content:encoded></item>")),
    "categories": rss(item(1, category="").replace("</item>", "<category/><category> World </category></item>")),
    "authors": rss(item(1, author="Ada", **{"dc:creator": "Bo"})),
    "an author's address": rss(item(1, author="desk@courier.example (Ada Lindqvist)")),
    "addresses of two authors": rss(item(1, author="Ada", **{"dc:creator": "bo@courier.example"})),
    "text of Latin-1 taken for UTF-8": rss(item(1, title="KÃ¤se")),
    "characters of Windows": rss(item(1, title="a\x93b\x94 Ω")),
    "entities of HTML": rss(item(1, title="a&nbsp;b &uuml; c", description="1&nbsp;&euro; &amp;amp; more")),
    "ampersands": rss(item(1, title="Fish & Chips", link="https://courier.example/?a=1&b=2", description="R&D & more")),
    "ampersands beside CDATA": rss(item(1, title="A & B", **{"content:encoded": "<![CDATA[<p>C & D &amp; E&nbsp;F</p>]]>"})),
    "publisher": rss(item(1, **{"dc:publisher": "Reuters"})),
    "feedburner": rss(item(1).replace("</item>", '<f:origLink xmlns:f="http://rssnamespace.org/feedburner/ext/1.0">https://a.example/1</f:origLink></item>')),
    "media": rss(item(1).replace("</item>", '<m:thumbnail xmlns:m="http://search.yahoo.com/mrss/" url="/i.jpg"/></item>')),
    **{
        f"the date {date}": rss(item(1, pubDate=date))
        for date in (
            "Mon, 02 Mar 2026 12:00:00 +0130", "Mon, 2 Mar 2026 12:00:00 EST", "Mon, 02 Mar 26 12:00 GMT", "2026-03-02",
            "2026-03-02T12:00:00-05:00", "Mon, 99 Zzz 2026 12:00:00 GMT", "Mon, 31 Feb 2026 12:00:00 GMT", "yesterday",
            "Fri, 02 Mar 2026 24:00:00 GMT", "Mon, 02 Mar 2026 12:00:60 GMT", "0000-00-00T00:00:00Z",
        )
    },
    "elements of unknown modules": rss(item(1).replace("</item>", '<x:id xmlns:x="urn:x">7</x:id><d:alternative xmlns:d="http://purl.org/dc/terms/">b</d:alternative></item>')),
    "an element that nobody knows": rss(item(1).replace("</item>", "<storyimage><url-of>a</url-of></storyimage></item>")),
    "an element of another default namespace": rss(item(1).replace("</item>", '<post-id xmlns="urn:x">7</post-id></item>')),
    "keywords of media": rss(item(1).replace("</item>", f"<m:keywords {MEDIA}>a, b</m:keywords></item>")),
    "a video": entry(f'<m:group {MEDIA}><m:title>b</m:title><m:content url="/v"/><m:description>The mayor spoke.</m:description></m:group>'),
    "a video before its title": ATOM % f"<entry><m:group {MEDIA}><m:title>b</m:title></m:group><title>T</title></entry>",
    "a base of the feed": (ATOM % '<entry xml:base="b/"><id>urn:1</id><title>T</title><link href="c"/></entry>').replace("<feed", '<feed xml:base="https://other.example/a/"'),
    "a base of RSS": rss(item(1, link="/1", guid="")).replace("<rss", '<rss xml:base="https://other.example/"'),
    "a base of a link": entry('<link href="x" xml:base="https://other.example/"/>'),
    "a base of a text": entry('<content type="html" xml:base="https://other.example/">&lt;p&gt;a&lt;/p&gt;</content>'),
    "RDF": RDF,
    "Atom without a link": entry(""),
    "Atom links": entry('<link rel="edit" href="/e"/><link href="/a"/><link rel="alternate" type="application/pdf" href="/p"/>'),
    "an Atom author": entry("<author><name>Ada</name><email>a@courier.example</email><uri>/a</uri></author>"),
    "two Atom authors": entry("<author><name>Ada</name></author><author><name>Bo</name></author>"),
    "an Atom summary": entry("<summary>Short &amp;amp; plain</summary>"),
    "Atom content of some type": entry('<content type="image/png">AAAA</content>'),
    "Atom content elsewhere": entry('<content type="text/html" src="/x"/>'),
    "Atom XHTML": entry('<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>A<b>b</b></p><p>c</p></div></content>'),
    "Atom categories": entry('<category term="World"/><category term="Harbour"/>'),
    "Atom dates": entry("<updated>2026-03-02T12:00:00.5Z</updated><published>2026-03-02T11:00:00Z</published>"),
}  # fmt: skip
# ruff: noqa: E501 - a case a line reads as the table that it is

LEFT = {
    "cut": rss(item(1))[:-30],
    "an entity that HTML does not know either, in a title": rss(item(1, title="a&unknown;b&lt;/b&gt;")),
    "a document type": '<!DOCTYPE rss SYSTEM "x">' + rss(item(1)),
    "a base of no web address": entry('<link href="x" xml:base="mailto:desk@courier.example"/>'),
    "two captions and no text": entry(
        f"<m:group {MEDIA}><m:description>a</m:description><m:description>b</m:description></m:group>"
    ),
    "a medium's title and none of its own": rss(f"<item><m:content {MEDIA}><m:title>b</m:title></m:content></item>"),
    "a publisher of no module": rss("<item><title>a</title><publisher>Reuters</publisher></item>"),
    "a title in an unknown element": entry('<x:video xmlns:x="urn:x"><title>b</title></x:video>'),
    "elements in a title": rss(item(1, title="a <b>b</b>")),
    "two descriptions": rss("<item><description>a</description><description>b</description></item>"),
    "an image in an item": rss("<item><title>a</title><image><title>b</title></image></item>"),
    "titles of media": rss('<item><title>a</title><m:title xmlns:m="http://search.yahoo.com/mrss/">b</m:title></item>'),
    "items in items": rss("<item><item/></item>"),
    "another prefix's dc": rss('<item xmlns:dc="urn:other"><dc:title>b</dc:title></item>'),
    "unknown markup in a title": rss(item(1, title="a &lt;x&gt;b&lt;/x&gt;")),
    "no feed": "<root/>",
    "Atom 0.3": '<feed xmlns="http://purl.org/atom/ns#"><entry><title mode="escaped">a</title></entry></feed>',
}


@pytest.mark.parametrize("name", QUICK)
def test_the_same_as_feedparser(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = QUICK[name]
    assert fast_parse.feed(source, URL) is not None
    quick = read(source)
    monkeypatch.setattr(fast_parse, "feed", lambda *_: None)
    assert quick == read(source)


@pytest.mark.parametrize("name", LEFT)
def test_uncertain_markup_is_left_to_feedparser(name: str) -> None:
    assert fast_parse.feed(LEFT[name], URL) is None


def read(source: str) -> ParsedFeed:
    return contents(source.encode(), "", URL)


def test_ampersands_are_read_as_browsers_do_where_feedparser_adds_to_them() -> None:
    (one,) = read(rss(item(1, title="R&D, a&copy b &amp c", link="https://courier.example/?a=1&copy=2"))).entries
    assert one.title == "R&D, a© b & c"
    assert one.url == "https://courier.example/?a=1&copy=2"
