"""Statements and alerts in the formats of feeds: Atom (RFC 4287), JSON Feed 1.1, Activity Streams 2.0.

https://www.jsonfeed.org/version/1.1/
https://www.w3.org/TR/activitystreams-core/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Final
from uuid import UUID
from xml.sax.saxutils import quoteattr

from fastapi import Request, Response
from pydantic_core import to_json

from pipeline.model import Alert, AlertKind, content_id
from pipeline.model.query import Hit
from pipeline.search.export import attributed, verb
from pipeline.text import clean
from pipeline.text.http import web_address
from pipeline.text.messages import advice

MEDIA_TYPE: Final = "application/atom+xml; charset=utf-8"

JSON_MEDIA_TYPE: Final = "application/feed+json"

ACTIVITY_MEDIA_TYPE: Final = "application/activity+json"

_HEADLINE = 120  # characters

_OCCASIONS: Final[dict[AlertKind, str]] = {
    "news": "",
    "spread": "Spreading: ",
    "correction": "Correction: ",
    "spike": "Quoted more often than usual: ",
    "silence": "Not quoted lately: ",
}


@dataclass(frozen=True, slots=True)
class AtomEntry:
    """One statement in a feed; `reason` says why it is in a watch's, `alert` what else there is to tell of it."""

    statement_id: str
    speaker: str
    words: str
    source: str
    title: str
    url: str
    time: datetime
    language: str = ""
    reason: str = ""
    alert: str = ""
    occasion: str = ""
    cue: str = ""
    modality: str = ""
    kind: str = ""

    @property
    def urn(self) -> str:
        """A statement is one entry, and whatever else there is to tell of it one each."""
        return _urn(self.alert or self.statement_id)


@dataclass(frozen=True, slots=True)
class Channel:
    """The contents of a feed, as Atom or JSON Feed; `identity` never changes."""

    title: str
    identity: str
    entries: Sequence[AtomEntry]
    hubs: Sequence[str] = ()


def statements_feed(request: Request, hits: Sequence[Hit]) -> Response:
    """The statements of a page as Atom."""
    view = f"{request.url.path}?{request.url.query}"
    return atom(request, Channel(f"{view}, on the record", f"view/{view}", [entry_of_hit(hit) for hit in hits]))


def entry_of_hit(hit: Hit) -> AtomEntry:
    """The entry of a statement on record."""
    return AtomEntry(
        hit.id,
        hit.speaker_name,
        hit.text,
        hit.source,
        hit.title,
        hit.url,
        hit.published or hit.first_seen,
        hit.language,
        cue=hit.cue,
        modality=hit.modality,
        kind=hit.kind,
    )


def entry_of_alert(alert: Alert) -> AtomEntry:
    """The entry of an alert, with the reason for it."""
    statement, article = alert.statement, alert.statement.first.article
    quote = statement.first.quote
    return AtomEntry(
        statement.id,
        statement.speaker_name,
        statement.text,
        article.source,
        article.title,
        article.url,
        alert.created,
        article.language,
        " · ".join((alert.why, *advice(alert))),
        alert.id if alert.occasion else "",
        _OCCASIONS[alert.kind],
        quote.cue.text if quote.cue else "",
        quote.modality,
        quote.kind,
    )


def atom(request: Request, channel: Channel) -> Response:
    """The channel as Atom."""
    from feedgenerator import Atom1Feed

    base = str(request.base_url).rstrip("/")
    guid = _urn(content_id("atom", channel.identity))
    feed = Atom1Feed(clean(channel.title), f"{base}/", "", feed_url=str(request.url), feed_guid=guid)
    for entry in channel.entries:
        feed.add_item(
            title=clean(_headline(entry)),
            link=f"{base}/statements/{entry.statement_id}",
            description=clean(_html(entry)),
            author_name=clean(entry.speaker),
            unique_id=entry.urn,
            pubdate=entry.time,
            updateddate=entry.time,
        )
    return Response(_with_hubs(feed.writeString("utf-8"), channel.hubs), media_type=MEDIA_TYPE)


