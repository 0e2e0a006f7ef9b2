"""The differences between two readings, slot by slot: denial, quantity, certainty, time, condition and direction."""

import re
from collections.abc import Iterator, Sequence
from itertools import permutations
from math import isclose
from typing import Final, NamedTuple

from pipeline.statements.figures import Figure
from pipeline.statements.lexicon import Mark
from pipeline.statements.reading import Claim, Reading
from pipeline.statements.slots import Slots
from pipeline.statements.terms import complements

SLOTS: Final = {
    "not": "negation",
    "all": "quantifier",
    "most": "quantifier",
    "many": "quantifier",
    "some": "quantifier",
    "few": "quantifier",
    "may": "certainty",
    "belief": "certainty",
    "intent": "intention",
    "must": "obligation",
    "should": "obligation",
    "if": "condition",
    "evenif": "condition",
    "until": "condition",
    "only": "scope",
    "except": "scope",
    "least": "limit",
    "limit": "limit",
    "more": "limit",
    "less": "limit",
    "before": "time",
    "after": "time",
}

_STANCES: Final = {
    "asserted": "said",
    "denied": "said",
    "asked": "asked",
    "hypothetical": "supposed",
    "negated": "not said",
}

_CUT: Final = ("time", "limit")  # slots of what an ellipsis may stand for

GAP: Final = re.compile(r"…|\.\.\.")

_ALIKE: Final = ("until", "before")

_ALIKE_ACROSS: Final = ("until", "before", "limit")
"""Marks that a translation exchanges: "до", "hasta" and "bis" are "until", "before" and "up to"."""

_TIMES_ALIKE: Final = {"times 3": "times 4"}
"""Times of day that a translation exchanges: "elf Uhr abends" is "eleven at night"."""

_QUANTIFIERS: Final = tuple(mark for mark, slot in SLOTS.items() if slot == "quantifier")

NEAR_SPANS: Final = 0.04  # by which two time spans are the same: "two months" and "sixty days"

_LEAST_ORDINAL: Final = 3  # a half is no ordinal

_MOST_PART: Final = 0.34

_LEAST_SCALE: Final = 1_000  # a number from here on has its own scale

_MOST_TO_PROMISE: Final = 3  # words from a negation to the promise that it denies: "never seriously promised"

_NEAR_PARTS: Final = 0.012  # by which two shares are the same: "a third" and "33 per cent"


class Difference(NamedTuple):
    """A slot that two claims fill differently: the words of the known claim and of the new one; one may be empty."""

    slot: str
    before: str
    after: str
    mark: str = ""


def differences(known: Reading, new: Reading, matched: Sequence[Claim]) -> tuple[Difference, ...]:
    """Return the slots that the new reading fills differently from the matched claims of the known one."""
    differing = [
        *_marks(known, new, matched),
        *_numbers(known, new, matched),
        *_dates(known, new),
        *_denied_promise(known, new),
    ]
    if not turned(known, new):
        differing = [*_negation(known, new, matched), *differing, *_opposites(known, new)]
    before, after = stance(known), stance(new)
    if before != after:
        differing.append(Difference("stance", before, after, "stance"))
    return tuple(differing)


def turned(known: Reading, new: Reading) -> frozenset[str]:
    """The shapes of words in the place of their opposites, where a denial makes them the same.

    "It will not close" says that it stays open.
    """
    lost = {word.shape for word in known.words if word.key not in new.keys}
    added = {word.shape for word in new.words if word.key not in known.keys}
    is_denied_once = (_denials(known) + _denials(new)) % 2 == 1
    return complements() & lost & added if is_denied_once else frozenset()


def _denials(reading: Reading) -> int:
    return reading.slots.count("not") + (reading.stance == "denied")


def stance(reading: Reading) -> str:
    """Return the stance of the words: said, asked, supposed or not said. A denial counts as said, with a "not"."""
    return "asked" if reading.slots.asks and reading.stance == "asserted" else _STANCES[reading.stance]


