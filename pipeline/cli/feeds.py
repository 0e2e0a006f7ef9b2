"""`onrecord feeds`: the feeds that the desk follows."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from pipeline.cli import backfill
from pipeline.cli.desk import FEED_IDS, chosen, known_records, opened
from pipeline.cli.output import Json, amount, bold, moment, on_terminal, one_line, put, put_json, put_table, say
from pipeline.desk import check_feed, check_listed
from pipeline.errors import InputError, RefusedError, UsageError, WorldError
from pipeline.model import Actor, Article, Feed, FeedState, FullText

if TYPE_CHECKING:
    from pipeline.cli.output import Cell
    from pipeline.feeds.fetch import PollResult
    from pipeline.feeds.health import Health
    from pipeline.feeds.state import ListedFeed
    from pipeline.model.feed import LinkRule
    from pipeline.services import Services
    from pipeline.settings import Settings


def take(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="An OPML file; - reads stdin.")],
) -> None:
    """Follow all feeds of an OPML file. Exit code 65 if some addresses cannot be followed."""
    from connectors.feeds.parser import Parser
    from connectors.files import lists

    with opened(ctx, new=True) as services:
        with Parser(services.settings.poll, 1) as parser:
            if str(source) == "-":
                listed = lists.feeds_in_opml(sys.stdin.buffer.read(), "standard input", parser)
            else:
                listed = lists.read_opml(source, parser)
        known = {feed.id for feed in services.desk.all(Feed)}
        followable = [feed for feed in listed if _followable(feed)]
        new = [feed for feed in followable if feed.id not in known]
        services.desk.save(*new)
    say(f"{amount(len(new), 'feed')} added, {len(followable) - len(new)} already followed")
    raise typer.Exit(0 if len(followable) == len(listed) else InputError.exit_code)


def _followable(feed: Feed) -> bool:
    """Return whether a list may name the feed; if not, say why."""
    try:
        check_listed(feed)
    except UsageError as error:
        say(f"left out: {error}")
        return False
    return True


def export(ctx: typer.Context) -> None:
    """Write all feeds as OPML."""
    from connectors.files import lists
    from pipeline.feeds.state import described, subscriptions

    with opened(ctx) as services:
        feeds = [described(feed, state) for feed, state in subscriptions(services.desk)]
        sys.stdout.buffer.write(lists.write_opml(feeds, services.clock()) + b"\n")


group = typer.Typer(help="Feeds that the desk follows.", no_args_is_help=True)

group.command("backfill")(backfill.backfill)

Urls = Annotated[list[str], typer.Argument(metavar="URL…", help="Feeds, sites, mailboxes (imaps://), or folders.")]

Policy = Annotated[str, typer.Option(help="Read pages for the full text: auto (if the feed lacks it), always, never.")]

Url = Annotated[
    str,
    typer.Argument(metavar="URL", help="The feed's address.", autocompletion=FEED_IDS),
]

_SHOWN_LINKS = 8  # of a page

_PATHS = (".", "/", "~")  # beginnings of a path, and of no address

_IGNORE = "Leave out items by title, link, author or section, such as 'section:Sport'; repeatable."

_ACCOUNT = "The tracked actor whose account this is: its posts are the actor's statements."

_LINKS = "A CSS selector of the links to articles, for a page without a feed, such as 'h3 a'."


@group.command("list")
def show_all(ctx: typer.Context, as_json: Json = False) -> None:
    """List the feeds with their health; "a day" counts new entries."""
    from pipeline.feeds.health import health
    from pipeline.feeds.state import listed, subscriptions

    with opened(ctx) as services:
        feeds, now = subscriptions(services.desk), services.clock()
    if as_json:
        return put_json([_plain(feed, state) | {"health": _health_fields(health(state, now))} for feed, state in feeds])
    shown = [(listed(feed, state), health(state, now)) for feed, state in feeds]
    if not on_terminal() or not feeds:
        return put_table(
            (), [_row(feed, condition) for feed, condition in shown], "No feeds yet: onrecord feeds add URL"
        )
    return put("\n\n".join(_block(feed, condition) for feed, condition in shown))


def _plain(feed: Feed, state: FeedState) -> Any:
    """Return the feed as JSON."""
    from pydantic_core import to_jsonable_python

    from pipeline.feeds.state import listed

    return to_jsonable_python(listed(feed, state))


def _health_fields(health: "Health") -> dict[str, Any]:
    """Return the fields that the feed itself does not have."""
    names = ("condition", "text", "pushed", "lately", "usually", "pages", "partial")
    return {name: getattr(health, name) for name in names}


def _row(feed: "ListedFeed", health: "Health") -> "tuple[Cell, ...]":
    times = (health.last_success, health.last_news, health.lately, health.usually, health.next_check)
    return (feed.url, feed.source or feed.title, _condition(feed, health), *times, health.text)


def _condition(feed: "ListedFeed", health: "Health") -> str:
    if feed.paused:
        return "paused"
    words = {"failing": f"failing ({feed.failures})" if feed.failures else "recovering"}
    return words.get(health.condition, health.condition)


def _block(feed: "ListedFeed", health: "Health") -> str:
    """Return the feed as a few lines for a terminal."""
    times = {"last success": health.last_success, "last news": health.last_news, "next poll": health.next_check}
    rates = {"a day": health.lately, "usually": health.usually}
    lines = [
        f"{bold(one_line(feed.source or feed.title or feed.url))}  {_condition(feed, health)}",
        f"  {one_line(' '.join((feed.url, *(f'#{tag}' for tag in feed.tags))))}",
        f"  {', '.join(f'{name} {moment(time)}' for name, time in times.items() if time)}",
        f"  {', '.join(f'{rate:g} {name}' for name, rate in rates.items() if rate is not None)}",
        f"  {one_line(health.text)}",
    ]
    return "\n".join(line for line in lines if line.strip())


@group.command()
def add(
    ctx: typer.Context,
    urls: Urls,
    *,
    source: Annotated[str, typer.Option(help="The name of the outlet; by default that of the feed or its site.")] = "",
    language: Annotated[str, typer.Option(help="The language (en), if the feed does not say.")] = "",
    full_text: Policy = "auto",
    ignore: Annotated[list[str] | None, typer.Option(metavar="RULE", help=_IGNORE)] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag of yours; repeatable.")] = None,
    links: Annotated[str, typer.Option(metavar="SELECTOR", help=_LINKS)] = "",
    account: Annotated[str, typer.Option(metavar="ACTOR", help=_ACCOUNT)] = "",
    section: Annotated[
        bool, typer.Option("--section", help="Only propose selectors for --links; adds no feed.")
    ] = False,
    as_given: Annotated[bool, typer.Option("--as-given", help="Do not look for the feed of a site now.")] = False,
) -> None:
    """Follow feeds, or the feed of a site. Articles of the first poll alert nobody.

    Exit code 65 if an address has no feed.
    """
    policy = _policy(full_text)
    options = Feed(
        url="",
        source=source,
        language=language,
        full_text=policy,
        ignore=tuple(ignore or ()),
        tags=tuple(tag or ()),
        links=links,
    )
    requested = [replace(options, url=_address(url)) for url in urls]
    for feed in requested:
        check_feed(feed)
    if section:
        return _propose(ctx, requested)
    with opened(ctx, new=True) as services:
        known = {feed.id for feed in services.desk.all(Feed)}
        requested = [replace(feed, account=_actor(services, account)) for feed in requested]
        for feed in requested:
            if feed.id in known:
                say(f"{feed.url} is already followed")
        unknown = [feed for feed in requested if feed.id not in known]
        feeds = unknown if as_given or not unknown else _discovered(services, unknown)
        services.desk.save(*(feed for feed in feeds if feed.id not in known))
    for feed in feeds:
        say(f"{feed.url} {'is already followed' if feed.id in known else 'will be followed by `onrecord run`'}")
    raise typer.Exit(InputError.exit_code if len(feeds) < len(unknown) else 0)


def _policy(text: str) -> FullText:
    if text not in get_args(FullText):
        raise UsageError(f"--full-text {text!r} should be one of {', '.join(get_args(FullText))}")
    return cast(FullText, text)


@group.command()
def change(
    ctx: typer.Context,
    url: Url,
    *,
    source: Annotated[str | None, typer.Option(help="The name of the outlet; '' is that of the feed.")] = None,
    language: Annotated[str | None, typer.Option(help="The language (en), if the feed does not say.")] = None,
    full_text: Policy = "",
    ignore: Annotated[list[str] | None, typer.Option(metavar="RULE", help=f"{_IGNORE} '' removes all rules.")] = None,
    links: Annotated[str | None, typer.Option(metavar="SELECTOR", help=_LINKS)] = None,
    account: Annotated[str | None, typer.Option(metavar="ACTOR", help=f"{_ACCOUNT} '' for nobody's.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="The tags, instead of those so far; '' removes all.")] = None,
    pause: Annotated[bool | None, typer.Option("--pause/--resume", help="Stop polling, or poll again.")] = None,
) -> None:
    """Change options of a feed; options that you leave out stay as they are."""
    with opened(ctx) as services:
        known = services.desk.find(Feed, url)
        if known is None:
            raise UsageError(f"feed {url!r} is not followed; `onrecord feeds list` lists the addresses")
        changed = replace(
            known,
            source=known.source if source is None else source,
            language=known.language if language is None else language,
            full_text=_policy(full_text) if full_text else known.full_text,
            ignore=known.ignore if ignore is None else tuple(filter(None, ignore)),
            tags=known.tags if tag is None else tuple(filter(None, tag)),
            paused=known.paused if pause is None else pause,
            links=known.links if links is None else links,
            account=known.account if account is None else _actor(services, account),
        )
        check_feed(changed)
        services.desk.save(changed)
    say(f"{url} is changed")


def _actor(services: "Services", called: str) -> str:
    """The id of the tracked actor of this id, name or alias; '' for ''."""
    from pipeline.desk import find_id

    return find_id(called, services.desk.all(Actor), ()) if called else ""


def _address(text: str) -> str:
    """Return the address as typed, or that of a folder on this machine. UsageError if a path has no folder."""
    folder = Path(text.strip()).expanduser()
    if folder.is_dir():
        return folder.resolve().as_uri()
    if text.strip().startswith(_PATHS):
        raise UsageError(f"{text.strip()!r} is no folder on this machine")
    return text.strip()


def _propose(ctx: typer.Context, requested: list[Feed]) -> None:
    """Print the links that each page would have as a feed, with the command that follows them."""
    with opened(ctx, new=True) as services:
        proposed = [(feed.url, rule) for feed in requested for rule in _preview(services, feed)]
    rows = [(rule.selector, entry.title, entry.url) for _, rule in proposed for entry in rule.items[:_SHOWN_LINKS]]
    put_table(("links", "title", "address"), rows, "")
    for url, rule in proposed:
        command = f"onrecord feeds add {shlex.quote(url)} --links {shlex.quote(rule.selector)}"
        say(f"{amount(len(rule.items), 'link')}: {command}")


def _preview(services: "Services", feed: Feed) -> "list[LinkRule]":
    from connectors.feeds.parser import Parser
    from connectors.http.robots import CachedRobots
    from pipeline.feeds.discovery import preview

    with Parser(services.settings.poll, 1) as parser:
        return preview(services.http(), parser, CachedRobots(), feed.url, feed.links)


def _with_links(services: "Services", feed: Feed) -> list[Feed]:
    """Return the page of links, shown before it is followed; nothing if its links lead to no articles."""
    try:
        (rule,) = _preview(services, feed)
    except (InputError, RefusedError) as error:
        say(f"left out: {error}")
        return []
    except WorldError as error:
        say(f"{error}; added without a check")
        return [feed]
    put_table(("title", "address"), [(entry.title, entry.url) for entry in rule.items[:_SHOWN_LINKS]], "")
    say(f"{feed.url} has {amount(len(rule.items), 'link')} at {rule.selector}")
    return [feed]


def _discovered(services: "Services", requested: list[Feed]) -> list[Feed]:
    """Return the feeds at these addresses. An address that does not answer stays; one without a feed is left out."""
    from connectors.feeds.parser import Parser
    from pipeline.feeds.discovery import discover

    feeds = []
    with Parser(services.settings.poll, 1) as parser:
        for feed in requested:
            if not feed.url.startswith("http"):
                feeds.append(feed)
                continue
            if feed.links:
                feeds += _with_links(services, feed)
                continue
            try:
                discovered = discover(services.http(), parser, feed.url)
            except (InputError, RefusedError) as error:
                say(f"left out: {error}")
                continue
            except WorldError as error:
                say(f"{error}; added without a check")
                feeds.append(feed)
                continue
            if discovered.url != feed.url:
                title, entries = discovered.title or "a feed", discovered.entries
                say(f"{feed.url} links to {title} with {amount(entries, 'entry', 'entries')} at {discovered.url}")
            for other in discovered.others:
                say(f"  and {other.url} {other.title}".rstrip())
            feeds.append(replace(feed, url=discovered.url))
    return feeds


@group.command()
def remove(ctx: typer.Context, url: Url) -> None:
    """Stop following a feed; its articles stay."""
    from pipeline.feeds.state import unsubscribe

    with opened(ctx) as services:
        if not unsubscribe(services.desk, url):
            raise UsageError(f"feed {url!r} is not followed; `onrecord feeds list` lists the addresses")


@group.command()
def check(ctx: typer.Context, url: Url, as_json: Json = False) -> None:
    """Poll a feed now and show its articles; stores nothing. Exit code 1 if the feed cannot be read.

    A feed that is followed is read with its options and rules.
    """
    from pipeline.codec import plain

    address = _address(url)
    feed = next((known for known in known_records(ctx, Feed) if known.id == address), Feed(url=address))
    check_feed(feed)
    names = {actor.id: actor.name for actor in known_records(ctx, Actor)} if feed.account else {}
    outcome = _polled(chosen(ctx).settings(), feed, names)
    if as_json:
        summary = {"status": outcome.status, "error": outcome.error, "feed": _plain(feed, outcome.state)}
        put_json({**summary, "articles": [plain(article) for article in outcome.articles]})
    elif outcome.error:
        say(outcome.error)
    else:
        put_table(
            ("published", "title", "characters", "marks", "address"),
            [(a.published, a.title, len(a.text), a.marks, a.url) for a in reversed(outcome.articles)],
            "The feed has no entries",
        )
        entries = amount(len(outcome.articles), "entry", "entries")
        say(f"{outcome.state.title or url}: {entries}{_with_full_text(outcome.articles)}")
    raise typer.Exit(1 if outcome.error else 0)


def _with_full_text(articles: tuple[Article, ...]) -> str:
    whole = sum("summary-only" not in article.marks for article in articles)
    return f", {whole} with full text" if articles else ""


def _polled(settings: "Settings", feed: Feed, names: Mapping[str, str]) -> "PollResult":
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from connectors.feeds.parser import Parser
    from connectors.http.client import HttpClient
    from connectors.http.robots import CachedRobots
    from pipeline.feeds.fetch import FeedFetcher
    from pipeline.services import inboxes, utc_now

    async def once() -> "PollResult":
        async with HttpClient(settings.fetch).connections() as connections:
            ways = inboxes(settings, parser, utc_now)
            fetcher = FeedFetcher(connections, parser, threads, settings.poll, utc_now, CachedRobots(), inboxes=ways)
            fetcher = replace(fetcher, names=lambda actor: names.get(actor, ""))
            return await fetcher.at(feed, FeedState(url=feed.url))

    with Parser(settings.poll, 1) as parser, ThreadPoolExecutor(1) as threads:
        return asyncio.run(once())


group.command("import")(take)

group.command("export")(export)
