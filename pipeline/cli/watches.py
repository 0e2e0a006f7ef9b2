"""`onrecord watches`: what the desk wants to be told of."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final, get_args

import typer

from pipeline.cli.desk import opened
from pipeline.cli.options import Json, Limit, Replace
from pipeline.cli.output import amount, put, put_json, put_table, say
from pipeline.errors import UsageError
from pipeline.model import EPOCH, Actor, Alert, Decision, QuoteKind, Watch, slug
from pipeline.targets import meant, shown_watch

if TYPE_CHECKING:
    from pipeline.app import App

group = typer.Typer(help="What the desk wants to be told of.", no_args_is_help=True)

KINDS: Final[tuple[QuoteKind, ...]] = get_args(QuoteKind)
MOST_PREVIEWED: Final = 2_000  # a look-up of a millisecond each

Id = Annotated[str, typer.Argument(metavar="ID", help="The watch's id.")]


@group.command("list")
def show_all(ctx: typer.Context, as_json: Json = False) -> None:
    """List the watches."""
    from pipeline.codec import plain

    with opened(ctx) as app:
        watches = list(map(shown_watch, app.desk.all(Watch)))
    if as_json:
        return put_json([plain(watch) for watch in watches])
    return put_table(
        ("id", "name", "by", "about", "query", "only", "deliver", "since"),
        [(w.id, w.name, w.by, w.about, w.query, _only(w), w.deliver, w.created) for w in watches],
        "No watches yet: onrecord watches add NAME --by ACTOR",
    )


def _only(watch: Watch) -> str:
    """The other conditions, in words."""
    parts = [*watch.sources, *watch.languages, *watch.kinds]
    return ", ".join([*parts, f"confidence {watch.least_confidence:g} or more"])


@group.command()
def add(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="What you call it.")],
    by: Annotated[list[str] | None, typer.Option(help="Said by this actor; repeatable.", metavar="ACTOR")] = None,
    about: Annotated[list[str] | None, typer.Option(help="Or about this one; repeatable.", metavar="ACTOR")] = None,
    query: Annotated[str, typer.Option(help="And meeting this query, as in `onrecord search`.")] = "",
    source: Annotated[list[str] | None, typer.Option(help="Only from this source; repeatable.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only in this language (en); repeatable.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help=f"Only {', '.join(KINDS)} speech; repeatable.", metavar="KIND")
    ] = None,
    least_confidence: Annotated[float, typer.Option(min=0, max=1, help="How sure we must be of the speaker.")] = 0.5,
    deliver: Annotated[
        list[str] | None,
        typer.Option(
            help="Where to: stdout, email:ADDRESS, webhook:URL, or slack:, mattermost:, teams:, apprise:; repeatable.",
            metavar="TARGET",
        ),
    ] = None,
    replace_it: Replace = False,
) -> None:
    """Be told of what is said from now on. Prints the id."""
    from pipeline.watches import check

    with opened(ctx, new=True) as app:
        actors = app.desk.all(Actor)
        known = next((known for known in app.desk.all(Watch) if known.id == slug(name)), None)
        watch = Watch(
            id=slug(name),
            name=" ".join(name.split()),
            created=app.clock(),
            by=tuple(actor_id(called, actors) for called in by or ()),
            about=tuple(actor_id(called, actors) for called in about or ()),
            query=query,
            sources=tuple(source or ()),
            languages=tuple(language or ()),
            kinds=tuple(_kind(named) for named in kind or ()),
            least_confidence=least_confidence,
            deliver=meant(deliver or ["stdout"], known.deliver if known else ()),
        )
        check(watch, actors)
        for target in watch.deliver:
            app.notifier(target)
        if known and not replace_it:
            raise UsageError(f"watch {watch.id!r} is there already; --replace replaces it")
        app.desk.save(watch)
    put(watch.id)
    say(f"`onrecord watches preview {watch.id}` shows what it would have told you so far")


def _kind(named: str) -> QuoteKind:
    for kind in KINDS:
        if kind == named:
            return kind
    raise UsageError(f"kind {named!r} should be one of {', '.join(KINDS)}")


def actor_id(called: str, actors: Sequence[Actor]) -> str:
    """The id of the actor who is called that: an id, a name or an alias; UsageError where none or several are."""
    if any(actor.id == called for actor in actors):
        return called
    wanted = slug(called)
    found = [a.id for a in actors if wanted in (a.id, slug(a.name), *map(slug, a.aliases))]
    if len(found) > 1:
        raise UsageError(f"actor {called!r} may be any of {', '.join(found)}; give the id")
    if not found:
        raise UsageError(f"actor {called!r} is not tracked yet; `onrecord actors add` adds them")
    return found[0]


@group.command()
def remove(ctx: typer.Context, watch: Id) -> None:
    """Be told no more; the alerts so far are kept."""
    with opened(ctx) as app:
        if not app.desk.remove(Watch, watch):
            raise _unknown(watch)


@group.command()
def preview(ctx: typer.Context, watch: Id, limit: Limit = 10, as_json: Json = False) -> None:
    """What the watch would have told you of all that is in the index, newest first."""
    from pipeline.codec import plain

    with opened(ctx) as app:
        standing = next((known for known in app.desk.all(Watch) if known.id == watch), None)
        if standing is None:
            raise _unknown(watch)
        looked_at, alerts = past_alerts(app, standing)
    if as_json:
        return put_json({"total": len(alerts), "alerts": [plain(alert) for alert in alerts[:limit]]})
    put_table(
        ("first seen", "speaker", "statement", "why", "source", "address"),
        [
            (a.created, s.speaker_name, s.text, a.why, s.first.article.source, s.first.article.url)
            for a in alerts[:limit]
            for s in (a.statement,)
        ],
        "Nothing in the index meets it",
    )
    return say(f"{len(alerts):,} of the newest {amount(looked_at, 'statement')} would have been told")


def past_alerts(app: "App", watch: Watch) -> tuple[int, list[Alert]]:
    """How many of the newest statements were looked at, and what the watch would have alerted to, had it stood then."""
    from pipeline.export import every_hit
    from pipeline.ports import Search
    from pipeline.watches import compile as compiled

    match = compiled([replace(watch, created=EPOCH)], app.desk.all(Actor))
    hits = every_hit(app.index.search, Search(collection="statements", limit=100))
    first = [app.archive.decisions(hit.id)[0] for hit in islice(hits, MOST_PREVIEWED)]
    return len(first), [alert for decision in first for alert in match(_as_news(decision))]


def _as_news(decision: Decision) -> Decision:
    """The decision as if its article had come by a feed: a backfill alerts nobody."""
    report = decision.report
    return replace(decision, report=replace(report, article=replace(report.article, backfill=False)))


def _unknown(watch: str) -> UsageError:
    return UsageError(f"watch {watch!r} is not there; `onrecord watches list` lists the ids")
