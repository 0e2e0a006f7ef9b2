"""Redrive of dead letters: back to the step where they failed, or parsed again."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from connectors.feeds.parser import Parser
from connectors.files import reader as files
from pipeline.errors import InputError
from pipeline.feeds.fetch import reread
from pipeline.model import Article, Feed, FeedState
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, QUOTES, Clock, Desk, Log, Message, Record
from pipeline.run.dead_letters import FEED_BODIES
from pipeline.run.metrics import REDRIVE
from pipeline.run.steps import arrived
from pipeline.settings.sections import Poll

Reread = Callable[[Record], list[Article]]
"""The articles in the bytes of a dead letter; InputError where they are still not to be read."""

_ABOUT_THE_FAILURE: Final = frozenset({"step", "error", "topic", "origin", "time"})


def redrive(log: Log, most: int, reread: Reread, now: datetime) -> int:
    """Try the oldest dead letters again; how many. What is still not to be read becomes a dead letter again.

    What the steps of the pipeline make of the others is told when they work on them. A crash in between tries again
    what was tried already, which changes nothing.
    """
    records = log.read(DEAD_LETTERS, REDRIVE, most)
    back = [failure for record in records if (failure := _again(log, record, reread, now))]
    log.append(DEAD_LETTERS, back)
    log.commit(REDRIVE, records)
    return len(records)


def _again(log: Log, record: Record, reread: Reread, now: datetime) -> Message | None:
    """Send the record on to where it failed; the message for the dead letters if that is not possible."""
    topic = record.headers.get("topic", "")
    if topic in (ARTICLES, QUOTES, ALERTS):
        headers = {name: value for name, value in record.headers.items() if name not in _ABOUT_THE_FAILURE}
        log.append(topic, [Message(record.key, record.value, headers)])
        return None
    try:
        found = reread(record)
    except InputError as error:
        return Message(record.key, record.value, {**record.headers, "error": str(error), "time": now.isoformat()})
    log.append(ARTICLES, [arrived(article) for article in found])
    return None


def rereader(desk: Desk, clock: Clock, settings: Poll) -> Callable[[Record], list[Article]]:
    """Reads one; InputError where it is still not to be read, or came from elsewhere."""

    def read(record: Record) -> list[Article]:
        topic = record.headers.get("topic", "")
        if topic == FEED_BODIES:
            return _of_feed(record, desk, clock, settings)
        if topic == files.FILES and record.value:
            return _of_file(record, clock, settings)
        raise InputError(f"{record.origin} is from {topic!r} and cannot be tried again", step="redrive")

    return read


def _of_feed(record: Record, desk: Desk, clock: Clock, settings: Poll) -> list[Article]:
    url = record.headers.get("feed", record.key)
    feed, state = desk.find(Feed, url) or Feed(url=url), desk.find(FeedState, url) or FeedState(url=url)
    content_type = record.headers.get("content-type", "")
    with Parser(settings, processes=1) as parser:
        return reread(feed, state, record.value, content_type, parser, settings=settings, now=clock())


def _of_file(record: Record, clock: Clock, settings: Poll) -> list[Article]:
    found = []
    for article in files.articles_in(record.value, clock, backfill=True, limits=settings):
        if isinstance(article, InputError):
            raise article
        found.append(article)
    return found
