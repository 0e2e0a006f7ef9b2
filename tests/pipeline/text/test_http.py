"""Headers that speak of time are read as the RFCs have it, and nonsense in them says nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.text.http import lifetime, links, retry_after

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = "Mon, 02 Mar 2026 12:05:00 GMT"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (LATER, timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("9" * 500, timedelta(seconds=10**8)),
        ("soon", None),
        ("Mon, 02 Mar 99999999999 12:05:00 GMT", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after(value: str, expected: timedelta | None) -> None:
    assert retry_after(value, NOON) == expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": 'public, MAX-AGE="600", s-maxage=9'}, 600),
        ({"cache-control": "s-maxage=600"}, 0),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "900"}, 0),
        ({"cache-control": "max-age=600", "age": "old"}, 600),
        ({"cache-control": "max-age=600, no-cache"}, 0),
        ({"cache-control": "no-store,max-age=600"}, 0),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": f"max-age={'9' * 90}"}, 10**8),
        ({"expires": LATER}, 300),
        ({"expires": LATER, "date": "Mon, 02 Mar 2026 12:04:00 GMT"}, 60),
        ({"expires": LATER, "cache-control": "max-age=7"}, 7),
        ({"expires": LATER, "date": "today"}, 300),
        ({"expires": "0"}, 0),
        ({"expires": "Mon, 02 Mar 99999999999 12:05:00 GMT"}, 0),
        ({"expires": "Mon, 02 Mar 2026 11:00:00 GMT"}, 0),
    ],
)
def test_lifetime(headers: dict[str, str], seconds: int) -> None:
    assert lifetime(headers, NOON) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (
            '<https://hub.example/>; rel="hub", <https://c.example/f>; rel="self"',
            {"hub": "https://hub.example/", "self": "https://c.example/f"},
        ),
        ("</a>;rel=self;title=x, </b>; rel=hub, </c>; rel=hub", {"self": "/a", "hub": "/b"}),
        ('</a?x=1,2>; title="a; b"; rel="hub self"', {"hub": "/a?x=1,2", "self": "/a?x=1,2"}),
        ("</a>", {}),
        ("nonsense", {}),
        ("<" * 100_000, {}),
    ],
)
def test_links(value: str, found: dict[str, str]) -> None:
    assert links(value) == found
