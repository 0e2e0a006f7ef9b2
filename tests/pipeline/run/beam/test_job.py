"""The Beam job on real servers: it comes to what the runner of one machine comes to, whatever it is given."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.feeds import outgoing
from pipeline.model import Article
from pipeline.ports import ARTICLES, Message
from pipeline.run import local
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.testing import FakeClock
from tests.brokers import AUTHORITY, PASSWORD, USER, broker
from tests.pipeline.run.beam.jobs import POISON, append, articles_of, opened, orders, outcome, running, settled, until

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(1500)]


def published(most: int = 30) -> list[Article]:
    """Our gold articles, each also by a second outlet, some in another revision, some twice."""
    articles = articles_of("courier.example", "gazette.example", most=most)
    revised = [replace(article, text=article.text + "\n\nThis article was amended.") for article in articles[::7]]
    return [*articles, *articles[::5], *revised]


def messages() -> list[Message]:
    """The articles as messages, with some among them that hold none."""
    good = [outgoing.arrived(article) for article in published()]
    for place, value in enumerate(POISON):
        good.insert(place * 9, Message(f"poison {place}", value))
    return good


def test_both_profiles_give_the_same_result(services: Services, tmp_path: Path) -> None:
    sent = messages()
    alone = open_services(Settings(file=tmp_path / "onrecord.sqlite"), clock=FakeClock())
    alone.desk.save(*orders())
    alone.log.append(ARTICLES, sent)
    local.drain(alone)
    expected = outcome(alone, sent)
    assert len(expected.documents) > 60
    assert len(expected.decisions) > 100
    assert len(expected.alerts) > 30
    assert len(expected.failures) == len(POISON)
    alone.close()

    services.desk.save(*orders())
    services.log.append(ARTICLES, sent)
    with running(services):
        until(lambda: settled(services))
    result = outcome(services, sent)
    assert result.failures == expected.failures
    assert result.documents == expected.documents
    assert result.decisions == expected.decisions
    assert result.alerts == expected.alerts


def test_a_replay_of_the_whole_log_brings_nothing_new(services: Services) -> None:
    services.desk.save(*orders())
    sent = [outgoing.arrived(article) for article in published(10)]
    services.log.append(ARTICLES, sent)
    with running(services):
        until(lambda: settled(services))
    before = outcome(services, sent)
    services.log.append(ARTICLES, sent)
    with running(services):
        until(lambda: settled(services))
    after = outcome(services, sent)
    assert after.documents == before.documents
    assert after.decisions == before.decisions
    assert after.alerts == {}
    assert before.alerts


def test_flink_reads_from_brokers_that_ask_for_a_password_by_tls(tmp_path: Path) -> None:
    secret = tmp_path / "kafka_password"
    secret.write_text(PASSWORD)
    folder = tmp_path / "kafka"
    folder.mkdir()
    with broker(folder, locked=True) as own:
        locked = {
            "kafka.brokers": f"127.0.0.1:{own.locked}",
            "kafka.security": "sasl-tls",
            "kafka.mechanism": "PLAIN",
            "kafka.username": USER,
            "kafka.password": PASSWORD,
            "kafka.ca": str(AUTHORITY),
            "job.kafka_password_at": str(secret),
        }
        with opened(**locked) as services:
            articles = articles_of("courier.example", most=3)
            append(services, articles)
            with running(services):
                until(lambda: settled(services))
            result = outcome(services, [outgoing.arrived(article) for article in articles])
    assert len(result.documents) == len(articles)
