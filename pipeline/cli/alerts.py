"""`onrecord alerts` and `onrecord mutes`: alerts with their deliveries, and what to keep quiet about."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import typer

from pipeline.cli.desk import ACTOR_IDS, DELIVERY_IDS, MUTE_IDS, STATEMENT_IDS, opened
from pipeline.cli.output import (
    Json,
    Limit,
    amount,
    bold,
    faint,
    moment,
    on_terminal,
    one_line,
    put,
    put_json,
    put_table,
    say,
)
from pipeline.desk import find_id
from pipeline.errors import UsageError
from pipeline.model import Actor, Delivery, DeliveryState, Label, Mute
from pipeline.text.targets import masked, shown_delivery

group = typer.Typer(help="Alerts and their deliveries.", no_args_is_help=True)

Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ID…", help="Ids of deliveries; their first characters are enough.", autocompletion=DELIVERY_IDS
    ),
]


@group.command("list")
def show_all(
    ctx: typer.Context,
    *,
    state: Annotated[DeliveryState | None, typer.Option(help="Only deliveries in this state.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only alerts that nobody has acknowledged.")] = False,
    limit: Limit = 20,
    before: Annotated[str, typer.Option(metavar="ID", help="Only alerts older than this delivery.")] = "",
    as_json: Json = False,
) -> None:
    """List alerts with their delivery, newest first."""
    from itertools import islice

    from pipeline.alerts.triage import every_delivery
    from pipeline.codec import plain

    with opened(ctx) as services:
        matching = every_delivery(services.outbox, state, before)
        listed = islice((d for d in matching if not (open_only and d.acknowledged)), limit)
        deliveries = list(map(shown_delivery, listed))
    if as_json:
        return put_json([plain(delivery) for delivery in deliveries])
    if not on_terminal() or not deliveries:
        return put_table((), [_row(delivery) for delivery in deliveries], "No alerts")
    put("\n\n".join(_block(delivery) for delivery in deliveries))
    return say(f"older alerts: --before {deliveries[-1].id}") if len(deliveries) == limit else None


def _row(d: Delivery) -> tuple[str | int | bool, ...]:
    article = d.alert.statement.first.article
    speaker, words = _speaker_and_words(d)
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


def _speaker_and_words(d: Delivery) -> tuple[str, str]:
    """Return the speaker and the statement; for a digest, "" and its summary."""
    from pipeline.text.messages import summary

    statement = d.alert.statement
    return ("", f"digest of {summary(d)}") if d.parts else (statement.speaker_name, statement.text)


def _heading(d: Delivery) -> str:
    """Return who said it, how and what; for a digest, its summary."""
    from pipeline.search.export import said

    speaker, words = _speaker_and_words(d)
    if d.parts:
        return one_line(words)
    quote = d.alert.statement.first.quote
    cue = one_line(quote.cue.text) if quote.cue else ""
    line = said(cue=cue, modality=quote.modality, kind=quote.kind, text=one_line(words))
    return f"{bold(one_line(speaker))} {line}"


def _block(d: Delivery) -> str:
    """Return the delivery as three or four lines for a terminal."""
    from pipeline.text.messages import reasons

    article = d.alert.statement.first.article
    acknowledged = "acknowledged" if d.acknowledged else ""
    digest = f"in the digest {d.digest}" if d.state == "joined" else ""
    attempts = f"{d.attempts} attempts" if d.attempts > 1 else ""
    state = ", ".join(filter(None, (d.state, digest, attempts, acknowledged)))
    where = f"  {one_line(article.source)}, {one_line(article.title)}  {one_line(article.url)}"
    lines = [
        f"{moment(d.alert.created)}  {_heading(d)}",
        *([] if d.parts else [where, f"  {reasons(d.alerts)}"]),
        faint(f"  {one_line(d.target)}: {state}{f' ({one_line(d.last_error)})' if d.last_error else ''}  {d.id}"),
    ]
    return "\n".join(lines)


@group.command()
def ack(
    ctx: typer.Context,
    ids: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All alerts.")] = False,
) -> None:
    """Acknowledge alerts."""
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
    failed: Annotated[bool, typer.Option("--failed", help="All failed deliveries.")] = False,
) -> None:
    """Retry failed or waiting deliveries; `onrecord run` sends them."""
    from pipeline.alerts.schedule import reset
    from pipeline.alerts.triage import every_delivery

    with opened(ctx) as services:
        wanted = (
            list(every_delivery(services.outbox, "failed"))
            if failed
            else _named(ids or (), every_delivery(services.outbox, None))
        )
        done = [delivery for delivery in wanted if delivery.state == "done"]
        if done:
            raise UsageError(f"delivery {done[0].id!r} is done: {masked(done[0].target)} has it and would get it twice")
        joined = next((delivery for delivery in wanted if delivery.state == "joined"), None)
        if joined:
            raise UsageError(f"delivery {joined.id!r} is part of the digest {joined.digest!r}: retry the digest")
        for delivery in wanted:
            services.outbox.update(reset(delivery))
    say(f"`onrecord run` will retry {amount(len(wanted), 'delivery', 'deliveries')}")


def _named(ids: Iterable[str], known: Iterable[Delivery]) -> list[Delivery]:
    """Return the deliveries with these ids or unique beginnings of ids. Raises UsageError for any other text."""
    deliveries, named = list(known), []
    for prefix in ids:
        matching = [delivery for delivery in deliveries if delivery.id.startswith(prefix)]
        if len(matching) != 1:
            fault = "begins several ids" if matching else "does not exist; `onrecord alerts list` lists the ids"
            raise UsageError(f"alert {prefix!r} {fault}")
        named.append(matching[0])
    if not named:
        raise UsageError("no deliveries named: add their ids, or the option for all")
    return named


@group.command()
def mark(
    ctx: typer.Context,
    delivery: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Id of a delivery; its first characters are enough.", autocompletion=DELIVERY_IDS
        ),
    ],
    label: Annotated[Label, typer.Argument(help="What is wrong with the alert.")],
    note: Annotated[
        str, typer.Option(help="The real speaker, or the id of the statement that it repeats.", metavar="TEXT")
    ] = "",
) -> None:
    """Mark an alert as wrong, as labelled data; `export-marks` writes the marks."""
    from pipeline.alerts import triage

    with opened(ctx) as services:
        (known,) = _named([delivery], triage.every_delivery(services.outbox))
        triage.mark(services.desk, known, label, note, services.clock)


def calibrate(
    ctx: typer.Context,
    *,
    precision: Annotated[
        float, typer.Option(min=0.5, max=1, help="Share of right alerts to reach among judged ones.")
    ] = 0.95,
    save: Annotated[bool, typer.Option("--apply", help="Change the watches.")] = False,
) -> None:
    """Fit the least confidence of all watches to the alerts that you acknowledged or marked as wrong."""
    from pipeline.alerts.triage import apply, every_delivery
    from pipeline.alerts.triage import calibrate as fit

    with opened(ctx) as services:
        result = fit(services.desk, every_delivery(services.outbox), precision)
        if save:
            apply(services.desk, result)
    rows = [(f"{each.confidence:.2f}", each.alerts, each.right, f"{each.precision:.0%}") for each in result.thresholds]
    put_table(("confidence", "alerts", "right", "share"), rows, "")
    if result.fitted is None:
        return say(f"no confidence reaches {precision:.0%}; the watches stay as they are")
    say(f"{precision:.0%} of alerts are right from confidence {result.fitted.confidence:.2f}")
    for before, after in result.changes:
        say(f"{one_line(before.name)}: least confidence {before.least_confidence:g} → {after.least_confidence:g}")
    if result.changes and not save:
        return say("nothing is changed yet: add --apply")
    return None if result.changes else say("every watch has this least confidence")


@group.command()
def export_marks(ctx: typer.Context) -> None:
    """Write the marks as JSON Lines: label, note, the alert or decision with its quote, and the article's text."""
    import json

    from pipeline.alerts.triage import labelled

    with opened(ctx) as services:
        for mark in labelled(services.desk, services.index):
            put(json.dumps(mark))


