"""The tables of the settings file for the servers of a cluster: Kafka, Elasticsearch, and what runs the job."""

import re
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator, model_validator

from pipeline.settings.sections import Duration, Section, split_list

_SERVER: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")

_TOPIC_PREFIX: Final = re.compile(r"[A-Za-z0-9._-]{0,200}")  # of at most 249 characters of a topic's name

_INDEX_PREFIX: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}|")  # an index's name is in small letters

# For a week the page of an article is read again, and told from what the topic has; and a job, or the index, may be
# away for a while: what they have not read when it is deleted is lost.
_LEAST_KEPT: Final = timedelta(days=14)


def _server(address: str) -> str:
    found = _SERVER.fullmatch(address)
    if not found or not 0 < int(found[2]) < 65536:
        raise ValueError(f"should be HOST:PORT, which {address!r} is not")
    return address


def _like(pattern: re.Pattern[str]) -> AfterValidator:
    def check(name: str) -> str:
        if not pattern.fullmatch(name):
            raise ValueError(f"should look like {pattern.pattern}")
        return name

    return AfterValidator(check)


def _at_home(path: Path) -> Path:
    return path.expanduser()


Server = Annotated[str, AfterValidator(_server)]

Servers = Annotated[tuple[Server, ...], BeforeValidator(split_list), Field(min_length=1)]

AFile = Annotated[Path, AfterValidator(_at_home)] | None


class Kafka(Section):
    """The Kafka cluster that keeps the log and the desk."""

    brokers: Servers = Field(
        default=("127.0.0.1:9092",), description="HOST:PORT of brokers to begin with, with commas between"
    )
    prefix: Annotated[str, _like(_TOPIC_PREFIX)] = Field(
        default="onrecord-", description="what the names of topics and groups begin with"
    )
    partitions: int = Field(default=8, ge=1, le=1000, description="partitions of a topic that we make")
    replication: int = Field(default=0, ge=0, le=32, description="its replicas; 0 leaves that to the brokers")
    message_bytes: int = Field(
        default=20_000_000, ge=1_000_000, le=500_000_000, description="largest message; a larger article is refused"
    )
    keep: Duration = Field(
        default=timedelta(0),
        description="age at which brokers may delete articles, documents and decisions, from topics that we make; "
        "the index then has them alone; 14d or more, 0 keeps all",
    )
    security: Literal["plaintext", "tls", "sasl", "sasl-tls"] = Field(
        default="plaintext", description="how connections are secured, and whether we log in"
    )
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="how we log in, with sasl and sasl-tls"
    )
    username: str = Field(default="", description="who logs in")
    password: SecretStr | None = Field(default=None, description="the password that goes with it")
    ca: AFile = Field(default=None, description="file with the authorities to trust; not set: the system's")
    certificate: AFile = Field(default=None, description="file with our own certificate, where brokers ask for it")
    key: AFile = Field(default=None, description="file with the certificate's key")

    @field_validator("keep")
    @classmethod
    def _as_long_as_it_is_needed(cls, keep: timedelta) -> timedelta:
        if timedelta(0) < keep < _LEAST_KEPT:
            raise ValueError(f"should be {_LEAST_KEPT.days}d or more, or 0")
        return keep

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if ("sasl" in self.security) != bool(self.username and self.password):
            raise ValueError(f"kafka.username and password are for sasl, and kafka.security = {self.security!r}")
        if "tls" not in self.security and (self.ca or self.certificate):
            raise ValueError(f"kafka.ca and certificate are for tls, and kafka.security = {self.security!r}")
        if bool(self.certificate) != bool(self.key):
            raise ValueError("kafka.certificate and kafka.key are given both or neither")
        return self


class Elasticsearch(Section):
    """The Elasticsearch cluster that answers searches."""

    url: str = Field(default="http://127.0.0.1:9200", description="where it answers; https unless on this machine")
    insecure: bool = Field(default=False, description="allow http to another machine, as inside a closed network")
    prefix: Annotated[str, _like(_INDEX_PREFIX)] = Field(
        default="onrecord-", description="what the names of indices begin with"
    )
    api_key: SecretStr | None = Field(default=None, description="API key, as Elasticsearch encodes it")
    username: str = Field(default="", description="who logs in, where there is no API key")
    password: SecretStr | None = Field(default=None, description="the password that goes with it")
    ca: AFile = Field(default=None, description="file with the authorities to trust; not set: the system's")
    shards: int = Field(default=1, ge=1, le=100, description="primary shards of an index that we make")
    replicas: int = Field(default=1, ge=0, le=10, description="replicas of its shards")
    timeout: Duration = Field(default=timedelta(seconds=30), gt=timedelta(0), description="longest wait for an answer")

    @field_validator("url")
    @classmethod
    def _of_the_web(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
            raise ValueError("should be an address that begins with http:// or https://, without a name and password")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme == "http" and not (self.insecure or _is_loopback(parts.hostname or "")):
            raise ValueError(f"elasticsearch.url = {self.url!r} should be https, or set elasticsearch.insecure")
        if parts.scheme == "http" and self.ca:
            raise ValueError(f"elasticsearch.ca is for https, and elasticsearch.url = {self.url!r}")
        if bool(self.username) != bool(self.password):
            raise ValueError("elasticsearch.username and elasticsearch.password are given both or neither")
        if self.api_key and self.username:
            raise ValueError("elasticsearch.api_key and elasticsearch.username are both set; give one of them")
        return self


class Job(Section):
    """What runs the steps from articles to alerts in a cluster."""

    runner: Literal["flink", "local"] = Field(
        default="flink", description="flink: a Beam job on Flink; local: the role `job` itself, without Beam"
    )
    endpoint: Server = Field(default="127.0.0.1:8099", description="HOST:PORT of Flink's Beam job server")
    artifact_endpoint: Server = Field(default="127.0.0.1:8098", description="HOST:PORT of its artifact service")
    worker: Server | None = Field(
        default=None, description="HOST:PORT of Python workers that are there; not set: the role `job` is the worker"
    )
    parallelism: int = Field(default=1, ge=1, le=1000, description="slots of Flink that each step takes")
    checkpoint: Duration = Field(
        default=timedelta(seconds=10), gt=timedelta(0), description="time between two checkpoints of the job's state"
    )
    renew: Duration = Field(
        default=timedelta(days=1),
        gt=timedelta(0),
        description="time after which a job begins anew, as its checkpoints grow by themselves; not from a savepoint",
    )
    checkpoints: str = Field(
        default="",
        description="folder for them that Flink can reach, such as file:///var/lib/checkpoints; not set: as Flink is"
        " configured, which by itself keeps 5 MB of a step's state in memory, and no more",
    )
    savepoint: str = Field(
        default="",
        description="savepoint of Flink's that the job begins from, each time it begins; not set: from what Kafka and"
        " the index hold",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
