"""Quotes by templates over the plain text, for scripts without capitals and languages that put the verb last.

A language's file lists regular expressions whose groups are the speaker, the cue, the content and what goes on after
the report. Earlier templates win; a quote never overlaps one that an earlier template found.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.model import Link, Mention, Modality, Quote, QuoteKind, Span, quote_id, slug

_EDGES = " \t\n\u3000\xa0,;:,،、，：؛"

_BEFORE = 40  # characters before a surname in which its given name stands

_SURNAME = 3  # letters of the shortest surname that is looked up in the text

_KEPT = 4  # letters of a word that may be short for a name


@dataclass(frozen=True, slots=True)
class Template:
    """One pattern, with the kind of its content and what its report makes of it."""

    pattern: re.Pattern[str]
    kind: QuoteKind
    modality: Modality


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of a language, and what tells a name from the words around it."""

    patterns: tuple[Template, ...] = ()
    cut: re.Pattern[str] | None = None  # what may stand before a speaker and is no part of the phrase
    tail: re.Pattern[str] | None = None  # what may stand after one
    names: tuple[re.Pattern[str], ...] = ()  # the full name in the phrase of a speaker, as the group "name"
    short: re.Pattern[str] | None = None  # the short name in such a phrase
    full: re.Pattern[str] | None = None  # a full name anywhere in the text, as the group "name"
    forename: re.Pattern[str] | None = None  # a given name right before a surname, as the group "name"
    roles: re.Pattern[str] | None = None  # a whole phrase that calls who was named last by a role
    pronouns: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()  # verbs that deny their content
    confidence: Mapping[str, float] = field(default_factory=dict)  # by kind, as measured on the gold set


class Report(NamedTuple):
    """One report: the spans of its content, cue and speaker."""

    fragments: tuple[tuple[int, int], ...]
    kind: QuoteKind
    modality: Modality
    cue: tuple[int, int] | None
    speaker: tuple[int, int] | None


def templates(section: Mapping[str, Any]) -> Templates:
    """The templates of a file's [templates]; a name in braces stands for the part of that name."""
    parts: dict[str, str] = dict(section.get("parts", {}))

    def compiled(pattern: str) -> re.Pattern[str]:
        for _ in range(2):  # parts may hold parts
            for name, part in parts.items():
                pattern = pattern.replace("{" + name + "}", part)
        return re.compile(pattern, re.MULTILINE)

    def optional(name: str) -> re.Pattern[str] | None:
        return compiled(section[name]) if name in section else None

    patterns = tuple(
        Template(compiled(each["pattern"]), each["kind"], each.get("modality", "asserted")) for each in section["rules"]
    )
    return Templates(
        patterns=patterns,
        cut=optional("cut"),
        tail=optional("tail"),
        names=tuple(compiled(each) for each in section.get("names", ())),
        short=optional("short"),
        full=optional("full"),
        forename=optional("forename"),
        roles=optional("roles"),
        pronouns=frozenset(section.get("pronouns", "").split()),
        denied=frozenset(section.get("denied", "").split()),
        confidence=section.get("confidence", {}),
    )


def quotes(article: str, text: str, rules: Templates, tracked: Sequence[Mention]) -> list[Quote]:
    """The quotes that the templates find, in order, each with the name of its speaker where the article gives it."""
    people = _People(text, rules, tracked)
    return [_quote(article, text, report, rules, people) for report in _reports(text, rules)]


def _reports(text: str, rules: Templates) -> list[Report]:
    """The reports in order; of those that overlap, the one of the earlier template."""
    taken = bytearray(len(text))
    reports: list[Report] = []
    for template in rules.patterns:
        for match in template.pattern.finditer(text):
            report = _report(text, match, template, rules)
            if report is None or any(any(taken[a:b]) for a, b in report.fragments):
                continue
            for a, b in report.fragments:
                taken[a:b] = b"\1" * (b - a)
            reports.append(report)
    return sorted(reports, key=lambda report: report.fragments[0])


def _report(text: str, match: re.Match[str], template: Template, rules: Templates) -> Report | None:
    groups = match.re.groupindex
    parts = [_trimmed(text, *match.span(name)) for name in ("content", "more") if name in groups]
    fragments = tuple(part for part in parts if part is not None)
    if not fragments:
        return None
    cue = match.span("cue") if "cue" in groups and match["cue"] else None
    speaker = match.span("speaker") if "speaker" in groups and match["speaker"] else None
    denied = cue is not None and text[cue[0] : cue[1]] in rules.denied
    tone: Modality = "denied" if denied else template.modality
    return Report(fragments, template.kind, tone, cue, _without(text, speaker, rules) if speaker else None)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    return (start, end) if start < end else None


def _without(text: str, span: tuple[int, int], rules: Templates) -> tuple[int, int] | None:
    """The speaker's phrase without the words around it that are listed as no part of it."""
    start, end = span
    while rules.cut is not None and (cutting := rules.cut.match(text, start, end)) and cutting.end() > start:
        start = cutting.end()
    while rules.tail is not None and (tail := rules.tail.search(text, start, end)) and start < tail.start() < end:
        end = tail.start()
    return _trimmed(text, start, end)


