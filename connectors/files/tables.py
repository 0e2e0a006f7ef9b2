"""Exporters: tables of the record in files of CSV, JSON Lines and Parquet, or in one SQLite database.

`exporter` returns the function of a format, which opens a TableWriter for one run into a folder. A file is written
beside its place and moved there when the run is complete, so that an interrupted run leaves nothing half written.
"""

import csv
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Final, Protocol

from pydantic_core import to_json

from pipeline.errors import SettingsError, UsageError
from pipeline.model.tables import TABLES, Row, Table, TableWriter, dictionary, values
from pipeline.plug_ins import EXPORTERS, load, plug_ins
from pipeline.text import harmless

Exporter = Callable[[Path, int], TableWriter]

SQLITE_NAME: Final = "record.sqlite"

_ROWS: Final = 20_000  # of a row group in Parquet

_SQL_TYPES: Final = {"text": "TEXT", "integer": "INTEGER", "number": "REAL", "flag": "INTEGER"}


def formats() -> tuple[str, ...]:
    """The names of all formats, including plug-ins."""
    return tuple(sorted({*_OWN, *added()}))


def added() -> dict[str, EntryPoint]:
    """The formats of other packages; ours take precedence."""
    return {name: point for name, point in plug_ins(EXPORTERS).items() if name not in _OWN}


def exporter(name: str) -> Exporter:
    """The exporter of a format. UsageError for an unknown name, SettingsError for what is not installed."""
    if name in _OWN:
        return _OWN[name]
    point = added().get(name)
    if point is None:
        raise UsageError(f"format {name!r} is unknown; known are {', '.join(formats())}")
    connect: Exporter = load(point)
    return connect


def write_dictionary(folder: Path) -> None:
    """Write the data dictionary beside the tables."""
    (folder / "README.md").write_text(dictionary(), "utf-8")


class _TableFile(Protocol):
    """An open file with the rows of one table."""

    def add(self, rows: Sequence[Row]) -> None:
        """Add rows."""

    def close(self) -> None:
        """Complete the file."""


class FileWriter:
    """A file for each table: "quotes-0002.csv" in the second run, "alerts.csv" for a table that is written whole."""

    def __init__(self, suffix: str, opened: Callable[[Path, Table], _TableFile], folder: Path, part: int) -> None:
        self._suffix, self._opened = suffix, opened
        self._folder, self._part = folder, part
        self._files: dict[str, tuple[Path, _TableFile]] = {}

    def write(self, table: Table, rows: Sequence[Row]) -> None:
        """See `TableWriter`."""
        if table.name not in self._files:
            part = f"-{self._part:04}" if table.growing else ""
            place = self._folder / f"{table.name}{part}{self._suffix}"
            self._files[table.name] = place, self._opened(_beside(place), table)
        self._files[table.name][1].add(rows)

    def close(self) -> None:
        """See `TableWriter`."""
        for place, file in self._files.values():
            file.close()
            _beside(place).replace(place)

    def discard(self) -> None:
        """See `TableWriter`."""
        for place, file in self._files.values():
            file.close()
            _beside(place).unlink()


def _beside(place: Path) -> Path:
    return place.with_name(f"{place.name}.unfinished")


