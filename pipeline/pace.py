"""When a feed is looked at, by its rhythm and by the manners that its publisher asks for.

What a publisher says, in headers or in the body, is the least pause, up to a day. Where nothing is said, the settings'
usual pause is the least. Every pause is made a little longer, by a share that is the feed's own, so that feeds that
were added together drift apart.
"""

from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit

from pipeline.model import Asked, Feed
from pipeline.rhythm import pause
from pipeline.settings import Poll
from pipeline.websub import is_reliable

_LONGEST_TOLD: Final = timedelta(days=1)  # that ttl, max-age and the like are believed
_LONGEST_ASKED: Final = timedelta(days=7)  # that Retry-After is believed
_BEHIND_PUSHES: Final = timedelta(hours=2)  # between looks at a feed whose news is pushed
_SPREAD: Final = 0.1
_MOST_SPREAD: Final = timedelta(minutes=10)
_HOUR: Final = timedelta(hours=1)


def after_success(feed: Feed, now: datetime, poll: Poll) -> datetime:
    """When to look again at a feed that answered as it should."""
    told = _told(feed.asked)
    least = max(told, min(poll.least, poll.every)) if told else poll.every
    if is_reliable(feed.push, now):
        least = max(least, min(_BEHIND_PUSHES, poll.most))
    return _admitted(feed, now, max(least, pause(feed.rhythm, now, poll)))


def after_failure(feed: Feed, retry_after: timedelta | None, now: datetime, poll: Poll) -> datetime:
    """When to look again at a feed that has failed `feed.failures` times in a row, this time included.

    The pause doubles each time, up to the settings' longest. A server that asks for a longer one gets it, up to a week.
    """
    doubled = poll.every * 2 ** min(max(feed.failures - 1, 0), 20)
    wait = max(min(doubled, max(poll.longest, poll.every)), min(retry_after or timedelta(0), _LONGEST_ASKED))
    return _admitted(feed, now, max(wait, _told(feed.asked)))


def due(feeds: Iterable[Feed], busy: Container[str], now: datetime) -> list[Feed]:
    """The feeds to be looked at now, the most overdue first: one a host, and none of a host that is busy or held."""
    waiting = [feed for feed in feeds if not feed.gone and feed.next_check <= now and not _quiet(feed.asked, now)]
    if not waiting:
        return []
    held = {host(feed) for feed in feeds if feed.asked.held > now}
    first: dict[str, Feed] = {}
    for feed in sorted(waiting, key=lambda feed: feed.next_check):
        first.setdefault(host(feed), feed)
    return [feed for name, feed in first.items() if name not in busy and name not in held]


def host(feed: Feed) -> str:
    """The host that a look at the feed goes to, '' where its address is none."""
    try:
        return urlsplit(feed.location or feed.url).hostname or ""
    except ValueError:
        return ""


def own_hour(feed: Feed) -> int:
    """The hour of the day (UTC) that is the feed's own, for what is to be done about once a day."""
    return int(_share(feed.id) * 24)


def _told(asked: Asked) -> timedelta:
    return min(timedelta(seconds=max(asked.pause, asked.lifetime)), _LONGEST_TOLD)


def _admitted(feed: Feed, now: datetime, wait: timedelta) -> datetime:
    """The end of the pause, the feed's own share longer, or the end of the hours after it that are to be left out."""
    share = _share(feed.id)
    then = now + wait + share * min(_SPREAD * wait, _MOST_SPREAD)
    if not _quiet(feed.asked, then):
        return then
    hour = then.replace(minute=0, second=0, microsecond=0)
    while _quiet(feed.asked, hour):
        hour += _HOUR
    return hour + share * _MOST_SPREAD


def _quiet(asked: Asked, time: datetime) -> bool:
    """Whether the publisher wants no look in this hour. Who leaves out every hour or day has not meant it."""
    hours = asked.hours if len(asked.hours) < 24 else ()
    days = asked.days if len(asked.days) < 7 else ()
    return time.hour in hours or time.weekday() in days


def _share(feed_id: str) -> float:
    """A number in [0, 1) that is the feed's for good."""
    return int.from_bytes(blake2b(feed_id.encode(), digest_size=4).digest()) / 2**32
