"""Statements as linked data: schema.org Quotation and Claim, and W3C annotations of the articles that report them."""

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
    first_report = subject.first if isinstance(subject, Statement) else subject
    quotation = {
        "@context": _CONTEXT,
        "@type": "Quotation",
        "identifier": statement.id if statement else first_report.quote.id,
        "text": statement.text if statement else first_report.quote.content,
        "inLanguage": first_report.article.language,
        "dateCreated": first_report.article.first_seen.isoformat(),
        "spokenByCharacter": _speaker(first_report.quote, actor),
        "kind": first_report.quote.kind,
        "modality": first_report.quote.modality,
        "confidence": first_report.quote.confidence,
        "changedFrom": statement.changed_from if statement else "",
        "isBasedOn": [_source(report, (texts or {}).get(report.article.id)) for report in reports or (first_report,)],
    }
    return {name: value for name, value in quotation.items() if value not in ("", None)}


def claim(
    statement: Statement, *, reports: Sequence[Report] = (), actor: Actor | None = None, page: str = ""
) -> dict[str, Any]:
    """Return the statement as a schema.org Claim (JSON-LD), the `itemReviewed` of a ClaimReview.

    A fact-checker adds `claimReviewed` (the text), a rating, an author and an address, and has a whole ClaimReview.
    `page` is the address of the statement's page. https://schema.org/Claim, https://schema.org/ClaimReview
    """
    every = reports or (statement.first,)
    described = {
        "@context": "https://schema.org",
        "@type": "Claim",
        "identifier": statement.id,
        "url": page,
        "text": statement.text,
        "author": _speaker(statement.first.quote, actor),
        "datePublished": statement.first.article.publication.isoformat(),
        "firstAppearance": _news_article(min(every, key=lambda report: report.article.publication).article),
        "appearance": [_news_article(report.article) for report in every],
    }
    return {name: value for name, value in described.items() if value not in ("", None)}


def annotation(report: Report, text: str | None = None, actor: Actor | None = None) -> dict[str, Any]:
    """Return the quote of a report as a W3C Web Annotation of its article: who speaks, and which words.

    https://www.w3.org/TR/annotation-model/
    """
    quote, article = report.quote, report.article
    name = actor.name if actor else quote.speaker_name
    bodies: list[dict[str, Any]] = [{"type": "TextualBody", "purpose": "tagging", "value": name}] if name else []
    if actor and actor.wikidata:
        bodies.append({"type": "SpecificResource", "purpose": "identifying", "source": _wikidata(actor)})
    how = f"{quote.kind}, {quote.modality}"
    bodies.append({"type": "TextualBody", "purpose": "classifying", "value": how, "format": "text/plain"})
    return {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": f"urn:onrecord:quote:{quote.id}",
        "type": "Annotation",
        "motivation": "identifying",
        "created": article.first_seen.isoformat(),
        "body": bodies,
        "target": {
            "source": web_address(article.url) or f"urn:onrecord:article:{article.id}",
            "selector": selectors(quote, text),
        },
    }


def annotation_page(page: str, annotations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return annotations as one page, whose id is `page`."""
    items = [{name: value for name, value in annotation.items() if name != "@context"} for annotation in annotations]
    return {"@context": "http://www.w3.org/ns/anno.jsonld", "id": page, "type": "AnnotationPage", "items": items}


def _wikidata(actor: Actor) -> str:
    return f"https://www.wikidata.org/entity/{actor.wikidata}"


def _speaker(quote: Quote, actor: Actor | None) -> dict[str, Any] | None:
    if not quote.speaker_name:
        return None
    speaker = {"name": quote.speaker_name, "identifier": quote.speaker_id}
    if actor is None:
        return speaker
    speaker = {"@type": _TYPES[actor.kind], "name": actor.name, "identifier": actor.id}
    if actor.wikidata:
        speaker["sameAs"] = _wikidata(actor)
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
