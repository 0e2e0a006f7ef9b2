"""Whatever stands in a query, a header, a wire message or a form: it is understood, or refused by a named error."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.codec import VERSIONS, decode, encode
from pipeline.errors import InputError, OnRecordError, QueryError
from pipeline.feeds.websub import authentic, called_back
from pipeline.model import Article, Feed
from pipeline.search.query import parse
from pipeline.text import clean, words
from pipeline.text.http import lifetime, links, retry_after
from pipeline.text.targets import is_signed
from pipeline.web.guard import _length

pytestmark = pytest.mark.timeout(3_600)  # for a long run

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANY = st.text(st.characters(), max_size=40)
QUERIES = st.text(alphabet='abe :"()*~^-+/[]{}\\ANDORTO.1920after:speaker:kind:\ud800\0', max_size=40)
HEADERS = st.text(alphabet="max-ages=,;\"<>0123456789 relhubMonGT:'\xe9\xff-", max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=True) | st.integers() | ANY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY, inner, max_size=4),
    max_leaves=12,
)


@given(QUERIES | ANY)
@example('5"~tall"')
@example('x"^y"')
def test_a_query_is_parsed_or_its_mistake_is_placed(text: str) -> None:
    try:
        parse(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)


@given(HEADERS, HEADERS)
def test_headers_of_servers_are_read_or_passed_over(first: str, second: str) -> None:
    assert retry_after(first, NOW) is None or retry_after(first, NOW) is not None
    assert lifetime({"cache-control": first, "expires": second, "age": first, "date": second}, NOW).total_seconds() >= 0
    assert all(isinstance(address, str) for address in links(first).values())


@given(st.sampled_from(list(VERSIONS)), JSON)
def test_a_message_is_decoded_or_refused(noun: type, value: Any) -> None:
    envelope = {"schema": VERSIONS[noun], "value": value}
    for message in (json.dumps(envelope), json.dumps(value)):
        try:
            decode(noun, message.encode())
        except InputError as error:
            str(error)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_message_are_refused(message: bytes) -> None:
    for noun in (Article, Feed):
        try:
            decode(noun, message)
        except InputError as error:
            str(error)


@given(ANY)
def test_what_a_feed_keeps_comes_back(text: str) -> None:
    kept = Feed(url="https://courier.example/feed", source=clean(text))
    assert decode(Feed, encode(kept)) == kept
    assert all(word for word in words(text))


@given(ANY, ANY, st.binary(max_size=30))
def test_no_signature_is_guessed(payload: str, signed: str, body: bytes) -> None:
    assert not is_signed(["s" * 32], "unsubscribe", (payload,), signed)
    assert called_back(["s" * 32], payload, signed) is None
    assert not authentic(["s" * 32], body, signed)


@given(st.lists(st.text(alphabet="0123456789+- \t\u0661x,", max_size=30), max_size=3))
@example(["000000000000104857600"])
def test_a_length_is_the_one_that_is_used(lengths: list[str]) -> None:
    read = _length(lengths)
    if read is None or not lengths:
        return
    assert {int(each or "0") for each in lengths} == {read}


@given(ANY)
def test_errors_are_one_line_each(text: str) -> None:
    try:
        parse(text)
    except OnRecordError as error:
        assert str(error.args[0]).count("\n") == 0
