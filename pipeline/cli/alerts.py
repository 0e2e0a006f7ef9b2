"""`onrecord alerts`: what was told to whom, what is still under way, and what failed."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

import typer

from pipeline.alerts.targets import masked, shown_delivery
from pipeline.cli.desk import opened
from pipeline.cli.output import Json, Limit, bold, faint, moment, on_terminal, one_line, put, put_json, put_table, say
from pipeline.errors import UsageError
from pipeline.model import Delivery, DeliveryState, Label

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

    from pipeline.alerts.triage import every_delivery
    from pipeline.codec import plain

    with opened(ctx) as services:
        found = every_delivery(services.outbox, state, before)
        listed = islice((d for d in found if not (open_only and d.acknowledged)), limit)
        deliveries = list(map(shown_delivery, listed))
    if as_json:
        return put_json([plain(delivery) for delivery in deliveries])
    if not on_terminal() or not deliveries:
        return put_table((), [_row(delivery) for delivery in deliveries], "No alerts")
    put("\n\n".join(_block(delivery) for delivery in deliveries))
    return say(f"older ones: --before {deliveries[-1].id}") if len(deliveries) == limit else None


def _row(d: Delivery) -> tuple[str | int | bool, ...]:
    article = d.alert.statement.first.article
    speaker, words = _told(d)
    return (
        d.id,
        d.alert.created.isoformat(),
        d.state,
        d.acknowledged,
        d.attempts,
        d.target,
        ", ".join(dict.fromkeys(alert.watch_name for alert in d.alerts)),
        speaker,
        words,
        article.source,
        article.url,
        d.alert.why,
        d.last_error,
    )


def _told(d: Delivery) -> tuple[str, str]:
    """Who said what; for a digest, what it is of."""
    from pipeline.alerts.messages import summary

    statement = d.alert.statement
    return ("", f"digest of {summary(d)}") if d.parts else (statement.speaker_name, statement.text)


def _block(d: Delivery) -> str:
    """The delivery as three or four lines for a terminal."""
    from pipeline.alerts.messages import reasons

    article = d.alert.statement.first.article
    speaker, words = _told(d)
    seen = "acknowledged" if d.acknowledged else ""
    digest = f"in the digest {d.digest}" if d.state == "joined" else ""
    state = ", ".join(filter(None, (d.state, digest, f"{d.attempts} tries" if d.attempts > 1 else "", seen)))
    where = f"  {one_line(article.source)}, {one_line(article.title)}  {one_line(article.url)}"
    lines = [
        f"{moment(d.alert.created)}  {bold(one_line(speaker))}{': ' if speaker else ''}{one_line(words)}",
        *([] if d.parts else [where, f"  {reasons(d.alerts)}"]),
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
    from pipeline.alerts.triage import every_delivery

    with opened(ctx) as services:
        known = list(every_delivery(services.outbox, None))
        wanted = known if everything else _named(ids or (), known)
        changed = [delivery for delivery in wanted if not delivery.acknowledged]
        for delivery in changed:
            services.outbox.update(replace(delivery, acknowledged=True))
    say(f"{len(changed)} acknowledged")


@group.command()
def retry(
    ctx: typer.Context,
    ids: Ids = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
) -> None:
    """Try again to deliver what failed or waits; `onrecord run` sends it."""
    from pipeline.alerts.retry import reset
    from pipeline.alerts.triage import every_delivery

    with opened(ctx) as services:
        wanted = (
            list(every_delivery(services.outbox, "failed"))
            if failed
            else _named(ids or (), every_delivery(services.outbox, None))
        )
        done = [delivery for delivery in wanted if delivery.state == "done"]
        if done:
            raise UsageError(
                f"delivery {done[0].id!r} is done: {masked(done[0].target)} has it, and would get it twice"
            )
        joined = next((delivery for delivery in wanted if delivery.state == "joined"), None)
        if joined:
            raise UsageError(f"delivery {joined.id!r} is told by the digest {joined.digest!r}: try that again")
        for delivery in wanted:
            services.outbox.update(reset(delivery))
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


@group.command()
def mark(
    ctx: typer.Context,
    delivery: Annotated[str, typer.Argument(metavar="ID", help="Id of a delivery, or its beginning.")],
    label: Annotated[Label, typer.Argument(help="What is wrong with it.")],
    note: Annotated[
        str, typer.Option(help="Who has spoken, or the id of the statement that it repeats.", metavar="TEXT")
    ] = "",
) -> None:
    """Mark an alert as wrong, for measuring; `export-marks` writes what is marked."""
    from pipeline.alerts import triage

    with opened(ctx) as services:
        (known,) = _named([delivery], triage.every_delivery(services.outbox))
        triage.mark(services.desk, known, label, note, services.clock)


@group.command()
def export_marks(ctx: typer.Context) -> None:
    """Write what was marked as JSON Lines: label, note, the alert with its quote, and the text that it stands in."""
    import json

    from pipeline.alerts.triage import labelled

    with opened(ctx) as services:
        for made in labelled(services.desk, services.index):
            put(json.dumps(made))
