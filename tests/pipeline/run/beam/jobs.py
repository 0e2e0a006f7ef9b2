"""The job on the real servers for tests: what it is given, how it is run, and what became of that."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from pipeline.cli.run import workers
from pipeline.codec import decode
from pipeline.feeds import outgoing
from pipeline.model import Actor, Alert, Article, Decision, Document, Watch, article_id
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, Message, Record
from pipeline.roles import Role
from pipeline.run.local import run
from pipeline.services import Services, open_services
from pipeline.settings import Settings, load
from tests import gold, servers
from tests.examples import NOON

ARRIVE_SECONDS: Final = 600  # that a busy machine may take to start a job and work through it
POISON: Final = (
    b"",
    b"\xff\xfe not json",
    b'{"schema":"article/9","value":{}}',
    b'{"schema":"article/1","value":{"id":7}}',
)


@dataclass(frozen=True)
class Outcome:
    """The outcome of some articles: everything by its id, so that the order of writing does not matter."""

    documents: dict[str, Document]
    decisions: dict[str, Decision]
    alerts: dict[str, Alert]
    failures: list[tuple[str, bytes, str, str]]


def articles_of(*sources: str, most: int = 20) -> list[Article]:
    """Our gold articles, each published by all of these outlets."""
    return [
        Article(
            id=article_id(canonical_url=f"https://{source}/{record['id']}"),
            source=source,
            title=record["title"],
            text=record["text"],
            first_seen=NOON + timedelta(minutes=number),
            fetched=NOON + timedelta(minutes=number),
            url=f"https://{source}/{record['id']}",
            canonical_url=f"https://{source}/{record['id']}",
            language="en",
            published=NOON,
        )
        for number, record in enumerate(gold.records()[:most])
        for source in sources
    ]


def orders() -> list[Actor | Watch]:
    """Everybody who says something in the articles is watched."""
    names = sorted(
        {
            quote["speaker_name"]
            for record in gold.records()[:30]
            for quote in record["quotes"]
            if quote.get("speaker_name")
        }
    )
    actors = {actor.id: actor for actor in (Actor(id=f"actor-{n}", name=name) for n, name in enumerate(names))}
    return [*actors.values(), Watch(id="all", name="All", created=NOON - timedelta(days=1), by=tuple(actors))]


def cluster(prefix: str, flink: str, **changes: object) -> Settings:
    """Settings of a cluster on the test servers, with one partition so that the order is that of one machine."""
    job, artifacts = flink.split(",")
    return load(
        None,
        {
            "profile": "cluster",
            "kafka.brokers": os.environ["TEST_KAFKA"],
            "kafka.prefix": prefix,
            "kafka.partitions": 1,
            "elasticsearch.url": f"http://{os.environ['TEST_ELASTICSEARCH']}",
            "elasticsearch.prefix": prefix,
            "elasticsearch.replicas": 0,
            "job.endpoint": job,
            "job.expansion_endpoint": os.environ["TEST_EXPANSION"],
            "job.artifact_endpoint": artifacts,
            "job.checkpoints": servers.checkpoints(),
            **changes,
        },
    )


@contextmanager
def opened(flink: str = "", **changes: object) -> Iterator[Services]:
    """The doors of a cluster with topics and indices of its own, the job on this Flink or that of the tests."""
    elastic = servers.elasticsearch()
    services = open_services(cluster(elastic.prefix, flink or os.environ["TEST_FLINK"], **changes))
    try:
        yield services
    finally:
        services.close()
        servers.forget(elastic)


@contextmanager
def running(services: Services) -> Iterator[None]:
    """The job, for the length of the block; it has to end when it is told to, without an error."""
    stop, trouble = threading.Event(), list[BaseException]()
    own = open_services(services.settings)  # as every process has

    def work() -> None:
        try:
            with workers(own, [Role.JOB], None) as working:
                run(working, stop)
        except BaseException as error:  # whatever it is, the test shows it
            trouble.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        own.close()
    assert not thread.is_alive()
    assert trouble == []


def until(met: Callable[[], bool]) -> None:
    """Wait for what is bound to happen."""
    deadline = time.monotonic() + ARRIVE_SECONDS
    while not met():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.5)


def append(services: Services, articles: list[Article]) -> None:
    services.log.append(ARTICLES, [outgoing.arrived(article) for article in articles])


def whole(services: Services, topic: str) -> list[Record]:
    records = []
    while some := services.log.read(topic, "onlooker", 1000):
        records += some
        services.log.commit("onlooker", some)
    return records


def settled(services: Services) -> bool:
    """Return whether all that is on the log has come to the index, as far as the offsets tell."""
    groups = ((ARTICLES, "extract"), ("documents", "index"), ("quotes", "remember"), ("decisions", "index"))
    return all(services.log.lag(topic, group) == 0 for topic, group in groups)


def outcome(services: Services, sent: list[Message]) -> Outcome:
    """All that is there of what became of these messages."""
    ids = {decode(Article, message.value).id for message in sent if message.value not in POISON}
    documents = {
        f"{each.article.id}.{each.article.revision}": each for id_ in ids for each in services.index.documents(id_)
    }
    quotes = [quote.id for each in documents.values() for quote in each.quotes]
    decisions = services.index.verdicts(quotes)
    alerts = [
        decode(Alert, record.value) for record in whole(services, ALERTS)
    ]  # some twice, where a bundle was repeated
    letters = [(r.key, r.value, r.headers["step"], r.headers["error"]) for r in whole(services, DEAD_LETTERS)]
    return Outcome(
        documents={key: replace(each, origin="") for key, each in documents.items()},
        decisions={key: replace(each, offset=0) for key, each in decisions.items()},
        alerts={alert.id: alert for alert in alerts},
        failures=sorted(letters),
    )
