"""The reports that templates find in a text, in order: the spans of content, cue and speaker."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.extract.templates.patterns import Template, Templates
from pipeline.model import Modality, QuoteKind
from pipeline.text import words

_EDGES = " \t\n\u3000\xa0,;:,،、，：؛"

_FEWEST = 3  # words of a quotation that stands by itself and is no title

_CHARACTERS = 3  # that make a word where words are not parted

_STOPS = ".!?…。！？؟।"

_ENDS = ("\n", ". ", "! ", "? ", "。")  # of sentences

_REACH = 200  # characters between a quotation that stands by itself and the name of its speaker

_QUESTION = "?？؟"

_MARKS = frozenset('\u00ab\u201c\u300c"')  # that open a quotation

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


class Report(NamedTuple):
    """One report: the spans of its content, cue and speaker."""

    fragments: tuple[tuple[int, int], ...]
    kind: QuoteKind
    modality: Modality
    cue: tuple[int, int] | None
    speaker: tuple[int, int] | None
    inner: bool = False  # whether it stands within somebody else's direct speech
    nobody: bool = False  # whether nobody in particular says it


def within(text: str, outer: Report, rules: Templates) -> list[Report]:
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


def reports(text: str, rules: Templates) -> list[Report]:
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
    marked = template.kind == "indirect" and any(mark in _MARKS for a, b in fragments for mark in text[a:b])
    kind: QuoteKind = "mixed" if marked else template.kind
    phrase = _without(text, speaker, rules) if speaker else None
    return Report(fragments, kind, tone, cue, phrase, nobody=template.nobody)


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