mutes = typer.Typer(help="Actors and statements that alert nobody for a while.", no_args_is_help=True)


@mutes.command("list")
def list_mutes(ctx: typer.Context, as_json: Json = False) -> None:
    """List the mutes, including past ones."""
    from pipeline.codec import plain

    with opened(ctx) as services:
        mutes = services.desk.all(Mute)
    if as_json:
        return put_json([plain(mute) for mute in mutes])
    return put_table(
        ("id", "what", "until"),
        [(mute.id, mute.name, mute.until or "for good") for mute in mutes],
        "No mutes yet: onrecord mutes add --actor ACTOR --for 7d",
    )


@mutes.command("add")
def add_mute(
    ctx: typer.Context,
    *,
    actor: Annotated[
        str,
        typer.Option(help="Mute everything that this actor says.", metavar="ACTOR", autocompletion=ACTOR_IDS),
    ] = "",
    statement: Annotated[
        str,
        typer.Option(help="Mute the statement with this id.", metavar="ID", autocompletion=STATEMENT_IDS),
    ] = "",
    length: Annotated[str, typer.Option("--for", help="How long, such as 7d; by default for good.")] = "",
) -> None:
    """Mute an actor or a statement, also in waiting deliveries; alerts are still listed. Prints the id."""
    from pipeline.alerts import triage

    if bool(actor) == bool(statement):
        raise UsageError("mute needs either an --actor or a --statement")
    with opened(ctx) as services:
        until = services.clock() + _length(length) if length else None
        if actor:
            known = {each.id: each.name for each in services.desk.all(Actor)}
            actor_id = find_id(actor, services.desk.all(Actor), ())
            wanted = Mute(kind="actor", thing=actor_id, name=known[actor_id], until=until)
        else:
            decisions = services.index.decisions(statement)
            if not decisions:
                raise UsageError(f"statement {statement!r} is not on record")
            wanted = Mute(kind="statement", thing=statement, name=decisions[0].statement.text, until=until)
        count = triage.mute(services.desk, services.outbox, wanted)
    put(wanted.id)
    say(f"{amount(count, 'waiting delivery', 'waiting deliveries')} muted")


def _length(text: str) -> timedelta:
    from pipeline.text import duration

    try:
        return duration(text)
    except ValueError as error:
        raise UsageError(f"--for {text!r} {error}") from error


@mutes.command("remove")
def remove_mute(
    ctx: typer.Context,
    mute: Annotated[
        str,
        typer.Argument(metavar="ID", help="The id.", autocompletion=MUTE_IDS),
    ],
) -> None:
    """End a mute; deliveries already muted stay muted."""
    with opened(ctx) as services:
        if not services.desk.remove(Mute, mute):
            raise UsageError(f"mute {mute!r} does not exist; `onrecord mutes list` lists the ids")
