"""The client of an Elasticsearch cluster, and its errors in our words."""

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

_UNSPOKEN: Final = 406  # the response of an older server to the media type of 8.x and 9.x

_CHUNK: Final = 250

_AT_ONCE: Final = 2  # parallel requests: we prepare the next while the server works

_CHUNK_BYTES: Final = 10_000_000  # a tenth of the default limit of a server (http.max_content_length)

_PASSING: Final = (429, 500, 502, 503, 504)  # busy, failing or away: retried within a request

# Statuses of an action that fails for its own content or its id. Any other failure is the server's: a full disk answers
# with 403, 429 or 500.
_REFUSED: Final = frozenset({400, 404, CONFLICT})

# A missing index and an index that an operator has closed; their statuses are among _REFUSED.
_MENDABLE: Final = ("index_not_found_exception", "index_closed_exception")

_FORBIDDEN: Final = "security_exception"  # missing rights of a key or user; other errors have the same status

_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """An action of a bulk request that the server refused, with status and reason."""

    index: str
    id: str
    status: int
    reason: str


def connect(settings: Settings) -> Elasticsearch:
    """Return a client that connects on first use. Raises SettingsError for a missing file of authorities."""
    options: dict[str, Any] = {
        "request_timeout": settings.timeout.total_seconds(),
        "max_retries": 0,
        "serializer": OrjsonSerializer(),
    }
    if settings.ca:
        if not settings.ca.is_file():
            raise SettingsError(f"elasticsearch.ca = '{settings.ca}' is not a readable file")
        options["ca_certs"] = str(settings.ca)
    if settings.api_key:
        options["api_key"] = settings.api_key.get_secret_value()
    if settings.username and settings.password:
        options["basic_auth"] = (settings.username, settings.password.get_secret_value())
    client: Elasticsearch = Elasticsearch(settings.url, **options)
    return client


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Translate Elasticsearch's errors to WorldErrors that name the address and the setting to check."""
    try:
        yield
    except NotElasticsearch as error:
        raise WorldError(_something_else(url, str(error))) from error
    except ApiError as error:
        raise WorldError(_refusal_message(url, error)) from error
    except TlsError as error:
        raise WorldError(
            f"Elasticsearch at {url} (elasticsearch.url, elasticsearch.ca) cannot be trusted: {error.message}"
        ) from error
    except TransportError as error:
        raise WorldError(f"Elasticsearch at {url} (elasticsearch.url) cannot be reached: {error.message}") from error


def _refusal_message(url: str, error: ApiError) -> str:
    status, answer = error.meta.status, f"{error.meta.status} {reason(error)}"
    if status == _UNKNOWN or _FORBIDDEN in answer:
        return _not_let_in(url, answer)
    if status < 500 and not is_its_own(error):
        return _something_else(url, answer)
    if status == _UNSPOKEN:
        return f"Elasticsearch at {url} (elasticsearch.url) is of a version before 8, or a fork: {answer}"
    return f"Elasticsearch at {url} (elasticsearch.url) refused: {answer}"


def _not_let_in(url: str, answer: str) -> str:
    settings = "elasticsearch.api_key, or username and password"
    return f"Elasticsearch at {url} does not let us in; look at {settings}: {answer}"


def _something_else(url: str, answer: str) -> str:
    return f"Elasticsearch at {url} (elasticsearch.url) is something else, or something else answers for it: {answer}"


def send(client: Elasticsearch, url: str, actions: Iterable[dict[str, Any]]) -> list[Refusal]:
    """Run the actions in requests of bounded size; return those that the server refused for good.

    Actions that a busy or failing server puts off are retried a few times. Raises WorldError if the server still puts
    them off, is short of disk, or does not let us in.
    """
    with explained(url), ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(partial(_refused_actions, client), _parts(actions))
        refused = [refusal for answer in answers for refusal in answer]
    for refusal in refused:
        if refusal.reason.startswith(_FORBIDDEN):
            raise WorldError(_not_let_in(url, f"{refusal.status} {refusal.reason}"))
        if refusal.status not in _REFUSED or refusal.reason.startswith(_MENDABLE):
            raise WorldError(f"Elasticsearch at {url} (elasticsearch.url) cannot store now: {refusal.reason}")
    return refused


def _parts(actions: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(actions)
    while part := list(islice(remaining, _CHUNK)):
        yield part


def _refused_actions(client: Elasticsearch, actions: list[dict[str, Any]]) -> list[Refusal]:
    """Return the refused actions of a request."""
    refused = []
    for _, answer in streaming_bulk(
        client,
        actions,
        chunk_size=_CHUNK,
        max_chunk_bytes=_CHUNK_BYTES,
        require_alias=True,  # otherwise a missing index would be created with any mapping
        raise_on_error=False,
        max_retries=_TRIES,
        retry_on_status=_PASSING,
        initial_backoff=0.5,
        max_backoff=5,
    ):
        ((_, done),) = answer.items()
        if done["status"] >= 400 and not (done["status"] == 404 and "error" not in done):
            refused.append(Refusal(done["_index"], done["_id"], done["status"], reason(done.get("error"))))
    return refused


def is_its_own(error: ApiError) -> bool:
    """Return whether the response is from Elasticsearch or a fork of it, not from another server at that address."""
    return isinstance(error.body, dict) and "error" in error.body


def reason(error: Any) -> str:
    """Return the root cause of an error in one line."""
    if isinstance(error, ApiError):
        error = error.body["error"] if is_its_own(error) else error.message
    if not isinstance(error, dict):
        return " ".join(str(error).split())
    causes = error.get("root_cause") or [error.get("caused_by") or error]
    return " ".join(f"{causes[0].get('type')}: {causes[0].get('reason')}".split())
