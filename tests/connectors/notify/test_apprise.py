"""Alerts by Apprise, to real receivers on loopback."""

import itertools
import json
import resource
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from connectors import notify
from connectors.http.client import HttpClient
from connectors.notify._apprise import _Guard
from connectors.notify.apprise import _environment, message
from pipeline.errors import RefusedError, SettingsError, UsageError, WorldError
from pipeline.model import Alert
from pipeline.settings import Settings
from tests.connectors.loopback import Loopback, answer, stream
from tests.connectors.mailserver import MailServer
from tests.examples import alert, delivery, statement


def send(target: str, of: Alert | None = None, *, private: bool = True, seconds: float = 5) -> None:
    settings = Settings.model_validate(
        {"fetch": {"private_addresses": private}, "webhook": {"timeout": timedelta(seconds=seconds)}}
    )
    notify.notifier(f"apprise:{target}", settings, HttpClient(settings.fetch)).send(delivery(of))


def test_a_service_gets_the_alert(loopback: Loopback) -> None:
    loopback.routes["/in"] = answer()
    send(f"json://{loopback.address}/in")
    (request,) = loopback.requests
    message = json.loads(request.body)
    assert message["title"] == "Ada Lindqvist says"
    assert message["message"].splitlines() == [
        "The harbour will stay open",
        "",
        "courier.example, 2026-03-02 11:00 UTC: Harbour stays open",
        "Harbour: said by",
        "https://courier.example/harbour",
    ]


def test_a_mail_links_to_our_page_if_it_is_public() -> None:
    _, below = message(delivery(), "https://desk.example")
    assert below.endswith(f"\nhttps://desk.example/statements/{statement().id}")


def test_a_quote_cannot_mention_people_or_place_a_link() -> None:
    _, below = message(delivery(alert(replace(statement(), text="@everyone <@123> <!here> [x](https://evil.example)"))))
    for markup in ("@everyone", "<@", "<!", "]("):
        assert markup not in below


@pytest.mark.slow
@pytest.mark.parametrize("status", [404, 410, 500])
def test_a_rejected_message_is_retried(loopback: Loopback, status: int) -> None:
    loopback.routes["/wordofpower"] = answer(status=status)
    with pytest.raises(WorldError, match=r"^JSON \(by Apprise\) took no alert: .*error") as raised:
        send(f"json://{loopback.address}/wordofpower")
    assert not isinstance(raised.value, RefusedError)
    assert "wordofpower" not in str(raised.value)


@pytest.mark.slow
@pytest.mark.parametrize("says", ["", "?redirect=yes"])
def test_a_redirect_is_not_followed(loopback: Loopback, says: str) -> None:
    loopback.routes["/in"] = loopback.routes[f"/in{says}"] = answer(status=307, location=loopback.url("/else"))
    with pytest.raises(WorldError, match="took no alert"):
        send(f"json://{loopback.address}/in{says}")
    assert [path.partition("?")[0] for path in loopback.paths()] == ["/in"]


@pytest.mark.slow
@pytest.mark.parametrize("target", ["json://{0}/in", "json://localhost:{1}/in", "json://2130706433:{1}/in"])
def test_a_private_address_is_refused_before_a_packet(loopback: Loopback, target: str) -> None:
    port = loopback.address.partition(":")[2]
    with pytest.raises(RefusedError, match=r"^JSON \(by Apprise\) .* it is at .*, which is no public address"):
        send(target.format(loopback.address, port), private=False)
    assert loopback.requests == []


def test_a_private_mail_server_is_refused_too(server: MailServer) -> None:
    with pytest.raises(RefusedError, match=r"it is at 127\.0\.0\.1, which is no public address"):
        send(f"mailto://user:pass@courier.example:{server.port}?smtp=127.0.0.1&mode=insecure", private=False)
    assert server.hears == []


