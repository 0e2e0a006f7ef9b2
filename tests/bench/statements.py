"""Statements: how well repeats and changes are told from new statements, and how fast.

`python -m tests.bench.statements [FILE …]` measures on the pairs written by hand and on pairs made from the quotes of
each FILE (the format of the extraction benchmark), and prints the curve over the threshold and the speeds, by CPU time.
"""

import argparse
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from pipeline.model import ArticleRef, Quote, QuoteKind, Report, VerdictKind, quote_id
from pipeline.statements import Memory, remember
from tests.bench.pairs import Pair, made, written

_SMALL: Final = (
    "the",
    "of",
    "and",
    "to",
    "we",
    "will",
    "in",
    "that",
    "is",
    "a",
    "for",
    "on",
    "not",
    "be",
    "have",
    "this",
)
_NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)


def report(text: str, number: int, kind: QuoteKind = "direct", language: str = "en") -> Report:
    """The text as a report of its own article."""
    article = ArticleRef(
        id=f"article-{number}",
        revision=1,
        source="bench.example",
        url="",
        title="",
        language=language,
        published=None,
        first_seen=_NOON + timedelta(seconds=number),
        backfill=False,
    )
    quote = Quote(
        id=quote_id(article.id, "speaker", 0, len(text), text),
        start=0,
        end=len(text),
        text=text,
        kind=kind,
        fragments=((0, len(text)),),
        speaker_name="Speaker",
        speaker_id="speaker",
        confidence=1.0,
    )
    return Report(quote, article)


def memory_of(texts: Iterable[str], language: str = "en", kind: QuoteKind = "direct") -> Memory:
    """A memory to which these texts were reported, all as this kind of speech."""
    memory = Memory()
    for number, text in enumerate(texts):
        _, memory = remember(memory, report(text, number, kind, language), number)
    return memory


def verdicts(pairs: Sequence[Pair]) -> list[tuple[Pair, VerdictKind, str]]:
    """Return what is decided about each pair, and how."""
    found = []
    memories: dict[tuple[str, ...], Memory] = {}
    for pair in pairs:
        if pair.known not in memories:
            memories = {pair.known: memory_of(pair.known, pair.language)}
        new = report(pair.new, 10**6, pair.kind, pair.language)
        decision, _ = remember(memories[pair.known], new, 10**6)
        found.append((pair, decision.verdict, decision.how))
    return found


@dataclass(frozen=True, slots=True)
class Score:
    """The decisions about a set of pairs."""

    repeats: int
    found: int
    wrongly: int
    changes: int
    changes_found: int

    @property
    def precision(self) -> float:
        """The share of true repeats among the pairs that were called repeated."""
        return self.found / ((self.found + self.wrongly) or 1)

    @property
    def recall(self) -> float:
        """The share of the repeats that were called repeated."""
        return self.found / (self.repeats or 1)

    @property
    def changed(self) -> float:
        """The share of the changed statements that were called changed."""
        return self.changes_found / (self.changes or 1)


def score(found: Iterable[tuple[Pair, VerdictKind, str]]) -> Score:
    """The figures of these decisions."""
    counts = Counter((pair.expected, verdict) for pair, verdict, _ in found)
    return Score(
        repeats=sum(number for (expected, _), number in counts.items() if expected == "repeated"),
        found=counts["repeated", "repeated"],
        wrongly=counts["new", "repeated"] + counts["changed", "repeated"],
        changes=sum(number for (expected, _), number in counts.items() if expected == "changed"),
        changes_found=counts["changed", "changed"],
    )


def print_figures(name: str, pairs: Sequence[Pair]) -> None:
    """The figures of direct and mixed quotes, and of indirect ones."""
    found = verdicts(pairs)
    direct = score(row for row in found if row[0].kind != "indirect")
    indirect = score(row for row in found if row[0].kind == "indirect")
    print(f"\n{name}: {len(pairs)} pairs")
    print("  direct+mixed P / R    indirect P / R       changed found")
    print(
        f"  {direct.precision:.4f} / {direct.recall:.4f}      {indirect.precision:.4f} / {indirect.recall:.4f}      "
        f"{score(found).changed:.4f}"
    )


def print_kinds(pairs: Sequence[Pair], *, errors: bool) -> None:
    """Print the decisions about each kind of rewording, and with `errors` the wrong ones."""
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for pair, verdict, how in verdicts(pairs):
        counts[pair.expected, pair.how][verdict] += 1
        if errors and verdict != pair.expected:
            print(
                f"    {pair.how}: {verdict}, {how}\n      known {' / '.join(pair.known)[:300]}\n      new   {pair.new}"
            )
    for (expected, how), decided in sorted(counts.items()):
        told = ", ".join(f"{name} {number}" for name, number in decided.most_common())
        print(f"    {expected:9} {how:15} {told}")


def sentences(number: int, chance: random.Random) -> list[str]:
    """Made-up statements of 8 to 30 words with the frequencies of a language (Zipf's law)."""
    lexicon = ["".join(chance.choices("abdeiklmnoprstuz", k=chance.randint(3, 10))) for _ in range(5_000)]
    weights = [1 / (rank + 10) for rank in range(len(lexicon))]

    def word() -> str:
        return chance.choice(_SMALL) if chance.random() < 0.45 else chance.choices(lexicon, weights)[0]

    return [" ".join(word() for _ in range(chance.randint(8, 30))) for _ in range(number)]


def print_speed_of_remember(texts: Sequence[str], known: int = 1_000, asked: int = 4_000) -> None:
    """Quotes a second with so many statements in the actor's memory: half of them parts of known ones, half not."""
    chance = random.Random(2)
    memory = memory_of(texts[:known])
    new = [*texts[known:], *(" ".join(text.split()[1:-1]) for text in texts[:known])]
    reports = [report(text, known + number) for number, text in enumerate(chance.choices(new, k=asked))]
    started = time.process_time()
    counts = Counter(remember(memory, each, 0)[0].verdict for each in reports)
    seconds = time.process_time() - started
    print(f"remember: {asked / seconds:,.0f} quotes/s with {known:,} statements in memory ({dict(counts)})")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.statements", description="How `remember` does.")
    parser.add_argument("files", nargs="*", type=Path, help="articles with their quotes, JSON Lines")
    parser.add_argument("--errors", action="store_true", help="print the pairs by hand that are decided wrongly")
    asked = parser.parse_args()
    print_figures("written by hand", written())
    print_kinds(written(), errors=asked.errors)
    for path in asked.files:
        pairs = made(path)
        print_figures(f"made from {path.name}", pairs)
        print_kinds(pairs, errors=False)
        print_speed_of_remember(list(dict.fromkeys(pair.new for pair in pairs if pair.expected == "new")))
    print("\nmade-up statements")
    print_speed_of_remember(sentences(3_000, random.Random(1)))


if __name__ == "__main__":
    main()
