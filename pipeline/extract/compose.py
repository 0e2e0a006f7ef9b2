"""The extractor: a function from a document to the same document with mentions and quotes."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.extract.actors import Aliases
from pipeline.extract.attributions import attributions
from pipeline.extract.confidence import confidence
from pipeline.extract.drafts import Draft, drafts
from pipeline.extract.language import language
from pipeline.extract.names import names
from pipeline.extract.quotation import Quotation, quotations
from pipeline.extract.sentences import sentences
from pipeline.extract.speakers import Resolved, Speakers
from pipeline.extract.tokens import Tokens, tokenise
from pipeline.model import Actor, Document, Link, Mention, Quote, QuoteKind, Span, quote_id, slug


def extractor(actors: Sequence[Actor] = ()) -> Callable[[Document], Document]:
    """The extractor for these tracked actors. Building it is dear, calling it cheap; it is pure and holds no state."""
    aliases = Aliases(actors)

    def extract(document: Document) -> Document:
        return _extract(document, aliases)

    return extract


def _extract(document: Document, aliases: Aliases) -> Document:
    text = document.article.text
    code = (document.article.language or "en").lower()[:2]
    words = language(code)
    tokens = tokenise(text, words)
    marked = quotations(tokens)
    split = sentences(tokens, words, marked)
    named = names(tokens, words, split)
    mentions = aliases.mentions(tokens, named)
    speakers = Speakers(tokens, words, split, named)
    quotes = []
    for draft in drafts(tokens, words, split, attributions(tokens, words, split)):
        quote = _quote(document.article.id, tokens, marked, draft, speakers, aliases)
        if quote is not None:
            quotes.append(quote)
    quotes.sort(key=lambda q: (q.start, q.end))
    return replace(document, mentions=mentions, quotes=_about(tuple(quotes), mentions))


def _about(quotes: tuple[Quote, ...], mentions: tuple[Mention, ...]) -> tuple[Quote, ...]:
    tracked = [m for m in mentions if m.actor]
    if not tracked:
        return quotes
    return tuple(
        replace(
            q,
            about=tuple(dict.fromkeys(m.actor for m in tracked if any(a <= m.start < b for a, b in q.fragments))),
        )
        for q in quotes
    )


def _span(tokens: Tokens, start: int, end: int) -> Span:
    a, b = tokens.starts[start], tokens.ends[end - 1]
    return Span(a, b, tokens.text[a:b])


_EDGES = " \t\n\xa0,;:–—-"


def _trimmed(tokens: Tokens, start: int, end: int, marked: dict[int, Quotation]) -> tuple[int, int] | None:
    """The characters of the range without the marks and commas at its edges."""
    whole = marked.get(start)
    if whole is not None and whole.end >= end:
        start, end = whole.inner
    if end <= start:
        return None
    a, b = tokens.starts[start], tokens.ends[end - 1]
    while a < b and tokens.text[a] in _EDGES:
        a += 1
    while b > a and tokens.text[b - 1] in _EDGES:
        b -= 1
    return (a, b) if b > a else None


def _kind(tokens: Tokens, parts: Sequence[tuple[int, int]], marked: Sequence[Quotation]) -> QuoteKind:
    inside = total = 0
    for start, end in parts:
        quoted = {i for q in marked if q.start < end and start < q.end for i in range(q.start, q.end)}
        for i in range(start, end):
            size = len(tokens.low[i]) if tokens.low[i][0].isalnum() else 0
            total += size
            inside += size if i in quoted else 0
    if not inside:
        return "indirect"
    return "direct" if inside >= 0.9 * total else "mixed"


def _quote(
    article: str,
    tokens: Tokens,
    marked: list[Quotation],
    draft: Draft,
    speakers: Speakers,
    aliases: Aliases,
) -> Quote | None:
    opening = {q.start: q for q in marked}
    fragments = [f for p in draft.parts if (f := _trimmed(tokens, *p, opening)) is not None]
    if not fragments:
        return None
    fragments.sort()
    start, end = fragments[0][0], fragments[-1][1]
    text = tokens.text[start:end]
    resolved = speakers.resolve(draft.speaker, draft.sentence) if draft.speaker else Resolved(None, ())
    entity = resolved.entity
    cue = draft.attribution.cue if draft.attribution else None
    spoken = draft.attribution is not None and draft.attribution.via == "label"
    kind = "direct" if spoken else _kind(tokens, draft.parts, marked)
    return Quote(
        id=quote_id(article, start, end, text),
        start=start,
        end=end,
        text=text,
        kind=kind,
        fragments=tuple(fragments),
        cue=_span(tokens, *cue) if cue else None,
        speaker=_span(tokens, *draft.speaker) if draft.speaker else None,
        speaker_name=entity.name if entity else "",
        speaker_id=(entity.actor or slug(entity.name)) if entity else "",
        chain=tuple(Link(_span(tokens, *step.span), step.rule) for step in resolved.steps),
        modality=draft.attribution.modality if draft.attribution else "asserted",
        confidence=confidence(draft, kind, resolved),
    )


def reason(quote: Quote) -> str:
    """Why we think so, in plain words."""
    return " → ".join(f"“{link.span.text}” ({link.rule})" for link in quote.chain)
