"""Articles of what is read from files."""

from dataclasses import dataclass

from connectors.feeds.workers import Parser
from pipeline.addresses import canonical, host
from pipeline.entries import Entry, Identified
from pipeline.entries import article as made
from pipeline.model import Article, Feed, article_id
from pipeline.ports import Clock
from pipeline.settings import Poll


@dataclass(frozen=True, slots=True)
class Reading:
    """What the files of one reading share; `name` is the source of articles that name none."""

    name: str
    clock: Clock
    backfill: bool
    limits: Poll
    parser: Parser


def article(entry: Entry, reading: Reading, source: str = "", language: str = "") -> Article:
    """The article of an entry; `source` and `language` are what is said of it, '' where nothing is."""
    address = canonical(entry.url)
    # The name keeps the numbers of one collection apart from those of another.
    identity = article_id(canonical_url=address, feed=reading.name, guid=entry.guid, title=entry.title, text=entry.text)
    origin = Feed(url="", source=source or host(entry.url) or reading.name, language=language)
    return made(
        origin,
        Identified(entry, identity, address),
        now=reading.clock(),
        most=reading.limits.article_characters,
        backfill=reading.backfill,
    )
