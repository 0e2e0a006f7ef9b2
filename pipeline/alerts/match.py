"""Which watches a decided report meets, by an index that leads a statement to those alone that it may meet."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pipeline.alerts import schedule as plans
from pipeline.alerts.targets import masked
from pipeline.alerts.triggers import Trigger, alert_of, first_report, may_tell, triggers
from pipeline.desk import members
from pipeline.errors import UsageError
from pipeline.model import Actor, Alert, Decision, Group, Quote, Report, Statement, Watch
from pipeline.model.query import And, Node, Or, Term
from pipeline.search.matching import Subject, matches, quote_subject, verdict
from pipeline.search.query import parse
from pipeline.statements.provenance import MOST_ORIGINS
from pipeline.text import fold

Matcher = Callable[[Decision], tuple[Alert, ...]]
"""The alerts of a decision, in the order of the watches given."""

_TARGET: Final = re.compile(r"[a-z][a-z0-9_]*(:\S.*)?")

_Key = tuple[str, str]  # a field and a word of it


def compile(watches: Iterable[Watch], actors: Iterable[Actor], groups: Iterable[Group] = ()) -> Matcher:  # noqa: A001 - read as watches.compile, like re.compile
    """A matcher of these watches; QueryError where the query of one is wrong (see `check`)."""
    return _Index(watches, {actor.id: actor.name for actor in actors}, {group.id: group for group in groups}).alerts


def check(watch: Watch, actors: Iterable[Actor], groups: Iterable[Group] = ()) -> None:
    """UsageError where the watch asks for nothing, for somebody unknown, or tells nobody; QueryError for its query."""
    subject = f"watch {watch.name!r}"
    query = parse(watch.query)
    if not (watch.by or watch.about or query):
        raise UsageError(f"{subject} has no condition: give it actors or a query")
    known = {*(actor.id for actor in actors), *(group.id for group in groups)}
    for actor in (*watch.by, *watch.about):
        if actor not in known:
            raise UsageError(f"{subject} names an actor that is not tracked: {actor!r}")
    plans.check(watch)
    if not 0 <= watch.least_confidence <= 1:
        raise UsageError(f"{subject} asks for a confidence of {watch.least_confidence}, it is between 0 and 1")
    if not watch.deliver:
        raise UsageError(f"{subject} has nowhere to deliver to")
    if not 1 <= min((watch.least_sources, *watch.spread)) <= max((watch.least_sources, *watch.spread)) <= MOST_ORIGINS:
        raise UsageError(f"{subject} counts independent sources outside of 1 to {MOST_ORIGINS}")
    for target in watch.deliver:
        if not _TARGET.fullmatch(target):
            raise UsageError(f"{subject} cannot deliver to {masked(target)!r}, a target is NAME or NAME:ADDRESS")


@dataclass(frozen=True, slots=True)
class _Standing:
    """A watch with what is needed to ask it quickly."""

    watch: Watch
    by: frozenset[str]
    about: frozenset[str]
    sources: frozenset[str]
    languages: frozenset[str]
    query: Node | None


class _Asked:
    """What the watches are asked: a report, with what they look at made once, and only if one looks."""

    def __init__(self, report: Report, statement: Statement) -> None:
        self.quote = report.quote
        self.article = report.article
        self.verdict = verdict(statement)

    @cached_property
    def subject(self) -> Subject:
        return quote_subject(self.quote, self.article, self.verdict)

    @cached_property
    def source(self) -> str:
        return fold(self.article.source)

    @cached_property
    def language(self) -> str:
        return _language(self.article.language)

    def findable(self) -> Iterator[_Key]:
        """What queries can ask for by a whole word."""
        subject = self.subject
        yield "source", subject.source
        for field, text in (("", subject.text), ("speaker", subject.speaker), ("about", subject.about)):
            for word in set(text.split()):
                yield field, word


class _Index:
    """The watches by what a decision must have for each to be met: one of its actors, or one of its query's words."""

    def __init__(self, watches: Iterable[Watch], names: Mapping[str, str], groups: Mapping[str, Group]) -> None:
        self._names = names
        self._standing = [_standing(watch, groups) for watch in watches]
        self._by: defaultdict[str, list[int]] = defaultdict(list)
        self._about: defaultdict[str, list[int]] = defaultdict(list)
        self._asking: defaultdict[_Key, list[int]] = defaultdict(list)
        self._always: list[int] = []
        self._counts = frozenset(
            count for each in self._standing for count in (each.watch.least_sources, *each.watch.spread) if count > 1
        )
        for place, standing in enumerate(self._standing):
            self._file(place, standing)

    def alerts(self, decision: Decision) -> tuple[Alert, ...]:
        """An alert for each watch met by what the statement was first reported as, on each occasion there is."""
        if not may_tell(decision, self._counts):
            return ()
        asked = _Asked(first_report(decision), decision.statement)
        if not _is_said(asked.quote):
            return ()
        replaced = _Asked(decision.replaces.first, decision.replaces) if decision.replaces else None
        return tuple(
            self._alert(standing, asked, decision, occasion)
            for standing in (self._standing[place] for place in sorted(self._candidates(asked)))
            if _meets(standing, asked)
            for occasion in triggers(decision, standing.watch)
            if not (replaced and _meets(standing, replaced))  # a correction tells of it
        )

    def _file(self, place: int, standing: _Standing) -> None:
        for actor in standing.by:
            self._by[actor].append(place)
        for actor in standing.about:
            self._about[actor].append(place)
        if standing.by or standing.about:
            return
        needed = _needed(standing.query)
        for key in needed or ():
            self._asking[key].append(place)
        if needed is None:
            self._always.append(place)

    def _candidates(self, asked: _Asked) -> set[int]:
        found = {*self._always, *self._by.get(asked.quote.speaker_id, ())}
        for actor in asked.quote.about:
            found.update(self._about.get(actor, ()))
        if self._asking:
            for key in asked.findable():
                found.update(self._asking.get(key, ()))
        return found

    def _alert(self, standing: _Standing, asked: _Asked, decision: Decision, occasion: Trigger) -> Alert:
        why = "; ".join((occasion.why, *self._reasons(standing, asked)))
        return alert_of(decision, standing.watch, occasion, why)

    def _reasons(self, standing: _Standing, asked: _Asked) -> Iterator[str]:
        quote = asked.quote
        if quote.speaker_id in standing.by:
            yield f"said by {quote.speaker_name}{_evidence(quote)}"
        about = [actor for actor in quote.about if actor in standing.about]
        if about:
            yield f"about {', '.join(self._names.get(actor, actor) for actor in about)}"
        if standing.query:
            yield f"meets the query {standing.watch.query}"


