"""One Elasticsearch cluster: how it is reached, and its errors in our words."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

from pipeline.errors import SettingsError, UsageError, WorldError
from pipeline.settings.servers import Elasticsearch as Settings

__all__ = [
    "CONFLICT",
    "BadRequestError",
    "Elasticsearch",
    "NotFoundError",
    "Refusal",
    "connect",
    "explained",
    "is_its_own",
    "reason",
    "scan",
    "send",
]

try:
    from elastic_transport import TlsError, TransportError
    from elasticsearch import ApiError, BadRequestError, Elasticsearch, NotFoundError, OrjsonSerializer
    from elasticsearch import UnsupportedProductError as NotElasticsearch
    from elasticsearch.helpers import scan, streaming_bulk
except ImportError as missing:
    raise UsageError("profile 'cluster' needs the extra `cluster`: pip install 'onrecord[cluster]'") from missing

CONFLICT: Final = 409

_UNKNOWN: Final = 401

_UNSPOKEN: Final = 406  # what an older server answers to the media type that 8.x and 9.x understand

_CHUNK: Final = 250

_AT_ONCE: Final = 2  # requests: the next is made ready while the server works on those before

_CHUNK_BYTES: Final = 10_000_000  # a tenth of what a server takes by default (http.max_content_length)

_PASSING: Final = frozenset({429, 502, 503, 504})  # busy, short of disk, or not there: worth another try

# Of a full disk, of an index that is gone, and of one that an operator has closed.
_MENDABLE: Final = ("cluster_block_exception", "index_not_found_exception", "index_closed_exception")

_FORBIDDEN: Final = "security_exception"  # of what a key or user may not do; other errors have the same status

_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """One action of a bulk request that was not done: what the server answered, and why."""

    index: str
    id: str
    status: int
    reason: str


def connect(settings: Settings) -> Elasticsearch:
    """A client that connects when it is used; SettingsError for a file of authorities that is not there."""
    given: dict[str, Any] = {
        "request_timeout": settings.timeout.total_seconds(),
        "max_retries": 0,
        "serializer": OrjsonSerializer(),
    }
    if settings.ca:
        if not settings.ca.is_file():
            raise SettingsError(f"elasticsearch.ca = '{settings.ca}' is no file that can be read")
        given["ca_certs"] = str(settings.ca)
    if settings.api_key:
        given["api_key"] = settings.api_key.get_secret_value()
    if settings.username and settings.password:
        given["basic_auth"] = (settings.username, settings.password.get_secret_value())
    client: Elasticsearch = Elasticsearch(settings.url, **given)
    return client


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Elasticsearch's errors as WorldErrors that name the address and the setting to look at."""
    try:
        yield
    except NotElasticsearch as error:
        raise WorldError(_something_else(url, str(error))) from error
    except ApiError as error:
        raise WorldError(_refused(url, error)) from error
    except TlsError as error:
        raise WorldError(
            f"Elasticsearch at {url} (elasticsearch.url, elasticsearch.ca) cannot be trusted: {error.message}"
        ) from error
    except TransportError as error:
        raise WorldError(f"Elasticsearch at {url} (elasticsearch.url) cannot be reached: {error.message}") from error


def _refused(url: str, error: ApiError) -> str:
    status, told = error.meta.status, f"{error.meta.status} {reason(error)}"
    if status == _UNKNOWN or _FORBIDDEN in told:
        return _not_let_in(url, told)
    if status < 500 and not is_its_own(error):
        return _something_else(url, told)
    if status == _UNSPOKEN:
        return f"Elasticsearch at {url} (elasticsearch.url) is of a version before 8, or a fork: {told}"
    return f"Elasticsearch at {url} (elasticsearch.url) refused: {told}"


def _not_let_in(url: str, told: str) -> str:
    settings = "elasticsearch.api_key, or username and password"
    return f"Elasticsearch at {url} does not let us in; look at {settings}: {told}"


def _something_else(url: str, told: str) -> str:
    return f"Elasticsearch at {url} (elasticsearch.url) is something else, or something else answers for it: {told}"


def send(client: Elasticsearch, url: str, actions: Iterable[dict[str, Any]]) -> list[Refusal]:
    """Do what the actions say, in requests of a bounded size; those that the server refused.

    What a busy server puts off is tried again a few times; WorldError where it still does, is short of disk, or does
    not let us.
    """
    with explained(url), ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(partial(_sent, client), _parts(actions))
        refused = [refusal for answer in answers for refusal in answer]
    for refusal in refused:
        if refusal.reason.startswith(_FORBIDDEN):
            raise WorldError(_not_let_in(url, f"{refusal.status} {refusal.reason}"))
        if refusal.status in _PASSING or refusal.reason.startswith(_MENDABLE):
            raise WorldError(f"Elasticsearch at {url} (elasticsearch.url) cannot store now: {refusal.reason}")
    return refused


def _parts(actions: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(actions)
    while part := list(islice(rest, _CHUNK)):
        yield part


def _sent(client: Elasticsearch, actions: list[dict[str, Any]]) -> list[Refusal]:
    """What was refused of so many actions."""
    refused = []
    for _, answer in streaming_bulk(
        client,
        actions,
        chunk_size=_CHUNK,
        max_chunk_bytes=_CHUNK_BYTES,
        require_alias=True,  # an index that is gone would be made anew, of any shape
        raise_on_error=False,
        max_retries=_TRIES,
        initial_backoff=0.5,
        max_backoff=5,
    ):
        ((_, done),) = answer.items()
        if done["status"] >= 400 and not (done["status"] == 404 and "error" not in done):
            refused.append(Refusal(done["_index"], done["_id"], done["status"], reason(done.get("error"))))
    return refused


def is_its_own(error: ApiError) -> bool:
    """Whether an Elasticsearch, or a fork of it, gave this answer, and nothing else at that address."""
    return isinstance(error.body, dict) and "error" in error.body


def reason(error: Any) -> str:
    """The cause at the bottom of an error, raised or as Elasticsearch describes it, in one line."""
    if isinstance(error, ApiError):
        error = error.body["error"] if is_its_own(error) else error.message
    if not isinstance(error, dict):
        return " ".join(str(error).split())
    causes = error.get("root_cause") or [error.get("caused_by") or error]
    return " ".join(f"{causes[0].get('type')}: {causes[0].get('reason')}".split())
