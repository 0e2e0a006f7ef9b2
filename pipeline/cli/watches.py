"""The options that say what a watch asks for, and the watch that they come to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_type_hints

import typer
from typer import Option

from pipeline.alerts.targets import shown_watch, unmasked
from pipeline.cli.desk import opened
from pipeline.cli.output import Json, Limit, Replace, amount, put, put_json, put_table, say
from pipeline.desk import found
from pipeline.errors import UsageError
from pipeline.model import Actor, Group, QuoteKind, Tempo, Watch, slug

if TYPE_CHECKING:
    from pipeline.services import Services

KINDS: Final[tuple[QuoteKind, ...]] = get_args(QuoteKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What the options say, each as typer reads it."""

    by: Annotated[list[str] | None, Option(help="Said by this actor or group; repeatable.", metavar="ACTOR")] = None
    about: Annotated[list[str] | None, Option(help="Or about this one; repeatable.", metavar="ACTOR")] = None
    query: Annotated[str, Option(help="And meeting this query, as in `onrecord search`.")] = ""
    source: Annotated[list[str] | None, Option(help="Only from this source; repeatable.")] = None
    language: Annotated[list[str] | None, Option(help="Only in this language (en); repeatable.")] = None
    kind: Annotated[list[str] | None, Option(help=f"Only {', '.join(KINDS)} speech; repeatable.", metavar="KIND")] = (
        None
    )
    least_confidence: Annotated[float, Option(min=0, max=1, help="How sure we must be of the speaker.")] = 0.5
    least_sources: Annotated[int, Option(min=1, help="Once so many independent sources have it.")] = 1


def on_conditions(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each of the conditions, in the place of its argument `conditions`."""
    options = signature(Conditions).parameters

    @wraps(command)
    def with_options(**given: Any) -> None:
        named = Conditions(**{name: given.pop(name) for name in options})
        command(conditions=named, **given)

    parameters: list[Parameter] = []
    for name, parameter in signature(command).parameters.items():
        parameters += options.values() if name == "conditions" else [parameter]
    taken = Signature([parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in parameters])
    hints = get_type_hints(command, include_extras=True) | get_type_hints(Conditions, include_extras=True)
    with_options.__annotations__ = {name: hints[name] for name in taken.parameters}
    vars(with_options)["__signature__"] = taken
    return with_options


def asked(services: "Services", name: str, conditions: Conditions) -> Watch:
    """The watch that asks for this from now on; UsageError for a name that is nobody's or a kind that is none."""
    actors, groups = services.desk.all(Actor), services.desk.all(Group)
    return Watch(
        id=slug(name),
        name=" ".join(name.split()),
        created=services.clock(),
        by=tuple(found(called, actors, groups) for called in conditions.by or ()),
        about=tuple(found(called, actors, groups) for called in conditions.about or ()),
        query=conditions.query,
        sources=tuple(conditions.source or ()),
        languages=tuple(conditions.language or ()),
        kinds=tuple(_kind(named) for named in conditions.kind or ()),
        least_confidence=conditions.least_confidence,
        least_sources=conditions.least_sources,
    )


def _kind(named: str) -> QuoteKind:
    for kind in KINDS:
        if kind == named:
            return kind
    raise UsageError(f"kind {named!r} should be one of {', '.join(KINDS)}")


group = typer.Typer(help="What the desk wants to be told of.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The watch's id.")]


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
    """The other conditions, in words."""
    parts = [*watch.sources, *watch.languages, *watch.kinds, f"confidence {watch.least_confidence:g} or more"]
    tempo = "" if watch.tempo == "instant" else watch.tempo
    quiet = f"quiet {watch.quiet} {watch.zone}" if watch.quiet else ""
    cap = f"{watch.daily_cap:,} a day" if watch.daily_cap else ""
    sources = f"{watch.least_sources} sources or more" if watch.least_sources > 1 else ""
    spread = f"again at {', '.join(map(str, watch.spread))} sources" if watch.spread else ""
    return ", ".join([*parts, *filter(None, (sources, spread, tempo, quiet, cap))])


