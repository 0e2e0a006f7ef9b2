"""The profile of a cluster on real servers, with the one-machine runner as the job."""

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.codec import encode
from pipeline.feeds.outgoing import arrived
from pipeline.model.values import traceparent
from pipeline.ports import ARTICLES, DEAD_LETTERS, Message, Record
from pipeline.run.local import Pipeline, drain
from pipeline.run.redrive import redrive_oldest
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.settings.servers import Job
from pipeline.testing import FakeClock
from tests import examples
from tests.servers import elasticsearch, forget, kafka

pytestmark = pytest.mark.servers

SAID = (
    "Mayor Ada Lindqvist said on Monday that the harbour will stay open. “We will not sell the quay,” Lindqvist said."
)
LATER = "“The bridge must be rebuilt before winter comes,” said Ada Lindqvist."
FIRST = examples.article("https://courier.example/a", SAID)
COPY = examples.article("https://herald.example/b", SAID, source="herald.example")
REVISED = replace(FIRST, text=f"{SAID}\n\n{LATER}")
NEWS = (FIRST, COPY, FIRST, REVISED)
GARBAGE = (
    Message("no JSON", b"{"),
    Message("compressed", gzip.compress(encode(FIRST))),
    Message("of tomorrow", encode(FIRST).replace(b"article/1", b"article/9"), {"kept": "yes"}),
)

Opened = Callable[[], Services]


@pytest.fixture
def cluster() -> Iterator[Settings]:
    settings = Settings(
        profile="cluster", kafka=kafka(partitions=1), elasticsearch=elasticsearch(), job=Job(runner="local")
    )
    yield settings
    forget(settings.elasticsearch)


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    with closing(open_services(settings, clock=FakeClock())) as services:
        yield services


def publish(services: Services) -> None:
    services.desk.save(examples.actor(), examples.watch())
    services.log.append(ARTICLES, [arrived(article) for article in NEWS])


def dead_letters(services: Services) -> list[Record]:
    return services.log.read(DEAD_LETTERS, "redrive", 100)


def outcome(services: Services) -> dict[str, object]:
    """Return what there is to be seen: documents, decisions, and deliveries."""
    keys = {article.id for article in NEWS}
    documents = [document for key in sorted(keys) for document in services.index.documents(key)]
    quotes = [quote.id for document in documents for quote in document.quotes]
    verdicts = services.index.verdicts(quotes)
    return {
        "documents": documents,
        "decisions": [verdicts[quote] for quote in quotes if quote in verdicts],
        "deliveries": [encode(delivery) for delivery in services.outbox.listing()],
    }


def test_a_cluster_gives_the_same_result_as_one_machine(cluster: Settings, tmp_path: Path) -> None:
    ends, counts = [], []
    for settings in (Settings(file=tmp_path / "desk.sqlite"), cluster):
        with opened(settings) as services:
            publish(services)
            counts.append(drain(services))
            ends.append(outcome(services))
    assert counts[0] == counts[1]
    assert ends[0] == ends[1]
    assert counts[0]["alerts"]


def test_the_next_leader_continues_from_the_committed_offset(cluster: Settings) -> None:
    with opened(cluster) as services:
        publish(services)
        first = Pipeline(services).extract()
    with opened(cluster) as services:
        before = drain(services)
        output = outcome(services)
    with opened(cluster) as services:
        assert drain(services) == Counter()
        assert outcome(services) == output
    assert first["indexed"] == 3
    assert before["alerts"]


def test_garbage_becomes_one_dead_letter_with_its_bytes(cluster: Settings) -> None:
    with opened(cluster) as services:
        publish(services)
        services.log.append(ARTICLES, GARBAGE)
        counts = drain(services)
        result = dead_letters(services)
    assert (counts["indexed"], counts["dead-lettered"]) == (3, len(GARBAGE))
    assert [(record.key, record.value) for record in result] == [(each.key, each.value) for each in GARBAGE]
    assert {record.headers["step"] for record in result} == {"decode"}
    assert result[2].headers["kept"] == "yes"
    assert result[2].headers["error"] == "message has schema 'article/9', this version reads 'article/1'"
    assert [record.headers["origin"] for record in result] == [f"articles/0/{len(NEWS) + n}" for n in range(3)]


def test_a_dead_letter_that_fails_again_is_a_dead_letter_again(cluster: Settings) -> None:
    with opened(cluster) as services:
        services.log.append(ARTICLES, GARBAGE[:1])
        drain(services)
        assert redrive_oldest(services, 10) == 1
        drain(services)
        assert [record.value for record in dead_letters(services)] == [GARBAGE[0].value]
        assert services.log.lag(DEAD_LETTERS, "redrive") == 1


def test_the_headers_of_an_article_describe_it(cluster: Settings) -> None:
    with opened(cluster) as services:
        services.log.append(ARTICLES, [arrived(FIRST)])
        (record,) = services.log.read(ARTICLES, "extract", 1)
    assert record.headers == {
        "schema": "article/1",
        "id": FIRST.id,
        "source": FIRST.source,
        "time": FIRST.fetched.isoformat(),
        "traceparent": traceparent(FIRST.id),
    }
