"""Feeds parsed, beside feedparser as it comes: `python -m tests.bench.parsing [FOLDER] [--seconds 2]`.

With a FOLDER of real feeds (XML, perhaps gzipped): the CPU time of a first poll, of a poll that brings another body
with the same items, and of a poll that brings the same body, as ratios to that of `feedparser.parse`; the feeds whose
entries are not what our conversion makes of feedparser's reading; and how many fields differ from feedparser's by which
rule of ours.

Prints, for each make of feed, the CPU time of `feedparser.parse` and ours in the same process, ours in a worker process
with what it costs to hand the body over and the entries back, the ratio of the latter, and whether the same entries
with the same fields came out. The feeds are made here, in the manner of what is out there.
"""

import argparse
import gzip
import io
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import feedparser

from connectors.feeds import fast_parse
from connectors.feeds.parse import contents
from connectors.feeds.parser import Parser
from connectors.pages.html import article_text, text
from pipeline.errors import InputError
from pipeline.feeds.state import body_digest
from pipeline.ingest.body import without_pulled
from pipeline.model.feed import FeedItem
from pipeline.settings.sections import Poll
from tests.connectors.feeds.sources import item, rss

URL = "https://courier.example/feed"
PARAGRAPH = (
    '<p>The <b>harbour</b> <a href="/x?utm_source=feed" class="link external" target="_blank">will stay open</a>, the'
    " mayor said &amp; smiled. &#8220;It will,&#8221; she added, and the council of the town agreed on Monday.</p>"
)
FIGURE = (
    '<figure class="wp-block-image"><img src="/i.jpg" srcset="/i-300.jpg 300w, /i-600.jpg 600w" alt="The harbour"/>'
    "<figcaption>The harbour.</figcaption></figure>"
)
BODY = FIGURE + PARAGRAPH * 12 + '<ul><li>One</li><li>Two</li></ul><div class="more"><a href="/all">All</a></div>'


def _full(number: int) -> str:
    return item(
        number,
        description=f"<![CDATA[{PARAGRAPH}]]>",
        category="Politics",
        **{"dc:creator": "Ada Lindqvist", "content:encoded": f"<![CDATA[{BODY}]]>"},
    )


def _summary(number: int) -> str:
    return item(number, description="The harbour will stay open, the mayor said.", **{"content:encoded": ""})


def _atom(number: int) -> str:
    escaped = BODY.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f"<entry><id>urn:{number}</id><title>Title {number}</title><link rel='alternate' href='/a/{number}'/>"
        f"<published>2026-03-02T12:00:00+01:00</published><updated>2026-03-02T13:00:00+01:00</updated>"
        f"<author><name>Ada Lindqvist</name></author><content type='html'>{escaped}</content></entry>"
    )


def _xhtml(number: int) -> str:
    inner = BODY.replace("&#8220;", "“").replace("&#8221;", "”")
    return _atom(number).split("<content")[0] + (
        f"<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>{inner}</div></content></entry>"
    )


def _rdf(number: int) -> str:
    return (
        f'<item rdf:about="https://courier.example/{number}"><title>Title {number}</title>'
        f"<link>https://courier.example/{number}</link><dc:date>2026-03-02T11:00:00Z</dc:date>"
        f"<dc:creator>Ada</dc:creator><description><![CDATA[{PARAGRAPH}]]></description></item>"
    )


def _of(make: Callable[[int], str], count: int) -> str:
    return "".join(map(make, range(count)))


def feeds() -> dict[str, bytes]:
    """The feeds by what they are."""
    atom = '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Courier</title>'
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Courier</title></channel>'
    )
    entities = rss(_of(_full, 20)).replace("</title>", " &amp; R & D&nbsp;&copy;</title>", 5)
    broken = rss(_of(_full, 20)).replace("</title>", "</b></title>", 5)
    return {
        "RSS, full text, 50 entries": rss(_of(_full, 50)).encode(),
        "RSS, summaries, 50 entries": rss(_of(_summary, 50)).encode(),
        "RSS, full text, Latin-1": rss(_of(_full, 20)).replace("Ada", "Adá").encode("latin-1"),
        "RSS with entities of HTML": entities.encode(),
        "RSS that is no XML": broken.encode(),
        "Atom, escaped HTML": f"{atom}{_of(_atom, 30)}</feed>".encode(),
        "Atom, XHTML": f"{atom}{_of(_xhtml, 30)}</feed>".encode(),
        "RDF": f"{rdf}{_of(_rdf, 30)}</rdf:RDF>".encode(),
    }


def theirs(body: bytes) -> Any:
    """The body as feedparser reads it as it comes."""
    return feedparser.parse(io.BytesIO(body), response_headers={"content-location": URL})


def _cost(parse: Callable[[], object], seconds: float) -> float:
    """CPU seconds a call takes, the least of many: other programs disturb upwards only."""
    parse()
    least, end = 1e9, time.perf_counter() + seconds
    while least == 1e9 or time.perf_counter() < end:
        started = time.process_time()
        parse()
        least = min(least, time.process_time() - started)
    return least


def _cost_elsewhere(parser: Parser, body: bytes, seconds: float) -> float:
    """CPU seconds a call takes here and in the worker, on average."""
    parser.feed(body, "", URL)
    count, end = 0, time.perf_counter() + seconds
    (worker,) = parser.pids()
    before = _used(worker)
    while time.perf_counter() < end:
        parser.feed(body, "", URL)
        count += 1
    return (_used(worker) - before) / count


