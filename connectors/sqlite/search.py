"""The search tables of the SQLite index: queries as FTS5 and SQL, the rows of the tables, and pages of hits."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connectors.sqlite.database import Connection, number_of
from connectors.sqlite.rows import (
    DAY_OF_TIME,
    TIME_OF_ROW,
    Combinations,
    Counts,
    by_day,
    by_facet,
    facet_values,
    free_rows,
    published_from,
    published_until,
    sql,
)
from pipeline.codec import decode
from pipeline.errors import UsageError
from pipeline.model import Decision, Document
from pipeline.model.matching import (
    MOST_COUNTED,
    MOST_CROSSED,
    IndexEntry,
    Subject,
    article_hit,
    combination,
    count_crossed,
    cursor,
    document_entries,
    highlights,
    place,
    quote_hit,
    statement_entry,
    statement_hit,
)
from pipeline.model.query import And, Collection, Dated, Hit, Node, Not, Or, Page, Search, Term
from pipeline.model.values import microseconds
from pipeline.text import TextCache, fold

EVERY = "x"
"""The word that every row has in its column `every`, because FTS5 cannot search for NOT alone."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The two halves of a query; a row must meet both: an FTS5 expression ('' is none), and an SQL condition."""

    match: str
    where: str = "TRUE"
    parameters: tuple[int | str, ...] = ()


def condition(node: Node | None) -> Condition:
    """Return the query with as much as possible in FTS5; times, which FTS5 does not know, are left to SQL."""
    if node is None:
        return Condition("")
    parts = node.parts if isinstance(node, And) else (node,)
    match = _expression(And(tuple(part for part in parts if not _has_times(part))))
    timed = [_condition(part) for part in parts if _has_times(part)]
    return Condition(match, *_together("AND", timed)) if timed else Condition(match)


def source_word(source: str) -> str:
    """Return the id of a source as a single word of FTS5, whatever characters it has."""
    return fold(source).encode("utf-8", "surrogatepass").hex()


def _has_times(node: Node) -> bool:
    match node:
        case Term():
            return False
        case Dated():
            return True
        case Not():
            return _has_times(node.part)
        case And() | Or():
            return any(map(_has_times, node.parts))


def _expression(node: Node) -> str:
    """Return the FTS5 expression of a query without times; '' for an empty And."""
    match node:
        case Term():
            return _phrase(node)
        case Or():
            return " OR ".join(f"({_expression(part)})" for part in node.parts)
        case Not():
            return f'(every : "{EVERY}") NOT ({_expression(node.part)})'
        case And():
            return _conjunction(node)
        case Dated():
            raise AssertionError("times are left to SQL")


def _conjunction(node: And) -> str:
    positive = [f"({_expression(part)})" for part in node.parts if not isinstance(part, Not)]
    negative = [f"({_expression(part.part)})" for part in node.parts if isinstance(part, Not)]
    if negative and not positive:
        positive = [f'(every : "{EVERY}")']
    return " NOT ".join([" AND ".join(positive), *negative])


def _phrase(term: Term) -> str:
    if term.field == "source":
        return f'source : "{source_word(term.words[0])}"'
    columns = term.field or "{title text}"
    quoted = " + ".join(f'"{word}"' for word in term.words)
    written = f"{columns} : {quoted}{' *' if term.prefix else ''}"
    stems = " OR ".join(f'"{stem}"' for stem in term.stems)
    return f"({written}) OR (stems : ({stems}))" if stems else written


def _condition(node: Node) -> tuple[str, tuple[int | str, ...]]:
    """Return the SQL condition of any query, with its parameters."""
    if not _has_times(node):
        return "row IN (SELECT rowid FROM COLLECTION_words WHERE COLLECTION_words MATCH ?)", (_expression(node),)
    match node:
        case Dated():
            return _together("AND", [*published_from(node.start), *published_until(node.end)])
        case Not():
            sql, parameters = _condition(node.part)
            return f"NOT ({sql})", parameters
        case And():
            return _together("AND", [_condition(part) for part in node.parts])
        case Or():
            return _together("OR", [_condition(part) for part in node.parts])
        case Term():
            raise AssertionError("terms have no times")


