"""The page of an article with its quotes marked, and the pages of dead letters, of the audit log and of the API."""

from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from pipeline.ingest.revisions import differences
from pipeline.model import Actor, Change
from pipeline.ports import DEAD_LETTERS
from pipeline.run.metrics import REDRIVE
from pipeline.web.alerts import dead_letters
from pipeline.web.dependencies import OpenServices
from pipeline.web.explain import paragraphs
from pipeline.web.render import page

_MOST_CHANGES: Final = 500  # on the page of the audit log

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/articles/{article_id}")
def article(services: OpenServices, request: Request, article_id: str, revision: int = 0) -> HTMLResponse:
    """An article with its quotes marked, by default in its last revision."""
    revisions = services.index.documents(article_id)
    if not revisions:
        raise HTTPException(404, f"article {article_id!r} is not on the record")
    wanted = [document for document in revisions if revision in (0, document.article.revision)]
    if not wanted:
        raise HTTPException(404, f"the article has {len(revisions)} revisions, and {revision} is not among them")
    document = wanted[-1]
    upto = [known.article for known in revisions if known.article.revision <= document.article.revision]
    verdicts = services.index.verdicts([quote.id for quote in document.quotes])
    return page(
        request,
        "article.html",
        document=document,
        paragraphs=paragraphs(document),
        revisions=revisions,
        changes=differences(upto[-2:]),
        statements={quote: decision.statement.id for quote, decision in verdicts.items()},
        tracked={actor.id for actor in services.desk.all(Actor)},
    )


@router.get("/dead-letters")
def failures(services: OpenServices, request: Request) -> HTMLResponse:
    """What could not be processed."""
    total = services.log.lag(DEAD_LETTERS, REDRIVE)
    return page(request, "dead-letters.html", letters=dead_letters(services, 100), total=total)


@router.get("/audit")
def audit(services: OpenServices, request: Request) -> HTMLResponse:
    """The audit log."""
    changes = services.desk.all(Change)
    return page(request, "audit.html", changes=changes[: -_MOST_CHANGES - 1 : -1], total=len(changes))


@router.get("/api")
def api(request: Request) -> HTMLResponse:
    """What the API offers, from its own description."""
    return page(request, "api.html", description=request.app.openapi())


@router.get("/help")
def guide(request: Request) -> HTMLResponse:
    """What the words mean, and how to do the usual things."""
    return page(request, "help.html")
