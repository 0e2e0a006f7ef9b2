"""The API of the desk: feeds, actors and watches."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from pipeline.app import App
from pipeline.errors import UsageError, WorldError
from pipeline.health import Health, health
from pipeline.model import Actor, Feed, FullText, Group, MentionKind, Role, Watch
from pipeline.orders import check_actor, check_feed, check_free, check_unused
from pipeline.polling import shown
from pipeline.ports import Thing
from pipeline.web.doors import Doors

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
def feeds(app: Doors) -> list[Feed]:
    """All feeds, with what is remembered of polling them."""
    return [shown(feed) for feed in app.desk.all(Feed)]


@router.get("/feeds/health")
def feeds_health(app: Doors) -> list[Health]:
    """How each feed does: its last success and news, errors, entries a day against the usual, and the next look."""
    now = app.clock()
    return [health(feed, now) for feed in app.desk.all(Feed)]


@router.post("/feeds", status_code=201)
def add_feed(app: Doors, order: FeedOrder, response: Response) -> Feed:
    """Follow a feed, or the feed that a site names. One that is followed already is left as it is, with status 200.

    Where nobody answers, the address is taken as it is; where no feed is to be found, that is status 422.
    """
    asked = Feed(**order.model_dump(exclude={"as_given"}))
    feed, new = follow(app, asked if order.as_given else at_its_feed(app, asked))
    response.status_code = 201 if new else 200
    return shown(feed)


def at_its_feed(app: App, asked: Feed) -> Feed:
    """The feed at the address of the one asked for, or of the site there; as asked where nobody answers.

    UsageError where it is no address, InputError where no feed is to be found.
    """
    from connectors.feeds.discover import discover
    from connectors.feeds.workers import Parser

    check_feed(asked)
    if found(app, Feed, asked.id):
        return asked
    with Parser(app.settings.poll, 1) as parser:
        try:
            return replace(asked, url=discover(app.outside, parser, asked.url).url)
        except WorldError:
            return asked


def follow(app: App, feed: Feed) -> tuple[Feed, bool]:
    """Put the feed on the desk unless it is there; the feed that is there then, and whether it is new."""
    check_feed(feed)
    known = found(app, Feed, feed.id)
    if known is not None:
        return known, False
    app.desk.save(feed)
    return feed, True


@router.patch("/feeds")
def change_feed(app: Doors, change: FeedChange, url: Annotated[str, Query(description="The feed's address.")]) -> Feed:
    """Change what was said of a feed; what is left out stays as it is."""
    known = found(app, Feed, url)
    if known is None:
        raise HTTPException(404, f"feed {url!r} is not followed")
    changed = replace(known, **change.model_dump(exclude_none=True))
    app.desk.save(changed)
    return shown(changed)


@router.delete("/feeds", status_code=204)
def remove_feed(app: Doors, url: Annotated[str, Query(description="The feed's address.")]) -> None:
    """Follow a feed no more; its articles are kept."""
    if not app.desk.remove(Feed, url):
        raise HTTPException(404, f"feed {url!r} is not followed")


@router.get("/actors")
def actors(app: Doors) -> list[Actor]:
    """All tracked actors."""
    return app.desk.all(Actor)


@router.put("/actors/{actor_id}")
def put_actor(app: Doors, actor_id: Id, order: ActorOrder) -> Actor:
    """Track somebody, or change what is known of them. Articles read from now on are searched for the names."""
    return track(app, Actor(id=actor_id, **dict(order)))


def track(app: App, actor: Actor) -> Actor:
    """Put the actor on the desk; UsageError where they cannot be looked for."""
    check_actor(actor)
    check_free(actor, app.desk.all(Group))
    app.desk.save(actor)
    return actor


@router.delete("/actors/{actor_id}", status_code=204)
def remove_actor(app: Doors, actor_id: str) -> None:
    """Track somebody no more; what they said is kept. Refused (409) while a watch or a group names them."""
    refuse_used(app, actor_id)
    if not app.desk.remove(Actor, actor_id):
        raise HTTPException(404, f"actor {actor_id!r} is not tracked")


def refuse_used(app: App, thing_id: str) -> None:
    """Refuse (409) to remove an actor or group that something on the desk names."""
    try:
        check_unused(thing_id, app.desk.all(Watch), app.desk.all(Group))
    except UsageError as error:
        raise HTTPException(409, str(error)) from error


def found(app: App, noun: type[Thing], thing_id: str) -> Thing | None:
    """The feed, actor or watch of this id."""
    return next((thing for thing in app.desk.all(noun) if thing.id == thing_id), None)
