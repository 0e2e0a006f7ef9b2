"""A message posted to a receiver, and what its answer means."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from connectors.http import Outside, retry_after
from pipeline.errors import RefusedError, UsageError, WorldError

_GONE = 410


def checked(address: str, name: str) -> str:
    """The address, if it can be posted to; UsageError otherwise. Where it leads is checked when it is used."""
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"target {name}:{address} has no http or https address after {name}:")
    return address


def post(outside: Outside, url: str, body: bytes, headers: Mapping[str, str], timeout: timedelta) -> None:
    """Post the body; returns when the receiver accepts it.

    RefusedError where the receiver is gone for good, WorldError for any other answer but 2xx. A redirect is not
    followed: it would carry the message to a place that nobody chose.
    """
    answer = outside.post(url, body, headers, timeout)
    if 200 <= answer.status < 300:
        return
    if answer.status == _GONE:
        raise RefusedError(f"{url} answers 410, it is gone")
    wait = retry_after(answer.headers.get("retry-after", ""), datetime.now(UTC))
    raise WorldError(f"{url} answers {answer.status}", retry_after=wait)
