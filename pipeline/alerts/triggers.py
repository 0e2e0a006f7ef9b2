"""On which occasions a watch tells of a statement that meets it: it is news, it has spread, it was corrected."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.model import Alert, AlertKind, Correction, CorrectionKind, Decision, Report, Watch, alert_id

_MADE: Final[dict[CorrectionKind, str]] = {
    "removed": "the article has it no more",
    "changed": "the article now has “{correction.text}”",
    "reattributed": "the article now gives it to {correction.speaker_name}",
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """One thing that there is to tell; `name` is '' for news, see Alert."""

    kind: AlertKind
    name: str
    why: str


def may_tell(decision: Decision, counts: Collection[int]) -> bool:
    """Whether any watch may have something to tell; `counts` are the numbers of sources that watches wait for.

    What came by a backfill, now or at first, is told to nobody.
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
    """The report that watches are to meet: the one that the statement is known by."""
    return decision.report if decision.verdict in ("new", "changed") else decision.statement.first


def triggers(decision: Decision, watch: Watch) -> Iterator[Trigger]:
    """What the watch tells of a statement that meets it, by what the decision brings."""
    if decision.verdict == "corrected":
        if watch.least_sources <= decision.sources_before:
            yield _correction(decision)
        return
    if _reaches(watch.least_sources, decision):
        # Who was told of it at once by another watch is told again, that so many have it now.
        name = f"sources {watch.least_sources}" if watch.least_sources > 1 else ""
        yield Trigger("news", name, _news(decision))
    for count in sorted({*watch.spread}):
        if count > max(watch.least_sources, 1) and _reaches(count, decision):
            yield Trigger("spread", f"spread {count}", f"now in {count} independent sources")


def alert_of(decision: Decision, watch: Watch, occasion: Trigger, why: str) -> Alert:
    """The alert, created when the article was first seen that gave the occasion."""
    statement = decision.statement
    return Alert(
        id=alert_id(watch.id, statement.id, occasion.name),
        watch_id=watch.id,
        watch_name=watch.name,
        statement=statement,
        why=why,
        created=decision.report.article.first_seen,
        occasion=occasion.name,
        kind=occasion.kind,
        correction=decision.report.correction if occasion.kind == "correction" else None,
    )


def _reaches(count: int, decision: Decision) -> bool:
    """Whether it is with this report, and not before, that the statement has so many independent sources."""
    if decision.verdict != "repeated":
        return count <= 1
    return decision.sources_before < count <= decision.sources


def _news(decision: Decision) -> str:
    if decision.verdict == "repeated":
        return f"a new statement, now in {decision.sources} independent sources"
    return f"a changed statement ({decision.how})" if decision.verdict == "changed" else "a new statement"


def _is_taken_back(decision: Decision) -> bool:
    """Whether the report that alerts showed is corrected, and what they told is in doubt.

    An outlet that drops a quote may only have cut its article: while an independent source has the statement, nothing
    is told. Where it has other words, or another speaker, its first version was wrong, whoever else has it.
    """
    correction = decision.report.correction
    is_first = decision.statement.first.article.id == decision.report.article.id
    return is_first and correction is not None and (correction.kind != "removed" or not decision.sources)


def _correction(decision: Decision) -> Trigger:
    correction = decision.report.correction or Correction("removed", "")
    others = f", which {decision.sources} independent sources still report" if decision.sources else ""
    why = f"{_MADE[correction.kind].format(correction=correction)}{others}"
    return Trigger("correction", f"correction {decision.report.quote.id}", why)
