"""`onrecord watches`: standing orders for alerts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_type_hints

import typer
from typer import Option

from pipeline.cli.desk import ACTOR_OR_GROUP_IDS, WATCH_IDS, opened
from pipeline.cli.output import Json, Limit, Replace, amount, put, put_json, put_table, say
from pipeline.desk import find_id
from pipeline.errors import UsageError
from pipeline.model import Actor, Group, QuoteKind, Tempo, Watch, slug
from pipeline.model.desk import LEAST_CONFIDENCE
from pipeline.text.targets import shown_watch, unmasked

if TYPE_CHECKING:
    from pipeline.services import Services

KINDS: Final[tuple[QuoteKind, ...]] = get_args(QuoteKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The options that state the conditions of a watch, with the types that typer reads."""

    by: Annotated[
        list[str] | None,
        Option(
            help="Statements by this actor or group; repeatable.", metavar="ACTOR", autocompletion=ACTOR_OR_GROUP_IDS
        ),
    ] = None
    about: Annotated[
        list[str] | None,
        Option(
            help="Statements about this actor or group, in addition; repeatable.",
            metavar="ACTOR",
            autocompletion=ACTOR_OR_GROUP_IDS,
        ),
    ] = None
    query: Annotated[str, Option(help="Only what this query matches, as in `onrecord search`.")] = ""
    source: Annotated[list[str] | None, Option(help="Only from this source; repeatable.")] = None
    language: Annotated[list[str] | None, Option(help="Only in this language (en); repeatable.")] = None
    kind: Annotated[list[str] | None, Option(help=f"Only {', '.join(KINDS)} speech; repeatable.", metavar="KIND")] = (
        None
    )
    least_confidence: Annotated[float, Option(min=0, max=1, help="Minimum confidence in the speaker.")] = (
        LEAST_CONFIDENCE
    )
    least_sources: Annotated[int, Option(min=1, help="Minimum number of independent sources.")] = 1
    spike: Annotated[
        float,
        Option(min=0, help="Alert only when an actor is reported this many times as often as usual.", metavar="N"),
    ] = 0.0
    silence: Annotated[
        int, Option(min=0, help="Alert only when an actor has not been reported for this many days.", metavar="DAYS")
    ] = 0


