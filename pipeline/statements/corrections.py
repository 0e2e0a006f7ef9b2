"""What a revision of an article takes back: quotes that it has no more, has in other words, or gives to another."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Levenshtein

from pipeline.model import Correction, Document, Quote
from pipeline.statements.wording import Likeness, Wording, changes, is_part, likeness, wording

LEAST_KEPT: Final = 0.6
"""The share of the earlier revision's words from which on the later one is an edit of it, and not another story, or a
page that could not be read to its end."""

LEAST_ALIKE: Final = 0.75
"""The share of words in their order from which on two quotes of one article are the same, though they tell little."""

_LEAST_CONFIDENCE: Final = 0.5  # in another speaker, so that doubt of ours is not told as a correction of theirs

_CUT: Final = frozenset({"summary-only"})


@dataclass(frozen=True, slots=True)
class Corrected:
    """A quote of the earlier revision, what the later one made of it, and the quote in its place, if there is one."""

    quote: Quote
    correction: Correction
    now: Quote | None = None


def corrections(before: Document, after: Document) -> tuple[Corrected, ...]:
    """What the revision `after` takes back of what `before` it was reported, in the order of the quotes.

    A quote that is only reworded, that has moved, or whose words still stand in the text, is not corrected: extraction
    may read them otherwise when what surrounds them changes, and that is nothing the outlet did.
    """
    if not is_edit(before, after):
        return ()
    language = after.article.language
    later = [(quote, wording(quote, language)) for quote in after.quotes if quote.speaker_id]
    words = {(quote.speaker_id, of.keys) for quote, of in later}
    quotes = [(quote, wording(quote, language)) for quote in before.quotes if quote.speaker_id]
    gone = [(quote, of) for quote, of in quotes if (quote.speaker_id, of.keys) not in words]
    if not gone:
        return ()
    known = {(quote.speaker_id, of.keys) for quote, of in quotes}
    fresh = [(quote, of) for quote, of in later if (quote.speaker_id, of.keys) not in known]
    passages = [_passage(line, language) for line in after.article.text.splitlines() if line.strip()]
    made = (_corrected(quote, of, later, fresh, passages) for quote, of in gone)
    return tuple(each for each in made if each)


def is_edit(before: Document, after: Document) -> bool:
    """Whether the later revision is the earlier one with changes, rather than another text."""
    if _CUT & {*after.article.marks}:
        return False
    old, new = (Counter(document.article.text.casefold().split()) for document in (before, after))
    return (old & new).total() >= LEAST_KEPT * old.total()


def _corrected(
    quote: Quote,
    of: Wording,
    later: Sequence[tuple[Quote, Wording]],
    fresh: Sequence[tuple[Quote, Wording]],
    passages: Iterable[Wording],
) -> Corrected | None:
    alike = list(_alike(of, later))
    own = [(now, like) for now, like in alike if now.speaker_id == quote.speaker_id]
    if any(not like.changes for _, like in own):
        return None
    new = {now.id for now, _ in fresh}
    for now, _ in own:
        if now.id in new:
            return Corrected(quote, Correction("changed", quote.id, now.content, now.speaker_name), now)
    for now, like in alike:
        if now.id in new and now.speaker_id != quote.speaker_id and _is_sure(now, like):
            return Corrected(quote, Correction("reattributed", quote.id, now.content, now.speaker_name), now)
    if any(is_part(of, passage) for passage in passages):
        return None
    return Corrected(quote, Correction("removed", quote.id))


def _alike(of: Wording, later: Iterable[tuple[Quote, Wording]]) -> Iterator[tuple[Quote, Likeness]]:
    for now, other in later:
        like = likeness(of, other) or _edited(of, other)
        if like:
            yield now, like


def _edited(of: Wording, other: Wording) -> Likeness | None:
    """A few words that tell little may be all of a short quote: what differs in one of them is still the same quote."""
    alike = Levenshtein.normalized_similarity(of.keys, other.keys)
    return Likeness("reworded", alike, changes(of, other)) if alike >= LEAST_ALIKE else None


def _is_sure(now: Quote, like: Likeness) -> bool:
    return not like.changes and now.confidence >= _LEAST_CONFIDENCE


def _passage(line: str, language: str) -> Wording:
    whole = Quote(id="", start=0, end=len(line), text=line, kind="indirect", fragments=((0, len(line)),))
    return wording(whole, language)
