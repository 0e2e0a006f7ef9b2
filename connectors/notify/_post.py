"""A message posted to a receiver, and what its answer means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from pydantic_core import to_json

from connectors.http.client import HttpClient
from pipeline.errors import RefusedError, UsageError, WorldError
from pipeline.headers import retry_after
from pipeline.locators import split
from pipeline.model import Delivery
from pipeline.settings import Settings

Shape = TypeVar("Shape", dict[str, Any], str)

_GONE: Final = frozenset({410})

MOST_BESIDE: Final = 500  # characters of what a chat is told beside the statement, so that all of it fits

_NO_CHANNEL: Final = frozenset({404, 410})  # what chats answer when a channel or its webhook was taken away


def checked(address: str, name: str) -> str:
    """The address, if it can be posted to; UsageError otherwise. Where it leads is checked when it is used."""
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
    """Post the body; returns when the receiver accepts it.

    RefusedError where the answer says that it is gone for good, WorldError for any other answer but 2xx. A redirect is
    not followed: it would carry the message to a place that nobody chose.
    """
    answer = outside.post(url, body, headers, timeout)
    if 200 <= answer.status < 300:
        return
    if answer.status in gone:
        raise RefusedError(f"{url} answers {answer.status}, it is gone")
    wait = retry_after(answer.headers.get("retry-after", ""), datetime.now(UTC))
    raise WorldError(f"{url} answers {answer.status}", retry_after=wait)


def fitting(shape: Callable[[int], Shape], size: int) -> Shape:
    """The first of the shapes for ever fewer characters of each text that has no more than so many bytes as JSON."""
    *longer, least = (1_000, 500, 250, 120, 60, 30)
    made = (shape(characters) for characters in longer)
    return next((each for each in made if len(to_json(each)) <= size), None) or shape(least)


def within(address: str, characters: int) -> str:
    """The address, '' where a digest with so many characters for each text has no room for it."""
    return address if len(address) <= 4 * characters else ""


@dataclass(frozen=True, slots=True)
class Chat:
    """Posts each delivery to a chat's incoming webhook, in the shape that it reads."""

    url: str
    shape: Callable[[Delivery, str], dict[str, Any]]
    settings: Settings
    outside: HttpClient

    def send(self, delivery: Delivery) -> None:
        """See Notifier."""
        body = to_json(self.shape(delivery, self.settings.web.address))
        headers = {"content-type": "application/json"}
        post(self.outside, self.url, body, headers, self.settings.webhook.timeout, gone=_NO_CHANNEL)
