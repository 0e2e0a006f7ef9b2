"""The log is trimmed of what is old and done with, and of nothing else; what comes later is decided as before."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.cli.run import workers
from pipeline.codec import encode
from pipeline.model import Article
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, QUOTES, Message, Record
from pipeline.roles import Role
from pipeline.run.local import drain, trim
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.settings.sections import Keep
from pipeline.testing import FakeClock
from tests import examples

SAID = (
    "Mayor Ada Lindqvist said on Monday that the harbour will stay open. “We will not sell the quay,” Lindqvist said."
)
AGES = timedelta(days=15)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def services(tmp_path: Path, clock: FakeClock) -> Iterator[Services]:
    with closing(open_services(Settings(file=tmp_path / "desk.sqlite"), clock=clock)) as opened:
        yield opened


def put(services: Services, *values: str, topic: str = ARTICLES) -> None:
    services.log.append(topic, [Message("key", value.encode()) for value in values])


def read(services: Services, most: int, *, group: str = "extract", topic: str = ARTICLES) -> list[Record]:
    """Read and commit."""
    records = services.log.read(topic, group, most)
    services.log.commit(group, records)
    return records


def left(services: Services, topic: str = ARTICLES) -> list[str]:
    return [record.value.decode() for record in services.log.read(topic, "onlooker", 100)]


def trim_all(services: Services) -> int:
    deleted = 0
    while batch := trim(services):
        deleted += batch
    return deleted


def test_old_processed_records_are_deleted(services: Services, clock: FakeClock) -> None:
    put(services, "a", "b")
    clock.now += AGES
    put(services, "c", "d")
    read(services, 3)
    assert trim_all(services) == 2
    assert left(services) == ["c", "d"]


def test_a_record_older_than_the_setting_is_deleted(services: Services, clock: FakeClock) -> None:
    put(services, "a", "b")
    read(services, 2)
    clock.now += services.settings.keep.log
    assert trim_all(services) == 0
    clock.now += timedelta(microseconds=1)
    assert trim_all(services) == 1


def test_unread_records_stay(services: Services, clock: FakeClock) -> None:
    put(services, "a", "b", "c")
    clock.now += AGES
    assert trim_all(services) == 0
    read(services, 1)
    assert trim_all(services) == 1
    assert left(services) == ["b", "c"]


def test_retention_waits_for_other_readers_of_a_topic(services: Services, clock: FakeClock) -> None:
    put(services, "a", "b", "c", "d")
    read(services, 1, group="auditor")
    read(services, 4)
    clock.now += AGES
    assert trim_all(services) == 1
    read(services, 2, group="auditor")
    assert trim_all(services) == 2


def test_offsets_continue_after_everything_was_deleted(services: Services, clock: FakeClock) -> None:
    put(services, "a", "b")
    read(services, 2)
    clock.now += AGES
    trim_all(services)
    put(services, "c")
    assert [(record.offset, record.value) for record in services.log.read(ARTICLES, "extract", 10)] == [(2, b"c")]
    assert services.log.lag(ARTICLES, "extract") == 1


def test_a_young_record_keeps_those_after_it(services: Services, clock: FakeClock) -> None:
    clock.now += AGES
    put(services, "young")
    clock.now -= AGES
    put(services, "old by a clock set back", "last")
    read(services, 3)
    clock.now += AGES
    assert trim_all(services) == 0


def test_batches_are_small(services: Services, clock: FakeClock) -> None:
    put(services, *map(str, range(300)))
    read(services, 300)
    clock.now += AGES
    assert (trim(services), trim(services), trim(services)) == (250, 49, 0)


def test_dead_letters_stay(services: Services, clock: FakeClock) -> None:
    put(services, "a", "b", topic=DEAD_LETTERS)
    read(services, 2, group="redrive", topic=DEAD_LETTERS)
    clock.now += AGES
    assert trim_all(services) == 0
    assert left(services, DEAD_LETTERS) == ["a", "b"]


def test_a_retention_of_zero_keeps_everything(tmp_path: Path, clock: FakeClock) -> None:
    settings = Settings(file=tmp_path / "kept.sqlite", keep=Keep(log=timedelta(0)))
    with closing(open_services(settings, clock=clock)) as services:
        put(services, "a", "b")
        read(services, 2)
        clock.now += AGES
        assert trim_all(services) == 0


def test_a_repeat_of_a_deleted_report_alerts_nobody(services: Services, clock: FakeClock) -> None:
    services.desk.save(examples.actor(), examples.watch())

    def publish(article: Article) -> dict[str, str]:
        services.log.append(ARTICLES, [Message(article.id, encode(article))])
        drain(services)
        documents = services.index.documents(article.id)
        quotes = [quote.id for document in documents for quote in document.quotes]
        return {quote: existing.statement.id for quote, existing in services.index.verdicts(quotes).items()}

    first = examples.article("https://courier.example/a", SAID)
    decided = publish(first)
    output = {delivery.id for delivery in services.outbox.listing()}
    assert output
    for topic, group in ((ARTICLES, "extract"), (QUOTES, "remember"), (ALERTS, "post")):
        put(services, "{", topic=topic)  # the last of a topic stays; this one is unreadable and comes to nothing
        drain(services)
        assert services.log.lag(topic, group) == 0
    clock.now += AGES
    assert trim_all(services) == 1 + len(decided) + len(output)
    assert publish(first) == decided
    copy = publish(replace(examples.article("https://herald.example/b", SAID), first_seen=clock.now))
    assert set(copy.values()) == set(decided.values())
    assert {delivery.id for delivery in services.outbox.listing()} == output


def test_the_process_of_one_machine_trims_the_log(services: Services) -> None:
    with workers(services, [Role.JOB], None) as running:
        assert set(running) == {"job", "retention"}
