"""The similarity of two readings in figures, and the verdict that follows: repeated, changed or something else.

The weights are those of a softmax regression over the figures, fitted on the project's own pairs; a figure without a
weight counts nothing. Without an encoder, words and slots decide by rules.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log
from typing import Any, Final, Literal, NamedTuple

from rapidfuzz.fuzz import ratio
from rapidfuzz.process import extractOne

from pipeline.statements import meaning
from pipeline.statements.differences import Difference, differences, edited, has_figure, moved
from pipeline.statements.reading import Claim, Reading, Word

_MISSPELT: Final = 78  # of 100: how alike the letters of a misspelt word are

_READ_ALIKE: Final = str.maketrans("i1", "ll")  # letters that machines take for one another

_LEAST_MISSPELT: Final = 5  # letters

_SOUNDS_ALIKE: Final = 74  # of 100: how alike the sounds of a name in two languages are

_LIKE_WORD: Final = 0.95  # what another word for the same counts at the most

_PARALLEL: Final = 0.45  # share of words from which on what stands in the place of others can be named

_OTHER_NAME: Final = 0.3  # what a name counts for another

_LIKE: Final = 0.6  # from which on a word stands for another

_TELLING: Final = 0.55  # how unlike all others a word is that says something else


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two readings compared: the figures for the model, and the differences by slot."""

    figures: dict[str, float]
    differences: tuple[Difference, ...]


def compare(known: Reading, new: Reading) -> Comparison:
    """How the new reading compares with the known one."""
    of_new, of_known = explained(new, known), explained(known, new)
    closeness = _closeness(known, new)
    cover_new, cover_known = _share(new.words, of_new), _share(known.words, of_known)
    same_new, same_known = _share(new.words, [s == 1 for s in of_new]), _share(known.words, [s == 1 for s in of_known])
    matched = _matched(known, new, closeness.claims)
    alone_new, alone_known = _alone(new.words, of_new), _alone(known.words, of_known)
    crosses = known.language != new.language
    near = not crosses and min(same_new, same_known) > 0.5 and max(same_new, same_known) > 0.75
    found = differences(known, new, matched)
    if not crosses and min(same_new, same_known) > _PARALLEL:
        like = {word.key for word, share in zip(new.words, of_new, strict=True) if share >= _LIKE}
        like |= {word.key for word, share in zip(known.words, of_known, strict=True) if share >= _LIKE}
        found = (*found, *moved(known, new, like))
    if near:
        found = (*found, *edited(known, new))
    figures = {
        "one": 1.0,
        "crosses": float(crosses),
        "near": float(near),
        "near share": min(same_new, same_known) if not crosses else 0.0,
        "whole": closeness.whole,
        "least claim": min(closeness.of_new),
        "best claim": max(closeness.of_new),
        "least known": min(closeness.of_known),
        "best known": max(closeness.of_known),
        "cover new": cover_new,
        "cover known": cover_known,
        "least cover": min(_shares(new, of_new)),
        "same new": same_new,
        "same known": same_known,
        "alone new": alone_new[0],
        "alone new 2": alone_new[1],
        "alone known": alone_known[0],
        "alone both": min(alone_new[0], alone_known[0]),
        "is part": float(new.line in known.line),
        "has part": float(known.line in new.line),
        "length": log((len(new.words) + 1) / (len(known.words) + 1)),
        "few words": float(len(new.words) <= 3),
        "few known": float(len(known.words) <= 3),
        "reported": float(new.is_reported or known.is_reported),
    }
    figures["length off"] = abs(figures["length"])
    figures["whole crossing"] = figures["whole"] * crosses
    figures["cover crossing"] = cover_new * crosses
    figures["telling"] = float(alone_new[0] > _TELLING)
    figures["telling near"] = figures["telling"] * near
    figures["swap near"] = figures["alone both"] * near
    figures["telling both near"] = float(figures["alone both"] > _TELLING) * near
    figures |= _evidence(known, new, crosses=crosses)
    figures |= _slot_figures(found, crosses=crosses, near=near)
    return Comparison(figures, found)


