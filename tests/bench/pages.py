"""Pages: how well the article of a page is read, beside trafilatura.

`python -m tests.bench.pages FILE FOLDER` reads any set of pages whose FILE has a JSON object a line, with the keys
"html" (a path in FOLDER, perhaps gzipped), "text", "title", "authors" and "published", and prints for us and for
trafilatura precision and recall of runs of four words (means over the pages), their F1, pages lost (recall below 0.3)
and the CPU time; then titles, authors and dates that are right, and each page that scores worse than with trafilatura.

`python -m tests.bench.pages` reads the pages of `tests/data/pages`, which have the markup of some sixty makes of site
around texts of our own writing, and prints for each what is wrong and for each part of them precision and recall of
words, paragraphs lost, lines wrongly in, quotations shown twice, and dates and authors that are wrong. Words of
headings and notes that may stand in an article or not count for nothing.
"""

import gzip
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

import trafilatura

from connectors.feeds.parser import Parser
from connectors.pages.fulltext import page
from pipeline.errors import InputError
from pipeline.model.feed import FeedItem
from pipeline.settings.sections import Poll

PAGES = Path(__file__).parents[1] / "data" / "pages"
_WORD = re.compile(r"[぀-ヿ一-鿿]|[^\W_]+|[“”„»«\"「」]")
_RUN = 4
_LOST = 0.3
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


@dataclass(slots=True)
class Score:
    """The result on some pages: words right, wrong and missed, and the mistakes in plain words."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)

    def report(self) -> str:
        """The score in one line."""
        kinds = Counter(kind for kind, _ in self.faults)
        precision, recall = self.right / (self.right + self.wrong), self.right / (self.right + self.missed)
        return (
            f"precision {precision:.4f}, recall {recall:.4f}; {kinds['lost']} paragraphs lost, {kinds['wrong']} lines "
            f"wrongly in, {kinds['twice']} shown twice, {kinds['said']} dates or authors wrong"
        )


def score(parser: Parser, name: str, gold: dict[str, Any], into: Score) -> None:
    """Read one page and add what came of it."""
    source = (PAGES / f"{name}.html").read_bytes()
    try:
        entry = parser.page(source, gold["type"], gold["url"])
    except InputError:
        entry = FeedItem()
    text = _folded(_whole(entry))
    heading = _HEADING.search(source.decode("utf-8", "replace"))
    optional = _words(*gold["optional"], _TAG.sub("", heading[1]) if heading else "")
    wanted, read = _words(*gold["text"]), _words(text)
    into.right += (read & wanted).total()
    into.wrong += (read - wanted - optional).total()
    into.missed += (wanted - read).total()
    into.faults += [("lost", f"{name}: {part}") for part in map(_folded, gold["text"]) if part not in text]
    into.faults += [("wrong", f"{name}: {part}") for part in gold["wrong"] if _folded(part).lower() in text.lower()]
    into.faults += [("twice", f"{name}: {part}") for part in gold["once"] if text.count(part) > 1]
    into.faults += [("said", f"{name}: {fault}") for fault in _said(entry, gold)]


def _whole(entry: FeedItem) -> str:
    """The text of a page with that of a live blog's updates, each of which becomes an article of its own."""
    return "\n".join([entry.text, *(update.text for update in entry.updates)])


def _said(entry: FeedItem, gold: dict[str, Any]) -> list[str]:
    found = {
        "published": entry.published,
        "modified": next((date.time for date in entry.dates if date.kind == "modified"), None),
        "authors": list(entry.authors),
    }
    wanted = {key: gold[key] if key == "authors" else datetime.fromisoformat(gold[key]) for key in found if key in gold}
    return [f"{key} {found[key]}, not {value}" for key, value in wanted.items() if found[key] != value]


def _folded(text: str) -> str:
    return " ".join(text.replace("\u200b", "").replace("\xad", "").split())


def _words(*texts: str) -> Counter[str]:
    return Counter(word for text in texts for word in _WORD.findall(_folded(text)))


