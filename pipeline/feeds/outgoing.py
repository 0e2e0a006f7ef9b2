"""Messages that a poll appends to the log: articles, and dead letters of unreadable bodies, files and mails."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from pipeline.codec import VERSIONS, encode
from pipeline.errors import InputError
from pipeline.feeds.state import digests, remembered, short
from pipeline.model import Article, FeedState, content_id
from pipeline.model.values import traceparent
from pipeline.ports import ARTICLES, DEAD_LETTERS, Clock, Log, Message
from pipeline.sources import FILES

logger = logging.getLogger("onrecord.poll")

FEED_BODIES: Final = "feed-bodies"  # the topic in the headers of these dead letters

_MOST_HEADER: Final = 500  # characters


def arrived(article: Article) -> Message:
    """Return the article as a message of the articles log; its headers spare other readers the decoding."""
    headers = {
        "schema": VERSIONS[Article],
        "id": article.id,
        "source": article.source,
        "time": article.fetched.isoformat(),
        "traceparent": traceparent(article.id),
    }
    return Message(article.id, encode(article), headers)


def unreadable(
    state: FeedState, body: bytes, content_type: str, error: str, now: datetime
) -> tuple[FeedState, Message | None]:
    """Return the state that remembers the unreadable body, and its dead letter (None if it has one already)."""
    digest = short("body", content_id(body.decode("latin-1")))
    if digest in digests(state.seen):
        return state, None
    return replace(state, seen=remembered(state.seen, [digest])), dead_letter(state, body, content_type, error, now)


def dead_letter(state: FeedState, body: bytes, content_type: str, error: str, now: datetime) -> Message:
    """Return the dead letter of a feed's body."""
    headers = {
        "step": "parse",
        "error": error[:_MOST_HEADER],
        "topic": FEED_BODIES,
        "feed": state.id,
        "content-type": content_type,
        "time": now.isoformat(),
    }
    return Message(state.id, body, headers)


def file_dead_letter(error: InputError, now: datetime) -> Message:
    """Return the dead letter of a file or a mail that cannot be read."""
    message = str(error)[:_MOST_HEADER].encode("utf-8", "replace").decode()  # the name of a file need not be UTF-8
    headers = {"step": error.step or "ingest", "error": message, "topic": FILES}
    return Message(FILES, error.original, headers | {"time": now.isoformat()})


def refused(message: Message, topic: str, error: InputError, now: datetime) -> Message:
    """Return the dead letter of a message that the log refuses, without its bytes, which are the problem."""
    headers = {"step": error.step, "error": str(error), "topic": f"{topic}, refused", "time": now.isoformat()}
    return Message(message.key, b"", {**message.headers, **headers})


def send(log: Log, articles: Iterable[Article], dead: Sequence[Message], clock: Clock) -> None:
    """Append new articles to the log, and dead letters to theirs."""
    if dead:
        log.append(DEAD_LETTERS, dead)
    if messages := [arrived(article) for article in articles]:
        _append(log, messages, clock)


def _append(log: Log, messages: Sequence[Message], clock: Clock) -> None:
    """Append messages; a message too large for the log becomes a dead letter without its bytes."""
    try:
        log.append(ARTICLES, messages)
    except InputError as error:
        if len(messages) > 1:
            for message in messages:
                _append(log, [message], clock)
            return
        logger.warning("%s", error)
        log.append(DEAD_LETTERS, [refused(messages[0], ARTICLES, error, clock())])
