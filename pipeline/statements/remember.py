"""The decision whether a report brings a new statement, purely from the memory of its speaker."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pipeline.model import (
    Article,
    ClaimVerdict,
    Correction,
    CorrectionKind,
    Decision,
    Document,
    Quote,
    Report,
    SlotDifference,
    Statement,
    statement_id,
)
from pipeline.statements.claims import is_empty
from pipeline.statements.differences import Difference, has_figure
from pipeline.statements.judgement import Judgement, Relation, is_retelling, judge_claim
from pipeline.statements.lexicon import language_of, table
from pipeline.statements.memory import WINDOW, Memory, extended, is_counted
from pipeline.statements.provenance import sources
from pipeline.statements.reading import Reading, Utterance, utterance
from pipeline.statements.similarity import compare, encode
from pipeline.statements.slots import Slots, slots
from pipeline.text.messages import differences

_CORRECTION_WORDS: Final[dict[CorrectionKind, str]] = {
    "removed": "taken out",
    "changed": "changed",
    "reattributed": "given to another speaker",
}

_RANKS: Final[dict[Relation, int]] = {"repeated": 2, "changed": 1, "new": 0}

_LEAST_MEANING_OF_LEAD: Final = 0.25

_LEAST_WORDS_OF_LEAD: Final = 0.42
"""A lead sums up the quote below it if it is so near in meaning, or if the quote explains so much of its words."""

_WORD: Final = re.compile(r"\w")

_RELATIVE_CLAUSE: Final = re.compile(r"\b(?:which|who|whom|whose)\b[^,]*")
"""A clause of background in English: "the ferry, which can carry 90 people"."""

_FUTURE: Final = re.compile(r"\b(?:will|would|shall|should|can|could|may|might|must|to)\b|[’']ll\b")
"""English words of the present or future; a lead without them reports the past."""

_SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\"”’»)]*\s|\n")

_MOST_BEFORE: Final = 300  # characters of a sentence before what it reports

_SAME_STORY: Final = timedelta(days=3)
"""The time after a statement in which a report that is near in meaning, and differs in no slot, retells it."""

_LONG_AGO: Final = 7 * 24  # hours

_LONG_TIMES: Final = ("months ", "seasons ")


@dataclass(frozen=True, slots=True)
class _Match:
    """A known wording that a new one was compared with."""

    known: Utterance
    statement: Statement
    judgement: Judgement


def with_leads(document: Document) -> Document:
    """Return the document in which summaries of a quote, background and empty answers are no statements.

    The lead sums up the quote below it if it is indirect speech in the first paragraph, and the same speaker's direct
    speech begins the second one: readers are alerted to the quote in its own words. A lead with an amount or a time of
    its own remains a statement.
    """
    end = document.article.text.find("\n")
    return replace(document, quotes=tuple(_weighed(quote, document, end) for quote in document.quotes))


def _weighed(quote: Quote, document: Document, end: int) -> Quote:
    """Return the quote, marked as no statement if it is a summary, background or an empty answer."""
    if not quote.statement or not quote.speaker_id:
        return quote
    is_lead = end >= 0 and _is_lead(quote, document, end)
    if is_lead or _is_background(quote, document.article) or is_empty(quote.content, document.article.language):
        return replace(quote, statement=False)
    return quote


def _is_background(quote: Quote, article: Article) -> bool:
    """Return whether the article says that it was said at an earlier time: "Last month she had denied that …"."""
    cue = quote.cue
    code = language_of(article.language)
    if quote.kind == "direct" or cue is None or cue.start > quote.start or not code:
        return False
    before = _SENTENCE_END.split(article.text[max(0, quote.start - _MOST_BEFORE) : quote.start])[-1]
    if not set(table(code).get("had", ())) & set(before.casefold().split()):
        return False
    this_month = f"months {(article.published or article.first_seen).month}"
    times = slots(before, article.language)
    return any(span >= _LONG_AGO for span in times.spans) or any(
        date.kind.startswith(_LONG_TIMES) and date.kind != this_month for date in times.dates
    )


def _is_lead(quote: Quote, document: Document, end: int) -> bool:
    """Return whether the quote is indirect speech in the first paragraph that sums up what the second one quotes."""
    if quote.kind != "indirect" or quote.start >= end:
        return False
    article = document.article
    below = [each for each in document.quotes if each.start >= end and each.speaker_id == quote.speaker_id]
    first = min(below, key=lambda each: each.start, default=None)
    if not first or first.kind != "direct" or _WORD.search(article.text[end : first.start]):
        return False
    lead = utterance(quote, article.language).reading
    quoted = [utterance(each, article.language).reading for each in below]
    if _adds_figures(lead, quoted, slots(article.text[end:], article.language)):
        return False
    figures = compare(quoted[below.index(first)], lead).figures
    return figures["best claim"] >= _LEAST_MEANING_OF_LEAD or figures["cover new"] >= _LEAST_WORDS_OF_LEAD


def _adds_figures(lead: Reading, quoted: Sequence[Reading], body: Slots) -> bool:
    """Return whether the lead has an amount and no quote has one, or has a time and no quote has any figure.

    Leads round what is quoted, so the quotes need not have the same figure: "in the spring" sums up "on 1 May". An
    amount that the article has below the lead too belongs to the story: "four hostages". So does a time that is past.
    """
    main = slots(_RELATIVE_CLAUSE.sub(" ", lead.text), lead.language)
    amounts = [each for each in main.figures if not each.hours and not has_figure(body, each)]
    if amounts and not any(_has_amount(each.slots) for each in quoted):
        return True
    if lead.language == "en" and not _FUTURE.search(lead.text):
        return False
    return _has_time(main) and not any(_has_time(each.slots) or each.slots.figures for each in quoted)


def _has_amount(those: Slots) -> bool:
    return any(not figure.hours for figure in those.figures)


def _has_time(those: Slots) -> bool:
    return bool(those.dates or those.spans)


def remember(memory: Memory, report: Report, offset: int) -> tuple[Decision, Memory]:
    """Decide what a report brings, and return the decision with the memory of the report's speaker after it.

    A quote that was decided before keeps its decision. A known statement that is now denied or supposed
    is a changed statement; a question is another one than its answer.
    """
    decided = memory.decided(report)
    if decided:
        return decided, memory
    new = utterance(report.quote, report.article.language)
    since = report.article.first_seen - WINDOW
    if report.correction:
        decision = _corrected(memory, report, report.correction, since, offset)
    else:
        decision = _decision(memory, report, new, since, offset)
        decision = _traced(memory, decision, since)
    decision = _paced(memory, decision)
    return decision, extended(memory, decision, new)


def _paced(memory: Memory, decision: Decision) -> Decision:
    """The decision with the number of the speaker's reports on that day, and the usual number."""
    if not is_counted(decision):
        return decision
    before, usual = memory.pace(decision.report.article.first_seen.date())
    return replace(decision, today=before + 1, usual=usual)


