"""Rules for records of the desk: feeds, actors and groups."""

import re
from collections.abc import Iterable, Mapping, Sequence

from pipeline.errors import UsageError
from pipeline.model import Actor, Feed, Group, Watch, slug
from pipeline.text.http import split

_WIKIDATA = re.compile(r"Q[1-9]\d*")


def check_feed(feed: Feed) -> None:
    """UsageError if the feed's address cannot be polled."""
    parts = split(feed.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"feed {feed.url!r} should begin with http:// or https:// and a host")


def check_actor(actor: Actor) -> None:
    """UsageError if a name has no letters or the Wikidata id is malformed."""
    for name in (actor.name, *actor.aliases):
        if not slug(name):
            raise UsageError(f"actor {actor.id!r} has a name without a letter: {name!r}")
    if actor.wikidata and not _WIKIDATA.fullmatch(actor.wikidata):
        raise UsageError(f"actor {actor.id!r}: Wikidata id {actor.wikidata!r} should be a Q and a number, such as Q42")


def shared_names(actor: Actor, others: Iterable[Actor]) -> list[str]:
    """A sentence for each name that the actor shares with another one of the desk."""
    own = {slug(name): name for name in (actor.name, *actor.aliases)}
    return [
        f"{own[slug(name)]!r} is a name of {other.name} too; full names, titles and roles tell the two apart"
        for other in others
        if other.id != actor.id
        for name in dict.fromkeys((other.name, *other.aliases))
        if slug(name) in own
    ]


def check_free(actor: Actor, groups: Iterable[Group]) -> None:
    """UsageError if a group has the actor's id, because a watch could mean either."""
    if any(group.id == actor.id for group in groups):
        raise UsageError(f"actor {actor.id!r} cannot be called what a group is")


def check_unused(thing_id: str, watches: Iterable[Watch], groups: Iterable[Group]) -> None:
    """UsageError if a watch or a group still refers to the actor or group."""
    for watch in watches:
        if thing_id in (*watch.by, *watch.about):
            raise UsageError(f"{thing_id!r} is in the watch {watch.id!r}: change or remove that first")
    for group in groups:
        if thing_id in group.members:
            raise UsageError(f"{thing_id!r} is in the group {group.id!r}: change or remove that first")


def members(ids: Iterable[str], groups: Mapping[str, Group]) -> frozenset[str]:
    """The ids of all actors that these ids of actors and groups stand for. Cycles of groups end."""
    actors, pending, seen = set[str](), list(ids), set[str]()
    while pending:
        actor_or_group = pending.pop()
        if actor_or_group in seen:
            continue
        seen.add(actor_or_group)
        group = groups.get(actor_or_group)
        if group is None:
            actors.add(actor_or_group)
        else:
            pending.extend(group.members)
    return frozenset(actors)


def found(called: str, actors: Sequence[Actor], groups: Sequence[Group]) -> str:
    """The id of the one actor or group with this id, name or alias; UsageError if there is none, or more than one."""
    if called in {*(actor.id for actor in actors), *(group.id for group in groups)}:
        return called
    wanted = slug(called)
    matches = [a.id for a in actors if wanted in (a.id, slug(a.name), *map(slug, a.aliases))]
    matches += [group.id for group in groups if wanted in (group.id, slug(group.name))]
    if len(matches) > 1:
        raise UsageError(f"actor {called!r} may be any of {', '.join(matches)}; give the id")
    if not matches:
        raise UsageError(f"actor {called!r} is not tracked yet; `onrecord actors add` adds them")
    return matches[0]


def check_group(group: Group, actors: Iterable[Actor], groups: Iterable[Group]) -> None:
    """UsageError if the group has no usable name, no members, an unknown member, or itself among its members."""
    people = {actor.id for actor in actors}
    if not slug(group.name):
        raise UsageError(f"group {group.id!r} has a name without a letter: {group.name!r}")
    if group.id in people:
        raise UsageError(f"group {group.id!r} cannot be called what an actor is")
    if not group.members:
        raise UsageError(f"group {group.id!r} has no members")
    known = {other.id: other for other in groups} | {group.id: group}
    for member in group.members:
        if member not in people and member not in known:
            raise UsageError(f"group {group.id!r} names a member that is neither an actor nor a group: {member!r}")
    circle = _circle(group.id, known)
    if circle:
        raise UsageError(f"group {group.id!r} would be in a circle: {' → '.join(circle)}")


def _circle(start: str, groups: Mapping[str, Group]) -> tuple[str, ...]:
    """A path of memberships from a group back to itself, or ()."""
    paths, seen = list[tuple[str, ...]]([(start,)]), set[str]()
    while paths:
        path = paths.pop()
        for member in groups[path[-1]].members:
            if member == start:
                return (*path, start)
            if member in groups and member not in seen:
                seen.add(member)
                paths.append((*path, member))
    return ()
