"""The addresses of feeds: what an actor says, what a search finds, and the alerts of a watch."""

from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from pipeline.model import Actor, Watch
from pipeline.model.query import Hit, Search, Term
from pipeline.search.query import parse
from pipeline.services import Services
from pipeline.text import words
from pipeline.web.alerts import alerts_of
from pipeline.web.atom import Channel, activities, atom, entry_of_alert, entry_of_hit, json_feed
from pipeline.web.dependencies import OpenServices, Words

router = APIRouter(prefix="/feeds", tags=["feeds out"])

_MOST: Final = 50  # entries of a feed


@router.get("/actors/{actor_id}.atom", response_class=Response)
def actor_feed(services: OpenServices, request: Request, actor_id: str) -> Response:
    """The newest statements of a tracked actor, as Atom."""
    return atom(request, _of_actor(services, actor_id))


@router.get("/actors/{actor_id}.json", response_class=Response)
def actor_json_feed(services: OpenServices, request: Request, actor_id: str) -> Response:
    """The newest statements of a tracked actor, as JSON Feed 1.1."""
    return json_feed(request, _of_actor(services, actor_id))


@router.get("/actors/{actor_id}/outbox", response_class=Response)
def actor_activities(services: OpenServices, request: Request, actor_id: str) -> Response:
    """The newest statements of a tracked actor, as a collection of Activity Streams 2.0. Nobody can follow or post."""
    return activities(request, _of_actor(services, actor_id))


@router.get("/watches/{watch_id}/outbox", response_class=Response)
def watch_activities(services: OpenServices, request: Request, watch_id: str) -> Response:
    """The newest alerts of a watch, as a collection of Activity Streams 2.0. Nobody can follow or post."""
    return activities(request, _of_watch(services, watch_id))


@router.get("/search.atom", response_class=Response)
def search_feed(services: OpenServices, request: Request, q: Words = "") -> Response:
    """The newest statements that a search finds, as Atom."""
    return atom(request, _of_search(services, q))


@router.get("/search.json", response_class=Response)
def search_json_feed(services: OpenServices, request: Request, q: Words = "") -> Response:
    """The newest statements that a search finds, as JSON Feed 1.1."""
    return json_feed(request, _of_search(services, q))


@router.get("/watches/{watch_id}.atom", response_class=Response)
def watch_feed(services: OpenServices, request: Request, watch_id: str) -> Response:
    """The newest alerts of a watch, as Atom."""
    return atom(request, _of_watch(services, watch_id))


@router.get("/watches/{watch_id}.json", response_class=Response)
def watch_json_feed(services: OpenServices, request: Request, watch_id: str) -> Response:
    """The newest alerts of a watch, as JSON Feed 1.1."""
    return json_feed(request, _of_watch(services, watch_id))


def _of_actor(services: Services, actor_id: str) -> Channel:
    actor = services.desk.find(Actor, actor_id)
    if actor is None:
        raise HTTPException(404, f"actor {actor_id!r} is not tracked")
    entries = [entry_of_hit(hit) for hit in said(services, actor, _MOST)]
    return Channel(f"{actor.name}, on the record", f"actor/{actor.id}", entries)


def _of_search(services: Services, q: str) -> Channel:
    question = Search(collection="statements", query=parse(q, services.clock()), limit=_MOST)
    entries = [entry_of_hit(hit) for hit in services.index.search(question).hits]
    return Channel(f"{q or 'Everything'}, on the record", f"search/{q}", entries)


def _of_watch(services: Services, watch_id: str) -> Channel:
    watch = services.desk.find(Watch, watch_id)
    if watch is None:
        raise HTTPException(404, f"watch {watch_id!r} is not there")
    entries = [entry_of_alert(alert) for alert in alerts_of(services, watch.id, _MOST)]
    return Channel(f"{watch.name}, on the record", f"watch/{watch.id}", entries, hubs(watch))


def hubs(watch: Watch) -> list[str]:
    """The WebSub hubs that the watch delivers to, which push its feed."""
    return [address for name, _, address in (target.partition(":") for target in watch.deliver) if name == "websub"]


def said(services: Services, actor: Actor, most: int) -> list[Hit]:
    """The actor's newest statements."""
    question = Search(collection="statements", query=Term(words(actor.id), "speaker"), limit=most)
    return [hit for hit in services.index.search(question).hits if hit.speaker_id == actor.id]
