"""Corrections: quotes that a revision of an article removes, rewords materially, or gives to another speaker.

A wording is material if it changes a "not", a number, a date, a name, or a degree of certainty.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from math import fsum
from typing import Final, Literal, NamedTuple

from rapidfuzz.distance import Levenshtein

from pipeline.model import Correction, Document, Modality, Quote
from pipeline.statements import english
from pipeline.statements.english import DETERMINERS
from pipeline.statements.terms import COMMON_WEIGHT, Term, terms

MOST_CHARACTERS: Final = 6_000  # of a quote: the alignment of two wordings takes time by the product of their lengths


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one quote as terms.

    `keys` are the keys of all terms in order, `line` joins them with blanks. `telling` are the terms without small
    words, `shapes` their shapes. `weights` maps the shape of each term with content to its weight, `weight` is the sum,
    and `words` are the shapes without numbers and dates. `addressed` are the keys of nouns after "to the", "to our" and
    the like. `stance` is the modality of the quote (asserted, denied, asked …).
    """

    keys: tuple[str, ...]
    line: str
    telling: tuple[Term, ...]
    shapes: tuple[str, ...]
    words: tuple[str, ...]
    weights: dict[str, float]
    weight: float
    addressed: frozenset[str]
    stance: Modality

    @property
    def name(self) -> tuple[str, ...]:
        """The stance and the keys: equal for the same words in any form, in the same stance."""
        return (self.stance, *self.keys)


def wording(quote: Quote, language: str = "en") -> Wording:
    """Return the wording of a quote in a language (ISO 639-1); only the first MOST_CHARACTERS of it count."""
    all_terms = terms(quote.content[:MOST_CHARACTERS], language)
    weights = {term.shape: term.weight for term in all_terms if term.weight}
    telling = tuple(term for term in all_terms if term.sort != "small")
    keys = tuple(term.key for term in all_terms)
    return Wording(
        keys=keys,
        line=f" {' '.join(keys)} ",
        telling=telling,
        shapes=tuple(term.shape for term in telling),
        words=tuple(shape for shape in weights if shape not in ("#", "@")),
        weights=weights,
        weight=fsum(weights.values()),
        addressed=frozenset(_addressed(all_terms)) if "to" in keys else frozenset(),
        stance=quote.modality,
    )


def _addressed(all_terms: Sequence[Term]) -> Iterator[str]:
    for term, determiner, noun in zip(all_terms, all_terms[1:], all_terms[2:], strict=False):
        if term.key == "to" and determiner.key in DETERMINERS and noun.sort == "word":
            yield noun.key


Change = tuple[str, str]
"""The words of the known wording, and those of the new wording in their place; one of the two may be empty."""

# Two stances differ if they differ here. A denial counts as a claim with a "not".
_STANCES: Final = {
    "asserted": "said",
    "denied": "said",
    "asked": "asked",
    "hypothetical": "hypothetical",
    "negated": "not said",
}


class _Step(NamedTuple):
    """One step of an alignment: terms of the known wording, and the terms of the new wording in their place."""

    same: bool
    known: Sequence[Term]
    new: Sequence[Term]


def changes(known: Wording, new: Wording) -> tuple[Change, ...]:
    """Return the material differences, as an edit list from the known wording to the new one.

    A term counts if the whole wording has lost or added it. A term that has only moved is no difference.
    """
    before, after = Counter(_meanings(known)), Counter(_meanings(new))
    lost, added = before - after, after - before
    if not lost and not added:
        return ()
    steps = list(_steps(known, new))
    edits = _without_cuts(steps)
    differences = [*_negations(known, new, edits, added["not"] - lost["not"])]
    differences += (
        (old.surface, now.surface) for old, now in _replaced(edits, lost, added) if _is_other(known, new, old, now)
    )
    listed = set(chain.from_iterable(differences))
    differences += (hedge for hedge in _hedges(edits) if listed.isdisjoint(filter(None, hedge)))
    if edits == steps and _STANCES[known.stance] != _STANCES[new.stance]:
        differences.append((_STANCES[known.stance], _STANCES[new.stance]))
    return tuple(dict.fromkeys(differences))


