"""Alerts to standard output, one readable block each, or with "stdout:json" one line of JSON each."""

import sys
import threading
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from connectors.http import Outside
from pipeline.codec import plain
from pipeline.errors import UsageError, WorldError
from pipeline.model import Delivery, Statement
from pipeline.settings import Settings
from pipeline.text import clean

_lock = threading.Lock()  # a block is never torn by another


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints each alert."""

    as_json: bool = False

    def send(self, delivery: Delivery) -> None:
        """See Notifier."""
        text = line(delivery) if self.as_json else block(delivery)
        with _lock:
            try:
                sys.stdout.write(text)
                sys.stdout.flush()
            except OSError as error:
                raise WorldError(f"standard output takes no alert: {error}") from error


def block(delivery: Delivery) -> str:
    """Who said what, where and why it is told, one on a line, and an empty line."""
    alert = delivery.alert
    article = alert.statement.first.article
    lines = (
        f"{_what(alert.statement)}: {alert.statement.text}",
        f"  {article.source}, {article.first_seen:%Y-%m-%d %H:%M} UTC: {article.title}",
        f"  {article.url}",
        f"  {alert.watch_name}: {alert.why}",
    )
    return "\n".join(_one_line(line) for line in lines if line.strip()) + "\n\n"


def line(delivery: Delivery) -> str:
    """The alert as JSON, with the delivery's id."""
    told: dict[str, Any] = {"delivery": delivery.id, "alert": plain(delivery.alert)}
    return to_json(told).decode() + "\n"


def connect(address: str, settings: Settings, outside: Outside) -> Printer:
    """The printer; its address is nothing or "json"."""
    if address not in ("", "json"):
        raise UsageError(f"target stdout:{address} is neither stdout nor stdout:json")
    return Printer(as_json=address == "json")


def _what(statement: Statement) -> str:
    verb = {"asserted": "says", "denied": "denies", "asked": "asks"}.get(statement.first.quote.modality, "is quoted")
    return f"{statement.speaker_name} {verb}{' otherwise' if statement.changed_from else ''}"


def _one_line(text: str) -> str:
    """The text without line ends and control characters, which could make a terminal do things."""
    indent = text[: len(text) - len(text.lstrip(" "))]
    return indent + " ".join(clean(text).split())
