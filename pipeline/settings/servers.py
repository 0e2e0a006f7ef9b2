"""The tables of the settings file for servers: those of a cluster, services that advise on alerts, and sign-in."""

import re
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, Self, cast, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator, model_validator

from pipeline.settings.sections import WEB_ADDRESS, Duration, Section, split_list

_SERVER: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")

_TOPIC_PREFIX: Final = re.compile(r"[A-Za-z0-9._-]{0,200}")  # the name of a topic has at most 249 characters

_INDEX_PREFIX: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}|")  # the name of an index is in lower case

# The page of an article is read again for a week and compared with the topic, and a job or the index may be away for a
# while: records deleted before they have been read are lost.
_LEAST_KEPT: Final = timedelta(days=14)

# New workers learn from the index what a speaker has said in the 90 days before.
_LEAST_INDEXED: Final = timedelta(days=100)


def _server(address: str) -> str:
    match = _SERVER.fullmatch(address)
    if not match or not 0 < int(match[2]) < 65536:
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
    """The Kafka cluster with the log and the desk."""

    brokers: Servers = Field(
        default=("127.0.0.1:9092",), description="HOST:PORT of the first brokers, separated by commas"
    )
    prefix: Annotated[str, _like(_TOPIC_PREFIX)] = Field(
        default="onrecord-", description="prefix of the names of topics and groups"
    )
    partitions: int = Field(default=8, ge=1, le=1000, description="partitions of a new topic")
    replication: int = Field(default=0, ge=0, le=32, description="replicas of a new topic; 0: the brokers decide")
    message_bytes: int = Field(
        default=20_000_000,
        ge=1_000_000,
        le=500_000_000,
        description="maximum message size; a larger article is a dead letter",
    )
    keep: Duration = Field(
        default=timedelta(0),
        description="age at which brokers may delete articles, documents and decisions in topics created with this "
        "setting; then only the index has them; 14d or more, 0 keeps all",
    )
    security: Literal["plaintext", "tls", "sasl", "sasl-tls"] = Field(
        default="plaintext", description="security of connections, with or without a login"
    )
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="login mechanism of sasl and sasl-tls"
    )
    username: str = Field(default="", description="user name")
    password: SecretStr | None = Field(default=None, description="password of the user")
    ca: AFile = Field(default=None, description="file with trusted authorities; not set: the system's")
    certificate: AFile = Field(default=None, description="file with our certificate, if brokers require one")
    key: AFile = Field(default=None, description="file with the key of the certificate")

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
            raise ValueError("kafka.certificate and kafka.key need one another")
        return self


class Elasticsearch(Section):
    """The Elasticsearch cluster with the index."""

    url: str = Field(default="http://127.0.0.1:9200", description="address; https unless on this machine")
    insecure: bool = Field(default=False, description="allow http to another machine, as inside a closed network")
    prefix: Annotated[str, _like(_INDEX_PREFIX)] = Field(
        default="onrecord-", description="prefix of the names of indices"
    )
    api_key: SecretStr | None = Field(default=None, description="API key, as Elasticsearch encodes it")
    username: str = Field(default="", description="user name, if there is no API key")
    password: SecretStr | None = Field(default=None, description="password of the user")
    ca: AFile = Field(default=None, description="file with trusted authorities; not set: the system's")
    shards: int = Field(default=1, ge=1, le=100, description="primary shards of a new index")
    replicas: int = Field(default=1, ge=0, le=10, description="replicas of each shard")
    timeout: Duration = Field(default=timedelta(seconds=30), gt=timedelta(0), description="time limit of a request")
    rollover_age: Duration = Field(
        default=timedelta(days=30), ge=timedelta(days=1), description="age at which new indices replace those in use"
    )
    rollover_bytes: int = Field(
        default=30_000_000_000, ge=1_000_000, description="size of a primary shard at which new indices replace them"
    )
    keep: Duration = Field(
        default=timedelta(0),
        description="age at which whole indices are deleted, with articles, quotes and statements; 100d or more, 0"
        " keeps all",
    )
    lifecycle: str = Field(
        default="",
        description="ILM policy of new indices; it must have no rollover, because this program rolls over itself",
    )
    repository: str = Field(
        default="", description="snapshot repository of the cluster, to which the role `job` writes snapshots"
    )
    snapshot_every: Duration = Field(
        default=timedelta(days=1), ge=timedelta(minutes=10), description="time between two snapshots"
    )
    snapshots: int = Field(
        default=14, ge=0, le=1000, description="number of snapshots to keep; older ones are deleted; 0 keeps all"
    )

    @field_validator("keep")
    @classmethod
    def _as_long_as_memory(cls, keep: timedelta) -> timedelta:
        if timedelta(0) < keep < _LEAST_INDEXED:
            raise ValueError(f"should be {_LEAST_INDEXED.days}d or more, or 0")
        return keep

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
            raise ValueError("elasticsearch.username and elasticsearch.password need one another")
        if self.api_key and self.username:
            raise ValueError("elasticsearch.api_key and elasticsearch.username are both set; set one of them")
        return self


