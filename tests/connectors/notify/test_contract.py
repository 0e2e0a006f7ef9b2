"""The contract of Notifier, for each notifier with a real receiver on loopback."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from socket import create_server

import pytest

from connectors import notify
from connectors.http.client import HttpClient
from pipeline.alerts import schedule
from pipeline.errors import RefusedError, UsageError, WorldError
from pipeline.model import Delivery, Review, Translation
from pipeline.ports import Notifier
from pipeline.settings import Settings
from pipeline.testing import HOSTILE, check_failing_notifier, check_notifier
from tests.connectors.loopback import Loopback, answer, serving
from tests.connectors.mailserver import MailServer, mail_server
from tests.examples import alert, article, delivery, report, statement

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
WORD = "wordofpower"  # in the address, where it has a path
TARGETS = {
    "webhook": f"webhook:http://{{web}}/{WORD}",
    "slack": f"slack:http://{{web}}/{WORD}",
    "mattermost": f"mattermost:http://{{web}}/{WORD}",
    "teams": f"teams:http://{{web}}/{WORD}",
    "apprise": f"apprise:json://{{web}}/{WORD}",
    "email": "email:reader@courier.example",
}


@pytest.fixture(scope="module")
def web() -> Iterator[Loopback]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


class Receiver:
    """Somebody who is told by one kind of notifier."""

    def __init__(self, name: str, web: Loopback, mail: MailServer) -> None:
        self._web, self._mail = web, mail
        web.requests.clear()
        mail.mails.clear()
        self.listen()
        self.notifier = self.notifier_at(TARGETS[name].format(web=web.address), mail.port)

    @staticmethod
    def notifier_at(target: str, mail_port: int) -> Notifier:
        email = {"host": "127.0.0.1", "port": mail_port, "security": "none", "sender": "desk@onrecord.example"}
        webhook = {"secret": SECRET, "timeout": timedelta(seconds=5)}
        fetch = {"private_addresses": True}
        settings = Settings.model_validate({"email": email, "webhook": webhook, "fetch": fetch})
        return notify.notifier(target, settings, HttpClient(settings.fetch))

    def listen(self) -> None:
        self._web.routes[f"/{WORD}"] = answer()
        self._mail.answers.clear()

    def be_busy(self) -> None:
        self._web.routes[f"/{WORD}"] = answer(status=503)
        self._mail.answers["RCPT"] = "450 busy"

    def received(self) -> list[str]:
        """Return what arrived, as text."""
        posts = [json.dumps(json.loads(request.body), ensure_ascii=False) for request in self._web.requests]
        bodies = [mail.get_body(("plain",)) for mail in self._mail.mails]
        return posts + [body.get_content() for body in bodies if body]


SLOW = {"apprise"}  # starts a process for each alert


@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in sorted(TARGETS)])
def receiver(request: pytest.FixtureRequest, web: Loopback, mail: MailServer) -> Receiver:
    return Receiver(request.param, web, mail)


def test_every_notifier_is_held_to_this() -> None:
    # stdout has no receiver, websub carries no words, and push is too short for all of them (test_push.py)
    assert {*TARGETS, "stdout", "websub", "push"} == set(notify.names())


def test_it_keeps_the_contract_of_notifiers(receiver: Receiver) -> None:
    check_notifier(receiver.notifier, receiver.received)


@pytest.mark.parametrize("promise", ["sends", "sends nothing", "loses words"])
def test_the_contract_notices_what_is_broken(promise: str) -> None:
    messages: list[str] = []

    class Broken:
        def send(self, delivery: Delivery) -> None:
            words = "" if promise == "loses words" else " ".join(each.statement.text for each in delivery.alerts)
            about = delivery.alert.statement.first.article
            if promise != "sends nothing":
                messages.append(f"{delivery.alert.statement.speaker_name}: {words} ({about.source}, {about.url})")

    if promise == "sends":
        check_notifier(Broken(), lambda: messages)
        return
    with pytest.raises(
        AssertionError, match="exactly one message" if promise == "sends nothing" else "the message lacks"
    ):
        check_notifier(Broken(), lambda: messages)


def test_the_contract_notices_a_hidden_failure_and_a_revealed_secret() -> None:
    class Silent:
        def send(self, delivery: Delivery) -> None:
            pass

    class Talkative:
        def send(self, delivery: Delivery) -> None:
            raise WorldError(f"{WORD} is away")

    check_failing_notifier(Talkative())
    with pytest.raises(AssertionError, match="hides the secret"):
        check_failing_notifier(Talkative(), WORD)
    with pytest.raises(AssertionError, match="should raise WorldError"):
        check_failing_notifier(Silent())


def test_temporary_answers_are_world_errors(receiver: Receiver) -> None:
    receiver.be_busy()
    with pytest.raises(WorldError) as raised:
        receiver.notifier.send(delivery())
    assert not isinstance(raised.value, RefusedError)
    assert WORD not in str(raised.value)
    assert "\n" not in str(raised.value)
    receiver.listen()
    receiver.notifier.send(delivery(attempts=1))
    assert "The harbour will stay open" in receiver.received()[-1]


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_an_unreachable_receiver_is_a_world_error(name: str) -> None:
    with closing(create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    away = Receiver.notifier_at(TARGETS[name].format(web=f"127.0.0.1:{port}"), port)
    check_failing_notifier(away, WORD)


def test_names_of_watches_and_speakers_may_be_hostile(receiver: Receiver) -> None:
    said = replace(statement(report(article(title=HOSTILE, source=HOSTILE, url=HOSTILE))), text=HOSTILE)
    evil = replace(alert(replace(said, speaker_name=HOSTILE)), why=HOSTILE, watch_name=HOSTILE, watch_id=HOSTILE)
    receiver.notifier.send(delivery(evil))
    (message,) = receiver.received()
    assert "🚢" in message


def test_a_message_names_all_watches_it_meets(receiver: Receiver) -> None:
    other = replace(alert(), id="other", watch_id="port", watch_name="The Port")
    receiver.notifier.send(delivery(also=(other,)))
    (output,) = receiver.received()
    assert "Harbour" in output
    assert "The Port" in output
    assert "2 statements" not in output


@pytest.mark.parametrize("count", [1, 2])
def test_a_message_has_the_translation_and_the_review_beside_the_original(receiver: Receiver, count: int) -> None:
    advised = [
        replace(
            alert(replace(statement(), id=f"s{n}", text=f"Kran {n} bleibt")),
            id=f"s{n}",
            translation=Translation(f"Crane {n} stays", "en", "stand-in"),
            review=Review("doubtful", f"nobody speaks of crane {n}", "small"),
        )
        for n in range(count)
    ]
    also = tuple(advised[1:])
    receiver.notifier.send(
        delivery(advised[0], also=also, parts=("a", "b")[: 2 * len(also)], planned=advised[0].created)
    )
    message = " ".join(receiver.received()[-1].replace("\\", "").split())
    assert all(f"Kran {n} bleibt" in message for n in range(count))
    assert all(f"Crane {n} stays" in message for n in range(count))
    assert all(f"nobody speaks of crane {n}" in message for n in range(count))
    assert message.count("stand-in") == count
    assert message.count("small") == count


@pytest.mark.parametrize("count", [2, schedule.MOST_TOGETHER])
def test_a_digest_lists_every_statement(receiver: Receiver, count: int) -> None:
    said = [replace(statement(), id=f"s{n}", text=f"Crane {n:02} stays. " + "Ships, too! " * 200) for n in range(count)]
    first, *others = (replace(alert(of), id=of.id) for of in said)
    receiver.notifier.send(delivery(first, also=tuple(others), parts=("a", "b"), held="cap", planned=first.created))
    (output,) = receiver.received()
    assert output.count("Crane ") == count
    assert all(f"Crane {n:02} stays" in output for n in range(count))
    assert '"held": "cap"' in output or "reached its daily cap" in output
    assert '"type": "digest"' in output or f"{count} statements" in output


@pytest.mark.parametrize("name", sorted(TARGETS))
@pytest.mark.parametrize("address", ["", " ", "\x00", "//", "http:", "🚢", "a" * 4_000])
def test_a_malformed_address_is_refused_on_input(name: str, address: str) -> None:
    with pytest.raises(UsageError, match=rf"^target {name}:"):
        Receiver.notifier_at(f"{name}:{address}", 25)
