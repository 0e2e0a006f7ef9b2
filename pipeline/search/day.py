"""One day of the record: numbers beside the usual, stories, changed words, denials, and a brief in plain text."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipeline.model import Decision
from pipeline.model.query import And, Dated, Hit, Node, Page, Search, Term
from pipeline.search.export import attributed
from pipeline.search.stories import Story, Subjects, stories
from pipeline.text.messages import one_line
from pipeline.text.wording import ENGLISH, Locale, phrase, whole_day

_YEARS: Final = range(1000, 9000)  # of days that can be shown: each has days and weeks before and after it

_PAST: Final = 14  # days that the day is compared with

_LOOKED_AT: Final = 200  # statements of the day

_STORIES: Final = 12

_OF_STORY: Final = 4  # statements

_CHANGED: Final = 8

_SPEAKERS: Final = 10

_SEARCHES: Final[tuple[tuple[str, Node | None], ...]] = (
    ("statements", None),
    ("changed", Term(("changed",), "verdict")),
    ("denied", Term(("denied",), "said")),
)

Find = Callable[[Search], Page]

Decisions = Callable[..., Sequence[Decision]]
"""The reports of the statements with these ids, as `Archive.decisions` returns them."""


@dataclass(frozen=True, slots=True)
class Number:
    """Counts of the day, of a usual day in the two weeks before, and of each of those days."""

    name: str
    count: int
    usual: float
    past: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A statement that changes an earlier one, and that one as far as it is known."""

    hit: Hit
    earlier: Decision | None


@dataclass(frozen=True, slots=True)
class Day:
    """Summary of the day that begins at `start`.

    `more_changed` and `more_denied` count the statements that the lists `changed` and `denied` leave out.
    """

    start: datetime
    numbers: tuple[Number, ...]
    stories: tuple[Story, ...]
    changed: tuple[Changed, ...]
    denied: tuple[Hit, ...]
    speakers: tuple[tuple[str, int], ...]
    hits: tuple[Hit, ...]
    more_changed: int = 0
    more_denied: int = 0


