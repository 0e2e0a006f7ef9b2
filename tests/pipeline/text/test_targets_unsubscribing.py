"""Links to unsubscribe are for one target of one watch, and cannot be made without the secret."""

import pytest
from pydantic import SecretStr

from pipeline.settings.sections import Web
from pipeline.text.targets import link, signature, signed_target

SECRET = "a secret of thirty-two characters"
TARGET = "email:desk@courier.example"


def test_a_link_holds_no_address() -> None:
    made = link(Web(address="https://desk.example/record/", secret=SecretStr(SECRET)), ["häfen a", "b"], TARGET)
    signed = signature(SECRET, "unsubscribe", "häfen a,b", TARGET)
    assert made == f"https://desk.example/record/unsubscribe/h%C3%A4fen%20a,b/{signed}"


@pytest.mark.parametrize("web", [Web(), Web(address="https://desk.example"), Web(secret=SecretStr(SECRET))])
def test_without_address_and_secret_there_is_no_link(web: Web) -> None:
    assert link(web, ["harbour"], TARGET) == ""


def test_a_signature_is_for_one_target_of_certain_watches() -> None:
    signed = signature(SECRET, "unsubscribe", "harbour,port", TARGET)
    assert signed_target([SECRET], "harbour,port", ("stdout", TARGET), signed) == TARGET
    assert signed_target([SECRET], "harbour", (TARGET,), signed) is None
    assert signed_target([SECRET], "harbour,port", ("stdout",), signed) is None
    assert signed_target([SECRET[::-1]], "harbour,port", (TARGET,), signed) is None


@pytest.mark.parametrize("signed", ["", "0" * 64, "é\ud800"])
def test_malformed_signatures_permit_nothing(signed: str) -> None:
    assert signed_target([SECRET], "harbour", (TARGET,), signed) is None
