"""A typed client of the API, for notebooks and programs of others: `from onrecord.web.client import Client`.

It needs no running desk to be imported, and its answers are the records of the model.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from pipeline.errors import InputError, UsageError, WorldError
from pipeline.model import Actor, Alert, Document, Watch
from pipeline.model.query import Collection, Hit, Order, Page
from pipeline.web.cards import Delivered
from pipeline.web.desk import ActorOrder
from pipeline.web.search import StatementRecord

Answer = TypeVar("Answer")

_SECONDS: Final = 30.0

_PAGE: Final = 200  # hits


_MOST_BYTES: Final = 100_000_000  # of an answer; a cut one is no JSON


class _NoRedirects(HTTPRedirectHandler):
    """Follows no redirect: urllib would send the token to wherever it leads."""

    def redirect_request(self, *_: Any) -> None:
        """Make no further request, so that the answer is an error."""


@dataclass(frozen=True, slots=True)
class Client:
    """A desk by the address of its pages, and the token (`web.token`) if it has one.

    UsageError for what the desk refuses, WorldError if it cannot be reached, InputError for an answer of another kind.
    """

    address: str = "http://127.0.0.1:8414"
    token: str = ""

    def search(
        self,
        query: str = "",
        collection: Collection = "statements",
        *,
        order: Order = "newest",
        limit: int = 20,
        cursor: str = "",
    ) -> Page:
        """Return one page of hits; `cursor` of the page leads to the next."""
        wanted: dict[str, str | int] = {
            "q": query,
            "collection": collection,
            "order": order,
            "limit": limit,
            "cursor": cursor,
        }
        return self._get(Page, "/search", wanted)

    def hits(self, query: str = "", collection: Collection = "statements") -> Iterator[Hit]:
        """Yield every hit of a query, newest first."""
        page = self.search(query, collection, limit=_PAGE)
        yield from page.hits
        while page.cursor:
            page = self.search(query, collection, limit=_PAGE, cursor=page.cursor)
            yield from page.hits

    def statement(self, statement_id: str) -> StatementRecord:
        """Return a statement with all its reports."""
        return self._get(StatementRecord, f"/statements/{quote(statement_id, safe='')}")

    def article(self, article_id: str) -> list[Document]:
        """Return every revision of an article with its mentions and quotes, oldest first."""
        return self._get(list[Document], f"/articles/{quote(article_id, safe='')}")

    def actors(self) -> list[Actor]:
        """Return everybody whom the desk tracks."""
        return self._get(list[Actor], "/actors")

    def watches(self) -> list[Watch]:
        """Return all watches; secrets in their targets are masked."""
        return self._get(list[Watch], "/watches")

    def alerts(self, limit: int = 20) -> list[Alert]:
        """Return the latest alerts of all watches, newest first."""
        return [each.alert for each in self._get(list[Delivered], "/alerts", {"limit": limit})]

    def track(self, actor: Actor) -> Actor:
        """Track an actor, or change one."""
        order = ActorOrder(**{name: getattr(actor, name) for name in ActorOrder.model_fields})
        return self._send(Actor, "PUT", f"/actors/{quote(actor.id, safe='')}", order)

    def _get(self, kind: type[Answer], path: str, query: Mapping[str, str | int] | None = None) -> Answer:
        parameters = {name: value for name, value in (query or {}).items() if value != ""}
        return _parsed(kind, self._answer("GET", f"{path}?{urlencode(parameters)}" if parameters else path))

    def _send(self, kind: type[Answer], method: str, path: str, record: object) -> Answer:
        return _parsed(kind, self._answer(method, path, to_json(record)))

    def _answer(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {"accept": "application/json", "content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        url = f"{self.address.rstrip('/')}/api/v1{path}"
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"address {self.address!r} should begin with http:// or https://")
        try:
            request = Request(url, body, headers, method=method)  # noqa: S310 - the scheme is checked
            with build_opener(_NoRedirects).open(request, timeout=_SECONDS) as answer:
                content: bytes = answer.read(_MOST_BYTES)
        except HTTPError as error:
            raise _refusal(error, url) from error
        except (URLError, HTTPException, OSError) as error:
            raise WorldError(f"{self.address} cannot be reached: {getattr(error, 'reason', None) or error}") from error
        return content


def _refusal(error: HTTPError, url: str) -> UsageError | WorldError:
    """The error that a problem (RFC 9457) describes."""
    body = error.read()
    try:
        problem = from_json(body)
    except ValueError:
        problem = {}
    detail = problem.get("detail", "") if isinstance(problem, dict) else ""
    message = f"{url} answers {error.code}{f': {detail}' if detail else ''}"
    return UsageError(message) if error.code < 500 else WorldError(message)


def _parsed(kind: type[Answer], content: bytes) -> Answer:
    try:
        answer: Answer = TypeAdapter(kind).validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "answer"
        raise InputError(f"the desk's answer has another form: {where}: {first['msg']}", step="decode") from error
    return answer