def beginning(day: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the day, such as "2026-03-02", in the zone; of today where the text is no day of _YEARS."""
    today = now.astimezone(zone).date()
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        wanted = today
    if wanted.year not in _YEARS:
        wanted = today
    return datetime(wanted.year, wanted.month, wanted.day, tzinfo=zone)


def day_of(start: datetime, find: Find, decisions: Decisions, subjects: Subjects, misread: Collection[str] = ()) -> Day:
    """The day that begins at `start`, from the index. The numbers count `misread` statements; no list shows them."""
    dated = Dated(start, start + timedelta(days=1))
    page = _search(find, dated, limit=_LOOKED_AT, facets=True, fields=("speaker",))
    hits = _without(misread, page.hits)
    changed = _search(find, And((Term(("changed",), "verdict"), dated)), limit=_CHANGED)
    denied = _search(find, And((Term(("denied",), "said"), dated)), limit=_CHANGED)
    return Day(
        start=start,
        numbers=_numbers(find, start),
        stories=tuple(stories(hits, subjects, _OF_STORY)[:_STORIES]),
        changed=tuple(_changed(_without(misread, changed.hits), decisions)),
        denied=_without(misread, denied.hits),
        speakers=tuple(page.facets["speaker"][:_SPEAKERS]),
        hits=hits,
        more_changed=changed.total - len(changed.hits),
        more_denied=denied.total - len(denied.hits),
    )


def _without(misread: Collection[str], hits: Iterable[Hit]) -> tuple[Hit, ...]:
    return tuple(hit for hit in hits if hit.id not in misread)


def _search(find: Find, query: Node, limit: int = 0, **more: Any) -> Page:
    return find(Search(collection="statements", query=query, limit=limit, **more))


def _numbers(find: Find, start: datetime) -> tuple[Number, ...]:
    since = Dated(start - timedelta(days=_PAST), start + timedelta(days=1))
    numbers = []
    for name, node in _SEARCHES:
        counts = dict(_search(find, And((node, since)) if node else since, days=True).days)
        past = tuple(counts.get(start.date() - timedelta(days=before), 0) for before in range(_PAST, 0, -1))
        numbers.append(Number(name, counts.get(start.date(), 0), median(past), past))
    return tuple(numbers)


def _changed(hits: Sequence[Hit], decisions: Decisions) -> Iterable[Changed]:
    earlier: dict[str, Decision] = {}
    for decision in decisions(*(hit.changed_from for hit in hits)) if hits else ():
        earlier.setdefault(decision.statement.id, decision)
    return [Changed(hit, earlier.get(hit.changed_from)) for hit in hits]


def heading(day: Day, locale: Locale = ENGLISH) -> str:
    """The day in words, such as "Monday, 2 March 2026"."""
    return whole_day(day.start, locale.language)


def brief(day: Day, names: Mapping[str, str], locale: Locale = ENGLISH) -> str:
    """The day in plain text, for a terminal, a mail or a printer: who said what where, with the links.

    `names` are those of speakers by id. The text quotes and counts; it adds no words of its own about the news.
    """
    title = heading(day, locale)
    lines = [title, "=" * len(title), *(number_chart(number, locale) for number in day.numbers)]
    for story in day.stories:
        lines += ["", headline(story, locale)]
        for url, hits in groupby(story.shown, key=lambda hit: hit.url):
            lines += [*(_report_line(hit, locale) for hit in hits), *([f"  {url}"] if url else [])]
        lines += more(len(story.hits) - len(story.shown), locale)
    changed = (_changed_lines(each, locale) for each in day.changed)
    denied = (_report_line(hit, locale) for hit in day.denied)
    most_quoted = (f"- {names.get(who, who)}: {count}" for who, count in day.speakers)
    lines += _section(locale.words("Changed their words"), (*changed, *more(day.more_changed, locale)))
    lines += _section(locale.words("Denied"), (*denied, *more(day.more_denied, locale)))
    lines += _section(locale.words("Most quoted"), most_quoted)
    return "\n".join(lines)


def said(hit: Hit, locale: Locale = ENGLISH) -> str:
    """The statement as a sentence: who said it how, and the words."""
    speaker = hit.speaker_name or locale.words("Nobody named")
    return attributed(speaker, cue=hit.cue, modality=hit.modality, kind=hit.kind, text=hit.text, translate=locale.verb)


def _report_line(hit: Hit, locale: Locale) -> str:
    return one_line(f"- {said(hit, locale)} ({hit.source})")


_MORE: Final = phrase("and %(count)s more")

_BEFORE: Final = phrase("before: %(words)s")


def more(count: int, locale: Locale = ENGLISH) -> list[str]:
    """Return the last line of a list without `count` statements; no line if the list has them all."""
    return ["  " + locale.words(_MORE, count=locale.number(count))] if count > 0 else []


_COUNTED: Final = {
    "statements": ("%(num)s statement", "%(num)s statements"),
    "changed": ("%(num)s changed", "%(num)s changed"),
    "denied": ("%(num)s denied", "%(num)s denied"),
}


def number_line(number: Number, locale: Locale = ENGLISH) -> str:
    """The number beside the usual one: "12 statements (usually 8)"."""
    counted = locale.amount(number.count, *_COUNTED[number.name])
    return f"{counted} ({locale.words('usually')} {locale.number(number.usual)})"


_BLOCKS: Final = "▁▂▃▄▅▆▇█"


def text_bars(counts: Sequence[int]) -> str:
    """The counts as a row of blocks, the highest of them a full one, for mails and terminals: "▁▁▃█"."""
    most = max(counts, default=0) or 1
    return "".join(_BLOCKS[round((len(_BLOCKS) - 1) * count / most)] for count in counts)


def number_chart(number: Number, locale: Locale = ENGLISH) -> str:
    """The number as in `number_line`, after a row of bars for the days up to it."""
    return f"{text_bars((*number.past, number.count))} {number_line(number, locale)}"


def headline(story: Story, locale: Locale = ENGLISH) -> str:
    """The title of the story's newest article, with the outlets that report it."""
    sources = one_line(", ".join(story.sources[:_OF_STORY]))
    left = len(story.sources) - _OF_STORY
    left_out = " " + locale.words(_MORE, count=left) if left > 0 else ""
    return f"{one_line(story.hits[0].title) or locale.words('Untitled')} ({sources}{left_out})"


def _changed_lines(changed: Changed, locale: Locale) -> str:
    line = _report_line(changed.hit, locale)
    if not changed.earlier:
        return line
    return f"{line}\n  {one_line(locale.words(_BEFORE, words=changed.earlier.statement.text))}"


def _section(heading: str, entries: Iterable[str]) -> list[str]:
    listed = list(entries)
    return ["", heading, "-" * len(heading), *listed] if listed else []
