"""The address of a search holds its conditions, each of which can be put in and taken out."""

import pytest

from pipeline.search.query import parse
from pipeline.web.pages.record import Condition, Filters, read

ADA, BO = Condition("speaker", "ada-lindqvist"), Condition("speaker", "bo-ek")
NOT_GAZETTE = Condition("source", 'The "Gazette"', excluded=True)


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        (Filters(), ""),
        (Filters(words="harbour OR port"), "harbour OR port"),
        (Filters(conditions=(ADA,)), 'speaker:"ada-lindqvist"'),
        (Filters(conditions=(ADA, BO)), '(speaker:"ada-lindqvist" OR speaker:"bo-ek")'),
        (Filters(words="port", conditions=(ADA, NOT_GAZETTE)), None),
        (Filters(words="port", after="7d", before="today"), '(port) AND after:"7d" AND before:"today"'),
    ],
)
def test_a_search_is_a_query(filters: Filters, query: str | None) -> None:
    expected = '(port) AND speaker:"ada-lindqvist" AND NOT source:"The \\"Gazette\\""' if query is None else query
    assert filters.query == expected
    if "7d" not in expected:
        parse(filters.query)


def test_an_address_is_read_as_it_was_written() -> None:
    filters = Filters(words="a & b", collection="articles", order="relevance", conditions=(ADA, NOT_GAZETTE))
    from urllib.parse import parse_qsl, urlsplit

    assert read(parse_qsl(urlsplit(filters.address).query)) == filters


def test_what_an_address_does_not_know_is_left_out() -> None:
    assert read([("in", "secrets"), ("order", "x"), ("speaker", " "), ("password", "x")]) == Filters()


def test_a_condition_is_put_in_and_taken_out_and_turned_round() -> None:
    chosen = Filters().toggled(ADA)
    assert chosen.conditions == (ADA,)
    assert chosen.toggled(ADA).conditions == ()
    excluded = Condition("speaker", "ada-lindqvist", excluded=True)
    assert chosen.toggled(excluded).conditions == (excluded,)


def test_every_condition_in_force_is_a_pill() -> None:
    filters = Filters(words="port", conditions=(ADA, NOT_GAZETTE), after="7d", before="today")
    pills = filters.pills({"ada-lindqvist": "Ada Lindqvist"})
    assert [(pill.heading, pill.value, pill.excluded) for pill in pills] == [
        ("", "“port”", False),
        ("Who", "Ada Lindqvist", False),
        ("Where", 'The "Gazette"', True),
        ("From", "7d", False),
        ("Before", "today", False),
    ]
    assert all(len(read_again(pill.without).pills({})) == len(pills) - 1 for pill in pills)


def read_again(address: str) -> Filters:
    from urllib.parse import parse_qsl, urlsplit

    return read(parse_qsl(urlsplit(address).query))
