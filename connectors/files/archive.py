"""Articles from WARC files, without the blocks that the pages of a source repeat."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from connectors.feeds.parser import Parser
from connectors.files import warc
from connectors.files.records import ImportSession, article
from pipeline.errors import InputError
from pipeline.ingest import body as boilerplate
from pipeline.ingest.body import Text
from pipeline.model import Article
from pipeline.model.feed_item import FeedItem

_BATCH: Final = 200  # articles to compare for blocks that their source repeats

_MOST_SOURCES: Final = 2_000  # sources whose repeated blocks are remembered


def in_archive(file: Path, reading: ImportSession, most: int, skip: int) -> Iterator[Article | InputError]:
    """Yield the articles of a WARC file in its order, from pages of at most `most` bytes, after the first `skip`.

    The InputError of a page without an article has no bytes, because there are too many such pages.
    """
    articles = _in_order(file, reading, most, skip)
    blocks: dict[str, str] = {}
    while batch := list(islice(articles, _BATCH)):
        yield from _without_repeats(batch, blocks)
        for source in list(blocks)[:-_MOST_SOURCES]:
            del blocks[source]


def _without_repeats(batch: Sequence[Article | InputError], blocks: dict[str, str]) -> list[Article | InputError]:
    """Return the batch without the blocks that a source repeats; `blocks` remembers them."""
    by_source: defaultdict[str, list[int]] = defaultdict(list)
    for i, entry in enumerate(batch):
        if isinstance(entry, Article):
            by_source[entry.source].append(i)
    cleaned = list(batch)
    for source, indexes in by_source.items():
        articles = [entry for i in indexes if isinstance(entry := batch[i], Article)]
        texts = [Text(article=entry.id, text=entry.text, page=True) for entry in articles]
        changed, blocks[source] = boilerplate.without(texts, blocks.pop(source, ""))
        for i, entry, text in zip(indexes, articles, changed, strict=True):
            cleaned[i] = replace(entry, text=text)
    return cleaned


def _in_order(file: Path, reading: ImportSession, most: int, skip: int) -> Iterator[Article | InputError]:
    waiting: deque[tuple[str, Future[FeedItem | InputError]]] = deque()
    ahead = 2 * reading.parser.processes
    with ThreadPoolExecutor(reading.parser.processes, thread_name_prefix="parse") as threads:
        for page in warc.pages(file, most=most, skip=skip):
            url = "" if isinstance(page, InputError) else page.url
            waiting.append((url, threads.submit(_parsed, page, reading.parser)))
            if len(waiting) > ahead:
                yield _of_page(*waiting.popleft(), reading)
        while waiting:
            yield _of_page(*waiting.popleft(), reading)


def _parsed(page: warc.Page | InputError, parser: Parser) -> FeedItem | InputError:
    if isinstance(page, InputError):
        return page
    try:
        return parser.page(page.body, page.content_type, page.url)
    except InputError as error:
        return error


def _of_page(url: str, parsed: Future[FeedItem | InputError], reading: ImportSession) -> Article | InputError:
    entry = parsed.result()
    return entry if isinstance(entry, InputError) else article(replace(entry, url=entry.url or url), reading)
