"""Alerts to chats, against real receivers, good and bad."""

import itertools
import json
import time
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from connectors import notify
from connectors.http.client import HttpClient
from connectors.notify import mattermost, slack, teams
from pipeline.alerts.schedule import MOST_TOGETHER
from pipeline.errors import RefusedError, UsageError, WorldError
from pipeline.model import Alert
from pipeline.settings import Settings
from tests.connectors.loopback import Loopback, answer, stream
from tests.examples import alert, article, delivery, report, statement

CHATS = ("slack", "mattermost", "teams")
EVIL = "<!channel> @channel @here <@U012> *no* [x](https://evil.example) <https://evil.example|x> :smile: `a` & more"


def send(url: str, name: str, of: Alert, *, private: bool = True, seconds: float = 10, **web: str) -> None:
    settings = Settings.model_validate(
        {"fetch": {"private_addresses": private}, "webhook": {"timeout": timedelta(seconds=seconds)}, "web": web}
    )
    notify.notifier(f"{name}:{url}", settings, HttpClient(settings.fetch)).send(delivery(of))


def posted(loopback: Loopback, name: str, of: Alert, **web: Any) -> Any:
    loopback.requests.clear()
    loopback.routes["/in"] = answer()
    send(loopback.url("/in"), name, of, **web)
    (request,) = loopback.requests
    assert request.headers["content-type"] == "application/json"
    return json.loads(request.body)


def saying(text: str) -> Alert:
    return alert(replace(statement(), text=text))


def elements(message: Any) -> list[dict[str, Any]]:
    """All that Slack shows, in order."""
    (block,) = message["blocks"]
    assert block["type"] == "rich_text"
    return [inside for part in block["elements"] for inside in part["elements"]]


def test_slack_gets_rich_text(loopback: Loopback) -> None:
    message = posted(loopback, "slack", alert())
    assert message["text"] == "Ada Lindqvist says: The harbour will stay open"
    assert [part["type"] for part in message["blocks"][0]["elements"]] == [
        *("rich_text_section", "rich_text_quote", "rich_text_section", "rich_text_section")
    ]
    origin = "courier.example, 2026-03-02 11:00 UTC: Harbour stays open"
    assert elements(message) == [
        {"type": "text", "text": "Ada Lindqvist says", "style": {"bold": True}},
        {"type": "text", "text": "The harbour will stay open"},
        {"type": "link", "text": origin, "url": "https://courier.example/harbour"},
        {"type": "text", "text": "Harbour: said by", "style": {"italic": True}},
    ]


def test_mattermost_gets_markdown(loopback: Loopback) -> None:
    assert posted(loopback, "mattermost", alert())["text"].splitlines() == [
        "**Ada Lindqvist says**",
        "> The harbour will stay open",
        "",
        r"[courier\.example, 2026\-03\-02 11:00 UTC: Harbour stays open](https://courier.example/harbour)",
        "Harbour: said by",
    ]


