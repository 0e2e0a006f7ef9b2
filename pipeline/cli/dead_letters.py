"""`onrecord dead-letters`: what could not be processed, with its bytes, to be looked at and tried again."""

import sys
from typing import Annotated, Final

import typer

from pipeline.cli.desk import opened
from pipeline.cli.log_work import process, told
from pipeline.cli.output import Json, Limit, amount, bold, put, put_json, put_table, say
from pipeline.errors import UsageError
from pipeline.ports import DEAD_LETTERS, Record
from pipeline.run.metrics import REDRIVE

group = typer.Typer(help="What could not be processed, with its bytes.", no_args_is_help=True)

_MOST: Final = 10_000  # looked through, and tried again, at once

Origin = Annotated[str, typer.Argument(metavar="ID", help="Its place in the log, or the number at the end of it.")]


@group.command("list")
def show_all(ctx: typer.Context, limit: Limit = 100, as_json: Json = False) -> None:
    """List dead letters that were not tried again yet, oldest first."""
    with opened(ctx) as services:
        records = services.log.read(DEAD_LETTERS, REDRIVE, limit)
        waiting = services.log.lag(DEAD_LETTERS, REDRIVE)
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
    with opened(ctx) as services:
        waiting = services.log.read(DEAD_LETTERS, REDRIVE, _MOST)
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
    from pipeline.run.redrive import redrive

    with opened(ctx) as services:
        tried = redrive(services.log, limit, services.reread, services.clock())
        done = process(services)
        waiting = services.log.lag(DEAD_LETTERS, REDRIVE)
    say(f"{tried} tried again{told(done)}; {amount(waiting, 'dead letter')} left")
