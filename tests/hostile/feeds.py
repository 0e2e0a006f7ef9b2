"""Hostile feeds and robots.txt: what only a feed, or a list of rules, can be made to do."""

import gzip
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.connectors.feeds.sources import ENTRY, item, rss
from tests.hostile.body import Hostile, filled, utf8

NOT_XML: Final = "<item><title>x</b></title></item>"  # leaves a feed to the slower reader

ATOM: Final = '<feed xmlns="http://www.w3.org/2005/Atom"><title>C</title>%s</feed>'


def _entries() -> Iterator[tuple[str, Callable[[], str]]]:
    yield "100,000 entries", lambda: "<item><title>x</title></item>" * 100_000
    yield "100,000 empty entries", lambda: "<item/>" * 100_000
    yield "entries in entries", lambda: "<item><title>x</title>" * 50_000
    yield "a title of 2 MB of <", lambda: item(1, title="&lt;" * 500_000)
    yield "a title of 2 MB of entities", lambda: item(1, title="&amp;amp;" * 220_000)
    yield "HTML of 100,000 levels", lambda: item(1, description="&lt;div&gt;" * 100_000)
    yield "HTML of 1 MB of &", lambda: item(1, description="&amp;" * 200_000)
    yield "50,000 categories", lambda: item(1, category="c" + "</category><category>c" * 50_000)
    yield "50,000 authors", lambda: item(1, author="a" + "</author><author>a" * 50_000)
    yield "50,000 links", lambda: item(1, link="/a" + "</link><link>/a" * 50_000)
    yield "50,000 dates", lambda: item(1, pubDate="x" + "</pubDate><pubDate>Mon, 02 Mar 2026" * 50_000)
    yield "an author of 1 MB of @", lambda: item(1, author="a@" * 500_000)
    yield "an author of 1 MB of brackets", lambda: item(1, author="(a " * 300_000)
    yield "an author of 1 MB of 'and'", lambda: item(1, author="By Ada and " * 90_000)
    yield "a date of 1 MB", lambda: item(1, pubDate="1" * 1_000_000)
    yield "a date of 1 MB of colons", lambda: item(1, pubDate="1:" * 500_000)
    yield "a date of 1 MB of W3C", lambda: item(1, pubDate="2026-03-02T11:00:00+" * 50_000)
    yield "a link of 5 MB", lambda: item(1, link="https://courier.example/" + "../" * 1_600_000)
    yield "2,000 links of 2 kB", lambda: "".join(item(n, link="https://a/" + "../" * 700) for n in range(2_000))
    yield (
        "a caption in each of 20,000 entries",
        lambda: "<item><media:description>x</media:description></item>" * 20_000,
    )
    yield "100,000 open captions", lambda: "<media:description>" * 100_000 + item(1)
    yield "100,000 guids of nothing", lambda: "<guid>none" * 100_000
    yield "a hub of 4 MB", lambda: f"<link rel='hub' href='{'h' * 4_000_000}'/>"
    yield "100,000 hubs", lambda: "<link rel='hub' href='https://hub.example/'/>" * 100_000
    yield "100,000 open skipHours", lambda: "<skipHours>" * 100_000
    yield "100,000 open updatePeriods", lambda: "<a:updatePeriod>" * 100_000


def _whole_feeds() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "1 MB of <", lambda: b"<" * 1_000_000
    yield "5 MB of <rss", lambda: b"<rss" * 1_200_000
    yield "5 MB of blanks", lambda: b" " * 5_000_000
    yield "1 MB of &", lambda: utf8(rss("&" * 1_000_000))
    yield "1 MB of NUL", lambda: b"\x00" * 1_000_000
    yield "random bytes", lambda: bytes((n * 7919 + n // 256) % 256 for n in range(1_000_000))
    yield "all in UTF-7", lambda: rss(ENTRY).encode("utf-7")
    yield "gzip inside", lambda: gzip.compress(utf8(rss(ENTRY)))
    yield "gzip of 100 MB inside", lambda: gzip.compress(b"<rss>" * 20_000_000, 1)
    yield "UTF-16 that is cut", lambda: rss(ENTRY).encode("utf-16")[:-1]
    yield "UTF-32 of no characters", lambda: b"\xff\xfe\x00\x00" + b"\xff" * 1_000_000
    yield "an encoding that is a codec", lambda: b'<?xml version="1.0" encoding="zlib"?>' + utf8(rss(ENTRY))
    yield "5 MB of a state of ISO-2022", lambda: b'<?xml encoding="iso-2022-jp"?>' + b"\x1b$B\x1b(B" * 900_000
    yield "5 MB of HZ", lambda: b'<?xml encoding="hz"?>' + b"~{~}" * 1_200_000
    yield "a feed that is a web page", lambda: b"<!doctype html><html><title>" + b"a" * 1_000_000
    yield "Atom in Atom", lambda: utf8(ATOM % ("<entry>" * 50_000))
    yield "Atom of 100,000 links", lambda: utf8(ATOM % ("<entry>" + "<link href='/a'/>" * 100_000 + "</entry>"))
    yield (
        "an XHTML of 100,000 levels",
        lambda: utf8(ATOM % f"<entry><content type='xhtml'>{'<div>' * 100_000}</content></entry>"),
    )
    yield (
        "base64 of 5 MB",
        lambda: utf8(ATOM % f"<entry><content type='image/png'>{'AAAA' * 1_250_000}</content></entry>"),
    )


def _robots() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "one line", lambda: b"a" * 500_000
    yield "30,000 rules", lambda: b"User-agent: *\n" + b"Disallow: /*a*b$\n" * 30_000
    yield "stars", lambda: b"User-agent: *\nDisallow: /" + b"*a" * 5_000 + b"b$"
    yield "rules of stars", lambda: b"User-agent: *\n" + (b"Disallow: /" + b"*x" * 100 + b"b$\n") * 2_000
    yield "40,000 agents", lambda: b"User-agent: onrecord\n" * 40_000 + b"Disallow: /"
    yield "15,000 groups", lambda: b"User-agent: *\nDisallow: /a\n\n" * 15_000
    yield "a delay of 1,000 digits", lambda: b"User-agent: *\nCrawl-delay: " + b"9" * 1_000
    yield "20,000 sitemaps", lambda: b"Sitemap: https://courier.example/s\n" * 14_000
    yield "percent signs", lambda: b"User-agent: *\nDisallow: /" + b"%zz%C3%28" * 50_000
    yield "NUL", lambda: b"\0" * 500_000


def bodies() -> Iterator[Hostile]:
    """Feeds, each as XML and as what is none, and robots.txt."""
    for name, make in _entries():
        yield Hostile(name, "feed", partial(filled, rss("%s"), make))
        yield Hostile(f"{name}, no XML", "feed", partial(filled, rss(NOT_XML, "%s"), make))
    for name, make_bytes in _whole_feeds():
        yield Hostile(name, "feed", make_bytes)
    for name, make_bytes in _robots():
        yield Hostile(f"robots.txt of {name}", "robots", make_bytes)
