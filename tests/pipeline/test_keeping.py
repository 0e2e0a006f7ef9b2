"""The log is trimmed of what is old and done with, and of nothing else; what comes later is decided as before."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.app import App, open_app
from pipeline.cli.roles import workers
from pipeline.codec import encode
from pipeline.keeping import trim
from pipeline.local import drain
from pipeline.model import Article
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, QUOTES, Message, Record
from pipeline.roles import Role
from pipeline.sections import Keep
from pipeline.settings import Settings
from tests import examples
from tests.fakes import FakeClock

SAID = (
    "Mayor Ada Lindqvist said on Monday that the harbour will stay open. “We will not sell the quay,” Lindqvist said."
)
AGES = timedelta(days=15)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock) -> Iterator[App]:
    with closing(open_app(Settings(file=tmp_path / "desk.sqlite"), clock=clock)) as opened:
        yield opened


def put(app: App, *values: str, topic: str = ARTICLES) -> None:
    app.log.append(topic, [Message("key", value.encode()) for value in values])


def read(app: App, most: int, *, group: str = "extract", topic: str = ARTICLES) -> list[Record]:
    """Read and commit."""
    records = app.log.read(topic, group, most)
    app.log.commit(group, records)
    return records


def left(app: App, topic: str = ARTICLES) -> list[str]:
    return [record.value.decode() for record in app.log.read(topic, "onlooker", 100)]


def trim_all(app: App) -> int:
    deleted = 0
    while batch := trim(app):
        deleted += batch
    return deleted


def test_what_is_old_and_done_with_goes(app: App, clock: FakeClock) -> None:
    put(app, "a", "b")
    clock.now += AGES
    put(app, "c", "d")
    read(app, 3)
    assert trim_all(app) == 2
    assert left(app) == ["c", "d"]


def test_what_nobody_has_read_stays(app: App, clock: FakeClock) -> None:
    put(app, "a", "b", "c")
    clock.now += AGES
    assert trim_all(app) == 0
    read(app, 1)
    assert trim_all(app) == 1
    assert left(app) == ["b", "c"]


def test_whoever_else_reads_a_topic_is_waited_for(app: App, clock: FakeClock) -> None:
    put(app, "a", "b", "c", "d")
    read(app, 1, group="auditor")
    read(app, 4)
    clock.now += AGES
    assert trim_all(app) == 1
    read(app, 2, group="auditor")
    assert trim_all(app) == 2


def test_offsets_go_on_where_all_was_done_with(app: App, clock: FakeClock) -> None:
    put(app, "a", "b")
    read(app, 2)
    clock.now += AGES
    trim_all(app)
    put(app, "c")
    assert [(record.offset, record.value) for record in app.log.read(ARTICLES, "extract", 10)] == [(2, b"c")]
    assert app.backlog.lag(ARTICLES, "extract") == 1


def test_one_that_is_young_holds_what_comes_after_it(app: App, clock: FakeClock) -> None:
    clock.now += AGES
    put(app, "young")
    clock.now -= AGES
    put(app, "old by a clock set back", "last")
    read(app, 3)
    clock.now += AGES
    assert trim_all(app) == 0


def test_batches_are_small(app: App, clock: FakeClock) -> None:
    put(app, *map(str, range(300)))
    read(app, 300)
    clock.now += AGES
    assert (trim(app), trim(app), trim(app)) == (250, 49, 0)


def test_dead_letters_stay(app: App, clock: FakeClock) -> None:
    put(app, "a", "b", topic=DEAD_LETTERS)
    read(app, 2, group="redrive", topic=DEAD_LETTERS)
    clock.now += AGES
    assert trim_all(app) == 0
    assert left(app, DEAD_LETTERS) == ["a", "b"]


def test_all_is_kept_where_that_is_wished(tmp_path: Path, clock: FakeClock) -> None:
    settings = Settings(file=tmp_path / "kept.sqlite", keep=Keep(log=timedelta(0)))
    with closing(open_app(settings, clock=clock)) as app:
        put(app, "a", "b")
        read(app, 2)
        clock.now += AGES
        assert trim_all(app) == 0


def test_what_is_said_again_after_that_is_known_and_alerts_nobody(app: App, clock: FakeClock) -> None:
    app.desk.save(examples.actor(), examples.watch())

    def publish(article: Article) -> dict[str, str]:
        app.log.append(ARTICLES, [Message(article.id, encode(article))])
        drain(app)
        documents = app.archive.documents(article.id)
        quotes = [quote.id for document in documents for quote in document.quotes]
        return {quote: known.statement.id for quote, known in app.memory.verdicts(quotes).items()}

    first = examples.article("https://courier.example/a", SAID)
    decided = publish(first)
    told = {delivery.id for delivery in app.deliveries.listing()}
    assert told
    for topic, group in ((ARTICLES, "extract"), (QUOTES, "remember"), (ALERTS, "post")):
        put(app, "{", topic=topic)  # the last of a topic stays; this one is unreadable and comes to nothing
        drain(app)
        assert app.backlog.lag(topic, group) == 0
    clock.now += AGES
    assert trim_all(app) == 1 + len(decided) + len(told)
    assert publish(first) == decided
    copy = publish(replace(examples.article("https://herald.example/b", SAID), first_seen=clock.now))
    assert set(copy.values()) == set(decided.values())
    assert {delivery.id for delivery in app.deliveries.listing()} == told


def test_the_one_process_of_a_machine_trims(app: App) -> None:
    with workers(app, [Role.JOB], None) as running:
        assert set(running) == {"job", "keeping"}
