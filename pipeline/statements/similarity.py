"""The similarity of two readings in figures: words, meaning, names, numbers, and slots that differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log
from typing import Any, Final, NamedTuple

from rapidfuzz.fuzz import ratio
from rapidfuzz.process import extractOne

from pipeline.statements import meaning
from pipeline.statements.claims import Word
from pipeline.statements.differences import Difference, differences, has_figure, turned
from pipeline.statements.edits import edited, has_one_word_replaced, moved
from pipeline.statements.reading import Claim, Reading

_MISSPELT: Final = 78  # of 100: similarity of letters at which a word is a misspelling of another

_READ_ALIKE: Final = str.maketrans("i1", "ll")  # letters that machines take for one another

_LEAST_MISSPELT: Final = 5  # letters

_SOUNDS_ALIKE: Final = 74  # of 100: similarity of sounds at which two names are one

_LIKE_WORD: Final = 0.95  # upper bound for a word that stands for another

_PARALLEL: Final = 0.45  # share of common words at which the differing words can be paired

_OTHER_NAME: Final = 0.3  # how far one name explains another

_LIKE: Final = 0.6  # closeness at which a word stands for another

_LIKE_IN_QUOTE: Final = 0.85
"""The same where direct speech differs in this word alone: "charged with murder" is not "charged with manslaughter"."""

_TELLING: Final = 0.55  # distance from all other words at which a word says something else


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two readings compared: the figures for the model, and the differences by slot."""

    figures: dict[str, float]
    differences: tuple[Difference, ...]


def encode(readings: Iterable[Reading]) -> None:
    """Encode the texts and words of readings that will be compared together, which costs less than one by one."""
    texts = [(*each.texts, *(word.surface.lower() for word in each.words)) for each in readings]
    meaning.vectors(list(chain.from_iterable(texts)))


def compare(known: Reading, new: Reading) -> Comparison:
    """Compare the new reading with the known one."""
    shares_of_new, shares_of_known = explained(new, known), explained(known, new)
    closeness = _closeness(known, new)
    cover_new, cover_known = _share(new.words, shares_of_new), _share(known.words, shares_of_known)
    same_new, same_known = (
        _share(new.words, [s == 1 for s in shares_of_new]),
        _share(known.words, [s == 1 for s in shares_of_known]),
    )
    matched = _matched(known, new, closeness.claims)
    alone_new, alone_known = _alone(new.words, shares_of_new), _alone(known.words, shares_of_known)
    crosses = known.language != new.language
    near = not crosses and min(same_new, same_known) > 0.5 and max(same_new, same_known) > 0.75
    differing = differences(known, new, matched)
    if not crosses and min(same_new, same_known) > _PARALLEL:
        least = _LIKE_IN_QUOTE if near and has_one_word_replaced(known, new) else _LIKE
        like = _explained_keys(new, shares_of_new, least) | _explained_keys(known, shares_of_known, least)
        differing = (*differing, *moved(known, new, like))
    if near:
        differing = (*differing, *edited(known, new))
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
        "least cover": min(_shares(new, shares_of_new)),
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
    figures |= _products(figures)
    figures |= _evidence(known, new, crosses=crosses)
    figures |= _slot_figures(differing, crosses=crosses, near=near)
    return Comparison(figures, _without_spans_of_numbers(differing))


