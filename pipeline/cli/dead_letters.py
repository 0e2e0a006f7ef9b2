"""`onrecord dead-letters`: records that could not be processed, with their bytes, to inspect and to retry."""

import sys
from typing import Annotated, Final

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import Json, Limit, amount, bold, put, put_json, put_table, say
from pipeline.cli.run import outcome, process
from pipeline.errors import UsageError
from pipeline.ports import DEAD_LETTERS, Record
from pipeline.run.metrics import REDRIVE

group = typer.Typer(help="Records that could not be processed.", no_args_is_help=True)

_MOST: Final = 10_000  # dead letters that one command looks through or retries

Origin = Annotated[str, typer.Argument(metavar="ID", help="The id in the list, or the number at its end.")]


@group.command("list")
def show_all(ctx: typer.Context, limit: Limit = 100, as_json: Json = False) -> None:
    """List dead letters that were not retried yet, oldest first."""
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
    raw: Annotated[bool, typer.Option("--raw", help="Write the original bytes alone.")] = False,
) -> None:
    """Show a dead letter with its error and its text."""
    with opened(ctx) as services:
        waiting = services.log.read(DEAD_LETTERS, REDRIVE, _MOST)
    record = next((r for r in waiting if origin in (r.origin, str(r.offset))), None)
    if record is None:
        raise UsageError(f"dead letter {origin!r} does not exist; `onrecord dead-letters list` shows the ids")
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
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="Maximum number to retry.")] = _MOST,
) -> None:
    """Retry dead letters, oldest first; a record that fails again is a dead letter again."""
    from pipeline.run.redrive import redrive

    with opened(ctx) as services:
        retried = redrive(services.log, limit, services.reread, services.clock())
        done = process(services)
        waiting = services.log.lag(DEAD_LETTERS, REDRIVE)
    say(f"{retried} retried{outcome(done)}; {amount(waiting, 'dead letter')} left")
