"""`onrecord dead-letters`: what could not be processed, with its bytes, to be looked at and tried again."""

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.desk import opened
from pipeline.cli.ingest import FILES, articles_in
from pipeline.cli.options import Json, Limit
from pipeline.cli.output import bold, put, put_json, put_table, say
from pipeline.cli.work import process, told
from pipeline.errors import InputError, UsageError
from pipeline.metrics import REDRIVE
from pipeline.model import Article, Feed
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, QUOTES, Message, Record

if TYPE_CHECKING:
    from pipeline.app import App

group = typer.Typer(help="What could not be processed, with its bytes.", no_args_is_help=True)

_MOST: Final = 10_000
_ABOUT_THE_FAILURE: Final = frozenset({"step", "error", "topic", "origin", "time"})

Origin = Annotated[str, typer.Argument(metavar="ID", help="Its place in the log, or the number at the end of it.")]


@group.command("list")
def show_all(ctx: typer.Context, limit: Limit = 100, as_json: Json = False) -> None:
    """List dead letters that were not tried again yet, oldest first."""
    with opened(ctx) as app:
        records = app.log.read(DEAD_LETTERS, REDRIVE, limit)
        waiting = app.backlog.lag(DEAD_LETTERS, REDRIVE)
    if as_json:
        return put_json([_plain(record) for record in records])
    put_table(
        ("id", "since", "from", "step", "error", "bytes"),
        [
            (r.origin, r.timestamp, r.headers.get("topic"), r.headers.get("step"), r.headers.get("error"), len(r.value))
            for r in records
        ],
        "No dead letters",
    )
    return say(f"{len(records)} of {waiting:,}; --limit shows more") if waiting > len(records) else None


def _plain(record: Record) -> dict[str, object]:
    return {
        "id": record.origin,
        "time": record.timestamp.isoformat(),
        "key": record.key,
        "bytes": len(record.value),
        **{name: value for name, value in record.headers.items() if name != "time"},
    }


@group.command()
def show(
    ctx: typer.Context,
    origin: Origin,
    as_json: Json = False,
    raw: Annotated[bool, typer.Option("--raw", help="Write its bytes, exactly.")] = False,
) -> None:
    """Show one with all that is known of it, and its text as far as it is text."""
    with opened(ctx) as app:
        waiting = app.log.read(DEAD_LETTERS, REDRIVE, _MOST)
    record = next((r for r in waiting if origin in (r.origin, str(r.offset))), None)
    if record is None:
        raise UsageError(f"dead letter {origin!r} is not there; `onrecord dead-letters list` shows the ids")
    if raw:
        sys.stdout.buffer.write(record.value)
        return
    text = record.value.decode("utf-8", "replace")
    if as_json:
        put_json({**_plain(record), "text": text})
        return
    for name, value in _plain(record).items():
        put(f"{bold(name)}: {value}")
    put(f"\n{text}")


@group.command()
def retry(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="Most to try again, the oldest first.")] = _MOST,
) -> None:
    """Try them again, the oldest first; what fails again is a dead letter again."""
    with opened(ctx) as app:
        records = app.log.read(DEAD_LETTERS, REDRIVE, limit)
        back = [failure for record in records if (failure := _again(app, record))]
        app.log.append(DEAD_LETTERS, back)
        app.log.commit(REDRIVE, records)
        done = process(app)
        waiting = app.backlog.lag(DEAD_LETTERS, REDRIVE)
    say(f"{len(records)} tried again{told(done)}; {waiting:,} dead letters left")


def _again(app: "App", record: Record) -> Message | None:
    """Send the record on to where it failed; the message for the dead letters if that is not possible."""
    topic = record.headers.get("topic", "")
    headers = {name: value for name, value in record.headers.items() if name not in _ABOUT_THE_FAILURE}
    if topic in (ARTICLES, QUOTES, ALERTS):
        app.log.append(topic, [Message(record.key, record.value, headers)])
        return None
    try:
        app.log.append(ARTICLES, _parsed_again(app, record, topic))
    except InputError as error:
        return Message(record.key, record.value, {**record.headers, "error": str(error), "time": _now(app)})
    return None


def _parsed_again(app: "App", record: Record, topic: str) -> list[Message]:
    """The articles of a feed's body or of a file, for the log; InputError where it is still not to be read."""
    from pipeline.codec import encode
    from pipeline.polling import FEED_BODIES

    if topic == FEED_BODIES:
        found = _of_feed(app, record)
    elif topic == FILES and record.value:
        found = _of_file(app, record)
    else:
        raise InputError(f"{record.origin} is from {topic!r} and cannot be tried again", step="redrive")
    return [Message(article.id, encode(article)) for article in found]


def _of_feed(app: "App", record: Record) -> list[Article]:
    from connectors.feeds.look import reread
    from connectors.feeds.workers import Parser

    url = record.headers.get("feed", record.key)
    feed = next((feed for feed in app.desk.all(Feed) if feed.id == url), Feed(url=url))
    content_type = record.headers.get("content-type", "")
    with Parser(app.settings.poll, 1) as parser:
        return reread(feed, record.value, content_type, parser, settings=app.settings.poll, now=app.clock())


def _of_file(app: "App", record: Record) -> list[Article]:
    found = []
    for article in articles_in(app.settings, record.value, backfill=True):
        if isinstance(article, InputError):
            raise article
        found.append(article)
    return found


def _now(app: "App") -> str:
    return app.clock().isoformat()
