"""The contract of Log and Backlog."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from pipeline.ports import Message, Record
from pipeline.testing import FakeClock
from tests.examples import NOON
from tests.pipeline.ports.adapters import WholeLog


def messages(*keys: str) -> list[Message]:
    return [Message(key, f"{place}".encode()) for place, key in enumerate(keys)]


def everything(log: WholeLog, topic: str) -> Iterator[Record]:
    while records := log.read(topic, "reader", 1000):
        yield from records
        log.commit("reader", records)


def test_a_topic_nobody_wrote_to_is_empty(log: WholeLog) -> None:
    assert log.read("articles", "reader", 10) == []
    assert log.lag("articles", "reader") == 0


def test_records_are_read_back_whole_and_in_order(log: WholeLog, clock: FakeClock) -> None:
    log.append("articles", [Message("a", b"\x00\xff", {"schema": "article/1"})])
    clock.move(timedelta(milliseconds=1))
    log.append("articles", [Message("b", b"")])
    first, second = log.read("articles", "reader", 10)
    assert (first.topic, first.partition, first.offset, first.origin) == ("articles", 0, 0, "articles/0/0")
    assert (first.key, first.value, dict(first.headers)) == ("a", b"\x00\xff", {"schema": "article/1"})
    assert (first.timestamp, second.timestamp) == (NOON, NOON + timedelta(milliseconds=1))
    assert (second.offset, second.value, dict(second.headers)) == (1, b"", {})


def test_any_text_is_a_key_or_a_header_value(log: WholeLog) -> None:
    message = Message('Łucja "O\'Neill"; 李\x00', "李".encode(), {"où": "là\n🙂"})
    log.append("dead-letters_1.0", [message])
    (record,) = log.read("dead-letters_1.0", "group 'one'", 1)
    assert (record.key, record.value, dict(record.headers)) == (message.key, message.value, message.headers)


def test_a_value_of_ten_megabytes_is_stored(log: WholeLog) -> None:
    value = bytes(range(256)) * 40_000
    log.append("articles", [Message("a", value)])
    assert log.read("articles", "reader", 1)[0].value == value


def test_a_read_returns_a_limited_number_of_bytes_and_a_record_at_least(log: WholeLog) -> None:
    log.append("articles", [Message("k", bytes(size)) for size in (900, 100, 1, 5_000, 7)])
    sizes = []
    while records := log.read("articles", "reader", 10, 1_000):
        sizes.append([len(record.value) for record in records])
        log.commit("reader", records)
    assert sizes == [[900, 100], [1], [5_000], [7]]


def test_without_a_commit_the_same_records_are_read_again(log: WholeLog) -> None:
    log.append("articles", messages("a", "b", "c"))
    assert log.read("articles", "reader", 2) == log.read("articles", "reader", 2)


def test_a_commit_moves_past_its_records_and_all_before_them(log: WholeLog) -> None:
    log.append("articles", messages("a", "b", "c"))
    log.commit("reader", log.read("articles", "reader", 2)[1:])
    assert [record.key for record in log.read("articles", "reader", 10)] == ["c"]
    assert log.lag("articles", "reader") == 1


def test_a_commit_never_goes_back(log: WholeLog) -> None:
    log.append("articles", messages("a", "b", "c"))
    records = log.read("articles", "reader", 3)
    log.commit("reader", records)
    log.commit("reader", records[:1])
    log.commit("reader", [])
    assert log.read("articles", "reader", 10) == []


def test_records_of_one_commit_may_be_in_any_order(log: WholeLog) -> None:
    log.append("articles", messages("a", "b", "c"))
    log.commit("reader", log.read("articles", "reader", 3)[::-1])
    assert log.lag("articles", "reader") == 0


def test_one_commit_may_span_topics(log: WholeLog) -> None:
    log.append("articles", messages("a"))
    log.append("quotes", messages("b"))
    log.commit("reader", log.read("articles", "reader", 1) + log.read("quotes", "reader", 1))
    assert log.lag("articles", "reader") == log.lag("quotes", "reader") == 0


def test_groups_have_offsets_of_their_own(log: WholeLog) -> None:
    log.append("articles", messages("a"))
    log.commit("one", log.read("articles", "one", 1))
    assert log.read("articles", "one", 1) == []
    assert len(log.read("articles", "other", 1)) == 1


def test_topics_are_separate(log: WholeLog) -> None:
    log.append("articles", messages("a"))
    log.append("quotes", messages("b"))
    log.commit("reader", log.read("articles", "reader", 1))
    assert [(r.key, r.offset) for r in log.read("quotes", "reader", 10)] == [("b", 0)]


def test_appending_again_appends_again(log: WholeLog) -> None:
    log.append("articles", messages("a"))
    log.append("articles", messages("a"))
    assert [record.offset for record in log.read("articles", "reader", 10)] == [0, 1]


def test_appending_nothing_changes_nothing(log: WholeLog) -> None:
    log.append("articles", [])
    assert log.read("articles", "reader", 10) == []


def test_a_key_stays_in_its_partition_and_in_order(open_log: Callable[[int], WholeLog]) -> None:
    log = open_log(4)
    keys = [f"speaker {number % 20}" for number in range(200)]
    log.append("quotes", messages(*keys))
    records = list(everything(log, "quotes"))
    assert len({record.partition for record in records}) == 4
    for key in set(keys):
        mine = [record for record in records if record.key == key]
        assert len({record.partition for record in mine}) == 1
        assert [int(record.value) for record in mine] == [n for n, k in enumerate(keys) if k == key]


def test_small_reads_get_everything_from_all_partitions(open_log: Callable[[int], WholeLog]) -> None:
    log = open_log(3)
    log.append("quotes", messages(*(f"speaker {number}" for number in range(50))))
    seen: list[int] = []
    while records := log.read("quotes", "reader", 7):
        assert log.lag("quotes", "reader") == 50 - len(seen)
        seen += [int(record.value) for record in records]
        log.commit("reader", records)
    assert sorted(seen) == list(range(50))


@pytest.mark.parametrize("open_log", ["fake", "sqlite"], indirect=True)  # brokers order each partition by itself
def test_an_embedded_log_gives_the_oldest_records_first_whatever_their_partition(
    open_log: Callable[[int], WholeLog],
) -> None:
    log = open_log(3)
    log.append("quotes", messages(*(f"speaker {number}" for number in range(50))))
    seen: list[int] = []
    while records := log.read("quotes", "reader", 7):
        seen += [int(record.value) for record in records]
        log.commit("reader", records)
    assert seen == list(range(50))


def test_threads_append_without_losing_or_mixing(log: WholeLog) -> None:
    def write(writer: int) -> None:
        for batch in range(10):
            log.append("articles", [Message(f"{writer}", f"{batch} {place}".encode()) for place in range(5)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    records = log.read("articles", "reader", 1000)
    assert [record.offset for record in records] == list(range(200))
    for writer in range(4):
        mine = [record.value.decode() for record in records if record.key == f"{writer}"]
        assert mine == [f"{batch} {place}" for batch in range(10) for place in range(5)]


def test_a_reader_beside_a_writer_misses_nothing(log: WholeLog) -> None:
    def write() -> None:
        for place in range(100):
            log.append("articles", [Message("a", f"{place}".encode())])

    seen: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while len(seen) < 100:
            records = log.read("articles", "reader", 10)
            seen += [int(record.value) for record in records]
            log.commit("reader", records)
        writing.result()
    assert seen == list(range(100))
