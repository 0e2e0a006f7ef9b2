"""Actors and groups of actors."""

from dataclasses import dataclass
from typing import Literal

from pipeline.model.document import MentionKind
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
    """A tracked person, organisation or place. `id` is by default the slug of the name, like the ids of speakers."""

    id: str
    name: str
    kind: MentionKind = "person"
    aliases: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    wikidata: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A named set of actors for watches. `members` are ids of actors and of other groups, without cycles."""

    id: str
    name: str
    members: tuple[str, ...] = ()
