"""The pages for people: the record, statements, articles, alerts, and the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from pipeline.alerts.messages import reasons, summary
from pipeline.errors import QueryError
from pipeline.feeds.health import health
from pipeline.feeds.listing import listed, subscriptions
from pipeline.ingest.revisions import differences
from pipeline.model import Actor, DeliveryState, Mark, Mute
from pipeline.model.query import Node, Or, Term
from pipeline.ports import DEAD_LETTERS, Collection, Hit, Page, Search
from pipeline.run.metrics import REDRIVE
from pipeline.search.query import MOST_TERMS, parse
from pipeline.services import Services
from pipeline.statements.provenance import independent_sources, traced
from pipeline.text import words
from pipeline.web.alerts import dead_letters, told
from pipeline.web.dependencies import OpenServices
from pipeline.web.marks import paragraphs
from pipeline.web.render import render
from pipeline.web.search import decided

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FRESH: Final = timedelta(hours=24)  # a statement is shown as new for so long

_HITS = 20

_ALERTS = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A hit in a list; `changed` where the statement is an earlier one, materially different."""

    hit: Hit
    fresh: bool
    changed: bool


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page with the frame around it."""
    locked = request.app.state.app.settings.web.token is not None
    return HTMLResponse(render(template, here=request.url.path, locked=locked, **values), status)


@router.get("/")
def record(
    services: OpenServices,
    request: Request,
    *,
    q: str = "",
    collection: Annotated[Collection, Query(alias="in")] = "statements",
    cursor: str = "",
    everyone: Annotated[bool, Query(alias="all")] = False,
) -> HTMLResponse:
    """What was said, newest first: by tracked actors, or what a query finds."""
    actors = services.desk.all(Actor)
    narrowed = bool(actors) and not (q or everyone or collection != "statements")
    values: dict[str, Any] = {"q": q, "collection": collection, "narrowed": narrowed, "actors": actors}
    try:
        query = tracked(actors) if narrowed else parse(q)
    except QueryError as error:
        return page(request, "record.html", 400, **values, error=error, found=None, shown=[])
    found = services.index.search(
        Search(collection=collection, query=query, limit=_HITS, cursor=cursor, facets=not narrowed and not cursor)
    )
    names = {hit.speaker_id: hit.speaker_name for hit in found.hits} | {actor.id: actor.name for actor in actors}
    return page(request, "record.html", **values, error=None, found=found, shown=shown(services, found), names=names)


def tracked(actors: Sequence[Actor]) -> Node | None:
    """The query for what these actors said, or the first of them where they are too many for one query."""
    terms = tuple(Term(words(actor.id), "speaker") for actor in actors[:MOST_TERMS])
    return Or(terms) if len(terms) > 1 else terms[0]


def shown(services: Services, found: Page) -> list[Shown]:
    """The hits of a page with their badges."""
    new = services.clock() - FRESH
    return [Shown(hit, hit.first_seen > new, _changed(services, hit)) for hit in found.hits]


def _changed(services: Services, hit: Hit) -> bool:
    if hit.collection != "statements":
        return False
    decisions = services.index.decisions(hit.id)
    return bool(decisions and decisions[0].statement.changed_from)


@router.get("/statements/{statement_id}")
def statement(services: OpenServices, request: Request, statement_id: str) -> HTMLResponse:
    """A statement with all that report it."""
    decisions = decided(services, statement_id)
    statement = decisions[0].statement
    earlier = services.index.decisions(statement.changed_from) if statement.changed_from else []
    return page(
        request,
        "statement.html",
        statement=statement,
        reports=traced(decisions),
        count=sum(d.verdict != "corrected" for d in decisions),
        sources=independent_sources(decisions),
        titles={d.report.article.id: d.report.article.source for d in decisions},
        earlier=earlier[0].statement if earlier else None,
    )


@router.get("/articles/{article_id}")
def article(services: OpenServices, request: Request, article_id: str, revision: int = 0) -> HTMLResponse:
    """An article with its quotes marked, by default in its last revision."""
    revisions = services.index.documents(article_id)
    wanted = [document for document in revisions if revision in (0, document.article.revision)]
    if not wanted:
        raise HTTPException(404, f"article {article_id!r} is not on the record")
    document = wanted[-1]
    upto = [one.article for one in revisions if one.article.revision <= document.article.revision]
    return page(
        request,
        "article.html",
        document=document,
        paragraphs=paragraphs(document),
        revisions=revisions,
        changes=differences(upto[-2:]),
    )


@router.get("/alerts")
def alerts(
    services: OpenServices, request: Request, state: DeliveryState | None = None, before: str = ""
) -> HTMLResponse:
    """What people were told."""
    listed = services.outbox.listing(state, _ALERTS, before)
    older = listed[-1].id if len(listed) == _ALERTS else ""
    return page(
        request,
        "alerts.html",
        told=told(listed),
        state=state,
        older=older,
        mutes=services.desk.all(Mute),
        marked={made.id for made in services.desk.all(Mark)},
        tracked={actor.id for actor in services.desk.all(Actor)},
        reasons=reasons,
        summary=summary,
    )


@router.get("/actors")
def actors(services: OpenServices, request: Request) -> HTMLResponse:
    """Who is tracked."""
    return page(request, "actors.html", actors=services.desk.all(Actor))


@router.get("/feeds")
def feeds(services: OpenServices, request: Request) -> HTMLResponse:
    """What is followed, with its health."""
    now = services.clock()
    rows = [(listed(feed, state), health(state, now)) for feed, state in subscriptions(services.desk)]
    failed = services.log.lag(DEAD_LETTERS, REDRIVE)
    return page(request, "feeds.html", rows=rows, failed=failed)


@router.get("/dead-letters")
def failures(services: OpenServices, request: Request) -> HTMLResponse:
    """What could not be processed."""
    total = services.log.lag(DEAD_LETTERS, REDRIVE)
    return page(request, "dead-letters.html", letters=dead_letters(services, 100), total=total)


@router.get("/api")
def api(request: Request) -> HTMLResponse:
    """What the API offers, from its own description."""
    return page(request, "api.html", description=request.app.openapi())
