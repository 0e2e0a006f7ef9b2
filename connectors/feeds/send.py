"""What a look found, sent on to the log."""

import logging
from collections.abc import Sequence

from connectors.feeds.look import Outcome
from pipeline.errors import InputError
from pipeline.ports import ARTICLES, DEAD_LETTERS, Clock, Log, Message
from pipeline.steps import arrived, refused

logger = logging.getLogger("onrecord.poll")


def send(log: Log, outcome: Outcome, clock: Clock) -> None:
    """Append its articles, and the body of a feed that could not be read to the dead letters."""
    if outcome.dead:
        log.append(DEAD_LETTERS, [outcome.dead])
    if outcome.articles:
        _append(log, [arrived(article) for article in outcome.articles], clock)


def _append(log: Log, messages: Sequence[Message], clock: Clock) -> None:
    """Append them; each that the log refuses as too large goes to the dead letters without its bytes."""
    try:
        log.append(ARTICLES, messages)
    except InputError as error:
        if len(messages) > 1:
            for message in messages:
                _append(log, [message], clock)
            return
        logger.warning("%s", error)
        log.append(DEAD_LETTERS, [refused(messages[0], ARTICLES, error, clock())])
