"""What readers order: actors to be tracked, groups of them, and watches."""

from dataclasses import dataclass
from typing import Literal

from pipeline.model.documents import MentionKind, QuoteKind
from pipeline.model.wire import Time

Tempo = Literal["instant", "grouped", "hourly", "daily"]


@dataclass(frozen=True, slots=True)
class Role:
    """An office or title that an actor holds between two dates; None means open-ended."""

    title: str
    start: Time | None = None
    end: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody worth tracking. `id` is by default the name's slug, so untracked quotes of the same name join up."""

    id: str
    name: str
    kind: MentionKind = "person"
    aliases: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    wikidata: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Actors under one name, for watches; `members` are ids of actors and of other groups, without a circle."""

    id: str
    name: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A standing order: said `by` these actors, or `about` those, meeting the query and every other condition given.

    `by` and `about` hold ids of actors and groups. An empty tuple or string is no condition. `created` is in log time:
    nothing first seen before it alerts. `deliver` are targets as `NAME` or `NAME:ADDRESS`, such as "stdout" or
    "webhook:https://example.org/hook".

    Alerts go out at once, or in one message every five minutes ("grouped"), hour, or day. In the hours of `quiet`, such
    as "22:00-07:00", they wait; what is more than `daily_cap` alerts (0 is no cap) comes together when the day is over.
    Hours and days are those of `zone`, a name of the IANA time zones.

    It is met once a statement has `least_sources` independent sources, and tells of it again when it has as many as
    each number of `spread`.
    """

    id: str
    name: str
    created: Time
    by: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    query: str = ""
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[QuoteKind, ...] = ()
    least_confidence: float = 0.5
    deliver: tuple[str, ...] = ("stdout",)
    tempo: Tempo = "instant"
    quiet: str = ""
    daily_cap: int = 0
    zone: str = "UTC"
    least_sources: int = 1
    spread: tuple[int, ...] = ()