def _with_hubs(atom: str, hubs: Sequence[str]) -> str:
    """The feed with a link to each hub (W3C WebSub, section 4), which the library does not write."""
    links = "".join(f"<link href={quoteattr(hub)} rel={quoteattr('hub')}></link>" for hub in hubs)
    return atom.replace("<id>", f"{links}<id>", 1)


def json_feed(request: Request, channel: Channel) -> Response:
    """The channel as JSON Feed."""
    base = str(request.base_url).rstrip("/")
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": clean(channel.title),
        "home_page_url": f"{base}/",
        "feed_url": str(request.url),
        **({"hubs": [{"type": "WebSub", "url": hub} for hub in channel.hubs]} if channel.hubs else {}),
        "items": [_json_item(entry, base) for entry in channel.entries],
    }
    return Response(to_json(feed), media_type=JSON_MEDIA_TYPE)


def _json_item(entry: AtomEntry, base: str) -> dict[str, Any]:
    fields = {
        "id": entry.urn,
        "url": f"{base}/statements/{entry.statement_id}",
        "external_url": web_address(entry.url),
        "title": clean(_headline(entry)),
        "content_html": clean(_html(entry)),
        "content_text": clean(
            "\n\n".join(filter(None, (_attributed(entry), f"{entry.source}: {entry.title}", entry.reason)))
        ),
        "date_published": entry.time.isoformat(),
        "authors": [{"name": clean(entry.speaker)}],
        "language": entry.language,
    }
    return {name: value for name, value in fields.items() if value}


def activities(request: Request, channel: Channel) -> Response:
    """Notes that this desk published about people: it is their actor, and they are attributed to the speaker."""
    base = str(request.base_url).rstrip("/")
    collection = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": str(request.url),
        "type": "OrderedCollection",
        "name": clean(channel.title),
        "orderedItems": [_activity(entry, base) for entry in channel.entries],
    }
    return Response(to_json(collection), media_type=ACTIVITY_MEDIA_TYPE)


def _activity(entry: AtomEntry, base: str) -> dict[str, Any]:
    content, url = clean(_html(entry)), web_address(entry.url)
    note = {
        "id": entry.urn,
        "type": "Note",
        "name": clean(_headline(entry)),
        "content": content,
        **({"contentMap": {entry.language: content}} if entry.language else {}),
        "url": f"{base}/statements/{entry.statement_id}",
        "published": entry.time.isoformat(),
        "attributedTo": {"type": "Person", "name": clean(entry.speaker)},
        **({"attachment": [{"type": "Link", "href": url, "name": clean(entry.title)}]} if url else {}),
    }
    publisher = {"type": "Service", "name": "On the Record", "url": f"{base}/"}
    return {"type": "Create", "actor": publisher, "published": entry.time.isoformat(), "object": note}


def _headline(entry: AtomEntry) -> str:
    text = f"{entry.occasion}{_attributed(entry)}"
    return text if len(text) <= _HEADLINE else f"{text[: _HEADLINE - 1].rstrip()}…"


def _attributed(entry: AtomEntry) -> str:
    """Return who said it, how and what, on one line."""
    return attributed(entry.speaker, cue=entry.cue, modality=entry.modality, kind=entry.kind, text=entry.words)


def _html(entry: AtomEntry) -> str:
    source = escape(f"{entry.source}: {entry.title}")
    url = web_address(entry.url)
    link = f'<a href="{escape(url)}">{source}</a>' if url else source
    reason = f"<p>{escape(entry.reason)}</p>" if entry.reason else ""
    how = escape(f"{entry.speaker} {verb(entry.cue, entry.modality)}")
    return f"<p>{how}</p><blockquote>{escape(entry.words)}</blockquote><p>{link}</p>{reason}"


def _urn(content: str) -> str:
    """A content id is 128 bits, as a UUID is."""
    return f"urn:uuid:{UUID(hex=content)}"
