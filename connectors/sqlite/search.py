"""Searching the SQLite index."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from connectors.sqlite.database import Connection
from connectors.sqlite.query import Condition, condition
from connectors.sqlite.rows import sql
from pipeline.codec import decode
from pipeline.errors import UsageError
from pipeline.model import Decision, Document
from pipeline.model.hits import (
    BEFORE_1970,
    DAY,
    MOST_COUNTED,
    MOST_DAYS,
    article_hit,
    count_facets,
    cursor,
    latest,
    place,
    quote_hit,
    statement_hit,
)
from pipeline.model.matching import highlights
from pipeline.ports import Hit, Page, Search

# A word of the title counts as four of the text; the other columns choose, they do not rank.
_RANK = "bm25(COLLECTION_words, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0), row DESC"

Found = tuple[int, int, int]
"""The row found, the number of its document or decision, and its place in that."""


def search_page(connection: Connection, search: Search) -> Page:
    """See Index.search; the connection sees one state of the file throughout."""
    if search.limit < 0:
        raise UsageError(f"limit {search.limit} is less than nothing")
    asked = condition(search.query)
    found, end = (_newest if search.order == "newest" else _best)(connection, search, asked)
    total = _total(connection, search, asked)
    return Page(
        hits=tuple(_hits(connection, search, found[: search.limit])),
        total=total,
        cursor=cursor(search, end) if 0 < search.limit < len(found) else "",
        facets=_facets(connection, search, asked) if search.facets else {},
        days=_days(connection, search, asked) if search.days else (),
        counted=min(total, MOST_COUNTED) if search.facets or search.days else 0,
    )


def _newest(connection: Connection, search: Search, asked: Condition) -> tuple[list[Found], list[int]]:
    """A page and one more, and the row that the page ends with: what is added later comes before it, or is older."""
    (before,) = place(search, 1) or [2**63 - 1]
    row = _row(asked)
    statement = " ".join([_select("row, body, place", asked), "AND", row, "< ? ORDER BY", row, "DESC LIMIT ?"])
    found = connection.execute(
        sql(statement, search.collection), (*_parameters(asked), before, search.limit + 1)
    ).fetchall()
    return found, [row for row, _, _ in found[: search.limit]][-1:]


def _best(connection: Connection, search: Search, asked: Condition) -> tuple[list[Found], list[int]]:
    """A page and one more, and how many were seen so far of what there was when the first page was asked for.

    Ranks change a little with what is added, so a place is a count: a rank to go on from would skip or repeat.
    """
    seen, newest = place(search, 2) or [0, _newest_body(connection, search)]
    order = _RANK if asked.match else "row DESC"
    statement = " ".join([_select("row, body, place", asked), "AND body <= ? ORDER BY", order, "LIMIT ? OFFSET ?"])
    found = connection.execute(
        sql(statement, search.collection), (*_parameters(asked), newest, search.limit + 1, seen)
    ).fetchall()
    return found, [seen + search.limit, newest]


def _newest_body(connection: Connection, search: Search) -> int:
    (newest,) = connection.execute(sql("SELECT max(body) FROM COLLECTION", search.collection)).fetchone()
    return newest or 0


def _total(connection: Connection, search: Search, asked: Condition) -> int:
    if asked.match and asked.where == "TRUE":
        statement = "SELECT count(*) FROM COLLECTION_words WHERE COLLECTION_words MATCH ?"
    else:
        statement = _select("count(*)", asked)
    (total,) = connection.execute(sql(statement, search.collection), _parameters(asked)).fetchone()
    return int(total)


def _facets(connection: Connection, search: Search, asked: Condition) -> dict[str, list[tuple[str, int]]]:
    newest = " ".join([_select("facet", asked), "ORDER BY", _row(asked), "DESC LIMIT ?"])
    grouped = " ".join(["( SELECT facet, count(*) AS found FROM (", newest, ") GROUP BY facet )"])
    statement = " ".join(
        ["SELECT speaker, source, lang, kind, said, verdict, found FROM facets JOIN", grouped, "ON number = facet"]
    )
    return count_facets(connection.execute(sql(statement, search.collection), (*_parameters(asked), MOST_COUNTED)))


def _days(connection: Connection, search: Search, asked: Condition) -> tuple[tuple[date, int], ...]:
    """By day; SQLite divides towards zero, so that what is before 1970 is made positive for it."""
    newest = " ".join([_select("dated", asked), "ORDER BY", _row(asked), "DESC LIMIT ?"])
    grouped = "SELECT (dated + ?) / ? - ? AS day, count(*) FROM ("
    statement = " ".join([grouped, newest, ") GROUP BY day ORDER BY day DESC LIMIT ?"])
    parameters = (BEFORE_1970 * DAY, DAY, BEFORE_1970, *_parameters(asked), MOST_COUNTED, MOST_DAYS)
    return latest(connection.execute(sql(statement, search.collection), parameters))


def _row(asked: Condition) -> str:
    """The row's number, where FTS5 can walk backwards by it and stop early if it is FTS5 that finds."""
    return "COLLECTION_words.rowid" if asked.match else "row"


def _select(columns: str, asked: Condition) -> str:
    """The beginning of a statement about the rows that the query finds, to which more conditions can be added."""
    if not asked.match:
        return " ".join(["SELECT", columns, "FROM COLLECTION WHERE", f"({asked.where})"])
    # CROSS JOIN is SQLite's way to say that the left side is walked and the right side looked up.
    words = "FROM COLLECTION_words CROSS JOIN COLLECTION ON row = COLLECTION_words.rowid WHERE COLLECTION_words MATCH ?"
    return " ".join(["SELECT", columns, words, "AND", f"({asked.where})"])


def _parameters(asked: Condition) -> tuple[int | str, ...]:
    return (asked.match, *asked.parameters) if asked.match else asked.parameters


def _hits(connection: Connection, search: Search, found: Sequence[Found]) -> Iterator[Hit]:
    documents: dict[int, Document] = {}
    for _, body, at in found:
        if search.collection == "statements":
            hit = _statement(connection, body)
        else:
            if body not in documents:
                documents[body] = _document(connection, body)
            hit = _of_document(connection, search, documents[body], at)
        yield replace(hit, highlights=highlights(search.query, hit.text))


def _document(connection: Connection, number: int) -> Document:
    (body,) = connection.execute("SELECT body FROM documents WHERE number = ?", (number,)).fetchone()
    return decode(Document, body)


def _of_document(connection: Connection, search: Search, document: Document, at: int) -> Hit:
    if search.collection == "articles":
        return article_hit(document.article)
    hit = quote_hit(document.quotes[at], document.article)
    row = connection.execute("SELECT statement FROM decisions WHERE quote = ?", (hit.id,)).fetchone()
    return replace(hit, statement_id=row[0]) if row else hit


def _statement(connection: Connection, number: int) -> Hit:
    (body,) = connection.execute("SELECT body FROM decisions WHERE number = ?", (number,)).fetchone()
    hit = statement_hit(decode(Decision, body).statement)
    (reports,) = connection.execute(
        "SELECT count(DISTINCT article) FROM decisions WHERE statement = ?", (hit.id,)
    ).fetchone()
    return replace(hit, reports=reports)
