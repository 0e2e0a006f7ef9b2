"""Fit the weights of confidence to the project's own gold set and to Said: `python -m tests.bench.calibrate`.

Logistic regression with an L2 penalty by gradient descent; first fitted on every other article and tried on the rest,
which is the calibration error that is printed, then on all, which is what is written.
"""

import math
from collections.abc import Sequence
from pathlib import Path

from pipeline.extract import confidence
from pipeline.extract.compose import findings
from pipeline.extract.names.actors import Aliases
from tests import gold
from tests.bench import extraction, said

_STEPS, _RATE, _PENALTY = 1500, 0.5, 0.006
_FEWEST = 6  # times that something is seen before it gets a weight

Example = tuple[tuple[str, ...], bool]


def examples(records: Sequence[extraction.Record]) -> list[Example]:
    """Return what was seen for each prediction that counts as speech, and whether it is right."""
    made = []
    for record in records:
        _, found = findings(extraction.document(record), Aliases(()))
        quotes = [{**extraction.quote_record(q), "seen": seen} for q, seen in found]
        predicted = {"id": record["id"], "quotes": quotes}
        judged = extraction.judged([record], [predicted], "speech")
        made += [(tuple(quote["seen"]), right) for _, right, quote in judged]
    return made


def fit(made: Sequence[Example]) -> dict[str, float]:
    """The weights that make the examples most likely."""
    counts: dict[str, int] = {}
    for seen, _ in made:
        for each in seen:
            counts[each] = counts.get(each, 0) + 1
    weights = {each: 0.0 for each, times in counts.items() if times >= _FEWEST} | {"bias": 0.0}
    for _ in range(_STEPS):
        slope = dict.fromkeys(weights, 0.0)
        for seen, right in made:
            error = right - chance(weights, seen)
            slope["bias"] += error
            for each in seen:
                if each in slope:
                    slope[each] += error
        for each, total in slope.items():
            penalty = 0 if each == "bias" else _PENALTY * weights[each]
            weights[each] += _RATE * (total / len(made) - penalty)
    return weights


def chance(weights: dict[str, float], seen: Sequence[str]) -> float:
    """The modelled probability."""
    total = weights["bias"] + sum(weights.get(each, 0.0) for each in seen)
    return 1 / (1 + math.exp(-total))


def main() -> None:
    """Try on halves, then fit on all and write."""
    records = [*gold.records(), *said.records("quotes/en.jsonl")]
    halves = [examples(records[0::2]), examples(records[1::2])]
    for learn, held in (halves, halves[::-1]):
        weights = fit(learn)
        error = extraction.calibration_error([(chance(weights, seen), right) for seen, right in held])
        print(f"calibration error on {len(held)} quotes of articles left out: {error:.3f}")
    weights = fit(halves[0] + halves[1])
    lines = [f'"{each}" = {weight:.2f}' for each, weight in sorted(weights.items()) if round(weight, 2)]
    header = "# Fitted to tests/data/gold and tests/data/said by tests/bench/calibrate.py, which writes this file.\n"
    header += "[weights]\n"
    path = Path(confidence.__file__).with_name("confidence.toml")
    path.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} weights written to {path.name}")


if __name__ == "__main__":
    main()