def _meanings(words: Wording) -> Iterator[str]:
    """Yield the keys of the telling terms, then the stance; the stance of a denial is "not"."""
    yield from (term.key for term in words.telling)
    yield "not" if words.stance == "denied" else _STANCES[words.stance]


def _steps(known: Wording, new: Wording) -> Iterator[_Step]:
    for step in Levenshtein.opcodes(known.shapes, new.shapes):
        before = known.telling[step.src_start : step.src_end]
        after = new.telling[step.dest_start : step.dest_end]
        yield _Step(step.tag == "equal", before, after)


def _without_cuts(steps: list[_Step]) -> list[_Step]:
    """Return the steps without words that were cut rather than changed.

    Cut words stand in one wording only, before the first or after the last common word, or in place of an ellipsis. A
    single "not" or "considering" at an end is a change.
    """
    common = [i for i, step in enumerate(steps) if step.same] or [0]
    within = [step for i, step in enumerate(steps) if common[0] < i < common[-1] or not _is_cut(step)]
    runs = [(same, list(run)) for same, run in groupby(within, key=lambda step: step.same)]
    return [step for same, run in runs if same or not any(map(_has_gap, run)) for step in run]


def _is_cut(step: _Step) -> bool:
    if step.same or (step.known and step.new):
        return False
    return any(term.sort != "not" and term.key != "consider" for term in (*step.known, *step.new))


def _has_gap(step: _Step) -> bool:
    return any(term.sort == "gap" for term in (*step.known, *step.new))


def _negations(known: Wording, new: Wording, steps: Sequence[_Step], added: int) -> Iterator[Change]:
    """Yield a "not" that was added or lost, if the total changed in the same direction; "denied" counts as a "not"."""
    before = ["denied"] * (known.stance == "denied")
    after = ["denied"] * (new.stance == "denied")
    before += [term.surface for step in steps for term in step.known if term.sort == "not"]
    after += [term.surface for step in steps for term in step.new if term.sort == "not"]
    if len(before) > len(after) and added < 0:
        yield before[-1], ""
    elif len(before) < len(after) and added > 0:
        yield "", after[-1]


def _hedges(steps: Sequence[_Step]) -> Iterator[Change]:
    """Yield a "perhaps" or "may" if the other wording has no hedge."""
    before = [term.surface for step in steps for term in step.known if _is_hedge(term)]
    after = [term.surface for step in steps for term in step.new if _is_hedge(term)]
    if bool(before) != bool(after):
        yield (before or [""])[-1], (after or [""])[-1]


def _is_hedge(term: Term) -> bool:
    return term.sort == "hedge" or (term.sort == "modal" and term.key == "may")


def _replaced(steps: Sequence[_Step], lost: Mapping[str, int], added: Mapping[str, int]) -> Iterator[tuple[Term, Term]]:
    """Yield each lost term with the term that was added in its place."""
    for step in steps:
        if not step.same and len(step.known) != len(step.new):
            continue
        for old, new in zip(step.known, step.new, strict=True):
            if old.key in lost and new.key in added:
                yield old, new


def _is_other(known: Wording, new: Wording, old: Term, now: Term) -> bool:
    """Return whether one term replaces the other materially: number, date, modal, opposite, name or addressee."""
    if old.shape == now.shape or (_is_name(old) and _is_name(now)):
        return True
    return old.key in known.addressed and now.key in new.addressed


def _is_name(term: Term) -> bool:
    return term.weight > COMMON_WEIGHT and term.surface[:1].isupper() and term.key not in english.TITLES


Relation = Literal["same words", "part", "whole", "reworded", "excerpt", "parts"]

