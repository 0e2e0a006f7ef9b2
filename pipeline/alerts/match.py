"""Match decisions to watches: an index finds the watches that a decision may meet, and triggers decide on alerts.

A statement triggers an alert when it is new, when it has spread to more sources, and when it is corrected. A speaker
triggers one when reported much more often than usual (a spike), or not reported for some days (a silence).
"""

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pipeline.alerts import schedule, speakers
from pipeline.desk import members
from pipeline.errors import UsageError
from pipeline.model import (
    Actor,
    Alert,
    AlertKind,
    Correction,
    CorrectionKind,
    Decision,
    Group,
    Quote,
    Report,
    Statement,
    Watch,
    alert_id,
)
from pipeline.model.matching import Subject, matches, quote_subject, verdict
from pipeline.model.query import And, Node, Or, Term
from pipeline.search.query import parse
from pipeline.statements.provenance import MOST_ORIGINS
from pipeline.text import fold
from pipeline.text.stems import untagged
from pipeline.text.targets import masked

_log = logging.getLogger("onrecord.watches")

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
    """Return True if a watch may alert to the decision; `counts` are the numbers of sources for which watches wait.

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
        if (correction := decision.report.correction) and watch.least_sources <= decision.sources_before:
            yield _correction(decision, correction)
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
    """Return True if this report is the first with which the statement has `count` independent sources."""
    if decision.verdict != "repeated":
        return count <= 1
    return decision.sources_before < count <= decision.sources


def _news(decision: Decision) -> str:
    if decision.verdict == "repeated":
        return f"a new statement, now in {decision.sources} independent sources"
    return f"a changed statement ({decision.how})" if decision.verdict == "changed" else "a new statement"


def _is_taken_back(decision: Decision) -> bool:
    """Return True if the correction puts the report that alerts show in doubt.

    An outlet that drops a quote may only have shortened its article: while an independent source has the statement,
    nobody is alerted. If the outlet changed the words or the speaker, its first version was wrong, whoever else has it.
    """
    correction = decision.report.correction
    is_first = decision.statement.first.article.id == decision.report.article.id
    return is_first and correction is not None and (correction.kind != "removed" or not decision.sources)


def _correction(decision: Decision, correction: Correction) -> Trigger:
    remaining = f"; {decision.sources} independent sources still report it" if decision.sources else ""
    reason = f"{_CORRECTIONS[correction.kind].format(correction=correction)}{remaining}"
    return Trigger("correction", f"correction {decision.report.quote.id}", reason)


_UNSAID: Final = {
    "negated": "alerts nobody: the article reports that it was not said",
    "hypothetical": "alerts nobody: the article only supposes it",
}

Matcher = Callable[[Decision], tuple[Alert, ...]]
"""Returns the alerts of a decision, in the order of the watches."""

_TARGET: Final = re.compile(r"[a-z][a-z0-9_]*(:\S.*)?")

_Key = tuple[str, str]  # a field and a word in it, or _STEM and a stem without its language

_STEM: Final = "stem"


def compile(watches: Iterable[Watch], actors: Iterable[Actor], groups: Iterable[Group] = ()) -> Matcher:  # noqa: A001 - read as watches.compile, like re.compile
    """Return a matcher for the watches. Raises QueryError if the query of a watch is wrong (see `check`)."""
    return _Index(watches, {actor.id: actor.name for actor in actors}, {group.id: group for group in groups}).alerts


def sound(watches: Iterable[Watch]) -> list[Watch]:
    """Return the watches that can be evaluated, and log the others.

    Commands and pages check a watch before they save it, but another version may have saved it.
    """
    evaluable = []
    for watch in watches:
        try:
            parse(watch.query)
            schedule.check(watch)
        except UsageError as error:
            _log.warning("watch %s alerts to nothing until it is changed: %s", watch.id, error.args[0])
        else:
            evaluable.append(watch)
    return evaluable


def check(watch: Watch, actors: Iterable[Actor], groups: Iterable[Group] = ()) -> None:
    """Raise UsageError for a watch without condition or target or with an unknown actor; QueryError for its query."""
    subject = f"watch {watch.name!r}"
    query = parse(watch.query)
    if not (watch.by or watch.about or query):
        raise UsageError(f"{subject} has no condition: add actors or a query")
    speakers.check(watch)
    ids = {*(actor.id for actor in actors), *(group.id for group in groups)}
    for actor in (*watch.by, *watch.about):
        if actor not in ids:
            raise UsageError(f"{subject} names an actor that is not tracked: {actor!r}")
    schedule.check(watch)
    if not 0 <= watch.least_confidence <= 1:
        raise UsageError(f"{subject} asks for a confidence of {watch.least_confidence}; it should be between 0 and 1")
    if not watch.deliver:
        raise UsageError(f"{subject} has no target to deliver to")
    if not 1 <= min((watch.least_sources, *watch.spread)) <= max((watch.least_sources, *watch.spread)) <= MOST_ORIGINS:
        raise UsageError(f"{subject} has a number of independent sources outside 1 to {MOST_ORIGINS}")
    for target in watch.deliver:
        if not _TARGET.fullmatch(target):
            raise UsageError(f"{subject} cannot deliver to {masked(target)!r}; a target is NAME or NAME:ADDRESS")


@dataclass(frozen=True, slots=True)
class _CompiledWatch:
    """A watch with its conditions in the form that `_meets` compares."""

    watch: Watch
    by: frozenset[str]
    about: frozenset[str]
    sources: frozenset[str]
    languages: frozenset[str]
    query: Node | None


class _Candidate:
    """A report to match, with derived values that are computed once and only if a watch needs them."""

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

    def word_keys(self) -> Iterator[_Key]:
        """Yield the keys by which a query can require a whole word of the report."""
        subject = self.subject
        yield "source", subject.source
        for field, text in (("", subject.text), ("speaker", subject.speaker), ("about", subject.about)):
            for word in set(text.split()):
                yield field, word
        for stem in subject.stems.split():
            yield _STEM, untagged(stem)


class _Index:
    """The watches by a necessary condition: an actor of the watch, or a word of its query."""

    def __init__(self, watches: Iterable[Watch], names: Mapping[str, str], groups: Mapping[str, Group]) -> None:
        self._names = names
        self._compiled = [_compiled(watch, groups) for watch in watches if not watch.paused]
        self._by: defaultdict[str, list[int]] = defaultdict(list)
        self._about: defaultdict[str, list[int]] = defaultdict(list)
        self._spikes: defaultdict[str, list[_CompiledWatch]] = defaultdict(list)  # by speaker
        self._by_word: defaultdict[_Key, list[int]] = defaultdict(list)
        self._always: list[int] = []
        self._counts = frozenset(
            count for watch in self._compiled for count in (watch.watch.least_sources, *watch.watch.spread) if count > 1
        )
        for i, compiled in enumerate(self._compiled):
            self._file(i, compiled)

    def alerts(self, decision: Decision) -> tuple[Alert, ...]:
        """Return an alert for each watch that the first report of the statement meets, and for each of its triggers."""
        return (*self._alerts(decision), *self._spiked(decision))

    def _spiked(self, decision: Decision) -> Iterator[Alert]:
        for compiled in self._spikes.get(decision.report.quote.speaker_id, ()):
            alert = speakers.spike(decision, compiled.watch)
            if alert:
                yield alert

    def _alerts(self, decision: Decision) -> tuple[Alert, ...]:
        if not may_alert(decision, self._counts):
            return ()
        candidate = _Candidate(first_report(decision), decision.statement)
        if unsaid(candidate.quote):
            return ()
        replaced = _Candidate(decision.replaces.first, decision.replaces) if decision.replaces else None
        return tuple(
            self._alert(compiled, candidate, decision, trigger)
            for compiled in (self._compiled[i] for i in sorted(self._candidates(candidate)))
            if _meets(compiled, candidate)
            for trigger in triggers(decision, compiled.watch)
            if not (replaced and _meets(compiled, replaced))  # the correction alerts instead
        )

    def _file(self, i: int, compiled: _CompiledWatch) -> None:
        if speakers.is_of_speakers(compiled.watch):
            for actor in sorted(compiled.by) if compiled.watch.spike else ():
                self._spikes[actor].append(compiled)
            return
        for actor in compiled.by:
            self._by[actor].append(i)
        for actor in compiled.about:
            self._about[actor].append(i)
        if compiled.by or compiled.about:
            return
        needed = _needed(compiled.query)
        for key in needed or ():
            self._by_word[key].append(i)
        if needed is None:
            self._always.append(i)

    def _candidates(self, candidate: _Candidate) -> set[int]:
        candidates = {*self._always, *self._by.get(candidate.quote.speaker_id, ())}
        for actor in candidate.quote.about:
            candidates.update(self._about.get(actor, ()))
        if self._by_word:
            for key in candidate.word_keys():
                candidates.update(self._by_word.get(key, ()))
        return candidates

    def _alert(self, compiled: _CompiledWatch, candidate: _Candidate, decision: Decision, trigger: Trigger) -> Alert:
        reason = "; ".join((trigger.why, *self._reasons(compiled, candidate)))
        return alert_of(decision, compiled.watch, trigger, reason)

    def _reasons(self, compiled: _CompiledWatch, candidate: _Candidate) -> Iterator[str]:
        quote = candidate.quote
        if quote.speaker_id in compiled.by:
            yield f"said by {quote.speaker_name}{_evidence(quote)}"
        about = [actor for actor in quote.about if actor in compiled.about]
        if about:
            yield f"about {', '.join(self._names.get(actor, actor) for actor in about)}"
        if compiled.query:
            yield f"meets the query {compiled.watch.query}"


def _compiled(watch: Watch, groups: Mapping[str, Group]) -> _CompiledWatch:
    return _CompiledWatch(
        watch=watch,
        by=members(watch.by, groups),
        about=members(watch.about, groups),
        sources=frozenset(map(fold, watch.sources)),
        languages=frozenset(map(_language, watch.languages)),
        query=parse(watch.query),
    )


def _language(tag: str) -> str:
    """Return the language of a tag without region and script."""
    return fold(tag).partition("-")[0]


def unsaid(quote: Quote) -> str:
    """Return why a quote alerts nobody, whatever a watch asks for; '' if somebody said it in so many words."""
    if quote.modality in _UNSAID:
        return _UNSAID[quote.modality]
    return "" if quote.statement else "alerts nobody: a fragment, which is no statement on its own"


def _meets(compiled: _CompiledWatch, candidate: _Candidate) -> bool:
    watch, quote = compiled.watch, candidate.quote
    return (
        candidate.article.first_seen >= watch.created
        and quote.confidence >= watch.least_confidence
        and (not watch.kinds or quote.kind in watch.kinds)
        and (not compiled.sources or candidate.source in compiled.sources)
        and (not compiled.languages or candidate.language in compiled.languages)
        and (compiled.query is None or matches(compiled.query, candidate.subject))
    )


def _needed(query: Node | None) -> frozenset[_Key] | None:
    """Return a small set of words and stems such that every match has at least one; None if there is no such set."""
    match query:
        case Term(field="kind" | "lang" | "said" | "source_kind" | "verdict"):
            return None
        case Term():
            whole = query.words[:-1] if query.prefix else query.words
            stems = ((_STEM, untagged(stem)) for stem in query.stems)
            return frozenset({(query.field, max(whole, key=len)), *stems}) if whole else None
        case And():
            required = [needed for needed in map(_needed, query.parts) if needed is not None]
            return min(required, key=lambda needed: (len(needed), -sum(len(word) for _, word in needed)), default=None)
        case Or():
            parts = [_needed(part) for part in query.parts]
            required = [needed for needed in parts if needed is not None]
            return frozenset().union(*required) if len(required) == len(parts) else None
        case _:
            return None


def _evidence(quote: Quote) -> str:
    """Return the chain that resolved the speaker, if it has steps: '“he” → “Lindqvist” → Ada Lindqvist'."""
    steps = [f"“{link.span.text}”" for link in quote.chain if link.span.text != quote.speaker_name]
    return f" ({' → '.join((*steps, quote.speaker_name))})" if steps else ""
