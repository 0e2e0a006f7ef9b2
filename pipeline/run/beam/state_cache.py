"""Keyed state of the job: the runner stores packed messages, workers cache the values built from them.

The runner's mark of a key names the process that was the last to add to it, and how many messages there were then. A
cached value is current if the mark says so: after a restart from an earlier checkpoint, or after the work of another
process, it does not, and the value is built again.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any, Final, Generic, NamedTuple, TypeVar
from uuid import uuid4

import orjson
import zstandard
from apache_beam.coders import BytesCoder, StrUtf8Coder
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec

ENTRIES: Final = BagStateSpec("entries", BytesCoder())

MARK: Final = ReadModifyWriteStateSpec("mark", StrUtf8Coder())

_ROOM: Final = 256 << 20  # bytes of the values in a worker, by step

_LIVE: Final = 2  # bytes of a value for each byte of its messages

_PACKED_TOGETHER: Final = 256  # messages; those of one key repeat each other

_LEAST_LOOSE: Final = 64  # messages in entries of their own before all are packed together

_LOOSE_SHARE: Final = 0.25  # the same, of all messages of the key

_PACKED: Final = b"\3"  # the first byte of an entry of this version

_PACKED_BEFORE: Final = b"\2"  # of entries whose vectors have other steps, and are encoded again

_LEVEL: Final = 9  # of zstandard for text, a tenth smaller than at level 3; vectors are smallest at level 3

_NUL: Final = b"\0"  # which JSON cannot contain

Live = TypeVar("Live")


class KeyState(NamedTuple):
    """The runner's state of a key: MARK and ENTRIES."""

    mark: Any
    entries: Any


@dataclass(slots=True)
class CachedValue(Generic[Live]):
    """The value of a key, with the number and size of its messages; each `loose` message has an entry of its own."""

    key: Hashable
    live: Live
    count: int
    loose: int
    size: int


class StateCache(Generic[Live]):
    """The values of recent keys in a process, the least recently used of which make room for others.

    `build` makes a value of messages. `warmth` returns those of a key since a time from the index, where the runner has
    none. `lasts` tells whether a message is of that time or later. Safe to use from several threads, each of which has
    keys of its own.
    """

    def __init__(
        self,
        build: Callable[[Iterable[bytes]], Live],
        warmth: Callable[[Any, datetime], Iterable[bytes]],
        lasts: Callable[[bytes, datetime], bool],
        room: int = _ROOM,
    ) -> None:
        self._build = build
        self._warmth = warmth
        self._lasts = lasts
        self._room = room
        self._process = uuid4().hex
        self._lock = Lock()
        self._cached: OrderedDict[Hashable, CachedValue[Live]] = OrderedDict()
        self._size = 0

    @property
    def size(self) -> int:
        """The bytes of all cached values, by an estimate from their messages."""
        return self._size * _LIVE

    def get(self, key: Hashable, state: KeyState, since: datetime) -> CachedValue[Live]:
        """Return the cached value of the key, or build it from the runner's messages since `since`."""
        mark = state.mark.read()
        with self._lock:
            cached = self._cached.get(key)
            if cached and mark == self._mark(cached):
                self._cached.move_to_end(key)
                return cached
        if mark is None:
            messages = list(self._warmth(key, since))
            cached = self._built(key, messages, 0)
            _add_together(state.entries, messages)
        else:
            stored = [unpacked(entry) for entry in state.entries.read()]
            loose = sum(len(messages_of_entry) == 1 for messages_of_entry in stored)
            cached = self._built(key, [message for messages_of_entry in stored for message in messages_of_entry], loose)
        state.mark.write(self._mark(cached))
        self._store(cached)
        return cached

    def add(self, cached: CachedValue[Live], live: Live, message: bytes, state: KeyState, since: datetime) -> None:
        """Add a message to the runner's state; `live` is the value that it leads to."""
        state.entries.add(packed([message]))
        cached = replace(
            cached, live=live, count=cached.count + 1, loose=cached.loose + 1, size=cached.size + len(message)
        )
        if cached.loose >= max(_LEAST_LOOSE, cached.count * _LOOSE_SHARE):
            cached = self._packed(cached, state.entries, since)
        state.mark.write(self._mark(cached))
        self._store(cached)

    def _mark(self, cached: CachedValue[Live]) -> str:
        return f"{self._process}:{cached.count}"

    def _packed(self, cached: CachedValue[Live], entries: Any, since: datetime) -> CachedValue[Live]:
        """Pack the messages together, without those before `since`; without them, the value is built again."""
        stored = [message for entry in entries.read() for message in unpacked(entry)]
        lasting = [message for message in stored if self._lasts(message, since)]
        entries.clear()
        _add_together(entries, lasting)
        return self._built(cached.key, lasting, 0) if len(lasting) < len(stored) else replace(cached, loose=0)

    def _built(self, key: Hashable, messages: Sequence[bytes], loose: int) -> CachedValue[Live]:
        return CachedValue(key, self._build(messages), len(messages), loose, sum(map(len, messages)))

    def _store(self, cached: CachedValue[Live]) -> None:
        with self._lock:
            replaced = self._cached.pop(cached.key, None)
            self._size += cached.size - (replaced.size if replaced else 0)
            self._cached[cached.key] = cached
            while self.size > self._room and len(self._cached) > 1:
                self._size -= self._cached.popitem(last=False)[1].size


def _add_together(entries: Any, messages: Sequence[bytes]) -> None:
    for start in range(0, len(messages), _PACKED_TOGETHER):
        entries.add(packed(messages[start : start + _PACKED_TOGETHER]))


def packed(messages: Sequence[bytes]) -> bytes:
    """Compress messages to one entry.

    A message is a line of JSON, with or without bytes behind a NUL. Each kind is compressed on its own, which takes a
    third less room.
    """
    heads, tails = zip(
        *((head, tail) for head, _, tail in (message.partition(_NUL) for message in messages)), strict=True
    )
    lengths = orjson.dumps([len(tail) for tail in tails])
    text = zstandard.compress(b"\n".join((lengths, *heads)), level=_LEVEL)
    return b"".join((_PACKED, len(text).to_bytes(4, "big"), text, zstandard.compress(b"".join(tails), level=3)))


def unpacked(entry: bytes) -> list[bytes]:
    """Return the messages of an entry; one of an earlier version gives JSON alone."""
    if not entry.startswith((_PACKED, _PACKED_BEFORE)):
        return [entry] if entry.startswith((b"{", b"[")) else bytes(zstandard.decompress(entry)).split(b"\n")
    end = 5 + int.from_bytes(entry[1:5], "big")
    lengths, *heads = bytes(zstandard.decompress(entry[5:end])).split(b"\n")
    if entry.startswith(_PACKED_BEFORE):
        return heads
    tails, start, messages = bytes(zstandard.decompress(entry[end:])), 0, []
    for head, length in zip(heads, orjson.loads(lengths), strict=True):
        messages.append(head + _NUL + tails[start : start + length] if length else head)
        start += length
    return messages
