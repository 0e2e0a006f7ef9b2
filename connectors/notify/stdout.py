"""Alerts to standard output, one readable block each, or with "stdout:json" one line of JSON each."""

import sys
import threading
from dataclasses import dataclass

from pydantic_core import to_json

from connectors.http.client import HttpClient
from pipeline.alerts import messages as told
from pipeline.codec import plain
from pipeline.errors import UsageError, WorldError
from pipeline.model import Delivery
from pipeline.settings import Settings

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
    """Who said what, where and why it is told, one on a line, and an empty line; a digest says first what it is of."""
    of = told.statement_summaries(delivery)
    opening = f"{told.summary(delivery)}. {told.held(delivery)}".rstrip() + "\n\n" if len(of) > 1 else ""
    return opening + "".join(map(_block, of))


def _block(one: told.StatementSummary) -> str:
    below = (one.origin, one.link, one.reason)
    lines = (f"{one.headline}: {one.words}", *(f"  {line}" for line in below if line))
    return "\n".join(lines) + "\n\n"


def line(delivery: Delivery) -> str:
    """The alerts as JSON, with the delivery's id."""
    also = [plain(alert) for alert in delivery.also]
    return to_json({"delivery": delivery.id, "alert": plain(delivery.alert), "also": also}).decode() + "\n"


def connect(address: str, settings: Settings, outside: HttpClient) -> Printer:
    """The printer; its address is nothing or "json"."""
    if address not in ("", "json"):
        raise UsageError(f"target stdout:{address} is neither stdout nor stdout:json")
    return Printer(as_json=address == "json")
