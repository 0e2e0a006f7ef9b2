"""Dependencies that request handlers share: the open services, and the parameters of a search."""

from typing import Annotated, Final

from fastapi import Depends, Query, Request

from pipeline.model.query import Collection, Order, Search
from pipeline.search.query import parse
from pipeline.services import Services

MOST_HITS: Final = 200  # of one page

_Q = (
    'Words, "phrases", beginnings (`embarg*`), AND, OR, NOT, and the fields `speaker:`, `about:`, `source:`, `lang:`, '
    "`kind:`, `said:`, `verdict:`, `after:`, `before:` (dates, `yesterday`, `7d`). Empty finds everything."
)


async def open_services_of(request: Request) -> Services:
    """The services that this web application was created with."""
    services: Services = request.app.state.app
    return services


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
