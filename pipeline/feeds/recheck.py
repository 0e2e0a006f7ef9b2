"""Pages of new articles that are read again, for corrections that no feed tells of.

A publisher that corrects an article often does so on its page alone. The page of a new article is asked for again some
times, ever more seldom, and only if it has changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import orjson

from pipeline.ingest import body as boilerplate
from pipeline.ingest.body import Text
from pipeline.ingest.identity import steady
from pipeline.ingest.items import cut
from pipeline.ingest.urls import canonical
from pipeline.model import Article, Dated, FeedState
from pipeline.model.feed_item import FeedItem

AFTER: Final = tuple(timedelta(hours=h) for h in (1, 6, 24, 72, 168))  # since the article was first seen

_MOST_KEPT: Final = 50  # pages of one feed, the newest

_MOST_AT_ONCE: Final = 5  # of one look

_ALIKE: Final = 0.5  # of the words: with less in common, another page stands there


@dataclass(frozen=True, slots=True)
class Recheck:
    """A page that was read: its article, when that was first seen (seconds since 1970), how often it was read again.

    `etag` and `last_modified` are those of its last reading.
    """

    url: str
    article: str
    seen: int
    times: int = 0
    etag: str = ""
    last_modified: str = ""

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the page only if it has changed."""
        asked = {"if-none-match": self.etag, "if-modified-since": self.last_modified}
        return {name: value for name, value in asked.items() if value}


def noted(state: FeedState, articles: Iterable[Article], pages: Mapping[str, FeedItem], times: int) -> FeedState:
    """The feed that remembers the pages of its new articles, to be read `times` times again.

    Not those of a backfill, those without an article, and those whose text is not what the article has.
    """
    if not times:
        return state if not state.again else replace(state, again="")
    read = [
        Recheck(one.url, one.id, int(one.first_seen.timestamp()), 0, *pages[one.url].validators)
        for one in articles
        if one.url in pages and pages[one.url].text and pages[one.url].whole and not one.backfill
    ]
    if not read:
        return state
    kept = {reading.url: reading for reading in (*_readings(state), *read)}
    return _with(state, list(kept.values())[-_MOST_KEPT:])


def due(state: FeedState, now: datetime) -> list[Recheck]:
    """The pages to be read again at a look at `now`: the first few of those whose time has come."""
    if not state.again:
        return []
    waiting = [reading for reading in _readings(state) if reading.seen + _after(reading) <= now.timestamp()]
    return waiting[:_MOST_AT_ONCE]


def done(
    state: FeedState, asked: Sequence[Recheck], found: Mapping[str, FeedItem], times: int, now: datetime
) -> FeedState:
    """The feed after these pages were asked for and some `found`; times that were missed are not made up for."""
    urls = {reading.url for reading in asked}
    after = []
    for reading in _readings(state):
        if reading.url not in urls:
            after.append(reading)
            continue
        counted = replace(reading, times=_times_passed(reading, now))
        if page := found.get(reading.url):
            etag, last_modified = page.validators
            counted = replace(counted, etag=etag or reading.etag, last_modified=last_modified or reading.last_modified)
        if counted.times < min(times, len(AFTER)):
            after.append(counted)
    return _with(state, after)


def corrected(article: Article, page: FeedItem, state: FeedState, now: datetime, most: int) -> Article | None:
    """The article as its page has it now; None where nothing has changed, or where this is another page.

    A page that has become closed, is much shorter, or has little in common with the article is no correction of it.
    """
    if not page.text or not page.whole:
        return None
    if page.url and canonical(page.url) not in (article.canonical_url, canonical(article.url)):
        return None
    (text,), _ = boilerplate.without([Text(article=article.id, text=cut(page.text, most), page=True)], state.blocks)
    if steady(text).split() == steady(article.text).split() or not _alike(article.text, text):
        return None
    return replace(article, text=text, first_seen=now, fetched=now, dates=_dates(article, page))


def _dates(article: Article, page: FeedItem) -> tuple[Dated, ...]:
    return tuple(dict.fromkeys((*article.dates, *page.dates)))


def _alike(old: str, new: str) -> bool:
    before, after = set(old.split()), set(new.split())
    return len(before & after) >= _ALIKE * max(len(before), 1) and len(new) >= _ALIKE * len(old)


def _after(reading: Recheck) -> float:
    return AFTER[min(reading.times, len(AFTER) - 1)].total_seconds()


def _times_passed(reading: Recheck, now: datetime) -> int:
    """How many of the times are over; the one that was made use of is."""
    age = now.timestamp() - reading.seen
    return max(reading.times + 1, sum(after.total_seconds() <= age for after in AFTER))


def _readings(state: FeedState) -> list[Recheck]:
    return [Recheck(**known) for known in orjson.loads(state.again)] if state.again else []


def _with(state: FeedState, readings: Sequence[Recheck]) -> FeedState:
    again = orjson.dumps([asdict(reading) for reading in readings]).decode() if readings else ""
    return replace(state, again=again)
