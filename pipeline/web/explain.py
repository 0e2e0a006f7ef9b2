"""The explain view: one article cut into paragraphs of marked pieces, with its quotes, speakers and evidence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.model import Document, Quote
from pipeline.text import clean
from pipeline.text.wording import moment
from pipeline.web.render import evidence, percent, render, stylesheet

_BLANK_LINES = re.compile(r"\n\s*\n")

_LINE_ENDS = re.compile(r"\n+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text under the same marks.

    `quotes` are the numbers of the quotes around it, outermost first, and `ending` of those that it is the last piece
    of. `marks` are of "cue", "speaker", "aside" (interrupts a quote) and the kinds of mention; `name` is who is meant.
    """

    text: str
    quotes: tuple[int, ...] = ()
    marks: tuple[str, ...] = ()
    name: str = ""
    ending: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring pieces of one paragraph whose outermost quote is the same; `quote` is its number, 0 for none."""

    quote: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    label: str  # "" for the quote itself
    quote: int = 0
    name: str = ""


def paragraphs(document: Document) -> list[tuple[Run, ...]]:
    """The paragraphs of the text in order, without the white space between them; quotes are numbered from 1."""
    shown = _with_endings(list(_pieces(document)))
    return [
        tuple(Run(number, tuple(run)) for number, run in groupby(pieces, key=lambda piece: (piece.quotes or (0,))[0]))
        for pieces in shown
    ]


def _pieces(document: Document) -> Iterator[list[Piece]]:
    """Each paragraph's pieces: cut wherever a mark begins or ends."""
    text = document.article.text
    marks = sorted(_marks(document), key=lambda mark: (mark.start, -mark.end))
    cuts = sorted({cut for mark in marks for cut in (mark.start, mark.end)})
    next_mark = next_cut = 0
    active: list[_Mark] = []
    for start, end in _stretches(text):
        pieces = []
        at = start
        while at < end:
            while next_cut < len(cuts) and cuts[next_cut] <= at:
                next_cut += 1
            while next_mark < len(marks) and marks[next_mark].start <= at:
                active.append(marks[next_mark])
                next_mark += 1
            active = [mark for mark in active if mark.end > at]
            upto = min(end, cuts[next_cut]) if next_cut < len(cuts) else end
            pieces.append(_piece(text[at:upto], active))
            at = upto
        yield pieces


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the paragraphs are, trimmed: between blank lines if there are any, else between line ends."""
    separators = _BLANK_LINES if _BLANK_LINES.search(text) else _LINE_ENDS
    bounds = [0, *(bound for separator in separators.finditer(text) for bound in separator.span()), len(text)]
    for start, end in zip(bounds[::2], bounds[1::2], strict=True):
        paragraph = text[start:end]
        first = start + len(paragraph) - len(paragraph.lstrip())
        last = start + len(paragraph.rstrip())
        if first < last:
            yield first, last


def _marks(document: Document) -> Iterator[_Mark]:
    for number, quote in enumerate(document.quotes, 1):
        yield _Mark(quote.start, quote.end, "", number)
        yield from (_Mark(start, end, "aside") for start, end in _interruptions(quote))
        if quote.cue:
            yield _Mark(quote.cue.start, quote.cue.end, "cue")
        if quote.speaker:
            yield _Mark(quote.speaker.start, quote.speaker.end, "speaker", name=quote.speaker_name)
    for mention in document.mentions:
        yield _Mark(mention.start, mention.end, mention.kind, name=mention.name)


def _interruptions(quote: Quote) -> Iterator[tuple[int, int]]:
    """Yield what lies between the fragments of a quote."""
    for (_, end), (start, _) in zip(quote.fragments, quote.fragments[1:], strict=False):
        if end < start:
            yield end, start


def _piece(text: str, active: list[_Mark]) -> Piece:
    return Piece(
        text=text,
        quotes=tuple(mark.quote for mark in active if mark.quote),
        marks=tuple(dict.fromkeys(mark.label for mark in active if mark.label)),
        name=next((mark.name for mark in active if mark.name), ""),
    )


def _with_endings(shown: list[list[Piece]]) -> list[list[Piece]]:
    """The same pieces, each with the numbers of the quotes that it is the last of."""
    last = {number: (row, at) for row, pieces in enumerate(shown) for at, p in enumerate(pieces) for number in p.quotes}
    for number, (row, at) in sorted(last.items()):
        piece = shown[row][at]
        shown[row][at] = replace(piece, ending=(*piece.ending, number))
    return shown


def explain_html(document: Document) -> str:
    """A page that needs nothing else: no script, no style sheet, no picture from elsewhere."""
    return render("explain.html", document=document, paragraphs=paragraphs(document), css=stylesheet())


def explain_text(document: Document) -> str:
    """The same as plain text: the article with [1 quotes] in numbered brackets, and below what is known of each."""
    article = document.article
    times = moment(article.published or article.first_seen)
    head = [article.title, " · ".join(filter(None, (article.source, f"{times} UTC", article.url)))]
    body = list(_bracketed(paragraphs(document)))
    notes = [_note(number, quote) for number, quote in enumerate(document.quotes, 1)]
    return clean("\n\n".join(["\n".join(filter(None, head)), *body, *notes])) + "\n"


def _bracketed(shown: list[tuple[Run, ...]]) -> Iterator[str]:
    opened: set[int] = set()
    for runs in shown:
        line = []
        for piece in (piece for run in runs for piece in run.pieces):
            opening = [number for number in piece.quotes if number not in opened]
            opened.update(opening)
            line += [*(f"[{number} " for number in opening), piece.text, "]" * len(piece.ending)]
        yield "".join(line)


def _note(number: int, quote: Quote) -> str:
    title = f"{number:>3}  {quote.speaker_name or 'nobody named'} · {quote.kind} · {percent(quote.confidence)}"
    lines = [title, quote.content]
    if quote.cue:
        lines.append(f"cue: {quote.cue.text}")
    if quote.chain:
        lines.append(f"speaker: {evidence(quote.chain)}")
    return "\n     ".join(lines)
