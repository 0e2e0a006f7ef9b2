"""`onrecord feeds`: the feeds of the desk, one by one and as OPML."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from pipeline.cli import backfill
from pipeline.cli.desk import chosen, opened
from pipeline.cli.output import Json, amount, put_json, put_table, say
from pipeline.desk import check_feed
from pipeline.errors import InputError, UsageError, WorldError
from pipeline.model import Article, Feed, FeedState, FullText

if TYPE_CHECKING:
    from pipeline.cli.output import Cell
    from pipeline.feeds.fetch import PollResult
    from pipeline.feeds.health import Health
    from pipeline.feeds.listing import ListedFeed
    from pipeline.services import Services
    from pipeline.settings import Settings


def take(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="An OPML file; - reads stdin.")],
) -> None:
    """Follow all feeds of an OPML file. Exit code 65 if some have no address that can be followed."""
    from connectors.feeds.parser import Parser
    from connectors.files import opml

    with opened(ctx, new=True) as services:
        with Parser(services.settings.poll, 1) as parser:
            if str(source) == "-":
                listed = opml.feeds(sys.stdin.buffer.read(), "standard input", parser)
            else:
                listed = opml.read(source, parser)
        known = {feed.id for feed in services.desk.all(Feed)}
        followable = [feed for feed in listed if _followable(feed)]
        new = [feed for feed in followable if feed.id not in known]
        services.desk.save(*new)
    known_ones = len(followable) - len(new)
    say(f"{amount(len(new), 'feed')} added, {known_ones} {'was' if known_ones == 1 else 'were'} followed already")
    raise typer.Exit(0 if len(followable) == len(listed) else InputError.exit_code)


def _followable(feed: Feed) -> bool:
    try:
        check_feed(feed)
    except UsageError as error:
        say(f"left out: {error}")
        return False
    return True


def export(ctx: typer.Context) -> None:
    """Write all feeds as OPML."""
    from connectors.files import opml
    from pipeline.feeds.listing import subscriptions
    from pipeline.feeds.state import described

    with opened(ctx) as services:
        shown = [described(feed, state) for feed, state in subscriptions(services.desk)]
        feeds = [replace(feed, title=feed.title or feed.source) for feed in shown]
        sys.stdout.buffer.write(opml.write(feeds, services.clock()) + b"\n")


group = typer.Typer(help="What the desk follows.", no_args_is_help=True)

group.command("backfill")(backfill.backfill)

Urls = Annotated[list[str], typer.Argument(metavar="URL…", help="Addresses of RSS, Atom or JSON feeds, or of sites.")]

Policy = Annotated[
    str, typer.Option(help="Whose pages to read: auto (of entries without their whole text), always, never.")
]

Url = Annotated[str, typer.Argument(metavar="URL", help="The feed's address.")]


@group.command("list")
def show_all(ctx: typer.Context, as_json: Json = False) -> None:
    """List the feeds with how they do; "a day" are new entries."""
    from pipeline.feeds.health import health
    from pipeline.feeds.listing import listed, subscriptions

    with opened(ctx) as services:
        feeds, now = subscriptions(services.desk), services.clock()
    if as_json:
        return put_json([_plain(feed, state) | {"health": _told(health(state, now))} for feed, state in feeds])
    return put_table(
        ("address", "source", "health", "last success", "last news", "a day", "usually", "next look", "trouble"),
        [_row(listed(feed, state), health(state, now)) for feed, state in feeds],
        "No feeds yet: onrecord feeds add URL",
    )


def _plain(feed: Feed, state: FeedState) -> Any:
    """The feed as JSON."""
    from pydantic_core import to_jsonable_python

    from pipeline.feeds.listing import listed

    return to_jsonable_python(listed(feed, state))


def _told(found: "Health") -> dict[str, Any]:
    """What is found beside what the feed says itself."""
    told = {"condition": found.condition, "text": found.text, "pushed": found.pushed}
    return told | {"lately": found.lately, "usually": found.usually}


def _row(feed: "ListedFeed", found: "Health") -> "tuple[Cell, ...]":
    words = {"healthy": "well", "failing": f"failing ({feed.failures})" if feed.failures else "recovering"}
    state = words.get(found.condition, found.condition)
    times = (found.last_success, found.last_news, found.lately, found.usually, found.next_check)
    return (feed.url, feed.source or feed.title, state, *times, found.text)


@group.command()
def add(
    ctx: typer.Context,
    urls: Urls,
    *,
    source: Annotated[str, typer.Option(help="Who publishes it; by default its host.")] = "",
    language: Annotated[str, typer.Option(help="Its language (en), where it does not say.")] = "",
    full_text: Policy = "auto",
    as_given: Annotated[bool, typer.Option("--as-given", help="Do not look for the feed of a site now.")] = False,
) -> None:
    """Follow feeds, or the feed that a site names. The articles that are there at the first look alert nobody.

    Exit code 65 if an address has no feed.
    """
    policy = _policy(full_text)
    given = [Feed(url=url.strip(), source=source, language=language, full_text=policy) for url in urls]
    for feed in given:
        check_feed(feed)
    with opened(ctx, new=True) as services:
        known = {feed.id for feed in services.desk.all(Feed)}
        for feed in given:
            if feed.id in known:
                say(f"{feed.url} is followed already")
        unknown = [feed for feed in given if feed.id not in known]
        feeds = unknown if as_given or not unknown else _discovered(services, unknown)
        services.desk.save(*(feed for feed in feeds if feed.id not in known))
    for feed in feeds:
        say(f"{feed.url} {'is followed already' if feed.id in known else 'will be followed by `onrecord run`'}")
    raise typer.Exit(InputError.exit_code if len(feeds) < len(unknown) else 0)


def _policy(given: str) -> FullText:
    if given not in get_args(FullText):
        raise UsageError(f"--full-text {given!r} should be one of {', '.join(get_args(FullText))}")
    return cast(FullText, given)


@group.command()
def change(
    ctx: typer.Context,
    url: Url,
    *,
    source: Annotated[str | None, typer.Option(help="Who publishes it; '' is its host.")] = None,
    language: Annotated[str | None, typer.Option(help="Its language (en), where it does not say.")] = None,
    full_text: Policy = "",
) -> None:
    """Change what you have said of a feed; what is left out stays as it is."""
    with opened(ctx) as services:
        known = services.desk.find(Feed, url)
        if known is None:
            raise UsageError(f"feed {url!r} is not followed; `onrecord feeds list` lists the addresses")
        services.desk.save(
            replace(
                known,
                source=known.source if source is None else source,
                language=known.language if language is None else language,
                full_text=_policy(full_text) if full_text else known.full_text,
            )
        )
    say(f"{url} is changed")


def _discovered(services: "Services", given: list[Feed]) -> list[Feed]:
    """The feeds of these addresses. One that nobody answers at is taken as it is, one without a feed is left out."""
    from connectors.feeds.parser import Parser
    from pipeline.feeds.discovery import discover

    feeds = []
    with Parser(services.settings.poll, 1) as parser:
        for feed in given:
            try:
                found = discover(services.http, parser, feed.url)
            except InputError as error:
                say(f"left out: {error}")
                continue
            except WorldError as error:
                say(f"{error}; it is taken as it is")
                feeds.append(feed)
                continue
            if found.url != feed.url:
                say(f"{feed.url} names {found.title or 'a feed'} with {found.entries} entries at {found.url}")
            for other in found.others:
                say(f"  and {other.url} {other.title}".rstrip())
            feeds.append(replace(feed, url=found.url))
    return feeds


@group.command()
def remove(ctx: typer.Context, url: Url) -> None:
    """Follow a feed no more; its articles are kept."""
    from pipeline.feeds.listing import unsubscribe

    with opened(ctx) as services:
        if not unsubscribe(services.desk, url):
            raise UsageError(f"feed {url!r} is not followed; `onrecord feeds list` lists the addresses")


@group.command()
def check(ctx: typer.Context, url: Url, as_json: Json = False) -> None:
    """Look at a feed now and show what would come of it; nothing is stored. Exit code 1 if it cannot be read."""
    from pipeline.codec import plain

    feed = Feed(url=url)
    check_feed(feed)
    outcome = _look(chosen(ctx).settings(), feed)
    if as_json:
        told = {"status": outcome.status, "error": outcome.error, "feed": _plain(feed, outcome.state)}
        put_json({**told, "articles": [plain(article) for article in outcome.articles]})
    elif outcome.error:
        say(outcome.error)
    else:
        put_table(
            ("published", "title", "characters", "marks", "address"),
            [(a.published, a.title, len(a.text), a.marks, a.url) for a in reversed(outcome.articles)],
            "The feed has no entries",
        )
        say(f"{outcome.state.title or url}: {len(outcome.articles)} entries{_characters(outcome.articles)}")
    raise typer.Exit(1 if outcome.error else 0)


def _characters(articles: tuple[Article, ...]) -> str:
    whole = sum("summary-only" not in article.marks for article in articles)
    return f", {whole} with their whole text" if articles else ""


def _look(settings: "Settings", feed: Feed) -> "PollResult":
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from connectors.feeds.parser import Parser
    from connectors.http.client import HttpClient
    from pipeline.feeds.fetch import FeedFetcher
    from pipeline.services import utc_now

    async def once() -> "PollResult":
        async with HttpClient(settings.fetch).connections() as connections:
            return await FeedFetcher(connections, parser, threads, settings.poll, utc_now).at(
                feed, FeedState(url=feed.url)
            )

    with Parser(settings.poll, 1) as parser, ThreadPoolExecutor(1) as threads:
        return asyncio.run(once())


group.command("import")(take)

group.command("export")(export)