def _together(operator: str, parts: list[tuple[str, tuple[int | str, ...]]]) -> tuple[str, tuple[int | str, ...]]:
    joined = f" {operator} ".join(f"({sql})" for sql, _ in parts)
    return joined or "TRUE", tuple(parameter for _, parameters in parts for parameter in parameters)


def put_document(connection: Connection, document: Document, number: int) -> None:
    """Insert the rows of an article and its quotes."""
    article, *quotes = document_entries(document)
    _insert(connection, "articles", [article], number)
    _insert(connection, "quotes", quotes, number)


def put_statement(connection: Connection, decision: Decision, number: int) -> None:
    """Insert the row of the statement of a decision."""
    _insert(connection, "statements", [statement_entry(decision)], number)


def remove_document(connection: Connection, number: int) -> None:
    """Delete the rows that `put_document` inserted."""
    words = "DELETE FROM COLLECTION_words WHERE rowid IN (SELECT row FROM COLLECTION WHERE body = ?)"
    for collection in ("articles", "quotes"):
        connection.execute(sql(words, collection), (number,))
        connection.execute(sql("DELETE FROM COLLECTION WHERE body = ?", collection), (number,))


def _insert(connection: Connection, collection: Collection, entries: Sequence[IndexEntry], body: int) -> None:
    """Insert the entries of a document or decision in reverse order, because lists begin with the newest row.

    Row numbers grow, because FTS5 writes out everything that it has gathered when a smaller number comes.
    """
    numbered = list(zip(free_rows(connection, collection, entries), reversed(list(enumerate(entries))), strict=True))
    connection.executemany(
        sql("INSERT INTO COLLECTION (row, body, place, dated, facet) VALUES (?, ?, ?, ?, ?)", collection),
        [
            (row, body, place, microseconds(entry.subject.time), _facet(connection, entry.hit))
            for row, (place, entry) in numbered
        ],
    )
    connection.executemany(
        sql(
            "INSERT INTO COLLECTION_words"
            " (rowid, title, text, stems, speaker, about, source, lang, kind, said, source_kind, verdict, every)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            collection,
        ),
        [(row, *_columns(entry.subject)) for row, (_, entry) in numbered],
    )


def _facet(connection: Connection, hit: Hit) -> int:
    """Return the number of the hit's combination of facet values."""
    values = combination(hit)
    find = "SELECT number FROM facets WHERE (speaker, source, lang, kind, said, source_kind, verdict)"
    row = connection.execute(f"{find} = (?, ?, ?, ?, ?, ?, ?)", values).fetchone()
    if row:
        return int(row[0])
    insert = "INSERT INTO facets (speaker, source, lang, kind, said, source_kind, verdict) VALUES (?, ?, ?, ?, ?, ?, ?)"
    return number_of(connection.execute(insert, values))


def _columns(subject: Subject) -> tuple[str, ...]:
    texts = (subject.title, subject.text, subject.stems)
    searched = (*texts, subject.speaker, subject.about, source_word(subject.source))
    return (*searched, subject.lang, subject.kind, subject.said, subject.source_kind, subject.verdict, EVERY)


# A word in the title counts as four in the text. Other forms count little, so that the form in the query ranks first.
_RANK = "bm25(COLLECTION_words, 4, 1, 0.05, 0, 0, 0, 0, 0, 0, 0, 0, 0), row DESC"

MatchingRow = tuple[int, int, int]
"""A row number, the number of its document or decision, and its position there."""


