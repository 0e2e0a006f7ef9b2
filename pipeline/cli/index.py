"""`onrecord index`: care of what searches look into, in the cluster profile."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from pipeline.cli.desk import chosen
from pipeline.cli.output import amount, say
from pipeline.errors import UsageError

group = typer.Typer(help="Care of the index of a cluster.", no_args_is_help=True)


@group.callback()
def _of_the_index() -> None:
    """Keeps `rebuild` a command under `index`, though it is the only one."""


@group.command()
def rebuild(ctx: typer.Context) -> None:
    """Make the index anew from what it stores, while it is in use.

    For after an upgrade that asks for it. Searches go on all the while; writers wait for the last moment of it.
    Where it is interrupted, the old index stays as it is: start it again.
    """
    settings = chosen(ctx).settings()
    if settings.profile != "cluster":
        raise UsageError(f"profile = '{settings.profile}': only a cluster has an index that can be made anew")
    from connectors.elasticsearch.rebuild import rebuild as make_anew
    from pipeline.services import utc_now

    with _adding() as progress:
        count = make_anew(settings.elasticsearch, utc_now, progress)
    say(f"the index was made anew: {amount(count, 'record')}")


@contextmanager
def _adding() -> Iterator[Callable[[int], None]]:
    """Tells how far it is on standard error while the block runs, where a terminal looks on."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} added"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("adding", total=None)
        yield lambda done: bar.advance(task, done)
