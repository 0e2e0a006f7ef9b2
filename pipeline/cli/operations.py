"""`onrecord dead-letters`, `index` and `batch`: the commands of an operator."""

import logging
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.desk import chosen, known_records, opened
from pipeline.cli.output import Json, Limit, amount, bold, progress, put, put_json, put_table, say
from pipeline.cli.run import outcome, process
from pipeline.errors import InputError, UsageError, WorldError
from pipeline.ports import DEAD_LETTERS, Record
from pipeline.run.metrics import REDRIVE

if TYPE_CHECKING:
    from pipeline.run.beam.batch import ExtractionInputs
    from pipeline.run.beam.runner import Build
    from pipeline.services import Services
    from pipeline.settings import Settings
    from pipeline.settings.servers import Elasticsearch

dead_letters = typer.Typer(help="Records that could not be processed.", no_args_is_help=True)

_MOST: Final = 10_000  # dead letters that one command looks through or retries

Origin = Annotated[str, typer.Argument(metavar="ID", help="The id in the list, or the number at its end.")]


@dead_letters.command("list")
def show_all(ctx: typer.Context, limit: Limit = 100, as_json: Json = False) -> None:
    """List dead letters that were not retried yet, oldest first."""
    from pipeline.run.redrive import failed_at

    with opened(ctx) as services:
        records = services.log.read(DEAD_LETTERS, REDRIVE, limit)
        waiting = services.log.lag(DEAD_LETTERS, REDRIVE)
    if as_json:
        return put_json([_plain(record) for record in records])
    put_table(
        ("id", "since", "from", "step", "error", "bytes"),
        [
            (
                r.origin,
                failed_at(r),
                r.headers.get("topic"),
                r.headers.get("step"),
                r.headers.get("error"),
                len(r.value),
            )
            for r in records
        ],
        "No dead letters",
    )
    return say(f"{len(records)} of {waiting:,}; --limit shows more") if waiting > len(records) else None


def _plain(record: Record) -> dict[str, object]:
    return {
        "id": record.origin,
        "time": record.timestamp.isoformat(),
        "key": record.key,
        "bytes": len(record.value),
        **{name: value for name, value in record.headers.items() if name != "time"},
    }


@dead_letters.command()
def show(
    ctx: typer.Context,
    origin: Origin,
    as_json: Json = False,
    raw: Annotated[bool, typer.Option("--raw", help="Write the original bytes alone.")] = False,
) -> None:
    """Show a dead letter with its error and its text."""
    with opened(ctx) as services:
        record = _dead_letter(services, origin)
    if raw:
        sys.stdout.buffer.write(record.value)
        return
    text = record.value.decode("utf-8", "replace")
    if as_json:
        put_json({**_plain(record), "text": text})
        return
    for name, value in _plain(record).items():
        put(f"{bold(name)}: {value}")
    put(f"\n{text}")


def _dead_letter(services: "Services", origin: str) -> Record:
    waiting = services.log.read(DEAD_LETTERS, REDRIVE, _MOST)
    record = next((each for each in waiting if origin in (each.origin, str(each.offset))), None)
    if record is None:
        raise UsageError(f"dead letter {origin!r} does not exist; `onrecord dead-letters list` shows the ids")
    return record


@dead_letters.command()
def retry(
    ctx: typer.Context,
    origin: Annotated[str, typer.Argument(metavar="ID", help="The only one to retry, by its id. Default: all.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="Maximum number to retry.")] = _MOST,
) -> None:
    """Retry dead letters, oldest first; a record that fails again is a dead letter again."""
    from pipeline.run.redrive import redrive_oldest, retry_one

    with opened(ctx) as services:
        if origin:
            retried = int(retry_one(services, _dead_letter(services, origin).origin))
        else:
            retried = redrive_oldest(services, limit)
        done = process(services)
        waiting = services.log.lag(DEAD_LETTERS, REDRIVE)
    say(f"{retried} retried{outcome(done)}; {amount(waiting, 'dead letter')} left")


@dead_letters.command()
def discard(ctx: typer.Context, origin: Origin) -> None:
    """Discard a dead letter for good; those before it in the list get new ids."""
    from pipeline.run.redrive import settle

    with opened(ctx) as services:
        settle(services.log, _dead_letter(services, origin).origin, None, services.clock())
        waiting = services.log.lag(DEAD_LETTERS, REDRIVE)
    say(f"1 discarded; {amount(waiting, 'dead letter')} left")


group = typer.Typer(help="Bounded runs by Beam, on a runner of your choice.", no_args_is_help=True)

_COUNTS: Final = ("documents", "duplicate", "dead-lettered", "quotes", "decisions", "dead-lettered quotes")

Runner = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="FnApiRunner: in this process; PortableRunner: by the settings `job`; any other."
    ),
]

