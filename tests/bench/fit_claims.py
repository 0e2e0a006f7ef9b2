"""Fits the weights of `judge` on our own pairs: `python -m tests.bench.fit_claims` writes their file in some minutes.

It prints the figures on sentences that were left out of the fit, four times a quarter of them, and with `--ridges` does
so for several strengths of the penalty.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy

from pipeline.statements import judgement, meaning
from pipeline.statements.reading import Reading, reading
from pipeline.statements.similarity import compare
from tests.bench.claim_pairs import Sample, Text, samples

WEIGHTS: Final = Path(judgement.__file__).parent / "weights.toml"

_LEAST: Final = 6  # samples that have a figure, for it to get a weight
_RIDGE: Final = 1.0
_RIDGES: Final = (0.3, 1.0, 3.0, 10.0)
_SIZE: Final = 6_000  # what the weights of all samples add up to, beside which the penalty counts
_LEAST_CLOSE: Final = 0.6  # closeness in meaning of a translation that is not free
_SHARE_OF_FREE: Final = 0.35
_ROUNDS: Final = 600
_FOLDS: Final = 4
_BATCH: Final = 500  # texts that the encoder reads at once


def main() -> None:
    """Fit the weights, print the figures on what was left out, and write the file."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fit_claims", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print the figures and write nothing")
    parser.add_argument("--ridges", action="store_true", help="print the figures for several penalties")
    asked = parser.parse_args()
    chosen = samples()
    figures = list(_figures(chosen))
    chosen = [_with_share_of_free(sample, each["whole"]) for sample, each in zip(chosen, figures, strict=True)]
    print(f"{len(chosen)} pairs of {len({each.group for each in chosen})} sentences; sentences left out:")
    for ridge in _RIDGES if asked.ridges else (_RIDGE,):
        for line in _left_out(chosen, figures, ridge):
            print(line)
    if not asked.dry:
        WEIGHTS.write_text(_toml(_table(chosen, figures, _RIDGE)), "utf-8")


def _figures(chosen: Sequence[Sample]) -> Iterator[dict[str, float]]:
    texts = list(dict.fromkeys(text for sample in chosen for text in (sample.known, sample.new)))
    for start in range(0, len(texts), _BATCH):
        readings = [_reading(text) for text in texts[start : start + _BATCH]]
        meaning.vectors([claim.text for each in readings for claim in each.claims] + [each.text for each in readings])
    readings_of = {text: _reading(text) for text in texts}
    for sample in chosen:
        yield compare(readings_of[sample.known], readings_of[sample.new]).figures


def _with_share_of_free(sample: Sample, closeness: float) -> Sample:
    """The sample; a free translation, which looks like another claim, counts less than a close one."""
    if not sample.crosses or sample.expected != "repeated" or closeness >= _LEAST_CLOSE:
        return sample
    return sample._replace(weight=sample.weight * _SHARE_OF_FREE)


def _reading(text: Text) -> Reading:
    return reading(text.words, text.language, text.is_reported)


def _table(chosen: Sequence[Sample], figures: Sequence[dict[str, float]], ridge: float) -> dict[str, list[float]]:
    counts = Counter(name for each in figures for name in each)
    names = sorted(name for name, count in counts.items() if count >= _LEAST)
    rows = numpy.array([[each.get(name, 0.0) for name in names] for each in figures])
    weights = _fit(rows, [sample.expected for sample in chosen], _shares(chosen), ridge)
    return dict(zip(names, weights.tolist(), strict=True))


def _shares(chosen: Sequence[Sample]) -> Any:
    """The weight of each sample: in one language and across two, every kind has the same in all."""
    totals: defaultdict[tuple[bool, str], float] = defaultdict(float)
    for sample in chosen:
        totals[sample.crosses, sample.expected] += sample.weight
    of_side = {side: sum(total for (crosses, _), total in totals.items() if crosses is side) for side in (False, True)}
    shares = numpy.array(
        [each.weight * of_side[each.crosses] / 3 / totals[each.crosses, each.expected] for each in chosen]
    )
    return shares * _SIZE / shares.sum()


def _fit(rows: Any, expected: Sequence[str], shares: Any, ridge: float) -> Any:
    """Softmax regression with a penalty on the squares of its weights, by accelerated descent (Nesterov)."""
    share = shares[:, None]
    wanted = numpy.array([[kind == relation for relation in judgement.RELATIONS] for kind in expected], dtype=float)
    weights = numpy.zeros((rows.shape[1], 3))
    momentum = numpy.zeros_like(weights)
    step = 2.0 / numpy.linalg.eigvalsh(rows.T @ (share * rows))[-1]
    for number in range(_ROUNDS):
        ahead = weights + number / (number + 3) * (weights - momentum)
        slope = rows.T @ (share * (_chances(rows @ ahead) - wanted)) + ridge * ahead
        momentum, weights = weights, ahead - step * slope
    return weights


def _chances(sums: Any) -> Any:
    powers = numpy.exp(sums - sums.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _left_out(chosen: Sequence[Sample], figures: Sequence[dict[str, float]], ridge: float) -> Iterator[str]:
    counts: Counter[tuple[bool, str, str]] = Counter()
    for fold in range(_FOLDS):
        inside = [place for place, sample in enumerate(chosen) if sample.group % _FOLDS != fold]
        table = _table([chosen[place] for place in inside], [figures[place] for place in inside], ridge)
        for sample, each in zip(chosen, figures, strict=True):
            if sample.group % _FOLDS == fold:
                chances = judgement.probabilities(each, table)
                counts[sample.crosses, sample.expected, max(judgement.RELATIONS, key=chances.__getitem__)] += 1
    for crosses, name in ((False, "one language"), (True, "two languages")):
        scores = ", ".join(_score(counts, crosses, kind) for kind in judgement.RELATIONS)
        yield f"  penalty {ridge}, {name}: precision / recall {scores}"


def _score(counts: Counter[tuple[bool, str, str]], crosses: bool, kind: str) -> str:
    right = counts[crosses, kind, kind]
    called = sum(number for (side, _, got), number in counts.items() if side is crosses and got == kind)
    wanted = sum(number for (side, expected, _), number in counts.items() if side is crosses and expected == kind)
    return f"{kind} {right / (called or 1):.2f} / {right / (wanted or 1):.2f}"


def _toml(table: dict[str, list[float]]) -> str:
    lines = ["# The weights of `judge` for changed, new and repeated; `python -m tests.bench.fit_claims` writes them."]
    lines += [f'"{name}" = [{", ".join(f"{weight:.3f}" for weight in row)}]' for name, row in table.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
