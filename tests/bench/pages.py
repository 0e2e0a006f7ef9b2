"""Pages: how much of an article is read from its page, and how much that is none of it.

`python -m tests.bench.pages` reads the pages of `tests/data/pages`, which have the markup of some sixty makes of site
around texts of our own writing, and prints for each what is wrong and for each part of them precision and recall of
words, paragraphs lost, lines wrongly in, quotations shown twice, and dates and authors that are wrong. Words of
headings and notes that may stand in an article or not count for nothing. The second part was written after the rules.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.feeds.parser import Parser
from pipeline.errors import InputError
from pipeline.model.feed_item import FeedItem
from pipeline.settings.sections import Poll

PAGES = Path(__file__).parents[1] / "data" / "pages"
_WORD = re.compile(r"[぀-ヿ一-鿿]|[^\W_]+|[“”„»«\"「」]")
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


@dataclass(slots=True)
class Score:
    """What was found on some pages: words right, wrong and missed, and what is wrong in plain words."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)

    def told(self) -> str:
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
    text = _folded(entry.text)
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


if __name__ == "__main__":
    for part, found in scores().items():
        for kind, what in found.faults:
            print(f"  {kind:6} {what}")
        print(f"{part}: {found.told()}")
