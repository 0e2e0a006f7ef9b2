"""Bodies made to harm those who parse them: feeds, JSON feeds, pages, feed lists and files."""

import gzip
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

from tests.connectors.feeds.sources import ENTRY, item, rss
from tests.warc import page, record

Task = Literal["feed", "page", "opml", "robots"]

PARAGRAPH = "<p>The harbour will stay open all winter, the mayor said on Monday in the hall.</p>"
STORY = f"<html><head><title>T</title>%s</head><body><article>{PARAGRAPH * 6}%s</article></body></html>"
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>C</title>%s</feed>'
OPML = '<opml version="2.0"><body>%s</body></opml>'
NOT_XML = "<item><title>x</b></title></item>"  # leaves a feed to the slower reader


def _text(source: str) -> bytes:
    return source.encode("utf-8", "surrogatepass")


def _feeds() -> Iterator[tuple[str, bytes]]:
    many = " ".join(f"a{n}='1'" for n in range(100_000))
    spaces = " ".join(f"xmlns:n{n}='urn:{n}'" for n in range(20_000))
    bombs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    for name, head in (("", ""), (", no XML", NOT_XML)):
        yield f"100,000 attributes{name}", _text(rss(head, f"<item {many}><title>x</title></item>"))
        yield f"20,000 namespaces{name}", _text(rss(head, f"<item {spaces}><title>x</title></item>"))
        yield f"100,000 levels{name}", _text(rss(head, "<item>" + "<a>" * 100_000 + "</a>" * 100_000 + "</item>"))
        yield f"100,000 levels, cut{name}", _text(rss(head, "<item>" + "<a>" * 100_000))
        yield f"100,000 entries{name}", _text(rss(head, "<item><title>x</title></item>" * 100_000))
        yield f"100,000 empty entries{name}", _text(rss(head, "<item/>" * 100_000))
        yield f"a title of 10 MB{name}", _text(rss(head, item(1, title="x" * 10_000_000)))
        yield f"a title of 2 MB of <{name}", _text(rss(head, item(1, title="&lt;" * 500_000)))
        yield f"a title of 2 MB of entities{name}", _text(rss(head, item(1, title="&amp;amp;" * 220_000)))
        yield f"HTML of 100,000 levels{name}", _text(rss(head, item(1, description="&lt;div&gt;" * 100_000)))
        yield f"HTML of 100,000 attributes{name}", _text(rss(head, item(1, description=f"&lt;p {many}&gt;x")))
        yield f"HTML of 1 MB of &{name}", _text(rss(head, item(1, description="&amp;" * 200_000)))
        yield f"50,000 categories{name}", _text(rss(head, item(1, category="c" + "</category><category>c" * 50_000)))
        yield f"50,000 authors{name}", _text(rss(head, item(1, author="a" + "</author><author>a" * 50_000)))
        yield f"50,000 links{name}", _text(rss(head, item(1, link="/a" + "</link><link>/a" * 50_000)))
        yield f"an author of 1 MB of @{name}", _text(rss(head, item(1, author="a@" * 500_000)))
        yield f"a date of 1 MB{name}", _text(rss(head, item(1, pubDate="1" * 1_000_000)))
        yield f"a link of 5 MB{name}", _text(rss(head, item(1, link="https://courier.example/" + "../" * 1_600_000)))
    yield (
        "entities in entities",
        _text(rss(item(1, title="&l9;")).replace("<rss", f'<!DOCTYPE rss [<!ENTITY l0 "x">{bombs}]><rss', 1)),
    )
    yield (
        "an external entity",
        _text(
            rss(item(1, title="&x;")).replace(
                "<rss", '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss', 1
            )
        ),
    )
    yield "a document type without end", _text("<!DOCTYPE rss [" + "<!ENTITY a 'b'>" * 100_000)
    yield "a comment without end", _text("<rss><!--" + "-" * 3_000_000)
    yield "CDATA without end", _text("<rss><channel><item><title><![CDATA[" + "x]" * 1_000_000)
    yield "1 MB of <", b"<" * 1_000_000
    yield "1 MB of &", _text(rss("&" * 1_000_000))
    yield "1 MB of NUL", b"\x00" * 1_000_000
    yield "random bytes", bytes((n * 7919 + n // 256) % 256 for n in range(1_000_000))
    yield "all in UTF-7", rss(ENTRY).encode("utf-7")
    yield "gzip inside", gzip.compress(_text(rss(ENTRY)))
    yield "UTF-16 that is cut", rss(ENTRY).encode("utf-16")[:-1]
    yield "UTF-32 of no characters", b"\xff\xfe\x00\x00" + b"\xff" * 1_000_000
    yield "lone surrogates", _text(rss(item(1, title="\ud800" * 100_000)))
    yield "bidirectional controls", _text(rss(item(1, title="\u202e" * 100_000)))
    yield "an encoding that is a codec", b'<?xml version="1.0" encoding="zlib"?>' + _text(rss(ENTRY))
    yield "Atom in Atom", _text(ATOM % ("<entry>" * 50_000))
    yield "Atom of 100,000 links", _text(ATOM % ("<entry>" + "<link href='/a'/>" * 100_000 + "</entry>"))
    yield (
        "an XHTML of 100,000 levels",
        _text(ATOM % f"<entry><content type='xhtml'>{'<div>' * 100_000}</content></entry>"),
    )
    yield "base64 of 5 MB", _text(ATOM % f"<entry><content type='image/png'>{'AAAA' * 1_250_000}</content></entry>")


def _json_feeds() -> Iterator[tuple[str, bytes]]:
    yield "JSON of 100,000 levels", b'{"items":' + b"[" * 100_000
    yield "JSON of 1,000,000 digits", b'{"items":[{"id":' + b"1" * 1_000_000 + b"}]}"
    yield "JSON of 300,000 items", json.dumps({"items": [{"id": 1}] * 300_000}).encode()
    yield "JSON that is no feed", b'{"a": 1}'
    yield "JSON of wrong types", json.dumps({"items": [None, 1, [], {"url": [], "title": {}, "authors": 7}]}).encode()
    yield "JSON with HTML of 1 MB of <", json.dumps({"items": [{"id": "1", "content_html": "<b" * 500_000}]}).encode()
    yield "JSON with half a surrogate", b'{"items":[{"id":"1","title":"\\ud800"}]}'
    yield "JSON of 100,000 same keys", b'{"items":[{' + b'"id":"1",' * 100_000 + b'"id":"2"}]}'


def _pages() -> Iterator[tuple[str, bytes]]:
    scripts = '<script type="application/ld+json">%s</script>'
    yield "a page of 100,000 levels", _text(STORY % ("", "<div>" * 100_000))
    yield "a page of 100,000 attributes", _text(STORY % ("", f"<p {' '.join(f'a{n}=1' for n in range(100_000))}>"))
    yield "a page of 50,000 paragraphs", _text(STORY % ("", PARAGRAPH * 50_000))
    yield "a page of 100,000 links", _text(STORY % ("", '<a href="/a">a</a>' * 100_000))
    yield "a page of 100,000 tables", _text(STORY % ("", "<table><tr><td>" * 100_000))
    yield "a paragraph of 5 MB", _text(STORY % ("", f"<p>{'word ' * 1_000_000}</p>"))
    yield "a word of 5 MB", _text(STORY % ("", f"<p>{'w' * 5_000_000}</p>"))
    yield "a title of 5 MB", _text(STORY.replace("T<", "T" * 5_000_000 + "<") % ("", ""))
    yield "100,000 meta elements", _text(STORY % ('<meta name="a" content="b">' * 100_000, ""))
    yield "JSON-LD of 100,000 levels", _text(STORY % (scripts % ("[" * 100_000), ""))
    yield (
        "JSON-LD of 900 kB of graph",
        _text(STORY % (scripts % ('{"@graph":[' + '{"@type":"a"},' * 60_000 + "{}]}"), "")),
    )
    yield "5,000 scripts of JSON-LD", _text(STORY % ((scripts % '{"@type":"NewsArticle"}') * 5_000, ""))
    yield "a page of NUL", b"\x00" * 1_000_000
    yield "a page that is a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2_000


def _others() -> Iterator[tuple[str, Task, bytes]]:
    yield "OPML of 100,000 levels", "opml", _text(OPML % ("<outline text='a'>" * 100_000))
    yield "OPML of 100,000 feeds", "opml", _text(OPML % ("<outline xmlUrl='https://a.example/'/>" * 100_000))
    yield "OPML that is HTML", "opml", _text(STORY % ("", ""))
    yield "OPML of entities", "opml", _text('<!DOCTYPE opml [<!ENTITY a "b">]>' + OPML % "<outline text='&a;'/>")
    yield "robots.txt of one line", "robots", b"a" * 500_000
    yield "robots.txt of 40,000 rules", "robots", b"User-agent: *\n" + b"Disallow: /*a*b$\n" * 30_000
    yield "robots.txt of stars", "robots", b"User-agent: *\nDisallow: /" + b"*a" * 5_000 + b"b$"


def files() -> list[tuple[str, str, bytes]]:
    """What each is, the name of the file, and what is in it; each ends with one good article."""
    good = page("https://courier.example/good", "200 OK", STORY % ("", ""))
    start = b"WARC/1.0\r\nWARC-Type: response\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    url = "https://courier.example/x"
    records = {
        "a WARC header of 300 MB": start + b"X: " + b"a" * 300_000_000,
        "20,000,000 WARC headers": start + b"X: a\r\n" * 20_000_000,
        "5,000,000 HTTP headers": record("response", url, answer + b"X: a\r\n" * 5_000_000),
        "a page of 300 MB": page(url, "200 OK", "<p>" + "a" * 300_000_000),
        "a page of 20 MB packed twice": record(
            "response", url, answer + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"<p>a" * 100_000_000, 1)
        ),
        "a length that is too large": good.replace(b"Content-Length: ", b"Content-Length: 9", 1),
        "a length that is too small": good.replace(b"Content-Length: 6", b"Content-Length: ", 1),
        "a length that is none": good.replace(b"Content-Length: ", b"Content-Length: x", 1),
        "a record without a type": b"WARC/1.0\r\n\r\n",
        "an address of 5 MB": page("https://courier.example/" + "a" * 5_000_000, "200 OK", STORY % ("", "")),
    }
    line = json.dumps({"text": "The harbour stays open."}).encode()
    lines = {
        "a line of 300 MB": b"a" * 300_000_000,
        "a line of 100,000 levels": b"[" * 100_000,
        "a line of 1,000,000 digits": b'{"text":' + b"1" * 1_000_000 + b"}",
        "a line of 1,000,000 keys": b"{" + b",".join(b'"%d":1' % n for n in range(1_000_000)) + b"}",
        "1,000,000 empty lines": b"\n" * 1_000_000,
        "a text of 19 MB": json.dumps({"text": "word " * 3_800_000}).encode(),
        "a line of NUL": b"\x00" * 1_000_000,
        "a line of half surrogates": b'{"text":"' + b"\\ud800" * 100_000 + b'"}',
    }
    made = [(name, "a.warc.gz", gzip.compress(one, 1) + gzip.compress(good)) for name, one in records.items()]
    return made + [(name, "a.jsonl.gz", gzip.compress(b"%b\n%b\n" % (one, line), 1)) for name, one in lines.items()]


def write_files(folder: Path) -> None:
    """Write each file into a folder of its own, beside its description."""
    for number, (name, file, content) in enumerate(files()):
        (folder / f"{number:02}").mkdir()
        (folder / f"{number:02}" / "name").write_text(name, encoding="utf-8")
        (folder / f"{number:02}" / file).write_bytes(content)


@cache
def bodies() -> list[tuple[str, Task, bytes]]:
    """What each is, for which parser, and the body."""
    made: list[tuple[str, Task, bytes]] = [(name, "feed", body) for name, body in (*_feeds(), *_json_feeds())]
    made += [(name, "page", body) for name, body in _pages()]
    made += _others()
    return made


if __name__ == "__main__":
    write_files(Path(sys.argv[1]))
