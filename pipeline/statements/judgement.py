"""The verdict on a new reading beside a known one: repeated, changed or new.

The probabilities are those of a softmax regression over the figures of a comparison, with weights fitted on the
project's own pairs; a figure without a weight counts nothing. Differences that are certain overrule them. Without an
encoder, words and slots decide by rules.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp
from typing import Final, Literal

from pipeline.statements.differences import Difference
from pipeline.statements.reading import Reading, reading
from pipeline.statements.similarity import Comparison, compare

Relation = Literal["repeated", "changed", "new"]

RELATIONS: Final[tuple[Relation, ...]] = ("changed", "new", "repeated")

LEAST_REPEATED: Final = 0.6
"""Least probability of a claim that counts as repeated: a missed claim costs more than a second alert."""

LEAST_WITHOUT_DIFFERENCE: Final = 0.4
"""The same for a text that is otherwise a changed claim and differs only in slots that retellings exchange freely."""

MORE_ACROSS: Final = 0.1
"""Added to both across languages, where words prove less."""

LEAST_CHANGED: Final = 0.5
"""Least probability of a changed claim in other words: below it, most are paraphrases, and some are other claims."""

_LOOSE: Final = frozenset(
    ["notodd", "noteven", "order", "replaced", "quantifier added all", "quantifier lost all", "+date"]
    + [f"{sign}{mark}" for mark in ("evenif", "before", "after", "until", "must") for sign in "+-"]
    + [f"{sign}{mark}" for mark in ("least", "limit", "more", "less") for sign in "+-"]
)
"""Marks of differences that mean little between other words: "every seat" is "the seats", "before" is "until"."""

_LOOSE_ACROSS: Final = _LOOSE | {"not0"}
"""The same across languages, which deny in verbs and prefixes too."""

_LOOSE_IN_PART: Final = frozenset(["notodd", "noteven"])
"""Marks of differences that result from quoting a part and retelling the rest, such as a "not" that is left out."""

_LEAST_QUOTED: Final = 0.5
"""Share of its words that a report quotes, if it has other words in place of known ones."""

_LEAST_OF_FRAGMENT: Final = 3  # words in quotation marks that a report takes from the known text

_LEAST_BESIDE_FRAGMENT: Final = 0.5  # share of the words of such a report that the known text explains

_CAPITAL_NOUNS: Final = ("de", "lb")  # languages that write every noun with a capital

_PLACED_ALIKE: Final = 0.6
"""Share of common words above which two claims that differ in a slot are versions of one claim."""

_LEAST_MEANING: Final = 0.45

_LEAST_EXPLAINED: Final = 0.7
"""A text less close in meaning than `_LEAST_MEANING` is a repeat only if words explain this share of each claim."""

_SURE_MEANING: Final = 0.5
"""Closeness in meaning below which a text in the same language must be explained by its words."""

_RETOLD_MEANING: Final = 0.4
"""Closeness in meaning at which a report retells a text, if a new claim is less probable than `_MOST_NEW`."""

_MOST_NEW: Final = 0.65

_DOUBTFUL_MEANING: Final = 0.33
"""The same for a report that is a repeat with at least the probability `_LEAST_RETOLD`."""

_LEAST_RETOLD: Final = 0.45

_LOOSE_RETOLD: Final = (_LOOSE - {"+date"}) | {"not0", "quantifier added", "quantifier lost"}
"""Marks of differences that mean little where few words are the same: "has nothing inside" is "is hollow"."""

_LEAST_EXPLAINED_OF_SPEECH: Final = 0.8

_LEAST_EXPLAINED_OF_REPORT: Final = 0.65

_CERTAIN: Final = frozenset({"stance", "number", "date", "promise"})

_LEAST_SAME: Final = 0.85
"""Share of its words that a text has in common with a known one, where words alone decide."""

_LEAST_OF_FEW: Final = 0.7  # share of the words that a text of few words must have in common

_LEAST_COMMON: Final = 0.5
"""Two claims are compared if this share of the shorter one's words is common to both."""

_OTHER_FIGURES: Final = ("number", "date", "span")