class _People:
    """The names of an article's speakers, in the order of reading."""

    def __init__(self, text: str, rules: Templates, tracked: Sequence[Mention]) -> None:
        self._text = text
        self._rules = rules
        self._tracked = tracked
        self._known: list[str] = []
        self._first: dict[str, int] = {}  # where each surname that was looked up stands first
        mentions = [(each.start("name"), each["name"]) for each in rules.full.finditer(text)] if rules.full else []
        self._places = [place for place, _ in mentions]
        self._mentioned = [name for _, name in mentions]
        self._last: tuple[str, tuple[int, int] | None] = "", None

    def resolve(self, span: tuple[int, int] | None) -> tuple[str, str, tuple[int, int] | None, str]:
        """The id and the name of who the phrase means, the phrase itself, and the rule by which it was read."""
        if span is None:
            return slug(self._last[0]), self._last[0], self._last[1], "dropped"
        phrase = self._text[span[0] : span[1]]
        actor = next((m for m in self._tracked if span[0] <= m.start and m.end <= span[1]), None)
        role = self._rules.roles is not None and self._rules.roles.fullmatch(phrase) is not None
        if phrase in self._rules.pronouns or (actor is None and role):
            name = self._nearest(span[0])
            self._last = name, span
            return slug(name), name, span, "role" if role else "pronoun"
        name, rule = (actor.name, "name") if actor else self._named(phrase, span[0])
        self._last = name, span
        return (actor.actor if actor else slug(name)), name, span, rule

    def _nearest(self, at: int) -> str:
        """Who spoke last, or the only person named in full since."""
        name, span = self._last
        since = bisect_left(self._places, span[1] if span else 0)
        later = set(self._mentioned[since : bisect_left(self._places, at)])
        return later.pop() if len(later) == 1 else name

    def named_in(self, fragments: Sequence[tuple[int, int]]) -> tuple[str, ...]:
        """The tracked actors that the content names, in order."""
        within = (m.actor for m in self._tracked if any(a <= m.start < b for a, b in fragments))
        return tuple(dict.fromkeys(within))

    def _named(self, phrase: str, start: int) -> tuple[str, str]:
        for pattern in self._rules.names:
            named = pattern.search(phrase)
            if named is not None:
                name = named["name"]
                listed = (*self._known, *self._mentioned)
                longer = next((known for known in listed if known != name and _is_short(name, known)), None)
                if longer is None and name not in self._known:
                    self._known.append(name)
                return (longer, "surname") if longer else (name, "name")
        short = self._rules.short.search(phrase) if self._rules.short else None
        word = short["name"] if short else phrase
        full = next((known for known in reversed(self._known) if _is_short(word, known)), "")
        full = full or next((name for name in self._mentioned if _is_short(word, name)), "")
        full = full or (self._introduced(word, start) if word == phrase else "")
        if full and full not in self._known:
            self._known.append(full)
        return full, "surname" if full else "unnamed"

    def _introduced(self, surname: str, start: int) -> str:
        """The full name by which the text mentions a surname first, before `start`; empty if there is none."""
        if surname not in self._first:
            self._first[surname] = self._text.find(surname, 0, start)
        at, pattern = self._first[surname], self._rules.forename
        if pattern is None or at <= 0 or len(surname) < _SURNAME:
            return ""
        forename = pattern.search(self._text, max(0, at - _BEFORE), at)
        return f"{forename['name']} {surname}" if forename else ""


def _is_short(word: str, name: str) -> bool:
    """Whether the word is one end of the name: the surname, first or last."""
    if " " in name:
        first, *_, last = name.split()
        return word in (first, last)
    return name.startswith(word) and len(word) < min(len(name), _KEPT)


def _quote(article: str, text: str, report: Report, rules: Templates, people: _People) -> Quote:
    actor, name, span, rule = people.resolve(report.speaker)
    start, end = report.fragments[0][0], report.fragments[-1][1]
    words = text[start:end]
    sure = rules.confidence.get(report.kind if name else f"{report.kind} unnamed", 0.5)
    speaker = Span(span[0], span[1], text[span[0] : span[1]]) if span else None
    return Quote(
        id=quote_id(article, start, end, words),
        start=start,
        end=end,
        text=words,
        kind=report.kind,
        fragments=report.fragments,
        cue=Span(*report.cue, text[report.cue[0] : report.cue[1]]) if report.cue else None,
        speaker=speaker,
        speaker_name=name,
        speaker_id=actor if name else "",
        chain=tuple(_chain(speaker, rule)),
        about=people.named_in(report.fragments),
        modality=report.modality,
        confidence=sure,
    )


def _chain(speaker: Span | None, rule: str) -> Iterator[Link]:
    if speaker is not None:
        yield Link(speaker, rule)
