"""The answers to assistants: search results, statements, evidence and alerts, each with its citation.

Every answer is small enough for a context window: long texts end in "…", and long lists are counted.
"""

from dataclasses import dataclass
from typing import Final

from pipeline.model import Alert, Article, ArticleRef, Decision, Document, Quote, Watch
from pipeline.model.query import Hit
from pipeline.statements.provenance import Traced, independent_sources, traced
from pipeline.text.messages import advice, comparison

MOST_RESULTS: Final = 25

_MOST_CHARACTERS: Final = 500  # of one text

_MOST_REPORTS: Final = 15  # of one statement

_MOST_EVIDENCE: Final = 10  # quotes of one article

_MOST_CLAIMS: Final = 5  # of one report that is explained

_AROUND: Final = 200  # characters of the article on each side of a quote


# Results have no slots: the protocol's library reads the schema of a class from its plain attributes.


@dataclass(frozen=True)
class Citation:
    """The place of words: the article's source, title, link and date, and the words' offsets in its stored text.

    `published` is '' if the article has no date; `first_seen` is when it was read. Offsets are characters, half-open;
    both are 0 for a whole article.
    """

    source: str
    title: str
    url: str
    published: str
    first_seen: str
    article_id: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class SearchHit:
    """A search result. `statement_id` opens the statement; `confidence` is the probability of the right speaker."""

    text: str
    speaker: str
    speaker_id: str
    kind: str
    confidence: float
    statement_id: str
    reports: int
    citation: Citation


@dataclass(frozen=True)
class Results:
    """One page of search results; `total` counts all, `cursor` is '' on the last page."""

    results: list[SearchHit]
    total: int
    cursor: str


@dataclass(frozen=True)
class ReportOfStatement:
    """One article that reports the statement. `cue` is the reporting word, `modality` how the words are reported."""

    words: str
    kind: str
    cue: str
    modality: str
    verdict: str
    reason: str
    confidence: float
    independent: bool
    still_reported: bool
    citation: Citation


@dataclass(frozen=True)
class StatementDetail:
    """A statement with its reports in order of arrival; `omitted` counts those left out of a long list."""

    id: str
    text: str
    speaker: str
    speaker_id: str
    changed_from: str
    independent_sources: int
    reports: list[ReportOfStatement]
    omitted: int


@dataclass(frozen=True)
class Evidence:
    """One quote of an article with the words around it and the chain of evidence that leads to its speaker."""

    words: str
    context: str
    speaker: str
    kind: str
    cue: str
    modality: str
    confidence: float
    evidence: list[str]
    citation: Citation


@dataclass(frozen=True)
class ArticleEvidence:
    """Some quotes of an article in order; `next` is the `first` of the next call, 0 after the last quote."""

    quotes: list[Evidence]
    total: int
    next: int


@dataclass(frozen=True)
class Explanation:
    """Why one report was called new, repeated or changed: each claim, what it was compared with, and what decided."""

    verdict: str
    reason: str
    claims: list[str]
    citation: Citation


@dataclass(frozen=True)
class WatchPreview:
    """The alerts that a watch would have sent among `on_record` statements: their number, recent ones, the newest."""

    total: int
    last_day: int
    last_week: int
    on_record: int
    newest: list["SentAlert"]


@dataclass(frozen=True)
class TrackedActor:
    """A person or organisation that the desk tracks."""

    id: str
    name: str
    aliases: list[str]
    roles: list[str]


@dataclass(frozen=True)
class DayCount:
    """The number of statements that were first published on a day (UTC)."""

    day: str
    statements: int


@dataclass(frozen=True)
class SentAlert:
    """An alert: the watch, the reason, the advice of services, the statement. `kind`: news, spread or correction."""

    watch: str
    kind: str
    reason: str
    advice: str
    statement_id: str
    text: str
    speaker: str
    citation: Citation


@dataclass(frozen=True)
class StandingWatch:
    """A watch; secrets in its targets are masked."""

    id: str
    name: str
    by: list[str]
    about: list[str]
    query: str
    deliver: list[str]


