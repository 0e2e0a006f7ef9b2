"""Preview a watch: the alerts that it would have sent for the statements on record."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from statistics import median
from typing import Final

from pipeline.alerts.match import compile as compiled
from pipeline.alerts.match import unsaid
from pipeline.desk import members
from pipeline.model import EPOCH, Actor, Alert, AlertKind, Decision, Group, Report, Watch
from pipeline.model.query import And, Field, Node, Or, Page, Search, Term
from pipeline.search.export import every_hit
from pipeline.search.query import parse
from pipeline.text import words

MOST_LOOKED_AT: Final = 2_000  # statements; each look-up takes a millisecond

_MOST_ACTORS: Final = 100  # more actors are not written into the query of the index

_DAY: Final = timedelta(days=1)

_MOST_DAYS: Final = 366

_FORESEEN: Final[tuple[AlertKind, ...]] = ("news", "spike")


@dataclass(frozen=True, slots=True)
class Preview:
    """The alerts of a watch among the newest `looked_at` statements that it may meet, the oldest from `since`.

    `alerts` lists them (or the newest of them), `total` is their number; `last_day` and `last_week` count back from
    now. A time is the time of publication or, if unknown, the time the article was first seen. `on_record` is the
    number of all statements. `days` has the number of alerts for each day (UTC) from the first day to today; `usual` is
    the median and `most` the maximum of these numbers. `unsaid` is the number of quotes that the watch would meet but
    that alert nobody: fragments, and what the articles negate or suppose.
    """

    alerts: tuple[Alert, ...]
    total: int
    looked_at: int
    since: datetime | None
    last_day: int
    last_week: int
    per_day: float
    on_record: int = 0
    days: tuple[tuple[date, int], ...] = ()
    usual: float = 0.0
    most: int = 0
    unsaid: int = 0


def preview(
    watch: Watch,
    actors: Iterable[Actor],
    groups: Iterable[Group],
    *,
    search: Callable[[Search], Page],
    decisions: Callable[[str], Sequence[Decision]],
    now: datetime,
) -> Preview:
    """Run the watch over the index, newest statements first, as if it had always existed."""
    groups_by_id = {group.id: group for group in groups}
    match = compiled([replace(watch, created=EPOCH, paused=False)], actors, groups_by_id.values())
    hits = every_hit(search, Search(collection="statements", query=narrowed(watch, groups_by_id), limit=100))
    newest = list(islice(hits, MOST_LOOKED_AT))
    reports = [_as_news(decision) for hit in newest for decision in decisions(hit.id)]
    alerts = tuple(
        {alert.id: alert for report in reports for alert in match(report) if alert.kind in _FORESEEN}.values()
    )
    times = [_time_of(alert) for alert in alerts]
    since = min((hit.published or hit.first_seen for hit in newest), default=None)
    days = _by_day(times, since, now)
    return Preview(
        alerts=alerts,
        total=len(alerts),
        looked_at=len(newest),
        since=since,
        last_day=sum(time >= now - _DAY for time in times),
        last_week=sum(time >= now - 7 * _DAY for time in times),
        per_day=round(len(alerts) / max((now - since) / _DAY, 1.0), 2) if since else 0.0,
        on_record=search(Search(collection="statements", limit=0)).total,
        days=days,
        usual=float(median([count for _, count in days] or [0])),
        most=max((count for _, count in days), default=0),
        unsaid=sum(bool(match(_as_said(report))) for report in reports if unsaid(report.report.quote)),
    )


def _time_of(alert: Alert) -> datetime:
    if alert.kind == "spike":
        return alert.created
    article = alert.statement.first.article
    return article.published or article.first_seen


def _by_day(times: Sequence[datetime], since: datetime | None, now: datetime) -> tuple[tuple[date, int], ...]:
    """Count the times by day since then, including days without any, for at most the last 366 days."""
    if since is None:
        return ()
    counts = Counter(time.date() for time in times)
    first_day = max(since.date(), now.date() - timedelta(days=_MOST_DAYS - 1))
    days = [first_day + timedelta(days=n) for n in range((now.date() - first_day).days + 1)]
    return tuple((day, counts[day]) for day in days)


def narrowed(watch: Watch, groups: dict[str, Group]) -> Node | None:
    """Return a query that matches everything the watch may meet, and little else."""
    query = parse(watch.query)
    by, about = members(watch.by, groups), members(watch.about, groups)
    if not by | about or len(by) + len(about) > _MOST_ACTORS:
        return query
    terms = [*_terms(by, "speaker"), *_terms(about, "about")]
    actors: Node = Or(tuple(terms)) if len(terms) > 1 else terms[0]
    return And((query, actors)) if query else actors


def _terms(actors: Iterable[str], field: Field) -> list[Term]:
    return [Term(words(actor), field) for actor in sorted(actors)]


def _as_news(decision: Decision) -> Decision:
    """Return the decision as if its article had come by a feed, because a backfill alerts nobody."""
    report, statement = _as_fresh(decision.report), decision.statement
    return replace(decision, report=report, statement=replace(statement, first=_as_fresh(statement.first)))


def _as_fresh(report: Report) -> Report:
    return replace(report, article=replace(report.article, backfill=False))


def _as_said(decision: Decision) -> Decision:
    """Return the decision as if its quote were a statement that somebody made."""
    quote = replace(decision.report.quote, statement=True, modality="asserted")
    report = replace(decision.report, quote=quote)
    return replace(decision, report=report, statement=replace(decision.statement, first=report))