# Chosen on pairs made from real quotes, see tests/bench/statements.py, which prints the curve around them.
REWORDED: Final = 0.65  # shared weight of the two wordings' mean weight

PART: Final = 0.85  # shared weight of the shorter wording's

LEAST_WEIGHT: Final = 2.5  # of a part: that of two or three words with content

LEAST_RUN: Final = 4  # words of a part in the same order, whatever their weight

LEAST_SHARE: Final = 1 / 3  # of a longer wording: a known part with less is another statement

MOST_SPREAD: Final = 2.5  # positions of the longer wording over which a part may extend, as a multiple of its length


@dataclass(frozen=True, slots=True)
class Similarity:
    """Two wordings of one statement: their relation, its score in [0, 1], and the material differences."""

    relation: Relation
    score: float
    changes: tuple[Change, ...] = ()


def similarity(known: Wording, new: Wording, least: float = REWORDED) -> Similarity | None:
    """Return the similarity of two wordings of one statement; None for two statements.

    `least` is the share of content that wordings of one statement have in common.
    """
    if known.keys == new.keys:
        return Similarity("same words", 1, changes(known, new))
    shared = _shared(known, new)
    if not shared:
        return None
    score = 2 * shared / (known.weight + new.weight)
    if score >= least:
        return Similarity("reworded", score, changes(known, new))
    relation: Relation = "part" if known.weight >= new.weight else "whole"
    short, long = (new, known) if relation == "part" else (known, new)
    if (relation == "whole" and short.weight < LEAST_SHARE * long.weight) or not is_part(short, long):
        return Similarity("excerpt", score, changes(known, new)) if _is_excerpt(known, new) else None
    return Similarity(relation, shared / short.weight, changes(known, new))


def is_part(short: Wording, long: Wording) -> bool:
    """Return whether the longer wording contains the shorter one, which needs enough words or content for that."""
    if len(short.keys) >= LEAST_RUN and short.line in long.line:
        return True
    return (
        short.weight >= LEAST_WEIGHT and _shared(short, long) >= PART * short.weight and _stands_together(short, long)
    )


def _is_excerpt(known: Wording, new: Wording) -> bool:
    """Return whether the words on one side of an ellipsis stand in the other wording, and are enough of the new one."""
    least = max(LEAST_WEIGHT, LEAST_SHARE * new.weight)
    for gapped, other in ((known, new), (new, known)):
        runs = gapped.line.split("…") if "…" in gapped.shapes else ()
        for run in runs:
            keys = run.split()
            weight = sum(gapped.weights.get(key, 0) for key in set(keys))
            if len(keys) >= LEAST_RUN and weight >= least and run in other.line:
                return True
    return False


def _shared(first: Wording, second: Wording) -> float:
    shared = first.weights.keys() & second.weights.keys()
    return fsum(map(first.weights.__getitem__, shared))  # exact, because a set has another order in each process


def _stands_together(short: Wording, long: Wording) -> bool:
    """Return whether the words of the shorter wording stand close together in the longer one.

    An ellipsis in the shorter wording allows any distance.
    """
    if "…" in short.shapes:
        return True
    width, needed = MOST_SPREAD * len(short.shapes), PART * short.weight
    places = [(place, key) for place, key in enumerate(long.shapes) if key in short.weights]
    near: Counter[str] = Counter()
    weight, oldest = 0.0, 0
    for place, key in places:
        weight += short.weights[key] * (not near[key])
        near[key] += 1
        while places[oldest][0] <= place - width:
            left = places[oldest][1]
            near[left] -= 1
            weight -= short.weights[left] * (not near[left])
            oldest += 1
        if weight >= needed:
            return True
    return False


LEAST_COMMON_WORDS: Final = 0.6
"""Share of the earlier revision's words in an edited revision. Below it the text is another story, or was cut off."""

LEAST_EDIT_SIMILARITY: Final = 0.75
"""Share of words in the same order by which two short quotes of one article are the same quote."""

