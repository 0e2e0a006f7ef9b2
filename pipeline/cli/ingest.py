"""`onrecord ingest`: articles from files into the log."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import say
from pipeline.cli.work import Progress, process, told
from pipeline.errors import InputError, UsageError
from pipeline.model import Article
from pipeline.ports import ARTICLES, DEAD_LETTERS, Message

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.settings import Settings

_BATCH: Final = 100
_MOST_NAMED: Final = 10


def ingest(
    ctx: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", help="Text, HTML, JSON, JSON Lines, or folders of them; - is stdin."),
    ],
    live: Annotated[bool, typer.Option("--live", help="Alert as if the articles came by a feed.")] = False,
) -> None:
    """Index articles from files and remember who said what, without alerts. Exit code 65 if some cannot be read."""
    missing = [path for path in paths if str(path) != "-" and not path.exists()]
    if missing:
        raise UsageError(f"path {missing[0]} does not exist")
    with opened(ctx, new=True) as app:
        read = _append(app, chain.from_iterable(articles(app.settings, path, backfill=not live) for path in paths))
        with progress_bar(read["articles"]) as progress:
            done = process(app, progress)
    say(f"{read['articles']:,} articles read{told(done)}")
    unread = read["unread"] + (done["dead-lettered"] if done else 0)
    if unread:
        say(f"{unread:,} could not be read: `onrecord dead-letters list` shows them")
        raise typer.Exit(InputError.exit_code)


def articles(settings: "Settings", path: Path, *, backfill: bool) -> Iterator[Article | InputError]:
    """The articles at the path; "-" is standard input."""
    from connectors import files
    from pipeline.app import utc_now

    if str(path) == "-":
        return files.articles_in(sys.stdin.buffer.read(), utc_now, backfill=backfill, limits=settings.poll)
    return files.articles(path, utc_now, backfill=backfill, limits=settings.poll)


def _append(app: "App", found: Iterable[Article | InputError]) -> Counter[str]:
    """Append the articles, and what is none to the dead letters; how many of each."""
    from pipeline.codec import encode

    counts: Counter[str] = Counter()
    batch: list[Message] = []
    for article in found:
        if isinstance(article, InputError):
            counts["unread"] += 1
            _complain(article, counts["unread"])
            app.log.append(DEAD_LETTERS, [_dead_letter(article, app.clock().isoformat())])
            continue
        counts["articles"] += 1
        batch.append(Message(article.id, encode(article)))
        if len(batch) == _BATCH:
            app.log.append(ARTICLES, batch)
            batch = []
    app.log.append(ARTICLES, batch)
    return counts


def _complain(error: InputError, number: int) -> None:
    if number <= _MOST_NAMED:
        say(str(error))
    if number == _MOST_NAMED:
        say("… and so on")


def _dead_letter(error: InputError, now: str) -> Message:
    from connectors.files import FILES

    headers = {"step": error.step or "ingest", "error": str(error), "topic": FILES, "time": now}
    return Message(FILES, error.original, headers)


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