class CsvFile:
    """CSV (RFC 4180): a list is its texts joined by "; ", a time has ISO 8601, and no text is read as a formula."""

    def __init__(self, file: Path, table: Table) -> None:
        self._file = file.open("w", encoding="utf-8", errors="replace", newline="")
        self._rows = csv.writer(self._file)
        self._rows.writerow(column.name for column in table.columns)

    def add(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        self._rows.writerows([_cell(value) for value in values(row)] for row in rows)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return harmless("; ".join(value))
    return value.isoformat() if isinstance(value, datetime) else harmless(value)


class JsonLinesFile:
    """JSON Lines: an object for each row, with every column."""

    def __init__(self, file: Path, table: Table) -> None:
        self._file = file.open("wb")
        self._names = [column.name for column in table.columns]

    def add(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        for row in rows:
            self._file.write(to_json(dict(zip(self._names, map(_well_formed, values(row)), strict=True))) + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ParquetFile:
    """Parquet with typed columns, each with its meaning as metadata."""

    def __init__(self, file: Path, table: Table) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        kinds = {
            "text": pa.string(),
            "integer": pa.int64(),
            "number": pa.float64(),
            "flag": pa.bool_(),
            "time": pa.timestamp("us", tz="UTC"),
            "texts": pa.list_(pa.string()),
        }
        columns = [pa.field(c.name, kinds[c.kind], c.optional, {"meaning": c.meaning}) for c in table.columns]
        self._schema = pa.schema(columns, {"meaning": table.meaning, "key": " ".join(table.key)})
        self._file = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._batch = pa.RecordBatch
        self._waiting: list[Row] = []

    def add(self, rows: Sequence[Row]) -> None:
        """Add rows, and write them once they fill a row group."""
        self._waiting += rows
        if len(self._waiting) >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        rows = [dict(zip(self._schema.names, map(_well_formed, values(row)), strict=True)) for row in self._waiting]
        self._file.write_batch(self._batch.from_pylist(rows, schema=self._schema))
        self._waiting.clear()

    def close(self) -> None:
        """Write the rest and close the file."""
        if self._waiting:
            self._flush()
        self._file.close()


def _parquet(folder: Path, part: int) -> TableWriter:
    try:
        import pyarrow.parquet  # noqa: F401 - whether it is there
    except ImportError as error:
        raise SettingsError("format 'parquet' needs pyarrow: pip install 'onrecord[parquet]'") from error
    return FileWriter(".parquet", ParquetFile, folder, part)


def _well_formed(value: object) -> object:
    """The value without half surrogate pairs, which UTF-8 cannot hold."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


class SqliteWriter:
    """One SQLite database with plain tables, keys, and full-text search of texts, such as Datasette serves.

    It has no targets, sessions or settings, which the desk's own file has; lists are JSON.
    """

    _SEARCHED: Final = {
        "articles": ("title", "text"),
        "quotes": ("content", "speaker_name"),
        "statements": ("text", "speaker_name"),
    }

    def __init__(self, folder: Path, part: int) -> None:
        self._connection = sqlite3.connect(folder / SQLITE_NAME, isolation_level=None)
        self._connection.execute("BEGIN IMMEDIATE")
        self._describe()
        for table in TABLES.values():
            self._create(table)
            if not table.growing:
                self._connection.execute(f"DELETE FROM {table.name}")  # noqa: S608 - a name of ours

    def _describe(self) -> None:
        """Write the data dictionary as a table."""
        self._connection.execute("DROP TABLE IF EXISTS dictionary")
        self._connection.execute("CREATE TABLE dictionary (in_table TEXT, name TEXT, kind TEXT, meaning TEXT)")
        self._connection.executemany(
            "INSERT INTO dictionary VALUES (?, ?, ?, ?)",
            [
                (table.name, column.name, column.kind, column.meaning)
                for table in TABLES.values()
                for column in table.columns
            ],
        )

    def _create(self, table: Table) -> None:
        columns = [f"{column.name} {_SQL_TYPES.get(column.kind, 'TEXT')}" for column in table.columns]
        columns.append(f"PRIMARY KEY ({', '.join(table.key)})")
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS {table.name} ({', '.join(columns)})")
        for name in ("article_id", "statement_id", "speaker_id", "published"):
            if any(column.name == name for column in table.columns):
                self._connection.execute(f"CREATE INDEX IF NOT EXISTS {table.name}_{name} ON {table.name} ({name})")
        if searched := ", ".join(self._SEARCHED.get(table.name, ())):
            self._connection.execute(
                f'CREATE VIRTUAL TABLE IF NOT EXISTS {table.name}_fts USING fts5 ({searched}, content="{table.name}",'
                " tokenize='unicode61 remove_diacritics 2')"
            )

    def write(self, table: Table, rows: Sequence[Row]) -> None:
        """See `TableWriter`."""
        places = ", ".join("?" * len(table.columns))
        self._connection.executemany(
            f"INSERT OR REPLACE INTO {table.name} VALUES ({places})",  # noqa: S608 - a name of ours
            [[_stored(value) for value in values(row)] for row in rows],
        )

    def close(self) -> None:
        """See `TableWriter`."""
        with closing(self._connection) as connection:
            for name in self._SEARCHED:
                connection.execute(f"INSERT INTO {name}_fts({name}_fts) VALUES ('rebuild')")  # noqa: S608 - ours
            connection.execute("COMMIT")

    def discard(self) -> None:
        """See `TableWriter`."""
        self._connection.close()


def _stored(value: object) -> object:
    if isinstance(value, tuple):
        return to_json(value).decode()
    return value.isoformat() if isinstance(value, datetime) else _well_formed(value)


_OWN: Final[dict[str, Exporter]] = {
    "csv": partial(FileWriter, ".csv", CsvFile),
    "jsonl": partial(FileWriter, ".jsonl", JsonLinesFile),
    "parquet": _parquet,
    "sqlite": SqliteWriter,
}