def _marks(known: Reading, new: Reading, matched: Sequence[Claim]) -> Iterator[Difference]:
    yield from _quantifier(known, new, matched)
    alike = _ALIKE if known.language == new.language else _ALIKE_ACROSS
    for mark, slot in SLOTS.items():
        if slot in ("negation", "quantifier") or (mark in alike and _has_any(known, new, alike)):
            continue
        before = [
            each for claim in matched for each in claim.slots.marks.get(mark, ()) if not _is_can(each, known, new)
        ]
        after = [each for each in new.slots.marks.get(mark, ()) if not _is_can(each, new, known)]
        if after and not known.bracketed.marks.get(mark):
            yield Difference(slot, "", after[0].surface, f"+{mark}")
        elif before and not new.bracketed.marks.get(mark) and not (slot in _CUT and GAP.search(new.text)):
            yield Difference(slot, before[0].surface, "", f"-{mark}")


def _has_any(known: Reading, new: Reading, kinds: Sequence[str]) -> bool:
    """Return whether both readings have a mark of these kinds, so that "not until" is "not before"."""
    return all(any(each.bracketed.marks.get(kind) for kind in kinds) for each in (known, new))


def _is_can(mark: Mark, marked: Reading, other: Reading) -> bool:
    """Return whether the other reading has a "can" for the mark: reported speech has "could", German has "kann"."""
    is_translated = marked.language != other.language == "en" and mark.kind == "may"
    return other.slots.count("can") > 0 and (is_translated or "could" in mark.surface.lower())


def _quantifier(known: Reading, new: Reading, matched: Sequence[Claim]) -> Iterator[Difference]:
    """A quantifier that replaces another one, or that only one reading has."""
    before = {
        mark: claim.slots.marks[mark][0] for mark in _QUANTIFIERS for claim in matched if mark in claim.slots.marks
    }
    after = {mark: new.slots.marks[mark][0] for mark in _QUANTIFIERS if mark in new.slots.marks}
    lost = [each for mark, each in before.items() if mark not in new.bracketed.marks]
    added = [each for mark, each in after.items() if mark not in known.bracketed.marks]
    if not lost and not added:
        return
    weak = any(each.kind != "all" for each in (*lost, *added))
    part = _part(known, new, matched) if added and not lost else None
    if part:
        yield Difference("quantifier", part.surface, added[0].surface, "quantifier swapped")
        return
    sort = "swapped" if lost and added else "added" if added else "lost"
    mark = f"quantifier {sort}{'' if weak else ' all'}"
    yield Difference("quantifier", lost[0].surface if lost else "", added[0].surface if added else "", mark)


def _part(known: Reading, new: Reading, matched: Sequence[Claim]) -> Figure | None:
    """The count of a part that the new reading lacks: the known one has "two of them", the new one "all of them"."""
    counts = (each for claim in matched for each in claim.slots.figures if each.value > 1)
    parts = (each for each in counts if re.search(rf"\b{re.escape(each.surface)} of\b", known.text))
    return next((each for each in parts if not has_figure(new.slots, each)), None)


def _negation(known: Reading, new: Reading, matched: Sequence[Claim]) -> Iterator[Difference]:
    before = [each for claim in matched for each in claim.slots.marks.get("not", ())]
    after = new.slots.marks.get("not", ())
    before += [Mark("not", "denied", -1)] * (known.stance == "denied")
    after += (Mark("not", "denied", -1),) * (new.stance == "denied")
    if len(after) in (len(before), known.slots.count("not") + (known.stance == "denied")):
        return
    if (GAP.search(new.text) and len(after) < len(before)) or (GAP.search(known.text) and len(before) < len(after)):
        return
    mark = "0" if not before or not after else "odd" if (len(before) - len(after)) % 2 else "even"
    yield Difference("negation", _last(before), _last(after), f"not{mark}")


def _last(marks: Sequence[Mark]) -> str:
    return marks[-1].surface if marks else ""


def _numbers(known: Reading, new: Reading, matched: Sequence[Claim]) -> Iterator[Difference]:
    """A number that replaces another, or that the known reading lacks."""
    here = [figure for claim in matched for figure in claim.slots.figures]
    crosses = known.language != new.language
    added = [each for each in new.slots.figures if not _has(known.slots, each, crosses=crosses)]
    lost = [each for each in here if not _has(new.slots, each, crosses=crosses)]
    added = _without_ratios(added, new.slots.figures, lost)
    lost = _without_ratios(lost, known.slots.figures, added)
    if added:
        yield Difference("number", lost[0].surface if lost else "", added[0].surface, "number" if lost else "+number")