def _standing(watch: Watch, groups: Mapping[str, Group]) -> _Standing:
    return _Standing(
        watch=watch,
        by=members(watch.by, groups),
        about=members(watch.about, groups),
        sources=frozenset(map(fold, watch.sources)),
        languages=frozenset(map(_language, watch.languages)),
        query=parse(watch.query),
    )


def _language(tag: str) -> str:
    """The language of a tag, without region and script."""
    return fold(tag).partition("-")[0]


def _is_said(quote: Quote) -> bool:
    """Whether the quote is a statement that somebody made: no fragment, and not denied by the article or supposed."""
    return quote.statement and quote.modality not in ("negated", "hypothetical")


def _meets(standing: _Standing, asked: _Asked) -> bool:
    watch, quote = standing.watch, asked.quote
    return (
        asked.article.first_seen >= watch.created
        and quote.confidence >= watch.least_confidence
        and (not watch.kinds or quote.kind in watch.kinds)
        and (not standing.sources or asked.source in standing.sources)
        and (not standing.languages or asked.language in standing.languages)
        and (standing.query is None or matches(standing.query, asked.subject))
    )


def _needed(query: Node | None) -> frozenset[_Key] | None:
    """Words of which whatever meets the query has one, as few and long as can be told; None where none can."""
    match query:
        case Term(field="kind" | "lang" | "said" | "verdict"):
            return None
        case Term():
            whole = query.words[:-1] if query.prefix else query.words
            return frozenset({(query.field, max(whole, key=len))}) if whole else None
        case And():
            told = [needed for needed in map(_needed, query.parts) if needed is not None]
            return min(told, key=lambda needed: (len(needed), -sum(len(word) for _, word in needed)), default=None)
        case Or():
            every = [_needed(part) for part in query.parts]
            told = [needed for needed in every if needed is not None]
            return frozenset().union(*told) if len(told) == len(every) else None
        case _:
            return None


def _evidence(quote: Quote) -> str:
    """How the speaker was resolved, where it took a step: '“he” → “Lindqvist” → Ada Lindqvist'."""
    steps = [f"“{link.span.text}”" for link in quote.chain if link.span.text != quote.speaker_name]
    return f" ({' → '.join((*steps, quote.speaker_name))})" if steps else ""
