"""The memory of a worker with millions of remembered claims: its size, and the time that deciding takes.

`python -m tests.bench.memory` fills the state of 50,000 speakers with 100 claims each, as the runner stores it, and
lets one worker decide about new reports of speakers drawn by Zipf's law: few speakers are quoted often. The state of a
speaker is a real entry of state, shared with others, so that the bench itself needs little room; what the worker caches
is its own for each speaker. Needs the extra `cluster`.
"""

import argparse
import random
import resource
import time
from collections.abc import Sequence

from pipeline.codec import encode
from pipeline.model import EPOCH, Decision
from pipeline.run.beam.state_cache import KeyState, StateCache, packed
from pipeline.run.beam.transforms import _memory, _with_vectors
from pipeline.statements import Memory, remember
from pipeline.statements.memory import latest_vectors
from tests.bench.statements import report, sentences

_SHAPES = 8  # entries of state that the speakers share


class Bag:
    """The entries of a speaker."""

    def __init__(self, entry: bytes) -> None:
        self._entries = [entry]

    def read(self) -> list[bytes]:
        return self._entries

    def add(self, entry: bytes) -> None:
        self._entries = [*self._entries, entry]

    def clear(self) -> None:
        self._entries = []


class Cell:
    """The mark of a speaker: the runner has state of everybody."""

    def __init__(self) -> None:
        self._mark = "another process:0"

    def read(self) -> str:
        return self._mark

    def write(self, mark: str) -> None:
        self._mark = mark


def shape(texts: Sequence[str]) -> bytes:
    """Return the state of a speaker who was reported to have said these texts."""
    known, messages = Memory(), []
    for number, text in enumerate(texts):
        decision, known = remember(known, report(text, number), number)
        messages.append(_with_vectors(encode(decision), latest_vectors(known)))
    return packed(messages)


def decide(cache: StateCache[Memory], speaker: int, state: KeyState, text: str, number: int) -> tuple[Decision, bool]:
    """Decide as the job does, and return whether the memory had to be built from the state."""
    started = time.process_time()
    held = cache.get(speaker, state, EPOCH)
    was_built = time.process_time() - started > 0.001
    decision, memory = remember(held.live, report(text, number), number)
    cache.add(held, memory, _with_vectors(encode(decision), latest_vectors(memory)), state, EPOCH)
    return decision, was_built


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory", description="The memory of a worker.")
    parser.add_argument("--speakers", type=int, default=50_000)
    parser.add_argument("--claims", type=int, default=100, help="remembered of each speaker")
    parser.add_argument("--reports", type=int, default=2_000, help="new reports to decide")
    chosen = parser.parse_args()
    chance = random.Random(1)
    texts = sentences(_SHAPES * chosen.claims + chosen.reports, chance)
    shapes = [shape(texts[start : start + chosen.claims]) for start in range(0, _SHAPES * chosen.claims, chosen.claims)]
    print(f"state {sum(map(len, shapes)) / len(shapes) / chosen.claims:.0f} bytes a claim")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cache: StateCache[Memory] = StateCache(_memory, lambda key, since: (), lambda message, since: True)
    states: dict[int, KeyState] = {}
    weights = [1 / (rank + 1) for rank in range(chosen.speakers)]
    times, built = [], 0
    for number, speaker in enumerate(chance.choices(range(chosen.speakers), weights, k=chosen.reports)):
        state = states.setdefault(speaker, KeyState(Cell(), Bag(shapes[speaker % _SHAPES])))
        started = time.process_time()
        _, was_built = decide(cache, speaker, state, texts[-1 - number], 10**6 + number)
        times.append(time.process_time() - started)
        built += was_built
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times.sort()
    middle, most = times[len(times) // 2] * 1000, times[int(len(times) * 0.95)] * 1000
    print(f"deciding: p50 {middle:.1f} ms, p95 {most:.1f} ms of CPU; {built:,} of {len(times):,} memories were built")
    print(f"worker {after / 1024:,.0f} MB at most, {before / 1024:,.0f} MB before; cache {cache.size >> 20} MB")


if __name__ == "__main__":
    main()