Options = Annotated[
    list[str] | None,
    typer.Option("--beam", metavar="NAME=VALUE", help="An option of Beam or the runner; repeatable."),
]


@group.command()
def files(
    ctx: typer.Context,
    articles: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="JSON Lines, .gz too; patterns such as 'may/*.jsonl'.")
    ],
    *,
    to: Annotated[str, typer.Option(metavar="FOLDER", help="An empty folder for the output.", show_default=False)],
    runner: Runner,
    options: Options = None,
    shards: Annotated[int, typer.Option(min=0, max=10_000, help="Files per kind; 0: the runner decides.")] = 0,
    compressed: Annotated[bool, typer.Option("--gzip", help="Compress the output.")] = False,
) -> None:
    """Extract quotes from files of articles: documents, quotes and dead letters as JSON Lines.

    Files and folder may be on any file system that Beam supports. The actors are those of the desk, if there is one.
    Exit code 65 if some articles fail.
    """
    _prepare()
    from pipeline.run.beam import batch, jsonl_io
    from pipeline.services import utc_now

    settings, now = chosen(ctx).settings(), utc_now()
    jsonl_io.check_empty(to)
    paths = dict.fromkeys(path for pattern in articles for path in jsonl_io.matching(pattern))
    reading = jsonl_io.ReadLines(list(paths), settings.poll, now)
    writing = partial(jsonl_io.WriteLines, to, shards=shards, compressed=compressed)
    _run(settings, runner, options or (), batch.from_files(reading, writing, _extraction_inputs(ctx, settings), now))


@group.command()
def index(
    ctx: typer.Context,
    *,
    runner: Runner,
    options: Options = None,
    from_articles: Annotated[
        bool,
        typer.Option(
            "--anew", help="Extract quotes and decide verdicts again with this version, starting from the articles."
        ),
    ] = False,
) -> None:
    """Fill the index of a cluster from its log, without alerts. Exit code 65 if some records cannot be read.

    Use it for a lost index, or for a new `elasticsearch.prefix`; existing entries stay. Run no job on an incomplete
    index: it would take missing statements for new.
    """
    settings = chosen(ctx).settings()
    if settings.profile != "cluster":
        raise UsageError(f"profile = '{settings.profile}': only a cluster can fill its index from its log")
    if settings.job.runner == "local" and not from_articles:
        raise UsageError("job.runner = 'local' writes no documents to the log; use --anew to extract them again")
    _prepare()
    from pipeline.run.beam import batch

    build = (
        batch.from_articles(settings, _extraction_inputs(ctx, settings)) if from_articles else batch.from_log(settings)
    )
    _run(settings, runner, options or (), build)


def _prepare() -> None:
    """Check that Beam is installed, and silence its logging."""
    if not find_spec("apache_beam"):
        raise UsageError("batch needs the extra `cluster`: pip install 'onrecord[cluster]'")
    logging.basicConfig(level=logging.CRITICAL)


def _extraction_inputs(ctx: typer.Context, settings: "Settings") -> "ExtractionInputs":
    from pipeline.model import Actor
    from pipeline.run.beam.batch import ExtractionInputs

    return ExtractionInputs(tuple(known_records(ctx, Actor)), settings.extract.parser)


