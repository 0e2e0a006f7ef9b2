"""The memory of the pipeline is bounded: twice as many articles leave no more in memory."""

import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.codec import encode
from pipeline.model import Article
from pipeline.ports import ARTICLES, Message
from pipeline.run.local import Pipeline, SpeakerMemories, room_of
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.statements import Memory, meaning
from pipeline.statements.reading import READINGS
from pipeline.statements.slots import _SLOTS
from tests.examples import article
from tests.pipeline.statements.test_remember import said

WORDS = ("ferry", "market", "bridge", "school", "theatre", "library", "tunnel", "garden")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    meaning.forget(for_good=True)
    opened = open_services(Settings(file=tmp_path / "desk.sqlite"))
    yield opened
    opened.close()
    meaning.forget()


def story(number: int) -> Article:
    """An article with words of the same few, in another order than any other."""
    first, second, third, fourth = (WORDS[number // 8**place % 8] for place in range(4))
    said_words = f"“The {first} and the {second} need the {third}, and never a {fourth},” Speaker{number} Berg said."
    return article(f"https://courier.example/{number}", said_words)


def read(services: Services, pipeline: Pipeline, numbers: range) -> None:
    for number in numbers:
        services.log.append(ARTICLES, [Message(key=str(number), value=encode(story(number)))])
    while pipeline.step():
        pass


def objects() -> Counter[str]:
    gc.collect()
    kinds = Counter(type(each).__name__ for each in gc.get_objects())
    return Counter({kind: count for kind, count in kinds.items() if count > 100})


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_articles(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(services, memory_bytes=200_000)
    for cache in (READINGS, _SLOTS):
        monkeypatch.setattr(cache, "_most", 10_000)
    read(services, pipeline, range(200))
    before = objects()
    read(services, pipeline, range(200, 400))
    after = objects()
    grown = {kind: after[kind] - before[kind] for kind in after if after[kind] > before[kind] + 100}
    assert grown == {}


def test_memories_of_speakers_are_bounded_by_size() -> None:
    memories, counts = SpeakerMemories(most_bytes=100_000), []
    for number in range(200):
        memories.put(f"speaker-{number}", Memory(), room_of(said("The harbour will stay open.")))
        counts.append(len(memories))
    assert counts[100] == counts[-1] == 18
    assert memories.room <= 100_000
    assert memories.take("speaker-199") is not None
    assert memories.take("speaker-0") is None


def test_a_long_quote_takes_the_room_of_many_short_ones() -> None:
    assert room_of(said("The harbour will stay open. " * 200)) > 10 * room_of(said("The harbour will stay open."))
