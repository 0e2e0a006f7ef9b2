"""Who and what an article names: the entity, and each name that stands for it."""

from dataclasses import dataclass, field

from pipeline.model import MentionKind


@dataclass(slots=True)
class Entity:
    """Somebody or something named in the article; what is learned of it is added as the article is read."""

    words: tuple[str, ...]
    name: str
    kind: MentionKind
    gender: str = ""
    actor: str = ""
    stranger: bool = False  # has a tracked actor's full name, and is somebody else
    likeness: float = 1.0  # the probability that this is the tracked actor
    roles: set[str] = field(default_factory=set)
    ties: set[str] = field(default_factory=set)  # capitalised words before the roles: "NATO Secretary General …"
    age: str = ""
    sure: bool = False  # that the kind is right: a title, a given name or an organisation's word says so
    times: int = 0
    full: tuple[int, int] | None = None  # where the name stands in its fullest form
    last: int = -1


@dataclass(slots=True)
class Name:
    """Tokens `start` up to `end` name this entity; `run` is where its titles begin."""

    start: int
    end: int
    run: int
    entity: Entity
