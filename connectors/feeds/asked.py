"""What a feed's source asks of those who poll it: ttl, skipHours and skipDays of RSS 2.0, and the syndication module.

Read by pattern, as feedparser keeps the last of several hours alone. Sources: https://www.rssboard.org/rss-specification
(ttl in minutes; hours and days in GMT) and https://web.resource.org/rss/1.0/modules/syndication/.
"""

import re

from pipeline.model import Asked

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_LONGEST = 31_536_000  # seconds
_TTL = re.compile(r"<ttl\s*>\s*(\d{1,7})\s*</ttl\s*>", re.IGNORECASE)
_HOURS = re.compile(r"<skipHours\s*>(.{0,2000}?)</skipHours\s*>", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(r"<hour\s*>\s*(\d{1,2})\s*</hour\s*>", re.IGNORECASE)
_SKIPPED_DAYS = re.compile(r"<skipDays\s*>(.{0,2000}?)</skipDays\s*>", re.IGNORECASE | re.DOTALL)
_DAY = re.compile(r"<day\s*>\s*([a-z]{1,20})\s*</day\s*>", re.IGNORECASE)
_PERIOD = re.compile(r"<(?:\w{1,20}:)?updatePeriod\s*>\s*([a-z]{1,20})\s*</", re.IGNORECASE)
_FREQUENCY = re.compile(r"<(?:\w{1,20}:)?updateFrequency\s*>\s*(\d{1,7})\s*</", re.IGNORECASE)


def asked(source: str) -> Asked:
    """What the source asks for; nothing of what cannot be meant, such as hour 31 or a ttl of 0."""
    source = channel(source)
    return Asked(
        pause=min(max(_ttl(source), _period(source)), _LONGEST),
        hours=tuple(sorted({int(hour) % 24 for hour in _within(_HOURS, _HOUR, source) if int(hour) <= 24})),
        days=tuple(
            sorted({_DAYS.index(d.lower()) for d in _within(_SKIPPED_DAYS, _DAY, source) if d.lower() in _DAYS})
        ),
    )


def channel(source: str) -> str:
    """The source without its entries, in so far as it begins or ends with what belongs to the channel."""
    starts = [start for tag in ("<item", "<entry") if (start := source.find(tag)) >= 0]
    if not starts:
        return source
    return source[: min(starts)] + source[max(source.rfind("</item"), source.rfind("</entry"), min(starts)) :]


def _ttl(source: str) -> int:
    found = _TTL.search(source)
    return int(found[1]) * 60 if found else 0


def _period(source: str) -> int:
    """Seconds between two updates; the module's default is once a day, which is believed only if it is said."""
    period, frequency = _PERIOD.search(source), _FREQUENCY.search(source)
    if not period or period[1].lower() not in _PERIODS:
        return 0
    return _PERIODS[period[1].lower()] // max(int(frequency[1]) if frequency else 1, 1)


def _within(block: re.Pattern[str], part: re.Pattern[str], source: str) -> list[str]:
    found = block.search(source)
    return part.findall(found[1]) if found else []
