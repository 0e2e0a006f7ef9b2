"""`onrecord feeds backfill`: read the past of a site into the log."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import amount, progress, say
from pipeline.desk import check_feed
from pipeline.errors import InputError, UsageError
from pipeline.model import Feed, content_id
from pipeline.ports import ARTICLES, Message

if TYPE_CHECKING:
    from pipeline.feeds.backfill import Batch
    from pipeline.services import Services

READ: Final = "backfilled"  # topic: the pages that an unfinished backfill has read

_MOST_READ: Final = 10_000_000

_MOST_TROUBLES: Final = 10  # printed


def backfill(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="A site, or a sitemap or index of sitemaps.")],
    since: Annotated[str, typer.Option(help="The day (2026-01-31) to go back to.", show_default=False)],
) -> None:
    """Read the articles of a site back to a day from its sitemaps, slowly and without alerts.

    The same command continues an interrupted backfill. Exit code 65 if a sitemap could not be read.
    """
    import asyncio

    day = _day(since)
    check_feed(Feed(url=url))
    with opened(ctx, new=True) as services, progress("articles read") as advance:
        counts = asyncio.run(_read(services, url, day, advance))
    others = ", ".join(
        f"{counts[kind]:,} {kind}"
        for kind in ("older or empty", "left out by rules", "closed", "not available")
        if counts[kind]
    )
    say(f"{amount(counts['articles'], 'article')} read{f'; other pages: {others}' if others else ''}")
    if counts["troubles"]:
        raise typer.Exit(InputError.exit_code)


def _day(text: str) -> datetime:
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--since {text!r} should be a day such as 2026-01-31") from error
    return day if day.tzinfo else day.replace(tzinfo=UTC)


async def _read(services: "Services", url: str, since: datetime, advance: Callable[[int], None]) -> Counter[str]:
    """Read the site batch by batch and return the number of pages by kind."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from connectors.feeds.parser import Parser
    from connectors.http.robots import CachedRobots
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
        async with services.http().connections() as connections:
            past = SiteBackfill(
                connections,
                parser,
                threads,
                services.settings.poll,
                services.clock,
                since,
                known,
                CachedRobots(),
                _rules(services, url),
            )
            async for batch in past.batches(url):
                await asyncio.to_thread(_keep, services, job, batch)
                counts += batch.counts + Counter(articles=len(batch.articles), troubles=bool(batch.trouble))
                if batch.trouble and counts["troubles"] <= _MOST_TROUBLES:
                    say(batch.trouble)
                advance(len(batch.articles))
    services.log.commit(group, services.log.read(READ, group, _MOST_READ))
    return counts


def _rules(services: "Services", url: str) -> tuple[str, ...]:
    """The rules of the settings, and those that all followed feeds of the site share."""
    from pipeline.ingest.urls import site

    feeds = [feed for feed in services.desk.all(Feed) if site(feed.url) == site(url)]
    shared = set.intersection(*(set(feed.ignore) for feed in feeds)) if feeds else set()
    return (*services.settings.poll.ignore, *sorted(shared))


class _Known:
    """The pages not to read: those that an earlier run has read, and those on record."""

    def __init__(self, services: "Services", read: set[str]) -> None:
        self._services = services
        self.read = read

    def __contains__(self, url: object) -> bool:
        from pipeline.feeds.backfill import by_address

        return isinstance(url, str) and (
            content_id(url) in self.read or bool(self._services.index.revisions([by_address(url)]))
        )


def _keep(services: "Services", job: str, batch: "Batch") -> None:
    """Append the articles to the log, process them, then record that their pages are read."""
    from pipeline.cli.run import process
    from pipeline.feeds.outgoing import arrived

    if batch.articles:
        services.log.append(ARTICLES, [arrived(article) for article in batch.articles])
        process(services)
    if batch.addresses:
        services.log.append(READ, [Message(job, "\n".join(map(content_id, batch.addresses)).encode())])


def _lines(value: bytes) -> list[str]:
    return value.decode().splitlines()
