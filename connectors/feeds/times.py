"""Times as JSON and HTML write them."""

from datetime import UTC, datetime


def time(given: str) -> datetime | None:
    """A time of ISO 8601, in UTC where it names no zone; None for what is none."""
    try:
        date = datetime.fromisoformat(given.strip())
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