def search_page(connection: Connection, search: Search, combinations: Combinations) -> Page:
    """Search as in `Index`; the connection sees a fixed state of the file, of which `combinations` may be known."""
    if search.limit < 0:
        raise UsageError(f"limit {search.limit} should not be negative")
    matching = condition(search.query)
    rows, end = (_newest if search.order == "newest" else _best)(connection, search, matching)
    counts = _counts(connection, search, matching, combinations) if search.facets or search.days else None
    crossed, of_crossed = _crossed(connection, search, matching, combinations) if search.crossed else ({}, None)
    if of_crossed is not None and of_crossed < MOST_CROSSED:
        total = of_crossed
    elif counts and counts.counted < MOST_COUNTED:
        total = counts.counted
    elif not search.cursor and len(rows) < search.limit:
        total = len(rows)
    else:
        total = _total(connection, search, matching)
    return Page(
        hits=tuple(_hits(connection, search, rows[: search.limit])),
        total=total,
        cursor=cursor(search, end) if 0 < search.limit < len(rows) else "",
        facets=counts.facets if counts else {},
        days=counts.days if counts else (),
        counted=counts.counted if counts else of_crossed or 0,
        crossed=crossed,
    )


def _newest(connection: Connection, search: Search, matching: Condition) -> tuple[list[MatchingRow], list[int]]:
    """Return a page and one more hit, with the last row of the page: later entries come before it, or are older."""
    (before,) = place(search, 1) or [2**63 - 1]
    if not search.limit:
        return [], []
    row = _row(matching)
    statement = " ".join([_select("row, body, place", matching), "AND", row, "< ? ORDER BY", row, "DESC LIMIT ?"])
    rows = connection.execute(
        sql(statement, search.collection), (*_parameters(matching), before, search.limit + 1)
    ).fetchall()
    return rows, [row for row, _, _ in rows[: search.limit]][-1:]


def _best(connection: Connection, search: Search, matching: Condition) -> tuple[list[MatchingRow], list[int]]:
    """Return a page and one more hit, with the number of hits so far and the newest entry of the first page.

    Ranks change slightly with new entries, so the position is a count: a rank would skip or repeat hits.
    """
    passed, newest = place(search, 2) or [0, _newest_body(connection, search)]
    order = _RANK if matching.match else "row DESC"
    statement = " ".join([_select("row, body, place", matching), "AND body <= ? ORDER BY", order, "LIMIT ? OFFSET ?"])
    rows = connection.execute(
        sql(statement, search.collection), (*_parameters(matching), newest, search.limit + 1, passed)
    ).fetchall()
    return rows, [passed + search.limit, newest]


def _newest_body(connection: Connection, search: Search) -> int:
    (newest,) = connection.execute(sql("SELECT max(body) FROM COLLECTION", search.collection)).fetchone()
    return newest or 0


def _total(connection: Connection, search: Search, matching: Condition) -> int:
    if matching.match and matching.where == "TRUE":
        statement = "SELECT count(*) FROM COLLECTION_words WHERE COLLECTION_words MATCH ?"
    else:
        statement = _select("count(*)", matching)
    (total,) = connection.execute(sql(statement, search.collection), _parameters(matching)).fetchone()
    return int(total)


def _counts(connection: Connection, search: Search, matching: Condition, combinations: Combinations) -> Counts:
    """Count the newest rows by facet and day, in one pass over them."""
    parameters = (*_parameters(matching), MOST_COUNTED)
    if not search.facets:
        return by_day(connection.execute(_by_day(search, matching), parameters))
    columns = f"facet, {DAY_OF_TIME.replace('TIME', 'dated')}" if search.days else "facet, 0"
    statement = " ".join([_select(columns, matching), "ORDER BY", _row(matching), "DESC LIMIT ?"])
    rows = connection.execute(sql(statement, search.collection), parameters)
    return by_facet(connection, Counter(rows), search, combinations)


