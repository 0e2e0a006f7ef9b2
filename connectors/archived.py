"""Articles from WARC files, without the blocks that the pages of a source repeat."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from connectors import warc
from connectors.feeds.workers import Parser
from connectors.reading import Reading, article
from pipeline import boilerplate
from pipeline.boilerplate import Text
from pipeline.entries import Entry
from pipeline.errors import InputError
from pipeline.model import Article

_TOGETHER: Final = 200  # articles that tell of each other what their sources repeat
_MOST_SOURCES: Final = 2_000  # whose repeated blocks are remembered


def in_archive(file: Path, reading: Reading, most: int, skip: int) -> Iterator[Article | InputError]:
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


def _in_order(file: Path, reading: Reading, most: int, skip: int) -> Iterator[Article | InputError]:
    waiting: deque[tuple[str, Future[Entry | InputError]]] = deque()
    ahead = 2 * reading.parser.processes
    with ThreadPoolExecutor(reading.parser.processes, thread_name_prefix="parse") as threads:
        for page in warc.pages(file, most=most, skip=skip):
            url = "" if isinstance(page, InputError) else page.url
            waiting.append((url, threads.submit(_parsed, page, reading.parser)))
            if len(waiting) > ahead:
                yield _of_page(*waiting.popleft(), reading)
        while waiting:
            yield _of_page(*waiting.popleft(), reading)


def _parsed(page: warc.Page | InputError, parser: Parser) -> Entry | InputError:
    if isinstance(page, InputError):
        return page
    try:
        return parser.page(page.body, page.content_type, page.url)
    except InputError as error:
        return error


def _of_page(url: str, parsed: Future[Entry | InputError], reading: Reading) -> Article | InputError:
    entry = parsed.result()
    return entry if isinstance(entry, InputError) else article(replace(entry, url=entry.url or url), reading)
