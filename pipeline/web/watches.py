"""The API of what to be told of: groups of actors, and watches with their previews."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import Field

from pipeline.alerts.match import check
from pipeline.alerts.preview import Preview, preview
from pipeline.alerts.targets import shown_watch, unmasked
from pipeline.desk import check_group
from pipeline.errors import SettingsError, UsageError
from pipeline.model import Actor, Group, QuoteKind, Tempo, Watch
from pipeline.services import Services
from pipeline.web.dependencies import Limit, OpenServices
from pipeline.web.desk import Address, Id, Order, Several, Text, found, refuse_used

router = APIRouter(prefix="/api/v1", tags=["desk"])


class GroupOrder(Order):
    """Actors, and other groups, under one name."""

    name: Text
    members: Several


class WatchOrder(Order):
    """What to be told of, where and when; `by` and `about` take ids of actors and groups."""

    name: Text
    by: Several = ()
    about: Several = ()
    query: Annotated[str, Field(max_length=4000)] = ""
    sources: Several = ()
    languages: Several = ()
    kinds: tuple[QuoteKind, ...] = ()
    least_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5
    deliver: Annotated[tuple[Address, ...], Field(max_length=20)] = ("stdout",)
    tempo: Tempo = "instant"
    quiet: Annotated[Text, Field(description="Hours such as 22:00-07:00.")] = ""
    daily_cap: Annotated[int, Field(ge=0, description="Most alerts a day; 0 is no cap.")] = 0
    zone: Annotated[Text, Field(description="Whose hours and days, such as Europe/Oslo.")] = "UTC"
    least_sources: Annotated[int, Field(ge=1, description="Independent sources that must have it first.")] = 1
    spread: Annotated[
        tuple[Annotated[int, Field(ge=2)], ...],
        Field(max_length=20, description="Numbers of independent sources at which it is told again."),
    ] = ()


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
    """Be told of what is said from now on, or change a watch, which keeps the time that it counts from.

    A target of the watch may be given as it is shown, with what is secret in it masked.
    """
    known = found(services, Watch, watch_id)
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


@router.post("/watches/preview")
def preview_watch(services: OpenServices, order: WatchOrder, limit: Limit = 20) -> Preview:
    """What the watch would have told of what is on the record, newest first, if it stood; nothing is kept."""
    found = foreseen(services, Watch(id="preview", created=services.clock(), **dict(order)))
    return replace(found, alerts=found.alerts[:limit])


def foreseen(services: Services, watch: Watch) -> Preview:
    """The preview of the watch; UsageError where it cannot be met, QueryError for its query."""
    actors, known = services.desk.all(Actor), services.desk.all(Group)
    check(watch, actors, known)
    return preview(
        watch, actors, known, search=services.index.search, decisions=services.index.decisions, now=services.clock()
    )


@router.delete("/watches/{watch_id}", status_code=204)
def remove_watch(services: OpenServices, watch_id: str) -> None:
    """Be told no more; the alerts so far are kept."""
    if not services.desk.remove(Watch, watch_id):
        raise HTTPException(404, f"watch {watch_id!r} is not there")
