"""The adapters that the contract suites run on: a new one adds a line to a table here."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from connectors.sqlite.database import Database, open_file
from connectors.sqlite.desk import SqliteDesk, SqliteOutbox
from connectors.sqlite.index import SqliteIndex
from connectors.sqlite.log import SqliteLog
from pipeline.ports import Archive, Backlog, Clock, Deliveries, Desk, Index, Log, Memory, Outbox
from pipeline.testing import FakeClock, FakeDesk, FakeIndex, FakeLog, FakeOutbox
from tests.servers import elasticsearch, forget

if TYPE_CHECKING:
    from connectors.kafka.cluster import Cluster


class WholeLog(Log, Backlog, Protocol):
    """A log with its backlog."""


class WholeIndex(Index, Archive, Memory, Protocol):
    """An index with its archive and memory."""


class WholeOutbox(Outbox, Deliveries, Protocol):
    """An outbox with its listing."""


@contextmanager
def _file(folder: Path) -> Iterator[Database]:
    database = open_file(folder / "onrecord.sqlite")
    yield database
    database.close()


@contextmanager
def _fake_log(folder: Path, clock: Clock, partitions: int) -> Iterator[WholeLog]:
    yield FakeLog(clock, partitions)


@contextmanager
def _sqlite_log(folder: Path, clock: Clock, partitions: int) -> Iterator[WholeLog]:
    with _file(folder) as database:
        yield SqliteLog(database, clock, partitions)


@contextmanager
def _cluster(partitions: int = 3) -> "Iterator[Cluster]":
    """The test server, with topics apart from those of other tests."""
    from connectors.kafka.cluster import Cluster
    from tests.servers import kafka

    cluster = Cluster(kafka(partitions))
    yield cluster
    cluster.close()


@contextmanager
def _kafka_log(folder: Path, clock: Clock, partitions: int) -> Iterator[WholeLog]:
    from connectors.kafka.log import KafkaLog

    with _cluster(partitions) as cluster:
        log = KafkaLog(cluster, clock)
        yield log
        log.close()


@contextmanager
def _divided_kafka_log(folder: Path, clock: Clock, partitions: int) -> Iterator[WholeLog]:
    from connectors.kafka.log import KafkaLog

    with _cluster(partitions) as cluster:
        log = KafkaLog(cluster, clock, divided=("reader", "one", "other", "group 'one'"))
        yield log
        log.close()


@contextmanager
def _fake_index(folder: Path) -> Iterator[WholeIndex]:
    yield FakeIndex()


@contextmanager
def _sqlite_index(folder: Path) -> Iterator[WholeIndex]:
    with _file(folder) as database:
        yield SqliteIndex(database)


@contextmanager
def _elasticsearch_index(folder: Path) -> Iterator[WholeIndex]:
    from connectors.elasticsearch.index import ElasticsearchIndex

    settings = elasticsearch()
    index = ElasticsearchIndex(settings, lambda: datetime.now(UTC))
    yield index
    index.close()
    forget(settings)


@contextmanager
def _fake_desk(folder: Path) -> Iterator[Desk]:
    yield FakeDesk()


@contextmanager
def _sqlite_desk(folder: Path) -> Iterator[Desk]:
    with _file(folder) as database:
        yield SqliteDesk(database)


@contextmanager
def _kafka_desk(folder: Path) -> Iterator[Desk]:
    from connectors.kafka.desk import KafkaDesk

    with _cluster() as cluster:
        desk = KafkaDesk(cluster)
        yield desk
        desk.close()


@contextmanager
def _fake_outbox(folder: Path) -> Iterator[WholeOutbox]:
    yield FakeOutbox()


@contextmanager
def _sqlite_outbox(folder: Path) -> Iterator[WholeOutbox]:
    with _file(folder) as database:
        yield SqliteOutbox(database)


@contextmanager
def _kafka_outbox(folder: Path) -> Iterator[WholeOutbox]:
    from connectors.kafka.desk import KafkaOutbox

    with _cluster() as cluster:
        outbox = KafkaOutbox(cluster, FakeClock())
        yield outbox
        outbox.close()


ON_SERVERS = {"elasticsearch", "kafka", "kafka-divided"}  # started by tests/run --servers
LOGS: dict[str, Callable[[Path, Clock, int], AbstractContextManager[WholeLog]]] = {
    "fake": _fake_log,
    "sqlite": _sqlite_log,
    "kafka": _kafka_log,
    "kafka-divided": _divided_kafka_log,
}
INDEXES: dict[str, Callable[[Path], AbstractContextManager[WholeIndex]]] = {
    "fake": _fake_index,
    "sqlite": _sqlite_index,
    "elasticsearch": _elasticsearch_index,
}
DESKS: dict[str, Callable[[Path], AbstractContextManager[Desk]]] = {
    "fake": _fake_desk,
    "sqlite": _sqlite_desk,
    "kafka": _kafka_desk,
}
OUTBOXES: dict[str, Callable[[Path], AbstractContextManager[WholeOutbox]]] = {
    "fake": _fake_outbox,
    "sqlite": _sqlite_outbox,
    "kafka": _kafka_outbox,
}
