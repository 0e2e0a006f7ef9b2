"""Keyed state of the job: the runner stores small entries, workers cache the values built from them.

What a worker made is good as long as the runner's mark says that it was the last to add to the bucket. Whoever begins
with a bucket puts its own mark there, so that after a restart from an earlier checkpoint, which makes the steps anew,
nothing that came later is taken for known.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import uuid4

import zstandard
from apache_beam.coders import BytesCoder, StrUtf8Coder
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec

ENTRIES: Final = BagStateSpec("entries", BytesCoder())

MARK: Final = ReadModifyWriteStateSpec("mark", StrUtf8Coder())

_BUCKETS_IN_WORKER: Final = 1_024

_TIDIED_AT: Final = 2_000  # entries at the first clean-up; the next is when they have doubled

Live = TypeVar("Live")


@dataclass(slots=True)
class _Held(Generic[Live]):
    """The value built from a bucket's entries, and their number."""

    live: Live
    count: int
    tidied_at: int


class StateCache(Generic[Live]):
    """A worker's cache of the values of recent buckets.

    `make` makes it of the entries, `warmth` tells those of a bucket since a time from the index where the runner has
    none, and `lasting` whether an entry is of that time or later.
    """

    def __init__(
        self,
        make: Callable[[Iterable[bytes]], Live],
        warmth: Callable[[int, datetime], Iterable[bytes]],
        lasting: Callable[[bytes, datetime], bool],
    ) -> None:
        self._make = make
        self._warmth = warmth
        self._lasting = lasting
        self._mark = uuid4().hex
        self._held: OrderedDict[int, _Held[Live]] = OrderedDict()
        self._ours: set[int] = set()  # buckets with our mark in this bundle

    def begin(self) -> None:
        """Start a bundle: other workers may have added to any bucket since the last one."""
        self._ours.clear()

    def of(self, bucket: int, mark: Any, entries: Any, since: datetime) -> Live:
        """Return the cached value of the bucket, or build it from the runner's entries since `since`."""
        if bucket in self._ours:
            return self._held[bucket].live
        known = mark.read()
        held = self._held.pop(bucket, None)
        if known is None:
            warm = list(self._warmth(bucket, since))
            held = self._made(warm)
            for entry in warm:
                entries.add(entry)
        elif held is None or known != self._mark:
            held = self._made(list(entries.read()))
        if known != self._mark:
            mark.write(self._mark)
        self._ours.add(bucket)
        self._held[bucket] = held
        if len(self._held) > _BUCKETS_IN_WORKER:
            evicted, _ = self._held.popitem(last=False)
            self._ours.discard(evicted)
        return held.live

    def add(self, bucket: int, entries: Any, entry: bytes, since: datetime) -> None:
        """Add an entry to the runner's state; the cached value has it already."""
        held = self._held[bucket]
        entries.add(entry)
        held.count += 1
        if held.count >= held.tidied_at:
            lasting = [each for each in entries.read() if self._lasting(each, since)]
            entries.clear()
            for each in lasting:
                entries.add(each)
            held.count, held.tidied_at = len(lasting), _tidied_at(lasting)

    def _made(self, entries: list[bytes]) -> _Held[Live]:
        return _Held(self._make(entries), len(entries), _tidied_at(entries))


def _tidied_at(entries: list[bytes]) -> int:
    return max(_TIDIED_AT, 2 * len(entries))


def packed(message: bytes) -> bytes:
    """Compress a message to a third: each checkpoint writes all entries, and Flink's heap holds them."""
    return bytes(zstandard.compress(message, level=1))


def unpacked(entry: bytes) -> bytes:
    """Decompress an entry; an entry of an earlier version may be uncompressed."""
    return entry if entry.startswith(b"{") else bytes(zstandard.decompress(entry))
