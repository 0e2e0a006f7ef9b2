"""`onrecord ingest`: read articles from files into the log."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import amount, progress, say
from pipeline.cli.work import outcome, process
from pipeline.errors import InputError, UsageError
from pipeline.model import Article, content_id
from pipeline.ports import ARTICLES, DEAD_LETTERS, Message

if TYPE_CHECKING:
    from pipeline.services import Services
    from pipeline.settings import Settings

_MOST_NAMED: Final = 10  # errors printed

_EACH: Final = 500  # articles between two saved positions

_MOST_POSITIONS: Final = 100_000

POSITIONS: Final = "ingested"  # topic: the position reached in each unfinished file


def ingest(
    ctx: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", help="Text, HTML, JSON, JSON Lines, WARC, or folders of them; - is stdin."),
    ],
    live: Annotated[bool, typer.Option("--live", help="Alert as if the articles came by a feed.")] = False,
) -> None:
    """Read articles from files: index them and remember who said what, without alerts.

    The same command continues an interrupted import. Exit code 65 if some articles cannot be read.
    """
    missing = [path for path in paths if str(path) != "-" and not path.exists()]
    if missing:
        raise UsageError(f"path {missing[0]} does not exist")
    with opened(ctx, new=True) as services:
        read = _append_all(services, paths, backfill=not live)
        with progress("articles", read["articles"]) as advance:
            done = process(services, advance)
    say(f"{amount(read['articles'], 'article')} read{outcome(done) if read['articles'] else ''}")
    unread = read["unread"] + (done["dead-lettered"] if done else 0)
    if unread:
        say(f"{unread:,} could not be read: `onrecord dead-letters list` shows them")
        raise typer.Exit(InputError.exit_code)


def articles(settings: "Settings", path: Path, *, backfill: bool, skip: int = 0) -> Iterator[Article | InputError]:
    """Yield the articles at the path ("-": standard input) after the first `skip`."""
    from connectors.files import reader as files
    from pipeline.services import utc_now

    if str(path) == "-":
        return files.articles_in(sys.stdin.buffer.read(), utc_now, backfill=backfill, limits=settings.poll)
    return files.articles(path, utc_now, backfill=backfill, limits=settings.poll, skip=skip)


def _append_all(services: "Services", paths: Sequence[Path], *, backfill: bool) -> Counter[str]:
    """Append the articles of the files, each from the position that an earlier run reached; return counts by kind."""
    reached = {record.key: int(record.value) for record in services.log.read(POSITIONS, "ingest", _MOST_POSITIONS)}
    counts: Counter[str] = Counter()
    with progress("read") as seen:
        for path in paths:
            name = _identity(path)
            skip = reached.get(name, 0)
            if skip:
                say(f"{path}: continuing after {skip:,} articles of an earlier run")
            counts += _append(
                services, articles(services.settings, path, backfill=backfill, skip=skip), Position(name, skip), seen
            )
    services.log.commit("ingest", services.log.read(POSITIONS, "ingest", _MOST_POSITIONS))
    return counts


def _identity(path: Path) -> str:
    """Return an id of the file, or of the folder and its content, that changes with size or time of modification."""
    if str(path) == "-":
        return ""
    states = ((file, file.lstat()) for file in sorted([path, *path.rglob("*")]))
    return content_id(*(f"{file.absolute()} {state.st_size} {state.st_mtime_ns}" for file, state in states))


@dataclass(slots=True)
class Position:
    """The position reached in a file, saved now and then after the articles before it are in the log."""

    file: str
    count: int
    written: int = 0

    def message(self) -> list[Message]:
        """Return the message to append; none for standard input, or soon after the last one."""
        if not self.file or self.count - self.written < _EACH:
            return []
        self.written = self.count
        return [Message(self.file, str(self.count).encode())]


def _append(
    services: "Services", articles: Iterable[Article | InputError], position: Position, seen: Callable[[int], None]
) -> Counter[str]:
    """Append the articles to the log and errors to the dead letters; return the counts of both."""
    counts: Counter[str] = Counter()
    batch: list[Article] = []
    for article in articles:
        position.count += 1
        seen(1)
        if isinstance(article, InputError):
            counts["unread"] += 1
            _print_error(article, counts["unread"])
            services.log.append(DEAD_LETTERS, [_dead_letter(article, services.clock().isoformat())])
            continue
        counts["articles"] += 1
        batch.append(article)
        if len(batch) == _EACH:
            services.log.append(ARTICLES, _by_publication(batch))
            batch = []
            if reached := position.message():
                services.log.append(POSITIONS, reached)
    services.log.append(ARTICLES, _by_publication(batch))
    return counts


def _by_publication(articles: Iterable[Article]) -> list[Message]:
    """Return the messages in the order of publication, so that a later article changes an earlier, not vice versa."""
    from pipeline.run.steps import arrived

    return [arrived(article) for article in sorted(articles, key=lambda one: one.published or one.first_seen)]


def _print_error(error: InputError, number: int) -> None:
    if number <= _MOST_NAMED:
        say(str(error))
    if number == _MOST_NAMED:
        say("… and so on")


def _dead_letter(error: InputError, now: str) -> Message:
    from connectors.files.reader import FILES

    headers = {"step": error.step or "ingest", "error": str(error), "topic": FILES, "time": now}
    return Message(FILES, error.original, headers)
