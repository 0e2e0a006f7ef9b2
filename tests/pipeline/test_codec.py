"""The wire format: every noun survives the round trip, and the published schemas are the model's."""

import gzip
import json
from datetime import UTC

import pytest

from pipeline.codec import VERSIONS, decode, encode, json_schema, state_in_feed
from pipeline.errors import InputError
from pipeline.model import Article, Feed, FeedState, LastUse, Report, WebSubSubscription
from tests import examples
from tests.schemas import FOLDER, published

NOUNS = [
    examples.article(),
    examples.document(),
    examples.report(),
    examples.decision(),
    examples.alert(),
    examples.delivery(),
    examples.feed(),
    examples.feed_state(etag='"1"', polled=True),
    examples.actor(),
    examples.watch(),
    examples.group(),
    examples.mute(),
    examples.mark(),
    examples.triage(),
    examples.user(),
    examples.session(),
    examples.token(),
    LastUse(id="70ce", at=examples.NOON),
    examples.push_subscription(),
    examples.change(),
]


@pytest.mark.parametrize("thing", NOUNS, ids=lambda thing: type(thing).__name__)
def test_round_trip_keeps_everything(thing: object) -> None:
    assert decode(type(thing), encode(thing)) == thing


@pytest.mark.parametrize("thing", NOUNS, ids=lambda thing: type(thing).__name__)
def test_message_fits_its_schema(thing: object) -> None:
    import jsonschema

    jsonschema.validate(json.loads(encode(thing)), json_schema(type(thing)))


def test_every_noun_on_the_wire_is_tried_here() -> None:
    assert {type(thing) for thing in NOUNS} == set(VERSIONS)


def test_published_schemas_are_those_of_the_model() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == published()


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (b"\xff\xfe", "not JSON"),
        (b"{", "not JSON"),
        (gzip.compress(b'{"schema": "article/1", "value": {}}', mtime=0)[:-4], "not JSON"),  # one name in every process
        (b"[]", "schema None"),
        (b'{"schema": "article/99", "value": {}}', "'article/99'"),
        (b'{"schema": "report/1", "value": {}}', "'report/1'"),
        (b'{"schema": "article/1", "value": {"id": 1}}', "article/1: id: "),
        (b'{"schema": "article/1"}', "article/1: value: "),
        (b'{"schema":"article/1","value":{"id":1}}', "article/1: id: "),
        (encode(examples.report())[:-1] + b"]", "not JSON"),
        (encode(examples.report()) + b"}", "not JSON"),
    ],
)
def test_a_message_that_cannot_be_read_says_why(message: bytes, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        decode(Article, message)


def test_a_message_stored_as_text_is_read() -> None:
    assert decode(Report, encode(examples.report()).decode()) == examples.report()


def test_an_unknown_field_is_ignored_so_that_newer_writers_can_be_read() -> None:
    message = json.loads(encode(examples.report()))
    message["value"]["quote"]["mood"] = "cheerful"
    assert decode(Report, json.dumps(message).encode()) == examples.report()


@pytest.mark.parametrize("time", ["2026-03-02T12:00:00", "yesterday", None])
def test_a_time_without_its_zone_is_refused(time: str | None) -> None:
    message = json.loads(encode(examples.article()))
    message["value"]["first_seen"] = time
    with pytest.raises(InputError, match="first_seen"):
        decode(Article, json.dumps(message).encode())


def test_a_time_of_another_zone_is_read_as_utc() -> None:
    message = encode(examples.article()).replace(b"2026-03-02T12:00:00Z", b"2026-03-02T13:30:00+01:30")
    assert decode(Article, message).first_seen == examples.NOON
    assert decode(Article, message).first_seen.tzinfo is UTC


def test_a_list_of_digests_of_an_earlier_version_is_read() -> None:
    old = b'{"schema": "feed/1", "value": {"url": "https://courier.example/", "polled": true, "seen": ["ab", "cd"]}}'
    state = state_in_feed(old)
    assert state == FeedState(url="https://courier.example/", polled=True, seen="abcd")
    assert decode(FeedState, encode(state)) == state


def test_a_feed_of_an_older_version_is_read_without_its_state_which_is_read_by_itself() -> None:
    value = {"url": "https://courier.example/", "title": "The Courier", "language": "en", "full_text": True}
    machine = {"etag": "e", "polled": True, "failures": 2, "push": {"hub": "https://hub.example/", "tries": 1}}
    old = json.dumps({"schema": "feed/1", "value": value | machine}).encode()
    assert decode(Feed, old) == Feed(url="https://courier.example/", title="The Courier", language="en")
    assert state_in_feed(old) == FeedState(
        url="https://courier.example/",
        etag="e",
        polled=True,
        failures=2,
        push=WebSubSubscription(hub="https://hub.example/", tries=1),
    )
    assert state_in_feed(encode(examples.feed())) is None
    assert state_in_feed(b'{"schema": "feed/1", "value": null}') is None
    with pytest.raises(InputError, match="not JSON"):
        state_in_feed(b"{")


@pytest.mark.parametrize(("before", "policy"), [(b"true", "auto"), (b"false", "never")])
def test_a_feed_whose_pages_were_a_yes_or_no(before: bytes, policy: str) -> None:
    message = encode(examples.feed()).replace(b'"full_text":"auto"', b'"full_text":' + before)
    assert decode(Feed, message).full_text == policy
