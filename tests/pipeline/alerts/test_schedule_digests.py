"""Digests: what waits for one target is told in one message, once, whatever crashes."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.alerts.schedule import MOST_TOGETHER, join
from pipeline.errors import WorldError
from pipeline.model import Delivery
from pipeline.ports import Notifier
from pipeline.run.deliver import Deliverer
from pipeline.testing import FakeClock, FakeOutbox
from tests import examples
from tests.examples import NOON

NEAR = "webhook:https://near.example/hook"
FAR = "webhook:https://far.example/hook"


def waiting(number: int, target: str = NEAR, **changes: object) -> Delivery:
    created = NOON + timedelta(seconds=number)
    alert = replace(examples.alert(replace(examples.statement(), id=f"s{number}")), id=f"a{number}", created=created)
    plain = examples.delivery(alert, id=f"{number}-{target}", target=target, grouped=True, next_try=NOON)
    return replace(plain, **changes)  # type: ignore[arg-type]  # what the test names


class CrashError(Exception):
    """The process ended here."""


class CrashingOutbox(FakeOutbox):
    """An outbox that crashes at its n-th writing."""

    left = 10**9

    def put(self, deliveries: Sequence[Delivery]) -> None:
        self._live()
        super().put(deliveries)

    def update(self, delivery: Delivery) -> None:
        self._live()
        super().update(delivery)

    def _live(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise CrashError


class Receiver:
    """Keeps the statements of each message, by its id; what comes again under an id is dropped, as receivers do."""

    def __init__(self) -> None:
        self.messages: dict[str, list[str]] = {}
        self.does: list[Exception] = []

    def send(self, delivery: Delivery) -> None:
        if self.does:
            raise self.does.pop()
        output = [alert.statement.id for alert in delivery.alerts]
        assert self.messages.setdefault(delivery.id, output) == output

    @property
    def statements(self) -> list[str]:
        return sorted(
            (output for message in self.messages.values() for output in message), key=lambda told: int(told[1:])
        )


def deliverer(outbox: FakeOutbox, receiver: Notifier, clock: FakeClock) -> Deliverer:
    return Deliverer(outbox, lambda _: receiver, clock, lambda: 0)


def sent(outbox: FakeOutbox, receiver: Receiver, clock: FakeClock | None = None) -> None:
    at_work = deliverer(outbox, receiver, clock or FakeClock())
    while at_work.send_due():
        pass


def test_deliveries_waiting_for_a_target_are_joined() -> None:
    outbox, receiver = FakeOutbox(), Receiver()
    outbox.put([waiting(1), waiting(2), waiting(3, FAR), waiting(4, grouped=False)])
    sent(outbox, receiver)
    assert sorted(receiver.messages.values()) == [["s1", "s2"], ["s3"], ["s4"]]
    assert {each.id: each.state for each in outbox.listing()}[waiting(1).id] == "joined"


def test_deliveries_scheduled_later_are_not_joined() -> None:
    outbox, receiver, clock = FakeOutbox(), Receiver(), FakeClock()
    outbox.put([waiting(1), waiting(2), waiting(3, next_try=NOON + timedelta(hours=1))])
    sent(outbox, receiver, clock)
    assert receiver.statements == ["s1", "s2"]
    clock.move(timedelta(hours=1))
    sent(outbox, receiver, clock)
    assert receiver.statements == ["s1", "s2", "s3"]


def test_no_message_exceeds_the_size_limit() -> None:
    outbox, receiver = FakeOutbox(), Receiver()
    outbox.put([waiting(number) for number in range(2 * MOST_TOGETHER + 1)])
    sent(outbox, receiver)
    assert [len(output) for output in receiver.messages.values()] == [MOST_TOGETHER, MOST_TOGETHER, 1]


@pytest.mark.parametrize("crash", range(12))
def test_a_crash_at_any_write_loses_and_repeats_no_alert(crash: int) -> None:
    outbox, receiver = CrashingOutbox(), Receiver()
    outbox.put([waiting(number) for number in range(4)])
    outbox.left = crash
    with suppress(CrashError):
        join(outbox, outbox.due(NOON, 100), NOON)
    outbox.left = 10**9
    outbox.put([waiting(5)])
    sent(outbox, receiver)
    assert receiver.statements == ["s0", "s1", "s2", "s3", "s5"]
    assert {each.state for each in outbox.listing()} <= {"done", "joined"}


def test_a_retried_digest_has_the_same_id_and_parts() -> None:
    outbox, receiver, clock = FakeOutbox(), Receiver(), FakeClock()
    receiver.does = [WorldError("near.example is away")] * 3
    outbox.put([waiting(1), waiting(2)])
    at_work = deliverer(outbox, receiver, clock)
    for late in range(3, 30):
        at_work.send_due()
        clock.move(timedelta(hours=2))
        if late < 6:
            outbox.put([waiting(late)])
    assert receiver.statements == ["s1", "s2", "s3", "s4", "s5"]
    digests = [each for each in outbox.listing() if each.parts]
    assert [each.state for each in digests] == ["done"] * len(digests)


def test_a_failed_digest_is_in_the_dead_letters_with_parts_and_reason() -> None:
    outbox, receiver, clock = FakeOutbox(), Receiver(), FakeClock()
    receiver.does = [WorldError("near.example is away")] * 30
    outbox.put([waiting(1), waiting(2)])
    at_work = deliverer(outbox, receiver, clock)
    for _ in range(80):
        at_work.send_due()
        clock.move(timedelta(hours=1))
    (failed,) = outbox.listing("failed")
    assert (failed.parts, failed.last_error) == ((waiting(1).id, waiting(2).id), "near.example is away")


@pytest.mark.parametrize("minutes", [0, 59])
def test_deliveries_due_in_quiet_hours_are_postponed(minutes: int) -> None:
    outbox, receiver, clock = FakeOutbox(), Receiver(), FakeClock()
    outbox.put([waiting(1, grouped=False, quiet="12:00-13:00 UTC", attempts=2)])
    clock.move(timedelta(minutes=minutes))
    sent(outbox, receiver, clock)
    assert receiver.messages == {}
    assert outbox.listing()[0].next_try == NOON + timedelta(hours=1)
    clock.move(timedelta(minutes=60 - minutes))
    sent(outbox, receiver, clock)
    assert receiver.statements == ["s1"]
