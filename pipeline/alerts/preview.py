"""What a watch would have told of what is on the record, before it stands."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from pipeline.alerts.match import compile as compiled
from pipeline.desk import members
from pipeline.model import EPOCH, Actor, Alert, Decision, Group, Report, Watch
from pipeline.model.query import And, Field, Node, Or, Term
from pipeline.ports import Page, Search
from pipeline.search.export import every_hit
from pipeline.search.query import parse
from pipeline.text import words

MOST_LOOKED_AT: Final = 2_000  # statements, a look-up of a millisecond each

_MOST_ACTORS: Final = 100  # that the index is asked for by name

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a watch would have told: `total` of the newest `looked_at` statements that it may meet, seen since `since`.

    `alerts` are those, or the newest of them; `last_day` and `last_week` count back from now.
    """

    alerts: tuple[Alert, ...]
    total: int
    looked_at: int
    since: datetime | None
    last_day: int
    last_week: int
    per_day: float


def preview(
    watch: Watch,
    actors: Iterable[Actor],
    groups: Iterable[Group],
    *,
    search: Callable[[Search], Page],
    decisions: Callable[[str], Sequence[Decision]],
    now: datetime,
) -> Preview:
    """Run the watch over the index, the newest statements first, as if it had always stood."""
    known = {group.id: group for group in groups}
    match = compiled([replace(watch, created=EPOCH)], actors, known.values())
    hits = every_hit(search, Search(collection="statements", query=narrowed(watch, known), limit=100))
    seen = list(islice(hits, MOST_LOOKED_AT))
    reports = (_as_news(decision) for hit in seen for decision in decisions(hit.id))
    alerts = tuple({alert.id: alert for report in reports for alert in match(report) if alert.kind == "news"}.values())
    since = min((hit.first_seen for hit in seen), default=None)
    days = max((now - since) / _DAY, 1.0) if since else 1.0
    return Preview(
        alerts=alerts,
        total=len(alerts),
        looked_at=len(seen),
        since=since,
        last_day=sum(alert.created >= now - _DAY for alert in alerts),
        last_week=sum(alert.created >= now - 7 * _DAY for alert in alerts),
        per_day=round(len(alerts) / days, 2),
    )


def narrowed(watch: Watch, groups: dict[str, Group]) -> Node | None:
    """A query that all that the watch may meet does, so that the index leaves out most of the rest."""
    asked = parse(watch.query)
    by, about = members(watch.by, groups), members(watch.about, groups)
    if not by | about or len(by) + len(about) > _MOST_ACTORS:
        return asked
    named = [*_terms(by, "speaker"), *_terms(about, "about")]
    whom: Node = Or(tuple(named)) if len(named) > 1 else named[0]
    return And((asked, whom)) if asked else whom


def _terms(actors: Iterable[str], field: Field) -> list[Term]:
    return [Term(words(actor), field) for actor in sorted(actors)]


def _as_news(decision: Decision) -> Decision:
    """The decision as if its article had come by a feed: a backfill alerts nobody."""
    report, statement = _as_fresh(decision.report), decision.statement
    return replace(decision, report=report, statement=replace(statement, first=_as_fresh(statement.first)))


def _as_fresh(report: Report) -> Report:
    return replace(report, article=replace(report.article, backfill=False))
