"""The articles in a dead letter that never became any, read as they were read first: a feed's body, or a file."""

from collections.abc import Callable

from connectors import files
from connectors.feeds.look import reread
from connectors.feeds.workers import Parser
from pipeline.errors import InputError
from pipeline.model import Article, Feed
from pipeline.ports import Clock, Desk, Record
from pipeline.settings import Poll
from pipeline.unreadable import FEED_BODIES


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
    feed = next((feed for feed in desk.all(Feed) if feed.id == url), Feed(url=url))
    content_type = record.headers.get("content-type", "")
    with Parser(settings, processes=1) as parser:
        return reread(feed, record.value, content_type, parser, settings=settings, now=clock())


def _of_file(record: Record, clock: Clock, settings: Poll) -> list[Article]:
    found = []
    for article in files.articles_in(record.value, clock, backfill=True, limits=settings):
        if isinstance(article, InputError):
            raise article
        found.append(article)
    return found
