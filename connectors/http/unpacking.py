"""Unpacking of compressed bodies, in processes that can be killed: `python -m connectors.http.unpacking`.

A decoder limits neither its time nor its input: a body of some kilobytes can keep it busy for minutes. A body therefore
has one coding at most, the ratio of output to input is checked while it is unpacked, and the CPU time is limited. A
task is two frames (`connectors.processes`): JSON with the coding and the limit, and the body. The answer is a byte 1
and the body, or a byte 0 and the error.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx2
import orjson

from connectors.processes import (
    OUT_OF_MEMORY,
    READY,
    EndedError,
    Pool,
    Work,
    answers,
    limit_memory,
    limit_time,
    read,
    write,
)
from pipeline.errors import WorldError

ACCEPTED: Final = "gzip, br, zstd"

CODINGS: Final = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd"})

_CPU_SECONDS: Final = 1.0  # of a task; the largest honest body takes a tenth

_SECONDS: Final = 10.0  # of a task on a machine that is busy with other things

_MEGABYTES: Final = 400

_SMALL: Final = 131_072  # bytes: most feeds and pages are smaller, and no body of that size takes a tenth of a second

_STEP: Final = 65_536  # bytes of a body that the decoder gets at once

_MOST_RATIO: Final = 200  # ratio of a body's size to its size as sent: feeds and pages reach twenty

_ANY_RATIO: Final = 2_000_000  # bytes of a body up to which the ratio does not matter


def coding_of(content_encoding: str, url: str) -> str:
    """The coding that a Content-Encoding header names, '' for none; WorldError if it names several.

    A name that is no coding, such as "utf-8", means none, as in browsers.
    """
    names = [name.strip().lower() for name in content_encoding.split(",")]
    codings = [name for name in names if name in CODINGS]
    if len(codings) > 1:
        raise WorldError(f"{url} packs its body {len(codings)} times, once is allowed")
    return codings[0] if codings else ""


class Unpacker:
    """Unpacks the bodies that one event loop receives. Small bodies do not wait for large bodies."""

    def __init__(self) -> None:
        self._small, self._large = _Lane(), _Lane()

    async def unpack(self, body: bytes, coding: str, most: int, url: str) -> bytes:
        """The unpacked body of the response from `url`; WorldError above `most` bytes or after too long a time."""
        lane = self._lane(body)
        task = orjson.dumps({"coding": coding, "most": most})
        try:
            answer = await asyncio.get_running_loop().run_in_executor(lane.thread, lane.pool.ask, task, body)
        except EndedError as error:
            raise WorldError(f"{url} {error}") from error
        if answer[:1] == b"\1":
            return answer[1:]
        raise WorldError(f"{url} {answer[1:].decode()}")

    def pool_of(self, body: bytes) -> Pool:
        """The process that unpacks this body, for measuring it."""
        return self._lane(body).pool

    def _lane(self, body: bytes) -> "_Lane":
        return self._small if len(body) <= _SMALL else self._large

    def close(self) -> None:
        """End the processes."""
        for lane in (self._small, self._large):
            lane.thread.shutdown(wait=False, cancel_futures=True)
            lane.pool.close()


class _Lane:
    """A process with the thread that waits for its answers."""

    def __init__(self) -> None:
        self.pool = Pool(Work(__name__, _SECONDS, _CPU_SECONDS, _MEGABYTES, "unpack"), 1)
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="unpack")


class _Fed(httpx2.SyncByteStream):
    """A body that a decoder reads step by step; `size` counts the bytes read."""

    def __init__(self, body: bytes) -> None:
        self.size = 0
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), _STEP):
            step = self._body[start : start + _STEP]
            self.size += len(step)
            yield step


def unpacked(body: bytes, coding: str, most: int) -> bytes:
    """The body without its coding; WorldError, without its subject, if the body is malformed or too large."""
    fed, whole = _Fed(body), bytearray()
    decoding = httpx2.Response(200, headers={"content-encoding": coding.removeprefix("x-")}, stream=fed)
    try:
        for piece in decoding.iter_bytes():
            whole += piece
            if len(whole) > most:
                raise WorldError(f"answers with more than {most:,} bytes once unpacked")
            if len(whole) > max(_MOST_RATIO * fed.size, _ANY_RATIO):
                raise WorldError(f"unpacks to more than {_MOST_RATIO} times its size")
    except httpx2.DecodingError as error:
        raise WorldError(f"failed: body is no {coding}: {' '.join(str(error).split())}") from error
    return bytes(whole)


def _answer(task: bytes, body: bytes) -> bytes:
    order = orjson.loads(task)
    try:
        return b"\1" + unpacked(body, order["coding"], order["most"])
    except WorldError as error:
        return b"\0" + str(error).encode()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # at once: to free millions of objects takes seconds


def main() -> None:
    """Answer tasks until there are no more."""
    seconds, megabytes = float(sys.argv[1]), int(sys.argv[2])
    output = answers()
    limit_memory(megabytes)
    write(output, READY)
    while (task := read(sys.stdin.buffer)) is not None and (body := read(sys.stdin.buffer)) is not None:
        limit_time(_CPU_SECONDS, seconds + 5)
        write(output, _answer(task, body))
        limit_time(0, 0)


if __name__ == "__main__":
    main()
