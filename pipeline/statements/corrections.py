"""Corrections: quotes that a revision of an article removes, rewords materially, or gives to another speaker."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Levenshtein

from pipeline.model import Correction, Document, Quote
from pipeline.statements.wording import Similarity, Wording, changes, is_part, similarity, wording

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
