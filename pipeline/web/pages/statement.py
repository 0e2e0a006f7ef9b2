"""The pages of a statement and of an article."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from pipeline.alerts.triage import missed
from pipeline.ingest.revisions import differences
from pipeline.model import Actor, ArticleRef, Mark, Quote, Report, Statement, Watch, delivery_id
from pipeline.model.query import And, Dated, Hit, Search, Term
from pipeline.search.export import joint
from pipeline.services import Services
from pipeline.statements.provenance import Traced, independent_sources, traced
from pipeline.text.messages import advice
from pipeline.text.wording import amount, day, translations
from pipeline.web.charts import moments
from pipeline.web.dependencies import Form, OpenServices, back
from pipeline.web.explain import paragraphs
from pipeline.web.pages.people import by
from pipeline.web.render import language_of, name_of_user, page, preferred_languages, said_verb
from pipeline.web.search import decided, reported

if TYPE_CHECKING:
    from markupsafe import Markup

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_VERSIONS: Final = 20  # of a chain

_CHANGED: Final = 100  # changed statements of a speaker among which later versions are looked for

_THAT_DAY: Final = 10

_SENTENCES: Final = 30  # reports that are shown in their sentence

_AROUND: Final = 220  # characters to either side, in which the sentence begins and ends

_ON_A_LINE: Final = ("%(num)s report on a line of time", "%(num)s reports of one text on a line of time")

_ENDS: Final = (". ", "! ", "? ", ".” ", "!” ", "?” ", "\n")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The sentence around a quote, cut in three."""

    before: str
    words: str
    after: str


@dataclass(frozen=True, slots=True)
class Lane:
    """The reports of one text, the first published first, with their places in time."""

    reports: tuple[Traced, ...]
    line: "Markup"


@router.get("/statements/{statement_id}")
def statement(services: OpenServices, request: Request, statement_id: str) -> Response:
    """A statement with all that report it."""
    decisions = decided(services, statement_id)
    statement = decisions[0].statement
    reports = sorted(traced(decisions), key=_first_published)
    standing = [each for each in reports if each.decision.verdict != "corrected"]
    first = (standing or reports)[0].decision.report
    return page(
        request,
        "statement.html",
        rows=[reported(each) for each in reports],
        statement=statement,
        first=first,
        lanes=_lanes(standing, language_of(request)),
        ends=sorted({each.decision.report.article.publication for each in (*standing[:1], *standing[-1:])}),
        originals=originals(reports),
        reports=reports,
        count=len(standing),
        sources=independent_sources(decisions),
        sentences=_sentences(services, [each.decision.report for each in reports]),
        wordings=wordings([each.decision.report for each in standing], statement, preferred_languages(request)),
        advice=_advice(services, statement),
        versions=_versions(services, statement),
        same_day=_same_day(services, statement, first.article.publication),
        citation=_citation(statement, first.article, language_of(request)),
        withdrawn=not any(each.standing for each in standing),
        marked={mark.id for mark in services.desk.all(Mark)},
        tracked=any(actor.id == statement.speaker_id for actor in services.desk.all(Actor)),
    )


@router.post("/statements/{statement_id}")
def mark(services: OpenServices, request: Request, statement_id: str, form: Form) -> Response:
    """Mark a report of the statement as missed."""
    decisions, user = decided(services, statement_id), name_of_user(request)
    missed(services.desk, decisions, form.get("missed", ""), "", services.clock, by=user)
    return back(f"/statements/{quote(statement_id, safe='')}")


def _advice(services: Services, known: Statement) -> tuple[str, ...]:
    """Return the translation and the review that an alert to the statement carried."""
    targets = dict.fromkeys(target for watch in services.desk.all(Watch) for target in watch.deliver)
    sent = (services.outbox.find(delivery_id(known.id, target)) for target in targets)
    return next((lines for delivery in sent if delivery and (lines := advice(delivery.alert))), ())


def _first_published(each: Traced) -> tuple[datetime, bool]:
    """The order of publication; of two at one time the agency was first."""
    article = each.decision.report.article
    return article.publication, not article.agency


def wordings(reports: Iterable[Report], known: Statement, preferred: Sequence[str]) -> list[Report]:
    """Return the surest report in each language but that of the statement, the reader's `preferred` languages first."""
    by_language: dict[str, Report] = {}
    for report in reports:
        best = by_language.setdefault(report.article.language, report)
        if report.quote.confidence > best.quote.confidence:
            by_language[report.article.language] = report
    by_language.pop(known.first.article.language, None)
    ranks = {language: -rank for rank, language in enumerate(preferred)}
    return sorted(
        by_language.values(), key=lambda each: ranks.get(each.article.language, -len(preferred)), reverse=True
    )


def originals(reports: Sequence[Traced]) -> dict[str, ArticleRef]:
    """The article that published each text first, by text; the reports are in the order of publication."""
    first: dict[str, ArticleRef] = {}
    for each in reports:
        first.setdefault(each.text, each.decision.report.article)
    return first


def _lanes(reports: Sequence[Traced], language: str) -> list[Lane]:
    """The reports by text, the text that was published first on top."""
    if not reports:
        return []
    times = [each.decision.report.article.publication for each in reports]
    start, length = min(times), max(max(times) - min(times), timedelta(seconds=1))
    by_text: dict[str, list[Traced]] = {}
    for each in reports:
        by_text.setdefault(each.text, []).append(each)
    lanes = []
    for of_text in by_text.values():
        places = [
            ((each.decision.report.article.publication - start) / length, "copy" if number else "first")
            for number, each in enumerate(of_text)
        ]
        name = amount(language, len(of_text), *_ON_A_LINE)
        lanes.append(Lane(tuple(of_text), moments(places, name)))
    return lanes


