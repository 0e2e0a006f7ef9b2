"""The error tree: errors of an input, of the world, of the settings, of a command or of a query."""

from collections.abc import Mapping
from datetime import timedelta


class OnRecordError(Exception):
    """Root of all errors that we raise. Its text is one line for a user and begins with the subject."""

    exit_code = 1


class InputError(OnRecordError):
    """An article, feed body or file that cannot be processed: dead-letter it and go on.

    `original` holds its bytes if the code that catches the error has no other access to them.
    """

    exit_code = 65  # EX_DATAERR, sysexits.h

    def __init__(self, message: str, step: str = "", original: bytes = b"") -> None:
        super().__init__(message)
        self.step = step
        self.original = original


class RejectedError(InputError):
    """Entries that a store rejects for good, after it stored all others. `reasons` maps their ids to reasons."""

    def __init__(self, message: str, reasons: Mapping[str, str]) -> None:
        super().__init__(message, step="index")
        self.reasons = reasons


class WorldError(OnRecordError):
    """A failure of the world: let it rise, back off for `retry_after` at least, and retry."""

    exit_code = 69  # EX_UNAVAILABLE

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(WorldError):
    """A permanent refusal (410 Gone, a private address): do not retry."""


class SettingsError(OnRecordError):
    """A setting that is unknown, of the wrong type or impossible. It stops the start, and its text names the key."""

    exit_code = 78  # EX_CONFIG


class UsageError(OnRecordError):
    """A request for something that does not exist or makes no sense."""

    exit_code = 2


class QueryError(UsageError):
    """An invalid query; `position` is the offset of the offending character."""

    def __init__(self, message: str, query: str, position: int) -> None:
        super().__init__(message)
        self.query = query
        self.position = position

    def __str__(self) -> str:
        return f"{self.args[0]}\n  {self.query}\n  {' ' * self.position}^"
