"""The decisions of polling: what of a feed's body is new, and when to look again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from pipeline.entries import Contents, Identified, identified, published
from pipeline.model import Feed, content_id
from pipeline.ports import Message
from pipeline.settings import Poll

FEED_BODIES: Final = "feed-bodies"  # what dead letters of bodies name as their topic
_OLD = timedelta(days=14)
_ARCHIVE = 10
_LONGEST_ASKED = timedelta(days=7)  # that a server's Retry-After is believed
_LEAST_MEMORY = 1_000
_MOST_ERROR = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said when a feed was looked at. `url` is the address that answered, after redirects."""

    status: int
    url: str
    body: bytes = b""
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    moved: str = ""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Fresh:
    """An entry to be sent on, under the digest by which it will be known."""

    found: Identified
    digest: str
    backfill: bool


def conditions(feed: Feed) -> dict[str, str]:
    """The headers that ask for the feed only if it has changed."""
    asked = {"if-none-match": feed.etag, "if-modified-since": feed.last_modified}
    return {name: value for name, value in asked.items() if value}


def trouble(feed: Feed, answer: Answer) -> str:
    """What is wrong with an answer, or '' for one that holds a body or says that nothing has changed."""
    if answer.status == HTTPStatus.NOT_MODIFIED and conditions(feed):
        return ""
    if 200 <= answer.status < 300:
        return "" if answer.body.strip() else f"{answer.url} answers {answer.status} with an empty body"
    names = {status.value: f" {status.phrase}" for status in HTTPStatus}
    return f"{answer.url} answers {answer.status}{names.get(answer.status, '')}"


def fresh(feed: Feed, contents: Contents, now: datetime) -> list[Fresh]:
    """What of a body was not sent on before, oldest first.

    All of a feed's first body is a backfill. Later, ten or more unseen entries that are older than two weeks are an
    archive announced anew: those are a backfill. A single late article is news.
    """
    seen = set(feed.seen)
    unseen = {digest: found for found in identified(feed, contents.entries) if (digest := _digest(found)) not in seen}
    dates = {digest: published(found.entry, now) or now for digest, found in unseen.items()}
    old = {digest for digest, date in dates.items() if date < now - _OLD}
    backfill = set(unseen) if not feed.polled else old if len(old) >= _ARCHIVE else set()
    # Feeds begin with the newest. Dates, where there are any, know better than the order.
    news = [Fresh(found, digest, digest in backfill) for digest, found in reversed(unseen.items())]
    return sorted(news, key=lambda one: dates[one.digest])


def wants_page(feed: Feed, one: Fresh) -> bool:
    """Whether the page that an entry leads to is to be read for its text."""
    return feed.full_text and not one.found.entry.whole and bool(one.found.entry.url)


def succeeded(feed: Feed, answer: Answer, contents: Contents | None, now: datetime, poll: Poll) -> Feed:
    """The feed after a look that worked; `contents` are None where nothing had changed."""
    looked = replace(
        feed,
        location=answer.moved or feed.location,
        next_check=now + poll.every,
        last_success=now,
        last_error="",
        failures=0,
        polled=True,
    )
    if contents is None:
        return looked
    return replace(
        looked,
        title=feed.title or contents.title,
        language=feed.language or contents.language,
        etag=answer.etag,
        last_modified=answer.last_modified,
        seen=_remembered(feed.seen, [_digest(found) for found in identified(feed, contents.entries)]),
    )


def failed(feed: Feed, error: str, retry_after: timedelta | None, now: datetime, poll: Poll) -> Feed:
    """The feed after a look that did not work: the pause doubles with each failure in a row, up to the longest.

    Where the server asks for a longer pause it gets it, up to a week. A new location that fails is forgotten, so that
    the next look goes to the feed's own address; so are validators, which belong to a body that was not read.
    """
    doubled = poll.every * 2 ** min(feed.failures, 20)
    pause = max(min(doubled, max(poll.longest, poll.every)), min(retry_after or timedelta(0), _LONGEST_ASKED))
    return replace(
        feed,
        location="",
        next_check=now + pause,
        last_error=error[:_MOST_ERROR],
        failures=feed.failures + 1,
        etag="" if feed.location else feed.etag,
        last_modified="" if feed.location else feed.last_modified,
    )


def gone(feed: Feed, now: datetime) -> Feed:
    """The feed after its server has said that it is gone for good: it is not looked at again."""
    return replace(feed, gone=True, last_error=f"410 Gone since {now:%Y-%m-%d}", failures=feed.failures + 1)


def with_memory(asked: Feed, looked: Feed) -> Feed:
    """The feed as the user has it by now, with the polling memory of a look that began earlier."""
    return replace(looked, source=asked.source, full_text=asked.full_text)


def unreadable(feed: Feed, body: bytes, content_type: str, error: str, now: datetime) -> tuple[Feed, Message | None]:
    """The feed that remembers a body that cannot be read, and its dead letter, None if that body had one already."""
    digest = _short("body", content_id(body.decode("latin-1")))
    if digest in feed.seen:
        return feed, None
    return replace(feed, seen=_remembered(feed.seen, [digest])), dead_letter(feed, body, content_type, error, now)


def dead_letter(feed: Feed, body: bytes, content_type: str, error: str, now: datetime) -> Message:
    """The message for the dead letters of a feed's body."""
    headers = {
        "step": "parse",
        "error": error[:_MOST_ERROR],
        "topic": FEED_BODIES,
        "feed": feed.id,
        "content-type": content_type,
        "time": now.isoformat(),
    }
    return Message(feed.id, body, headers)


def _digest(found: Identified) -> str:
    return _short(found.article_id, found.entry.title, found.entry.text)


def _short(*parts: str) -> str:
    # 64 bits: among the thousand or so that one feed remembers, two are never the same.
    return content_id(*parts)[:16]


def _remembered(seen: Sequence[str], present: Iterable[str]) -> tuple[str, ...]:
    """What was seen, with what is present as the newest; what is present is never forgotten for want of room."""
    latest = dict.fromkeys(present)
    earlier = [digest for digest in seen if digest not in latest]
    room = max(_LEAST_MEMORY - len(latest), len(latest))
    return (*earlier[-room:], *latest)
