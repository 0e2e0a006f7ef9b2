"""All commands of `onrecord`, and the options before them."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from pipeline import __version__
from pipeline.cli import (
    actors,
    alerts,
    articles,
    config,
    doctor,
    export,
    feeds,
    operations,
    run,
    search,
    trial,
    watches,
)
from pipeline.cli.desk import Chosen
from pipeline.cli.output import EXIT_CODES, UNREAD, put

ROOT_HELP = """Follow the news, keep who said what, and be alerted when someone you track says something new.

Start with `onrecord try`. Then: `onrecord feeds add URL`, `onrecord actors add NAME`,
`onrecord watches add TITLE --by NAME`, and `onrecord run`.

Results go to standard output, messages to standard error. In a pipe, lists are tab-separated lines without headings;
with --json they are JSON with every field.
"""


class _Commands(typer.core.TyperGroup):
    """Typer's group, with an exit code of its own if the reader of the output goes away."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise typer.Exit(UNREAD) from error


@cache
def command() -> Any:
    """Return the whole command line, ready to be called with arguments."""
    root = typer.Typer(
        name="onrecord",
        cls=_Commands,
        help=ROOT_HELP,
        epilog=EXIT_CODES,
        rich_markup_mode=None,  # otherwise every --help and usage error would import rich
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    root.callback()(options)
    root.command("run")(run.run)
    root.command("try")(trial.sample)
    root.command("ingest")(articles.ingest)
    root.command("explain")(articles.explain)
    root.command("search", cls=search.SearchCommand)(search.search)
    root.command("today")(search.today)
    root.command("export")(export.export)
    root.command("mcp")(run.mcp)
    root.command("backup")(config.backup)
    root.command("restore")(config.restore)
    for name, group in (
        ("statements", search.group),
        ("articles", articles.group),
        ("feeds", feeds.group),
        ("actors", actors.group),
        ("groups", actors.groups),
        ("watches", watches.group),
        ("alerts", alerts.group),
        ("mutes", alerts.mutes),
        ("dead-letters", operations.dead_letters),
        ("index", operations.clusters_index),
        ("batch", operations.group),
        ("config", config.group),
        ("desk", config.desk),
    ):
        root.add_typer(group, name=name)
    root.command("calibrate")(alerts.calibrate)
    root.command("doctor")(doctor.doctor)
    root.command("audit")(doctor.audit)
    return typer.main.get_command(root)


def _version(wanted: bool) -> None:
    if wanted:
        put(f"onrecord {__version__}")
        raise typer.Exit


def options(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="The file that holds everything.", show_default=False)
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", envvar="ONRECORD_CONFIG", help="The settings file.", show_default=False),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Store the options before the command."""
    ctx.obj = Chosen(config=config, file=file)
