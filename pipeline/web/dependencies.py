"""Dependencies that request handlers share: the open services, and the parameters of a search."""

from dataclasses import replace
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Query, Request
from fastapi.responses import RedirectResponse

from pipeline.desk import audited
from pipeline.errors import UsageError
from pipeline.model.query import Collection, Order, Search
from pipeline.search.query import parse
from pipeline.services import Services
from pipeline.web.problems import wants_page

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
    """Who sends the request, for the audit log."""
    interface = "pages" if wants_page(request) else "API"
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


async def filled_in(request: Request) -> dict[str, str]:
    """The fields of the form, trimmed, the last of a name; UsageError where it is none."""
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS, keep_blank_values=True)
    except ValueError as error:
        raise UsageError(f"form is not readable: {error}") from error
    return {name: value.strip() for name, value in pairs}


Form = Annotated[dict[str, str], Depends(filled_in)]


def back(to: str) -> RedirectResponse:
    """Lead to a page after a change."""
    return RedirectResponse(to, 303)


def several(text: str) -> tuple[str, ...]:
    """The parts of a field between its commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
