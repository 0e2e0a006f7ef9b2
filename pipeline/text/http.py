"""HTTP as text: web addresses taken apart and joined, and what the headers of a response say.

A malformed address has no parts and raises nothing.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit


def split(url: str) -> SplitResult:
    """The parts of an address, all of them empty where it is malformed."""
    try:
        parts = urlsplit(url)
        _ = (parts.hostname, parts.port)  # which are checked when they are read
    except ValueError:
        return urlsplit("")
    return parts


def web_address(url: str) -> str:
    """The address if a reader may be sent there, which takes http or https and a host; else ''."""
    parts = split(url)
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def joined(base: str, target: str) -> str:
    """The address that `target` means on the page at `base`, '' where it is malformed."""
    try:
        return urljoin(base, target)
    except ValueError:
        return ""


_FOREVER: Final = 10**8  # seconds: larger numbers mean no more than this

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)

_LINK = re.compile(r"<([^<>]{0,4000})>([^<]{0,1000})")

_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)

_NEVER_STORED = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,])", re.IGNORECASE)


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Return the wait in a Retry-After header (RFC 9110, 10.2.3: seconds or a date), or None if it has none."""
    if (seconds := _seconds(value)) is not None:
        return timedelta(seconds=seconds)
    then = date(value)
    return max(then - now, timedelta(0)) if then else None


def links(value: str) -> dict[str, str]:
    """The first target of each relation that a Link header (RFC 8288) names."""
    targets: dict[str, str] = {}
    for target, parameters in _LINK.findall(value[:16_000]):
        relations = _REL.search(parameters)
        for relation in (relations[1] or relations[2]).lower().split() if relations else ():
            targets.setdefault(relation, target.strip())
    return targets


def lifetime(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how long the answer stays fresh (RFC 9111, 4.2), its Age taken off; zero where the headers do not say.

    `max-age` wins over Expires. A response that must not be stored or must be validated each time is never fresh.
    """
    directives = headers.get("cache-control", "")
    if _NEVER_STORED.search(directives):
        return timedelta(0)
    if age := _MAX_AGE.search(directives):
        fresh = timedelta(seconds=min(int(age[1]), _FOREVER))
    elif expires := date(headers.get("expires", "")):
        fresh = expires - (date(headers.get("date", "")) or now)
    else:
        return timedelta(0)
    return max(fresh - timedelta(seconds=_seconds(headers.get("age", "")) or 0), timedelta(0))


def date(value: str) -> datetime | None:
    """Return the time that an HTTP date names; None for any other text."""
    from email.utils import parsedate_to_datetime

    try:
        then = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # a year of eleven digits
        return None
    return then if then.tzinfo else then.replace(tzinfo=UTC)


def _seconds(value: str) -> int | None:
    value = value.strip()
    return min(int(value[:12]), _FOREVER) if value.isascii() and value.isdigit() else None
