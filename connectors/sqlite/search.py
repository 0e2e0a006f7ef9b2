"""Search the SQLite index."""

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

# A word in the title counts as four in the text; the other columns filter but do not rank.
_RANK = "bm25(COLLECTION_words, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0), row DESC"

Found = tuple[int, int, int]
"""A row number, the number of its document or decision, and its position there."""


def search_page(connection: Connection, search: Search) -> Page:
    """Search as in `Index`; the connection sees a fixed state of the file."""
    if search.limit < 0:
        raise UsageError(f"limit {search.limit} should not be negative")
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
    """Return a page and one more hit, with the last row of the page: later entries come before it, or are older."""
    (before,) = place(search, 1) or [2**63 - 1]
    row = _row(asked)
    statement = " ".join([_select("row, body, place", asked), "AND", row, "< ? ORDER BY", row, "DESC LIMIT ?"])
    found = connection.execute(
        sql(statement, search.collection), (*_parameters(asked), before, search.limit + 1)
    ).fetchall()
    return found, [row for row, _, _ in found[: search.limit]][-1:]


def _best(connection: Connection, search: Search, asked: Condition) -> tuple[list[Found], list[int]]:
    """Return a page and one more hit, with the number of hits so far and the newest entry of the first page.

    Ranks change slightly with new entries, so the position is a count: a rank would skip or repeat hits.
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
    """Count by day. SQLite divides towards zero, so times before 1970 are shifted to positive numbers."""
    newest = " ".join([_select("dated", asked), "ORDER BY", _row(asked), "DESC LIMIT ?"])
    grouped = "SELECT (dated + ?) / ? - ? AS day, count(*) FROM ("
    statement = " ".join([grouped, newest, ") GROUP BY day ORDER BY day DESC LIMIT ?"])
    parameters = (BEFORE_1970 * DAY, DAY, BEFORE_1970, *_parameters(asked), MOST_COUNTED, MOST_DAYS)
    return latest(connection.execute(sql(statement, search.collection), parameters))


def _row(asked: Condition) -> str:
    """Return the column of the row number by which FTS5, if it searches, can walk backwards and stop early."""
    return "COLLECTION_words.rowid" if asked.match else "row"


def _select(columns: str, asked: Condition) -> str:
    """Return the beginning of a statement about the matching rows; conditions can be appended."""
    if not asked.match:
        return " ".join(["SELECT", columns, "FROM COLLECTION WHERE", f"({asked.where})"])
    # In SQLite, CROSS JOIN means: scan the left side, look up the right side.
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
