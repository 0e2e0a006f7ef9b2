"""A statement or report as a schema.org Quotation in JSON-LD, with W3C selectors of its quotes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipeline.model import Actor, ArticleRef, MentionKind, Quote, Report, Statement
from pipeline.text.http import web_address

# schema.org describes the quotation, the W3C Web Annotation vocabulary its position. The terms of the latter are listed
# because its own context gives other meanings to "name" and "creator".
_CONTEXT: Final[list[Any]] = [
    "https://schema.org",
    {
        "oa": "http://www.w3.org/ns/oa#",
        "onrecord": "urn:onrecord:",
        **{kind: f"oa:{kind}" for kind in ("SpecificResource", "TextQuoteSelector", "TextPositionSelector")},
        **{term: f"oa:{term}" for term in ("exact", "prefix", "suffix", "start", "end")},
        "source": "oa:hasSource",
        "selector": "oa:hasSelector",
        **{term: f"onrecord:{term}" for term in ("kind", "modality", "confidence", "changedFrom")},
    },
]

_TYPES: Final[Mapping[MentionKind, str]] = {"person": "Person", "organisation": "Organization", "place": "Place"}

_AROUND = 32  # characters of prefix and suffix, as in annotation tools


def quotation(
    subject: Statement | Report,
    *,
    reports: Sequence[Report] = (),
    texts: Mapping[str, str] | None = None,
    actor: Actor | None = None,
) -> dict[str, Any]:
    """Return the statement or report as a schema.org Quotation (JSON-LD), with a source for every report.

    `reports` are the reports of the statement, by default the first alone. `texts` maps article ids to texts: with the
    text, a selector includes the words before and after the quote. `actor` is the speaker, if tracked.
    https://schema.org/Quotation, https://www.w3.org/TR/annotation-model/#selectors
    """
    statement = subject if isinstance(subject, Statement) else None
    first = subject.first if isinstance(subject, Statement) else subject
    quotation = {
        "@context": _CONTEXT,
        "@type": "Quotation",
        "identifier": statement.id if statement else first.quote.id,
        "text": statement.text if statement else first.quote.content,
        "inLanguage": first.article.language,
        "dateCreated": first.article.first_seen.isoformat(),
        "spokenByCharacter": _speaker(first.quote, actor),
        "kind": first.quote.kind,
        "modality": first.quote.modality,
        "confidence": first.quote.confidence,
        "changedFrom": statement.changed_from if statement else "",
        "isBasedOn": [_source(report, (texts or {}).get(report.article.id)) for report in reports or (first,)],
    }
    return {name: value for name, value in quotation.items() if value not in ("", None)}


def _speaker(quote: Quote, actor: Actor | None) -> dict[str, Any] | None:
    if not quote.speaker_name:
        return None
    speaker = {"name": quote.speaker_name, "identifier": quote.speaker_id}
    if actor is None:
        return speaker
    speaker = {"@type": _TYPES[actor.kind], "name": actor.name, "identifier": actor.id}
    if actor.wikidata:
        speaker["sameAs"] = f"https://www.wikidata.org/entity/{actor.wikidata}"
    return speaker


def _source(report: Report, text: str | None) -> dict[str, Any]:
    return {
        "@type": "SpecificResource",
        "source": _news_article(report.article),
        "selector": selectors(report.quote, text),
    }


def _news_article(article: ArticleRef) -> dict[str, Any]:
    news_article = {
        "@type": "NewsArticle",
        "identifier": article.id,
        "version": article.revision,
        "url": web_address(article.url),
        "headline": article.title,
        "inLanguage": article.language,
        "datePublished": article.published.isoformat() if article.published else None,
        "publisher": {"@type": "Organization", "name": article.source},
    }
    return {name: value for name, value in news_article.items() if value not in ("", None)}


def selectors(quote: Quote, text: str | None = None) -> list[dict[str, Any]]:
    """Return the W3C selectors of the quote in its article: by its words, and by its position in the stored text."""
    exact = {"@type": "TextQuoteSelector", "exact": quote.text}
    if text is not None and text[quote.start : quote.end] == quote.text:  # another revision's text may differ
        exact["prefix"] = text[max(0, quote.start - _AROUND) : quote.start]
        exact["suffix"] = text[quote.end : quote.end + _AROUND]
    return [exact, {"@type": "TextPositionSelector", "start": quote.start, "end": quote.end}]
