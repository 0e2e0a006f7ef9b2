"""Shared parts of request handlers: the open services, the parameters of a search, and errors as problem details.

Programs get RFC 9457 problem details, people a page.
"""

import logging
import re
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from pipeline.desk import audited
from pipeline.errors import InputError, OnRecordError, QueryError, UsageError, WorldError
from pipeline.model.query import Collection, Order, Search
from pipeline.search.query import parse
from pipeline.services import Services
from pipeline.text import fold
from pipeline.web.render import language_of, render, user_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LOGGER = logging.getLogger("onrecord.web")

MEDIA_TYPE: Final = "application/problem+json"

# How the OpenAPI description tells of problems.
DESCRIBED: Final[dict[str, Any]] = {
    "description": "What went wrong, as problem details (RFC 9457).",
    "content": {
        MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "position": {"type": "integer", "description": "Of the wrong character, where a query is wrong."},
                },
            }
        }
    },
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error: its HTTP status, one sentence, the kind of problem, and further members for programs."""

    status: int
    detail: str
    type: str = "about:blank"
    members: "Mapping[str, Any]" = field(default_factory=dict)
    headers: "Mapping[str, str]" = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase


def answer(request: Request, problem: Problem) -> Response:
    """The problem as the asker can read it: a page for a browser outside the API, else JSON."""
    headers = dict(problem.headers)
    if wants_page(request):
        body = render("error.html", language=language_of(request), problem=problem, here="", locked=False)
        return HTMLResponse(body, problem.status, headers)
    content = {"type": problem.type, "title": problem.title, "status": problem.status, "detail": problem.detail}
    return JSONResponse({**content, **problem.members}, problem.status, headers, MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Return whether a person asks, with a browser, for a page."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def of_error(error: OnRecordError) -> Problem:
    """The problem that one of our errors is to somebody who asked for something."""
    if isinstance(error, QueryError):
        where = {"query": error.query, "position": error.position}
        return Problem(400, str(error.args[0]), "urn:onrecord:problem:query", where)
    if isinstance(error, UsageError):
        return Problem(400, str(error))
    if isinstance(error, InputError):
        return Problem(422, str(error))
    if isinstance(error, WorldError):
        wait = int(error.retry_after.total_seconds()) + 1 if error.retry_after else 5
        return Problem(503, str(error), headers={"Retry-After": str(wait)})
    return Problem(500, str(error))


def of_validation(error: RequestValidationError) -> Problem:
    """The problem of a request whose parameters or body are not as described."""
    errors = [{"in": ".".join(map(str, fault["loc"])), "detail": fault["msg"]} for fault in error.errors()]
    detail = "; ".join(f"{fault['in']}: {fault['detail']}" for fault in errors[:3])
    return Problem(422, detail, "urn:onrecord:problem:validation", {"errors": errors})


def install(web: FastAPI) -> None:
    """Let every error that reaches the web application be answered as a problem."""

    @web.exception_handler(OnRecordError)
    async def _ours(request: Request, error: OnRecordError) -> Response:
        return answer(request, of_error(error))

    @web.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        return answer(request, of_validation(error))

    @web.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        detail = str(error.detail)
        if detail == HTTPStatus(error.status_code).phrase:
            detail = f"{request.url.path}: {detail.lower()}"
        return answer(request, Problem(error.status_code, detail, headers=error.headers or {}))

    @web.exception_handler(Exception)
    async def _bug(request: Request, error: Exception) -> Response:
        _LOGGER.error("%s %s failed: %s", request.method, request.url.path, type(error).__name__, exc_info=error)
        return answer(request, Problem(500, "an error of ours, its details are in the server's log"))


MOST_HITS: Final = 200  # of one page

_Q = (
    'Words, "phrases", beginnings (`embarg*`), AND, OR, NOT, and the fields `speaker:`, `about:`, `source:`, `lang:`, '
    "`kind:`, `said:`, `source_kind:`, `verdict:`, `after:`, `before:` (dates, `yesterday`, `7d`). Empty finds "
    "everything."
)


async def open_services_of(request: Request) -> Services:
    """The services that this web application was created with; the desk notes whose request changes it."""
    services: Services = request.app.state.app
    return replace(services, desk=audited(services.desk, asking(request), services.clock))


def asking(request: Request) -> str:
    """Return who sends the request, for the audit log: the user if one has signed in, and the interface."""
    user = user_of(request)
    token = getattr(request.state, "token", "")
    by = f"token {token!r}" if token else "pages" if wants_page(request) else "API"
    interface = f"{user.name}, {by}" if user else by
    return f"{interface}, from {request.client.host if request.client else 'an unknown address'}"


OpenServices = Annotated[Services, Depends(open_services_of)]

Limit = Annotated[int, Query(ge=1, le=MOST_HITS, description="Most hits of one page.")]

Words = Annotated[str, Query(max_length=4000, description=_Q)]

Cursor = Annotated[str, Query(max_length=1000, description="`cursor` of the page before; leave the rest as it was.")]

In = Annotated[Collection, Query(description="What to look for.")]

By = Annotated[Order, Query(description="Newest first, or best first.")]


def question(
    services: OpenServices,
    *,
    q: Words = "",
    collection: In = "quotes",
    order: By = "newest",
    limit: Limit = 20,
    cursor: Cursor = "",
    facets: Annotated[bool, Query(description="Count the hits by speaker, source, language and kind.")] = False,
    days: Annotated[bool, Query(description="Count the hits by day (UTC), the latest first.")] = False,
) -> Search:
    """The search that the parameters ask for; QueryError where the query is wrong."""
    return Search(
        collection=collection,
        query=parse(q, services.clock()),
        order=order,
        limit=limit,
        cursor=cursor,
        facets=facets,
        days=days,
    )


Question = Annotated[Search, Depends(question)]

_MOST_FIELDS = 50

_MOST_DIGITS: Final = 9  # of the place in a list


async def filled_in(request: Request) -> dict[str, str]:
    """The fields of the form, trimmed, the last of a name; UsageError where it is none."""
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS, keep_blank_values=True)
    except ValueError as error:
        raise UsageError(f"form is not readable: {error}") from error
    return {name: value.strip() for name, value in pairs}


Form = Annotated[dict[str, str], Depends(filled_in)]


_MOST_PARTS: Final = 20  # of an uploaded form, whose pages have a file and few fields

_MOST_HEAD: Final = 2_000  # bytes of the headers of a part

_BOUNDARY: Final = re.compile(r'multipart/form-data\s*;\s*boundary="?([\w\'()+,./:=?-]{1,70})"?\s*', re.IGNORECASE)

_FILE_NAME: Final = re.compile(rb'filename\*?="?[^"\s]')


async def uploaded(request: Request) -> bytes:
    """The content of the file in a form (RFC 7578); UsageError where there is none.

    A parser of e-mail takes minutes for a form of many parts, and fails for parts within parts, which no browser sends.
    """
    boundary = _BOUNDARY.fullmatch(request.headers.get("content-type", ""))
    delimiter = b"\r\n--" + boundary[1].encode() if boundary else b"\r\n--"
    parts = (b"\r\n" + await request.body()).split(delimiter, _MOST_PARTS)
    for part in parts[1:_MOST_PARTS]:
        head, _, content = part.partition(b"\r\n\r\n")
        if boundary and _FILE_NAME.search(head[:_MOST_HEAD]):
            return content
    raise UsageError("no file was chosen")


Upload = Annotated[bytes, Depends(uploaded)]


def back(to: str) -> RedirectResponse:
    """Lead to a page after a change."""
    return RedirectResponse(to, 303)


def local_address(address: str) -> str:
    """The address if it is one of ours, else the first page; "//host" and "/\\host" are others'."""
    plain = address.replace("\\", "/")
    ours = plain.startswith("/") and not plain.startswith("//")
    return address if ours and address.isprintable() else "/"


def several(text: str) -> tuple[str, ...]:
    """The parts of a field between its commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Part(Generic[Entry]):
    """One page of a long list: its entries, how many there are in all, and the address of the next page, or ''.

    `words` are those that the entries were narrowed down by.
    """

    entries: tuple[Entry, ...]
    total: int
    words: str
    following: str

    @property
    def is_long(self) -> bool:
        """Return whether the list needs pages, or is narrowed down already."""
        return bool(self.words) or len(self.entries) < self.total


def part(request: Request, entries: "Iterable[Entry]", name: "Callable[[Entry], str]", most: int) -> Part[Entry]:
    """The page of a list that the request asks for by `start`, of the entries whose names have the words of `find`."""
    words = request.query_params.get("find", "").strip()
    typed = request.query_params.get("start", "")
    start = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < _MOST_DIGITS else 0
    chosen = [entry for entry in entries if all(word in fold(name(entry)) for word in fold(words).split())]
    address = request.url.include_query_params(start=start + most)
    following = f"{address.path}?{address.query}" if start + most < len(chosen) else ""
    return Part(tuple(chosen[start : start + most]), len(chosen), words, following)
