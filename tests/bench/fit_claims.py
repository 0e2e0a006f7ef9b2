"""Fits the weights of `judge` on our own pairs: `python -m tests.bench.fit_claims` writes their file.

It prints the figures on sentences that were left out of the fit, five times a fifth of them.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy

from pipeline.statements import similarity
from pipeline.statements.reading import reading
from pipeline.statements.similarity import compare
from tests.bench.claim_pairs import Sample, Text, samples

WEIGHTS: Final = Path(similarity.__file__).parent / "weights.toml"

_MOST: Final = {"repeated": 2_200, "changed": 2_400, "new": 1_500}  # samples of a kind
_LEAST: Final = 5  # samples that have a figure, for it to get a weight
_RIDGE: Final = 1.0
_ROUNDS: Final = 400
_FOLDS: Final = 5


def main() -> None:
    """Fit the weights, print the figures on what was left out, and write the file."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fit_claims", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print the figures and write nothing")
    asked = parser.parse_args()
    chosen = _chosen(samples())
    figures = [_figures(sample) for sample in chosen]
    print(f"{len(chosen)} pairs; precision / recall of sentences left out: {_left_out(chosen, figures)}")
    if not asked.dry:
        WEIGHTS.write_text(_toml(_table(chosen, figures)), "utf-8")


def _chosen(found: Sequence[Sample]) -> list[Sample]:
    counts: Counter[str] = Counter()
    chosen = []
    for sample in found:
        counts[sample.expected] += 1
        if counts[sample.expected] <= _MOST[sample.expected] or sample.group < 0:
            chosen.append(sample)
    return chosen


def _figures(sample: Sample) -> dict[str, float]:
    return compare(_reading(sample.known), _reading(sample.new)).figures


def _reading(text: Text) -> Any:
    return reading(text.words, text.language, text.is_reported)


def _table(chosen: Sequence[Sample], figures: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    counts = Counter(name for each in figures for name in each)
    names = sorted(name for name, count in counts.items() if count >= _LEAST)
    weights = _fit(_matrix(figures, names), [sample.expected for sample in chosen])
    return dict(zip(names, weights.tolist(), strict=True))


def _matrix(figures: Sequence[dict[str, float]], names: Sequence[str]) -> Any:
    return numpy.array([[each.get(name, 0.0) for name in names] for each in figures])


def _fit(rows: Any, expected: Sequence[str]) -> Any:
    """Softmax regression with every kind of equal weight, by gradient descent with momentum (Nesterov)."""
    counts = Counter(expected)
    share = numpy.array([len(expected) / 3 / counts[kind] for kind in expected])[:, None]
    wanted = numpy.array([[kind == relation for relation in similarity.RELATIONS] for kind in expected], dtype=float)
    weights = numpy.zeros((rows.shape[1], 3))
    momentum = numpy.zeros_like(weights)
    step = 2.0 / numpy.linalg.norm((rows * numpy.sqrt(share)).T @ (rows * numpy.sqrt(share)), 2)
    for number in range(_ROUNDS):
        ahead = weights + number / (number + 3) * (weights - momentum)
        sums = rows @ ahead
        powers = numpy.exp(sums - sums.max(axis=1, keepdims=True))
        slope = rows.T @ (share * (powers / powers.sum(axis=1, keepdims=True) - wanted)) + _RIDGE * ahead
        momentum, weights = weights, ahead - step * slope
    return weights


def _left_out(chosen: Sequence[Sample], figures: Sequence[dict[str, float]]) -> str:
    counts: Counter[tuple[str, str]] = Counter()
    for fold in range(_FOLDS):
        kept = [place for place, sample in enumerate(chosen) if sample.group % _FOLDS != fold]
        table = _table([chosen[place] for place in kept], [figures[place] for place in kept])
        for place, sample in enumerate(chosen):
            if sample.group % _FOLDS == fold:
                sums = [
                    sum(table.get(name, [0.0] * 3)[number] * figure for name, figure in figures[place].items())
                    for number in range(3)
                ]
                counts[sample.expected, similarity.RELATIONS[max(range(3), key=sums.__getitem__)]] += 1
    return ", ".join(_score(counts, kind) for kind in similarity.RELATIONS)


def _score(counts: Counter[tuple[str, str]], kind: str) -> str:
    right = counts[kind, kind]
    called = sum(number for (_, got), number in counts.items() if got == kind)
    wanted = sum(number for (expected, _), number in counts.items() if expected == kind)
    return f"{kind} {right / (called or 1):.2f} / {right / (wanted or 1):.2f}"


def _toml(table: dict[str, list[float]]) -> str:
    lines = ["# The weights of `judge` for changed, new and repeated; `python -m tests.bench.fit_claims` writes them."]
    lines += [f'"{name}" = [{", ".join(f"{weight:.3f}" for weight in row)}]' for name, row in table.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