def explained(of: Reading, by: Reading) -> list[float]:
    """How far each word of a reading is explained by the other: 1 by the same word, less by a like one."""
    if not by.words:
        return [0.0] * len(of.words)
    likeness = _like(of, by)
    names = _names(of) if of.language == by.language else frozenset()
    spellings = _Spellings.of(by.words)
    found = []
    for place, word in enumerate(of.words):
        if word.key in by.keys or word.key in of.aside:
            found.append(1.0)
        elif spellings.has_like(word):
            found.append(_LIKE_WORD)
        else:
            near = min(_LIKE_WORD, max(0.0, likeness[place])) if likeness is not None else 0.0
            found.append(min(near, _OTHER_NAME) if names and word.surface in names else near)
    return found


def _names(of: Reading) -> frozenset[str]:
    """The words with a capital inside a claim, which another name does not explain however near it is."""
    if of.language == "de":
        return frozenset()
    return frozenset(
        word.surface
        for claim in of.claims
        for word in claim.words
        if word.surface[0].isupper() and not claim.text.startswith(word.surface)
    )


def _like(of: Reading, by: Reading) -> Any:
    if of.word_vectors is None or by.word_vectors is None:
        return None
    return meaning.products(of.word_vectors, by.word_vectors).max(axis=1).tolist()


class _Spellings(NamedTuple):
    """The words of a reading by which a misspelt one is known: as machines read them, and by their length."""

    read: frozenset[str]
    by_length: dict[int, list[str]]

    @classmethod
    def of(cls, words: Sequence[Word]) -> "_Spellings":
        """The spellings of these words, each once."""
        by_length: dict[int, list[str]] = {}
        keys = {word.key for word in words}
        for key in keys:
            by_length.setdefault(len(key), []).append(key)
        return cls(frozenset(key.translate(_READ_ALIKE) for key in keys), by_length)

    def has_like(self, word: Word) -> bool:
        """Whether the word is a misspelt one of these."""
        if word.key.translate(_READ_ALIKE) in self.read:
            return True
        size = len(word.key)
        if size < _LEAST_MISSPELT:
            return False
        near = (self.by_length.get(size + more, ()) for more in (-2, -1, 0, 1, 2))
        return any(extractOne(word.key, keys, scorer=ratio, score_cutoff=_MISSPELT) for keys in near if keys)


class _Closeness(NamedTuple):
    """How near the texts and the claims of two readings are in meaning; rows are of the known one."""

    whole: float
    claims: list[list[float]]
    of_new: list[float]
    of_known: list[float]


def _closeness(known: Reading, new: Reading) -> _Closeness:
    if known.vectors is None or new.vectors is None:
        none = [[0.0] * len(new.claims) for _ in known.claims]
        return _Closeness(0.0, none, [0.0] * len(new.claims), [0.0] * len(known.claims))
    table = meaning.products(known.vectors, new.vectors)
    whole = float(table[0, 0])
    claims = table[-len(known.claims) :, -len(new.claims) :]
    of_new = table[:, -len(new.claims) :].max(axis=0).tolist()
    of_known = table[-len(known.claims) :, :].max(axis=1).tolist()
    return _Closeness(whole, claims.tolist(), of_new, of_known)


def _matched(known: Reading, new: Reading, closeness: Sequence[Sequence[float]]) -> list[Claim]:
    """The claims of the known reading that are nearest to those of the new one, in words and in meaning."""
    nearest = set[int]()
    for place, claim in enumerate(new.claims):
        likeness = [row[place] + _common(other, claim) for other, row in zip(known.claims, closeness, strict=True)]
        nearest.add(max(range(len(likeness)), key=likeness.__getitem__))
    return [known.claims[place] for place in sorted(nearest)]


def _common(one: Claim, other: Claim) -> float:
    return len(one.keys & other.keys) / (min(len(one.keys), len(other.keys)) or 1)


