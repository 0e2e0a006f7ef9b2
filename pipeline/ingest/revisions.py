"""Revisions of an article: the detection of new ones, and the changes between two of them, word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

from rapidfuzz.distance import Levenshtein

from pipeline.model import Article, Document, Span, Time
from pipeline.ports import Archive, Revision


def revision_before(archive: Archive, article: Article) -> Document | None:
    """The article's previous revision; None for a first revision, without a look into the archive."""
    if article.revision == 1:
        return None
    earlier = [document for document in archive.documents(article.id) if document.article.revision < article.revision]
    return earlier[-1] if earlier else None


def last_revision(archive: Archive, article_id: str) -> Article | None:
    """The latest revision of the article on record; None if there is none."""
    revisions = archive.documents(article_id)
    return revisions[-1].article if revisions else None


def revise(known: tuple[Revision, ...], article: Article, origin: str) -> tuple[Article | None, tuple[Revision, ...]]:
    """The article with its revision number, or None for a duplicate; and the revisions known afterwards.

    `known` are the article's revisions so far; `origin` is the record of the log. Content of any earlier revision is a
    duplicate, so that two feeds with two versions of one article do not take turns for ever. A replayed record gets the
    same revision again.
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

_MOST_STEPS: Final = 20_000_000  # cells of an alignment (words times words): a fifth of a second, and 5 MB

_AROUND: Final = 60  # characters


@dataclass(frozen=True, slots=True)
class Edit:
    """Words of the earlier revision and their replacement in the later one; one of the two may be empty.

    Offsets are positions in the title or text of each revision. `lead` and `tail` are the unchanged words around the
    change, for a reader.
    """

    part: Literal["title", "text"]
    before: Span
    after: Span
    lead: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes between two revisions, in order; `seen` is the time when the later one was fetched."""

    earlier: int
    later: int
    seen: Time
    edits: tuple[Edit, ...]


def differences(revisions: Sequence[Article]) -> list[Difference]:
    """Return the differences between successive revisions of one article."""
    return [Difference(a.revision, b.revision, b.fetched, edits(a, b)) for a, b in pairwise(revisions)]


def edits(earlier: Article, later: Article) -> tuple[Edit, ...]:
    """Return the edits from one revision to the next; white space alone is no change.

    Texts that are too long to be aligned by words are aligned by paragraphs; with too many paragraphs, they are one
    edit.
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
    """The range of characters of these tokens; without tokens, the place after the previous token."""
    if start < end:
        return tokens[start].start(), tokens[end - 1].end()
    at = tokens[start - 1].end() if start else 0
    return min(at, len(text)), min(at, len(text))


def _lead(text: str) -> str:
    """The end of these characters, within one paragraph, from the start of a word."""
    line = text.rpartition("\n")[2]
    return line if len(line) < _AROUND else line.partition(" ")[2]


def _tail(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) < _AROUND else line.rpartition(" ")[0]
