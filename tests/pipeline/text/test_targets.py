"""Targets are shown without what gives access."""

import pytest

from pipeline.text.targets import masked, receiver_key, shown_delivery, shown_watch, unmasked, without
from tests import examples

SLACK = "slack:https://hooks.slack.com/services/T01/B02/wordofpower"


@pytest.mark.parametrize(
    "target",
    [
        "stdout",
        "stdout:json",
        "email:desk@courier.example",
        "webhook:https://desk.example",
        "webhook:https://a.example:8443/",
    ],
)
def test_targets_without_secrets_are_shown(target: str) -> None:
    assert masked(target) == target


@pytest.mark.parametrize(
    ("target", "begins"),
    [
        (SLACK, "slack:https://hooks.slack.com/…"),
        ("webhook:https://desk.example:8443/hook?key=wordofpower", "webhook:https://desk.example:8443/…"),
        ("webhook:https://desk:wordofpower@desk.example", "webhook:https://desk.example/…"),
        ("webhook:https://desk.example/#wordofpower", "webhook:https://desk.example/…"),
        ("webhook:HTTPS://Desk.example/wordofpower", "webhook:HTTPS://desk.example/…"),
        ("apprise:tgram://wordofpower/12", "apprise:tgram://…"),
        ("apprise:mailto://desk:wordofpower@courier.example", "apprise:mailto://…"),
        ("webhook:https://[wordofpower", "webhook:https://…"),
        ("webhook:https://desk.example:wordofpower/", "webhook:https://…"),
        ("webhook://wordofpower", "webhook://…"),
        (f"{SLACK}…", "slack:https://hooks.slack.com/…"),
    ],
)
def test_secrets_of_targets_are_masked(target: str, begins: str) -> None:
    shown = masked(target)
    assert shown.startswith(begins)
    assert "wordofpower" not in shown
    assert len(shown) == len(begins) + 6
    assert masked(shown) == shown


def test_two_targets_of_one_host_are_distinguished() -> None:
    assert masked(SLACK) != masked(f"{SLACK}2")


def test_a_message_keeps_its_words() -> None:
    shown = masked(SLACK)
    assert without(f"target {SLACK} is bad", SLACK) == f"target {shown} is bad"
    address = SLACK.removeprefix("slack:")
    assert without(f"{address} answers 404", SLACK) == f"{shown.removeprefix('slack:')} answers 404"
    assert without("stdout is closed", "stdout") == "stdout is closed"


def test_the_shown_form_is_accepted_as_input() -> None:
    given = (masked(SLACK), "stdout", masked("slack:https://else.example/x"))
    assert unmasked(given, ("stdout", SLACK)) == (SLACK, "stdout", masked("slack:https://else.example/x"))


def test_watches_and_deliveries_are_shown_with_masked_targets() -> None:
    assert shown_watch(examples.watch(deliver=("stdout", SLACK))).deliver == ("stdout", masked(SLACK))
    failed = examples.delivery(target=SLACK, last_error=f"{SLACK.removeprefix('slack:')} answers 500")
    assert "wordofpower" not in repr(shown_delivery(failed))


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("stdout", "stdout"),
        ("webhook:https://Near.example/a", "webhook:near.example"),
        ("webhook:http://near.example:8080/b?c", "webhook:near.example"),
        ("webhook:https://[broken", "webhook:https://[broken"),
        ("email:desk@courier.example", "email:desk@courier.example"),
        ("apprise:tgram://token/12", "apprise:tgram://token/12"),
    ],
)
def test_a_lane_is_a_notifier_and_a_host(target: str, name: str) -> None:
    assert receiver_key(target) == name