def _sentences(services: Services, reports: Sequence[Report]) -> dict[str, Surroundings]:
    """The sentence around each quote by the quote's id, as far as the article's text is stored."""
    shown = reports[:_SENTENCES]
    documents = services.index.documents(*{report.article.id for report in shown})
    texts = {(document.article.id, document.article.revision): document.article.text for document in documents}
    return {
        report.quote.id: surroundings(texts[revision], report.quote)
        for report in shown
        if (revision := (report.article.id, report.article.revision)) in texts
    }


def surroundings(text: str, quote: Quote) -> Surroundings:
    """The sentence around the quote in the text."""
    lead = text[max(0, quote.start - _AROUND) : quote.start]
    tail = text[quote.end : quote.end + _AROUND]
    start = max((lead.rfind(end) + len(end) for end in _ENDS if end in lead), default=0)
    stop = min((tail.find(end) + len(end) for end in _ENDS if end in tail), default=len(tail))
    return Surroundings(lead[start:].lstrip(), text[quote.start : quote.end], tail[:stop].rstrip())


def _versions(services: Services, statement: Statement) -> list[Statement]:
    """Return the statement with its earlier and later versions, in the order of publication."""
    changes = {**_changes(services, statement.speaker_id), statement.id: statement.changed_from}
    later = {earlier: version for version, earlier in changes.items()}
    ids = [*_linked(statement.id, changes), *_linked(statement.id, later)][:_VERSIONS]
    versions = {statement.id: statement}
    while len(versions) < _VERSIONS and (unread := [each for each in ids if each and each not in versions]):
        decisions = services.index.decisions(*unread)
        if not decisions:
            break
        for decision in decisions:
            versions.setdefault(decision.statement.id, decision.statement)
        ids = [version.changed_from for version in versions.values()]
    chain = sorted(
        versions.values(), key=lambda version: (version.first.article.publication, _place(version, versions))
    )
    return chain if len(chain) > 1 else []


def _place(version: Statement, versions: Mapping[str, Statement]) -> int:
    """The number of these versions that the version goes back to: of two at one time, the later changes the earlier."""
    return len(_linked(version.id, {each.id: each.changed_from for each in versions.values()}))


def _linked(start: str, links: Mapping[str, str]) -> list[str]:
    """The ids after `start`, each linked from the one before, and none twice."""
    ids = [start]
    while (following := links.get(ids[-1], "")) and following not in ids:
        ids.append(following)
    return ids[1:]


def _changes(services: Services, speaker_id: str) -> dict[str, str]:
    """The ids of the speaker's newest changed statements, the oldest first, each with the id of what it changes."""
    if not speaker_id:
        return {}
    query = And((by(speaker_id), Term(("changed",), "verdict")))
    hits = services.index.search(Search(collection="statements", query=query, limit=_CHANGED)).hits
    return {hit.id: hit.changed_from for hit in reversed(hits)}


def _same_day(services: Services, statement: Statement, time: datetime) -> list[Hit]:
    """Return what else the speaker said on the day (UTC)."""
    if not statement.speaker_id:
        return []
    start = time.replace(hour=0, minute=0, second=0, microsecond=0)
    query = And((by(statement.speaker_id), Dated(start, start + timedelta(days=1))))
    hits = services.index.search(Search(collection="statements", query=query, limit=_THAT_DAY)).hits
    return [hit for hit in hits if hit.id != statement.id]


def _citation(statement: Statement, article: ArticleRef, language: str) -> str:
    catalog, quote = translations(language), statement.first.quote
    speaker = statement.speaker_name or catalog.gettext("Nobody named")
    quoted = catalog.gettext("“%(words)s”")
    words = quoted % {"words": statement.text} if statement.kind == "direct" else statement.text
    line = f"{speaker} {said_verb(catalog, quote)}{joint(statement.text, statement.kind)}{words}"
    title = quoted % {"words": article.title}
    origin = f"{article.source}, {title}, {day(article.publication, language=language)}"
    return "\n".join(filter(None, (line, origin, article.url)))


@router.get("/articles/{article_id}")
def article(services: OpenServices, request: Request, article_id: str, revision: int = 0) -> Response:
    """An article with its quotes marked, by default in its last revision."""
    revisions = services.index.documents(article_id)
    if not revisions:
        raise HTTPException(404, f"article {article_id!r} is not on the record")
    wanted = [document for document in revisions if revision in (0, document.article.revision)]
    if not wanted:
        raise HTTPException(
            404, f"the article has no revision {revision}; its last is {revisions[-1].article.revision}"
        )
    document = wanted[-1]
    upto = [known.article for known in revisions if known.article.revision <= document.article.revision]
    verdicts = services.index.verdicts([quote.id for quote in document.quotes])
    return page(
        request,
        "article.html",
        rows=document.quotes,
        document=document,
        paragraphs=paragraphs(document),
        revisions=revisions,
        changes=differences(upto[-2:]),
        statements={quote: decision.statement.id for quote, decision in verdicts.items()},
        tracked={actor.id: actor.name for actor in services.desk.all(Actor)},
        evidence=services.evidence.find(article_id) if services.evidence else [],
    )


@router.get("/articles/{article_id}/evidence")
def evidence(services: OpenServices, article_id: str) -> Response:
    """Return what the article was read from, as a WARC file."""
    content = services.evidence.content(article_id) if services.evidence else b""
    if not content:
        raise HTTPException(404, f"article {article_id!r} has no evidence")
    name = {"content-disposition": f'attachment; filename="{article_id}.warc.gz"'}
    return Response(content, media_type="application/warc", headers=name)
