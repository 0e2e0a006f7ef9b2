"""`onrecord feeds backfill`: a site's past into the log."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import amount, say
from pipeline.desk import check_feed
from pipeline.errors import InputError, UsageError
from pipeline.model import Feed, content_id
from pipeline.ports import ARTICLES, Message

if TYPE_CHECKING:
    from pipeline.feeds.backfill import Batch
    from pipeline.services import Services

READ: Final = "backfilled"  # topic: the pages that an unfinished backfill has read

_MOST_READ: Final = 10_000_000

_MOST_TOLD: Final = 10


def backfill(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="A site, or a sitemap or index of sitemaps.")],
    since: Annotated[str, typer.Option(help="The day (2026-01-31) to go back to.", show_default=False)],
) -> None:
    """Read a site's articles back to a day by its sitemaps, slowly, and without alerts.

    What was ended half-way goes on where it was when the same is asked for again. Exit code 65 if a sitemap could not
    be read.
    """
    import asyncio

    day = _day(since)
    check_feed(Feed(url=url))
    with opened(ctx, new=True) as services, _telling() as tell:
        counts = asyncio.run(_read(services, url, day, tell))
    beside = ", ".join(
        f"{counts[kind]:,} {kind}" for kind in ("older or empty", "closed", "not to be had") if counts[kind]
    )
    say(f"{amount(counts['articles'], 'article')} read{f'; of other pages {beside}' if beside else ''}")
    if counts["troubles"]:
        raise typer.Exit(InputError.exit_code)


def _day(given: str) -> datetime:
    try:
        day = datetime.fromisoformat(given)
    except ValueError as error:
        raise UsageError(f"--since {given!r} should be a day such as 2026-01-31") from error
    return day if day.tzinfo else day.replace(tzinfo=UTC)


async def _read(services: "Services", url: str, since: datetime, tell: Callable[[int, int], None]) -> Counter[str]:
    """Read what there is, batch by batch; how much came of it by kind."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from connectors.feeds.parser import Parser
    from pipeline.feeds.backfill import SiteBackfill

    job = content_id("backfill", url, since.isoformat())
    group = f"backfill-{job}"
    known = _Known(
        services, {line for r in services.log.read(READ, group, _MOST_READ) if r.key == job for line in _lines(r.value)}
    )
    if known.read:
        say(f"pages read before: {len(known.read):,}")
    counts: Counter[str] = Counter()
    with Parser(services.settings.poll) as parser, ThreadPoolExecutor(parser.processes) as threads:
        async with services.http.connections() as connections:
            past = SiteBackfill(connections, parser, threads, services.settings.poll, services.clock, since, known)
            async for batch in past.of(url):
                await asyncio.to_thread(_keep, services, job, batch)
                counts += batch.counts + Counter(articles=len(batch.articles), troubles=bool(batch.trouble))
                if batch.trouble and counts["troubles"] <= _MOST_TOLD:
                    say(batch.trouble)
                tell(counts["articles"], batch.left)
    services.log.commit(group, services.log.read(READ, group, _MOST_READ))
    return counts


class _Known:
    """The pages that are not to be read again: those read in an earlier run, and those on the record."""

    def __init__(self, services: "Services", read: set[str]) -> None:
        self._services = services
        self.read = read

    def __contains__(self, url: object) -> bool:
        from pipeline.feeds.backfill import by_address

        return isinstance(url, str) and (
            content_id(url) in self.read or bool(self._services.index.revisions([by_address(url)]))
        )


def _keep(services: "Services", job: str, batch: "Batch") -> None:
    """Append what was read and process it, then note that it was."""
    from pipeline.cli.log_work import process
    from pipeline.run.steps import arrived

    if batch.articles:
        services.log.append(ARTICLES, [arrived(article) for article in batch.articles])
        process(services)
    if batch.addresses:
        services.log.append(READ, [Message(job, "\n".join(map(content_id, batch.addresses)).encode())])


def _lines(value: bytes) -> list[str]:
    return value.decode().splitlines()


@contextmanager
def _telling() -> Iterator[Callable[[int, int], None]]:
    """Tells how far it is on standard error while the block runs, where a terminal looks on."""
    if not sys.stderr.isatty():
        yield lambda _, __: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("looking for sitemaps", total=None)
        yield lambda read, left: bar.update(task, description=f"{read:,} read, {left:,} left in this sitemap")
