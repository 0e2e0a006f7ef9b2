"""The process in which hostile input is parsed: `python -m connectors.feeds.worker SECONDS MEGABYTES`.

Reads tasks from standard input and writes answers to standard output, each a frame of four bytes of length and as many
bytes, until its input ends. A task is two frames: JSON with the task's name and arguments, and the body.
"""

import contextlib
import os
import signal
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import orjson

from pipeline.errors import InputError

CPU_SECONDS = 2.0  # that a parse may use, however long it has to wait for them

OUT_OF_MEMORY = 71  # exit code; EX_OSERR, sysexits.h

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
    from connectors.pages.links import links

    return links


def robots() -> Task:
    """See `robots.rules`."""
    from connectors.http.robots import rules

    return lambda body, _, url: rules(body, url)


def listing() -> Task:
    """See `listing.listing`."""
    from connectors.feeds.sitemap import listing

    return listing


# What loads each task: loading trafilatura takes a second or more, which must not count as the first page's.
TASKS: dict[str, Callable[[], Task]] = {
    task.__name__: task for task in (feed, page, document, opml, links, robots, listing)
}


def read(stream: BinaryIO) -> bytes | None:
    """The next frame, None at the end of the stream."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    size = struct.unpack(">I", head)[0]
    frame = stream.read(size)
    return frame if len(frame) == size else None


def write(stream: BinaryIO, frame: bytes) -> None:
    """Send a frame."""
    stream.write(struct.pack(">I", len(frame)))
    stream.write(frame)
    stream.flush()


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
    return orjson.dumps({"value": value})


def limit_memory(megabytes: int) -> None:
    """Let this process have no more than so much; beyond, it meets a MemoryError."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # not to be had on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000, megabytes * 1_000_000))


def limit_time(cpu: float, real: float) -> None:
    """End this process by a signal after so many seconds; 0 takes a limit away."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, cpu)
        signal.setitimer(signal.ITIMER_REAL, real)


def main() -> None:
    """Answer until there are no more tasks."""
    seconds, megabytes = float(sys.argv[1]), int(sys.argv[2])
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not break a frame
    limit_memory(megabytes)
    from connectors.feeds import parse  # noqa: F401 - loaded before the first task's time begins

    write(answers, b"ready")
    while (asked := read(sys.stdin.buffer)) is not None and (body := read(sys.stdin.buffer)) is not None:
        request = orjson.loads(asked)
        task = TASKS[request["task"]]()
        # The one who asked ends this process when time is up; the longer time is for when that one was killed first.
        limit_time(CPU_SECONDS, seconds + 5)
        write(answers, _answer(task, body, request["content_type"], request["url"]))
        limit_time(0, 0)


if __name__ == "__main__":
    main()
