"""The API of what is on the record: searches, articles, statements, exports."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from pipeline.ingest.revisions import Difference, differences
from pipeline.model import ClaimVerdict, Decision, Document, Report, Statement, VerdictKind
from pipeline.model.query import Page, Search
from pipeline.search.export import (
    annotations,
    every_hit,
    hits_csv,
    hits_jsonl,
    hits_xlsx,
    whole_claim,
    whole_quotation,
)
from pipeline.search.query import parse
from pipeline.services import Services
from pipeline.statements.provenance import Traced, independent_sources, traced
from pipeline.web.dependencies import MOST_HITS, By, Cursor, In, Limit, OpenServices, Question, Words

router = APIRouter(prefix="/api/v1", tags=["record"])

_LINES = 200  # of an export, sent at once


@dataclass(frozen=True, slots=True)
class Reported:
    """One report of a statement: the quote with its article, what was decided about it, and how we know.

    `text` is the first article that has the text of this one, `independent` whether it is neither a copy nor of a
    source that had the statement before, `standing` whether no revision has taken it back since. `sources` counts the
    independent sources up to and with this report. `claims` are the verdicts on the parts of the quote.
    """

    report: Report
    verdict: VerdictKind
    how: str
    offset: int
    text: str
    independent: bool
    standing: bool
    sources: int
    claims: tuple[ClaimVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementRecord:
    """A statement with all that report it, in the order in which they were read.

    `sources` counts the independent sources that report it still.
    """

    statement: Statement
    reports: tuple[Reported, ...]
    sources: int


@router.get("/search")
def search(services: OpenServices, question: Question) -> Page:
    """Find articles, quotes or statements. `cursor` of the answer leads to the next page; it is empty at the end."""
    return services.index.search(question)


@router.get("/export")
def export(
    services: OpenServices,
    form: Annotated[
        Literal["csv", "jsonl", "xlsx"], Query(alias="format", description="CSV, JSON Lines or Excel.")
    ] = "jsonl",
    q: Words = "",
    collection: In = "quotes",
    order: By = "newest",
) -> Response:
    """Everything that a search finds, as one file: CSV that is safe in a spreadsheet, or Excel with 100,000 rows."""
    question = Search(collection=collection, query=parse(q, services.clock()), order=order, limit=MOST_HITS)
    hits = every_hit(services.index.search, question)
    name = f'attachment; filename="onrecord-{collection}.{form}"'
    if form == "xlsx":
        return Response(hits_xlsx(hits), media_type=_WORKBOOK, headers={"Content-Disposition": name})
    lines, kind = (hits_csv(hits), "text/csv; charset=utf-8") if form == "csv" else (hits_jsonl(hits), _JSON_LINES)
    return StreamingResponse(_together(lines), media_type=kind, headers={"Content-Disposition": name})


_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_JSON_LINES = "application/jsonl; charset=utf-8"

_LINKED = "application/ld+json"


def _together(lines: Iterator[str]) -> Iterator[str]:
    while some := "".join(islice(lines, _LINES)):
        yield some


@router.get("/articles/{article_id}")
def article(services: OpenServices, article_id: str) -> list[Document]:
    """Every revision of the article, oldest first, each with all mentions and quotes. Offsets index its text."""
    revisions = services.index.documents(article_id)
    if not revisions:
        raise HTTPException(404, f"article {article_id!r} is not on the record")
    return revisions


@router.get("/articles/{article_id}/changes")
def article_changes(services: OpenServices, article_id: str) -> list[Difference]:
    """Return what changed from each revision of the article to the next, word by word; empty where nothing did."""
    return differences([document.article for document in article(services, article_id)])


@router.get("/statements")
def statements(
    services: OpenServices, q: Words = "", order: By = "newest", limit: Limit = 20, cursor: Cursor = ""
) -> Page:
    """Find statements; a search of that collection."""
    return services.index.search(
        Search(
            collection="statements",
            query=parse(q, services.clock()),
            order=order,
            limit=limit,
            cursor=cursor,
            facets=False,
        )
    )


@router.get("/statements/{statement_id}")
def statement(services: OpenServices, statement_id: str) -> StatementRecord:
    """The statement with all that report it."""
    decisions = decided(services, statement_id)
    return StatementRecord(
        decisions[0].statement, tuple(map(reported, traced(decisions))), independent_sources(decisions)
    )


def reported(each: Traced) -> Reported:
    """One report of a statement as the API gives it."""
    d = each.decision
    return Reported(
        d.report, d.verdict, d.how, d.offset, each.text, each.independent, each.standing, d.sources, d.claims
    )


@router.get("/statements/{statement_id}/quotation", response_class=JSONResponse)
def statement_quotation(services: OpenServices, statement_id: str) -> JSONResponse:
    """The statement as a schema.org Quotation (JSON-LD), with W3C selectors that lead to each report's words."""
    content = whole_quotation(decided(services, statement_id), services.index, services.desk)
    return JSONResponse(content, media_type=_LINKED)


@router.get("/statements/{statement_id}/claim", response_class=JSONResponse)
def statement_claim(services: OpenServices, request: Request, statement_id: str) -> JSONResponse:
    """The statement as a schema.org Claim (JSON-LD), the `itemReviewed` of a ClaimReview."""
    page = f"{str(request.base_url).rstrip('/')}/statements/{statement_id}"
    return JSONResponse(whole_claim(decided(services, statement_id), services.desk, page), media_type=_LINKED)


@router.get("/statements/{statement_id}/annotations", response_class=JSONResponse)
def statement_annotations(services: OpenServices, request: Request, statement_id: str) -> JSONResponse:
    """The statement's reports as W3C Web Annotations of the articles."""
    content = annotations(decided(services, statement_id), services.index, services.desk, str(request.url))
    return JSONResponse(content, media_type=_LINKED)


def decided(services: Services, statement_id: str) -> list[Decision]:
    """All that was decided about the statement's reports; a 404 where there is none."""
    decisions = services.index.decisions(statement_id)
    if not decisions:
        raise HTTPException(404, f"statement {statement_id!r} is not on the record")
    return decisions
