"""Times as stores keep them: whole microseconds since 1970."""

from datetime import datetime, timedelta

from pipeline.model import EPOCH


def microseconds(time: datetime) -> int:
    """An aware time as a number."""
    return (time - EPOCH) // timedelta(microseconds=1)


def moment(since_epoch: int) -> datetime:
    """The time of `microseconds`, in UTC."""
    return EPOCH + timedelta(microseconds=since_epoch)
