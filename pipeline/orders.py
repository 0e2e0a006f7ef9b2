"""What a feed or an actor must be before it goes onto the desk, and what keeps an actor or a group there."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from pipeline.errors import UsageError
from pipeline.model import Actor, Feed, Group, Watch, slug

_WIKIDATA = re.compile(r"Q[1-9]\d*")


def check_feed(feed: Feed) -> None:
    """UsageError where the address is none that can be polled."""
    try:
        parts = urlsplit(feed.url)
    except ValueError as error:
        raise UsageError(f"feed {feed.url!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"feed {feed.url!r} should begin with http:// or https:// and a host")


def check_actor(actor: Actor) -> None:
    """UsageError where a name cannot be looked for, or the Wikidata id is none."""
    for name in (actor.name, *actor.aliases):
        if not slug(name):
            raise UsageError(f"actor {actor.id!r} has a name without a letter: {name!r}")
    if actor.wikidata and not _WIKIDATA.fullmatch(actor.wikidata):
        raise UsageError(f"actor {actor.id!r}: Wikidata id {actor.wikidata!r} should be a Q and a number, such as Q42")


def check_free(actor: Actor, groups: Iterable[Group]) -> None:
    """UsageError where a group is called what the actor is: watches could not tell them apart."""
    if any(group.id == actor.id for group in groups):
        raise UsageError(f"actor {actor.id!r} cannot be called what a group is")


def check_unused(thing_id: str, watches: Iterable[Watch], groups: Iterable[Group]) -> None:
    """UsageError where a watch or a group still names the actor or group."""
    for watch in watches:
        if thing_id in (*watch.by, *watch.about):
            raise UsageError(f"{thing_id!r} is in the watch {watch.id!r}: change or remove that first")
    for group in groups:
        if thing_id in group.members:
            raise UsageError(f"{thing_id!r} is in the group {group.id!r}: change or remove that first")