def result(hit: Hit) -> SearchHit:
    """A hit as a result."""
    return SearchHit(
        text=clipped(hit.text),
        speaker=hit.speaker_name,
        speaker_id=hit.speaker_id,
        kind=hit.kind,
        confidence=round(hit.confidence, 3),
        statement_id=hit.statement_id,
        reports=hit.reports,
        citation=Citation(
            source=hit.source,
            title=clipped(hit.title),
            url=hit.url,
            published=hit.published.isoformat() if hit.published else "",
            first_seen=hit.first_seen.isoformat(),
            article_id=hit.article_id,
        ),
    )


def report(each: Traced) -> ReportOfStatement:
    """A report with what was decided about it."""
    decision = each.decision
    quote = decision.report.quote
    return ReportOfStatement(
        words=clipped(quote.content),
        kind=quote.kind,
        cue=quote.cue.text if quote.cue else "",
        modality=quote.modality,
        verdict=decision.verdict,
        reason=clipped(decision.how),
        confidence=round(quote.confidence, 3),
        independent=each.independent,
        still_reported=each.standing,
        citation=citation(decision.report.article, quote),
    )


def evidence(document: Document, quote: Quote) -> Evidence:
    """A quote with the chain that leads to its speaker."""
    article = document.article
    return Evidence(
        words=clipped(quote.content),
        context=article.text[max(0, quote.start - _AROUND) : quote.end + _AROUND][: 2 * _MOST_CHARACTERS],
        speaker=quote.speaker_name,
        kind=quote.kind,
        cue=quote.cue.text if quote.cue else "",
        modality=quote.modality,
        confidence=round(quote.confidence, 3),
        evidence=[f"{link.span.text} ({link.rule})" for link in quote.chain],
        citation=citation(article, quote),
    )


def citation(article: Article | ArticleRef, quote: Quote) -> Citation:
    """Return where a quote stands."""
    return Citation(
        source=article.source,
        title=clipped(article.title),
        url=article.url,
        published=article.published.isoformat() if article.published else "",
        first_seen=article.first_seen.isoformat(),
        article_id=article.id,
        start=quote.start,
        end=quote.end,
    )


def standing_watch(watch: Watch) -> StandingWatch:
    """A watch, whose secrets are masked already."""
    return StandingWatch(watch.id, watch.name, list(watch.by), list(watch.about), watch.query, list(watch.deliver))


def clipped(text: str) -> str:
    """The text, or its beginning with "…"."""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


def statement_detail(decisions: list[Decision]) -> StatementDetail:
    """A statement with its first reports."""
    spread, first = traced(decisions), decisions[0].statement
    return StatementDetail(
        id=first.id,
        text=clipped(first.text),
        speaker=first.speaker_name,
        speaker_id=first.speaker_id,
        changed_from=first.changed_from,
        independent_sources=independent_sources(decisions),
        reports=[report(each) for each in spread[:_MOST_REPORTS]],
        omitted=max(0, len(spread) - _MOST_REPORTS),
    )


def explanations(decisions: list[Decision]) -> list[Explanation]:
    """The verdicts on the first reports of a statement."""
    return [
        Explanation(
            verdict=each.verdict,
            reason=clipped(each.how),
            claims=[clipped("; ".join(comparison(claim))) for claim in each.claims[:_MOST_CLAIMS]],
            citation=citation(each.report.article, each.report.quote),
        )
        for each in decisions[:_MOST_EVIDENCE]
    ]


def article_evidence(document: Document, first: int) -> ArticleEvidence:
    """Some quotes of an article, from the number `first` on."""
    last = first + _MOST_EVIDENCE
    shown = [evidence(document, quote) for quote in document.quotes[first:last]]
    return ArticleEvidence(shown, len(document.quotes), last if last < len(document.quotes) else 0)


def sent_alert(alert: Alert, watch: str) -> SentAlert:
    """An alert with the name of its watch."""
    return SentAlert(
        watch=watch,
        kind=alert.kind,
        reason=clipped(alert.why),
        advice=clipped(" · ".join(advice(alert))),
        statement_id=alert.statement.id,
        text=clipped(alert.statement.text),
        speaker=alert.statement.speaker_name,
        citation=citation(alert.statement.first.article, alert.statement.first.quote),
    )
