"""How far what came of the records read has got: from their topic to the next, and into the index.

It is kept for the whole process, as any instance of a step may be told that its bundle is done, or be the next to read.
"""

import time
from collections import defaultdict, deque
from collections.abc import Iterable
from threading import Lock
from typing import Final

from pipeline.beam.doors import doors
from pipeline.ports import ARTICLES, DECISIONS, DOCUMENTS, QUOTES

INDEX: Final = "index"
"""The group that brings documents and decisions into the index."""

_FOLLOWED: Final = {ARTICLES: DOCUMENTS, QUOTES: DECISIONS}
_LOOK_SECONDS: Final = 1.0  # between two looks at what has reached the index

Ends = dict[int, int]

_lock = Lock()
_behind: defaultdict[str, deque[tuple[Ends, Ends]]] = defaultdict(deque)
_looked: defaultdict[str, float] = defaultdict(float)


def written(topic: str, ends: Ends) -> None:
    """All that came of the topic's records before `ends` is on the next log, up to where that ends now."""
    follower = doors().reader(_FOLLOWED[topic], INDEX)
    place = (ends, follower.ends())
    follower.close()
    with _lock:
        _behind[topic].append(place)


def indexed(topic: str) -> Ends:
    """The offsets of the topic before which all has come to the index since this was asked last; mostly none."""
    with _lock:
        if not _behind[topic] or time.monotonic() - _looked[topic] < _LOOK_SECONDS:
            return {}
        _looked[topic] = time.monotonic()
    follower = doors().reader(_FOLLOWED[topic], INDEX)
    reached = follower.committed(follower.partitions())
    follower.close()
    with _lock:
        return _highest(_taken(_behind[topic], reached))


def forget() -> None:
    """A job begins anew."""
    with _lock:
        _behind.clear()


def _taken(behind: deque[tuple[Ends, Ends]], reached: Ends) -> Iterable[Ends]:
    while behind and all(reached.get(number, 0) >= end for number, end in behind[0][1].items()):
        yield behind.popleft()[0]


def _highest(of: Iterable[Ends]) -> Ends:
    highest: Ends = {}
    for ends in of:
        for number, end in ends.items():
            highest[number] = max(end, highest.get(number, 0))
    return highest
