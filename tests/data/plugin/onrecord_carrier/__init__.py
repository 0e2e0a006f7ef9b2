"""An example plug-in: the target "carrier:FILE" appends each message to a file, on a line."""

from pathlib import Path

from onrecord.connectors.http.client import HttpClient
from onrecord.errors import UsageError, WorldError
from onrecord.model import Delivery
from onrecord.ports import Notifier
from onrecord.settings import Settings
from onrecord.text.messages import statement_summaries


class Carrier:
    """Appends one line for each message."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def send(self, delivery: Delivery) -> None:
        """Append the line; WorldError if the file cannot be written."""
        line = " | ".join(
            " ".join(f"{each.headline}: {each.words} {each.origin} {each.link}".split())
            for each in statement_summaries(delivery)
        )
        try:
            with self._file.open("a", encoding="utf-8", errors="replace") as file:
                file.write(f"{line}\n")
        except OSError as error:
            raise WorldError(f"{self._file} cannot be written: {error.strerror}") from error


def connect(address: str, settings: Settings, http: HttpClient) -> Notifier:
    """The notifier for a file; UsageError for a relative path."""
    if not Path(address).is_absolute():
        raise UsageError(f"carrier {address!r} should be an absolute path")
    return Carrier(Path(address))
