"""The look-up of notifiers by name."""

from datetime import timedelta

import pytest

from connectors import notify
from connectors.http.client import HttpClient
from pipeline.errors import SettingsError, UsageError
from pipeline.settings import Settings
from pipeline.settings.sections import Fetch

OUTSIDE = HttpClient(Fetch(timeout=timedelta(seconds=1)))


def test_every_file_is_a_notifier() -> None:
    assert {"stdout", "webhook"} <= set(notify.names())
    assert not any(name.startswith("_") for name in notify.names())


@pytest.mark.parametrize("target", ["pigeon:loft", "", "_post:https://a.example", "webhook.evil:x", "../stdout"])
def test_an_unknown_name_is_refused_with_a_list_of_names(target: str) -> None:
    with pytest.raises(UsageError, match=r"known are .*stdout.*webhook"):
        notify.notifier(target, Settings(), OUTSIDE)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("webhook", "has no http or https address"),
        ("webhook:ftp://a.example/", "has no http or https address"),
        ("webhook:https://", "has no http or https address"),
        ("webhook:https://[::1", "has no http or https address"),
        ("webhook:file:///etc/hosts", "has no http or https address"),
        ("stdout:paper", "neither stdout nor stdout:json"),
    ],
)
def test_a_malformed_target_address_is_refused(target: str, message: str) -> None:
    settings = Settings.model_validate({"webhook": {"secret": "whsec_" + "A" * 32}})
    with pytest.raises(UsageError, match=message):
        notify.notifier(target, settings, OUTSIDE)


def test_webhooks_need_a_secret() -> None:
    with pytest.raises(SettingsError, match=r"webhook\.secret is not set"):
        notify.notifier("webhook:https://a.example/", Settings(), OUTSIDE)
