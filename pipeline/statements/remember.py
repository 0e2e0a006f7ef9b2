"""The decision whether a report brings a new statement, purely from the memory of its speaker."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from pipeline.model import Correction, CorrectionKind, Decision, Report, Statement, statement_id
from pipeline.statements.changes import Change
from pipeline.statements.likeness import PART, REWORDED, Likeness, Relation, is_part, likeness
from pipeline.statements.memory import WINDOW, Memory, extended
from pipeline.statements.provenance import sources
from pipeline.statements.wording import Wording, wording

_HOW: Final[dict[Relation, str]] = {
    "same words": "in the same words",
    "part": "part of a known wording",
    "whole": "a known wording with more of it",
    "reworded": "a known statement in other words",
    "excerpt": "with a passage of a known wording",
    "parts": "known statements put together",
}

_MADE: Final[dict[CorrectionKind, str]] = {
    "removed": "taken out",
    "changed": "changed",
    "reattributed": "given to another speaker",
}

_Match = tuple[Statement, Likeness]


def remember(memory: Memory, report: Report, offset: int, least: float = REWORDED) -> tuple[Decision, Memory]:
    """What the report brings, and the memory that knows it; the memory is that of the report's speaker.

    A quote seen again keeps the decision it had. What a speaker is said to have asked, denied or not said is decided
    like any other quote: the known statement in another such stance is a changed one. `least` is the share of content
    that two wordings of one statement have in common, in [0, 1].
    """
    had = memory.decided(report)
    if had:
        return had, memory
    new = wording(report.quote, report.article.language)
    since = report.article.first_seen - WINDOW
    if report.correction:
        decision = _corrected(memory, report, report.correction, since, offset)
    else:
        decision = _decision(report, _match(memory, new, since, least), offset)
        decision = _traced(memory, decision, since)
    return decision, extended(memory, decision, new)


def _traced(memory: Memory, decision: Decision, since: datetime) -> Decision:
    """The decision with what is known of where its statement was reported before."""
    if decision.verdict != "repeated":
        return replace(decision, replaces=_replaced(memory, decision.report))
    earlier, most = memory.spread(decision.statement.id, since)
    found = earlier.origin(decision.report.article)
    return replace(decision, copy_of=found.copy_of, sources=earlier.sources(found), sources_before=most)


def _replaced(memory: Memory, report: Report) -> Statement | None:
    """The statement that the article was the first to report, in the place of which it now has this one."""
    before = memory.reported(report.replaces) if report.replaces else None
    return before if before and before.first.article.id == report.article.id else None


def _corrected(memory: Memory, report: Report, made: Correction, since: datetime, offset: int) -> Decision:
    """What a correction leaves of the statement: the sources that stand, of another text than the corrected one."""
    article = report.article
    statement = memory.reported(made.quote_id) or statement_of(
        replace(report, quote=replace(report.quote, id=made.quote_id), correction=None)
    )
    earlier, most = memory.spread(statement.id, since)
    left = [each for each in earlier.origins if earlier.text[each.article] != earlier.text.get(article.id)]
    how = f"{_MADE[made.kind]} in revision {article.revision}"
    return Decision(report, statement, "corrected", how, offset, sources=sources(left), sources_before=most)


def _decision(report: Report, match: _Match | None, offset: int) -> Decision:
    if match is None:
        return Decision(report, statement_of(report), "new", "nothing like it is known", offset)
    known, like = match
    how = f"{_HOW[like.relation]} ({like.score:.2f} alike)" if like.score < 1 else _HOW[like.relation]
    if known.first.quote.id == report.quote.id:  # decided before, in a decision that memory has not kept
        return Decision(report, known, "changed" if known.changed_from else "new", "first report", offset)
    if like.changes:
        edits = "; ".join(_edit(change) for change in like.changes)
        return Decision(report, statement_of(report, known.id), "changed", f"{how}, changed: {edits}", offset)
    return Decision(report, known, "repeated", how, offset)


def _edit(change: Change) -> str:
    before, after = change
    if not after:
        return f"“{before}” left out"
    return f"“{before}” became “{after}”" if before else f"“{after}” put in"


def _match(memory: Memory, new: Wording, since: datetime, least: float) -> _Match | None:
    """The known statement that the new wording reports, or else changes."""
    same = memory.same_words(new, since)
    if same:
        return same, Likeness("same words", 1)
    changed, parts = None, []
    for known, statement in memory.alike(new, since):
        like = likeness(known, new, least)
        if like and not like.changes:
            return statement, like
        changed = changed or ((statement, like) if like else None)
        if is_part(known, new):
            parts.append((statement, known))
    return changed or _put_together(parts, new)


def _put_together(parts: list[tuple[Statement, Wording]], new: Wording) -> _Match | None:
    """The largest of the known statements that the new wording consists of, if it consists of such."""
    known = set().union(*(part.weights for _, part in parts))
    score = sum(weight for key, weight in new.weights.items() if key in known) / new.weight if parts else 0
    if score < PART:
        return None
    largest, _ = max(parts, key=lambda part: part[1].weight)
    return largest, Likeness("parts", score)


def statement_of(first: Report, changed_from: str = "") -> Statement:
    """The statement that this report is the first to report."""
    quote = first.quote
    return Statement(
        id=statement_id(quote.speaker_id, quote.id),
        speaker_id=quote.speaker_id,
        speaker_name=quote.speaker_name,
        text=quote.content,
        kind=quote.kind,
        first=first,
        changed_from=changed_from,
    )
