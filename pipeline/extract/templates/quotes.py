"""The quotes of an article that is read by templates."""

from collections.abc import Sequence

from pipeline.extract.templates.patterns import Templates
from pipeline.extract.templates.reports import Report, reports, within
from pipeline.extract.templates.speakers import People
from pipeline.model import Link, Mention, Quote, Span, quote_id


def quotes(article: str, text: str, rules: Templates, tracked: Sequence[Mention]) -> list[Quote]:
    """The quotes that the templates find, in order, each with the name of its speaker where the article gives it."""
    people = People(text, rules, tracked)
    reported = (each for outer in reports(text, rules) for each in (outer, *within(text, outer, rules)))
    return [_quote(article, text, report, rules, people) for report in reported]


def _quote(article: str, text: str, report: Report, rules: Templates, people: People) -> Quote:
    start, end = report.fragments[0][0], report.fragments[-1][1]
    resolve = people.aside if report.inner else people.resolve
    actor, name, span, rule = ("", "", None, "") if report.nobody else resolve(report.speaker, start)
    words = text[start:end]
    if not report.inner:
        people.said(report)
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