def _run(settings: "Settings", runner: str, options: Sequence[str], build: "Build") -> None:
    """Run the pipeline to its end and print the counts."""
    from pipeline.run.beam.job import served, workers
    from pipeline.run.beam.runner import run

    with ExitStack() as at_work:
        server: list[str] = []
        if runner.lower() in ("portable", "portablerunner"):
            server = served(settings.job, at_work.enter_context(workers(settings)))
            threading.excepthook = _ignored
        done: Counter[str] = run(runner, [*server, *(f"--{option}" for option in options)], build)
    say(", ".join(f"{done[name]:,} {name}" for name in _COUNTS if done[name]) or "there was nothing to do")
    if done["dead-lettered"] or done["dead-lettered quotes"]:
        raise typer.Exit(InputError.exit_code)


def _ignored(_: threading.ExceptHookArgs) -> None:
    """Ignore errors of worker threads that still listen after the run; errors of steps fail the run itself."""


clusters_index = typer.Typer(help="Maintenance of a cluster's index.", no_args_is_help=True)


def _elasticsearch(ctx: typer.Context, purpose: str) -> "Elasticsearch":
    """Return the settings of Elasticsearch. Raises UsageError outside the cluster profile."""
    settings = chosen(ctx).settings()
    if settings.profile != "cluster":
        raise UsageError(f"profile = '{settings.profile}': only a cluster has an index to {purpose}")
    return settings.elasticsearch


@clusters_index.command()
def rebuild(ctx: typer.Context) -> None:
    """Rebuild the index from its stored records, while it is in use; some upgrades need that.

    Searches continue; writers wait for the last moment of the rebuild. After an interruption the old index is intact:
    start again.
    """
    settings = _elasticsearch(ctx, "rebuild")
    from connectors.elasticsearch.lifecycle import rebuild as rebuild_index
    from pipeline.services import utc_now

    with progress("records added") as advance:
        count = rebuild_index(settings, utc_now, advance)
    say(f"the index is rebuilt: {amount(count, 'record')}")


@clusters_index.command("show")
def show_generations(ctx: typer.Context, as_json: Json = False) -> None:
    """List the generations of indices, oldest first, with their records and bytes."""
    settings = _elasticsearch(ctx, "show")
    from connectors.elasticsearch.generations import generations

    listed = generations(settings)
    if as_json:
        return put_json(
            [{"from": each.start.isoformat(), "records": each.records, "bytes": each.size} for each in listed]
        )
    return put_table(
        ("from", "records", "bytes"), [(each.start, each.records, each.size) for each in listed], "No index"
    )


@clusters_index.command()
def snapshot(ctx: typer.Context) -> None:
    """Take a snapshot of the index now, beside those that the role `job` takes each elasticsearch.snapshot_every."""
    settings = _elasticsearch(ctx, "snapshot")
    from connectors.elasticsearch.lifecycle import take_snapshot
    from pipeline.services import utc_now

    taken = take_snapshot(settings, utc_now())
    say(f"snapshot {taken.name}: {taken.state}")
    if taken.state != "SUCCESS":
        raise typer.Exit(WorldError.exit_code)


@clusters_index.command()
def snapshots(ctx: typer.Context, as_json: Json = False) -> None:
    """List the snapshots of the index, oldest first."""
    settings = _elasticsearch(ctx, "snapshot")
    from connectors.elasticsearch import lifecycle

    listed = lifecycle.snapshots(settings)
    if as_json:
        return put_json(
            [{"name": each.name, "started": each.started.isoformat(), "state": each.state} for each in listed]
        )
    return put_table(
        ("name", "started", "state"), [(each.name, each.started, each.state) for each in listed], "No snapshots"
    )


@clusters_index.command()
def restore(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="SNAPSHOT", help="The snapshot's name; by default the latest complete snapshot.")
    ] = "",
) -> None:
    """Restore a lost index from a snapshot; what came after it is read again from the log.

    Stop all processes with the role `job` first: a job takes what is missing from the index for new. After the restore,
    start them; the job waits until the index has what is on the log.
    """
    settings = _elasticsearch(ctx, "restore")
    from connectors.elasticsearch import lifecycle
    from pipeline.run.indexer import read_again

    with opened(ctx) as services:
        restored = lifecycle.restore(settings, name)
        read_again(services, restored.started)
    say(
        f"snapshot {restored.name} of {restored.started:%Y-%m-%d %H:%M} UTC is restored; the role `job` adds what came"
        " after it"
    )
