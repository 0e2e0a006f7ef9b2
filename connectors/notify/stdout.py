"""Alerts to standard output, one readable block each."""

import sys

from connectors.http import Outside
from pipeline.model import Delivery
from pipeline.settings import Settings
from pipeline.text import clean


class Printer:
    """Prints each alert once it is asked to."""

    def send(self, delivery: Delivery) -> None:
        """Print the alert."""
        statement = delivery.alert.statement
        lines = (f"{statement.speaker_name}: {statement.text}", statement.first.article.url, delivery.alert.why)
        sys.stdout.write("\n".join(clean(line) for line in lines) + "\n\n")
        sys.stdout.flush()


def connect(address: str, settings: Settings, outside: Outside) -> Printer:
    """The printer; it has no address."""
    return Printer()