def _crossed(
    connection: Connection, search: Search, matching: Condition, combinations: Combinations
) -> tuple[dict[str, dict[str, int]], int]:
    """Count the newest rows by two fields, and return how many rows they are."""
    rows = " ".join([_select("facet, dated", matching), "ORDER BY", _row(matching), "DESC LIMIT ?"])
    day = DAY_OF_TIME.replace("TIME", "dated") if search.crossed and "day" in search.crossed else "0"
    statement = " ".join(["SELECT facet,", day, "AS day, count(*) FROM (", rows, ") GROUP BY facet, day"])
    counts = connection.execute(sql(statement, search.collection), (*_parameters(matching), MOST_CROSSED)).fetchall()
    values = facet_values(connection, combinations, (facet for facet, _, _ in counts))
    crossed = count_crossed(((values[facet], day, count) for facet, day, count in counts), search)
    return crossed, sum(count for _, _, count in counts)


def _by_day(search: Search, matching: Condition) -> str:
    """Return the statement that counts the newest rows by day, if it can by the numbers of the rows alone."""
    if matching.match and matching.where == "TRUE":
        time = DAY_OF_TIME.replace("TIME", TIME_OF_ROW)
        rows = " ".join(["SELECT", time, "AS day FROM COLLECTION_words WHERE COLLECTION_words MATCH ?"])
    else:
        rows = _select(f"{DAY_OF_TIME.replace('TIME', 'dated')} AS day", matching)
    newest = " ".join([rows, "ORDER BY", _row(matching), "DESC LIMIT ?"])
    return sql(" ".join(["SELECT day, count(*) FROM (", newest, ") GROUP BY day"]), search.collection)


def _row(matching: Condition) -> str:
    """Return the column of the row number by which FTS5, if it searches, can walk backwards and stop early."""
    return "COLLECTION_words.rowid" if matching.match else "row"


def _select(columns: str, matching: Condition) -> str:
    """Return the beginning of a statement about the matching rows; conditions can be appended."""
    sql_condition = matching.where.replace("ROWS", _row(matching))
    if not matching.match:
        return " ".join(["SELECT", columns, "FROM COLLECTION WHERE", f"({sql_condition})"])
    # In SQLite, CROSS JOIN means: scan the left side, look up the right side.
    words = "FROM COLLECTION_words CROSS JOIN COLLECTION ON row = COLLECTION_words.rowid WHERE COLLECTION_words MATCH ?"
    return " ".join(["SELECT", columns, words, "AND", f"({sql_condition})"])


def _parameters(matching: Condition) -> tuple[int | str, ...]:
    return (matching.match, *matching.parameters) if matching.match else matching.parameters


def _hits(connection: Connection, search: Search, rows: Sequence[MatchingRow]) -> Iterator[Hit]:
    documents: dict[int, Document] = {}
    for _, body, at in rows:
        reports = 1
        if search.collection == "statements":
            hit, reports = _statement(connection, body)
        else:
            if body not in documents:
                documents[body] = _document(connection, body)
            hit = _of_document(connection, search, documents[body], at)
        marked = highlights(search.query, hit.text, hit.language)
        yield replace(hit, highlights=marked, reports=reports) if marked or reports != hit.reports else hit


def _document(connection: Connection, number: int) -> Document:
    (body,) = connection.execute("SELECT body FROM documents WHERE number = ?", (number,)).fetchone()
    return decode(Document, body)


def _of_document(connection: Connection, search: Search, document: Document, at: int) -> Hit:
    if search.collection == "articles":
        return article_hit(document.article)
    hit = quote_hit(document.quotes[at], document.article)
    row = connection.execute("SELECT statement FROM decisions WHERE quote = ?", (hit.id,)).fetchone()
    return replace(hit, statement_id=row[0]) if row else hit


def _statement(connection: Connection, number: int) -> tuple[Hit, int]:
    """Return the hit, and how many articles report its statement."""
    body, reports = connection.execute(
        "SELECT body, (SELECT count(DISTINCT article) FROM decisions WHERE statement = opening.statement)"
        " FROM decisions AS opening WHERE number = ?",
        (number,),
    ).fetchone()
    return _HITS.get((body,), lambda: statement_hit(decode(Decision, body).statement)), reports


_HITS: Final = TextCache[Hit](5_000_000)  # of decisions, some kilobytes each; pages show the newest again and again