def _has(slots: Slots, figure: Figure, *, crosses: bool) -> bool:
    """Return whether the slots have the figure; across languages, a "third" may be the third or a third part."""
    if has_figure(slots, figure):
        return True
    if not crosses or _MOST_PART < figure.value < _LEAST_ORDINAL or figure.value <= 0:
        return False
    other = round(1 / figure.value) if figure.value < 1 else 1 / figure.value
    return has_figure(slots, figure._replace(value=other))


def has_figure(slots: Slots, figure: Figure) -> bool:
    """Return whether the slots have the figure: as a number, in another unit of time, or without its "million"."""
    if figure.hours:
        if any(is_same(span, figure.hours, NEAR_SPANS) for span in slots.spans):
            return True
        return any(is_same(each.value, figure.value) for each in slots.figures if not each.hours)
    return any(is_same(each.value, figure.value) or _is_shortened(each, figure, slots) for each in slots.figures)


def is_same(first: float, second: float, near: float = 1e-9) -> bool:
    """Return whether two numbers are the same but for this part of the larger one; of two shares, for a hundredth."""
    return isclose(first, second, rel_tol=_NEAR_PARTS if max(first, second) < 1 else near)


def _is_shortened(first: Figure, second: Figure, slots: Slots) -> bool:
    """Return whether a number beside one of the two gives it its scale: "from 300 to 600 million"."""
    low, high = sorted((first.value, second.value))
    if not 1 < low < _LEAST_SCALE or high < _LEAST_SCALE:
        return False
    is_scaled = any(is_same(low * scale, high) for scale in (1e3, 1e6, 1e9))
    return is_scaled and (
        low == second.value or any(each.value >= _LEAST_SCALE for each in slots.figures if each != first)
    )


def _without_ratios(some: Sequence[Figure], beside: Sequence[Figure], others: list[Figure]) -> list[Figure]:
    """The figures without ratios ("two out of three") that the others have as a share ("two thirds")."""
    left = list(some)
    for part in list(others):
        pairs = permutations(beside, 2) if part.value < 1 else ()
        for low, high in pairs:
            if low.value < high.value and is_same(low.value / high.value, part.value):
                left = [each for each in left if each not in (low, high)]
                others.remove(part)
                break
    return left


def _dates(known: Reading, new: Reading) -> Iterator[Difference]:
    alike = _TIMES_ALIKE if known.language != new.language else {}
    before, after = ({alike.get(date.kind, date.kind): date for date in each.slots.dates} for each in (known, new))
    added = [after[kind] for kind in after if kind not in before]
    lost = [before[kind] for kind in before if kind not in after]
    for each in added[:1]:
        sort = each.kind.split()[0]
        instead = next((old for old in lost if old.kind.split()[0] == sort), None)
        yield Difference("time", instead.surface if instead else "", each.surface, "date" if instead else "+date")


def _opposites(known: Reading, new: Reading) -> Iterator[Difference]:
    """A word in the place of its opposite."""
    lost = {word.shape: word for word in known.words if word.key not in new.keys}
    for word in new.words:
        if word.key not in known.keys and word.shape in lost:
            yield Difference("action", lost[word.shape].surface, word.surface, "opposite")


def _denied_promise(known: Reading, new: Reading) -> Iterator[Difference]:
    """A promise that only one reading denies: "I never promised to close it" is not "I will not close it"."""
    before, after = _promise_denied(known), _promise_denied(new)
    if bool(before) != bool(after):
        yield Difference("action", before, after, "promise")


def _promise_denied(reading: Reading) -> str:
    """The word for a promise whose making the reading denies, '' if there is none."""
    denials = [each.place for each in reading.slots.marks.get("not", ())]
    for promise in reading.slots.marks.get("promise", ()):
        is_negated = any(0 < promise.place - place <= _MOST_TO_PROMISE for place in denials)
        if is_negated or reading.stance == "denied":
            return promise.surface
    return ""
