"""The rows of the search tables: their numbers, which hold their times, and counts of them by facet and day."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from sys import intern

from connectors.sqlite.database import Connection
from pipeline.model.matching import BEFORE_1970, DAY, FACETS, IndexEntry, count_facets, latest
from pipeline.model.query import Collection, Search
from pipeline.model.values import microseconds

# A row's number is the microsecond of publication (or else of the first sight), and a count of the rows of the same
# microsecond: 52 and 11 bits of the 63 there are, good until 2112. A full microsecond runs over into the next.
PER_MICROSECOND = 2**11

_LATEST = 2**52 - 2  # microseconds; the row numbers of one more are no longer of 63 bits

_OVERRUN = 1_000_000  # microseconds by which rows of full microseconds may run over


def sql(statement: str, collection: Collection) -> str:
    """Return the SQL statement for the tables of a collection."""
    return statement.replace("COLLECTION", collection)


def published_from(start: datetime | None) -> Iterator[tuple[str, tuple[int | str, ...]]]:
    """Yield the condition of a time, and of the row numbers of such times, between which SQLite reads."""
    if start:
        yield "dated >= ? AND ROWS >= ?", (microseconds(start), PER_MICROSECOND * _clamped(start))


def published_until(end: datetime | None) -> Iterator[tuple[str, tuple[int | str, ...]]]:
    """Yield the condition of an earlier time, and of the row numbers of such times."""
    if end:
        limit = min(PER_MICROSECOND * (_clamped(end) + _OVERRUN), 2**63 - 1)
        yield "dated < ? AND ROWS < ?", (microseconds(end), limit)


def _clamped(time: datetime) -> int:
    return max(-_LATEST, min(microseconds(time), _LATEST))


def free_rows(connection: Connection, collection: Collection, entries: Sequence[IndexEntry]) -> list[int]:
    """Yield growing row numbers for entries of the same time."""
    rows: list[int] = []
    start = PER_MICROSECOND * max(-_LATEST, min(microseconds(entries[0].subject.time), _LATEST)) if entries else 0
    while len(rows) < len(entries):
        end = start + PER_MICROSECOND
        (last,) = connection.execute(
            sql("SELECT max(row) FROM COLLECTION WHERE row >= ? AND row < ?", collection), (start, end)
        ).fetchone()
        free = start if last is None else last + 1
        rows += range(free, min(end, free + len(entries) - len(rows)))
        start = end
    return rows


DAY_OF_TIME = f"(TIME + {BEFORE_1970 * DAY}) / {DAY} - {BEFORE_1970}"
"""The day of a time; SQLite divides towards zero, so times before 1970 are shifted to positive numbers."""

_ROW = "COLLECTION_words.rowid"

_IS_EXACT = f"{_ROW} BETWEEN 0 AND {PER_MICROSECOND * _LATEST - 1} AND {_ROW} / {PER_MICROSECOND} % {DAY} >= {_OVERRUN}"

_DATED = f"(SELECT dated FROM COLLECTION WHERE row = {_ROW})"  # noqa: S608 - only names of ours

TIME_OF_ROW = f"CASE WHEN {_IS_EXACT} THEN {_ROW} / {PER_MICROSECOND} ELSE {_DATED} END"
"""The time of a row by its number, unless that may be of the next day, because rows of a full microsecond ran over."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a page, and how many rows they count."""

    facets: dict[str, list[tuple[str, int]]]
    days: tuple[tuple[date, int], ...]
    counted: int


Combinations = dict[int, tuple[str, ...]]
"""Combinations of facet values by their number, as far as they were read; none ever changes."""


def by_facet(
    connection: Connection, numbers: Mapping[tuple[int, int], int], search: Search, combinations: Combinations
) -> Counts:
    """The counts of rows, given by the number of their combination of facet values and their day."""
    of_facets, of_days = Counter[int](), Counter[int]()
    for (facet, day), amount in numbers.items():
        of_facets[facet] += amount
        of_days[day] += amount
    values = facet_values(connection, combinations, of_facets)
    return Counts(
        facets=count_facets(((values[facet], amount) for facet, amount in of_facets.items()), search),
        days=latest(of_days.items()) if search.days else (),
        counted=of_facets.total(),
    )


def by_day(counts: Iterable[tuple[int, int]]) -> Counts:
    """The counts of rows, given by day."""
    days = list(counts)
    return Counts({}, latest(days), sum(amount for _, amount in days))


def facet_values(connection: Connection, combinations: Combinations, numbers: Iterable[int]) -> Combinations:
    """The combinations with all of these numbers; those that are not known yet are read."""
    if not combinations.keys() >= set(numbers):
        last = max(combinations, default=0)
        columns = ", ".join(("number", *FACETS))
        rows = connection.execute(" ".join(["SELECT", columns, "FROM facets WHERE number > ?"]), (last,))
        combinations.update({number: tuple(map(intern, values)) for number, *values in rows})
    return combinations
