"""Signatures are for one use and by one secret, and stay valid while secrets change."""

import hmac

import pytest
from pydantic import SecretStr

from pipeline.settings.sections import Web
from pipeline.text.targets import is_signed, secrets, signature

OLD, NEW = "a" * 32, "b" * 32


def test_a_signature_is_for_its_use_its_parts_and_its_secret() -> None:
    signed = signature(OLD, "unsubscribe", "harbour", "x")
    assert is_signed([OLD], "unsubscribe", ("harbour", "x"), signed)
    assert not is_signed([NEW], "unsubscribe", ("harbour", "x"), signed)
    assert not is_signed([OLD], "websub callback", ("harbour", "x"), signed)
    assert not is_signed([OLD], "unsubscribe", ("harbour", "y"), signed)
    assert not is_signed([], "unsubscribe", ("harbour", "x"), signed)


def test_the_old_secret_counts_while_it_is_set() -> None:
    signed = signature(OLD, "unsubscribe", "harbour", "x")
    changing = Web(secret=SecretStr(NEW), old_secret=SecretStr(OLD))
    assert is_signed(secrets(changing), "unsubscribe", ("harbour", "x"), signed)
    assert not is_signed(secrets(Web(secret=SecretStr(NEW))), "unsubscribe", ("harbour", "x"), signed)
    assert signature(secrets(changing)[0], "unsubscribe", "harbour") == signature(NEW, "unsubscribe", "harbour")


def test_links_in_old_mails_still_work() -> None:
    earlier = hmac.new(OLD.encode(), b"onrecord unsubscribe\x1fharbour\x1fx", "sha256").hexdigest()
    assert is_signed([OLD], "unsubscribe", ("harbour", "x"), earlier)


@pytest.mark.parametrize("signed", ["", "=", "0" * 64, "\ud800", "é"])
def test_malformed_signatures_are_refused(signed: str) -> None:
    assert not is_signed([OLD], "unsubscribe", ("harbour",), signed)
