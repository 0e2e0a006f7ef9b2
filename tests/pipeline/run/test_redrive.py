"""Dead letters go back to where they failed, or are read anew; none is lost on the way."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.codec import encode
from pipeline.errors import InputError, WorldError
from pipeline.model import Article
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, MOST_BYTES, QUOTES, Log, Message, Record
from pipeline.run.redrive import failed_at, redrive, redrive_oldest, settle
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.testing import FakeClock, FakeLog
from tests import examples
from tests.examples import NOON

FAILURE = {"step": "extract", "error": "full moon", "origin": "articles/0/7", "time": "then"}


def nothing_is_read(record: Record) -> list[Article]:
    raise InputError(f"{record.key} is still cut off")


def dead(key: str, topic: str, **headers: str) -> Message:
    return Message(key, b"\xff", {**FAILURE, "topic": topic, **headers})


def waiting(log: Log) -> list[Record]:
    return log.read(DEAD_LETTERS, "redrive", 100)


def everything(log: Log) -> Iterator[Record]:
    while records := waiting(log):
        yield from records
        log.commit("redrive", records)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = open_services(Settings(file=tmp_path / "desk.sqlite"), clock=FakeClock())
    yield opened
    opened.close()


@pytest.fixture
def log() -> FakeLog:
    return FakeLog(FakeClock())


@pytest.mark.parametrize("topic", [ARTICLES, QUOTES, ALERTS])
def test_a_retried_record_goes_back_to_the_step_that_failed(log: FakeLog, topic: str) -> None:
    log.append(DEAD_LETTERS, [dead("k", topic, kept="yes")])
    assert redrive(log, 10, nothing_is_read, NOON) == 1
    (record,) = log.read(topic, "anew", 10)
    assert (record.key, record.value, dict(record.headers)) == ("k", b"\xff", {"kept": "yes"})
    assert waiting(log) == []


def test_a_retried_feed_body_is_parsed_again(log: FakeLog) -> None:
    log.append(DEAD_LETTERS, [dead("k", "feed-bodies")])
    redrive(log, 10, lambda _: [examples.article()], NOON)
    assert [record.value for record in log.read(ARTICLES, "anew", 10)] == [encode(examples.article())]
    assert waiting(log) == []


def test_an_unreadable_record_stays_a_dead_letter_with_its_bytes(log: FakeLog) -> None:
    log.append(DEAD_LETTERS, [dead("k", "files"), dead("l", "files")])
    assert redrive(log, 1, nothing_is_read, NOON) == 1
    again = {record.key: record for record in waiting(log)}
    assert (again["k"].value, again["l"].value) == (b"\xff", b"\xff")
    assert again["k"].headers["error"] == "k is still cut off"
    assert again["k"].headers["time"] == NOON.isoformat()
    assert again["l"].headers["error"] == "full moon"


def test_a_single_letter_is_retried_and_the_others_keep_waiting(log: FakeLog) -> None:
    log.append(DEAD_LETTERS, [dead(key, ARTICLES, time=NOON.isoformat()) for key in "abc"])
    assert settle(log, waiting(log)[1].origin, nothing_is_read, NOON)
    assert [record.key for record in log.read(ARTICLES, "anew", 10)] == ["b"]
    assert sorted(record.key for record in waiting(log)) == ["a", "c"]
    assert {failed_at(record) for record in waiting(log)} == {NOON}


def test_a_letter_that_is_still_unreadable_waits_behind_the_others(log: FakeLog) -> None:
    log.append(DEAD_LETTERS, [dead("a", "files"), dead("b", "files")])
    assert settle(log, waiting(log)[0].origin, nothing_is_read, NOON)
    assert [record.key for record in waiting(log)] == ["b", "a"]
    assert waiting(log)[1].headers["error"] == "a is still cut off"


def test_a_letter_is_discarded_once(log: FakeLog) -> None:
    log.append(DEAD_LETTERS, [dead(key, ARTICLES) for key in "abc"])
    origin = waiting(log)[2].origin
    assert settle(log, origin, None, NOON)
    assert not settle(log, origin, None, NOON)
    assert [record.key for record in waiting(log)] == ["a", "b"]
    assert log.read(ARTICLES, "anew", 10) == []


def test_letters_of_many_megabytes_are_read_and_written_again_within_a_limit(log: FakeLog) -> None:
    body = bytes(MOST_BYTES // 4)
    log.append(DEAD_LETTERS, [Message(f"{number}", body, {**FAILURE, "topic": "files"}) for number in range(20)])
    assert len(waiting(log)) == 4
    assert settle(log, waiting(log)[3].origin, None, NOON)
    written_again = [int(record.key) for record in everything(log)][16:]
    assert written_again == [0, 1, 2]


@pytest.mark.slow
def test_all_letters_are_retried_however_many_one_read_returns(services: Services) -> None:
    body = bytes(MOST_BYTES // 2)
    services.log.append(DEAD_LETTERS, [Message(f"{number}", body, {**FAILURE, "topic": "x"}) for number in range(3)])
    assert redrive_oldest(services, 100) == 3
    errors = [record.headers["error"] for record in everything(services.log)]
    assert len(errors) == 3
    assert "full moon" not in errors


def test_letters_in_other_partitions_stay_where_they_are() -> None:
    log = FakeLog(FakeClock(), partitions=3)
    log.append(DEAD_LETTERS, [dead(key, ARTICLES) for key in "abcdefgh"])
    letter = waiting(log)[-1]
    others = {record.origin for record in waiting(log) if record.partition != letter.partition}
    assert settle(log, letter.origin, nothing_is_read, NOON)
    assert others and others <= {record.origin for record in waiting(log)}
    assert sorted(record.key for record in waiting(log)) == [*"abcdefg"]


@pytest.mark.servers
def test_each_letter_in_the_partitions_of_kafka_is_retried_or_discarded_once() -> None:
    from connectors.kafka.cluster import Cluster
    from connectors.kafka.log import KafkaLog
    from tests.servers import kafka

    cluster = Cluster(kafka())
    with closing(cluster), closing(KafkaLog(cluster, FakeClock())) as log:
        cluster.ensure(DEAD_LETTERS, partitions=3)  # an operator may add some
        log.append(DEAD_LETTERS, [dead(key, ARTICLES) for key in "abcdefgh"])
        assert len({record.partition for record in waiting(log)}) > 1
        for key in "hafcebdg":
            (origin,) = [record.origin for record in waiting(log) if record.key == key]
            assert settle(log, origin, nothing_is_read if key in "abc" else None, NOON)
            assert not settle(log, origin, None, NOON)
        assert waiting(log) == []
        assert sorted(record.key for record in log.read(ARTICLES, "reader", 10)) == [*"abc"]


def test_a_letter_without_a_time_failed_when_it_was_appended(log: FakeLog) -> None:
    log.append(DEAD_LETTERS, [dead("a", ARTICLES)])
    (record,) = waiting(log)
    assert failed_at(record) == record.timestamp


def test_a_full_disk_loses_no_dead_letter() -> None:
    class FullDisk(FakeLog):
        full = False

        def append(self, topic: str, messages: Sequence[Message]) -> None:
            if self.full:
                raise WorldError("disk is full")
            super().append(topic, messages)

    log = FullDisk(FakeClock())
    log.append(DEAD_LETTERS, [dead("k", ARTICLES)])
    log.full = True
    with pytest.raises(WorldError):
        redrive(log, 10, nothing_is_read, NOON)
    log.full = False
    assert [record.key for record in waiting(log)] == ["k"]
    assert redrive(log, 10, nothing_is_read, NOON) == 1
    assert redrive(log, 10, nothing_is_read, NOON) == 0
