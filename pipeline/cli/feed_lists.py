"""`onrecord feeds import` and `export`: lists of feeds as OPML."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import amount, say
from pipeline.errors import InputError, UsageError
from pipeline.model import Feed
from pipeline.orders import check_feed


def take(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="An OPML file; - reads stdin.")],
) -> None:
    """Follow all feeds of an OPML file. Exit code 65 if some have no address that can be followed."""
    from connectors import opml
    from connectors.feeds.workers import Parser

    with opened(ctx, new=True) as app:
        with Parser(app.settings.poll, 1) as parser:
            if str(source) == "-":
                listed = opml.feeds(sys.stdin.buffer.read(), "standard input", parser)
            else:
                listed = opml.read(source, parser)
        known = {feed.id for feed in app.desk.all(Feed)}
        followable = [feed for feed in listed if _followable(feed)]
        new = [feed for feed in followable if feed.id not in known]
        app.desk.save(*new)
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
    from connectors import opml

    with opened(ctx) as app:
        feeds = [replace(feed, title=feed.title or feed.source) for feed in app.desk.all(Feed)]
        sys.stdout.buffer.write(opml.write(feeds, app.clock()) + b"\n")