def _traced(memory: Memory, decision: Decision, since: datetime) -> Decision:
    """The decision with the provenance of its statement: the reports that it copies, and the number of sources."""
    if decision.verdict != "repeated":
        return replace(decision, replaces=_replaced(memory, decision.report))
    earlier, most = memory.spread(decision.statement.id, since)
    origin = earlier.origin(decision.report.article)
    return replace(decision, copy_of=origin.copy_of, sources=earlier.sources(origin), sources_before=most)


def _replaced(memory: Memory, report: Report) -> Statement | None:
    """The statement that the article was the first to report, if this one now replaces it in the article."""
    before = memory.reported(report.replaces) if report.replaces else None
    return before if before and before.first.article.id == report.article.id else None


def _corrected(memory: Memory, report: Report, correction: Correction, since: datetime, offset: int) -> Decision:
    """Return the statement after a correction; its remaining sources have another text than the corrected article."""
    article = report.article
    statement = memory.reported(correction.quote_id) or statement_of(
        replace(report, quote=replace(report.quote, id=correction.quote_id), correction=None)
    )
    earlier, most = memory.spread(statement.id, since)
    left = [each for each in earlier.origins if earlier.text[each.article] != earlier.text.get(article.id)]
    how = f"{_CORRECTION_WORDS[correction.kind]} in revision {article.revision}"
    return Decision(report, statement, "corrected", how, offset, sources=sources(left), sources_before=most)


def _decision(memory: Memory, report: Report, new: Utterance, since: datetime, offset: int) -> Decision:
    same = memory.same_words(new, since)
    if same:
        return _known(report, same, "in the same words", offset, (_same_claim(new, same),))
    known = memory.alike(new, since)
    _encode([new], known)
    matches = _matches(new.reading, known)
    whole = _best(matches)
    if whole and whole.statement.first.quote.id == report.quote.id:  # decided before, and not kept in memory
        return _known(report, whole.statement, "first report", offset, ())
    if whole and whole.judgement.relation == "repeated":
        return _known(report, whole.statement, _how(whole, report), offset, (_claim(new.text, whole),))
    retold = _retold(report, matches) if new.is_reported else None
    if retold:
        return _known(report, retold.statement, "a known statement, retold", offset, (_retold_claim(new.text, retold),))
    return _by_claims(report, whole, _claims(memory, report, new, known, whole), offset)


def _retold(report: Report, matches: Iterable[_Match]) -> _Match | None:
    """Return the match with a statement of these days that an article retells, the nearest in meaning."""
    retold = (
        match
        for match in matches
        if abs(report.article.publication - match.statement.first.article.publication) <= _SAME_STORY
        and is_retelling(match.judgement)
    )
    return max(retold, key=lambda match: match.judgement.comparison.figures["whole"], default=None)


def _retold_claim(text: str, match: _Match) -> ClaimVerdict:
    return ClaimVerdict(text=text, verdict="repeated", statement=match.statement.id, known=match.known.text)


