"""Durations as people write them: 30s, 5m, 1h30m."""

import re
from datetime import timedelta
from typing import Final

_SIZES: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_PART: Final = re.compile(
    r"(\d+(?:\.\d+)?) ?(d|h|m|s)(?:ays?|ours?|in(?:utes?)?|ec(?:onds?)?)?(?: |$|(?=\d))", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


def duration(value: object) -> timedelta:
    """The duration in "90s", "5m", "1h30m", "2 days", a number of seconds, or a timedelta; ValueError for all else."""
    seconds = _seconds(value)
    if seconds is None or not 0 <= seconds < 10**9:
        raise ValueError('should be a duration such as "30s", "5m" or "1h30m"')
    return timedelta(seconds=seconds)


def _seconds(value: object) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        return _spelled_seconds(value.strip())
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _spelled_seconds(text: str) -> float | None:
    if _NUMBER.fullmatch(text):
        return float(text)
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text):
        return None
    return float(sum(float(number) * _SIZES[unit.lower()] for number, unit in parts))


def spelled(time: timedelta) -> str:
    """The duration as a person would write it."""
    left, parts = time.total_seconds(), []
    for unit, size in _SIZES.items():
        count, left = (left, 0) if unit == "s" else divmod(left, size)
        if count:
            parts.append(f"{count:g}{unit}")
    return "".join(parts) or "0s"
