"""`onrecord ingest`: articles from files into the log."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.desk import opened
from pipeline.cli.log_work import Progress, process, told
from pipeline.cli.output import amount, say
from pipeline.errors import InputError, UsageError
from pipeline.model import Article, content_id
from pipeline.ports import ARTICLES, DEAD_LETTERS, Message

if TYPE_CHECKING:
    from pipeline.services import Services
    from pipeline.settings import Settings

_BATCH: Final = 100

_MOST_NAMED: Final = 10

_EACH: Final = 500  # articles between two positions

_MOST_POSITIONS: Final = 100_000

POSITIONS: Final = "ingested"  # topic: how far each file was read that is not done


def ingest(
    ctx: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", help="Text, HTML, JSON, JSON Lines, WARC, or folders of them; - is stdin."),
    ],
    live: Annotated[bool, typer.Option("--live", help="Alert as if the articles came by a feed.")] = False,
) -> None:
    """Index articles from files and remember who said what, without alerts. Exit code 65 if some cannot be read.

    What was ended half-way goes on where it was when the same file is given again.
    """
    missing = [path for path in paths if str(path) != "-" and not path.exists()]
    if missing:
        raise UsageError(f"path {missing[0]} does not exist")
    with opened(ctx, new=True) as services:
        read = _append_all(services, paths, backfill=not live)
        with progress_bar(read["articles"]) as progress:
            done = process(services, progress)
    say(f"{amount(read['articles'], 'article')} read{told(done) if read['articles'] else ''}")
    unread = read["unread"] + (done["dead-lettered"] if done else 0)
    if unread:
        say(f"{unread:,} could not be read: `onrecord dead-letters list` shows them")
        raise typer.Exit(InputError.exit_code)


def articles(settings: "Settings", path: Path, *, backfill: bool, skip: int = 0) -> Iterator[Article | InputError]:
    """The articles at the path, without the first `skip`; "-" is standard input."""
    from connectors.files import reader as files
    from pipeline.services import utc_now

    if str(path) == "-":
        return files.articles_in(sys.stdin.buffer.read(), utc_now, backfill=backfill, limits=settings.poll)
    return files.articles(path, utc_now, backfill=backfill, limits=settings.poll, skip=skip)


def _append_all(services: "Services", paths: Sequence[Path], *, backfill: bool) -> Counter[str]:
    """Append what is in the files, each from where an earlier reading of it was ended; how many of each kind."""
    reached = {record.key: int(record.value) for record in services.log.read(POSITIONS, "ingest", _MOST_POSITIONS)}
    counts: Counter[str] = Counter()
    with _counted() as seen:
        for path in paths:
            name = _identity(path)
            skip = reached.get(name, 0)
            if skip:
                say(f"{path} was read up to {skip:,} before, and is read on from there")
            counts += _append(
                services, articles(services.settings, path, backfill=backfill, skip=skip), Position(name, skip), seen
            )
    services.log.commit("ingest", services.log.read(POSITIONS, "ingest", _MOST_POSITIONS))
    return counts


def _identity(path: Path) -> str:
    """A file, or a folder with all that is in it, as it is now: one that grew or changed is another."""
    if str(path) == "-":
        return ""
    states = ((file, file.lstat()) for file in sorted([path, *path.rglob("*")]))
    return content_id(*(f"{file.absolute()} {state.st_size} {state.st_mtime_ns}" for file, state in states))


@dataclass(slots=True)
class Position:
    """How far a file was read, written down now and then after what was read is in the log."""

    file: str
    count: int
    written: int = 0

    def message(self) -> list[Message]:
        """What to append; nothing where it was written not long ago, or where there is no file."""
        if not self.file or self.count - self.written < _EACH:
            return []
        self.written = self.count
        return [Message(self.file, str(self.count).encode())]


def _append(
    services: "Services", found: Iterable[Article | InputError], position: Position, seen: Callable[[], None]
) -> Counter[str]:
    """Append the articles, and what is none to the dead letters; how many of each."""
    from pipeline.run.steps import arrived

    counts: Counter[str] = Counter()
    batch: list[Message] = []
    for article in found:
        position.count += 1
        seen()
        if isinstance(article, InputError):
            counts["unread"] += 1
            _complain(article, counts["unread"])
            services.log.append(DEAD_LETTERS, [_dead_letter(article, services.clock().isoformat())])
            continue
        counts["articles"] += 1
        batch.append(arrived(article))
        if len(batch) == _BATCH:
            services.log.append(ARTICLES, batch)
            batch = []
            if reached := position.message():
                services.log.append(POSITIONS, reached)
    services.log.append(ARTICLES, batch)
    return counts


def _complain(error: InputError, number: int) -> None:
    if number <= _MOST_NAMED:
        say(str(error))
    if number == _MOST_NAMED:
        say("… and so on")


def _dead_letter(error: InputError, now: str) -> Message:
    from connectors.files.reader import FILES

    headers = {"step": error.step or "ingest", "error": str(error), "topic": FILES, "time": now}
    return Message(FILES, error.original, headers)


@contextmanager
def _counted() -> Iterator[Callable[[], None]]:
    """Counts what is read on standard error while the block runs, where a terminal looks on."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} read"), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda: bar.advance(task)


@contextmanager
def progress_bar(total: int) -> Iterator[Progress]:
    """A progress bar on standard error while the block runs, where a terminal looks on and it is worth it."""
    if not sys.stderr.isatty() or total <= _BATCH:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("articles"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("articles", total=total)
        yield lambda done: bar.advance(task, done)