class Job(Section):
    """The runner of the steps from articles to alerts in a cluster."""

    runner: Literal["flink", "local"] = Field(
        default="flink", description="flink: a Beam job on Flink; local: the role `job` itself, without Beam"
    )
    endpoint: Server = Field(default="127.0.0.1:8099", description="HOST:PORT of Flink's Beam job server")
    artifact_endpoint: Server = Field(default="127.0.0.1:8098", description="HOST:PORT of the artifact service")
    expansion_endpoint: Server = Field(
        default="127.0.0.1:8097",
        description="HOST:PORT of Beam's expansion service for Kafka, which is needed whenever the job starts",
    )
    worker: Server | None = Field(
        default=None, description="HOST:PORT of existing Python workers; not set: the role `job` is the worker"
    )
    parallelism: int = Field(default=1, ge=1, le=1000, description="Flink slots for each step")
    processes: int = Field(
        default=1, ge=1, le=100, description="Python worker processes of each of Flink's task managers"
    )
    checkpoint: Duration = Field(
        default=timedelta(seconds=10), gt=timedelta(0), description="time between two checkpoints of the job's state"
    )
    checkpoints: str = Field(
        default="",
        description="folder for checkpoints that Flink can reach, such as file:///var/lib/checkpoints; not set: Flink's"
        " configuration, whose default holds only 5 MB of a step's state, in memory",
    )
    kafka_password_at: str = Field(
        default="",
        description="file on Flink's machines with kafka.password, which does not travel with the job; needed for sasl",
    )
    savepoint: str = Field(
        default="",
        description="Flink savepoint from which the job always starts; not set: it starts from Kafka and the index",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _web_address(address: str) -> str:
    if address and not WEB_ADDRESS.fullmatch(address):
        raise ValueError("should be an address that begins with http:// or https://, without ? and #")
    return address


ServiceAddress = Annotated[str, AfterValidator(_web_address)]

_HELD_UP = "how long a batch of alerts waits for its answers; later, alerts go out without an answer"

_PRIVATE = "allow this service, and no other request, at a loopback or private address, as on your own machine"


class Translate(Section):
    """A service that translates statements; alerts and pages show the translation beside the original."""

    service: Literal["", "libretranslate", "deepl"] = Field(
        default="", description="libretranslate or deepl; empty: no translations, and no text leaves the machine"
    )
    address: ServiceAddress = Field(
        default="", description="address of the service, such as http://127.0.0.1:5000; DeepL needs none"
    )
    key: SecretStr | None = Field(default=None, description="key of the service; DeepL needs one")
    language: str = Field(
        default="en",
        pattern=r"^[a-z]{2}(-[A-Za-z]{2,4})?$",
        description="language of the translations, such as en or de",
    )
    timeout: Duration = Field(default=timedelta(seconds=10), gt=timedelta(0), description=_HELD_UP)
    characters: int = Field(
        default=100_000, gt=0, description="maximum number of characters a day (UTC) that each deliverer sends"
    )
    private_addresses: bool = Field(default=False, description=_PRIVATE)


class Review(Section):
    """A language model that judges uncertain alerts before they are sent; alerts show its opinion as evidence."""

    address: ServiceAddress = Field(
        default="",
        description="address of a server with OpenAI's chat completions, such as http://127.0.0.1:11434/v1; "
        "empty: no reviews, and no text leaves the machine",
    )
    model: str = Field(default="", description="name of the model on that server")
    key: SecretStr | None = Field(default=None, description="key of the server, sent as a bearer token")
    below: float = Field(
        default=0.7, ge=0, le=1, description="review alerts whose quote has a confidence below this value"
    )
    timeout: Duration = Field(default=timedelta(seconds=10), gt=timedelta(0), description=_HELD_UP)
    requests: int = Field(default=200, gt=0, description="maximum number of reviews a day (UTC) of each deliverer")
    hold: bool = Field(
        default=False,
        description="mute alerts that the model calls doubtful; instructions to the model in an article could then "
        "silence an alert",
    )
    private_addresses: bool = Field(default=False, description=_PRIVATE)


GivenRole = Literal["reader", "editor", "admin"]

RETURN_PATH: Final = "/login/oidc/back"
"""The path of `web.address` to which the provider sends browsers back."""

_ROLE: Final = re.compile(r"(\S(?:.*\S)?)\s*=\s*(reader|editor|admin)")


class Oidc(Section):
    """Sign-in at an OpenID Connect provider, such as Keycloak, Entra ID or Google; needs onrecord[oidc]."""

    issuer: ServiceAddress = Field(
        default="",
        description="address of the provider as its metadata gives it, such as https://login.example.org/realms/news; "
        "empty: no such sign-in",
    )
    client: str = Field(default="", description="id of this client at the provider")
    secret: SecretStr | None = Field(default=None, description="secret of this client; not set: a public client")
    scopes: str = Field(default="openid profile email", description="scopes to ask for, separated by spaces")
    claim: str = Field(
        default="groups", description="claim whose values give the role, such as groups or realm_access.roles"
    )
    roles: Annotated[tuple[str, ...], BeforeValidator(split_list)] = Field(
        default=(),
        description="roles of the claim's values, separated by commas, such as 'desk=editor, it=admin'; the highest "
        "counts",
    )
    default_role: Literal["", GivenRole] = Field(
        default="", description="role of everybody else whom the provider signs in; empty: they may not come in"
    )
    domains: Annotated[tuple[str, ...], BeforeValidator(split_list)] = Field(
        default=(), description="domains of verified e-mail addresses that may come in, separated by commas; empty: any"
    )
    timeout: Duration = Field(
        default=timedelta(seconds=10), gt=timedelta(0), description="time limit of each request to the provider"
    )
    private_addresses: bool = Field(
        default=False, description="allow the provider, and no other request, at a loopback or private address or http"
    )

    @property
    def role_of(self) -> dict[str, GivenRole]:
        """The role of each value of the claim."""
        matches = filter(None, map(_ROLE.fullmatch, self.roles))
        return {match[1]: cast(GivenRole, match[2]) for match in matches}

    @field_validator("scopes")
    @classmethod
    def _with_openid(cls, scopes: str) -> str:
        if "openid" not in scopes.split():
            raise ValueError("should contain openid")
        return scopes

    @field_validator("roles")
    @classmethod
    def _with_roles(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        for role in roles:
            if not _ROLE.fullmatch(role):
                raise ValueError(f"should have VALUE={'|'.join(get_args(GivenRole))}, which {role!r} is not")
        return roles

    @field_validator("domains")
    @classmethod
    def _folded(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.casefold().removeprefix("@") for domain in domains)

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if self.issuer.startswith("http://") and not self.private_addresses:
            raise ValueError("oidc.issuer should begin with https://, unless oidc.private_addresses is true")
        return self
