"""Values of all records: times, values on the wire, ids derived from content, spans of traces, buckets of state."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar
from zlib import crc32

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

FullText = Literal["auto", "always", "never"]

Value = TypeVar("Value")


class _InUtc:
    """Schema of a time on the wire: it must have a zone, and is converted to UTC."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], "CoreSchema"]) -> "CoreSchema":
        from pydantic_core import core_schema

        aware = core_schema.datetime_schema(tz_constraint="aware")
        return core_schema.no_info_after_validator_function(lambda time: time.astimezone(UTC), aware)


Time = Annotated[datetime, _InUtc()]


class _Joined:
    """Schema of a string that earlier versions wrote as a list of strings."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], "CoreSchema"]) -> "CoreSchema":
        from pydantic_core import core_schema

        joined = core_schema.list_schema(core_schema.str_schema())
        old = core_schema.no_info_after_validator_function("".join, joined)
        return core_schema.union_schema([core_schema.str_schema(), old], mode="left_to_right")


Seen = Annotated[str, _Joined()]


class _OnceYesOrNo:
    """Schema of a policy that earlier versions wrote as a boolean."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], "CoreSchema"]) -> "CoreSchema":
        from pydantic_core import core_schema

        old = core_schema.no_info_after_validator_function(
            lambda yes: "auto" if yes else "never", core_schema.bool_schema(strict=True)
        )
        return core_schema.union_schema([handler(source), old], mode="left_to_right")


PagePolicy = Annotated[FullText, _OnceYesOrNo()]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def content_id(*parts: str) -> str:
    """A 128-bit id in hex, equal for equal parts on every machine (BLAKE2b, RFC 7693)."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()


def trace_ids(article_id: str) -> tuple[int, int]:
    """The ids of an article's trace (128 bits) and of the trace's first span (64 bits)."""
    return int(content_id("trace", article_id), 16), int(content_id("span", article_id)[:16], 16)


def traceparent(article_id: str) -> str:
    """The value of the header `traceparent` for an article (W3C Trace Context, version 00, sampled)."""
    trace, span = trace_ids(article_id)
    return f"00-{trace:032x}-{span:016x}-01"


TracedStep = Literal["article", "extract", "decide", "index", "deliver"]


@dataclass(frozen=True, slots=True)
class Span:
    """A step of an article with its times; "article" is the first, from the fetch to the end of the extraction."""

    step: TracedStep
    article: str
    start: datetime
    end: datetime
    attributes: Mapping[str, str | int]
    error: str = ""


@lru_cache(maxsize=4096)
def slug(name: str) -> str:
    """The id of an actor or speaker with this name: 'Ursula von der Leyen' becomes 'ursula-von-der-leyen'."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return "-".join(re.findall(r"\w+", plain.casefold()))


# Each key of state costs a runner something, so articles and speakers share a fixed number of keys.
_ARTICLE_BUCKETS: Final = 128  # a job meets all of them within some hundred articles

_SPEAKER_BUCKETS: Final = 1024  # more, because the memory of a speaker is large

BUCKETS: Final = max(_ARTICLE_BUCKETS, _SPEAKER_BUCKETS)
"""Upper bound for both kinds of bucket."""


def article_bucket(article_id: str) -> int:
    """The bucket of an article. Indexes store it, so it must never change."""
    return _bucket(article_id, _ARTICLE_BUCKETS)


def speaker_bucket(speaker_id: str) -> int:
    """The bucket of a speaker. Indexes store it, so it must never change."""
    return _bucket(speaker_id, _SPEAKER_BUCKETS)


def _bucket(key: str, buckets: int) -> int:
    return crc32(key.encode("utf-8", "surrogatepass")) % buckets


def whole_number(cursor: str) -> int:
    """The number in a cursor, 0 for the empty one; UsageError for anything else."""
    if cursor and not cursor.isdecimal():
        raise UsageError(f"cursor {cursor!r} is not a number")
    return int(cursor or 0)


def microseconds(time: datetime) -> int:
    """An aware time as a number."""
    return (time - EPOCH) // timedelta(microseconds=1)


def moment(since_epoch: int) -> datetime:
    """The time of `microseconds`, in UTC."""
    return EPOCH + timedelta(microseconds=since_epoch)


def first_within(values: Iterable[Value], size: Callable[[Value], int], most: int) -> list[Value]:
    """Return the first values whose sizes are at most this together, at least one; read no further than that."""
    read, total = list[Value](), 0
    for value in values:
        total += size(value)
        if total > most and read:
            break
        read.append(value)
    return read