def _share(words: Sequence[Word], weights: Sequence[float]) -> float:
    total = sum(word.weight for word in words)
    return sum(word.weight * weight for word, weight in zip(words, weights, strict=True)) / total if total else 1.0


def _shares(of: Reading, explained_by: Sequence[float]) -> list[float]:
    start, found = 0, []
    for claim in of.claims:
        end = start + len(claim.words)
        found.append(_share(claim.words, explained_by[start:end]))
        start = end
    return found


def _alone(words: Sequence[Word], found: Sequence[float]) -> list[float]:
    """How much the words tell that nothing explains, the most telling first."""
    alone = (min(word.weight, 1.0) * (1 - share) for word, share in zip(words, found, strict=True))
    return [*sorted(alone, reverse=True), 0.0, 0.0]


def _evidence(known: Reading, new: Reading, *, crosses: bool) -> dict[str, float]:
    """The numbers, dates and names that the readings have in common, and the names that only one of them has."""
    numbers = [has_figure(known.slots, each) for each in new.slots.figures]
    dates = {each.kind for each in known.slots.dates} & {each.kind for each in new.slots.dates}
    in_new, in_known = _heard(new.names, known.capitals), _heard(known.names, new.capitals)
    figures = {
        "numbers shared": min(2.0, sum(numbers)),
        "all numbers": float(bool(numbers) and all(numbers)),
        "dates shared": float(bool(dates)),
        "names shared": min(2.0, max(sum(in_new), sum(in_known))),
        "names alone new": min(2.0, len(in_new) - sum(in_new)),
        "names alone known": min(2.0, len(in_known) - sum(in_known)),
    }
    return figures | {f"{name} crossing": figure * crosses for name, figure in figures.items()}


def _heard(names: Sequence[str], others: Sequence[str]) -> list[bool]:
    """For each name whether another sounds like it."""
    return [any(ratio(name, other) >= _SOUNDS_ALIKE for other in others) for name in names]


def _slot_figures(found: Sequence[Difference], *, crosses: bool, near: bool) -> dict[str, float]:
    figures: dict[str, float] = {}
    regime = "crossing" if crosses else "near" if near else "far"
    for each in found:
        figures[f"{each.mark or each.slot} {regime}"] = 1.0
        if each.slot != "stance" and not each.mark.endswith(" all"):
            figures[f"any {regime}"] = 1.0
    if any(each.slot == "stance" for each in found):
        figures["stance"] = 1.0
    return figures


Relation = Literal["repeated", "changed", "new"]

RELATIONS: Final[tuple[Relation, ...]] = ("changed", "new", "repeated")

LEAST_REPEATED: Final = 0.6
"""Least probability of a claim that counts as repeated: a missed claim costs more than a second alert."""

LEAST_WITHOUT_DIFFERENCE: Final = 0.4
"""The same where a claim would be called changed and no slot differs but such as retellings exchange freely."""

MORE_ACROSS: Final = 0.1
"""Added to both across languages, where words prove less."""

_LOOSE: Final = frozenset(
    ["notodd", "noteven", "order", "replaced", "quantifier added all", "quantifier lost all", "+date"]
    + [f"{sign}{mark}" for mark in ("evenif", "before", "after", "until", "must") for sign in "+-"]
    + [f"{sign}{mark}" for mark in ("least", "limit", "more", "less") for sign in "+-"]
)
"""Marks of differences that say little where the words are others: "every seat" is "the seats", "before" is "until"."""

_LOOSE_ACROSS: Final = _LOOSE | {"not0"}
"""The same across languages, which deny in verbs and prefixes too."""

_PLACED_ALIKE: Final = 0.6
"""The share of words in common from which on a slot that differs makes a version of a claim, not another claim."""

_LEAST_MEANING: Final = 0.45

_LEAST_EXPLAINED: Final = 0.7
"""A text further from the known one in meaning repeats it only if words explain so much of each of its claims."""


_CERTAIN: Final = frozenset({"stance", "number", "date"})

