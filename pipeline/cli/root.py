"""All commands of `onrecord`, and the options before them."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import typer.core

from pipeline import __version__
from pipeline.cli.desk import Chosen
from pipeline.cli.output import EXIT_CODES, UNREAD, put

ROOT_HELP = """Follow the news, keep who said what, and be alerted when someone you track says something new.

Start with `onrecord try`. Then: `onrecord feeds add URL`, `onrecord actors add NAME`,
`onrecord watches add TITLE --by NAME`, and `onrecord run`.

Results go to standard output, messages to standard error. In a pipe, lists are tab-separated lines without headings;
with --json they are JSON with every field.
"""


COMMANDS: Final = {
    "run": "run:run",
    "try": "trial:sample",
    "ingest": "articles:ingest",
    "explain": "articles:explain",
    "search": "search:search",
    "today": "search:today",
    "export": "export:export",
    "mcp": "run:mcp",
    "backup": "export:backup",
    "restore": "export:restore",
    "calibrate": "alerts:calibrate",
    "doctor": "doctor:doctor",
    "audit": "doctor:audit",
    "statements": "search:group",
    "articles": "articles:group",
    "feeds": "feeds:group",
    "actors": "actors:group",
    "groups": "actors:groups",
    "watches": "watches:group",
    "alerts": "alerts:group",
    "mutes": "alerts:mutes",
    "dead-letters": "operations:dead_letters",
    "index": "operations:clusters_index",
    "batch": "operations:group",
    "config": "config:group",
    "desk": "export:desk",
    "users": "config:users",
}
"""The commands, and the module and name of what each runs: a function, or a group of commands."""

_OF_PYDANTIC: Final = "Value error, "  # before the message for a value that is not one of a few

_CLASSES: Final = {"search": "SearchCommand"}  # of a command that reads its arguments in a way of its own


class _OnDemand(Mapping[str, Any]):
    """The commands by name; the module of a command is imported when the command is looked up."""

    def __getitem__(self, name: str) -> Any:
        return _loaded(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@cache
def _loaded(name: str) -> Any:
    module, _, attribute = COMMANDS[name].partition(":")
    imported = import_module(f"{__package__}.{module}")
    runs = getattr(imported, attribute)
    parent = typer.Typer(rich_markup_mode=None)
    if isinstance(runs, typer.Typer):
        parent.add_typer(runs, name=name)
    else:
        parent.command(name, cls=getattr(imported, _CLASSES.get(name, ""), None))(runs)
    parent.callback()(lambda: None)  # without a callback, Typer makes no group of a single command
    return typer.main.get_group(parent).commands[name]


class _Commands(typer.core.TyperGroup):
    """Typer's group, with an exit code of its own if the reader of the output goes away, and plain usage errors."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands, none of which is imported."""
        return list(COMMANDS)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix(_OF_PYDANTIC)
            raise
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
    group: Any = typer.main.get_command(root)
    group.commands = _OnDemand()
    return group


def _version(wanted: bool) -> None:
    if wanted:
        put(f"onrecord {__version__}")
        raise typer.Exit


def options(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="The desk's file, which holds everything.", show_default=False)
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
