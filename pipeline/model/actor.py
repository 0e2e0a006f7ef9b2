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
