"""`onrecord export`, `backup`, `restore` and `desk`: the record as tables in files, and copies of the desk.

A further run of `export` into the same folder adds only what is new.
"""

import json
import os
import stat
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.config import in_toml
from pipeline.cli.desk import chosen, opened
from pipeline.cli.output import amount, json_lines, put, read_text, say
from pipeline.errors import InputError, SettingsError, UsageError, WorldError
from pipeline.model import Actor, Feed, FeedState, Group, Mark, Mute, Watch

if TYPE_CHECKING:
    from pipeline.model.tables import Row, TableWriter
    from pipeline.ports import Desk, DeskRecord, Entry
    from pipeline.services import Services
    from pipeline.settings import Settings

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
    """The cursor of a folder, which an empty folder gets.

    UsageError if the folder has files but no cursor, another format, or a cursor that is none.
    """
    file = folder / CURSOR
    if not file.exists():
        if any(folder.iterdir()):
            raise UsageError(f"{folder} has other files and no export; choose an empty or a new folder")
        _save(folder, Cursor(form))
    try:
        cursor = Cursor(**json.loads(file.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise UsageError(f"{file} is no cursor: {error}; choose another folder") from error
    if cursor.format != form:
        raise UsageError(f"{folder} has an export as {cursor.format}; choose another folder for {form}")
    return cursor


def _save(folder: Path, cursor: Cursor) -> None:
    """Replace the cursor of a folder; at the end of a run this completes it."""
    beside = folder / f"{CURSOR}.unfinished"
    beside.write_text(json.dumps(asdict(cursor), indent=1) + "\n", "utf-8")
    beside.replace(folder / CURSOR)


SETTINGS: Final = "onrecord.toml"  # of the settings in a backup's folder

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the backup.")]


def backup(ctx: typer.Context, folder: Folder) -> None:
    """Copy the desk into a new FOLDER, also while `onrecord run` works, and verify the copy.

    The settings that differ from their defaults are copied as well, without secrets. The copy of the desk holds what
    the file holds: also the addresses that alerts go to.
    """
    from connectors.sqlite.database import back_up

    settings = _embedded(ctx)
    if not settings.file.exists():
        raise UsageError(f"file: {settings.file} does not exist, so there is nothing to back up")
    copy = back_up(settings.file, folder)
    (folder / SETTINGS).touch(0o600)
    (folder / SETTINGS).write_text("\n".join(in_toml(chosen(ctx).values())) + "\n", "utf-8")
    say(f"{settings.file} is backed up to {copy}, {copy.stat().st_size / 1e6:,.1f} MB, and the copy is verified")


def restore(ctx: typer.Context, folder: Folder) -> None:
    """Restore the desk's file from the backup in FOLDER, after verifying it. No file may be in its place."""
    from connectors.processes import job_lock
    from connectors.sqlite.database import restore as restored

    settings = _embedded(ctx)
    settings.file.parent.mkdir(parents=True, exist_ok=True)
    with job_lock(settings.file):
        restored(folder, settings.file)
    say(f"{settings.file} is restored from {folder}; its settings, without secrets, are in {folder / SETTINGS}")


def _embedded(ctx: typer.Context) -> "Settings":
    settings = chosen(ctx).settings()
    if settings.profile != "embedded":
        raise UsageError("a cluster is backed up by its servers: deploy/README.md says how")
    return settings


desk = typer.Typer(help="The desk as one file: feeds, actors, groups, watches, mutes and marks.", no_args_is_help=True)

_PARTS: Final = (Feed, FeedState, Actor, Group, Watch, Mute, Mark)


@desk.command("export")
def export_desk(ctx: typer.Context) -> None:
    """Write the whole desk but its users as JSON Lines.

    The targets of watches may be secret, so keep the output to yourself.
    """
    from pipeline.codec import VERSIONS, plain

    with opened(ctx) as services:
        for record in whole(services.desk):
            sys.stdout.write(json.dumps({"schema": VERSIONS[type(record)], "value": plain(record)}) + "\n")


def whole(desk: "Desk") -> "list[DeskRecord]":
    """Return all records of a desk but its users, their sessions and notes, and the audit log."""
    return [
        *desk.all(Feed),
        *desk.all(FeedState),
        *desk.all(Actor),
        *desk.all(Group),
        *desk.all(Watch),
        *desk.all(Mute),
        *desk.all(Mark),
    ]


@desk.command("import")
def take(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines as `export` writes them; - is stdin.")],
) -> None:
    """Add the records of an exported desk to this one; records of the same id are replaced.

    Each record has to pass the checks of the command that would add it; otherwise nothing is imported.
    """
    from pipeline.desk import check_actor, check_feed

    records = _records(read_text(source), source)
    for record in records:
        if isinstance(record, Actor):
            check_actor(record)
        elif isinstance(record, Feed):
            check_feed(record)
    with opened(ctx, new=True) as services:
        _check_orders(services, records)
        services.desk.save(*records)
    say(f"{amount(len(records), 'record')} imported")


def _check_orders(services: "Services", records: "list[DeskRecord]") -> None:
    """Check the actors, groups and watches among the records, which may name those of the desk and of each other."""
    from pipeline.alerts.match import check
    from pipeline.desk import check_free, check_group

    desk = services.desk
    actors = {each.id: each for each in (*desk.all(Actor), *records) if isinstance(each, Actor)}.values()
    groups = {each.id: each for each in (*desk.all(Group), *records) if isinstance(each, Group)}.values()
    for record in records:
        if isinstance(record, Actor):
            check_free(record, groups)
        elif isinstance(record, Group):
            check_group(record, actors, groups)
        elif isinstance(record, Watch):
            check(record, actors, groups)
            _mention_targets(services, record)


def _mention_targets(services: "Services", watch: Watch) -> None:
    """Say which targets cannot be reached yet: the settings of a desk, such as webhook.secret, move separately."""
    for target in watch.deliver:
        try:
            services.notifier(target)
        except SettingsError as error:
            say(f"watch {watch.id}: {error}")


def _records(text: str, source: Path) -> "list[DeskRecord]":
    """Decode the lines. Raises InputError with the number of a line that is no record of a desk."""
    from pipeline.codec import VERSIONS, decode

    nouns: dict[str, type[DeskRecord]] = {VERSIONS[noun]: noun for noun in _PARTS}
    records: list[DeskRecord] = []
    for place, line, fields in json_lines(source, text):
        noun = nouns.get(str(fields.get("schema"))) if isinstance(fields, dict) else None
        if noun is None:
            raise InputError(f"{place}: schema should be one of {', '.join(nouns)}")
        try:
            records.append(decode(noun, line.encode()))
        except InputError as error:
            raise InputError(f"{place}: {error}") from error
    return records
