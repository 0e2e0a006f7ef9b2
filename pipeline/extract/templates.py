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
from pipeline.text import words

_EDGES = " \t\n\u3000\xa0,;:,،、，：؛"

_BEFORE = 40  # characters before a surname in which its given name stands

_BESIDE = 2  # characters between a name and its role

_SURNAME = 3  # letters of the shortest surname that is looked up in the text

_GIVEN = 2  # letters of the shortest given name that stands for a name written without spaces

_FEWEST = 3  # words of a quotation that stands by itself and is no title

_CHARACTERS = 3  # that make a word where words are not parted

_STOPS = ".!?…。！？؟।"

_ENDS = ("\n", ". ", "! ", "? ", "。")  # of sentences

_REACH = 200  # characters between a quotation that stands by itself and the name of its speaker

_QUESTION = "?？؟"

_SENTENCE_IN_MARKS = re.compile(
    "(?:^|(?<=[.!?…:\u3002\uff01\uff1f\u061f\u0964\u201d\u00bb] )|(?<=[\u3002\uff01\uff1f\uff1a:\u300d\u201d]))"
    "[\u00ab\u201c\u300c](?P<content>[^\u00ab\u00bb\u201c\u201d\u300c\u300d\n]{2,800})[\u00bb\u201d\u300d]",
    re.MULTILINE,
)

_TURN = re.compile(
    "^(?P<speaker>[^\\W\\d_][^\n:\uff1a.!?\u3002,]{0,30})[:\uff1a] ?"
    "(?P<content>[^\\s\u00ab\u201c\u300c][^\n\u00ab\u201c\u300c]{3,2000})$",
    re.MULTILINE,
)

_KEPT = 4  # letters of the longest surname that may stand for a name written without spaces


@dataclass(frozen=True, slots=True)
class Template:
    """One pattern, with the kind of its content and what its report makes of it."""

    pattern: re.Pattern[str]
    kind: QuoteKind
    modality: Modality
    inner: bool = False  # whether it matches within the direct speech of somebody else


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
    inner: bool = False  # whether it stands within somebody else's direct speech


