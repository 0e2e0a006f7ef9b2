"""The decision whether a report brings a new statement, purely from the memory of its speaker."""

from pipeline.model import Decision, Report, Statement, statement_id
from pipeline.statements.memory import WINDOW, Memory, extended
from pipeline.text import words


def remember(memory: Memory, report: Report, offset: int) -> tuple[Decision, Memory]:
    """What the report brings, and the memory that knows it; a quote seen again keeps the decision it had."""
    quote = report.quote
    if quote.id in memory.decided:
        return memory.decided[quote.id], memory
    known = memory.wordings.get(words(quote.content))
    if known and report.article.first_seen - known.report.article.first_seen <= WINDOW:
        decision = Decision(report, known.statement, "repeated", "same words", offset)
    else:
        decision = Decision(report, statement_of(report), "new", "nothing like it is known", offset)
    return decision, extended(memory, decision)


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
