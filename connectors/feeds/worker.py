"""The process that parses hostile input: `python -m connectors.feeds.worker SECONDS MEGABYTES`.

A task is two frames (`connectors.processes`): JSON with the task's name and arguments, and the body. The answer is
JSON.
"""

import dataclasses
import os
import sys
import time
from collections.abc import Callable
from typing import Any, Final, TypedDict

import orjson

from connectors.processes import (
    OUT_OF_MEMORY,
    PARSE_CPU_SECONDS,
    READY,
    answers,
    limit_growth,
    limit_memory,
    limit_time,
    read,
    write,
)
from pipeline.errors import InputError

_MOST_MEGABYTES: Final = 1_000  # of the process, whatever earlier parses left behind


class Request(TypedDict):
    """The arguments of a task; `known` are digests of items that the pipeline has read before.

    `selector` says which links of a page lead to articles.
    """

    task: str
    content_type: str
    url: str
    known: list[str]
    selector: str


Task = Callable[[bytes, Request], Any]


def feed() -> Task:
    """Load `parse.contents`."""
    from connectors.feeds.parse import contents

    return lambda body, request: contents(body, request["content_type"], request["url"], frozenset(request["known"]))


def page() -> Task:
    """Load `fulltext.page`."""
    from connectors.pages.fulltext import page

    return lambda body, request: page(body, request["content_type"], request["url"])


def document() -> Task:
    """Load `fulltext.document`."""
    from connectors.pages.fulltext import document

    return lambda body, request: document(body, request["content_type"], request["url"])


def opml() -> Task:
    """Load `opml.outlines`."""
    from connectors.files.lists import outlines

    return lambda body, request: outlines(body, request["url"])


def links() -> Task:
    """Load `fulltext.links`."""
    from connectors.pages.fulltext import links

    return lambda body, request: links(body, request["content_type"], request["url"])


def section() -> Task:
    """Load `sections.section`."""
    from connectors.pages.sections import section

    return lambda body, request: section(body, request["content_type"], request["url"], request["selector"])


def link_rules() -> Task:
    """Load `sections.link_rules`."""
    from connectors.pages.sections import link_rules

    return lambda body, request: link_rules(body, request["content_type"], request["url"])


def robots() -> Task:
    """Load `robots.rules`."""
    from connectors.http.robots import rules

    return lambda body, request: rules(body, request["url"])


def listing() -> Task:
    """Load `sitemap.listing`."""
    from connectors.feeds.sitemap import listing

    return lambda body, request: listing(body, request["content_type"], request["url"])


def records() -> Task:
    """Load `records.reduced`."""
    from connectors.files.records import reduced

    return lambda body, request: reduced(body, request["url"])


def message() -> Task:
    """Load `documents.message`."""
    from connectors.files.documents import message

    return lambda body, request: message(body, request["url"])


def subtitles() -> Task:
    """Load `documents.subtitles`."""
    from connectors.files.documents import subtitles

    return lambda body, request: subtitles(body, request["url"])


def debate() -> Task:
    """Load `documents.debate`."""
    from connectors.files.documents import debate

    return lambda body, request: debate(body, request["url"])


def pdf() -> Task:
    """Load `documents.document`."""
    from connectors.files.documents import document

    return lambda body, request: document(body, request["url"])


def office() -> Task:
    """Load `documents.office`."""
    from connectors.files.documents import office

    return lambda body, request: office(body, request["url"])


def people() -> Task:
    """Load `lists.people`."""
    from connectors.files.lists import people

    return lambda body, request: people(body.decode(), request["url"])


# The loaders of the tasks: loading trafilatura takes a second or more, which must not count for the first page.
TASKS: dict[str, Callable[[], Task]] = {
    task.__name__: task
    for task in (
        *(feed, page, document, opml, links, section, link_rules, robots, listing),
        *(records, message, subtitles, debate, pdf, office, people),
    )
}


def _answer(task: Task, body: bytes, request: Request) -> bytes:
    start = time.process_time()
    try:
        value = task(body, request)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # at once: to free millions of objects takes seconds
    except InputError as error:
        return _packed({"error": str(error)}, start)
    except Exception as error:  # foreign parsers may raise anything on hostile input
        message = " ".join(f"{request['url']} cannot be parsed: {type(error).__name__}: {error}".split())
        return _packed({"error": message[:500]}, start)
    limit_growth(0)  # an encoder in C crashes without memory, and its input is bounded by now
    try:
        return _packed({"value": value}, start)
    except TypeError:  # half a surrogate pair, which no encoding of Unicode holds
        return _packed({"value": _well_formed(value)}, start)


def _packed(answer: dict[str, Any], begun: float) -> bytes:
    """The answer with the CPU seconds of its task."""
    return orjson.dumps({**answer, "cpu": time.process_time() - begun})


def _well_formed(value: Any) -> Any:
    """The value with U+FFFD for each half of a surrogate pair in its texts."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list | tuple):
        return [_well_formed(element) for element in value]
    if isinstance(value, dict):
        return {_well_formed(key): _well_formed(element) for key, element in value.items()}
    if dataclasses.is_dataclass(value):
        return {field.name: _well_formed(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def main() -> None:
    """Answer tasks until there are no more."""
    seconds, megabytes = float(sys.argv[1]), int(sys.argv[2])
    output = answers()
    limit_memory(_MOST_MEGABYTES)
    from connectors.feeds import parse  # noqa: F401 - loaded before the first task's time begins

    write(output, READY)
    while (frame := read(sys.stdin.buffer)) is not None and (body := read(sys.stdin.buffer)) is not None:
        request: Request = orjson.loads(frame)
        task = TASKS[request["task"]]()
        # The parent ends this process when time is up; the longer time is for a parent that was killed first.
        limit_growth(megabytes)
        limit_time(PARSE_CPU_SECONDS, seconds + 5)
        write(output, _answer(task, body, request))
        limit_time(0, 0)
        limit_growth(0)


if __name__ == "__main__":
    main()
