"""Atom feeds of what an actor says, and of a watch's alerts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response

from pipeline.app import App
from pipeline.model import Actor, Alert, Watch, content_id
from pipeline.ports import Hit, Search
from pipeline.query import Term
from pipeline.text import clean, words
from pipeline.web.alerts import alerts_of
from pipeline.web.doors import Doors
from pipeline.web.orders import found
from pipeline.web.render import web_address

router = APIRouter(prefix="/feeds", tags=["feeds out"])
MEDIA_TYPE: Final = "application/atom+xml; charset=utf-8"
_MOST = 50
_HEADLINE = 120  # characters


@dataclass(frozen=True, slots=True)
class Entry:
    """One statement in an Atom feed; `reason` says why it is in a watch's."""

    statement_id: str
    speaker: str
    words: str
    source: str
    title: str
    url: str
    time: datetime
    reason: str = ""


@router.get("/actors/{actor_id}.atom", response_class=Response)
def actor_feed(app: Doors, request: Request, actor_id: str) -> Response:
    """The newest statements of a tracked actor."""
    actor = found(app, Actor, actor_id)
    if actor is None:
        raise HTTPException(404, f"actor {actor_id!r} is not tracked")
    entries = [_of_hit(hit) for hit in said(app, actor, _MOST)]
    return _atom(request, f"{actor.name}, on the record", f"actor/{actor.id}", entries)


@router.get("/watches/{watch_id}.atom", response_class=Response)
def watch_feed(app: Doors, request: Request, watch_id: str) -> Response:
    """The newest alerts of a watch."""
    watch = found(app, Watch, watch_id)
    if watch is None:
        raise HTTPException(404, f"watch {watch_id!r} is not there")
    entries = [_of_alert(alert) for alert in alerts_of(app, watch.id, _MOST)]
    return _atom(request, f"{watch.name}, on the record", f"watch/{watch.id}", entries)


def said(app: App, actor: Actor, most: int) -> list[Hit]:
    """The actor's newest statements."""
    question = Search(collection="statements", query=Term(words(actor.id), "speaker"), limit=most)
    return [hit for hit in app.index.search(question).hits if hit.speaker_id == actor.id]


def _of_hit(hit: Hit) -> Entry:
    return Entry(hit.id, hit.speaker_name, hit.text, hit.source, hit.title, hit.url, hit.first_seen)


def _of_alert(alert: Alert) -> Entry:
    statement, article = alert.statement, alert.statement.first.article
    return Entry(
        statement.id,
        statement.speaker_name,
        statement.text,
        article.source,
        article.title,
        article.url,
        alert.created,
        alert.why,
    )


def _atom(request: Request, title: str, identity: str, entries: Iterable[Entry]) -> Response:
    from feedgenerator import Atom1Feed

    base = str(request.base_url).rstrip("/")
    guid = _urn(content_id("atom", identity))
    feed = Atom1Feed(clean(title), f"{base}/", "", feed_url=str(request.url), feed_guid=guid)
    for entry in entries:
        feed.add_item(
            title=clean(_headline(entry)),
            link=f"{base}/statements/{entry.statement_id}",
            description=clean(_html(entry)),
            author_name=clean(entry.speaker),
            unique_id=_urn(entry.statement_id),
            pubdate=entry.time,
            updateddate=entry.time,
        )
    return Response(feed.writeString("utf-8"), media_type=MEDIA_TYPE)


def _headline(entry: Entry) -> str:
    text = f"{entry.speaker}: {entry.words}"
    return text if len(text) <= _HEADLINE else f"{text[: _HEADLINE - 1].rstrip()}…"


def _html(entry: Entry) -> str:
    source = escape(f"{entry.source}: {entry.title}")
    url = web_address(entry.url)
    link = f'<a href="{escape(url)}">{source}</a>' if url else source
    reason = f"<p>{escape(entry.reason)}</p>" if entry.reason else ""
    return f"<blockquote>{escape(entry.words)}</blockquote><p>{link}</p>{reason}"


def _urn(content: str) -> str:
    """A content id is 128 bits, as a UUID is."""
    return f"urn:uuid:{UUID(hex=content)}"