def test_teams_gets_a_card(loopback: Loopback) -> None:
    message = posted(loopback, "teams", alert())
    (attachment,) = message["attachments"]
    assert (message["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    card = attachment["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert [block["inlines"][0]["text"] for block in card["body"]] == [
        "Ada Lindqvist says",
        "The harbour will stay open",
        "courier.example, 2026-03-02 11:00 UTC: Harbour stays open",
        "Harbour: said by",
    ]
    assert [action["url"] for action in card["actions"]] == ["https://courier.example/harbour"]


@pytest.mark.parametrize("name", CHATS)
def test_a_message_links_to_our_page_if_it_is_public(loopback: Loopback, name: str) -> None:
    own = f"https://desk.example/statements/{statement().id}"
    assert own in json.dumps(posted(loopback, name, alert(), address="https://desk.example"))
    assert "/statements/" not in json.dumps(posted(loopback, name, alert()))


def test_a_quote_cannot_mention_a_channel_or_place_a_link_in_slack(loopback: Loopback) -> None:
    message = posted(loopback, "slack", saying(EVIL))
    assert not set("<>") & set(message["text"])
    assert elements(message)[1] == {"type": "text", "text": EVIL}
    assert {inside["type"] for inside in elements(message)} == {"text", "link"}
    assert [inside["url"] for inside in elements(message) if "url" in inside] == ["https://courier.example/harbour"]


def test_a_quote_cannot_mention_a_channel_or_place_a_link_in_mattermost(loopback: Loopback) -> None:
    quoted = posted(loopback, "mattermost", saying(EVIL))["text"].splitlines()[1]
    for markup in ("@channel", "@here", "<!", "<@", "](", "[x]", "<http", ":smile:", " *no", " `a"):
        assert markup not in quoted, markup
    assert quoted.replace("\\", "").replace("\u2060", "") == f"> {EVIL}"


def test_a_title_cannot_end_its_link_in_mattermost(loopback: Loopback) -> None:
    of = article(title="x](https://evil.example) [y", url="https://courier.example/a(b) c](https://evil.example)")
    line = posted(loopback, "mattermost", alert(statement(report(of))))["text"].splitlines()[3]
    assert line.count("](") == 1
    assert line.endswith("](https://courier.example/a%28b%29c%5D%28https://evil.example%29)")


@pytest.mark.parametrize("name", CHATS)
def test_a_message_is_as_short_as_chats_want_it(loopback: Loopback, name: str) -> None:
    long = article(title="🚢@" * 100_000)
    of = replace(alert(replace(statement(report(long)), text="🚢@" * 100_000)), why="🚢@" * 100_000)
    message = posted(loopback, name, of)
    assert name != "teams" or len(json.dumps(message, ensure_ascii=False).encode()) < 28_000
    assert name != "mattermost" or len(message["text"]) < 16_383
    assert name != "slack" or max(len(inside["text"]) for inside in elements(message)) <= 3_000


@pytest.mark.parametrize("name", CHATS)
def test_a_digest_is_as_short_as_chats_want_it_whatever_it_is_of(name: str) -> None:
    long = statement(report(article(title="🚢@" * 9_000, url="https://x.example/" + "a" * 9_000)))
    of = [replace(alert(replace(long, id=f"s{n}", text="🚢_@" * 9_000)), id=f"a{n}") for n in range(MOST_TOGETHER)]
    shape = {"slack": slack, "mattermost": mattermost, "teams": teams}[name].message
    message = shape(delivery(of[0], also=tuple(of[1:]), parts=("a", "b")), "https://desk.example")
    size = len(json.dumps(message, ensure_ascii=False).encode())
    assert size < {"slack": 40_000, "mattermost": 4 * 16_383, "teams": 28_000}[name]
    assert name != "mattermost" or len(message["text"]) < 16_383


def test_a_digest_in_slack_has_a_part_for_each_statement(loopback: Loopback) -> None:
    second = alert(replace(statement(), id="later", text="The port will not"))
    message = slack.message(delivery(also=(second,), parts=("a", "b"), held="quiet"), "")
    assert message["text"] == "2 statements: Ada Lindqvist (2)"
    texts = [inside["text"] for inside in elements(message)]
    assert texts[1] == "\nThese alerts waited for the end of the quiet hours."
    assert [text for text in texts if text.startswith("The ")] == ["The harbour will stay open", "The port will not"]


@pytest.mark.parametrize("name", CHATS)
def test_missing_fields_leave_no_empty_text(loopback: Loopback, name: str) -> None:
    bare = report(article(title="", url="", source=""), speaker_name="")
    message = posted(loopback, name, saying("\x00"))
    assert '"text": ""' not in json.dumps(message) or name != "slack"
    assert posted(loopback, name, alert(statement(bare)))


@pytest.mark.parametrize("name", CHATS)
def test_an_address_outside_the_web_is_no_link(loopback: Loopback, name: str) -> None:
    hostile = statement(report(replace(article(), url="javascript:alert(1)")))
    assert "javascript:" not in json.dumps(posted(loopback, name, alert(hostile)))


@pytest.mark.parametrize("name", CHATS)
@pytest.mark.parametrize("status", [404, 410])
def test_a_channel_that_is_gone_is_for_good(loopback: Loopback, name: str, status: int) -> None:
    loopback.routes["/in"] = answer(status=status)
    with pytest.raises(RefusedError, match=f"answers {status}"):
        send(loopback.url("/in"), name, alert())


@pytest.mark.parametrize("name", CHATS)
def test_a_channel_s_retry_after_is_respected(loopback: Loopback, name: str) -> None:
    loopback.routes["/in"] = answer(status=429, retry_after="90")
    with pytest.raises(WorldError, match="answers 429") as raised:
        send(loopback.url("/in"), name, alert())
    assert raised.value.retry_after == timedelta(seconds=90)
    assert not isinstance(raised.value, RefusedError)


@pytest.mark.parametrize("name", CHATS)
def test_a_channel_at_a_private_address_is_refused_before_a_packet(loopback: Loopback, name: str) -> None:
    with pytest.raises(RefusedError, match="no public address"):
        send(loopback.url("/in"), name, alert(), private=False)
    assert loopback.requests == []


def test_a_redirect_is_not_followed(loopback: Loopback) -> None:
    loopback.routes["/in"] = answer(status=307, location=loopback.url("/else"))
    with pytest.raises(WorldError, match="answers 307"):
        send(loopback.url("/in"), "slack", alert())
    assert loopback.paths() == ["/in"]


def _late(exchange: BaseHTTPRequestHandler) -> None:
    time.sleep(1)
    answer()(exchange)


def _hung_up(exchange: BaseHTTPRequestHandler) -> None:
    exchange.close_connection = True


@pytest.mark.parametrize(
    ("route", "message"),
    [(_late, "did not answer in full within 0.5 s"), (_hung_up, "failed: "), (answer(status=500), "answers 500")],
)
def test_no_error_of_a_channel_reveals_its_address(loopback: Loopback, route: Any, message: str) -> None:
    loopback.routes["/wordofpower"] = route
    with pytest.raises(WorldError, match=message) as raised:
        send(loopback.url("/wordofpower"), "slack", alert(), seconds=0.5 if route is _late else 10)
    assert loopback.address in str(raised.value)
    assert "wordofpower" not in str(raised.value)


def test_a_channel_that_answers_without_end_has_taken_the_alert(loopback: Loopback) -> None:
    loopback.routes["/in"] = stream(itertools.repeat(b"x" * 65_536))
    send(loopback.url("/in"), "slack", alert())


@pytest.mark.parametrize("name", CHATS)
def test_an_address_is_needed(name: str) -> None:
    with pytest.raises(UsageError, match=f"target {name}:"):
        notify.notifier(name, Settings(), HttpClient(Settings().fetch))
