"""Dead letters tried again: sent back to where they failed, or read anew where they had not become articles yet."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pipeline.errors import InputError
from pipeline.metrics import REDRIVE
from pipeline.model import Article
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, QUOTES, Log, Message, Record
from pipeline.steps import arrived

Reread = Callable[[Record], list[Article]]
"""The articles in the bytes of a dead letter; InputError where they are still not to be read."""

_ABOUT_THE_FAILURE: Final = frozenset({"step", "error", "topic", "origin", "time"})


def redrive(log: Log, most: int, reread: Reread, now: datetime) -> int:
    """Try the oldest dead letters again; how many. What is still not to be read becomes a dead letter again.

    What the steps of the pipeline make of the others is told when they work on them. A crash in between tries again
    what was tried already, which changes nothing.
    """
    records = log.read(DEAD_LETTERS, REDRIVE, most)
    back = [failure for record in records if (failure := _again(log, record, reread, now))]
    log.append(DEAD_LETTERS, back)
    log.commit(REDRIVE, records)
    return len(records)


def _again(log: Log, record: Record, reread: Reread, now: datetime) -> Message | None:
    """Send the record on to where it failed; the message for the dead letters if that is not possible."""
    topic = record.headers.get("topic", "")
    if topic in (ARTICLES, QUOTES, ALERTS):
        headers = {name: value for name, value in record.headers.items() if name not in _ABOUT_THE_FAILURE}
        log.append(topic, [Message(record.key, record.value, headers)])
        return None
    try:
        found = reread(record)
    except InputError as error:
        return Message(record.key, record.value, {**record.headers, "error": str(error), "time": now.isoformat()})
    log.append(ARTICLES, [arrived(article) for article in found])
    return None
