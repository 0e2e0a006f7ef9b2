"""`onrecord export`: the record as tables in files, and only what is new since the last run into the same folder."""

import json
import os
import stat
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import put, say
from pipeline.errors import UsageError, WorldError

if TYPE_CHECKING:
    from pipeline.model.tables import Row, TableWriter
    from pipeline.ports import Entry
    from pipeline.services import Services

CURSOR: Final = "cursor.json"

_PAGE: Final = 500  # articles or decisions in memory

_SETTLED: Final = timedelta(minutes=1)  # longer than a process of a cluster takes to add what it has dated


@dataclass(frozen=True, slots=True)
class Cursor:
    """The start of the next run into a folder: format, number of runs, and a position in each kind of record."""

    format: str
    part: int = 0
    documents: str = ""
    decisions: str = ""


def export(
    ctx: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(help="The folder to write to; it is created.", show_default=False)
    ] = None,
    *,
    form: Annotated[
        str, typer.Option("--format", help="csv, jsonl, parquet, sqlite, or the name of a plug-in.")
    ] = "csv",
    describe: Annotated[bool, typer.Option("--dictionary", help="Print the data dictionary and exit.")] = False,
) -> None:
    """Write articles, quotes, mentions, statements, reports, claims, alerts and marks as tables.

    A second run into the same folder writes only what has arrived since; alerts and marks are written whole. Targets of
    deliveries, sessions and settings are left out.
    """
    if describe:
        from pipeline.model.tables import dictionary

        return put(dictionary())
    if folder is None:
        raise UsageError("export needs a folder; --dictionary prints what its tables have")
    with opened(ctx) as services:
        try:
            counts = write(services, folder, form)
        except OSError as error:
            raise WorldError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    return say(", ".join(f"{name} {count:,}" for name, count in counts.items()) or "nothing has arrived since")


def write(services: "Services", folder: Path, form: str) -> Counter[str]:
    """Write what has arrived since the last run into the folder, and return the number of rows of each table."""
    from connectors.files.tables import exporter, write_dictionary
    from pipeline.alerts.triage import every_delivery
    from pipeline.model import Decision, Document, Mark
    from pipeline.model.tables import alert_rows, decision_rows, document_rows, mark_rows

    connect = exporter(form)
    _own_folder(folder)
    cursor = _read(folder, form)
    cursor = replace(cursor, part=cursor.part + 1)
    counts = Counter[str]()
    with _run(connect(folder, cursor.part)) as writer:
        for documents, place in _pages(services, Document, cursor.documents):
            cursor = replace(cursor, documents=place)
            _add(writer, (row for document in documents for row in document_rows(document)), counts)
        for decisions, place in _pages(services, Decision, cursor.decisions):
            cursor = replace(cursor, decisions=place)
            _add(writer, (row for decision in decisions for row in decision_rows(decision)), counts)
        _add(writer, alert_rows(every_delivery(services.outbox)), counts)
        _add(writer, mark_rows(services.desk.all(Mark)), counts)
    write_dictionary(folder)
    _save(folder, cursor)
    return counts


def _own_folder(folder: Path) -> None:
    """Create the folder for its owner alone. UsageError if others can write to it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or status.st_uid != os.geteuid():
        raise UsageError(f"folder {folder} can be written by others, who could put a link in a file's place")


@contextmanager
def _run(writer: "TableWriter") -> "Iterator[TableWriter]":
    """Complete the run at the end of the block, or drop it if the block raises."""
    try:
        yield writer
    except BaseException:
        writer.discard()
        raise
    writer.close()


def _pages(services: "Services", noun: "type[Entry]", after: str) -> "Iterator[tuple[list[Entry], str]]":
    """The pages of documents or decisions that arrived after a place, each with the place after it."""
    while True:
        page, after = services.index.arrivals(noun, after, _PAGE, _SETTLED)
        if not page:
            return
        yield page, after


def _add(writer: "TableWriter", rows: "Iterable[Row]", counts: Counter[str]) -> None:
    """Write rows of several tables, each table in turn."""
    from pipeline.model.tables import TABLES

    by_type: defaultdict[type, list[Row]] = defaultdict(list)
    for row in rows:
        by_type[type(row)].append(row)
    for kind, of_table in by_type.items():
        writer.write(TABLES[kind], of_table)
        counts[TABLES[kind].name] += len(of_table)


def _read(folder: Path, form: str) -> Cursor:
    """The cursor of a folder. UsageError if the folder has another format, or a cursor that is none."""
    file = folder / CURSOR
    if not file.exists():
        return Cursor(form)
    try:
        cursor = Cursor(**json.loads(file.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise UsageError(f"{file} is no cursor: {error}; choose another folder") from error
    if cursor.format != form:
        raise UsageError(f"{folder} has an export as {cursor.format}; choose another folder for {form}")
    return cursor


def _save(folder: Path, cursor: Cursor) -> None:
    """Replace the cursor of a folder, which completes the run."""
    beside = folder / f"{CURSOR}.unfinished"
    beside.write_text(json.dumps(asdict(cursor), indent=1) + "\n", "utf-8")
    beside.replace(folder / CURSOR)
