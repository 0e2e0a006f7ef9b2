"""Redrive of dead letters: send them back to the step that failed, parse them again, or discard them."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from connectors.feeds.parser import Parser
from connectors.files import reader
from pipeline.errors import InputError
from pipeline.feeds.fetch import reread
from pipeline.feeds.outgoing import FEED_BODIES, arrived
from pipeline.model import Article, Feed, FeedState
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, QUOTES, Clock, Desk, Log, Message, Record
from pipeline.run.metrics import REDRIVE
from pipeline.services import Services
from pipeline.settings.sections import Poll
from pipeline.sources import FILES

Reread = Callable[[Record], list[Article]]
"""Returns the articles in the bytes of a dead letter; raises InputError if they are still unreadable."""

MOST: Final = 10_000
"""Dead letters that are looked through or retried at once."""

_ABOUT_THE_FAILURE: Final = frozenset({"step", "error", "topic", "origin", "time"})


def waiting(log: Log, most: int) -> list[Record]:
    """Return the oldest dead letters that were not settled, at most so many, and no more than one read returns."""
    return log.read(DEAD_LETTERS, REDRIVE, most)


def redrive_oldest(services: Services, most: int) -> int:
    """Retry the oldest dead letters of these services, as `redrive` does."""
    reread = rereader(services.desk, services.clock, services.settings.poll)
    left = most = min(most, services.log.lag(DEAD_LETTERS, REDRIVE))  # those that fail again wait behind them
    while left and (retried := redrive(services.log, left, reread, services.clock())):
        left -= retried
    return most - left


def retry_one(services: Services, origin: str) -> bool:
    """Retry the dead letter of this origin, as `settle` does."""
    reread = rereader(services.desk, services.clock, services.settings.poll)
    return settle(services.log, origin, reread, services.clock())


def redrive(log: Log, most: int, reread: Reread, now: datetime) -> int:
    """Retry the oldest dead letters and return their number; an unreadable body becomes a dead letter again.

    The other records go back to their topics, where the steps read them. A crash in between repeats the redrive, which
    changes nothing.
    """
    records = waiting(log, most)
    failures = [failure for record in records if (failure := _retry(log, record, reread, now))]
    log.append(DEAD_LETTERS, failures)
    log.commit(REDRIVE, records)
    return len(records)


def settle(log: Log, origin: str, reread: Reread | None, now: datetime) -> bool:
    """Retry the dead letter of this origin, or discard it without `reread`; return whether it still waited.

    A partition is read in order, so the letters before it in its partition are appended again, behind the others; their
    origins change.
    """
    records = waiting(log, MOST)
    letter = next((record for record in records if record.origin == origin), None)
    if letter is None:
        return False
    before = [record for record in records if record.partition == letter.partition and record.offset < letter.offset]
    failure = _retry(log, letter, reread, now) if reread else None
    log.append(DEAD_LETTERS, [*map(_again, before), *([failure] if failure else [])])
    log.commit(REDRIVE, [*before, letter])
    return True


def _again(record: Record) -> Message:
    return Message(record.key, record.value, {"time": record.timestamp.isoformat(), **record.headers})


def failed_at(record: Record) -> datetime:
    """Return when the record became a dead letter, also if it was appended again since."""
    try:
        return datetime.fromisoformat(record.headers.get("time", ""))
    except ValueError:
        return record.timestamp


def _retry(log: Log, record: Record, reread: Reread, now: datetime) -> Message | None:
    """Send the record back to its topic; return a new dead letter if that is not possible."""
    topic = record.headers.get("topic", "")
    if topic in (ARTICLES, QUOTES, ALERTS):
        headers = {name: value for name, value in record.headers.items() if name not in _ABOUT_THE_FAILURE}
        log.append(topic, [Message(record.key, record.value, headers)])
        return None
    try:
        articles = reread(record)
    except InputError as error:
        return Message(record.key, record.value, {**record.headers, "error": str(error), "time": now.isoformat()})
    log.append(ARTICLES, [arrived(article) for article in articles])
    return None


def rereader(desk: Desk, clock: Clock, settings: Poll) -> Callable[[Record], list[Article]]:
    """Return a function that parses a dead letter. It raises InputError for unreadable bytes and unknown topics."""

    def read(record: Record) -> list[Article]:
        topic = record.headers.get("topic", "")
        if topic == FEED_BODIES:
            return _from_feed(record, desk, clock, settings)
        if topic == FILES and record.value:
            return _from_file(record, clock, settings)
        raise InputError(f"{record.origin} is from {topic!r} and cannot be retried", step="redrive")

    return read


def _from_feed(record: Record, desk: Desk, clock: Clock, settings: Poll) -> list[Article]:
    url = record.headers.get("feed", record.key)
    feed, state = desk.find(Feed, url) or Feed(url=url), desk.find(FeedState, url) or FeedState(url=url)
    content_type = record.headers.get("content-type", "")
    with Parser(settings, processes=1) as parser:
        return reread(feed, state, record.value, content_type, parser, settings=settings, now=clock())


def _from_file(record: Record, clock: Clock, settings: Poll) -> list[Article]:
    articles = []
    for article in reader.articles_in(record.value, clock, backfill=True, limits=settings):
        if isinstance(article, InputError):
            raise article
        articles.append(article)
    return articles