def on_conditions(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the argument `conditions` of the command by an option for each condition."""
    options = signature(Conditions).parameters

    @wraps(command)
    def with_options(**arguments: Any) -> None:
        conditions = Conditions(**{name: arguments.pop(name) for name in options})
        command(conditions=conditions, **arguments)

    parameters: list[Parameter] = []
    for name, parameter in signature(command).parameters.items():
        parameters += options.values() if name == "conditions" else [parameter]
    new_signature = Signature([parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in parameters])
    hints = get_type_hints(command, include_extras=True) | get_type_hints(Conditions, include_extras=True)
    with_options.__annotations__ = {name: hints[name] for name in new_signature.parameters}
    vars(with_options)["__signature__"] = new_signature
    return with_options


def with_conditions(services: "Services", name: str, conditions: Conditions) -> Watch:
    """Return a watch with these conditions from now on. Raises UsageError for an unknown actor, group or kind."""
    actors, groups = services.desk.all(Actor), services.desk.all(Group)
    return Watch(
        id=slug(name),
        name=" ".join(name.split()),
        created=services.clock(),
        by=tuple(find_id(actor, actors, groups) for actor in conditions.by or ()),
        about=tuple(find_id(actor, actors, groups) for actor in conditions.about or ()),
        query=conditions.query,
        sources=tuple(conditions.source or ()),
        languages=tuple(conditions.language or ()),
        kinds=tuple(_kind(text) for text in conditions.kind or ()),
        least_confidence=conditions.least_confidence,
        least_sources=conditions.least_sources,
        spike=conditions.spike,
        silence=conditions.silence,
    )


def _kind(text: str) -> QuoteKind:
    for kind in KINDS:
        if kind == text:
            return kind
    raise UsageError(f"kind {text!r} should be one of {', '.join(KINDS)}")


group = typer.Typer(help="Standing orders for alerts.", no_args_is_help=True)

Id = Annotated[
    str,
    typer.Argument(metavar="ID", help="The watch's id.", autocompletion=WATCH_IDS),
]


OptionalId = Annotated[
    str,
    typer.Argument(metavar="[ID]", help="The id of a watch; or use the options.", autocompletion=WATCH_IDS),
]


@group.command("list")
def show_all(ctx: typer.Context, as_json: Json = False) -> None:
    """List the watches."""
    from pipeline.codec import plain

    with opened(ctx) as services:
        watches = list(map(shown_watch, services.desk.all(Watch)))
    if as_json:
        return put_json([plain(watch) for watch in watches])
    return put_table(
        ("id", "name", "by", "about", "query", "only", "deliver", "since"),
        [(w.id, w.name, w.by, w.about, w.query, _only(w), w.deliver, w.created) for w in watches],
        "No watches yet: onrecord watches add NAME --by ACTOR",
    )


def _only(watch: Watch) -> str:
    """Return the other conditions in words."""
    parts = [*watch.sources, *watch.languages, *watch.kinds, f"confidence {watch.least_confidence:g} or more"]
    tempo = "" if watch.tempo == "instant" else watch.tempo
    quiet = f"quiet {watch.quiet} {watch.zone}" if watch.quiet else ""
    cap = f"{watch.daily_cap:,} a day" if watch.daily_cap else ""
    sources = f"{watch.least_sources} sources or more" if watch.least_sources > 1 else ""
    spread = f"again at {', '.join(map(str, watch.spread))} sources" if watch.spread else ""
    spike = f"reported {watch.spike:g} times as often as usual" if watch.spike else ""
    silence = f"not reported for {amount(watch.silence, 'day')}" if watch.silence else ""
    return ", ".join([*parts, *filter(None, (sources, spread, spike, silence, tempo, quiet, cap))])


@group.command()
@on_conditions
def add(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="The name of the watch.")],
    conditions: Conditions,
    deliver: Annotated[
        list[str] | None,
        typer.Option(
            help="Target: stdout, email:ADDRESS, webhook:URL, push:USER, or slack:, mattermost:, teams:, apprise:; "
            "repeatable.",
            metavar="TARGET",
        ),
    ] = None,
    tempo: Annotated[Tempo, typer.Option(help="At once, or as a digest every 5 minutes, hour or day.")] = "instant",
    quiet: Annotated[str, typer.Option(help="Quiet hours, such as 22:00-07:00.", metavar="HOURS")] = "",
    daily_cap: Annotated[
        int, typer.Option(min=0, help="Maximum number of alerts a day; the rest come as a digest the next day.")
    ] = 0,
    zone: Annotated[str, typer.Option(help="Time zone of hours and days, such as Europe/Oslo.")] = "UTC",
    spread: Annotated[
        list[int] | None, typer.Option(min=2, help="Alert again at this number of independent sources; repeatable.")
    ] = None,
    replace_it: Replace = False,
) -> None:
    """Add a watch: it alerts about statements from now on. Prints the id."""
    from pipeline.alerts.match import check

    with opened(ctx, new=True) as services:
        wanted = with_conditions(services, name, conditions)
        known = next((known for known in services.desk.all(Watch) if known.id == wanted.id), None)
        targets = unmasked(deliver or ["stdout"], known.deliver if known else ())
        watch = replace(wanted, deliver=targets, tempo=tempo, quiet=quiet, daily_cap=daily_cap, zone=zone)
        watch = replace(watch, spread=tuple(sorted(set(spread or ()))))
        check(watch, services.desk.all(Actor), services.desk.all(Group))
        for target in watch.deliver:
            services.notifier(target)
        if known and not replace_it:
            raise UsageError(f"watch {watch.id!r} exists already; --replace replaces it")
        services.desk.save(watch)
    put(watch.id)
    say(f"`onrecord watches preview {watch.id}` shows the alerts that it would have sent so far")


@group.command()
def remove(ctx: typer.Context, watch: Id) -> None:
    """Remove a watch; past alerts stay."""
    with opened(ctx) as services:
        if not services.desk.remove(Watch, watch):
            raise _unknown(watch)


@group.command()
def pause(ctx: typer.Context, watch: Id) -> None:
    """Stop the alerts of a watch until it is resumed."""
    _set_paused(ctx, watch, paused=True)


@group.command()
def resume(ctx: typer.Context, watch: Id) -> None:
    """Resume a paused watch: it alerts to what is reported from now on."""
    _set_paused(ctx, watch, paused=False)


def _set_paused(ctx: typer.Context, watch: str, *, paused: bool) -> None:
    with opened(ctx) as services:
        known = services.desk.find(Watch, watch)
        if known is None:
            raise _unknown(watch)
        services.desk.save(replace(known, paused=paused))


@group.command("preview")
@on_conditions
def show_past(
    ctx: typer.Context,
    *,
    watch: OptionalId = "",
    conditions: Conditions,
    limit: Limit = 10,
    as_json: Json = False,
) -> None:
    """Show the alerts that a watch, existing or not, would have sent for the statements on record, newest first."""
    from pipeline.alerts.match import check
    from pipeline.alerts.preview import preview
    from pipeline.codec import plain

    with opened(ctx) as services:
        actors, groups = services.desk.all(Actor), services.desk.all(Group)
        if watch:
            tried = next((known for known in services.desk.all(Watch) if known.id == watch), None)
            if tried is None:
                raise _unknown(watch)
        else:
            tried = with_conditions(services, "preview", conditions)
            check(tried, actors, groups)
        result = preview(
            tried,
            actors,
            groups,
            search=services.index.search,
            decisions=services.index.decisions,
            now=services.clock(),
        )
    if as_json:
        names = ("total", "last_day", "last_week", "per_day", "looked_at", "unsaid")
        counts = {name: getattr(result, name) for name in names}
        return put_json({**counts, "alerts": [plain(alert) for alert in result.alerts[:limit]]})
    put_table(
        ("first seen", "speaker", "statement", "why", "source", "address"),
        [
            (a.created, s.speaker_name, s.text, a.why, s.first.article.source, s.first.article.url)
            for a in result.alerts[:limit]
            for s in (a.statement,)
        ],
        "No statement in the index matches",
    )
    silent = f"; {amount(result.unsaid, 'quote')} that it meets would alert nobody" if result.unsaid else ""
    return say(
        f"{result.total:,} of {amount(result.looked_at, 'statement')} would have alerted: {result.last_day:,} in the "
        f"last day, {result.last_week:,} in the last week, {result.per_day:g} a day{silent}"
    )


def _unknown(watch: str) -> UsageError:
    return UsageError(f"watch {watch!r} does not exist; `onrecord watches list` lists the ids")
