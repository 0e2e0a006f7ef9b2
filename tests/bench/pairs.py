"""Pairs of wordings for measuring `remember`: the same said otherwise, and hard cases that are not the same."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.model import QuoteKind, VerdictKind
from tests.bench.retold import OTHERWISE, TURNED

WRITTEN: Final = Path(__file__).parent.parent / "data" / "pairs"
"""Pairs that we wrote by hand, one JSON Lines file."""


_LEAST_WORDS: Final = 6  # of a quote that pairs are made from


@dataclass(frozen=True, slots=True)
class Pair:
    """Wordings that are known, a new one, and what it is: "repeated", "changed" or "new"."""

    known: tuple[str, ...]
    new: str
    expected: VerdictKind
    how: str
    kind: QuoteKind = "direct"
    language: str = "en"


def written() -> list[Pair]:
    """The pairs written by hand."""
    lines = [line for path in sorted(WRITTEN.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [Pair(**{**pair, "known": tuple(pair["known"])}) for pair in map(json.loads, lines)]


def made(path: Path, seed: int = 1) -> list[Pair]:
    """Pairs made from the quotes of a file in the format of the extraction benchmark.

    Each quote is said otherwise in every way that fits it, to a memory that holds all quotes of its article; and it is
    said anew, or turned around, to a memory that holds the others, which mostly are about the same topic.
    """
    chance = random.Random(seed)
    return [pair for line in path.read_text("utf-8").splitlines() for pair in _of_article(json.loads(line), chance)]


def _of_article(article: dict[str, Any], chance: random.Random) -> Iterator[Pair]:
    quotes = [
        (quote["type"], _content(article["text"], quote)) for quote in article["quotes"] if quote.get("speech", 1)
    ]
    quotes = [(kind, text) for kind, text in quotes if len(text.split()) >= _LEAST_WORDS]
    contents = tuple(text for _, text in quotes)
    for place, (kind, text) in enumerate(quotes):
        others = tuple(other for other in contents if not _overlap(text, other))
        yield Pair(others, text, "new", "same topic", kind)
        for how, say in OTHERWISE.items():
            said = say(text, chance)
            if said and said != text:
                yield Pair(contents, said, "repeated", how, "indirect" if how == "indirect" else kind)
        if place + 1 < len(quotes):
            yield Pair(contents, f"{text} {contents[place + 1]}", "repeated", "merged", kind)
        for how, turn in TURNED.items():
            said = turn(text, chance)
            if said and said != text:
                yield Pair((*others, text), said, "changed", how, kind)


def _content(text: str, quote: dict[str, Any]) -> str:
    parts = quote.get("fragments") or [(quote["start"], quote["end"])]
    return " ".join(" ".join(text[a:b] for a, b in parts).split()).strip("“”\"' ")


def _overlap(one: str, other: str) -> bool:
    """Return whether the article itself repeats the words, as headlines do."""
    shared = set(_plain(one)) & set(_plain(other))
    return len(shared) >= 0.7 * min(len(set(_plain(one))), len(set(_plain(other))))


def _plain(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
