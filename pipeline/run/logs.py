"""Log messages on standard error: lines for people, or JSON for a log collector.

The JSON has the field names of the Elastic Common Schema, by Elastic's own package, so that Elasticsearch and Kibana
read the messages of a cluster without a pipeline of rules.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal

from pipeline.text.messages import one_line

Style = Literal["text", "json"]

# Fields that repeat the message or tell one thread of ours from another.
_LEFT_OUT: Final = ("log.original", "log.origin", "process.thread", "process.name")


class _Line(logging.Formatter):
    """Formats a message as one line, with the time; `details` writes a traceback to a file and returns its path."""

    def __init__(self, details: Callable[[BaseException], str]) -> None:
        super().__init__()
        self._details = details

    def format(self, record: logging.LogRecord) -> str:
        line = one_line(record.getMessage())
        if record.exc_info and record.exc_info[1]:
            line += f"; details are in {self._details(record.exc_info[1])}"
        return f"{self.formatTime(record, '%H:%M:%S')} {line}"


@contextmanager
def logging_to_stderr(style: Style, details: Callable[[BaseException], str]) -> Iterator[None]:
    """Write the messages of our loggers, and no others, to standard error during the block."""
    logger = logging.getLogger("onrecord")
    handler = logging.StreamHandler()
    handler.setFormatter(_json() if style == "json" else _Line(details))
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = True


def log_to_stderr(style: Style) -> None:
    """Write our messages, and the errors of all libraries, to standard error for the rest of this process.

    Call it before Beam is imported where that is possible: its loggers warn of much that concerns nobody.
    """
    handler = logging.StreamHandler()
    text = logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S")
    handler.setFormatter(_json() if style == "json" else text)
    logging.basicConfig(level=logging.ERROR, handlers=[handler], force=True)  # a library may have set its own
    logging.getLogger("onrecord").setLevel(logging.INFO)


def _json() -> logging.Formatter:
    from ecs_logging import StdlibFormatter

    return StdlibFormatter(exclude_fields=_LEFT_OUT, extra={"service.name": "onrecord"})