_CERTAIN_NEAR: Final = frozenset(
    {*("order", "replaced", "exchanged", "count", "span", "+span", "agent", "restriction", "opposite")}
    | {*("not0", "notodd", "+may", "-may", "+if", "-if", "+number")}
)
"""Marks of differences that are certain where most words are the same."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The relation of a new reading to a known one, its probability in [0, 1], and the comparison that decided."""

    relation: Relation
    certainty: float
    comparison: Comparison

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The slots that differ."""
        return self.comparison.differences


def judge(known: Reading, new: Reading) -> Judgement:
    """Decide whether the new reading repeats the known one, changes it, or says something new."""
    comparison = compare(known, new)
    if known.line == new.line and not comparison.differences:
        return Judgement("repeated", 1.0, comparison)
    if known.vectors is None:
        return Judgement(_by_words(comparison), 0.8, comparison)
    chances = probabilities(comparison.figures)
    relation = max(RELATIONS, key=chances.__getitem__)
    more = MORE_ACROSS * comparison.figures["crosses"]
    least, least_alike = LEAST_REPEATED + more, LEAST_WITHOUT_DIFFERENCE + more
    if relation != "new" and chances["repeated"] >= least_alike and _is_loose(comparison, new.language):
        relation, least = "repeated", least_alike
    if relation == "changed" and _is_weak_change(comparison, chances):
        relation = "new"
    if relation == "repeated" and (chances["repeated"] < least or _is_certain_change(comparison)):
        relation = _other_than_repeated(comparison, chances, new.is_reported)
    if relation == "new" and _is_version(known, new, comparison):
        relation = "changed"
    if relation == "changed" and not comparison.differences:
        relation = "repeated" if chances["repeated"] > LEAST_WITHOUT_DIFFERENCE else "new"
    if _quotes_known(known, new, comparison):
        relation = "repeated"
    if (relation == "repeated" and _is_unexplained(comparison, new.is_reported)) or _is_answer(comparison):
        relation = "new"
    return Judgement(relation, round(chances[relation], 2), comparison)


def is_retelling(judgement: Judgement) -> bool:
    """Return whether a report may retell the known text: it is near in meaning, and adds no name or amount."""
    figures = judgement.comparison.figures
    if figures["names alone new"] or figures["near share"] > _LEAST_COMMON:
        return False
    chances = probabilities(figures)
    loses_negation = any(each.mark == "not0" and not each.after for each in judgement.comparison.differences)
    if judgement.relation == "changed" and (chances["changed"] >= chances["repeated"] or loses_negation):
        return False
    is_near = figures["whole"] >= _RETOLD_MEANING and chances["new"] < _MOST_NEW
    is_probable = figures["whole"] >= _DOUBTFUL_MEANING and chances["repeated"] >= _LEAST_RETOLD
    return (is_near or is_probable) and all(each.mark in _LOOSE_RETOLD for each in judgement.comparison.differences)


def judge_claim(known: Reading, new: Reading) -> Iterator[Judgement]:
    """Yield the judgement of a new claim beside the known reading, and beside each of its claims in like words.

    A part of the known reading says more than the whole where the part says the same, or has another number or time.
    """
    whole = judge(known, new)
    yield whole
    if whole.relation == "repeated" or len(new.claims) > 1 or len(known.claims) == 1:
        return
    for part in known.claims:
        if len(part.keys & new.keys) < _LEAST_COMMON * min(len(part.keys), len(new.keys)):
            continue
        judgement = judge(reading(part.text, known.language, known.is_reported, known.stance), new)
        if judgement.relation == "repeated" or (
            judgement.relation == "changed" and _has_other_figure(judgement.comparison)
        ):
            yield judgement


def _has_other_figure(comparison: Comparison) -> bool:
    return any(each.mark in _OTHER_FIGURES for each in comparison.differences)


def _other_than_repeated(comparison: Comparison, chances: Mapping[Relation, float], is_reported: bool) -> Relation:
    """Return "changed" if the text is more probably a version of the known one than another claim, else "new"."""
    is_version = chances["changed"] + chances["repeated"] >= chances["new"]
    return "changed" if is_version and not _is_unexplained(comparison, is_reported) else "new"


def _is_weak_change(comparison: Comparison, chances: Mapping[Relation, float]) -> bool:
    """Return whether a change is improbable between texts of one language that share few words.

    A word in the place of its opposite remains a change, and so does another number or time where all words are known,
    however long the known text is.
    """
    figures = comparison.figures
    is_probable = chances["changed"] >= LEAST_CHANGED or figures["near share"] > _PLACED_ALIKE or figures["crosses"]
    if any(each.mark == "opposite" for each in comparison.differences):
        return False
    return not is_probable and not (figures["same new"] >= _LEAST_SAME and _has_other_figure(comparison))


def _is_answer(comparison: Comparison) -> bool:
    """Return whether one text asks what the other may answer."""
    stances = (each for each in comparison.differences if each.slot == "stance")
    return any("asked" in (each.before, each.after) for each in stances)


def _quotes_known(known: Reading, new: Reading, comparison: Comparison) -> bool:
    """Return whether a report quotes fragments of the known text, and retells the rest without a slot that differs."""
    if not new.fragments or not all(each in known.line for each in new.fragments):
        return False
    words = sum(len(each.split()) for each in new.fragments)
    figures = comparison.figures
    loose = _LOOSE_IN_PART | ({"replaced"} if words >= _LEAST_QUOTED * len(new.tokens) else frozenset())
    return (
        words >= _LEAST_OF_FRAGMENT
        and figures["least cover"] >= _LEAST_BESIDE_FRAGMENT
        and all(each.mark in loose for each in comparison.differences)
    )


def _is_version(known: Reading, new: Reading, comparison: Comparison) -> bool:
    """Return whether a slot differs between texts with equally many claims and mostly the same words."""
    is_placed_alike = len(known.claims) == len(new.claims) and comparison.figures["near share"] > _PLACED_ALIKE
    return is_placed_alike and bool(comparison.differences)


def _is_loose(comparison: Comparison, language: str) -> bool:
    """Return whether only slots differ that retellings exchange freely, and no name replaces another."""
    loose = _LOOSE_ACROSS if comparison.figures["crosses"] else _LOOSE
    is_renamed = language not in _CAPITAL_NOUNS and any(map(_is_other_name, comparison.differences))
    return not is_renamed and all(each.mark in loose for each in comparison.differences)


def _is_other_name(difference: Difference) -> bool:
    return difference.mark == "replaced" and difference.before[:1].isupper() and difference.after[:1].isupper()


def _is_certain_change(comparison: Comparison) -> bool:
    """Return whether a difference alone decides that something has changed, whatever is alike."""
    if any(each.mark in _CERTAIN for each in comparison.differences):
        return True
    figures = comparison.figures
    is_denied_once = any(each.mark == "not0" for each in comparison.differences)
    if is_denied_once and figures["same new"] >= _LEAST_SAME and not (figures["is part"] or figures["crosses"]):
        return True
    if figures["few words"] and figures["same new"] < _LEAST_OF_FEW and not figures["crosses"]:
        return True
    return bool(figures["near"] and any(each.mark in _CERTAIN_NEAR for each in comparison.differences))


def _is_unexplained(comparison: Comparison, is_reported: bool) -> bool:
    """Return whether a claim of the new text is neither near the known text in meaning nor explained by its words.

    Speech in the speaker's own words must be explained better than what an article reports in its words.
    """
    meaning, words = comparison.figures["whole"], comparison.figures["least cover"]
    if meaning < _LEAST_MEANING and words < _LEAST_EXPLAINED:
        return True
    least = _LEAST_EXPLAINED_OF_REPORT if is_reported else _LEAST_EXPLAINED_OF_SPEECH
    return meaning < _SURE_MEANING and words < least and not comparison.figures["crosses"]


def _by_words(comparison: Comparison) -> Relation:
    """The relation without an encoder: the same words without a difference are repeated."""
    if comparison.figures["same new"] >= _LEAST_SAME and not _is_certain_change(comparison):
        return "changed" if comparison.differences else "repeated"
    return "changed" if comparison.figures["near"] else "new"


def probabilities(
    figures: Mapping[str, float], weights: Mapping[str, Sequence[float]] | None = None
) -> dict[Relation, float]:
    """The probability of each relation, by these weights or by those of the package."""
    table = _weights() if weights is None else weights
    sums = [0.0, 0.0, 0.0]
    for name in sorted(figures):  # in a fixed order, so that every machine gets the same sum
        for place, weight in enumerate(table.get(name, ())):
            sums[place] += weight * figures[name]
    powers = [exp(each - max(sums)) for each in sums]
    return dict(zip(RELATIONS, (each / sum(powers) for each in powers), strict=True))


@cache
def _weights() -> dict[str, list[float]]:
    weights: dict[str, list[float]] = tomllib.loads(files(__package__).joinpath("weights.toml").read_text("utf-8"))
    return weights
