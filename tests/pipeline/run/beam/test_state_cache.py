"""The job's state of a key, as the runner stores it and a worker caches it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.codec import encode
from pipeline.model import EPOCH
from tests import examples

if TYPE_CHECKING:
    from pipeline.run.beam.state_cache import KeyState, StateCache

pytestmark = pytest.mark.servers  # Beam comes with the extra


class Bag:
    """The entries of a key, as Beam hands them to a step."""

    def __init__(self) -> None:
        self.held: list[bytes] = []

    def read(self) -> list[bytes]:
        return list(self.held)

    def add(self, entry: bytes) -> None:
        self.held.append(entry)

    def clear(self) -> None:
        self.held = []


class Cell:
    """The mark of a key, in the same way."""

    def __init__(self) -> None:
        self.held: str | None = None

    def read(self) -> str | None:
        return self.held

    def write(self, value: str) -> None:
        self.held = value


def line(number: int) -> bytes:
    """A message of a length that all have, of this many seconds after the epoch."""
    return b'{"number": %06d, "text": "%s"}' % (number, b"The harbour stays open. " * 8)


def lasts(message: bytes, since: datetime) -> bool:
    return EPOCH + timedelta(seconds=int(message[11:17])) >= since


def cache(room: int = 1 << 20, warmth: Iterable[bytes] = ()) -> "StateCache[tuple[bytes, ...]]":
    from pipeline.run.beam.state_cache import StateCache

    return StateCache(tuple, lambda key, since: warmth, lasts, room)


def state() -> "KeyState":
    from pipeline.run.beam.state_cache import KeyState

    return KeyState(Cell(), Bag())


def add(kept: "StateCache[Any]", key: str, numbers: Iterable[int], at: "KeyState", since: datetime = EPOCH) -> None:
    for number in numbers:
        held = kept.get(key, at, since)
        kept.add(held, (*held.live, line(number)), line(number), at, since)


def stored(at: "KeyState") -> list[bytes]:
    from pipeline.run.beam.state_cache import unpacked

    return [message for entry in at.entries.read() for message in unpacked(entry)]


def test_a_value_is_built_once_and_follows_additions() -> None:
    retained, ada = cache(warmth=[line(1)]), state()
    add(retained, "ada", (2, 3), ada)
    assert retained.get("ada", ada, EPOCH).live == (line(1), line(2), line(3))
    assert stored(ada) == [line(1), line(2), line(3)]


def test_a_value_is_built_again_from_an_earlier_checkpoint() -> None:
    retained, ada = cache(), state()
    add(retained, "ada", (1,), ada)
    mark, entries = ada.mark.read(), ada.entries.read()
    add(retained, "ada", (2, 3), ada)
    ada.mark.held, ada.entries.held = mark, entries
    assert retained.get("ada", ada, EPOCH).live == (line(1),)


def test_a_value_is_built_again_after_another_process_has_added_to_it() -> None:
    one, other, ada = cache(), cache(), state()
    add(one, "ada", (1,), ada)
    add(other, "ada", (2,), ada)
    assert one.get("ada", ada, EPOCH).live == (line(1), line(2))


def test_the_values_used_least_recently_make_room() -> None:
    room = 2 * 2 * 10 * len(line(0))  # two values of ten messages, which take twice as much as these
    retained = cache(room)
    keys = {name: state() for name in ("ada", "boris", "clara")}
    for name, at in keys.items():
        add(retained, name, range(10), at)
        assert retained.size <= room
    held = retained.get("boris", keys["boris"], EPOCH)
    assert retained.get("boris", keys["boris"], EPOCH) is held
    retained.get("ada", keys["ada"], EPOCH)
    retained.get("clara", keys["clara"], EPOCH)
    assert retained.get("boris", keys["boris"], EPOCH) is not held
    assert retained.size <= room


def test_messages_are_packed_together_without_old_ones() -> None:
    retained, ada = cache(), state()
    add(retained, "ada", range(63), ada)
    assert len(ada.entries.read()) == 63
    since = EPOCH + timedelta(seconds=10)
    add(retained, "ada", (63,), ada, since)
    assert len(ada.entries.read()) == 1
    assert stored(ada) == [line(number) for number in range(10, 64)]
    assert retained.get("ada", ada, since).live == tuple(stored(ada))


def test_a_decision_takes_less_than_400_bytes_among_others_of_its_speaker() -> None:
    from pipeline.run.beam.state_cache import StateCache

    retained, ada = StateCache(tuple, lambda key, since: (), lambda message, since: True), state()
    for number in range(1_000):
        report = examples.report()
        words = replace(report.quote, id=f"quote-{number}", text=f"The harbour keeps {number} boats this winter.")
        message = encode(examples.decision(replace(report, quote=words)))
        held = retained.get("ada", ada, EPOCH)
        retained.add(held, held.live, message, ada, EPOCH)
    size = sum(map(len, ada.entries.read()))
    assert size / 1_000 < 400


def test_an_entry_of_an_earlier_version_decodes_to_the_message() -> None:
    from pipeline.run.beam.state_cache import unpacked

    message = encode(examples.decision(examples.report()))
    assert unpacked(message) == [message]


def test_messages_with_any_bytes_are_packed_and_unpacked() -> None:
    from pipeline.run.beam.state_cache import packed, unpacked

    messages = [b'{"a": 1}', b'{"b": 2}\0\0\1\n\2', b"[3]", b'{"d": 4}\0\n\n']
    assert unpacked(packed(messages)) == messages


def test_an_entry_that_an_earlier_version_compressed_is_read() -> None:
    import zstandard

    from pipeline.run.beam.state_cache import unpacked

    assert unpacked(zstandard.compress(b'{"a": 1}\n{"b": 2}')) == [b'{"a": 1}', b'{"b": 2}']


def test_an_entry_with_vectors_of_other_steps_gives_its_messages_alone() -> None:
    from pipeline.run.beam.state_cache import packed, unpacked

    entry = packed([b'{"a": 1}\0\x7f\x01', b'{"b": 2}'])
    assert unpacked(b"\2" + entry[1:]) == [b'{"a": 1}', b'{"b": 2}']


def test_a_claim_with_its_vector_takes_less_than_320_bytes() -> None:
    from pipeline.run.beam.state_cache import packed
    from pipeline.run.beam.transforms import _memory, _with_vectors
    from pipeline.statements import Memory, remember
    from pipeline.statements.memory import latest_vectors

    existing, messages, claims = Memory(), [], 0
    things = ["ferry", "school", "harbour", "museum", "library", "stadium", "bridge", "hospital", "tram", "orchard"]
    for number in range(100):
        text = f"The {things[number % 10]} of ward {number} needs {number + 3} people before {1950 + number}."
        report = examples.report()
        quote = replace(report.quote, id=f"quote-{number}", text=text)
        decision, existing = remember(existing, replace(report, quote=quote), number)
        vectors = latest_vectors(existing)
        claims += len(vectors) // 512
        messages.append(_with_vectors(encode(decision), vectors))
    assert claims >= 100
    assert len(packed(messages)) / claims < 320
    assert _memory(messages).size == 100
