"""Provenance: how well copies of one text are told from independent reports of one speech, and how fast.

`python -m tests.bench.provenance [FILE …]` makes copies of the gold articles, and of those of each FILE (the format of
the extraction benchmark), in the ways of sub-editors, and reports of the same speech that are nobody's copies, and
prints precision and recall over the threshold, and the speeds, by CPU time.
"""

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.extract import extractor
from pipeline.model import Article, Document, Quote
from pipeline.statements.provenance import COPY, shared, signature
from tests import examples, gold

THRESHOLDS: Final = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_SPOKEN: Final = ("“", '"', "„", "«")

Telling = Callable[[list[str], random.Random], list[str]]


def cut(paragraphs: list[str], _: random.Random) -> list[str]:
    """The first half."""
    return paragraphs[: max(3, len(paragraphs) // 2)]


def cut_short(paragraphs: list[str], _: random.Random) -> list[str]:
    """The first third."""
    return paragraphs[: max(3, len(paragraphs) // 3)]


def retitled(paragraphs: list[str], chance: random.Random) -> list[str]:
    """Another headline and a lead of its own in front."""
    lead = " ".join(chance.sample(paragraphs[-1].split(), k=min(20, len(paragraphs[-1].split()))))
    return ["Another headline for it", lead, *paragraphs[1:]]


def reordered(paragraphs: list[str], chance: random.Random) -> list[str]:
    """All paragraphs in another order."""
    return chance.sample(paragraphs, k=len(paragraphs))


def edited(paragraphs: list[str], chance: random.Random) -> list[str]:
    """Every twelfth word another one, as a house style has it."""
    return [_with_other_words(paragraph, 1 / 12, chance) for paragraph in paragraphs]


def cut_and_edited(paragraphs: list[str], chance: random.Random) -> list[str]:
    """The first half, another headline, and every twentieth word another one."""
    kept = retitled(cut(paragraphs, chance), chance)
    return [_with_other_words(paragraph, 1 / 20, chance) for paragraph in kept]


def rewritten(paragraphs: list[str], chance: random.Random) -> list[str]:
    """The same speech by another reporter: what is quoted stays, of the rest every second word is another."""
    return [_around_quotes(paragraph, 1 / 2, chance) for paragraph in reordered(paragraphs, chance)]


def closely_rewritten(paragraphs: list[str], chance: random.Random) -> list[str]:
    """A rewrite that leans on its source: of the reporter's words every third is another."""
    return [_around_quotes(paragraph, 1 / 3, chance) for paragraph in paragraphs]


COPIES: Final[dict[str, Telling]] = {
    "cut to a half": cut,
    "cut to a third": cut_short,
    "another headline and lead": retitled,
    "re-ordered": reordered,
    "edited": edited,
    "cut, retitled and edited": cut_and_edited,
}
REWRITES: Final[dict[str, Telling]] = {"rewritten": rewritten, "closely rewritten": closely_rewritten}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two articles by their sketches, how the second was made, and whether it is a copy of the first."""

    one: str
    other: str
    how: str
    copy: bool

    @property
    def shared(self) -> float:
        """Return what they share."""
        return shared(self.one, self.other)


class Reader:
    """Texts to sketches, by what extraction finds quoted in them; what that costs is counted."""

    def __init__(self) -> None:
        self._extract = extractor([])
        self.seconds = {"extract": 0.0, "signature": 0.0}
        self.count = 0

    def signature(self, text: str) -> str:
        """The sketch of an article with this text."""
        started = time.process_time()
        quotes = self.quotes(text)
        extracted = time.process_time()
        made = signature(text, quotes)
        self.seconds["extract"] += extracted - started
        self.seconds["signature"] += time.process_time() - extracted
        self.count += 1
        return made

    def quotes(self, text: str) -> tuple[Quote, ...]:
        """The quotes of the text."""
        article: Article = examples.article(text=text)
        return self._extract(Document(article=article)).quotes


def made(texts: Sequence[str], reader: Reader, seed: int = 1) -> list[Pair]:
    """Each text with its copies, with rewrites of it, and with another text that quotes all that it quotes."""
    chance = random.Random(seed)
    pairs = []
    for place, text in enumerate(texts):
        one, paragraphs = reader.signature(text), [line for line in text.splitlines() if line.strip()]
        if len(paragraphs) < 4:
            continue
        for how, tell in (*COPIES.items(), *REWRITES.items()):
            other = reader.signature("\n\n".join(tell(paragraphs, chance)))
            pairs.append(Pair(one, other, how, how in COPIES))
        said = [paragraph for paragraph in paragraphs if paragraph.startswith(_SPOKEN)]
        stranger = [line for line in texts[place - 1].splitlines() if not line.startswith(_SPOKEN)]
        pairs.append(Pair(one, reader.signature("\n\n".join([*stranger, *said])), "same quotes, another story", False))
    return pairs


def _with_other_words(paragraph: str, share: float, chance: random.Random) -> str:
    return " ".join(_other(word, chance) if chance.random() < share else word for word in paragraph.split(" "))


def _around_quotes(paragraph: str, share: float, chance: random.Random) -> str:
    parts = paragraph.replace("”", "“").split("“")
    told = [part if place % 2 else _with_other_words(part, share, chance) for place, part in enumerate(parts)]
    return "".join(part if place == 0 else ("“" if place % 2 else "”") + part for place, part in enumerate(told))


def _other(word: str, chance: random.Random) -> str:
    return "".join(chance.choices("abdeiklmnoprstuz", k=max(1, len(word))))


def print_curve(pairs: Sequence[Pair]) -> None:
    """Precision and recall over what is called a copy, the threshold in use marked, and each way of telling it."""
    print("  least   precision / recall")
    for least in THRESHOLDS:
        called = [pair for pair in pairs if pair.shared >= least]
        right = sum(pair.copy for pair in called)
        copies = sum(pair.copy for pair in pairs)
        mark = "*" if least == COPY else " "
        print(f" {mark}{least:.2f}    {right / (len(called) or 1):.4f} / {right / (copies or 1):.4f}")
    by_way: defaultdict[tuple[bool, str], list[float]] = defaultdict(list)
    for pair in pairs:
        by_way[pair.copy, pair.how].append(pair.shared)
    for (copy, how), found in sorted(by_way.items(), reverse=True):
        taken = sum(each >= COPY for each in found)
        kind, mean = "copy   " if copy else "no copy", sum(found) / len(found)
        print(f"    {kind} {how:28} {taken:4} of {len(found):4} called copies, {mean:.2f} shared")


def print_speed(reader: Reader, pairs: Sequence[Pair]) -> None:
    """Print the cost of a sketch beside that of extraction, and the number of comparisons in a second."""
    extracting, sketching = reader.seconds["extract"], reader.seconds["signature"]
    print(
        f"\nsketch: {1e6 * sketching / reader.count:.0f} µs an article, {100 * sketching / extracting:.1f} % of its "
        f"extraction ({1e3 * extracting / reader.count:.1f} ms)"
    )
    started = time.process_time()
    for _ in range(20):
        for pair in pairs:
            shared(pair.one, pair.other)
    seconds = time.process_time() - started
    print(f"shared: {20 * len(pairs) / seconds:,.0f} pairs/s; a sketch has {max(len(p.one) for p in pairs)} characters")


def texts_of(path: Path) -> list[str]:
    """The texts of a file of articles."""
    records: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [record["text"] for record in records]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.provenance", description="How copies are found.")
    parser.add_argument("files", nargs="*", type=Path, help="articles, JSON Lines")
    for name, texts in (
        ("gold articles", [record["text"] for record in gold.records()]),
        *((path.name, texts_of(path)) for path in parser.parse_args().files),
    ):
        reader = Reader()
        pairs = made(texts, reader)
        print(f"{name}: {len(pairs)} pairs of {len(texts)} texts")
        print_curve(pairs)
        print_speed(reader, pairs)


if __name__ == "__main__":
    main()
