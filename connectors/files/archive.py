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

_TOGETHER: Final = 200  # articles that tell of each other what their sources repeat

_MOST_SOURCES: Final = 2_000  # whose repeated blocks are remembered


def in_archive(file: Path, reading: ImportSession, most: int, skip: int) -> Iterator[Article | InputError]:
    """The articles of a WARC file, in its order, from pages of at most `most` bytes, without the first `skip`.

    A page that holds none leaves no bytes: there are too many.
    """
    found = _in_order(file, reading, most, skip)
    blocks: dict[str, str] = {}
    while some := list(islice(found, _TOGETHER)):
        yield from _without_repeats(some, blocks)
        for source in list(blocks)[:-_MOST_SOURCES]:
            del blocks[source]


def _without_repeats(found: Sequence[Article | InputError], blocks: dict[str, str]) -> list[Article | InputError]:
    """The same without the blocks that each source repeats, which `blocks` remembers."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(found):
        if isinstance(one, Article):
            places[one.source].append(place)
    kept = list(found)
    for source, own in places.items():
        articles = [one for place in own if isinstance(one := found[place], Article)]
        texts = [Text(article=one.id, text=one.text, page=True) for one in articles]
        changed, blocks[source] = boilerplate.without(texts, blocks.pop(source, ""))
        for place, one, text in zip(own, articles, changed, strict=True):
            kept[place] = replace(one, text=text)
    return kept


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
