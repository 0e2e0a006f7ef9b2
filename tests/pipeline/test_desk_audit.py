"""The audit log says who changed what on the desk, and tells no secret."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.desk import audited, changed_settings
from pipeline.model import Actor, Change, ChangedField, Session, Watch
from pipeline.ports import DeskRecord, Noun
from pipeline.testing import FakeClock, FakeDesk
from tests import examples

SECRET = "slack:https://hooks.slack.example/services/T0/B0/s3cr3t"


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


def log(desk: FakeDesk) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(c.who, c.action, f"{c.noun} {c.record}", tuple(f.name for f in c.fields)) for c in desk.all(Change)]


def test_each_change_has_an_entry(desk: FakeDesk) -> None:
    clock = FakeClock()
    for who in ("ada", "bo"):
        audited(desk, who, clock).save(examples.actor(name=f"Ada {who}"))
        clock.now += timedelta(seconds=1)
    audited(desk, "bo", clock).remove(Actor, "ada-lindqvist")
    names = tuple(field.name for field in desk.all(Change)[0].fields)
    assert log(desk) == [
        ("ada", "added", "actor ada-lindqvist", names),
        ("bo", "changed", "actor ada-lindqvist", ("name",)),
        ("bo", "removed", "actor ada-lindqvist", names),
    ]
    assert desk.all(Change)[1].fields == (ChangedField("name", '"Ada ada"', '"Ada bo"'),)
    assert [change.at for change in desk.all(Change)] == sorted(change.at for change in desk.all(Change))


def test_an_unchanged_record_has_no_audit_entry(desk: FakeDesk) -> None:
    audited(desk, "ada", FakeClock()).save(examples.actor())
    audited(desk, "bo", FakeClock()).save(examples.actor())
    assert not audited(desk, "bo", FakeClock()).remove(Actor, "nobody")
    assert [change.who for change in desk.all(Change)] == ["ada"]


@pytest.mark.parametrize("record", [examples.feed(), examples.group(), examples.watch(), examples.mute()])
def test_every_record_of_a_user_is_audited(desk: FakeDesk, record: DeskRecord) -> None:
    audited(desk, "ada", FakeClock()).save(record)
    assert [change.record for change in desk.all(Change)] == [record.id]


@pytest.mark.parametrize("record", [examples.feed_state(), examples.mark()])
def test_the_poller_and_marks_leave_no_entry(desk: FakeDesk, record: DeskRecord) -> None:
    audited(desk, "poller", FakeClock()).save(record)
    assert desk.all(Change) == []


def test_audit_entries_contain_no_secrets(desk: FakeDesk) -> None:
    session = examples.session(id="d1ge5t" * 10)
    audited(desk, "ada", FakeClock()).save(examples.watch(deliver=(SECRET,)), session)
    audited(desk, "ada", FakeClock()).remove(Session, session.id)
    assert "s3cr3t" not in repr(desk.all(Change))
    assert session.id not in repr(desk.all(Change))
    assert desk.all(Watch)[0].deliver == (SECRET,)


def test_a_user_takes_the_place_of_another(desk: FakeDesk) -> None:
    audited(audited(desk, "ada", FakeClock()), "bo", FakeClock()).save(examples.actor())
    assert [change.who for change in desk.all(Change)] == ["bo"]


def test_settings_are_compared_with_those_of_the_log() -> None:
    clock, known = FakeClock(), list[Change]()
    states = ({"poll.every": "1m", "web.token": "**********"}, {"poll.every": "2m"}, {"poll.every": "2m"})
    found = []
    for state in states:
        fields = changed_settings(known, state, "of web")
        found.append(fields)
        clock.now += timedelta(seconds=1)
        entry = examples.change(at=clock(), noun="settings", record="of web", fields=fields)
        known += [entry, replace(entry, record="of poller", fields=(ChangedField("poll.every", "", '"9m"'),))]
    assert found == [
        (ChangedField("poll.every", "", '"1m"'), ChangedField("web.token", "", '"**********"')),
        (ChangedField("poll.every", '"1m"', '"2m"'), ChangedField("web.token", '"**********"', "")),
        (),
    ]


def test_an_import_of_many_asks_the_desk_once() -> None:
    class Slow(FakeDesk):
        looks = 0

        def find(self, noun: type[Noun], record_id: str) -> Noun | None:
            self.looks += 1
            return super().find(noun, record_id)

    desk = Slow()
    desk.save(examples.actor())
    many = [examples.actor(), *(Actor(id=f"actor-{number}", name=f"Actor {number}") for number in range(100))]
    audited(desk, "ada", FakeClock()).save(*many)
    assert desk.looks == 0
    assert {change.record for change in desk.all(Change)} == {f"actor-{number}" for number in range(100)}
