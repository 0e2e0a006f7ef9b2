"""The wire format: records of the model as versioned JSON with a published JSON Schema.

A message is `{"schema": "article/1", "value": {...}}`. Readers ignore unknown fields; a change that an old reader would
misread gets a new version number.
"""

from contextlib import suppress
from functools import cache
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from pipeline.errors import InputError
from pipeline.model import (
    Actor,
    Alert,
    ApiToken,
    Article,
    Change,
    Decision,
    Delivery,
    Document,
    Feed,
    FeedState,
    Group,
    LastUse,
    Mark,
    Mute,
    PushSubscription,
    Report,
    Session,
    Triage,
    User,
    Watch,
)

T = TypeVar("T")

VERSIONS: Final[dict[type, str]] = {
    Article: "article/1",
    Document: "document/1",
    Report: "report/1",
    Decision: "decision/1",
    Alert: "alert/1",
    Delivery: "delivery/1",
    Feed: "feed/1",
    FeedState: "feed-state/1",
    Actor: "actor/1",
    Watch: "watch/1",
    Group: "group/1",
    Mute: "mute/1",
    Mark: "mark/1",
    Triage: "triage/1",
    User: "user/1",
    Session: "session/1",
    ApiToken: "token/1",
    LastUse: "last-use/1",
    PushSubscription: "push-subscription/1",
    Change: "change/1",
}


@cache
def _opening(version: str) -> bytes:
    return b'{"schema":"%s","value":' % version.encode()


@cache
def _adapter(version: str) -> TypeAdapter[Any]:
    noun = next(noun for noun, name in VERSIONS.items() if name == version)
    return TypeAdapter(noun)


def encode(record: object) -> bytes:
    """The message of a record whose type is in VERSIONS."""
    version = VERSIONS[type(record)]
    return b"%s%s}" % (_opening(version), _adapter(version).dump_json(record))


def plain(record: object) -> Any:
    """The record as JSON-ready dicts, lists, strings and numbers, without the envelope."""
    return _adapter(VERSIONS[type(record)]).dump_python(record, mode="json")


def decode(noun: type[T], message: bytes | str) -> T:
    """The record in a message; InputError if it is not JSON, has another schema, or lacks a field."""
    if isinstance(message, str):  # an index of JSON returns text
        message = message.encode("utf-8", "surrogatepass")
    opening = _opening(VERSIONS[noun])
    if message.startswith(opening) and message.endswith(b"}"):  # our own format: parse once
        with suppress(ValidationError):  # the slow path below names the field
            ours: T = _adapter(VERSIONS[noun]).validate_json(message[len(opening) : -1])
            return ours
    try:
        envelope = from_json(message)
    except ValueError as error:
        raise InputError(f"message is not JSON: {error}", step="decode") from error
    schema = envelope.get("schema") if isinstance(envelope, dict) else None
    if schema != VERSIONS[noun]:
        raise InputError(f"message has schema {schema!r}, this version reads {VERSIONS[noun]!r}", step="decode")
    return from_plain(noun, envelope.get("value"))


def from_plain(noun: type[T], value: Any) -> T:
    """The record from the result of `plain`; InputError naming the first invalid field."""
    try:
        record: T = _adapter(VERSIONS[noun]).validate_python(value)
    except ValidationError as error:
        first_error = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first_error["loc"]) or "value"
        raise InputError(f"{VERSIONS[noun]}: {place}: {first_error['msg']}", step="decode") from error
    return record


def state_in_feed(message: bytes | str) -> FeedState | None:
    """The polling state inside a feed's message, where versions before feed-state/1 stored it; None without a state."""
    try:
        envelope = from_json(message)
    except ValueError as error:
        raise InputError(f"message is not JSON: {error}", step="decode") from error
    value = envelope.get("value") if isinstance(envelope, dict) else None
    if not isinstance(value, dict) or "polled" not in value:
        return None
    return from_plain(FeedState, value | {"title": "", "language": ""})


def json_schema(noun: type) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the messages of this type."""
    value = _adapter(VERSIONS[noun]).json_schema()
    definitions = value.pop("$defs", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": VERSIONS[noun],
        "type": "object",
        "required": ["schema", "value"],
        "properties": {"schema": {"const": VERSIONS[noun]}, "value": value},
        "$defs": definitions,
    }