def templates(section: Mapping[str, Any]) -> Templates:
    """The templates of a file's [templates]; a name in braces stands for the part of that name."""
    parts: dict[str, str] = dict(section.get("parts", {}))

    def compiled(pattern: str) -> re.Pattern[str]:
        for _ in range(3):  # parts may hold parts that hold parts
            for name, part in parts.items():
                pattern = pattern.replace("{" + name + "}", part)
        return re.compile(pattern, re.MULTILINE)

    def optional(name: str) -> re.Pattern[str] | None:
        return compiled(section[name]) if name in section else None

    patterns = tuple(
        Template(compiled(each["pattern"]), each["kind"], each.get("modality", "asserted"), each.get("inner", False))
        for each in section["rules"]
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
    reports = (each for outer in _reports(text, rules) for each in (outer, *_within(text, outer, rules)))
    return [_quote(article, text, report, rules, people) for report in reports]


def _within(text: str, outer: Report, rules: Templates) -> list[Report]:
    """The reports within direct speech of what others said, in marks of another kind or after a colon."""
    parts = outer.fragments if outer.kind == "direct" else ()
    inside = [(each, part) for each in rules.patterns if each.inner for part in parts]
    inner: dict[int, Report] = {}
    for template, part in inside:
        for match in template.pattern.finditer(text, *part):
            report = _report(text, match, template, rules)
            if report is not None:
                inner.setdefault(report.fragments[0][0], report._replace(inner=True))
    return list(inner.values())


def _reports(text: str, rules: Templates) -> list[Report]:
    """The reports in order; of those that overlap, the one of the earlier template."""
    taken = bytearray(len(text))
    reports: list[Report] = []
    for report in _candidates(text, rules):
        if not any(any(taken[a:b]) for a, b in report.fragments):
            for a, b in report.fragments:
                taken[a:b] = b"\1" * (b - a)
            reports.append(report)
    return sorted(reports, key=lambda report: report.fragments[0])


def _candidates(text: str, rules: Templates) -> Iterator[Report]:
    """Yield what the templates match, then the turns of an interview, then quotations that stand by themselves."""
    for template in (each for each in rules.patterns if not each.inner):
        matches = template.pattern.finditer(text)
        yield from (report for match in matches if (report := _report(text, match, template, rules)) is not None)
    yield from _turns(text)
    yield from _alone(text, rules)


def _turns(text: str) -> Iterator[Report]:
    """Yield the turns of an interview: lines that labels of at least two sides open, with a question among them."""
    turns = list(_TURN.finditer(text))
    sides = {turn["speaker"] for turn in turns}
    if len(sides) > 1 and any(turn["content"].rstrip()[-1] in _QUESTION for turn in turns):
        yield from (Report((t.span("content"),), "direct", "asserted", None, t.span("speaker")) for t in turns)


def _alone(text: str, rules: Templates) -> Iterator[Report]:
    """Yield the quotations that are a sentence, with the person named between the sentence's begin and its colon."""
    for quotation in _SENTENCE_IN_MARKS.finditer(text):
        start, end = quotation.span("content")
        whole = text[end - 1] in _STOPS or text[end + 1 : end + 2] in ("", "\n", *_STOPS)
        if whole and _weight(text[start:end]) >= _FEWEST:
            speaker = _before_colon(text, start - 1, rules) or _after_opening(text, start - 1, end + 1, rules)
            yield Report(((start, end),), "direct", "asserted", None, speaker)


def _after_opening(text: str, start: int, end: int, rules: Templates) -> tuple[int, int] | None:
    """The first full name of the sentence after a quotation that opens its paragraph."""
    if rules.full is None or (start and text[start - 1] != "\n"):
        return None
    while end < len(text) and text[end] in _STOPS:
        end += 1
    limit = min(len(text), end + _REACH)
    close = min((at for at in (text.find(stop, end, limit) for stop in _ENDS) if at >= 0), default=limit)
    named = rules.full.search(text, end, close)
    return named.span("name") if named else None


def _weight(content: str) -> int:
    """The words of a quotation, or a third of its characters where words are not parted."""
    parted = words(content)
    characters = sum(len(word) == 1 and not word.isascii() for word in parted)
    return len(parted) - characters + characters // _CHARACTERS


def _before_colon(text: str, mark: int, rules: Templates) -> tuple[int, int] | None:
    """The full name that stands last between the begin of a sentence and the colon before a quotation's mark."""
    colon = mark - 1 - (text[mark - 1 : mark] == " ")
    if colon < 0 or text[colon] not in ":：" or rules.full is None:
        return None
    floor = max(0, colon - _REACH)
    begin = max(floor - 1, *(text.rfind(stop, floor, colon) for stop in _ENDS)) + 1
    names = list(rules.full.finditer(text, begin, colon))
    return names[-1].span("name") if names else None


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
    start, end = _trimmed(text, *span) or span
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
        self._full: dict[str, str] = {}  # by each short form of a name, and by the name
        self._holders: dict[str, list[tuple[str, int]]] = {}  # by each role that was looked up
        self._first: dict[str, int] = {}  # where each surname that was looked up stands first
        mentions = list(rules.full.finditer(text)) if rules.full else []
        self._spans = [mention.span("name") for mention in mentions]
        self._wholes = [mention.span() for mention in mentions]  # with the titles beside the names
        self._headline = text.find("\n")
        self._places = [start for start, _ in self._spans]
        self._mentioned = [mention["name"] for mention in mentions]
        for name in self._mentioned:
            self._learn(name)
        self._last: tuple[str, tuple[int, int] | None] = "", None

    def resolve(self, span: tuple[int, int] | None, at: int) -> tuple[str, str, tuple[int, int] | None, str]:
        """The id and the name of who the phrase means, the phrase itself, and the rule by which it was read.

        Without a phrase, the report at `at` has the speaker of the report before, or who was named since.
        """
        if span is None:
            name, span = self._nearest(at)
            self._last = name, span
            return slug(name), name, span, "dropped"
        phrase = self._text[span[0] : span[1]]
        actor = next((m for m in self._tracked if span[0] <= m.start and m.end <= span[1]), None)
        role = self._rules.roles is not None and self._rules.roles.fullmatch(phrase) is not None
        if phrase in self._rules.pronouns or (actor is None and role):
            name = (self._holder(phrase, span[0]) if role else "") or self._nearest(span[0])[0]
            self._last = name, span
            return slug(name), name, span, "role" if role else "pronoun"
        name, rule = (actor.name, "name") if actor else self._named(phrase, span[0])
        if not name and span[0] < self._headline and (name := self._holder(phrase, span[0])):
            rule = "role"
        self._last = name, span
        return (actor.actor if actor else slug(name)), name, span, rule

    def aside(self, span: tuple[int, int] | None, at: int) -> tuple[str, str, tuple[int, int] | None, str]:
        """The same within somebody's speech, in which a pronoun or a role means nobody: only the speaker knows whom."""
        last = self._last
        actor, name, phrase, rule = self.resolve(span, at)
        self._last = last
        return (actor, name, phrase, rule) if rule in ("name", "surname") else ("", "", phrase, "unnamed")

    def _nearest(self, at: int) -> tuple[str, tuple[int, int] | None]:
        """Return the last speaker, or the only person with a full name since; for a nameless speaker, the last name."""
        name, span = self._last
        since, before = bisect_left(self._places, span[1] if span else 0), bisect_left(self._places, at)
        if since >= before:
            return name, span
        latest = self._full[self._mentioned[before - 1]]
        others = (each for each in reversed(self._mentioned[since:before]) if self._full[each] != latest)
        several = next(others, None) is not None
        return (name, span) if several and name else (latest, self._wholes[before - 1])

    def _holder(self, role: str, at: int) -> str:
        """The only person named beside the role before `at`, or the first one after a headline; empty for none."""
        if role not in self._holders:
            self._holders[role] = self._named_beside(role)
        headline = at < self._headline
        before = [name for name, start in self._holders[role] if start < at or headline][: 1 if headline else None]
        return before[0] if len(before) == 1 else ""

    def _named_beside(self, role: str) -> list[tuple[str, int]]:
        """The first two people whom the text names beside the role, with their places."""
        places: dict[str, int] = {}
        reach, role = len(role) + _BESIDE, role.lower()
        for (start, end), name in zip(self._spans, self._mentioned, strict=True):
            if role in f"{self._text[max(0, start - reach) : start]}\n{self._text[end : end + reach]}".lower():
                places.setdefault(self._full[name], start)
        return list(places.items())[:2]

    def named_in(self, fragments: Sequence[tuple[int, int]]) -> tuple[str, ...]:
        """The tracked actors that the content names, in order."""
        within = (m.actor for m in self._tracked if any(a <= m.start < b for a, b in fragments))
        return tuple(dict.fromkeys(within))

    def _learn(self, name: str) -> None:
        """Register a full name under its short forms; the first name registered keeps a form that several have."""
        self._full.setdefault(name, name)
        for short in _short_forms(name):
            if self._full.get(short, short) == short:
                self._full[short] = name

    def _named(self, phrase: str, start: int) -> tuple[str, str]:
        """The full name that the phrase means, and whether it says the name, a surname, or nothing of it."""
        for pattern in self._rules.names:
            named = pattern.search(phrase)
            if named is not None:
                self._learn(named["name"])
                full = self._full[named["name"]]
                return full, "name" if full == named["name"] else "surname"
        short = self._rules.short.search(phrase) if self._rules.short else None
        word = short["name"] if short else phrase
        full = self._full.get(word, "") or self._ending(phrase)
        full = full or (self._introduced(word, start) if word == phrase else "")
        if full:
            self._learn(full)
        return full, "surname" if full else "unnamed"

    def _ending(self, phrase: str) -> str:
        """The full name that ends the phrase; empty if none does."""
        ends = (phrase[at:] for at in range(len(phrase) - _SURNAME + 1))
        return next((end for end in ends if self._full.get(end) == end), "")

    def _introduced(self, surname: str, start: int) -> str:
        """The full name by which the text mentions a surname first, before `start`; empty if there is none."""
        if surname not in self._first:
            self._first[surname] = self._text.find(surname, 0, start)
        at, pattern = self._first[surname], self._rules.forename
        if pattern is None or at <= 0 or len(surname) < _SURNAME:
            return ""
        forename = pattern.search(self._text, max(0, at - _BEFORE), at)
        return f"{forename['name']} {surname}" if forename else ""


def _short_forms(name: str) -> Iterator[str]:
    """The surname and the given name, first and last; of a name without spaces, each beginning and end of it."""
    if " " in name:
        first, *_, last = name.split()
        yield from (last, first)
        return
    for length in range(1, min(len(name), _KEPT + 1)):
        yield name[:length]
    for length in range(_GIVEN, len(name)):
        yield name[-length:]


def _quote(article: str, text: str, report: Report, rules: Templates, people: _People) -> Quote:
    start, end = report.fragments[0][0], report.fragments[-1][1]
    resolve = people.aside if report.inner else people.resolve
    actor, name, span, rule = resolve(report.speaker, start)
    words = text[start:end]
    sure = rules.confidence.get(report.kind if name else f"{report.kind} unnamed", 0.5)
    speaker = Span(span[0], span[1], text[span[0] : span[1]]) if span else None
    speaker_id = actor if name else ""
    return Quote(
        id=quote_id(article, speaker_id, start, end, words),
        start=start,
        end=end,
        text=words,
        kind=report.kind,
        fragments=report.fragments,
        cue=Span(*report.cue, text[report.cue[0] : report.cue[1]]) if report.cue else None,
        speaker=speaker,
        speaker_name=name,
        speaker_id=speaker_id,
        chain=(Link(speaker, rule),) if speaker is not None else (),
        about=people.named_in(report.fragments),
        modality=report.modality,
        confidence=sure,
    )
