"""The API of the desk: feeds, actors and watches."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from pipeline.desk import check_actor, check_feed, check_free, check_unused
from pipeline.errors import InputError, RefusedError, UsageError, WorldError
from pipeline.feeds.health import Health, health
from pipeline.feeds.listing import ListedFeed, listed, subscriptions, unsubscribe
from pipeline.model import Actor, Feed, FeedState, FullText, Group, MentionKind, Role, Watch
from pipeline.ports import Noun
from pipeline.services import Services
from pipeline.web.dependencies import OpenServices

router = APIRouter(prefix="/api/v1", tags=["desk"])

Id = Annotated[str, Path(pattern=r"^[\w.-]{1,100}$", description="Letters, digits, '-', '_' and '.'.")]

Text = Annotated[str, Field(max_length=500)]

Address = Annotated[str, Field(max_length=4000)]

Several = Annotated[tuple[Text, ...], Field(max_length=1000)]


class Order(BaseModel):
    """A body that is read strictly: an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FeedOrder(Order):
    """A feed to be followed, or that of the site at `url` unless it is `as_given`; `source` is by default its host."""

    url: Address
    source: Text = ""
    title: Text = ""
    language: Text = ""
    full_text: FullText = "auto"
    as_given: bool = False


class FeedChange(Order):
    """What is to be said of a feed from now on; None leaves it as it is."""

    source: Text | None = None
    language: Text | None = None
    full_text: FullText | None = None


class ActorOrder(Order):
    """Somebody to be tracked, by these names."""

    name: Text
    kind: MentionKind = "person"
    aliases: Several = ()
    roles: Annotated[tuple[Role, ...], Field(max_length=100)] = ()
    wikidata: Text = ""


@router.get("/feeds")
def feeds(services: OpenServices) -> list[ListedFeed]:
    """All feeds, with their polling state."""
    return [listed(feed, state) for feed, state in subscriptions(services.desk)]


@router.get("/feeds/health")
def feeds_health(services: OpenServices) -> list[Health]:
    """How each feed does: its last success and news, errors, entries a day against the usual, and the next look."""
    now = services.clock()
    return [health(state, now) for _, state in subscriptions(services.desk)]


@router.post("/feeds", status_code=201)
def add_feed(services: OpenServices, order: FeedOrder, response: Response) -> ListedFeed:
    """Follow a feed, or the feed that a site names. One that is followed already is left as it is, with status 200.

    Where nobody answers, the address is taken as it is; where no feed is to be found, that is status 422.
    """
    asked = Feed(**order.model_dump(exclude={"as_given"}))
    feed, new = follow(services, asked if order.as_given else at_its_feed(services, asked))
    response.status_code = 201 if new else 200
    return _listed(services, feed)


def at_its_feed(services: Services, asked: Feed) -> Feed:
    """The feed at the address of the one asked for, or of the site there; as asked where nobody answers.

    UsageError where it is no address, InputError where no feed is to be found.
    """
    from connectors.feeds.parser import Parser
    from pipeline.feeds.discovery import discover

    check_feed(asked)
    if found(services, Feed, asked.id):
        return asked
    with Parser(services.settings.poll, 1) as parser:
        try:
            return replace(asked, url=discover(services.http, parser, asked.url).url)
        except RefusedError as error:
            raise InputError(str(error)) from error
        except WorldError:
            return asked


def follow(services: Services, feed: Feed) -> tuple[Feed, bool]:
    """Put the feed on the desk unless it is there; the feed that is there then, and whether it is new."""
    check_feed(feed)
    known = found(services, Feed, feed.id)
    if known is not None:
        return known, False
    services.desk.save(feed)
    return feed, True


@router.patch("/feeds")
def change_feed(
    services: OpenServices, change: FeedChange, url: Annotated[str, Query(description="The feed's address.")]
) -> ListedFeed:
    """Change what was said of a feed; what is left out stays as it is."""
    known = found(services, Feed, url)
    if known is None:
        raise HTTPException(404, f"feed {url!r} is not followed")
    changed = replace(known, **change.model_dump(exclude_none=True))
    services.desk.save(changed)
    return _listed(services, changed)


def _listed(services: Services, feed: Feed) -> ListedFeed:
    return listed(feed, services.desk.find(FeedState, feed.id) or FeedState(url=feed.url))


@router.delete("/feeds", status_code=204)
def remove_feed(services: OpenServices, url: Annotated[str, Query(description="The feed's address.")]) -> None:
    """Follow a feed no more; its articles are kept."""
    if not unsubscribe(services.desk, url):
        raise HTTPException(404, f"feed {url!r} is not followed")


@router.get("/actors")
def actors(services: OpenServices) -> list[Actor]:
    """All tracked actors."""
    return services.desk.all(Actor)


@router.put("/actors/{actor_id}")
def put_actor(services: OpenServices, actor_id: Id, order: ActorOrder) -> Actor:
    """Track somebody, or change what is known of them. Articles read from now on are searched for the names."""
    return track(services, Actor(id=actor_id, **dict(order)))


def track(services: Services, actor: Actor) -> Actor:
    """Put the actor on the desk; UsageError where they cannot be looked for."""
    check_actor(actor)
    check_free(actor, services.desk.all(Group))
    services.desk.save(actor)
    return actor


@router.delete("/actors/{actor_id}", status_code=204)
def remove_actor(services: OpenServices, actor_id: str) -> None:
    """Track somebody no more; what they said is kept. Refused (409) while a watch or a group names them."""
    refuse_used(services, actor_id)
    if not services.desk.remove(Actor, actor_id):
        raise HTTPException(404, f"actor {actor_id!r} is not tracked")


def refuse_used(services: Services, thing_id: str) -> None:
    """Refuse (409) to remove an actor or group that something on the desk names."""
    try:
        check_unused(thing_id, services.desk.all(Watch), services.desk.all(Group))
    except UsageError as error:
        raise HTTPException(409, str(error)) from error


def found(services: Services, noun: type[Noun], thing_id: str) -> Noun | None:
    """The feed, actor or watch of this id."""
    return services.desk.find(noun, thing_id)
