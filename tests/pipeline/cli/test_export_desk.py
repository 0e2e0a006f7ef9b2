"""`onrecord desk`: a whole desk as one file."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.cli.export import whole
from pipeline.codec import encode
from pipeline.model import Actor, Feed, FeedState, Group, Mark, Mute, Watch
from pipeline.services import open_services
from pipeline.settings import Settings
from tests import examples
from tests.pipeline.cli.conftest import Onrecord


def filled_desk(file: Path) -> None:
    with closing(open_services(Settings(file=file))) as services:
        services.desk.save(
            examples.feed(),
            examples.feed_state(),
            examples.actor(),
            examples.actor("Ōta Kenji", id="ota-kenji"),
            examples.group("ada-lindqvist"),
            examples.watch(),
            examples.mute(),
            examples.mark(),
            examples.session(),
        )


def test_an_exported_desk_is_imported_whole(onrecord: Onrecord, file: Path, tmp_path: Path) -> None:
    filled_desk(file)
    exported = onrecord("desk", "export")
    moved = tmp_path / "desk.jsonl"
    moved.write_text(exported.out)
    with closing(open_services(Settings(file=file))) as services:
        before = whole(services.desk)
    assert {type(record) for record in before} == {Feed, FeedState, Actor, Group, Watch, Mute, Mark}

    file.unlink()
    done = onrecord("desk", "import", moved)

    assert (done.code, done.err) == (0, "8 records imported\n")
    with closing(open_services(Settings(file=file))) as services:
        assert whole(services.desk) == before
    assert onrecord("desk", "export").out == exported.out
    assert "session/" not in exported.out  # whoever was logged in logs in again


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "line 2: not JSON"),
        ("[]", "line 2: schema should be one of feed/1, feed-state/1"),
        ('{"schema": "session/1", "value": {}}', "line 2: schema should be one of"),
        ('{"schema": "actor/1", "value": {"id": "x"}}', "line 2: "),
        ('{"schema": "mark/1", "value": {"label": "not-new", "time": "2026-03-02T12:00:00Z"}}', "line 2: mark/1: "),
        ("[" * 200_000, "line 2: not JSON"),
        ('{"schema": "watch/1", "value": ' + '{"a":' * 200_000, "line 2: not JSON"),
    ],
)
def test_a_file_with_a_bad_line_changes_nothing(
    onrecord: Onrecord, file: Path, tmp_path: Path, line: str, why: str
) -> None:
    filled_desk(file)
    good = onrecord("desk", "export").out.splitlines()[0]
    moved = tmp_path / "desk.jsonl"
    moved.write_text(f"{good}\n{line}\n")
    file.unlink()
    done = onrecord("desk", "import", moved)
    assert (done.code, why in done.err) == (65, True), done.err
    assert not file.exists()


def test_a_group_of_untracked_members_is_refused(onrecord: Onrecord, file: Path, tmp_path: Path) -> None:
    filled_desk(file)
    lines = [line for line in onrecord("desk", "export").out.splitlines() if "actor/1" not in line]
    moved = tmp_path / "desk.jsonl"
    moved.write_text("\n".join(lines))
    file.unlink()
    done = onrecord("desk", "import", moved)
    assert done.code == 2
    assert "names a member that is neither an actor nor a group" in done.err


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"query": "harbour ("}, "closing parenthesis is missing"),
        ({"by": ["nobody"]}, "names an actor that is not tracked: 'nobody'"),
        ({"deliver": ["no target"]}, "cannot deliver to"),
        ({"quiet": "always"}, "quiet hours"),
        ({"zone": "Mars/Olympus"}, "Mars/Olympus"),
    ],
)
def test_an_imported_watch_is_checked_like_an_added_one(
    onrecord: Onrecord, file: Path, tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    filled_desk(file)
    records = [json.loads(line) for line in onrecord("desk", "export").out.splitlines()]
    for record in records:
        record["value"] |= changes if record["schema"] == "watch/1" else {}
    moved = tmp_path / "desk.jsonl"
    moved.write_text("\n".join(map(json.dumps, records)))
    file.unlink()
    done = onrecord("desk", "import", moved)
    assert done.code != 0
    assert why in done.err
    assert onrecord("watches", "list").rows == []


def test_a_target_that_needs_a_setting_is_mentioned(onrecord: Onrecord, file: Path, tmp_path: Path) -> None:
    filled_desk(file)
    moved = tmp_path / "desk.jsonl"
    moved.write_text(onrecord("desk", "export").out.replace('["stdout"]', '["webhook:https://hook.example/"]'))
    file.unlink()
    done = onrecord("desk", "import", moved)
    assert done.code == 0
    assert done.err.splitlines() == [
        "watch harbour: webhook.secret is not set: webhooks are signed with it"
        "; `onrecord config secret webhook.secret` sets it",
        "8 records imported",
    ]


@pytest.mark.parametrize("noun", ["user", "token", "session", "push-subscription", "change", "triage", "last-use"])
def test_a_desk_brings_nobody_in(onrecord: Onrecord, file: Path, tmp_path: Path, noun: str) -> None:
    record = {"id": "eve", "name": "Eve", "role": "admin", "password": "x", "user": "eve"}
    moved = tmp_path / "desk.jsonl"
    moved.write_text(json.dumps({"schema": f"{noun}/1", "value": record}) + "\n")
    assert onrecord("desk", "import", moved).code == 65
    assert not file.exists()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://a:b@c.example/", "ftp://a.example/", "https://", "x" * 9_000]
)
def test_a_feed_that_no_command_would_add_is_refused(onrecord: Onrecord, file: Path, tmp_path: Path, url: str) -> None:
    filled_desk(file)
    records = [json.loads(line) for line in onrecord("desk", "export").out.splitlines()]
    for record in records:
        record["value"] |= {"url": url} if record["schema"] == "feed/1" else {}
    moved = tmp_path / "desk.jsonl"
    moved.write_text("\n".join(map(json.dumps, records)))
    file.unlink()
    assert onrecord("desk", "import", moved).code != 0
    assert not file.exists() or onrecord("feeds", "list").rows == []


def test_an_actor_of_a_desk_takes_the_place_of_no_group(onrecord: Onrecord, file: Path, tmp_path: Path) -> None:
    """A watch on the group would otherwise follow somebody else, or the actor could never be chosen."""
    filled_desk(file)
    moved = tmp_path / "desk.jsonl"
    moved.write_bytes(encode(examples.actor(id="council")))
    done = onrecord("desk", "import", moved)
    assert done.code != 0
    assert "cannot be called what a group is" in done.err
