"""How far what came of the records read has got: from their topic to the next, and into the index.

A record is done when all that came of it is on its log. Up to which record all are done is known to the process that
reads and appends; a bundle's end, or a checkpoint's, does not tell it, as elements may wait between two steps.
"""

import time
from collections import defaultdict, deque
from collections.abc import Iterable
from threading import Lock
from typing import Final

from connectors.kafka.reader import KafkaReader
from pipeline.errors import WorldError
from pipeline.ports import ARTICLES, DECISIONS, DOCUMENTS, QUOTES, Record
from pipeline.run.beam.worker_services import worker_services

INDEX: Final = "index"
"""The group that brings documents and decisions into the index."""

_FOLLOWED: Final = {ARTICLES: DOCUMENTS, QUOTES: DECISIONS}

_LOOK_SECONDS: Final = 1.0  # between two looks at what has reached the index

Ends = dict[int, int]
"""By partition, an offset before which something holds."""

_lock = Lock()

_looking = Lock()

_open: defaultdict[str, defaultdict[int, set[int]]] = defaultdict(lambda: defaultdict(set))

_ends: defaultdict[str, Ends] = defaultdict(dict)  # of what was read

_behind: defaultdict[str, deque[tuple[Ends, Ends]]] = defaultdict(deque)  # all done up to there, and the next log's end

_looked: defaultdict[str, float] = defaultdict(float)

_readers: dict[str, KafkaReader] = {}


def began(record: Record) -> None:
    """The record was read."""
    with _lock:
        _open[record.topic][record.partition].add(record.offset)
        ends = _ends[record.topic]
        ends[record.partition] = max(ends.get(record.partition, 0), record.offset + 1)


def done(origins: Iterable[str]) -> None:
    """All that came of the records in these places is on its log."""
    with _lock:
        for origin in origins:
            topic, partition, offset = origin.rsplit("/", 2)
            _open[topic][int(partition)].discard(int(offset))


def indexed(topic: str) -> Ends:
    """The offsets of the topic before which all has come to the index since this was asked last; mostly none."""
    if time.monotonic() - _looked[topic] < _LOOK_SECONDS or not _ends[topic]:
        return {}
    _looked[topic] = time.monotonic()
    with _lock:
        place = _done_up_to(topic)
    ends, reached = _state_of(_FOLLOWED[topic])  # looked at after it was clear what is done
    with _lock:
        behind = _behind[topic]
        if not behind or behind[-1][0] != place:
            behind.append((place, ends))
        come: Ends = {}
        while behind and all(reached.get(number, 0) >= end for number, end in behind[0][1].items()):
            come = behind.popleft()[0]
    return come


def _state_of(topic: str) -> tuple[Ends, Ends]:
    """Where the topic ends, and how far it has come to the index."""
    with _looking:
        if topic not in _readers:
            _readers[topic] = worker_services().reader(topic, INDEX)
        reader = _readers[topic]
        try:
            return reader.ends(), reader.committed(reader.partitions())
        except WorldError:
            _readers.pop(topic).close()  # the next has no trouble of its own
            raise


def forget() -> None:
    """A job begins anew."""
    with _lock:
        for kept in (_open, _ends, _behind, _looked, _readers):
            kept.clear()


def _done_up_to(topic: str) -> Ends:
    still = _open[topic]
    return {number: min(still[number], default=end) for number, end in _ends[topic].items()}