@group.command()
@on_conditions
def add(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="What you call it.")],
    conditions: Conditions,
    deliver: Annotated[
        list[str] | None,
        typer.Option(
            help="Where to: stdout, email:ADDRESS, webhook:URL, or slack:, mattermost:, teams:, apprise:; repeatable.",
            metavar="TARGET",
        ),
    ] = None,
    tempo: Annotated[Tempo, typer.Option(help="At once, or together every 5 minutes, hour or day.")] = "instant",
    quiet: Annotated[str, typer.Option(help="Hours to wait in, such as 22:00-07:00.", metavar="HOURS")] = "",
    daily_cap: Annotated[
        int, typer.Option(min=0, help="Most alerts a day; the others come together when it is over.")
    ] = 0,
    zone: Annotated[str, typer.Option(help="Whose hours and days, such as Europe/Oslo.")] = "UTC",
    spread: Annotated[
        list[int] | None, typer.Option(min=2, help="Tell again when so many independent sources have it; repeatable.")
    ] = None,
    replace_it: Replace = False,
) -> None:
    """Be told of what is said from now on. Prints the id."""
    from pipeline.alerts.match import check

    with opened(ctx, new=True) as services:
        wanted = asked(services, name, conditions)
        known = next((known for known in services.desk.all(Watch) if known.id == wanted.id), None)
        targets = unmasked(deliver or ["stdout"], known.deliver if known else ())
        watch = replace(wanted, deliver=targets, tempo=tempo, quiet=quiet, daily_cap=daily_cap, zone=zone)
        watch = replace(watch, spread=tuple(sorted(set(spread or ()))))
        check(watch, services.desk.all(Actor), services.desk.all(Group))
        for target in watch.deliver:
            services.notifier(target)
        if known and not replace_it:
            raise UsageError(f"watch {watch.id!r} is there already; --replace replaces it")
        services.desk.save(watch)
    put(watch.id)
    say(f"`onrecord watches preview {watch.id}` shows what it would have told you so far")


@group.command()
def remove(ctx: typer.Context, watch: Id) -> None:
    """Be told no more; the alerts so far are kept."""
    with opened(ctx) as services:
        if not services.desk.remove(Watch, watch):
            raise _unknown(watch)


@group.command("preview")
@on_conditions
def show_past(
    ctx: typer.Context,
    *,
    watch: Annotated[str, typer.Argument(metavar="[ID]", help="A watch's id; or give the conditions of one.")] = "",
    conditions: Conditions,
    limit: Limit = 10,
    as_json: Json = False,
) -> None:
    """What a watch would have told you of all that is in the index, newest first; it need not be there yet."""
    from pipeline.alerts.match import check
    from pipeline.alerts.preview import preview
    from pipeline.codec import plain

    with opened(ctx) as services:
        actors, groups = services.desk.all(Actor), services.desk.all(Group)
        if watch:
            standing = next((known for known in services.desk.all(Watch) if known.id == watch), None)
            if standing is None:
                raise _unknown(watch)
        else:
            standing = asked(services, "preview", conditions)
            check(standing, actors, groups)
        found = preview(
            standing,
            actors,
            groups,
            search=services.index.search,
            decisions=services.index.decisions,
            now=services.clock(),
        )
    if as_json:
        counts = {name: getattr(found, name) for name in ("total", "last_day", "last_week", "per_day", "looked_at")}
        return put_json({**counts, "alerts": [plain(alert) for alert in found.alerts[:limit]]})
    put_table(
        ("first seen", "speaker", "statement", "why", "source", "address"),
        [
            (a.created, s.speaker_name, s.text, a.why, s.first.article.source, s.first.article.url)
            for a in found.alerts[:limit]
            for s in (a.statement,)
        ],
        "Nothing in the index meets it",
    )
    return say(
        f"{found.total:,} of {amount(found.looked_at, 'statement')} looked at would have been told: {found.last_day:,} "
        f"in the last day, {found.last_week:,} in the last week, {found.per_day:g} a day"
    )


def _unknown(watch: str) -> UsageError:
    return UsageError(f"watch {watch!r} is not there; `onrecord watches list` lists the ids")
