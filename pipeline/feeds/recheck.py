"""Rechecks of the pages of new articles, for corrections that no feed announces.

A publisher often corrects an article on its page alone. The page of a new article is requested again a few times, at
growing intervals, and conditionally.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import orjson

from pipeline.ingest.body import Text, without
from pipeline.ingest.identity import steady
from pipeline.ingest.items import cut
from pipeline.ingest.urls import canonical
from pipeline.model import Article, Dated, FeedState
from pipeline.model.feed import FeedItem

AFTER: Final = tuple(timedelta(hours=h) for h in (1, 6, 24, 72, 168))  # since the article was first seen

_MOST_KEPT: Final = 50  # pages of a feed, the newest

_MOST_AT_ONCE: Final = 5  # pages a poll

_LIVE_HOURS: Final = 24  # after the last update of a live blog

_ALIKE: Final = 0.5  # share of the words; with less in common, the address shows another page


@dataclass(frozen=True, slots=True)
class Recheck:
    """A page to recheck: its article, the time of first sight (seconds since 1970) and the number of rechecks so far.

    `etag` and `last_modified` are those of its last response. `live` is the time of a live blog's last update, 0 for
    other pages; a live blog is read at each poll for a day after that.
    """

    url: str
    article: str
    seen: int
    times: int
    etag: str
    last_modified: str
    live: float = 0

    @property
    def conditions(self) -> dict[str, str]:
        """The headers of a conditional request."""
        validators = {"if-none-match": self.etag, "if-modified-since": self.last_modified}
        return {name: value for name, value in validators.items() if value}


def noted(state: FeedState, articles: Iterable[Article], pages: Mapping[str, FeedItem], times: int) -> FeedState:
    """Note the pages of new articles in the state, for `times` rechecks.

    Pages of a backfill, pages without an article and pages whose text is not the article's are not rechecked.
    """
    if not times:
        return state if not state.again else replace(state, again="")
    new_pages = [
        _recheck(article, pages[article.url])
        for article in articles
        if article.url in pages and _may_change(article, pages[article.url])
    ]
    if not new_pages:
        return state
    by_url = {reading.url: reading for reading in (*_readings(state), *new_pages)}
    return _with(state, list(by_url.values())[-_MOST_KEPT:])


def _may_change(article: Article, page: FeedItem) -> bool:
    if page.updates:
        return article.marks != ("live",)  # an update is not a page
    return bool(page.text) and page.whole and not article.backfill


def _recheck(article: Article, page: FeedItem) -> Recheck:
    first_seen = int(article.first_seen.timestamp())
    return Recheck(article.url, article.id, first_seen, 0, *page.validators, live=latest(page, article.first_seen))


def latest(page: FeedItem, now: datetime) -> float:
    """The time of the page's last update before `now`, in seconds; 0 for a page that is no live blog."""
    times = (update.published for update in page.updates)
    return max((time.timestamp() for time in times if time and time <= now), default=0)


def due(state: FeedState, now: datetime) -> list[Recheck]:
    """The pages to recheck in a poll at `now`: the first few that are due."""
    if not state.again:
        return []
    waiting = [reading for reading in _readings(state) if reading.live or _is_due(reading, now)]
    return waiting[:_MOST_AT_ONCE]


def _is_due(reading: Recheck, now: datetime) -> bool:
    return reading.seen + _after(reading) <= now.timestamp()


def done(
    state: FeedState, due: Sequence[Recheck], pages: Mapping[str, FeedItem], times: int, now: datetime
) -> FeedState:
    """Return the state after requests for the `due` pages, which returned `pages`. Missed rechecks are skipped."""
    urls = {reading.url for reading in due}
    remaining = []
    for reading in _readings(state):
        if reading.url not in urls:
            remaining.append(reading)
            continue
        counted = replace(reading, times=_times_passed(reading, now))
        if page := pages.get(reading.url):
            etag, last_modified = page.validators
            counted = replace(counted, etag=etag or reading.etag, last_modified=last_modified or reading.last_modified)
            counted = replace(counted, live=max(reading.live, latest(page, now)))
        if counted.live > now.timestamp() - _LIVE_HOURS * 3600 or (not counted.live and _has_more(counted, times)):
            remaining.append(counted)
    return _with(state, remaining)


def _has_more(reading: Recheck, times: int) -> bool:
    return reading.times < min(times, len(AFTER))


def corrected(article: Article, page: FeedItem, state: FeedState, now: datetime, most: int) -> Article | None:
    """The article as its page shows it now; None if nothing has changed or if this is another page.

    A page that was closed, is much shorter, or has little in common with the article is no correction.
    """
    if not page.text or not page.whole:
        return None
    if page.url and canonical(page.url) not in (article.canonical_url, canonical(article.url)):
        return None
    (text,), _ = without([Text(article=article.id, text=cut(page.text, most), page=True)], state.blocks)
    if steady(text).split() == steady(article.text).split() or not _alike(article.text, text):
        return None
    return replace(article, text=text, first_seen=now, fetched=now, dates=_dates(article, page))


def _dates(article: Article, page: FeedItem) -> tuple[Dated, ...]:
    return tuple(dict.fromkeys((*article.dates, *page.dates)))


def _alike(old: str, new: str) -> bool:
    old_words, new_words = set(old.split()), set(new.split())
    return len(old_words & new_words) >= _ALIKE * max(len(old_words), 1) and len(new) >= _ALIKE * len(old)


def _after(reading: Recheck) -> float:
    return AFTER[min(reading.times, len(AFTER) - 1)].total_seconds()


def _times_passed(reading: Recheck, now: datetime) -> int:
    """The number of rechecks that are over, this one included."""
    age = now.timestamp() - reading.seen
    return max(reading.times + 1, sum(delay.total_seconds() <= age for delay in AFTER))


def _readings(state: FeedState) -> list[Recheck]:
    return [Recheck(**fields) for fields in orjson.loads(state.again)] if state.again else []


def _with(state: FeedState, readings: Sequence[Recheck]) -> FeedState:
    again = orjson.dumps([asdict(reading) for reading in readings]).decode() if readings else ""
    return replace(state, again=again)