_LEAST_SAME: Final = 0.85
"""The share of its words that a text has in common with a known one where words alone decide."""

_LEAST_OF_FEW: Final = 0.7  # share of the words that a text of few words must have in common

_CERTAIN_NEAR: Final = frozenset(
    {*("order", "replaced", "exchanged", "count", "span", "agent", "restriction", "opposite")}
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
    found = compare(known, new)
    if known.line == new.line and not found.differences:
        return Judgement("repeated", 1.0, found)
    if known.vectors is None:
        return Judgement(_by_words(found), 0.8, found)
    chances = probabilities(found.figures)
    relation = max(RELATIONS, key=chances.__getitem__)
    more = MORE_ACROSS * found.figures["crosses"]
    least, least_alike = LEAST_REPEATED + more, LEAST_WITHOUT_DIFFERENCE + more
    if relation != "new" and chances["repeated"] >= least_alike and _is_loose(found):
        relation, least = "repeated", least_alike
    if relation == "repeated" and (chances["repeated"] < least or _is_certain_change(found)):
        relation = _other_than_repeated(found, chances)
    if relation == "new" and _is_version(known, new, found):
        relation = "changed"
    if relation == "repeated" and _is_unexplained(found):
        relation = "new"
    return Judgement(relation, round(chances[relation], 2), found)


def _other_than_repeated(found: Comparison, chances: Mapping[Relation, float]) -> Relation:
    """Changed where the text is more probably a version of the known one than another claim, else new."""
    is_version = chances["changed"] + chances["repeated"] >= chances["new"] and not _is_unexplained(found)
    return "changed" if is_version else "new"


def _is_version(known: Reading, new: Reading, found: Comparison) -> bool:
    """Whether a slot differs between as many claims in mostly the same words."""
    is_placed_alike = len(known.claims) == len(new.claims) and found.figures["near share"] > _PLACED_ALIKE
    return is_placed_alike and bool(found.differences)


def _is_loose(found: Comparison) -> bool:
    """Whether no slot differs but such as retellings exchange freely."""
    loose = _LOOSE_ACROSS if found.figures["crosses"] else _LOOSE
    return all(each.mark in loose for each in found.differences)


def _is_certain_change(found: Comparison) -> bool:
    """Whether a difference alone decides that something has changed, whatever is alike."""
    if any(each.mark in _CERTAIN for each in found.differences):
        return True
    figures = found.figures
    if figures["few words"] and figures["same new"] < _LEAST_OF_FEW and not figures["crosses"]:
        return True
    return bool(figures["near"] and any(each.mark in _CERTAIN_NEAR for each in found.differences))


def _is_unexplained(found: Comparison) -> bool:
    """Whether a claim of the new text is neither near the known text in meaning nor explained by its words."""
    return found.figures["whole"] < _LEAST_MEANING and found.figures["least cover"] < _LEAST_EXPLAINED


def _by_words(found: Comparison) -> Relation:
    """The relation where meaning is not known: the same words without a difference are repeated."""
    if found.figures["same new"] >= _LEAST_SAME and not _is_certain_change(found):
        return "changed" if found.differences else "repeated"
    return "changed" if found.figures["near"] else "new"


def probabilities(
    figures: Mapping[str, float], weights: Mapping[str, Sequence[float]] | None = None
) -> dict[Relation, float]:
    """The probability of each relation, by these weights or by those of the package."""
    table = _weights() if weights is None else weights
    sums = [0.0, 0.0, 0.0]
    for name in sorted(figures):  # in one order, so that every machine adds up alike
        for place, weight in enumerate(table.get(name, ())):
            sums[place] += weight * figures[name]
    powers = [exp(each - max(sums)) for each in sums]
    return dict(zip(RELATIONS, (each / sum(powers) for each in powers), strict=True))


@cache
def _weights() -> dict[str, list[float]]:
    weights: dict[str, list[float]] = tomllib.loads(files(__package__).joinpath("weights.toml").read_text("utf-8"))
    return weights
