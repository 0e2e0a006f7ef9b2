"""The sample desk: one invented story as several outlets cover it, with the actors and watches that follow it.

Times are relative to a start, so that the story unfolds again whenever it is served. An entry is one file of
`articles/`: TOML between two lines of `+++`, then the paragraphs. `desk.toml` holds feeds, actors and watches, and
`EXPECTED.md` what the product ought to make of it all.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from importlib.resources import files
from typing import Any, Literal

from pipeline.codec import from_plain
from pipeline.model import EPOCH, Actor, Watch

FeedFormat = Literal["rss", "atom", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFeed:
    """The one feed of an outlet; `id` is fit for a path, `language` is a BCP 47 tag."""

    id: str
    source: str
    title: str
    format: FeedFormat
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleItem:
    """One revision of one article in a feed.

    `path` is its address below the feed's and its identity: a later revision has the same. `published` counts from the
    start (negative: before it), `appears` is when the feed first carries it. Where there is a `summary`, the feed
    carries only that, and the article's page shows the `text`, or refuses (403) if the text is empty.
    """

    name: str
    feed: str
    path: str
    title: str
    author: str
    published: timedelta
    appears: timedelta
    revision: int
    summary: str
    text: str

    @property
    def html(self) -> str:
        """The text as HTML paragraphs; '' where there is no text."""
        return "\n".join(
            f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in self.text.split("\n\n") if paragraph
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """The whole sample; a watch counts from EPOCH, as every first poll is a backfill that alerts nobody."""

    feeds: tuple[SampleFeed, ...]
    entries: tuple[SampleItem, ...]
    actors: tuple[Actor, ...]
    watches: tuple[Watch, ...]

    def carried(self, feed: str, elapsed: timedelta) -> tuple[SampleItem, ...]:
        """Return what the feed carries so long after the start: the latest revision of each article, newest first."""
        latest: dict[str, SampleItem] = {}
        for entry in self.entries:
            if entry.feed == feed and entry.appears <= elapsed:
                latest[entry.path] = entry
        return tuple(sorted(latest.values(), key=lambda entry: (entry.appears, entry.name), reverse=True))

    @property
    def length(self) -> timedelta:
        """From the start until the last entry has appeared."""
        return max(entry.appears for entry in self.entries)


def load() -> Sample:
    """The sample that is shipped in the package, entries in order of appearance."""
    desk = tomllib.loads(files(__name__).joinpath("desk.toml").read_text("utf-8"))
    return Sample(
        feeds=tuple(SampleFeed(**feed) for feed in desk["feeds"]),
        entries=tuple(sorted(_entries(), key=lambda entry: (entry.appears, entry.name))),
        actors=tuple(from_plain(Actor, actor) for actor in desk["actors"]),
        watches=tuple(from_plain(Watch, {"created": EPOCH, **watch}) for watch in desk["watches"]),
    )


def _entries() -> Iterator[SampleItem]:
    for file in files(__name__).joinpath("articles").iterdir():
        if file.name.endswith(".txt"):
            yield _entry(file.name.removesuffix(".txt"), file.read_text("utf-8"))


def _entry(name: str, written: str) -> SampleItem:
    _, head, text = written.split("+++\n", 2)
    fields: dict[str, Any] = tomllib.loads(head)
    return SampleItem(
        name=name,
        feed=fields["feed"],
        path=fields["path"],
        title=fields["title"],
        author=fields.get("author", ""),
        published=timedelta(hours=fields["published_hours"]),
        appears=timedelta(seconds=fields["appears_seconds"]),
        revision=fields.get("revision", 1),
        summary=fields.get("summary", ""),
        text=text.strip(),
    )