@pytest.mark.slow
def test_a_late_answer_is_not_waited_for(loopback: Loopback) -> None:
    over = threading.Event()

    def late(_: BaseHTTPRequestHandler) -> None:
        over.wait(60)

    loopback.routes["/in"] = late
    with pytest.raises(WorldError, match=r"took longer than 0\.3 s"):
        send(f"json://{loopback.address}/in?rto=60", seconds=0.3)
    over.set()


@pytest.mark.slow
def test_an_endless_answer_takes_no_memory(loopback: Loopback) -> None:
    loopback.routes["/in"] = stream(itertools.repeat(b"x" * 1_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WorldError):
        send(f"json://{loopback.address}/in", seconds=10)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


@pytest.mark.slow
def test_no_proxy_and_no_secret_is_passed_on(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "ONRECORD_EMAIL__PASSWORD"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    loopback.routes["/in"] = answer()
    send(f"json://{loopback.address}/in")
    assert loopback.paths() == ["/in"]
    assert not {"http_proxy", "HTTPS_PROXY", "ONRECORD_EMAIL__PASSWORD"} & set(_environment())


def test_a_port_without_a_listener_is_a_world_error() -> None:
    with pytest.raises(WorldError, match="Connection error"):
        send("json://127.0.0.1:9/in")


@pytest.mark.parametrize("target", ["", "wordofpower", "pigeon://wordofpower", "json://", "tgram://wordofpower"])
def test_an_address_unknown_to_apprise_is_refused(target: str) -> None:
    with pytest.raises(UsageError, match="no valid address of Apprise"):
        send(target)


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("slack://TAAAAAAAA/BAAAAAAAA/cccccccccccccccccccccccc/?template={0}", "parameter 'template'"),
        ("discord://1234567890/abcdefgh?Template={0}", "parameter 'template'"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/?%74emplate={0}", "parameter 'template'"),
        ("workflows://host:443/workflow/signature/?template={0}", "parameter 'template'"),
        ("mailto://user:pass@courier.example?pgp=yes", "parameter 'pgp'"),
        ("mailto://user:pass@courier.example?pgppub={0}", "parameter 'pgppub'"),
        ("ntfy://topic?attach=file://{0}", "parameter 'attach'"),
        ("jsons://courier.example?verify=no", "parameter 'verify'"),
        ("json://courier.example?wordofpower=x", "parameter 'wordofpower'"),
        ("syslog://", "service 'syslog'"),
        ("syslog://user", "service 'syslog'"),
        ("fcm://project@apikey/device?keyfile={0}", "parameter 'keyfile'"),
    ],
)
def test_an_address_reaches_no_file_and_no_service_of_this_machine(tmp_path: Path, target: str, what: str) -> None:
    """And the answer is the same whether the file is there or not."""
    there, missing = tmp_path / "there", tmp_path / "missing"
    there.write_text("{}")
    for place in (there, missing):
        with pytest.raises(UsageError, match=f"{what} is not allowed$"):
            send(target.format(place))


def test_a_template_that_the_service_keeps_is_allowed() -> None:
    with pytest.raises(WorldError):
        send("sendgrid://abcdefghij:desk@courier.example/reader@courier.example?template=daily", private=False)


def test_no_file_is_opened_and_no_program_started() -> None:
    guard = _Guard()
    for event, arguments in (
        ("open", ("/etc/passwd", "r", 0)),
        ("open", (f"{sys.prefix}/../../../../../../etc/passwd", "r", 0)),
        ("open", (b"/proc/self/environ", "r", 0)),
        ("subprocess.Popen", ("sh", [], None, None)),
        ("os.system", (b"true",)),
        ("syslog.syslog", (0, "x")),
    ):
        with pytest.raises(PermissionError):
            guard(event, arguments)
    guard("open", (json.__file__, "r", 0))
    guard("open", (3, "r", 0))


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(SettingsError, match=r"pip install 'onrecord\[apprise\]'"):
        send("json://courier.example")
