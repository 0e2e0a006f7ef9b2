"""`onrecord mutes`: whom and what nobody is told of for a while."""

from datetime import timedelta
from typing import Annotated

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import Json, amount, put, put_json, put_table, say
from pipeline.desk import found
from pipeline.errors import UsageError
from pipeline.model import Actor, Mute

group = typer.Typer(help="Whom and what nobody is told of for a while.", no_args_is_help=True)


@group.command("list")
def show_all(ctx: typer.Context, as_json: Json = False) -> None:
    """List the mutes, those that have ended too."""
    from pipeline.codec import plain

    with opened(ctx) as services:
        mutes = services.desk.all(Mute)
    if as_json:
        return put_json([plain(mute) for mute in mutes])
    return put_table(
        ("id", "what", "until"),
        [(mute.id, mute.name, mute.until or "for good") for mute in mutes],
        "Nothing is muted: onrecord mutes add --actor ACTOR --for 7d",
    )


@group.command()
def add(
    ctx: typer.Context,
    *,
    actor: Annotated[str, typer.Option(help="All that this actor says.", metavar="ACTOR")] = "",
    statement: Annotated[str, typer.Option(help="One statement, by its id.", metavar="ID")] = "",
    length: Annotated[str, typer.Option("--for", help="How long, such as 7d; by default for good.")] = "",
) -> None:
    """Tell nobody of it, nor of what waits to be told; the alerts are listed all the same. Prints the id."""
    from pipeline.alerts import triage

    if bool(actor) == bool(statement):
        raise UsageError("mute needs an --actor or a --statement, and not both")
    with opened(ctx) as services:
        until = services.clock() + _length(length) if length else None
        if actor:
            known = {each.id: each.name for each in services.desk.all(Actor)}
            thing = found(actor, services.desk.all(Actor), ())
            wanted = Mute(kind="actor", thing=thing, name=known[thing], until=until)
        else:
            decided = services.index.decisions(statement)
            if not decided:
                raise UsageError(f"statement {statement!r} is not on the record")
            wanted = Mute(kind="statement", thing=statement, name=decided[0].statement.text, until=until)
        count = triage.mute(services.desk, services.outbox, wanted)
    put(wanted.id)
    say(f"{amount(count, 'delivery', 'deliveries')} that waited will not be made")


def _length(text: str) -> timedelta:
    from pipeline.text import duration

    try:
        return duration(text)
    except ValueError as error:
        raise UsageError(f"--for {text!r} {error}") from error


@group.command()
def remove(ctx: typer.Context, mute: Annotated[str, typer.Argument(metavar="ID", help="The id.")]) -> None:
    """Be told again; what was muted meanwhile stays so."""
    with opened(ctx) as services:
        if not services.desk.remove(Mute, mute):
            raise UsageError(f"mute {mute!r} is not there; `onrecord mutes list` lists the ids")
