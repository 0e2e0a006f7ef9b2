"""`onrecord alerts`: what was told to whom, what is still under way, and what failed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import opened
from pipeline.cli.options import Json, Limit
from pipeline.cli.output import bold, faint, moment, on_terminal, one_line, put, put_json, put_table, say
from pipeline.errors import UsageError
from pipeline.model import Delivery, DeliveryState
from pipeline.targets import masked, shown_delivery

if TYPE_CHECKING:
    from pipeline.ports import Deliveries

group = typer.Typer(help="What was told to whom.", no_args_is_help=True)

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Ids of deliveries, or their beginnings.")]


@group.command("list")
def show_all(
    ctx: typer.Context,
    *,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that nobody has acknowledged.")] = False,
    limit: Limit = 20,
    before: Annotated[str, typer.Option(metavar="ID", help="Only those older than this one.")] = "",
    as_json: Json = False,
) -> None:
    """List alerts with their delivery, newest first."""
    from itertools import islice

    from pipeline.codec import plain

    with opened(ctx) as app:
        found = every_delivery(app.deliveries, state, before)
        listed = islice((d for d in found if not (open_only and d.acknowledged)), limit)
        deliveries = list(map(shown_delivery, listed))
    if as_json:
        return put_json([plain(delivery) for delivery in deliveries])
    if not on_terminal() or not deliveries:
        return put_table((), [_row(delivery) for delivery in deliveries], "No alerts")
    put("\n\n".join(_block(delivery) for delivery in deliveries))
    return say(f"older ones: --before {deliveries[-1].id}") if len(deliveries) == limit else None


def every_delivery(deliveries: "Deliveries", state: DeliveryState | None, before: str = "") -> Iterator[Delivery]:
    """All deliveries in that state, newest alert first, read a hundred at a time."""
    while page := deliveries.listing(state, 100, before):
        yield from page
        before = page[-1].id


def _row(d: Delivery) -> tuple[str | int | bool, ...]:
    statement = d.alert.statement
    return (
        d.id,
        d.alert.created.isoformat(),
        d.state,
        d.acknowledged,
        d.attempts,
        d.target,
        d.alert.watch_name,
        statement.speaker_name,
        statement.text,
        statement.first.article.source,
        statement.first.article.url,
        d.alert.why,
        d.last_error,
    )


def _block(d: Delivery) -> str:
    """The delivery as three or four lines for a terminal."""
    statement, article = d.alert.statement, d.alert.statement.first.article
    seen = "acknowledged" if d.acknowledged else ""
    state = ", ".join(filter(None, (d.state, f"{d.attempts} tries" if d.attempts > 1 else "", seen)))
    lines = [
        f"{moment(d.alert.created)}  {bold(one_line(statement.speaker_name))}: {one_line(statement.text)}",
        f"  {one_line(article.source)}, {one_line(article.title)}  {one_line(article.url)}",
        f"  {one_line(d.alert.watch_name)}: {one_line(d.alert.why)}",
        faint(f"  {one_line(d.target)}: {state}{f' ({one_line(d.last_error)})' if d.last_error else ''}  {d.id}"),
    ]
    return "\n".join(lines)


@group.command()
def ack(
    ctx: typer.Context,
    ids: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
) -> None:
    """Acknowledge alerts: they are dealt with."""
    with opened(ctx) as app:
        known = list(every_delivery(app.deliveries, None))
        wanted = known if everything else _named(ids or (), known)
        changed = [delivery for delivery in wanted if not delivery.acknowledged]
        for delivery in changed:
            app.outbox.update(replace(delivery, acknowledged=True))
    say(f"{len(changed)} acknowledged")


@group.command()
def retry(
    ctx: typer.Context,
    ids: Ids = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
) -> None:
    """Try again to deliver what failed or waits; `onrecord run` sends it."""
    from pipeline.tries import again

    with opened(ctx) as app:
        wanted = (
            list(every_delivery(app.deliveries, "failed"))
            if failed
            else _named(ids or (), every_delivery(app.deliveries, None))
        )
        done = [delivery for delivery in wanted if delivery.state == "done"]
        if done:
            raise UsageError(
                f"delivery {done[0].id!r} is done: {masked(done[0].target)} has it, and would get it twice"
            )
        for delivery in wanted:
            app.outbox.update(again(delivery))
    say(f"{len(wanted)} to be tried again by `onrecord run`")


def _named(ids: Iterable[str], known: Iterable[Delivery]) -> list[Delivery]:
    """The deliveries whose ids begin so, each by exactly one; UsageError otherwise."""
    deliveries, found = list(known), []
    for named in ids:
        meant = [delivery for delivery in deliveries if delivery.id.startswith(named)]
        if len(meant) != 1:
            raise UsageError(f"delivery {named!r} is {'not there' if not meant else 'the beginning of several ids'}")
        found.append(meant[0])
    if not found:
        raise UsageError("deliveries to change are not named: give ids, or the option for all")
    return found
