"""The process in which hostile input is parsed: `python -m connectors.feeds.worker SECONDS MEGABYTES`.

A task is two frames (`connectors.processes`): JSON with the task's name and arguments, and the body. JSON answers it.
"""

import dataclasses
import sys
from collections.abc import Callable
from typing import Any, Final

import orjson

from connectors.processes import OUT_OF_MEMORY, READY, answers, limit_memory, limit_time, read, write
from pipeline.errors import InputError

CPU_SECONDS: Final = 2.0  # that a parse may use, however long it has to wait for them

Task = Callable[[bytes, str, str], Any]  # of body, content type and address


def feed() -> Task:
    """See `parse.contents`."""
    from connectors.feeds.parse import contents

    return contents


def page() -> Task:
    """See `fulltext.page`."""
    from connectors.pages.fulltext import page

    return page


def document() -> Task:
    """See `fulltext.document`."""
    from connectors.pages.fulltext import document

    return document


def opml() -> Task:
    """See `opml.outlines`."""
    from connectors.files.opml import outlines

    return lambda body, _, url: outlines(body, url)


def links() -> Task:
    """See `links.links`."""
    from connectors.pages.fulltext import links

    return links


def robots() -> Task:
    """See `robots.rules`."""
    from connectors.http.robots import rules

    return lambda body, _, url: rules(body, url)


def listing() -> Task:
    """See `listing.listing`."""
    from connectors.feeds.sitemap import listing

    return listing


def records() -> Task:
    """Load `records.reduced`."""
    from connectors.files.records import reduced

    return lambda body, _, url: reduced(body, url)


# What loads each task: loading trafilatura takes a second or more, which must not count as the first page's.
TASKS: dict[str, Callable[[], Task]] = {
    task.__name__: task for task in (feed, page, document, opml, links, robots, listing, records)
}


def _answer(task: Task, body: bytes, content_type: str, url: str) -> bytes:
    try:
        value = task(body, content_type, url)
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except InputError as error:
        return orjson.dumps({"error": str(error)})
    except Exception as error:  # what foreign parsers raise on hostile input is not to be foreseen
        told = " ".join(f"{url} cannot be parsed: {type(error).__name__}: {error}".split())
        return orjson.dumps({"error": told[:500]})
    try:
        return orjson.dumps({"value": value})
    except TypeError:  # half a surrogate pair, which no encoding of Unicode holds
        return orjson.dumps({"value": _well_formed(value)})


def _well_formed(value: Any) -> Any:
    """The value with U+FFFD for each half of a surrogate pair in its texts."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list | tuple):
        return [_well_formed(each) for each in value]
    if isinstance(value, dict):
        return {_well_formed(key): _well_formed(each) for key, each in value.items()}
    if dataclasses.is_dataclass(value):
        return {field.name: _well_formed(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def main() -> None:
    """Answer until there are no more tasks."""
    seconds, megabytes = float(sys.argv[1]), int(sys.argv[2])
    output = answers()
    limit_memory(megabytes)
    from connectors.feeds import parse  # noqa: F401 - loaded before the first task's time begins

    write(output, READY)
    while (asked := read(sys.stdin.buffer)) is not None and (body := read(sys.stdin.buffer)) is not None:
        request = orjson.loads(asked)
        task = TASKS[request["task"]]()
        # The one who asked ends this process when time is up; the longer time is for when that one was killed first.
        limit_time(CPU_SECONDS, seconds + 5)
        write(output, _answer(task, body, request["content_type"], request["url"]))
        limit_time(0, 0)


if __name__ == "__main__":
    main()
