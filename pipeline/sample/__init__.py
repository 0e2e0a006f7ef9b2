"""The sample desk: one invented story as several outlets cover it, with the actors and watches that follow it.

Times are relative to a start, so that the story unfolds again whenever it is served. An entry is one file of
`articles/`: TOML between two lines of `+++`, then the paragraphs. `desk.toml` holds feeds, actors and watches, and
`EXPECTED.md` what the product ought to make of it all. After the story the outlets publish the articles of `bulletins/`
in turn, for ever, each time with a higher number in the statement.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from html import escape
from importlib.resources import files
from operator import itemgetter
from typing import Any, Final, Literal

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """An article that comes again in every round after the story, under a new address and with a higher number.

    In `article`, `appears` counts from the start of a round, and `{round}` and `{number}` stand for the two figures.
    """

    article: SampleItem
    first: int
    step: int

    def issue(self, number: int, start: timedelta) -> SampleItem:
        """Return the article of this round, counted from 0, that began so long after the start of the story."""
        figures = {"{round}": str(number + 1), "{number}": f"{self.first + number * self.step:,}"}
        appears = start + self.article.appears
        return replace(
            self.article,
            name=f"{self.article.name}-{number + 1}",
            path=_filled(self.article.path, figures),
            title=_filled(self.article.title, figures),
            text=_filled(self.article.text, figures),
            published=appears,
            appears=appears,
        )


def _filled(text: str, figures: dict[str, str]) -> str:
    for place, figure in figures.items():
        text = text.replace(place, figure)
    return text


_ROUNDS_CARRIED: Final = 3  # issues of a bulletin in its feed


@dataclass(frozen=True, slots=True)
class Sample:
    """The whole sample; a watch counts from EPOCH, as every first poll is a backfill that alerts nobody."""

    feeds: tuple[SampleFeed, ...]
    entries: tuple[SampleItem, ...]
    actors: tuple[Actor, ...]
    watches: tuple[Watch, ...]
    bulletins: tuple[Bulletin, ...] = ()

    def carried(self, feed: str, elapsed: timedelta) -> tuple[SampleItem, ...]:
        """Return what the feed carries so long after the start: the latest revision of each article, newest first."""
        latest: dict[str, SampleItem] = {}
        for entry in (*self.entries, *self._issues(elapsed)):
            if entry.feed == feed and entry.appears <= elapsed:
                latest[entry.path] = entry
        return tuple(sorted(latest.values(), key=lambda entry: (entry.appears, entry.name), reverse=True))

    @property
    def length(self) -> timedelta:
        """From the start until the last entry has appeared; bulletins come after."""
        return max(entry.appears for entry in self.entries)

    def _issues(self, elapsed: timedelta) -> Iterator[SampleItem]:
        """Yield the latest issues of the bulletins; those of the current round may have yet to appear."""
        if not self.bulletins or elapsed < self.length:
            return
        a_round = max(bulletin.article.appears for bulletin in self.bulletins)
        current = (elapsed - self.length) // a_round
        for number in range(max(current - _ROUNDS_CARRIED, 0), current + 1):
            for bulletin in self.bulletins:
                yield bulletin.issue(number, self.length + number * a_round)


def load() -> Sample:
    """The sample that is shipped in the package, entries in order of appearance."""
    desk = tomllib.loads(files(__name__).joinpath("desk.toml").read_text("utf-8"))
    entries = (_entry(*written) for written in _written("articles"))
    return Sample(
        feeds=tuple(SampleFeed(**feed) for feed in desk["feeds"]),
        entries=tuple(sorted(entries, key=lambda entry: (entry.appears, entry.name))),
        actors=tuple(from_plain(Actor, actor) for actor in desk["actors"]),
        watches=tuple(from_plain(Watch, {"created": EPOCH, **watch}) for watch in desk["watches"]),
        bulletins=tuple(
            Bulletin(article=_entry(name, fields, text), first=fields["first"], step=fields["step"])
            for name, fields, text in sorted(_written("bulletins"), key=itemgetter(0))
        ),
    )


def _written(folder: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the name, the fields and the text of each file in the folder."""
    for file in files(__name__).joinpath(folder).iterdir():
        if file.name.endswith(".txt"):
            _, head, text = file.read_text("utf-8").split("+++\n", 2)
            yield file.name.removesuffix(".txt"), tomllib.loads(head), text.strip()


def _entry(name: str, fields: dict[str, Any], text: str) -> SampleItem:
    return SampleItem(
        name=name,
        feed=fields["feed"],
        path=fields["path"],
        title=fields["title"],
        author=fields.get("author", ""),
        published=timedelta(hours=fields.get("published_hours", 0)),
        appears=timedelta(seconds=fields["appears_seconds"]),
        revision=fields.get("revision", 1),
        summary=fields.get("summary", ""),
        text=text,
    )
