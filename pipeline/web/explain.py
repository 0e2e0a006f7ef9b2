"""The explain view: one article with its quotes marked, who said them, and how we know."""

from collections.abc import Iterator

from pipeline.model import Document, Quote
from pipeline.text import clean
from pipeline.web.marks import Run, paragraphs
from pipeline.web.render import evidence, moment, percent, render, stylesheet


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