def _by_claims(
    report: Report, whole: _Match | None, claims: Sequence[tuple[ClaimVerdict, _Match | None]], offset: int
) -> Decision:
    """The decision that follows from the verdicts on the claims, if no single known statement covers them all."""
    kinds = {verdict.verdict for verdict, _ in claims}
    changed = whole if whole and _is_changed(whole) else None
    if kinds == {"repeated"} and not changed:
        largest = max((match for _, match in claims if match), key=lambda each: len(each.known.text))
        return _known(report, largest.statement, "known claims put together", offset, _verdicts(claims))
    if "new" not in kinds:  # the differences of a claim are more precise than those of the whole quote
        changed = max((match for _, match in claims if match and _is_changed(match)), key=_rank, default=changed)
    if changed:
        statement = statement_of(report, changed.statement.id)
        return Decision(report, statement, "changed", _how(changed, report), offset, claims=_verdicts(claims))
    how = "nothing like it is known" if kinds == {"new"} else "a part is new"
    return Decision(report, statement_of(report), "new", how, offset, claims=_verdicts(claims))


def _known(report: Report, statement: Statement, how: str, offset: int, claims: tuple[ClaimVerdict, ...]) -> Decision:
    if statement.first.quote.id == report.quote.id:
        return Decision(report, statement, "changed" if statement.changed_from else "new", "first report", offset)
    return Decision(report, statement, "repeated", how, offset, claims=claims)


def _encode(new: Iterable[Utterance], known: Sequence[tuple[Utterance, Statement]]) -> None:
    """Encode what will be compared in one call, instead of one for each comparison."""
    if known:
        encode(wording.reading for wording in (*new, *(wording for wording, _ in known)))


def _matches(new: Reading, known: Iterable[tuple[Utterance, Statement]]) -> list[_Match]:
    """Compare the new reading with the known wordings, and with their claims in like words."""
    return [
        _Match(wording, statement, judgement)
        for wording, statement in known
        for judgement in judge_claim(wording.reading, new)
    ]


def _best(matches: Iterable[_Match]) -> _Match | None:
    """Return the first match that explains the new reading best: the surest repeat, else the surest change."""
    return max(matches, key=_rank, default=None)


def _rank(match: _Match) -> tuple[bool, int, float]:
    """The rank of a match: a near copy tells more than other words or another language, and a repeat than a change."""
    relation = match.judgement.relation
    is_near = relation != "new" and match.judgement.comparison.figures["near"] > 0
    return is_near, _RANKS[relation], match.judgement.certainty


def _is_changed(match: _Match) -> bool:
    return match.judgement.relation == "changed"


def _claims(
    memory: Memory,
    report: Report,
    new: Utterance,
    known: Sequence[tuple[Utterance, Statement]],
    whole: _Match | None,
) -> list[tuple[ClaimVerdict, _Match | None]]:
    """The verdict on each claim of the new wording, with the match that decided it."""
    claims = new.reading.claims
    if len(claims) == 1:
        return [(_claim(claims[0].text, whole), whole)]
    verdicts = []
    since = report.article.first_seen - WINDOW
    parts = [new._replace(text=claim.text, keys=tuple(sorted(claim.keys))) for claim in claims]
    alike = [memory.alike(part, since) for part in parts]
    _encode(parts, [known for like_part in alike for known in like_part])
    for claim, part, like_part in zip(claims, parts, alike, strict=True):
        candidates = {id(statement): (wording, statement) for wording, statement in (*known, *like_part)}
        match = _best(_matches(part.reading, candidates.values()))
        verdicts.append((_claim(claim.text, match), match))
    return verdicts


def _verdicts(claims: Iterable[tuple[ClaimVerdict, _Match | None]]) -> tuple[ClaimVerdict, ...]:
    return tuple(verdict for verdict, _ in claims)


def _same_claim(new: Utterance, statement: Statement) -> ClaimVerdict:
    return ClaimVerdict(text=new.text, verdict="repeated", statement=statement.id, known=statement.text)


def _claim(text: str, match: _Match | None) -> ClaimVerdict:
    if match is None:
        return ClaimVerdict(text=text, verdict="new")
    judgement = match.judgement
    if judgement.relation == "new":
        return ClaimVerdict(text=text, verdict="new", certainty=judgement.certainty)
    changed = judgement.differences if judgement.relation == "changed" else ()
    return ClaimVerdict(
        text=text,
        verdict=judgement.relation,
        statement=match.statement.id,
        known=match.known.text,
        differences=_slots(changed),
        certainty=judgement.certainty,
    )


def _how(match: _Match, report: Report) -> str:
    """Return the reason of the verdict; a report published before the known statement is an earlier version of it."""
    judgement = match.judgement
    if judgement.relation == "repeated":
        return f"a known statement in other words ({judgement.certainty:.0%} sure)"
    slots = _slots(judgement.differences)
    if report.article.publication < match.statement.first.article.publication:
        return f"an earlier version of a known statement: {differences([_reversed(slot) for slot in slots])}"
    return f"a known statement, changed: {differences(slots)}"


def _reversed(slot: SlotDifference) -> SlotDifference:
    return replace(slot, before=slot.after, after=slot.before)


def _slots(differences: Iterable[Difference]) -> tuple[SlotDifference, ...]:
    return tuple(SlotDifference(each.slot, each.before, each.after) for each in differences)


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
