"""What is found by day: days of the calendar in UTC, and how many things are of each."""

from collections.abc import Iterable
from datetime import date
from typing import Final

MOST_DAYS: Final = 366  # of those of which something was found, the latest
DAY: Final = 86_400_000_000  # microseconds
BEFORE_1970: Final = date(1970, 1, 1).toordinal()  # days, from the first one on that a date can be


def latest(counted: Iterable[tuple[int, int]]) -> tuple[tuple[date, int], ...]:
    """The latest days, given by their number from that on which 1970 began, and how many things are of each."""
    newest = sorted(counted, reverse=True)[:MOST_DAYS]
    return tuple((date.fromordinal(day + BEFORE_1970), found) for day, found in newest)
