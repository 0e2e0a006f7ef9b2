"""Groups from the command line, and watches that name them or say when."""

import json
from pathlib import Path

import pytest

from pipeline.model import Group, Watch
from tests.pipeline.cli.conftest import Onrecord, opened


def test_groups_are_added_listed_and_removed(onrecord: Onrecord, filled: Path) -> None:
    assert onrecord("groups", "add", "The Council", "--member", "lindqvist").out == "the-council\n"
    assert onrecord("groups", "list").rows == [["the-council", "The Council", "ada-lindqvist"]]
    assert json.loads(onrecord("groups", "list", "--json").out)[0]["members"] == ["ada-lindqvist"]
    assert "exists already" in onrecord("groups", "add", "The Council", "--member", "lindqvist").err
    assert onrecord("watches", "add", "All", "--by", "the council").out == "all\n"
    assert "is in the watch 'all'" in onrecord("groups", "remove", "the-council").err
    assert "is in the watch 'harbour'" in onrecord("actors", "remove", "ada-lindqvist").err
    assert onrecord("watches", "remove", "all").code == 0
    assert onrecord("groups", "remove", "the-council").code == 0
    assert onrecord("groups", "remove", "the-council").code == 2


@pytest.mark.parametrize(
    ("name", "member", "message"),
    [
        ("A", "nobody", "actor 'nobody' is not tracked yet"),
        ("Ada Lindqvist", "lindqvist", "cannot be called what an actor is"),
        ("!", "lindqvist", "without a letter"),
    ],
)
def test_malformed_groups_are_refused(onrecord: Onrecord, filled: Path, name: str, member: str, message: str) -> None:
    done = onrecord("groups", "add", name, "--member", member)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_cycle_of_groups_is_refused_and_named(onrecord: Onrecord, filled: Path) -> None:
    onrecord("groups", "add", "A", "--member", "lindqvist")
    onrecord("groups", "add", "B", "--member", "a")
    done = onrecord("groups", "add", "A", "--member", "b", "--replace")
    assert done.err == "onrecord: group 'a' would be in a circle: a → b → a\n"
    with opened(filled) as services:
        assert services.desk.all(Group)[0].members == ("ada-lindqvist",)


def test_an_actor_in_a_group_is_not_removed_and_shares_no_id_with_a_group(onrecord: Onrecord, filled: Path) -> None:
    onrecord("watches", "remove", "harbour")
    onrecord("groups", "add", "Council", "--member", "lindqvist")
    assert "is in the group 'council'" in onrecord("actors", "remove", "ada-lindqvist").err
    assert "cannot be called what a group is" in onrecord("actors", "add", "Council").err


def test_a_watch_has_tempo_and_quiet_hours(onrecord: Onrecord, filled: Path) -> None:
    when = ("--tempo", "hourly", "--quiet", "22:00-07:00", "--zone", "Europe/Oslo", "--daily-cap", "9")
    sources = ("--least-sources", "2", "--spread", "20", "--spread", "5")
    assert onrecord("watches", "add", "Port", "--by", "lindqvist", *when, *sources).code == 0
    with opened(filled) as services:
        made = next(watch for watch in services.desk.all(Watch) if watch.id == "port")
    assert (made.tempo, made.quiet, made.zone, made.daily_cap) == ("hourly", "22:00-07:00", "Europe/Oslo", 9)
    assert (made.least_sources, made.spread) == (2, (5, 20))
    told = "2 sources or more, again at 5, 20 sources, hourly, quiet 22:00-07:00 Europe/Oslo, 9 a day"
    assert told in onrecord("watches", "list").out


@pytest.mark.parametrize(
    ("when", "message"),
    [
        (("--quiet", "late"), "quiet hours 'late'"),
        (("--zone", "Mars/Olympus"), "time zone 'Mars/Olympus'"),
        (("--tempo", "never"), "never"),
        (("--daily-cap", "-1"), "--daily-cap"),
    ],
)
def test_malformed_times_of_a_watch_are_refused(
    onrecord: Onrecord, filled: Path, when: tuple[str, str], message: str
) -> None:
    done = onrecord("watches", "add", "Port", "--by", "lindqvist", *when)
    assert done.code == 2
    assert message in done.err


def test_a_watch_is_previewed_before_it_is_added(onrecord: Onrecord, filled: Path) -> None:
    onrecord("groups", "add", "Council", "--member", "lindqvist")
    done = onrecord("watches", "preview", "--by", "council", "--query", "harbour")
    assert done.rows[0][1:3] == ["Ada Lindqvist", "The harbour will stay open"]
    assert "1 of 1 statement would have alerted" in done.err
    told = json.loads(onrecord("watches", "preview", "--by", "council", "--json").out)
    assert (told["total"], told["looked_at"]) == (1, 1)
    assert onrecord("watches", "preview").code == 2
    assert "\n  harbour OR\n" in onrecord("watches", "preview", "--query", "harbour OR").err
    with opened(filled) as services:
        assert [watch.id for watch in services.desk.all(Watch)] == ["harbour"]
