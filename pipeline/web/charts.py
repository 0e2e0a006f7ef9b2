"""Charts as SVG that the server draws: shapes alone, with a title each and a table beside them for those who read.

Shapes fill the width that they get; letters stand in the HTML around them, so that they keep their size on a phone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

from pipeline.text.wording import day_words

if TYPE_CHECKING:
    from markupsafe import Markup

_HEIGHT: Final = 100

_MOST_DAYS: Final = 92  # that have a bar each; of a longer time each week has one

_MOST_BARS: Final = 160

_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: the days from `start` up to, and without, `end`. `address` leads to what it counts; '' is no link."""

    start: date
    end: date
    count: int
    address: str = ""

    def label(self, language: str = "en") -> str:
        """Return the days in words: "2 Mar 2026", or "2 Mar 2026 – 8 Mar 2026"."""
        last = self.end - timedelta(days=1)
        first = day_words(self.start, language)
        return first if last == self.start else f"{first} – {day_words(last, language)}"


_ROOM: Final = 14  # bars that a drawing has room for at least; a few would be slabs otherwise


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars by day or week; a bar of `most` is as high as the drawing."""

    bars: tuple[Bar, ...]
    most: int
    unit: str

    def drawn(self, name: str, language: str = "en") -> "Markup":
        """Return the drawing; each bar with an address is a link, and a script can let a reader choose several bars."""
        shapes = [_bar(place, bar, self.most, language) for place, bar in enumerate(self.bars)]
        title = f"{name}: {day_words(self.bars[0].start, language)} – {day_words(self.bars[-1].start, language)}"
        if not any(bar.address for bar in self.bars):
            return _svg("histogram", max(len(shapes), _ROOM), title, shapes)
        first = self.bars[0]
        span = {"data-start": first.start, "data-step": (first.end - first.start).days, "data-bars": len(shapes)}
        return _svg("histogram", max(len(shapes), _ROOM), title, shapes, role="group", **span)

    @property
    def is_short(self) -> bool:
        """Return whether the bars leave room to their right."""
        return len(self.bars) < _ROOM


def bars(counts: Iterable[tuple[date, int]]) -> tuple[Bar, ...]:
    """A bar for each day from the first to the last, or for each week where those are many; at most the latest."""
    known = dict(counts)
    if not known:
        return ()
    last = max(known)
    first = max(min(known), last - _MOST_BARS * _WEEK)
    days = [first + timedelta(days=after) for after in range((last - first).days + 1)]
    if len(days) <= _MOST_DAYS:
        return tuple(Bar(day, day + timedelta(days=1), known.get(day, 0)) for day in days)
    weeks = groupby(days, key=_monday)
    return tuple(Bar(start, start + _WEEK, sum(known.get(day, 0) for day in week)) for start, week in weeks)


def on_common_days(
    first: Iterable[tuple[date, int]], second: Iterable[tuple[date, int]]
) -> tuple[list[tuple[date, int]], list[tuple[date, int]]]:
    """Both counts with noughts at the ends, so that both are drawn over the same days."""
    left, right = dict(first), dict(second)
    ends = {day for counts in (left, right) if counts for day in (min(counts), max(counts))}
    noughts = dict.fromkeys(ends, 0)
    return list((noughts | left).items()), list((noughts | right).items())


def _monday(day: date) -> date:
    """The first day of the week."""
    return day - timedelta(days=day.weekday())


def histogram(
    counts: Iterable[tuple[date, int]], address: Callable[[Bar], str] | None = None, most: int = 0
) -> Histogram | None:
    """The counts as bars, each with its `address` if it counts anything; None where there is nothing to draw.

    A bar of `most` is as high as the drawing; by default the highest bar is.
    """
    counted = bars(counts)
    if not counted:
        return None
    if address is not None:
        counted = tuple(replace(bar, address=address(bar)) if bar.count else bar for bar in counted)
    unit = "day" if counted[0].end - counted[0].start == timedelta(days=1) else "week"
    return Histogram(counted, max(most, *(bar.count for bar in counted)), unit)


def _bar(place: int, bar: Bar, most: int, language: str) -> "Markup":
    from markupsafe import Markup

    height = _height(bar.count, most)
    shape = (place + 0.07, _HEIGHT - height, height)
    if not bar.address:
        plain = Markup('<g><title>%s: %d</title><rect x="%g" y="%g" width="0.86" height="%g"/></g>')
        return plain % (bar.label(language), bar.count, *shape)
    linked = Markup(
        '<a href="%s" tabindex="-1"><title>%s: %d</title><rect class="hit" x="%d" y="0" width="1" height="100"/>'
        '<rect x="%g" y="%g" width="0.86" height="%g"/></a>'
    )
    return linked % (bar.address, bar.label(language), bar.count, place, *shape)


def _height(count: int, most: int) -> float:
    """The height of a bar; what is there at all can be seen."""
    return max(_HEIGHT * count / most, 2.0) if count else 0.0


def sparkline(counts: Sequence[float], name: str) -> "Markup":
    """A small row of bars without letters, the oldest first."""
    from markupsafe import Markup

    most = max(counts, default=0) or 1
    shapes = [
        Markup('<rect x="%g" y="%g" width="0.8" height="%g"/>')
        % (place + 0.1, _HEIGHT - _HEIGHT * count / most, _HEIGHT * count / most)
        for place, count in enumerate(counts)
    ]
    return _svg("spark", max(len(counts), 1), name, shapes)


def ends_of(count: int, last: date, language: str = "en") -> tuple[str, str]:
    """The first and the last of so many days, as a reader writes them beside a small chart: "2 Mar"."""
    return _short_day(last - timedelta(days=count - 1), language), _short_day(last, language)


def _short_day(day: date, language: str) -> str:
    """The day without its year, "2 Mar"."""
    if language == "en":
        return f"{day.day} {day:%b}"
    from babel.dates import format_skeleton

    return format_skeleton("MMMd", datetime(day.year, day.month, day.day), locale=language)  # noqa: DTZ001 - a day


def share(count: int, most: int) -> "Markup":
    """A bar beside a number; it says nothing that the number does not, so readers of screens do not meet it."""
    from markupsafe import Markup

    width = f"{100 * count / most:.3g}" if most else "0"
    return Markup(
        '<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="10"/></svg>'
    ).format(width)


def moments(places: Sequence[tuple[float, str]], name: str) -> "Markup":
    """Marks on a line of time, each at a place in [0, 1] with the class that says what it is."""
    from markupsafe import Markup

    marks = [
        Markup('<rect class="{}" x="{}" y="10" width="0.8" height="80"/>').format(kind, f"{place * 99:.4g}")
        for place, kind in places
    ]
    line = Markup('<rect class="axis" x="0" y="48" width="100" height="4"/>')
    return _svg("moments", 100, name, [line, *marks])


def _svg(kind: str, width: int, title: str, shapes: Sequence["Markup"], **attributes: object) -> "Markup":
    """The shapes as one drawing. An image has no links for a screen reader, so a drawing with links is a group."""
    from markupsafe import Markup

    written = Markup("").join(Markup(' {}="{}"').format(*pair) for pair in ({"role": "img"} | attributes).items())
    return Markup('<svg class="{}" viewBox="0 0 {} 100" preserveAspectRatio="none" aria-label="{}"{}>{}</svg>').format(
        kind, width, title, written, Markup("").join(shapes)
    )
