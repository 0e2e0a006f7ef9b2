"""The settings of kafka-python's clients, and its errors in our words."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from pipeline.errors import InputError, SettingsError, UsageError, WorldError
from pipeline.settings.servers import Kafka

__all__ = [
    "LEAVING_MS",
    "ConsumerRebalanceListener",
    "KafkaAdminClient",
    "KafkaConsumer",
    "KafkaError",
    "KafkaProducer",
    "OffsetAndMetadata",
    "TopicAlreadyExistsError",
    "TopicPartition",
    "connection",
    "explained",
    "group_id",
    "java_consumer",
]

try:
    from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
    from kafka.errors import (
        InvalidTimestampError,
        KafkaError,
        KafkaTimeoutError,
        MessageSizeTooLargeError,
        RecordListTooLargeError,
        RequestTimedOutError,
        SaslAuthenticationFailedError,
        TopicAlreadyExistsError,
    )
    from kafka.structs import OffsetAndMetadata
except ImportError as missing:
    raise UsageError("profile 'cluster' needs the extra `cluster`: pip install 'onrecord[cluster]'") from missing

LEAVING_MS: Final = 1_000  # time for a client to leave its group

_PROTOCOLS: Final = {"plaintext": "PLAINTEXT", "tls": "SSL", "sasl": "SASL_PLAINTEXT", "sasl-tls": "SASL_SSL"}

_LOGINS: Final = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}

_FRESH: Final = 10.0  # seconds for which an earlier failure explains more than a connection that ended or timed out


def connection(kafka: Kafka) -> dict[str, Any]:
    """Return the settings of every kafka-python client. Raises SettingsError for a missing file."""
    _failures()
    for name in ("ca", "certificate", "key"):
        file: Path | None = getattr(kafka, name)
        if file and not file.is_file():
            raise SettingsError(f"kafka.{name} = '{file}' is not a readable file")
    options: dict[str, Any] = {
        "bootstrap_servers": list(kafka.brokers),
        "client_id": "onrecord",
        # A stop waits for one or two of these at most.
        "bootstrap_timeout_ms": 5_000,
        "request_timeout_ms": 10_000,
        "security_protocol": _PROTOCOLS[kafka.security],
    }
    for option, file in (("cafile", kafka.ca), ("certfile", kafka.certificate), ("keyfile", kafka.key)):
        if file:
            options[f"ssl_{option}"] = str(file)
    if kafka.password:
        options["sasl_mechanism"] = kafka.mechanism
        options["sasl_plain_username"] = kafka.username
        options["sasl_plain_password"] = kafka.password.get_secret_value()
    return options


def java_consumer(kafka: Kafka, topic: str, group: str, password_at: str) -> dict[str, str]:
    """Return the settings of Java's consumer, which runs on other machines and commits by checkpoints alone.

    Files have the same paths there. The password stays in the file `password_at` there, because these settings become
    part of the job and its checkpoints. Raises SettingsError if there is a password and no such file.
    """
    settings = {
        "bootstrap.servers": ",".join(kafka.brokers),
        "group.id": group_id(kafka, topic, group),
        "auto.offset.reset": "earliest",
        "enable.auto.commit": "false",  # Kafka's default commits fetched records, and loses them if the job ends
        "max.partition.fetch.bytes": str(kafka.message_bytes),
        "security.protocol": _PROTOCOLS[kafka.security],
        "config.providers": "directory",
        "config.providers.directory.class": "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
    }
    if kafka.ca:
        settings |= {"ssl.truststore.type": "PEM", "ssl.truststore.certificates": _content(kafka.ca)}
    if kafka.certificate and kafka.key:
        settings |= {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.certificate.chain": _content(kafka.certificate),
            "ssl.keystore.key": _content(kafka.key),
        }
    if kafka.password:
        if not password_at:
            raise SettingsError("job.kafka_password_at should name Flink's file with the password of kafka.username")
        login, password = _LOGINS[kafka.mechanism], _content(Path(password_at))
        settings |= {
            "sasl.mechanism": kafka.mechanism,
            "sasl.jaas.config": f'{login} required username="{kafka.username}" password="{password}";',
        }
    return settings


def _content(file: Path) -> str:
    """Return a reference to the content of a file, which Java's consumer reads where it runs."""
    return f"${{directory:{file.parent}:{file.name}}}"


def group_id(kafka: Kafka, topic: str, group: str) -> str:
    """Return a group name per topic: in a single group, every new reader of any topic would cause a rebalance."""
    return f"{kafka.prefix}{topic}.{group}"


@contextmanager
def explained(kafka: Kafka) -> Iterator[None]:
    """Translate Kafka's errors to WorldErrors that name the brokers and the setting to check."""
    began = time.monotonic()
    try:
        yield
    except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
        raise InputError(
            f"message is larger than Kafka at {','.join(kafka.brokers)} allows (kafka.message_bytes): {error}",
            step="append",
        ) from error
    except KafkaTimeoutError as error:
        raise WorldError(_message(kafka, _failures().since(began) or error)) from error
    except KafkaError as error:
        raise WorldError(_message(kafka, error)) from error


def _message(kafka: Kafka, error: KafkaError) -> str:
    brokers = f"Kafka at {','.join(kafka.brokers)}"
    if isinstance(error, SaslAuthenticationFailedError):
        return f"{brokers} does not let in {_user(kafka)}"
    if kafka.password and "disconnected" in str(error):
        # A broker rejects a wrong password as it closes the connection, and kafka-python 3.0.12 drops the data that it
        # reads together with the end of a connection.
        return f"{brokers} (kafka.brokers) hang up, as they do if they do not let in {_user(kafka)}"
    if isinstance(error, InvalidTimestampError):
        return f"{brokers} (kafka.brokers) refuse a message from the future: this machine's clock or theirs is wrong"
    if isinstance(error, RequestTimedOutError):
        return f"{brokers} (kafka.brokers) do not answer in time, or are something else"
    setting = "kafka.security, kafka.ca" if "Handshake failed" in str(error) else "kafka.brokers"
    return f"{brokers} ({setting}): {type(error).__name__}: {' '.join(str(error).split())}"


def _user(kafka: Kafka) -> str:
    return f"kafka.username {kafka.username!r} with kafka.password by kafka.mechanism {kafka.mechanism!r}"


class _Failures(logging.Handler):
    """Remembers why brokers could not be reached: kafka-python logs the reason but does not raise it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._last: tuple[float, KafkaError] | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Store the error of the message if it explains more than the last one."""
        for argument in record.args if isinstance(record.args, tuple) else ():
            if not isinstance(argument, KafkaError) or isinstance(argument, KafkaTimeoutError):
                continue
            if not _says_little(argument) or not self.since(time.monotonic() - _FRESH):
                self._last = (time.monotonic(), argument)

    def since(self, began: float) -> KafkaError | None:
        """Return the last failure after this time."""
        last = self._last
        return last[1] if last and last[0] > began else None


def _says_little(error: KafkaError) -> bool:
    """Return whether the error says only that a connection ended or an attempt timed out."""
    return isinstance(error, RequestTimedOutError) or "disconnected" in str(error)


@cache
def _failures() -> _Failures:
    """Return the handler of this process, which swallows kafka-python's log: one message per attempt hides ours."""
    failures = _Failures()
    logger = logging.getLogger("kafka")
    logger.addHandler(failures)
    logger.propagate = False
    return failures
