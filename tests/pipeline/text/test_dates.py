"""Times as feeds and pages write them."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest

from pipeline.text import dates
from pipeline.text.dates import is_numeric, local, time

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02T10:00:00Z",
        "2026-03-02 10:00:00 +0000",
        "2026-03-02T11:00:00.000+01:00",
        "20260302T100000Z",
        "Mon, 02 Mar 2026 10:00:00 GMT",
        "Mon, 02 Mar 2026 11:00:00 CET",
        "Mon, 02 Mar 2026 19:00:00 JST",
        "Mon, 02 Mar 2026 15:30:00 IST",
        "Mo, 02 Mrz 2026 11:00:00 +0100",
        "Mo., 2. März 2026, 11:00 MEZ",
        "lun., 02 mars 2026 11:00:00 +0100",
        "lun, 2 de marzo de 2026 10:00",
        "Monday, March 2, 2026 - 10:00",
        "March 2nd, 2026 10:00 a.m.",
        "3/2/2026 10:00:00 AM",
        "2. März 2026, 10:00 Uhr",
        "2026年3月2日 10:00",
        "2026年3月2日(月) 10:00",
        "2026년 3월 2일 10:00",
        "Mon Mar 02 2026 11:00:00 GMT+0100",
    ],
)
def test_times(written: str) -> None:
    assert time(written) == TEN


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("1 juin 2026", 6),
        ("1 juil. 2026", 7),
        ("1 août 2026", 8),
        ("1 dic 2026", 12),
        ("1 марта 2026", 3),
        ("1 листопада 2026", 11),
        ("1 października 2026", 10),
        ("1 Ocak 2026", 1),
        ("1 Sept. 2026", 9),
        ("1 sett. 2026", 9),
        ("1 Mrz 2026", 3),
        ("1 mrt 2026", 3),
        ("1 ene. 2026", 1),
        ("1. Jänner 2026", 1),
    ],
)
def test_months_by_their_names(written: str, month: int) -> None:
    assert time(written) == datetime(2026, month, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "yesterday",
        "99 Mar 2026",
        "31 Feb 2026 10:00",
        "2 Qqq 2026",
        "2 Jui 2026",
        "2 Ma 2026",
        "3/2/2026",
        "9" * 1_000,
    ],
)
def test_malformed_times(written: str) -> None:
    assert time(written) is None


def test_words_without_a_date_are_left_to_other_parsers() -> None:
    assert local("yesterday") is None


@pytest.mark.parametrize(
    "written",
    [
        *("2026/3/2 10:00:00", "2026.03.02 10:00", "02.03.2026 10:00", "2.3.2026, 10:00:00", "02.03.2026 - 10:00"),
        *("2026-03-02 10:00:00 UTC", "2026-03-02 10:00:00", "2026-03-02 11:00 CET", "20260302T100000Z"),
        *("1772445600", "1772445600000"),
    ],
)
def test_dates_in_numbers(written: str) -> None:
    assert local(written) == TEN


@pytest.mark.parametrize(
    ("written", "day"),
    [("27/11/2024 19:20", "2024-11-27"), ("11/27/2024", "2024-11-27"), ("5/5/2026", "2026-05-05")],
)
def test_slashes_where_only_one_order_is_possible(written: str, day: str) -> None:
    assert f"{local(written):%Y-%m-%d}" == day


@pytest.mark.parametrize("written", ["03/04/2024 10:00", "12345", "2024/31/12", "31/31/2024"])
def test_ambiguous_numbers_are_no_date(written: str) -> None:
    assert local(written) is None
    assert is_numeric(written)


@pytest.mark.parametrize("written", ["20260302", "2026-03-02", "2 March 2026"])
def test_forms_with_a_fixed_meaning_are_left_to_other_parsers(written: str) -> None:
    assert not is_numeric(written)


def test_no_name_means_different_months_in_two_languages() -> None:
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for language in dates._LANGUAGES:
        for name, number in dates._months(language).items():
            numbers[name].add(number)
    assert {name: months for name, months in numbers.items() if len(months) > 1} == {}
    assert len(numbers) > 300
