"""The error tree: about this input, about the world, about the settings, or about a query."""

from collections.abc import Mapping
from datetime import timedelta


class OnRecordError(Exception):
    """Root of all errors that we raise; its text is one line fit for a user, subject first."""

    exit_code = 1


class InputError(OnRecordError):
    """This article, feed body or file cannot be processed: dead-letter it and go on.

    `original` are its bytes, where whoever catches the error has no other way to them.
    """

    exit_code = 65  # EX_DATAERR, sysexits.h

    def __init__(self, message: str, step: str = "", original: bytes = b"") -> None:
        super().__init__(message)
        self.step = step
        self.original = original


class RejectedError(InputError):
    """A store will never take some of the entries it was given, and has taken all others; `reasons` by their ids."""

    def __init__(self, message: str, reasons: Mapping[str, str]) -> None:
        super().__init__(message, step="index")
        self.reasons = reasons


class WorldError(OnRecordError):
    """The world refused or failed: let it rise, back off by `retry_after` at the least, try again."""

    exit_code = 69  # EX_UNAVAILABLE

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(WorldError):
    """The world refused for good (410 Gone, a private address): do not try again."""


class SettingsError(OnRecordError):
    """A setting is unknown, of the wrong type or impossible: stops the start and names the key."""

    exit_code = 78  # EX_CONFIG


class UsageError(OnRecordError):
    """What the user asked for does not exist or makes no sense."""

    exit_code = 2


class QueryError(UsageError):
    """A query that cannot be understood; `position` is the offending character's offset in it."""

    def __init__(self, message: str, query: str, position: int) -> None:
        super().__init__(message)
        self.query = query
        self.position = position

    def __str__(self) -> str:
        return f"{self.args[0]}\n  {self.query}\n  {' ' * self.position}^"
