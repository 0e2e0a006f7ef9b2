"""The contract of Outbox and Deliveries."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.errors import UsageError
from pipeline.model import Delivery
from tests import examples
from tests.examples import NOON
from tests.pipeline.ports.adapters import WholeOutbox

MINUTE = timedelta(minutes=1)


def delivery(name: str, *, age: int = 0, **changes: object) -> Delivery:
    """A delivery whose alert is so many minutes old."""
    alert = replace(examples.alert(), created=NOON - age * MINUTE)
    return replace(examples.delivery(alert), id=name, **changes)  # type: ignore[arg-type]  # what the test names


def ids(deliveries: list[Delivery]) -> list[str]:
    return [delivery.id for delivery in deliveries]


def test_an_empty_outbox_has_no_deliveries(outbox: WholeOutbox) -> None:
    assert outbox.due(NOON, 10) == []
    assert outbox.listing() == []


def test_deliveries_are_read_back_whole(outbox: WholeOutbox) -> None:
    sent = delivery("a", target="webhook:https://chat.example/é", last_error="503", attempts=2)
    outbox.put([sent])
    assert outbox.due(NOON, 10) == [sent] == outbox.listing()


def test_digests_and_their_parts_are_read_back_whole(outbox: WholeOutbox) -> None:
    other = replace(examples.alert(), id="other", watch_id="port", occasion="spread 5")
    part = delivery("part", state="joined", also=(other,), grouped=True, digest="digest", quiet="22:00-07:00 UTC")
    digest = delivery("digest", also=(other,), planned=NOON, held="cap", parts=("part", "rest"))
    outbox.put([part, digest, delivery("silent", state="muted")])
    assert outbox.find("part") == part
    assert outbox.due(NOON, 10) == [digest]
    assert ids(outbox.listing("joined") + outbox.listing("muted")) == ["part", "silent"]
    assert ids(outbox.listing()) == ["silent", "digest", "part"]


def test_a_delivery_is_found_by_its_id(outbox: WholeOutbox) -> None:
    outbox.put([delivery("a"), delivery("b", attempts=2)])
    assert outbox.find("b") == delivery("b", attempts=2)
    assert outbox.find("c") is None


def test_putting_a_delivery_again_changes_nothing(outbox: WholeOutbox) -> None:
    outbox.put([delivery("a")])
    outbox.update(delivery("a", state="done", attempts=1))
    outbox.put([delivery("a"), delivery("b")])
    assert ids(outbox.due(NOON, 10)) == ["b"]
    assert ids(outbox.listing("done")) == ["a"]


def test_a_call_may_hold_the_same_id_twice(outbox: WholeOutbox) -> None:
    outbox.put([delivery("a", target="stdout"), delivery("a", target="other")])
    assert [delivery.target for delivery in outbox.listing()] == ["stdout"]


def test_due_deliveries_are_pending_and_not_later_than_now(outbox: WholeOutbox) -> None:
    outbox.put(
        [
            delivery("past", age=1, next_try=NOON - MINUTE),
            delivery("now", next_try=NOON),
            delivery("later", next_try=NOON + timedelta(microseconds=1)),
            delivery("done", state="done"),
            delivery("failed", state="failed"),
        ]
    )
    assert ids(outbox.due(NOON, 10)) == ["past", "now"]


def test_due_begins_with_the_oldest_alert(outbox: WholeOutbox) -> None:
    outbox.put([delivery("young", age=1), delivery("old", age=3), delivery("middle", age=2)])
    assert ids(outbox.due(NOON, 2)) == ["old", "middle"]


def test_deliveries_of_one_time_keep_the_order_they_were_put_in(outbox: WholeOutbox) -> None:
    outbox.put([delivery("c"), delivery("a")])
    outbox.put([delivery("b")])
    assert ids(outbox.due(NOON, 10)) == ["c", "a", "b"]
    assert ids(outbox.listing()) == ["b", "a", "c"]
    assert ids(outbox.listing(before="a")) == ["c"]


def test_an_update_replaces(outbox: WholeOutbox) -> None:
    outbox.put([delivery("a")])
    waiting = delivery("a", attempts=1, next_try=NOON + MINUTE, last_error="503", acknowledged=True)
    outbox.update(waiting)
    outbox.update(waiting)
    assert outbox.due(NOON, 10) == []
    assert outbox.due(NOON + MINUTE, 10) == [waiting]


def test_an_update_of_an_unknown_delivery_is_refused(outbox: WholeOutbox) -> None:
    with pytest.raises(UsageError, match="'a'"):
        outbox.update(delivery("a"))
    assert outbox.listing() == []


def test_the_listing_is_newest_first_and_goes_on_after_the_last_seen(outbox: WholeOutbox) -> None:
    outbox.put([delivery(f"{number:02}", age=number // 2) for number in range(10)])
    whole = ids(outbox.listing())
    assert whole == ["01", "00", "03", "02", "05", "04", "07", "06", "09", "08"]
    paged: list[str] = []
    while page := outbox.listing(most=3, before=paged[-1] if paged else ""):
        paged += ids(page)
        outbox.put([delivery(f"new {len(paged)}")])
    assert paged == whole


def test_the_listing_is_limited_to_a_state(outbox: WholeOutbox) -> None:
    outbox.put([delivery("a", state="failed"), delivery("b", state="done"), delivery("c"), delivery("d", state="done")])
    assert ids(outbox.listing("failed")) == ["a"]
    assert ids(outbox.listing("done", most=1)) == ["d"]
    assert ids(outbox.listing("done", before="d")) == ["b"]
    assert ids(outbox.listing("pending", before="d")) == ["c"]


def test_the_listing_refuses_an_unknown_position(outbox: WholeOutbox) -> None:
    with pytest.raises(UsageError, match="'nowhere'"):
        outbox.listing(before="nowhere")


def test_threads_put_the_same_delivery_once(outbox: WholeOutbox) -> None:
    deliveries = [delivery(f"{number}") for number in range(20)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(outbox.put, [deliveries] * 4))
    assert len(outbox.listing()) == 20
