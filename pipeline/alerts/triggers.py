"""Triggers of alerts: a statement is news, has spread to more sources, or was corrected."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.model import Alert, AlertKind, Correction, CorrectionKind, Decision, Report, Watch, alert_id

_CORRECTIONS: Final[dict[CorrectionKind, str]] = {
    "removed": "the article no longer has it",
    "changed": "the article now has “{correction.text}”",
    "reattributed": "the article now attributes it to {correction.speaker_name}",
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """A reason to alert about a statement; `name` is '' for news (see `Alert.occasion`)."""

    kind: AlertKind
    name: str
    why: str


def may_alert(decision: Decision, counts: Collection[int]) -> bool:
    """Return whether any watch may alert; `counts` are the numbers of sources that watches wait for.

    A statement whose article, or first article, came by a backfill alerts nobody.
    """
    if decision.report.article.backfill:
        return False
    match decision.verdict:
        case "new" | "changed":
            return True
        case "repeated":
            reached = any(_reaches(count, decision) for count in counts)
        case "corrected":
            reached = _is_taken_back(decision)
    return reached and not decision.statement.first.article.backfill


def first_report(decision: Decision) -> Report:
    """Return the report to match with watches: the first report of the statement."""
    return decision.report if decision.verdict in ("new", "changed") else decision.statement.first


def triggers(decision: Decision, watch: Watch) -> Iterator[Trigger]:
    """Yield the triggers of a watch for a decision about a statement that meets it."""
    if decision.verdict == "corrected":
        if watch.least_sources <= decision.sources_before:
            yield _correction(decision)
        return
    if _reaches(watch.least_sources, decision):
        # The count is part of the name: a reader alerted at once by another watch is alerted again at this count.
        name = f"sources {watch.least_sources}" if watch.least_sources > 1 else ""
        yield Trigger("news", name, _news(decision))
    for count in sorted({*watch.spread}):
        if count > max(watch.least_sources, 1) and _reaches(count, decision):
            yield Trigger("spread", f"spread {count}", f"now in {count} independent sources")


def alert_of(decision: Decision, watch: Watch, trigger: Trigger, why: str) -> Alert:
    """Return the alert; its creation time is when the article of the decision was first seen."""
    statement = decision.statement
    return Alert(
        id=alert_id(watch.id, statement.id, trigger.name),
        watch_id=watch.id,
        watch_name=watch.name,
        statement=statement,
        why=why,
        created=decision.report.article.first_seen,
        occasion=trigger.name,
        kind=trigger.kind,
        correction=decision.report.correction if trigger.kind == "correction" else None,
        claims=decision.claims if decision.verdict in ("new", "changed") else (),
    )


def _reaches(count: int, decision: Decision) -> bool:
    """Return whether this report, and none before it, brings the statement to `count` independent sources."""
    if decision.verdict != "repeated":
        return count <= 1
    return decision.sources_before < count <= decision.sources


def _news(decision: Decision) -> str:
    if decision.verdict == "repeated":
        return f"a new statement, now in {decision.sources} independent sources"
    return f"a changed statement ({decision.how})" if decision.verdict == "changed" else "a new statement"


def _is_taken_back(decision: Decision) -> bool:
    """Return whether the report shown in alerts is corrected so that the alert is in doubt.

    An outlet that drops a quote may only have shortened its article: while an independent source has the statement,
    nobody is alerted. If the outlet changed the words or the speaker, its first version was wrong, whoever else has it.
    """
    correction = decision.report.correction
    is_first = decision.statement.first.article.id == decision.report.article.id
    return is_first and correction is not None and (correction.kind != "removed" or not decision.sources)


def _correction(decision: Decision) -> Trigger:
    correction = decision.report.correction or Correction("removed", "")
    others = f"; {decision.sources} independent sources still report it" if decision.sources else ""
    why = f"{_CORRECTIONS[correction.kind].format(correction=correction)}{others}"
    return Trigger("correction", f"correction {decision.report.quote.id}", why)
