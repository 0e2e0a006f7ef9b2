"""States of feeds that older versions stored inside the feeds' records."""

import json
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from connectors.kafka.cluster import Cluster, Row
from connectors.kafka.desk import TOPICS, KafkaDesk, OldStates
from connectors.kafka.table import TableChange
from pipeline.codec import encode
from pipeline.model import Feed, FeedState
from tests import examples
from tests.servers import kafka

URL = "https://courier.example/feed"
STATE = FeedState(url=URL, etag="e", polled=True, seen="ab")


def old_record(**machine: object) -> bytes:
    value = {"url": URL, "source": "courier.example", "polled": True, "etag": "e", "seen": "ab"} | machine
    return json.dumps({"schema": "feed/1", "value": value}).encode()


def change(value: bytes | None) -> TableChange:
    return TableChange(0, URL, value, {})


@pytest.mark.parametrize("later", [encode(examples.feed(URL)), None, b"{"])
def test_a_state_is_found_until_its_feed_is_removed(later: bytes | None) -> None:
    old = OldStates()
    old.apply(change(old_record()))
    assert old.states == {URL: STATE}
    old.apply(change(old_record(etag="f")))
    assert old.states[URL].etag == "f"
    old.apply(change(later))
    assert old.states == {}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with closing(Cluster(kafka())) as opened:
        yield opened


def write_old_record(cluster: Cluster, desk: KafkaDesk, etag: str) -> None:
    """Write as an older process would, and wait until the desk reads it: brokers end a transaction a little later."""
    source = f"before {etag}"
    cluster.append_whole([(TOPICS[Feed], Row(URL, old_record(source=source, etag=etag), {}))])
    deadline = time.monotonic() + 15
    while (feed := desk.find(Feed, URL)) is None or feed.source != source:
        assert time.monotonic() < deadline, "the record did not arrive"
        time.sleep(0.05)


@pytest.mark.servers
def test_the_state_in_an_old_record_outlives_a_change_of_the_feed(cluster: Cluster) -> None:
    with closing(KafkaDesk(cluster)) as desk:
        desk.save(examples.feed("https://a.example/"), examples.feed_state("https://a.example/"))
        write_old_record(cluster, desk, "e")
        assert desk.all(FeedState) == [examples.feed_state("https://a.example/"), STATE]
        assert desk.find(FeedState, URL) == STATE
        desk.save(examples.feed(URL, title="Mine"))
        assert desk.find(FeedState, URL) == STATE
        later = FeedState(url=URL, etag="later")
        desk.save(later)
        write_old_record(cluster, desk, "f")
        assert desk.find(FeedState, URL) == later
        desk.save(examples.feed(URL))
        assert desk.all(FeedState)[-1] == later
        assert desk.remove(Feed, URL)
        assert desk.remove(FeedState, URL)
        assert desk.find(FeedState, URL) is None