_LEAST_CONFIDENCE: Final = 0.5  # in the new speaker, so that our uncertainty is not taken for a correction

_CUT: Final = frozenset({"summary-only"})


@dataclass(frozen=True, slots=True)
class Corrected:
    """A quote of the earlier revision, its correction, and the quote in its place, if the later revision has one."""

    quote: Quote
    correction: Correction
    replacement: Quote | None = None


def corrections(before: Document, after: Document) -> tuple[Corrected, ...]:
    """Return the corrections of the revision `before` by the revision `after`, in the order of the quotes.

    A quote is not corrected if it was moved, if it was reworded without a material difference, or if its words still
    stand in the text: extraction may then have read the same words differently, which the outlet did not cause.
    """
    if not is_edit(before, after):
        return ()
    language = after.article.language
    later = _worded(after, language)
    earlier = _worded(before, language)
    later_words = {(quote.speaker_id, words.keys) for quote, words in later}
    earlier_words = {(quote.speaker_id, words.keys) for quote, words in earlier}
    missing = [(quote, words) for quote, words in earlier if (quote.speaker_id, words.keys) not in later_words]
    if not missing:
        return ()
    added = {quote.id for quote, words in later if (quote.speaker_id, words.keys) not in earlier_words}
    passages = [_passage(line, language) for line in after.article.text.splitlines() if line.strip()]
    corrected = (_corrected(quote, words, later, added, passages) for quote, words in missing)
    return tuple(each for each in corrected if each)


def is_edit(before: Document, after: Document) -> bool:
    """Return whether the later revision is the earlier text with changes, rather than another text."""
    if _CUT & {*after.article.marks}:
        return False
    old, new = (Counter(document.article.text.casefold().split()) for document in (before, after))
    return (old & new).total() >= LEAST_COMMON_WORDS * old.total()


def _worded(document: Document, language: str) -> list[tuple[Quote, Wording]]:
    """Return the quotes that have a speaker, each with its wording."""
    return [(quote, wording(quote, language)) for quote in document.quotes if quote.speaker_id]


def _corrected(
    quote: Quote,
    words: Wording,
    later: Sequence[tuple[Quote, Wording]],
    added: Collection[str],
    passages: Iterable[Wording],
) -> Corrected | None:
    """Return the correction of a quote that the later revision does not repeat; `added` are ids of its new quotes."""
    similar = list(_similar(words, later))
    own = [(other, match) for other, match in similar if other.speaker_id == quote.speaker_id]
    if any(not match.changes for _, match in own):
        return None
    for other, _ in own:
        if other.id in added:
            return Corrected(quote, Correction("changed", quote.id, other.content, other.speaker_name), other)
    for other, match in similar:
        if other.id in added and other.speaker_id != quote.speaker_id and _is_sure(other, match):
            return Corrected(quote, Correction("reattributed", quote.id, other.content, other.speaker_name), other)
    if any(is_part(words, passage) for passage in passages):
        return None
    return Corrected(quote, Correction("removed", quote.id))


def _similar(words: Wording, later: Iterable[tuple[Quote, Wording]]) -> Iterator[tuple[Quote, Similarity]]:
    for other, other_words in later:
        match = similarity(words, other_words) or _edit_similarity(words, other_words)
        if match:
            yield other, match


def _edit_similarity(words: Wording, other: Wording) -> Similarity | None:
    """Return the similarity of two short quotes by their edit distance: one changed word leaves the quote the same."""
    score = Levenshtein.normalized_similarity(words.keys, other.keys)
    return Similarity("reworded", score, changes(words, other)) if score >= LEAST_EDIT_SIMILARITY else None


def _is_sure(other: Quote, match: Similarity) -> bool:
    return not match.changes and other.confidence >= _LEAST_CONFIDENCE


def _passage(line: str, language: str) -> Wording:
    whole = Quote(id="", start=0, end=len(line), text=line, kind="indirect", fragments=((0, len(line)),))
    return wording(whole, language)
