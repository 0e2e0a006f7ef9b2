"""The API of the desk: feeds, actors and groups, and watches with their previews."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from pipeline.alerts.match import check
from pipeline.alerts.preview import Preview, preview
from pipeline.codec import encode
from pipeline.desk import check_actor, check_feed, check_free, check_group, check_unused, matching
from pipeline.errors import InputError, RefusedError, SettingsError, UsageError, WorldError
from pipeline.feeds.health import Health, health
from pipeline.feeds.state import ListedFeed, listed, subscriptions, unsubscribe
from pipeline.model import (
    Actor,
    Change,
    Delivery,
    Feed,
    FeedState,
    FullText,
    Group,
    MentionKind,
    QuoteKind,
    Role,
    Tempo,
    Watch,
    content_id,
)
from pipeline.model.desk import LEAST_CONFIDENCE
from pipeline.model.feed import LinkRule
from pipeline.services import Services
from pipeline.text.targets import shown_watch, unmasked
from pipeline.web.dependencies import Limit, OpenServices

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
    ignore: Several = ()
    tags: Several = ()
    links: Text = ""
    account: Text = ""
    as_given: bool = False


class FeedChange(Order):
    """New options of a feed; None leaves an option as it is."""

    source: Text | None = None
    language: Text | None = None
    full_text: FullText | None = None
    ignore: Several | None = None
    tags: Several | None = None
    paused: bool | None = None
    links: Text | None = None
    account: Text | None = None


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
    """List the health of each feed: its last success and news, errors, entries a day and usually, and the next poll."""
    now = services.clock()
    return [health(state, now) for _, state in subscriptions(services.desk)]


@router.post("/feeds", status_code=201)
def add_feed(services: OpenServices, order: FeedOrder, response: Response) -> ListedFeed:
    """Follow a feed, or the feed that a site names. One that is followed already is left as it is, with status 200.

    Where nobody answers, the address is taken as it is; where no feed is to be found, that is status 422.
    """
    wanted = Feed(**order.model_dump(exclude={"as_given"}))
    feed, new = follow(services, wanted if order.as_given else at_its_feed(services, wanted)[0])
    response.status_code = 201 if new else 200
    return _listed(services, feed)


def at_its_feed(services: Services, wanted: Feed) -> tuple[Feed, str]:
    """The feed at the address, or of the site there, and '' or why the address could not be checked.

    UsageError for a wrong address, InputError if there is no feed.
    """
    from connectors.feeds.parser import Parser
    from pipeline.feeds.discovery import discover

    check_feed(wanted)
    if services.desk.find(Feed, wanted.id) or wanted.links or not wanted.url.startswith("http"):
        return wanted, ""
    with Parser(services.settings.poll, 1) as parser:
        try:
            return replace(wanted, url=discover(services.http(), parser, wanted.url).url), ""
        except RefusedError as error:
            raise InputError(str(error)) from error
        except WorldError as error:
            return wanted, str(error)


def proposed_links(services: Services, url: str) -> list[LinkRule]:
    """Selectors for the links to articles on a page without a feed; InputError if there are none."""
    from connectors.feeds.parser import Parser
    from connectors.http.robots import CachedRobots
    from pipeline.feeds.discovery import preview

    check_feed(Feed(url=url))
    with Parser(services.settings.poll, 1) as parser:
        try:
            return preview(services.http(), parser, CachedRobots(), url)
        except RefusedError as error:
            raise InputError(str(error)) from error


def follow(services: Services, feed: Feed) -> tuple[Feed, bool]:
    """Put the feed on the desk unless it is there; the feed that is there then, and whether it is new."""
    check_feed(feed)
    if feed.url.startswith("file:"):
        raise UsageError("a folder is followed from the command line, so that no page opens the files of this machine")
    known = services.desk.find(Feed, feed.id)
    if known is not None:
        return known, False
    services.desk.save(feed)
    return feed, True


@router.patch("/feeds")
def change_feed(
    services: OpenServices, change: FeedChange, url: Annotated[str, Query(description="The feed's address.")]
) -> ListedFeed:
    """Change what was said of a feed; what is left out stays as it is."""
    known = services.desk.find(Feed, url)
    if known is None:
        raise HTTPException(404, f"feed {url!r} is not followed")
    changed = replace(known, **change.model_dump(exclude_none=True))
    check_feed(changed)
    services.desk.save(changed)
    return _listed(services, changed)


def _listed(services: Services, feed: Feed) -> ListedFeed:
    return listed(feed, services.desk.find(FeedState, feed.id) or FeedState(url=feed.url))


@router.delete("/feeds", status_code=204)
def remove_feed(services: OpenServices, url: Annotated[str, Query(description="The feed's address.")]) -> None:
    """Follow a feed no more; its articles are kept."""
    if not unsubscribe(services.desk, url):
        raise HTTPException(404, f"feed {url!r} is not followed")


@router.get("/changes")
def changes(
    services: OpenServices,
    limit: Limit = 100,
    record: Annotated[str, Query(max_length=200, description="Id of a record, or its type, such as watch.")] = "",
    who: Annotated[str, Query(max_length=200, description="Words of the user's name or of the origin.")] = "",
) -> list[Change]:
    """The audit log: who changed what on the desk, the newest first."""
    return matching(services.desk.all(Change), record=record, who=who)[: -limit - 1 : -1]


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


def refuse_used(services: Services, name_id: str) -> None:
    """Refuse (409) to remove an actor or group that something on the desk names."""
    try:
        check_unused(name_id, services.desk.all(Watch), services.desk.all(Group))
    except UsageError as error:
        raise HTTPException(409, str(error)) from error


def find_actor(services: Services, actor_id: str) -> Actor:
    """The tracked actor of this id; a 404 where there is none."""
    known = services.desk.find(Actor, actor_id)
    if known is None:
        raise HTTPException(404, f"actor {actor_id!r} is not tracked")
    return known


def edition(record: Watch | Actor) -> str:
    """Return what a form remembers of a record, to notice that somebody else has changed it meanwhile."""
    return content_id("edition", encode(record).decode())


def conflict(services: Services, known: Watch | Actor) -> UsageError:
    """The error for a form that was opened before the last change of its record, or without a look at it."""
    noun = "watch" if isinstance(known, Watch) else "actor"
    changes = [each for each in services.desk.all(Change) if (each.noun, each.record) == (noun, known.id)]
    last = f", last changed by {changes[-1].who} at {changes[-1].at:%H:%M} UTC" if changes else ""
    return UsageError(
        f"“{known.name}” is not as it was when this form was opened{last}; nothing is saved yet, and saving again "
        "replaces it with what stands here"
    )


class GroupOrder(Order):
    """Actors, and other groups, under one name."""

    name: Text
    members: Several


class WatchOrder(Order):
    """The conditions, targets and times of alerts; `by` and `about` take ids of actors and groups."""

    name: Text
    by: Several = ()
    about: Several = ()
    query: Annotated[str, Field(max_length=4000)] = ""
    sources: Several = ()
    languages: Several = ()
    kinds: tuple[QuoteKind, ...] = ()
    least_confidence: Annotated[float, Field(ge=0, le=1)] = LEAST_CONFIDENCE
    deliver: Annotated[tuple[Address, ...], Field(max_length=20)] = ("stdout",)
    tempo: Tempo = "instant"
    quiet: Annotated[Text, Field(description="Hours such as 22:00-07:00.")] = ""
    daily_cap: Annotated[int, Field(ge=0, description="Most alerts a day; 0 is no cap.")] = 0
    zone: Annotated[Text, Field(description="Whose hours and days, such as Europe/Oslo.")] = "UTC"
    least_sources: Annotated[int, Field(ge=1, description="Independent sources that must have it first.")] = 1
    spread: Annotated[
        tuple[Annotated[int, Field(ge=2)], ...],
        Field(max_length=20, description="Numbers of independent sources at which it alerts again."),
    ] = ()
    paused: Annotated[bool, Field(description="Whether it alerts to nothing for now.")] = False
    spike: Annotated[
        float,
        Field(ge=0, description="Alert only when an actor is reported so many times as often as usual; 0 is never."),
    ] = 0.0
    silence: Annotated[
        int, Field(ge=0, description="Alert only when an actor has not been reported for so many days; 0 is never.")
    ] = 0


@router.get("/groups")
def groups(services: OpenServices) -> list[Group]:
    """All groups of actors."""
    return services.desk.all(Group)


@router.put("/groups/{group_id}")
def put_group(services: OpenServices, group_id: Id, order: GroupOrder) -> Group:
    """Put actors under one name, or change who they are. Refused where groups would be in a circle."""
    return gather(services, Group(id=group_id, **dict(order)))


def gather(services: Services, group: Group) -> Group:
    """Put the group on the desk; UsageError where it cannot be one."""
    check_group(group, services.desk.all(Actor), services.desk.all(Group))
    services.desk.save(group)
    return group


@router.delete("/groups/{group_id}", status_code=204)
def remove_group(services: OpenServices, group_id: str) -> None:
    """Take the name away; the actors stay. Refused (409) while a watch or a group names it."""
    refuse_used(services, group_id)
    if not services.desk.remove(Group, group_id):
        raise HTTPException(404, f"group {group_id!r} is not there")


@router.get("/watches")
def watches(services: OpenServices) -> list[Watch]:
    """All watches, what is secret in a target masked."""
    return list(map(shown_watch, services.desk.all(Watch)))


@router.put("/watches/{watch_id}")
def put_watch(services: OpenServices, watch_id: Id, order: WatchOrder) -> Watch:
    """Add a watch that counts from now on, or change one, which keeps the time that it counts from.

    A target of the watch may be given as it is shown, with what is secret in it masked.
    """
    known = services.desk.find(Watch, watch_id)
    created = known.created if known else services.clock()
    watch = Watch(id=watch_id, created=created, **dict(order))
    return shown_watch(stand(services, replace(watch, deliver=unmasked(watch.deliver, known.deliver if known else ()))))


def stand(services: Services, watch: Watch) -> Watch:
    """Put the watch on the desk; UsageError where it cannot be met or delivered, QueryError for its query."""
    check(watch, services.desk.all(Actor), services.desk.all(Group))
    for target in watch.deliver:
        try:
            services.notifier(target)
        except SettingsError as error:
            raise UsageError(str(error)) from error
    services.desk.save(watch)
    return watch


def send_test(services: Services, watch: Watch) -> int:
    """Send the newest alert that the watch would have sent to its targets, marked as a test; how many they are.

    UsageError where nothing on the record meets the watch; WorldError or RefusedError for what a target answers.
    """
    alerts = foreseen(services, watch).alerts[:1]
    if not alerts:
        raise UsageError(f"nothing on the record meets the watch {watch.name!r}, so there is no message to try it with")
    alert = replace(alerts[0], why=f"a test of the watch; {alerts[0].why}")
    targets = [target for target in watch.deliver if target != "stdout"]
    for target in targets:
        name = f"test-{watch.id}-{services.clock():%Y%m%dT%H%M%S}"
        services.notifier(target).send(Delivery(id=name, alert=alert, target=target))
    return len(targets)


@router.post("/watches/preview")
def preview_watch(services: OpenServices, order: WatchOrder, limit: Limit = 20) -> Preview:
    """Return the alerts that the watch would have sent for the statements on record, newest first; store nothing."""
    expected = foreseen(services, Watch(id="preview", created=services.clock(), **dict(order)))
    return replace(expected, alerts=expected.alerts[:limit])


def foreseen(services: Services, watch: Watch) -> Preview:
    """The preview of the watch; UsageError where it cannot be met, QueryError for its query."""
    actors, known = services.desk.all(Actor), services.desk.all(Group)
    check(watch, actors, known)
    return preview(
        watch, actors, known, search=services.index.search, decisions=services.index.decisions, now=services.clock()
    )


@router.delete("/watches/{watch_id}", status_code=204)
def remove_watch(services: OpenServices, watch_id: str) -> None:
    """Remove a watch; its past alerts stay."""
    if not services.desk.remove(Watch, watch_id):
        raise HTTPException(404, f"watch {watch_id!r} is not there")
