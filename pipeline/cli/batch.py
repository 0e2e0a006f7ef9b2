"""`onrecord batch`: bounded runs of the job's steps by Beam."""

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.desk import chosen, known_actors
from pipeline.cli.output import say
from pipeline.errors import InputError, UsageError

if TYPE_CHECKING:
    from pipeline.run.beam.batch import Known
    from pipeline.run.beam.runner import Build
    from pipeline.settings import Settings

group = typer.Typer(help="Bounded runs by Beam, on a runner that you name.", no_args_is_help=True)

_TOLD: Final = ("documents", "duplicate", "dead-lettered", "quotes", "decisions", "dead-lettered quotes")

Runner = Annotated[
    str,
    typer.Option(metavar="NAME", help="FnApiRunner, in this process; PortableRunner, as `job` says; or another."),
]

Options = Annotated[
    list[str] | None,
    typer.Option("--beam", metavar="NAME=VALUE", help="An option of Beam or the runner; several may be given."),
]


@group.command()
def files(
    ctx: typer.Context,
    articles: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="JSON Lines, .gz too; patterns such as 'may/*.jsonl'.")
    ],
    *,
    to: Annotated[str, typer.Option(metavar="FOLDER", help="Where it goes; holds nothing yet.", show_default=False)],
    runner: Runner,
    options: Options = None,
    shards: Annotated[int, typer.Option(min=0, max=10_000, help="Files of a kind; 0: as the runner likes.")] = 0,
    compressed: Annotated[bool, typer.Option("--gzip", help="Compress them.")] = False,
) -> None:
    """Find quotes in files of articles: documents, quotes and dead letters as JSON Lines. Exit code 65 if some fail.

    The files and the folder may be on any file system that Beam has. Actors are those of the desk, where there is one.
    """
    _prepare()
    from pipeline.run.beam import batch
    from pipeline.run.beam import jsonl_io as lines
    from pipeline.services import utc_now

    settings, now = chosen(ctx).settings(), utc_now()
    lines.check_empty(to)
    paths = dict.fromkeys(path for pattern in articles for path in lines.matching(pattern))
    reading = lines.ReadLines(list(paths), settings.poll, now)
    writing = partial(lines.WriteLines, to, shards=shards, compressed=compressed)
    _run(settings, runner, options or (), batch.from_files(reading, writing, _known(ctx, settings), now))


@group.command()
def index(
    ctx: typer.Context,
    *,
    runner: Runner,
    options: Options = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Find quotes and decide anew, as this version does, from the articles on.")
    ] = False,
) -> None:
    """Fill a cluster's index from its log, as it is now, without alerts. Exit code 65 if some cannot be read.

    For an index that was lost, or one of another `elasticsearch.prefix`: what is in it stays as it is. No job may run
    on an index that is not whole, as it would take for new what is missing.
    """
    settings = chosen(ctx).settings()
    if settings.profile != "cluster":
        raise UsageError(f"profile = '{settings.profile}': only a cluster has a log that an index is made from")
    if settings.job.runner == "local" and not anew:
        raise UsageError("job.runner = 'local' puts no documents on the log to fill an index from; --anew makes them")
    _prepare()
    from pipeline.run.beam import batch

    build = batch.anew(settings, _known(ctx, settings)) if anew else batch.from_log(settings)
    _run(settings, runner, options or (), build)


def _prepare() -> None:
    """Beam is there, and says on standard error only what went wrong."""
    if not find_spec("apache_beam"):
        raise UsageError("batch needs the extra `cluster`: pip install 'onrecord[cluster]'")
    logging.basicConfig(level=logging.CRITICAL)


def _known(ctx: typer.Context, settings: "Settings") -> "Known":
    from pipeline.run.beam.batch import Known

    return Known(tuple(known_actors(ctx)), settings.extract.parser)


def _run(settings: "Settings", runner: str, options: Sequence[str], build: "Build") -> None:
    """Run it to its end and tell what came of it."""
    from pipeline.run.beam.job import served
    from pipeline.run.beam.runner import run

    server = served(settings.job) if runner.lower() in ("portable", "portablerunner") else []
    if server:
        threading.excepthook = _unheard
    done: Counter[str] = run(runner, [*server, *(f"--{option}" for option in options)], build)
    say(", ".join(f"{done[name]:,} {name}" for name in _TOLD if done[name]) or "there was nothing to do")
    if done["dead-lettered"] or done["dead-lettered quotes"]:
        raise typer.Exit(InputError.exit_code)


def _unheard(_: threading.ExceptHookArgs) -> None:
    """What threads of a worker raise that still listen when the run is over; what a step raises comes with the run."""
