"""What a feed or an actor must be before it goes onto the desk, and what keeps an actor there."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from pipeline.errors import UsageError
from pipeline.model import Actor, Feed, Watch, slug

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


def check_unwatched(actor_id: str, watches: Iterable[Watch]) -> None:
    """UsageError where a watch still names the actor."""
    for watch in watches:
        if actor_id in (*watch.by, *watch.about):
            raise UsageError(f"actor {actor_id!r} is in the watch {watch.id!r}: change or remove that first")