def _used(worker: int) -> float:
    with open(f"/proc/{worker}/stat", encoding="ascii") as stat:  # noqa: PTH123 - no file but the kernel's
        fields = stat.read().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def by_feedparser(body: bytes) -> tuple[FeedItem, ...]:
    """Our entries from what feedparser reads, without our own parser of well-formed feeds."""
    with patch.object(fast_parse, "feed", lambda *_: None):
        return contents(body, "", URL).entries


def different(theirs: Any, ours: tuple[FeedItem, ...]) -> str:
    """The first field in which feedparser's entries and ours differ, or ''."""
    if len(theirs.entries) != len(ours):
        return f"{len(theirs.entries)} entries against {len(ours)}"
    for raw, entry in zip(theirs.entries, ours, strict=True):
        for name, value, own in as_we_read(raw, entry):
            if own != value:
                return f"{name}: {value!r:.60} against {own!r:.60}"
    return ""


def as_we_read(raw: Any, entry: FeedItem) -> Iterator[tuple[str, object, object]]:
    """Each field by name, as it follows from what feedparser says, and as we have it."""
    parts = [part.value for part in raw.get("content", ())] or [raw.get("summary", "")]
    day = raw.get("published_parsed") or raw.get("updated_parsed")
    published = entry.published and tuple(entry.published.timetuple())[:6]
    yield "title", text(raw.get("title", "")), entry.title
    yield "url", raw.get("link", ""), entry.url
    yield "guid", raw.get("id", ""), entry.guid
    yield "authors", (raw.author,) if raw.get("author") else (), entry.authors
    yield "text", max((article_text(part) for part in parts), key=len), entry.text
    yield "published", tuple(day)[:6] if day else None, published


_RULES = {
    "authors": "authors: a name without an address and without double spaces",
    "title": "title: markup in plain text is text",
}


def reason(name: str, raw: Any, entry: FeedItem) -> str:
    """The rule of our conversion by which a field of the same entry is another one than feedparser's."""
    if name != "text":
        return _RULES.get(name, f"{name}: another value")
    if raw.get("media_content") or raw.get("media_credit"):
        return "text: a caption of media is no text"
    parts = [part.value for part in raw.get("content", ())] or [raw.get("summary", "")]
    return _reason_of_text(max((article_text(part, entry.url) for part in parts), key=len), entry)


def _reason_of_text(longest: str, entry: FeedItem) -> str:
    """The rule by which the text is another one than the longest of feedparser's."""
    if without_pulled(longest) == entry.text:
        return "text: a line that the text repeats, or a link to the entry itself, is left out"
    if longest.startswith(entry.text):
        return "text: an invitation to read on is left out"
    if longest.split() == entry.text.split():
        return "text: line ends of plain text stay"
    if all(paragraph in entry.text for paragraph in longest.split("\n\n")):
        return "text: links within the article stay, and so does a summary beside an empty content"
    return "text: markup that feedparser sanitises is read as it is"


def measure(seconds: float) -> None:
    """Measure all and print them."""
    print(f"{'CPU ms a feed':28} feedparser     here  worker    ratio  fields")
    ratios = []
    with Parser(Poll(), processes=1) as parser:
        for name, body in feeds().items():
            plain = _cost(partial(theirs, body), seconds)
            here = _cost(partial(contents, body, "", URL), seconds)
            worker = _cost_elsewhere(parser, body, seconds)
            wrong = different(theirs(body), contents(body, "", URL).entries)
            ratios.append(plain / worker)
            cells = f"{plain * 1e3:10.1f} {here * 1e3:8.1f} {worker * 1e3:7.1f}  {ratios[-1]:5.1f} x"
            print(f"{name:28} {cells}  {wrong or 'the same'}")
    print(f"least {min(ratios):.1f} x, mean {sum(ratios) / len(ratios):.1f} x")


def measure_folder(folder: Path) -> None:
    """Measure the real feeds of a folder."""
    plain = first = again = same_body = 0.0
    total, same, reasons = 0, 0, Counter[str]()
    for path in sorted(folder.iterdir()):
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        try:
            parsed = contents(body, "", URL).entries
        except InputError as error:
            print(f"  {path.name}: {error}")
            continue
        known = {entry.raw for entry in parsed}
        plain += _cost(partial(theirs, body), 0.0)
        first += _cost(partial(contents, body, "", URL), 0.0)
        again += _cost(partial(contents, body, "", URL, known), 0.0)
        same_body += _cost(partial(body_digest, body), 0.0)
        total += len(parsed)
        if by_feedparser(body) != parsed:
            print(f"  {path.name}: other entries than from feedparser's reading")
            continue
        for raw, entry in zip(theirs(body).entries, parsed, strict=True):
            names = [name for name, value, own in as_we_read(raw, entry) if value != own]
            same += not names
            reasons.update(reason(name, raw, entry) for name in names)
    print(f"first poll {first / plain:.2f} x of feedparser's CPU time")
    print(f"another body without new items {again / plain:.3f} x, the same body {same_body / plain:.4f} x")
    print(f"{total:,} entries: {same:,} as feedparser has them, the others differ by rules of ours:")
    for rule, count in reasons.most_common():
        print(f"  {count:5,}  {rule}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", nargs="?", type=Path)
    arguments.add_argument("--seconds", type=float, default=2)
    given = arguments.parse_args()
    if given.folder:
        measure_folder(given.folder)
    else:
        measure(given.seconds)
