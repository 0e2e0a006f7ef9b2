"""Progress of the records read: which are fully on the next topic, and which are in the index.

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
"""The group that writes documents and decisions to the index."""

_FOLLOWED: Final = {ARTICLES: DOCUMENTS, QUOTES: DECISIONS}

_LOOK_SECONDS: Final = 1.0  # between two checks of the index's progress

Ends = dict[int, int]
"""An offset by partition, before which a condition holds."""

_lock = Lock()

_looking = Lock()

_open: defaultdict[str, defaultdict[int, set[int]]] = defaultdict(lambda: defaultdict(set))

_ends: defaultdict[str, Ends] = defaultdict(dict)  # ends of the records read

_behind: defaultdict[str, deque[tuple[Ends, Ends]]] = defaultdict(deque)  # done up to here, with the next log's end

_looked: defaultdict[str, float] = defaultdict(float)

_readers: dict[str, KafkaReader] = {}


def began(record: Record) -> None:
    """Note that the record was read."""
    with _lock:
        _open[record.topic][record.partition].add(record.offset)
        ends = _ends[record.topic]
        ends[record.partition] = max(ends.get(record.partition, 0), record.offset + 1)


def done(origins: Iterable[str]) -> None:
    """Note that all results of the records at these positions are on their log."""
    with _lock:
        for origin in origins:
            topic, partition, offset = origin.rsplit("/", 2)
            _open[topic][int(partition)].discard(int(offset))


def indexed(topic: str) -> Ends:
    """Return the offsets up to which the index has caught up since the last call; mostly empty."""
    if time.monotonic() - _looked[topic] < _LOOK_SECONDS or not _ends[topic]:
        return {}
    _looked[topic] = time.monotonic()
    with _lock:
        place = _done_up_to(topic)
    ends, reached = _state_of(_FOLLOWED[topic])  # read only after the done records are known
    with _lock:
        behind = _behind[topic]
        if not behind or behind[-1][0] != place:
            behind.append((place, ends))
        come: Ends = {}
        while behind and all(reached.get(number, 0) >= end for number, end in behind[0][1].items()):
            come = behind.popleft()[0]
    return come


def _state_of(topic: str) -> tuple[Ends, Ends]:
    """Return the ends of the topic, and the offsets up to which the index has caught up."""
    with _looking:
        if topic not in _readers:
            _readers[topic] = worker_services().reader(topic, INDEX)
        reader = _readers[topic]
        try:
            return reader.ends(), reader.committed(reader.partitions())
        except WorldError:
            _readers.pop(topic).close()  # a new reader starts without this one's error
            raise


def forget() -> None:
    """Reset for a new job."""
    with _lock:
        for kept in (_open, _ends, _behind, _looked, _readers):
            kept.clear()


def _done_up_to(topic: str) -> Ends:
    still = _open[topic]
    return {number: min(still[number], default=end) for number, end in _ends[topic].items()}