def _without_spans_of_numbers(differing: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """The differences without lengths of time that follow from a number that differs."""
    if not any(each.mark == "number" for each in differing):
        return differing
    return tuple(each for each in differing if each.mark != "span")


def _explained_keys(reading: Reading, shares: Sequence[float], least: float) -> set[str]:
    """Return the keys of the words for which the other reading has the same word or one at least so like."""
    return {word.key for word, share in zip(reading.words, shares, strict=True) if share >= least}


def _products(figures: Mapping[str, float]) -> dict[str, float]:
    """Return the figures that follow from the others: figures that count only across languages, or in near copies."""
    crosses, near, telling = figures["crosses"], figures["near"], float(figures["alone new"] > _TELLING)
    return {
        "length off": abs(figures["length"]),
        "whole crossing": figures["whole"] * crosses,
        "cover crossing": figures["cover new"] * crosses,
        "telling": telling,
        "telling near": telling * near,
        "swap near": figures["alone both"] * near,
        "telling both near": float(figures["alone both"] > _TELLING) * near,
    }


def explained(reading: Reading, by: Reading) -> list[float]:
    """Return how far the other reading explains each word: 1 by the same word, less by a similar one."""
    if not by.words:
        return [0.0] * len(reading.words)
    likeness = _like(reading, by)
    denied = turned(reading, by)
    names = _names(reading) if reading.language == by.language else frozenset()
    spellings = _Spellings.from_words(by.words)
    shares = []
    for place, word in enumerate(reading.words):
        if word.key in by.keys or word.key in reading.aside or word.shape in denied:
            shares.append(1.0)
        elif spellings.has_like(word):
            shares.append(_LIKE_WORD)
        else:
            near = min(_LIKE_WORD, max(0.0, likeness[place])) if likeness is not None else 0.0
            shares.append(min(near, _OTHER_NAME) if names and word.surface in names else near)
    return shares


def _names(reading: Reading) -> frozenset[str]:
    """The capitalised words inside a claim; another name does not explain them, however close in meaning."""
    if reading.language == "de":
        return frozenset()
    return frozenset(
        word.surface
        for claim in reading.claims
        for word in claim.words
        if word.surface[0].isupper() and not claim.text.startswith(word.surface)
    )


def _like(reading: Reading, by: Reading) -> Any:
    if reading.word_vectors is None or by.word_vectors is None:
        return None
    return meaning.products(reading.word_vectors, by.word_vectors).max(axis=1).tolist()


class _Spellings(NamedTuple):
    """The words of a reading by which a misspelt one is known: as machines read them, and by their length."""

    read: frozenset[str]
    by_length: dict[int, list[str]]

    @classmethod
    def from_words(cls, words: Sequence[Word]) -> "_Spellings":
        """The spellings of these words, each once."""
        by_length: dict[int, list[str]] = {}
        keys = {word.key for word in words}
        for key in keys:
            by_length.setdefault(len(key), []).append(key)
        return cls(frozenset(key.translate(_READ_ALIKE) for key in keys), by_length)

    def has_like(self, word: Word) -> bool:
        """Return whether the word is a misspelling of one of these."""
        if word.key.translate(_READ_ALIKE) in self.read:
            return True
        size = len(word.key)
        if size < _LEAST_MISSPELT:
            return False
        near = (self.by_length.get(size + more, ()) for more in (-2, -1, 0, 1, 2))
        return any(extractOne(word.key, keys, scorer=ratio, score_cutoff=_MISSPELT) for keys in near if keys)


class _Closeness(NamedTuple):
    """The closeness in meaning of two readings: of the texts, and of their claims (a row for each known one)."""

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


def _common(first: Claim, second: Claim) -> float:
    return len(first.keys & second.keys) / (min(len(first.keys), len(second.keys)) or 1)


def _share(words: Sequence[Word], weights: Sequence[float]) -> float:
    total = sum(word.weight for word in words)
    return sum(word.weight * weight for word, weight in zip(words, weights, strict=True)) / total if total else 1.0


def _shares(reading: Reading, explained_by: Sequence[float]) -> list[float]:
    start, shares = 0, []
    for claim in reading.claims:
        end = start + len(claim.words)
        shares.append(_share(claim.words, explained_by[start:end]))
        start = end
    return shares


def _alone(words: Sequence[Word], shares: Sequence[float]) -> list[float]:
    """Return the weights of the words that nothing explains, the largest first."""
    alone = (min(word.weight, 1.0) * (1 - share) for word, share in zip(words, shares, strict=True))
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
    """Return for each name whether another one sounds like it."""
    return [any(ratio(name, other) >= _SOUNDS_ALIKE for other in others) for name in names]


def _slot_figures(differing: Sequence[Difference], *, crosses: bool, near: bool) -> dict[str, float]:
    figures: dict[str, float] = {}
    regime = "crossing" if crosses else "near" if near else "far"
    for each in differing:
        figures[f"{each.mark or each.slot} {regime}"] = 1.0
        if each.slot != "stance" and not each.mark.endswith(" all"):
            figures[f"any {regime}"] = 1.0
    if any(each.slot == "stance" for each in differing):
        figures["stance"] = 1.0
    return figures
