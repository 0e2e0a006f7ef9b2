"""Revisions of an article: whether one is new, and what changed between two of them, word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

from rapidfuzz.distance import Levenshtein

from pipeline.model import Article, Document, Span, Time
from pipeline.ports import Archive, Revision


def revision_before(archive: Archive, article: Article) -> Document | None:
    """The article's revision before this one, as it was read; None where this is the first, which costs nothing."""
    if article.revision == 1:
        return None
    earlier = [document for document in archive.documents(article.id) if document.article.revision < article.revision]
    return earlier[-1] if earlier else None


def last_revision(archive: Archive, article_id: str) -> Article | None:
    """The article as it was read last; None where it is not on the record yet."""
    revisions = archive.documents(article_id)
    return revisions[-1].article if revisions else None


def revise(known: tuple[Revision, ...], article: Article, origin: str) -> tuple[Article | None, tuple[Revision, ...]]:
    """The article with its revision number, or None for a duplicate; and what is known from then on.

    `known` are the article's revisions so far and `origin` is the record it was read from. Content seen in any earlier
    revision is a duplicate, so that two feeds with two versions of one article do not take turns for ever. The record
    that made a revision makes the same one again when it is replayed.
    """
    for revision in known:
        if revision.origin == origin:
            return replace(article, revision=revision.number), known
    digest = article.digest
    if any(revision.digest == digest for revision in known):
        return None, known
    number = known[-1].number + 1 if known else 1
    return replace(article, revision=number), (*known, Revision(digest, number, origin))


_WORDS: Final = re.compile(r"\w+|[^\w\s]")

_PARAGRAPHS: Final = re.compile(r"[^\n]+")

_MOST_STEPS: Final = 20_000_000  # of an alignment, words by words: a fifth of a second, and 5 MB

_AROUND: Final = 60  # characters


@dataclass(frozen=True, slots=True)
class Edit:
    """Words of the earlier revision and what stands there in the later; one of the two may be empty.

    Offsets index the title or text of each revision. `lead` and `tail` are the unchanged words around, for a reader.
    """

    part: Literal["title", "text"]
    before: Span
    after: Span
    lead: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Return the changes between two revisions, in order; `seen` is when the later one was fetched."""

    earlier: int
    later: int
    seen: Time
    edits: tuple[Edit, ...]


def differences(revisions: Sequence[Article]) -> list[Difference]:
    """From each of these revisions of one article, which are in order, to the next."""
    return [Difference(a.revision, b.revision, b.fetched, edits(a, b)) for a, b in pairwise(revisions)]


def edits(earlier: Article, later: Article) -> tuple[Edit, ...]:
    """The edit list; white space alone is no change.

    Texts too long to be aligned word by word are aligned by paragraphs, and where there are too many of those, told as
    one edit.
    """
    titles = _edits("title", earlier.title, later.title)
    return (*titles, *_edits("text", earlier.text, later.text))


def _edits(part: Literal["title", "text"], before: str, after: str) -> Iterator[Edit]:
    old, new = _tokens(before, after)
    for (start, end), (new_start, new_end) in _runs(before, after, old, new):
        yield Edit(
            part,
            Span(start, end, before[start:end]),
            Span(new_start, new_end, after[new_start:new_end]),
            _lead(after[max(new_start - _AROUND, 0) : new_start]),
            _tail(after[new_end : new_end + _AROUND]),
        )


def _tokens(before: str, after: str) -> tuple[list[re.Match[str]], list[re.Match[str]]]:
    for unit in (_WORDS, _PARAGRAPHS):
        old, new = list(unit.finditer(before)), list(unit.finditer(after))
        if len(old) * len(new) <= _MOST_STEPS:
            return old, new
    whole = re.compile(r".+", re.DOTALL)
    return list(whole.finditer(before)), list(whole.finditer(after))


def _runs(
    before: str, after: str, old: list[re.Match[str]], new: list[re.Match[str]]
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The ranges of both texts in which neighbouring tokens differ."""
    numbers: dict[str, int] = {}
    numbered = [[numbers.setdefault(token[0], len(numbers)) for token in tokens] for tokens in (old, new)]
    pending: tuple[int, int, int, int] | None = None
    for step in Levenshtein.opcodes(*numbered):
        if step.tag == "equal":
            if pending:
                yield _range(before, old, *pending[:2]), _range(after, new, *pending[2:])
            pending = None
        else:
            run_start = pending or (step.src_start, 0, step.dest_start, 0)
            pending = (run_start[0], step.src_end, run_start[2], step.dest_end)
    if pending:
        yield _range(before, old, *pending[:2]), _range(after, new, *pending[2:])


def _range(text: str, tokens: list[re.Match[str]], start: int, end: int) -> tuple[int, int]:
    """The characters of these tokens; of none, the place after the token before it."""
    if start < end:
        return tokens[start].start(), tokens[end - 1].end()
    at = tokens[start - 1].end() if start else 0
    return min(at, len(text)), min(at, len(text))


def _lead(text: str) -> str:
    """The last of these characters that are of one paragraph, from a word on."""
    line = text.rpartition("\n")[2]
    return line if len(line) < _AROUND else line.partition(" ")[2]


def _tail(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) < _AROUND else line.rpartition(" ")[0]
