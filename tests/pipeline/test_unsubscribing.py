"""Links to unsubscribe are for one target of one watch, and cannot be made without the secret."""

import pytest
from pydantic import SecretStr

from pipeline.settings import Web
from pipeline.unsubscribing import link, signature, signed_target
from tests.examples import watch

SECRET = "a secret of thirty-two characters"
TARGET = "email:desk@courier.example"


def test_a_link_holds_no_address() -> None:
    made = link(Web(address="https://desk.example/record/", secret=SecretStr(SECRET)), "häfen a", TARGET)
    assert made == f"https://desk.example/record/unsubscribe/h%C3%A4fen%20a/{signature(SECRET, 'häfen a', TARGET)}"


@pytest.mark.parametrize("web", [Web(), Web(address="https://desk.example"), Web(secret=SecretStr(SECRET))])
def test_there_is_none_without_address_and_secret(web: Web) -> None:
    assert link(web, "harbour", TARGET) == ""


def test_a_signature_is_for_one_target_of_one_watch() -> None:
    signed = signature(SECRET, "harbour", TARGET)
    known = watch(deliver=("stdout", TARGET))
    assert signed_target(SECRET, known, signed) == TARGET
    assert signed_target(SECRET, watch(id="other", deliver=(TARGET,)), signed) is None
    assert signed_target(SECRET, watch(deliver=("stdout",)), signed) is None
    assert signed_target(SECRET[::-1], known, signed) is None


@pytest.mark.parametrize("signed", ["", "0" * 64, "é\ud800"])
def test_what_is_no_signature_is_for_nothing(signed: str) -> None:
    assert signed_target(SECRET, watch(deliver=(TARGET,)), signed) is None