def scores() -> dict[str, Score]:
    """The score of each part."""
    gold = json.loads((PAGES / "gold.json").read_text(encoding="utf-8"))
    parts: dict[str, Score] = {}
    with Parser(Poll(), 1) as parser:
        for name, one in gold.items():
            score(parser, name, one, parts.setdefault(one["part"], Score()))
    return parts


@dataclass(slots=True)
class Reader:
    """The precision and recall of one reader by page, and its CPU time."""

    scores: dict[str, tuple[float, float]] = field(default_factory=dict)
    seconds: float = 0.0

    def line(self, name: str) -> str:
        """The figures in one line."""
        precision = fmean(score[0] for score in self.scores.values())
        recall = fmean(score[1] for score in self.scores.values())
        lost = sum(score[1] < _LOST for score in self.scores.values())
        each = self.seconds / len(self.scores)
        return (
            f"{name:12} P {precision:.4f}  R {recall:.4f}  F1 {f1(precision, recall):.4f}  "
            f"lost {lost} of {len(self.scores)}  {each * 1e3:.0f} ms a page"
        )


def f1(precision: float, recall: float) -> float:
    """The harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def overlap(gold: str, text: str) -> tuple[float, float]:
    """Precision and recall of a text's runs of words."""
    wanted, read = _runs(gold), _runs(text)
    common = (wanted & read).total()
    return common / (read.total() or 1), common / (wanted.total() or 1)


def _runs(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"[぀-ヿ㐀-鿿]|[^\W_]+", text.casefold())
    return (
        Counter(tuple(words[start : start + _RUN]) for start in range(max(1, len(words) - _RUN + 1)))
        if words
        else Counter()
    )


def measure(file: Path, folder: Path) -> None:
    """Measure a set of pages and print its figures."""
    ours, theirs = Reader(), Reader()
    right: Counter[str] = Counter()
    known: Counter[str] = Counter()
    for gold in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        source = (folder / gold["html"]).read_bytes()
        source = gzip.decompress(source) if gold["html"].endswith(".gz") else source
        started = time.process_time()
        item = _ours(source)
        ours.seconds += time.process_time() - started
        started = time.process_time()
        plain = trafilatura.extract(source, include_comments=False, include_tables=False) or ""
        theirs.seconds += time.process_time() - started
        ours.scores[gold["id"]] = overlap(gold["text"], _whole(item))
        theirs.scores[gold["id"]] = overlap(gold["text"], plain)
        for name, (wanted, found) in _metadata(gold, item).items():
            same = wanted == found or (name == "title" and bool(found) and (found in wanted or wanted in found))
            known[name] += bool(wanted)
            right[name] += bool(wanted) and same
            if wanted and not same:
                print(f"  {name:6} {gold['id']}: {found!r}, not {wanted!r}")
    for name, score in ours.scores.items():
        if f1(*score) < f1(*theirs.scores[name]) - 0.01:
            print(f"  worse  {name}: {_slashed(score)}, not {_slashed(theirs.scores[name])}")
    print(ours.line("ours"), theirs.line("trafilatura"), sep="\n")
    print(", ".join(f"{name} right {right[name]} of {known[name]}" for name in known))


def _slashed(score: tuple[float, float]) -> str:
    return f"{score[0]:.2f}/{score[1]:.2f}"


def _ours(source: bytes) -> FeedItem:
    try:
        return page(source, "text/html", "https://page.example/")
    except InputError as error:
        print(f"  lost   {error}")
        return FeedItem()


def _metadata(gold: dict[str, Any], item: FeedItem) -> dict[str, tuple[Any, Any]]:
    """Title, authors and date by name, each as it should be and as it is: letters alone, and days."""
    day = datetime.fromisoformat(gold["published"]) if gold.get("published") else None
    return {
        "title": (_letters(gold["title"]), _letters(item.title)),
        "author": ({*map(_letters, gold["authors"])}, {*map(_letters, item.authors)}),
        "date": (_day(day), _day(item.published)),
    }


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC) if moment.tzinfo else moment:%Y-%m-%d}" if moment else ""


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(Path(sys.argv[1]), Path(sys.argv[2]))
        sys.exit()
    for part, found in scores().items():
        for kind, what in found.faults:
            print(f"  {kind:6} {what}")
        print(f"{part}: {found.report()}")
