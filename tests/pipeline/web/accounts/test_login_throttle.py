"""Wrong logins wait ever longer, alone or together, and never delay somebody who was right."""

import pytest

from pipeline.web.accounts.login import Throttle, client_key


class Time:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def throttle(time: Time) -> Throttle:
    return Throttle(time)


def test_the_pause_doubles_to_a_quarter_of_an_hour(throttle: Throttle, time: Time) -> None:
    pauses = []
    for _ in range(18):
        throttle.failed("192.0.2.1")
        pauses.append(throttle.wait("192.0.2.1"))
        time.now += pauses[-1]
        assert throttle.wait("192.0.2.1") == 0
    assert pauses[:8] == [0, 0, 0, 0, 1, 2, 4, 8]
    assert pauses[-1] == 900


def test_an_hour_without_a_wrong_try_is_a_new_beginning(throttle: Throttle, time: Time) -> None:
    for _ in range(20):
        throttle.failed("192.0.2.1")
    time.now += 3_601
    throttle.failed("192.0.2.1")
    assert throttle.wait("192.0.2.1") == 0


def test_a_right_try_is_a_new_beginning(throttle: Throttle) -> None:
    for _ in range(20):
        throttle.failed("192.0.2.1")
    throttle.succeeded("192.0.2.1")
    assert throttle.wait("192.0.2.1") == 0


def test_many_addresses_guess_no_faster_than_a_few(throttle: Throttle, time: Time) -> None:
    throttle.succeeded("198.51.100.1")
    for number in range(100):
        assert throttle.wait(f"192.0.2.{number}") == 0
        throttle.failed(f"192.0.2.{number}")
        time.now += 0.1
    assert throttle.wait("192.0.2.200") == pytest.approx(50)
    assert throttle.wait("198.51.100.1") == 0
    time.now += 50
    assert throttle.wait("192.0.2.200") == 0


def test_an_ipv6_network_is_a_single_client(throttle: Throttle) -> None:
    for number in range(10):
        throttle.failed(f"2001:db8::{number:x}")
    assert throttle.wait("2001:db8::ffff") > 0
    assert throttle.wait("2001:db8:0:1::1") == 0


@pytest.mark.parametrize(
    ("address", "key"), [("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("unix", "unix"), ("", "")]
)
def test_other_clients_are_their_addresses(address: str, key: str) -> None:
    assert client_key(address) == key


@pytest.mark.slow
def test_the_memory_of_addresses_is_bounded(throttle: Throttle) -> None:
    for number in range(10_001):
        for _ in range(6):
            throttle.failed(f"10.0.{number // 256}.{number % 256}")
    throttle._recent.clear()
    assert throttle.wait("10.0.0.0") == 0
    assert throttle.wait("10.0.0.1") > 0


def test_users_who_are_right_keep_nobody_waiting(throttle: Throttle) -> None:
    for number in range(200):
        throttle.failed("192.0.2.1", f"user {number}")  # every try counts until its password has been checked
        throttle.succeeded("192.0.2.1", f"user {number}")
    assert throttle.wait("198.51.100.1", "bo-ek") == 0
