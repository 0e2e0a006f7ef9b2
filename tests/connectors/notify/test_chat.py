"""Alerts to chats."""

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors import notify
from connectors.http import Outside
from pipeline.errors import RefusedError, UsageError
from pipeline.model import Alert
from pipeline.settings import Settings
from tests.connectors.loopback import Loopback, answer
from tests.examples import alert, article, delivery, report, statement

CHATS = ("slack", "mattermost", "teams")


def posted(loopback: Loopback, name: str, of: Alert, status: int = 200) -> Any:
    loopback.routes["/in"] = answer(status=status)
    settings = Settings.model_validate({"fetch": {"private_addresses": True}})
    chat = notify.notifier(f"{name}:{loopback.url('/in')}", settings, Outside(settings.fetch))
    chat.send(delivery(of))
    return json.loads(loopback.requests[0].body)


def evil() -> Alert:
    return alert(replace(statement(), text="<!channel> @channel *no* [x](https://evil.example) & more"))


def test_slack_reads_text_in_its_own_markup(loopback: Loopback) -> None:
    assert posted(loopback, "slack", alert())["text"].splitlines() == [
        "*Ada Lindqvist says*",
        "> The harbour will stay open",
        "<https://courier.example/harbour|courier.example, 2026-03-02 12:00 UTC: Harbour stays open>",
        "Harbour: said by",
    ]


def test_mattermost_reads_markdown(loopback: Loopback) -> None:
    text = posted(loopback, "mattermost", alert())["text"]
    assert text.startswith("**Ada Lindqvist says**\n> The harbour will stay open\n\n[")
    assert "](https://courier.example/harbour)" in text


def test_teams_reads_a_card(loopback: Loopback) -> None:
    card = posted(loopback, "teams", alert())["attachments"][0]["content"]
    texts = [block["inlines"][0]["text"] for block in card["body"]]
    assert texts[:2] == ["Ada Lindqvist says", "The harbour will stay open"]
    assert card["actions"][0]["url"] == "https://courier.example/harbour"


def test_no_quote_can_call_a_channel_or_place_a_link(loopback: Loopback) -> None:
    assert "<!channel>" not in posted(loopback, "slack", evil())["text"]
    loopback.requests.clear()
    text = posted(loopback, "mattermost", evil())["text"]
    assert "@channel" not in text
    assert "[x](" not in text


@pytest.mark.parametrize("name", CHATS)
def test_an_address_of_no_web_page_is_no_link(loopback: Loopback, name: str) -> None:
    hostile = statement(report(replace(article(), url="javascript:alert(1)")))
    assert "javascript:" not in json.dumps(posted(loopback, name, alert(hostile)))


@pytest.mark.parametrize("name", CHATS)
def test_a_channel_that_is_gone_is_for_good(loopback: Loopback, name: str) -> None:
    with pytest.raises(RefusedError):
        posted(loopback, name, alert(), status=410)


@pytest.mark.parametrize("name", CHATS)
def test_an_address_is_needed(name: str) -> None:
    with pytest.raises(UsageError, match=f"target {name}:"):
        notify.notifier(name, Settings(), Outside(Settings().fetch))
