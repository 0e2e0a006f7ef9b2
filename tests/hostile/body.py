"""A hostile body: what it is, who parses it, and how it is made when it is needed, since all together are gigabytes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Task = Literal[
    "feed",
    "page",
    "document",
    "links",
    "section",
    "link_rules",
    "opml",
    "robots",
    "listing",
    "records",
    "message",
    "subtitles",
    "debate",
    "pdf",
    "people",
    "gzip",
    "deflate",
    "br",
    "zstd",
]


@dataclass(frozen=True, slots=True)
class Hostile:
    """One body; the tasks "gzip" to "zstd" unpack it, all others parse it."""

    name: str
    task: Task
    make: Callable[[], bytes]


def utf8(source: str) -> bytes:
    """The bytes of a text, half surrogates included."""
    return source.encode("utf-8", "surrogatepass")


def filled(template: str, make: Callable[[], str]) -> bytes:
    """The template with a text in the place of its `%s`."""
    return utf8(template.replace("%s", make()))


def rotated(formats: Iterable[str], number: int, count: int) -> list[str]:
    """The formats in which the kind of this number is tried: so many, and others for the next kind."""
    names = list(formats)
    return [names[(number * count + place) % len(names)] for place in range(count)]
