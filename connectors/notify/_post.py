"""Post a message to a receiver, and interpret the response."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from pydantic_core import to_json

from connectors.http.client import HttpClient
from pipeline.errors import RefusedError, UsageError, WorldError
from pipeline.model import Delivery
from pipeline.settings import Settings
from pipeline.text.http import retry_after, split
from pipeline.text.wording import Locale

Shape = TypeVar("Shape", dict[str, Any], str)

_GONE: Final = frozenset({410})

MOST_BESIDE: Final = 500  # characters of each text beside the statement, so that the whole message fits

NO_CHANNEL: Final = frozenset({404, 410})  # the response of chats whose channel or webhook was removed


def locale_of(settings: Settings) -> Locale:
    """Return the language and the time zone of the desk, in which messages are written."""
    return Locale(settings.web.language, settings.web.zone)


def checked(address: str, name: str) -> str:
    """Return the address if it is a web address, else raise UsageError. Its host is checked on use."""
    parts = split(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"target {name}:{address} has no http or https address after {name}:")
    return address


def post(
    outside: HttpClient,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    timeout: timedelta,
    *,
    gone: frozenset[int] = _GONE,
) -> None:
    """Post the body and return when the receiver has accepted it.

    RefusedError where the answer says that it is gone for good, WorldError for any other answer but 2xx. A redirect is
    not followed: it would carry the message to a place that nobody chose.
    """
    answer = outside.post(url, body, headers, timeout)
    if 200 <= answer.status < 300:
        return
    if answer.status in gone:
        raise RefusedError(f"{url} answers {answer.status}: it is gone")
    wait = retry_after(answer.headers.get("retry-after", ""), datetime.now(UTC))
    raise WorldError(f"{url} answers {answer.status}", retry_after=wait)


def fitting(shape: Callable[[int], Shape], size: int) -> Shape:
    """Return the message with the longest texts that has at most `size` bytes as JSON."""
    *longer, least = (1_000, 500, 250, 120, 60, 30)
    shapes = (shape(characters) for characters in longer)
    return next((message for message in shapes if len(to_json(message)) <= size), None) or shape(least)


def within(address: str, characters: int) -> str:
    """Return the address, or '' if a digest with this many characters for each text has no room for it."""
    return address if len(address) <= 4 * characters else ""


@dataclass(frozen=True, slots=True)
class Chat:
    """Posts each delivery to the incoming webhook of a chat, in the chat's own format."""

    url: str
    shape: Callable[[Delivery, str, Locale], dict[str, Any]]
    settings: Settings
    outside: HttpClient

    def send(self, delivery: Delivery) -> None:
        """Post the delivery; see `Notifier`."""
        body = to_json(self.shape(delivery, self.settings.web.address, locale_of(self.settings)))
        headers = {"content-type": "application/json"}
        post(self.outside, self.url, body, headers, self.settings.webhook.timeout, gone=NO_CHANNEL)
