"""The words of alerts and of verdicts, free of anything that a terminal, a page or a mail reader could act on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from pipeline.model import (
    Alert,
    ClaimVerdict,
    CorrectionKind,
    DelayReason,
    Delivery,
    Letter,
    Opinion,
    SlotDifference,
    Statement,
    VerdictKind,
)
from pipeline.model.statement import US
from pipeline.text import clean
from pipeline.text.wording import ENGLISH, Locale, phrase

if TYPE_CHECKING:
    from jinja2 import Template

_TITLES: Final[dict[VerdictKind, str]] = {
    "new": phrase("New: %(words)s"),
    "repeated": phrase("Known: %(words)s"),
    "changed": phrase("Changed: %(words)s"),
    "corrected": phrase("Corrected: %(words)s"),
}


def parts(claims: Sequence[ClaimVerdict], locale: Locale = ENGLISH) -> tuple[str, ...]:
    """A line for each claim of a quote that is not new as a whole: "New: …", "Known: …", "Changed: … (number: …)"."""
    if all(claim.verdict == "new" for claim in claims):
        return ()
    return tuple(_line(claim, locale) for claim in claims)


def difference(slot: SlotDifference) -> str:
    """A slot with what it was and what it is: "number: “12” became “21”"."""
    if not slot.after:
        return f"{slot.slot}: “{slot.before}” left out"
    return (
        f"{slot.slot}: “{slot.before}” became “{slot.after}”" if slot.before else f"{slot.slot}: “{slot.after}” put in"
    )


def differences(slots: Iterable[SlotDifference]) -> str:
    """All of them, or that other words stand in the same place."""
    return "; ".join(map(difference, slots)) or "other words in the same place"


def comparison(claim: ClaimVerdict) -> Iterator[str]:
    """Yield what a claim was compared with and what decided, in lines."""
    yield f"{claim.verdict} ({claim.certainty:.0%} sure): {claim.text}"
    if claim.known:
        yield f"compared with {claim.statement}: {claim.known}"
    if claim.verdict == "changed":
        yield differences(claim.differences)


def _line(claim: ClaimVerdict, locale: Locale) -> str:
    line = locale.words(_TITLES[claim.verdict], words=claim.text)
    if claim.verdict != "changed":
        return line
    return f"{line} ({locale.sentences(differences(claim.differences))}) — {_before(claim.known, locale)}"


def _before(words: str, locale: Locale) -> str:
    return locale.words(phrase("before: “%(words)s”"), words=words)


# How the speaker said it, and how if the statement changes an earlier one.
_SAYS: Final = {
    "asserted": (phrase("%(name)s says"), phrase("%(name)s says otherwise")),
    "denied": (phrase("%(name)s denies"), phrase("%(name)s denies otherwise")),
    "asked": (phrase("%(name)s asks"), phrase("%(name)s asks otherwise")),
}

_QUOTED: Final = (phrase("%(name)s is quoted"), phrase("%(name)s is quoted otherwise"))

_SUBJECT: Final = 120  # characters; a list of mails shows some sixty


_CORRECTED: Final[dict[CorrectionKind, str]] = {
    "removed": phrase("Taken out: %(sentence)s"),
    "changed": phrase("Corrected: %(sentence)s"),
    "reattributed": phrase("Corrected: %(sentence)s"),
}

_OPINIONS: Final[dict[Opinion, str]] = {
    "supported": phrase("A model reads the article as we do"),
    "doubtful": phrase("A model doubts this quote"),
    "unclear": phrase("A model is not sure of this quote"),
}

_NAMES: Final = 3  # speakers named in the summary of a digest

_HELD: Final[dict[DelayReason, str]] = {
    "cap": phrase("The watch had reached its daily cap."),
    "quiet": phrase("These alerts waited for the end of the quiet hours."),
}


@dataclass(frozen=True, slots=True)
class StatementSummary:
    """The lines of a message about one statement; `link` and `page` are addresses or ''.

    `parts` says which part is new and what the rest repeats, where not all is new. `beside` are the translation and the
    opinion of a reviewer, each with the service that answered.
    """

    headline: str
    words: str
    origin: str
    link: str
    page: str
    reason: str
    language: str
    parts: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def by_statement(alerts: Iterable[Alert]) -> list[tuple[Alert, ...]]:
    """Group the alerts by statement and trigger."""
    groups: dict[tuple[str, str], list[Alert]] = {}
    for alert in alerts:
        groups.setdefault((alert.statement.id, alert.occasion), []).append(alert)
    return [tuple(group) for group in groups.values()]


def statement_summaries(delivery: Delivery, pages: str = "", locale: Locale = ENGLISH) -> list[StatementSummary]:
    """Return a summary of each statement of the delivery. `pages` is the address of our own pages, or ''."""
    return [_summary(alerts, pages, locale) for alerts in by_statement(delivery.alerts)]


def _summary(alerts: Sequence[Alert], pages: str, locale: Locale) -> StatementSummary:
    alert = alerts[0]
    return StatementSummary(
        headline=headline(alert, locale),
        words=_words(alert),
        origin=origin(alert.statement, locale),
        link=link(alert.statement),
        page=page(alert.statement, pages),
        reason=reasons(alerts, locale),
        language=one_line(alert.statement.first.article.language),
        parts=tuple(map(one_line, _parts(alert, locale))),
        beside=advice(alert, locale),
    )


def _words(alert: Alert) -> str:
    """Return the words of a correction that has other words than the statement, else those of the statement."""
    return one_line(_rewording(alert)) or said(alert.statement)


def _parts(alert: Alert, locale: Locale) -> tuple[str, ...]:
    """Return the lines about the claims of news, or the words that a correction replaces."""
    if _rewording(alert):
        return (_before(said(alert.statement), locale),)
    return parts(alert.claims, locale) if alert.kind == "news" else ()


def _rewording(alert: Alert) -> str:
    return alert.correction.text if alert.correction and alert.correction.kind == "changed" else ""


def advice(alert: Alert, locale: Locale = ENGLISH) -> tuple[str, ...]:
    """The translation and the opinion of a reviewer, a line each with the service: "In en (DeepL): …"."""
    lines = []
    if translation := alert.translation:
        opening = locale.words(
            phrase("In %(language)s (%(service)s)"), language=translation.language, service=translation.service
        )
        lines.append(f"{opening}: {translation.text}")
    if review := alert.review:
        lines.append(f"{locale.words(_OPINIONS[review.opinion])} ({review.service}): {review.reason}")
    return tuple(map(one_line, lines))


def summary(delivery: Delivery, locale: Locale = ENGLISH) -> str:
    """Summarise a digest: "7 statements: Ada Lindqvist (5), Bo Ek (2)"."""
    counts: dict[str, int] = {}
    statements = by_statement(delivery.alerts)
    for alerts in statements:
        name = one_line(alerts[0].statement.speaker_name)
        counts[name] = counts.get(name, 0) + 1
    named = sorted(counts, key=lambda name: -counts[name])
    names = [f"{shortened(name, 60)} ({counts[name]})" for name in named[:_NAMES]]
    more = [locale.words(phrase("%(count)s more"), count=len(named) - _NAMES)] if len(named) > _NAMES else []
    counted = locale.amount(len(statements), "%(num)s statement", "%(num)s statements")
    return f"{counted}: {', '.join([*names, *more])}"


def held(delivery: Delivery, locale: Locale = ENGLISH) -> str:
    """Return the reason why a digest was sent for a watch that does not ask for digests; else ''."""
    return locale.words(_HELD[delivery.held]) if delivery.parts and delivery.held else ""


def letter(delivery: Delivery, *, pages: str = "", unsubscribe: str = "", locale: Locale = ENGLISH) -> Letter:
    """Write the mail of a delivery. `pages` is the address of our pages, `unsubscribe` ends the mails; both may be ''.

    A delivery that brings its letter keeps it. The HTML makes no mail reader fetch anything, and only web addresses are
    links.
    """
    if delivery.letter:
        return delivery.letter
    summaries = statement_summaries(delivery, pages, locale)
    first = summaries[0]
    title = summary(delivery, locale) if len(summaries) > 1 else first.headline
    subject = shortened(title if len(summaries) > 1 else f"{title}: {first.words}", _SUBJECT)
    delay = held(delivery, locale)
    words = {"all_reports": locale.words(phrase("All reports")), "leave": locale.words(phrase("Unsubscribe"))}
    html = _template().render(
        title=title, summaries=summaries, delay=delay, unsubscribe=unsubscribe, language=locale.language, **words
    )
    end = [f"{words['leave']}: {unsubscribe}"] if unsubscribe else []
    opening = [title, *filter(None, (delay,))] if len(summaries) > 1 else []
    return Letter(subject, "\n\n".join([*opening, *map(_paragraphs, summaries), *end]) + "\n", html)


def _paragraphs(statement: StatementSummary) -> str:
    report = "\n".join(filter(None, (*statement.beside, *statement.parts, statement.origin, statement.link)))
    page = f"On the Record: {statement.page}" if statement.page else ""
    reason = "\n".join(filter(None, (statement.reason, page)))
    return "\n\n".join(filter(None, (f"{statement.headline}:\n\n  {statement.words}", report, reason)))


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files(__package__).joinpath("letter.html").read_text(encoding="utf-8"))


def headline(alert: Alert, locale: Locale = ENGLISH) -> str:
    """Return who spoke and how: "Ada Lindqvist says", "… denies", "… says otherwise".

    A trigger other than news comes first: "In 5 independent sources: Ada Lindqvist says", "Taken out: …",
    "Corrected: Bo Ek, not Ada Lindqvist, says". A spike or a silence is about the speaker alone: "Ada Lindqvist is
    quoted more often than usual".
    """
    speaker = alert.statement.speaker_name
    if alert.kind == "spike":
        return one_line(locale.words(phrase("%(name)s is quoted more often than usual"), name=speaker))
    if alert.kind == "silence":
        return one_line(locale.words(phrase("%(name)s has not been quoted lately"), name=speaker))
    if alert.correction and alert.correction.kind == "reattributed":
        other = alert.correction.speaker_name
        speaker = locale.words(phrase("%(name)s, not %(other)s,"), name=other, other=speaker)
    says = _SAYS.get(alert.statement.first.quote.modality, _QUOTED)[bool(alert.statement.changed_from)]
    sentence = locale.words(says, name=speaker)
    if alert.correction:
        sentence = locale.words(_CORRECTED[alert.correction.kind], sentence=sentence)
    elif alert.kind == "spread":
        count = alert.occasion.removeprefix("spread ")
        spread = phrase("In %(count)s independent sources: %(sentence)s")
        sentence = locale.words(spread, count=count, sentence=sentence)
    return one_line(sentence)


def said(statement: Statement) -> str:
    """Return the statement on one line."""
    return one_line(statement.text)


def origin(statement: Statement, locale: Locale = ENGLISH) -> str:
    """Return the outlet that was first to report it, with the time of publication and the title."""
    article = statement.first.article
    return one_line(f"{article.source}, {locale.local(article.publication):%Y-%m-%d %H:%M %Z}: {article.title}")


def reasons(alerts: Sequence[Alert], locale: Locale = ENGLISH) -> str:
    """Return the names of the watches with the reason why each alerts; watches with the same reason together."""
    watches: dict[str, list[str]] = {}
    for alert in alerts:
        watches.setdefault(locale.sentences(alert.why), []).append(alert.watch_name)
    return one_line(" · ".join(f"{', '.join(names)}: {why}" for why, names in watches.items()))


def link(statement: Statement) -> str:
    """Return the address of the article, or '' if it is not a web address."""
    url = "".join(clean(statement.first.article.url).split())
    return url if url.startswith(("http://", "https://")) else ""


def page(statement: Statement, pages: str) -> str:
    """Return the address of the statement's page (for a notice, of the feeds' page), or '' without `pages`."""
    if pages and statement.speaker_id == US:
        return f"{pages.rstrip('/')}/feeds"
    return f"{pages.rstrip('/')}/statements/{quote(statement.id, safe='')}" if pages else ""


def one_line(text: str) -> str:
    """Return the text on one line, without control characters."""
    return " ".join(clean(text).split())


def shortened(text: str, most: int) -> str:
    """Cut the text after `most` characters, with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
