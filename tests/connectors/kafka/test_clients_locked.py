"""Kafka behind TLS and a password."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.errors import KafkaConnectionError, KafkaTimeoutError, RequestTimedOutError, SaslAuthenticationFailedError
from pydantic import SecretStr

from connectors.kafka.clients import explained, java_consumer
from connectors.kafka.cluster import Cluster, Row
from pipeline.errors import SettingsError, WorldError
from pipeline.settings.servers import Kafka
from tests.brokers import Broker, broker
from tests.connectors.kafka.conftest import LEFT_SOCKETS

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300), *LEFT_SOCKETS]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("broker"), locked=True) as one:
        yield one


def test_a_known_user_is_admitted(locked: Broker) -> None:
    cluster = Cluster(locked.locked_settings())
    assert cluster.append("articles", [Row("a", b"1")])[0][0] == "articles"
    cluster.check()
    cluster.close()


def test_a_wrong_password_is_named(locked: Broker) -> None:
    cluster = Cluster(locked.locked_settings("guess"))
    with pytest.raises(WorldError, match=r"not let in kafka.username 'desk' with kafka.password .*PLAIN") as output:
        cluster.check()
    assert f"127.0.0.1:{locked.locked}" in str(output.value)
    assert "guess" not in str(output.value)


def test_a_last_try_without_time_does_not_hide_why_those_before_it_failed(locked: Broker) -> None:
    settings = locked.locked_settings("guess")
    Cluster(settings)
    logger = logging.getLogger("kafka.net")
    with pytest.raises(WorldError, match="does not let in"), explained(settings):
        logger.warning("failed: %s", SaslAuthenticationFailedError("invalid"))
        logger.warning("failed: %s", RequestTimedOutError("after 24 ms"))
        raise KafkaTimeoutError("unable to bootstrap")


def test_a_dropped_connection_is_explained_by_the_password(locked: Broker) -> None:
    settings = locked.locked_settings("guess")
    with pytest.raises(WorldError, match="hang up, as they do if they do not let in"), explained(settings):
        raise KafkaConnectionError("socket disconnected")


def test_an_authority_that_is_not_trusted_is_named(locked: Broker) -> None:
    stranger = locked.locked_settings().model_copy(update={"ca": None})
    with pytest.raises(WorldError, match=rf":{locked.locked} \(kafka.security, kafka.ca\): .*CERTIFICATE_VERIFY"):
        Cluster(stranger).check()


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    missing = tmp_path / "none.pem"
    with pytest.raises(SettingsError, match=r"kafka.ca = '.*none.pem' is not a readable file"):
        Cluster(Kafka(security="tls", ca=missing))


def test_java_settings_name_the_password_file_and_not_the_password(tmp_path: Path) -> None:
    kafka = Kafka(security="sasl-tls", username="desk", password=SecretStr("open-sesame"), ca=tmp_path / "ca.pem")
    settings = java_consumer(kafka, "articles", "extract", "/run/secrets/kafka_password")
    assert "open-sesame" not in str(settings)
    assert 'username="desk" password="${directory:/run/secrets:kafka_password}"' in settings["sasl.jaas.config"]
    assert settings["ssl.truststore.certificates"] == f"${{directory:{tmp_path}:ca.pem}}"
    assert settings["group.id"] == "onrecord-articles.extract"
    assert settings["enable.auto.commit"] == "false"
    with pytest.raises(SettingsError, match=r"job\.kafka_password_at"):
        java_consumer(kafka, "articles", "extract", "")


def test_java_presents_its_client_certificate(tmp_path: Path) -> None:
    kafka = Kafka(security="tls", certificate=tmp_path / "own.pem", key=tmp_path / "own.key")
    settings = java_consumer(kafka, "articles", "extract", "")
    assert settings["ssl.keystore.key"] == f"${{directory:{tmp_path}:own.key}}"
    assert settings["ssl.keystore.certificate.chain"] == f"${{directory:{tmp_path}:own.pem}}"
