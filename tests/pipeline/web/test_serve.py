"""The server listens where it is told, says where that is, and stops when told."""

import asyncio
import gc
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from pipeline.errors import SettingsError
from pipeline.services import Services
from pipeline.settings.sections import Web
from pipeline.web import guard
from pipeline.web.serve import _listen, serve


def at_port(services: Services, port: int, host: str = "127.0.0.1", proxies: str = "127.0.0.1") -> Services:
    web = Web.model_validate({"host": host, "port": port, "proxies": proxies})
    return replace(services, settings=services.settings.model_copy(update={"web": web}))


@contextmanager
def serving(services: Services) -> Iterator[http.client.HTTPConnection]:
    stop, addresses = threading.Event(), list[str]()
    known = threading.Event()

    def listening(address: str) -> None:
        addresses.append(address)
        known.set()

    thread = threading.Thread(target=serve, args=(services, stop, listening))
    thread.start()
    assert known.wait(20)
    connection = http.client.HTTPConnection(urlsplit(addresses[0]).netloc, timeout=20)
    try:
        yield connection
    finally:
        connection.close()
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def test_port_0_is_replaced_by_the_bound_port(services: Services) -> None:
    with serving(at_port(services, 0)) as connection:
        assert connection.port
        connection.request("GET", "/livez")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b'{"status":"ok"}')
        assert answer.getheader("server") is None
        connection.request("GET", "/api/v1/search?q=harbour")
        assert connection.getresponse().status == 200
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", connection.port), timeout=5)


@pytest.mark.slow
def test_a_collection_of_garbage_passes_over_the_libraries(services: Services) -> None:
    gc.unfreeze()
    with serving(at_port(services, 0)):
        assert gc.get_freeze_count() > len(gc.get_objects())
    gc.unfreeze()


def test_the_body_of_an_answer_does_not_wait_for_an_acknowledgement() -> None:
    with (
        _listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_taken_port_is_named(services: Services) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"web\.port {port} .* cannot be listened on"):
            serve(at_port(services, port), threading.Event())


def test_a_foreign_host_header_is_refused_by_name(services: Services) -> None:
    with pytest.raises(SettingsError, match=r"'127\.0\.0\.1\.example'"):
        web = Web.model_construct(host="127.0.0.1.example", port=0, token=None)
        serve(replace(services, settings=services.settings.model_copy(update={"web": web})), threading.Event())


def connect(connection: http.client.HTTPConnection) -> socket.socket:
    return socket.create_connection((connection.host, connection.port), timeout=20)


def status(connection: http.client.HTTPConnection, path: str = "/livez") -> int:
    asking = http.client.HTTPConnection(connection.host, connection.port, timeout=20)
    try:
        asking.request("GET", path)
        return asking.getresponse().status
    finally:
        asking.close()


def is_closed(line: socket.socket) -> bool:
    """Return whether the server has hung up, waited for."""
    try:
        return line.recv(1_000) == b""
    except ConnectionResetError:
        return True


@pytest.mark.slow
@pytest.mark.parametrize("proxies", ["127.0.0.1", ""])
def test_silent_connections_keep_nobody_from_an_answer(services: Services, proxies: str) -> None:
    """The connections are one client's, or those that a proxy forwards for many."""
    with serving(at_port(services, 0, proxies=proxies)) as connection, ExitStack() as lines:
        for _ in range(450):
            lines.enter_context(connect(connection))
        for path in ("/livez", "/readyz", "/api/v1/search?q=harbour"):
            assert status(connection, path) == 200


def test_a_client_has_a_limited_number_of_connections(services: Services) -> None:
    with serving(at_port(services, 0, proxies="")) as connection, ExitStack() as lines:
        silent = [lines.enter_context(connect(connection)) for _ in range(65)]
        assert is_closed(silent[0])
        silent[1].settimeout(0.2)
        with pytest.raises(TimeoutError):
            silent[1].recv(1)


def test_a_connection_with_a_request_under_way_gives_way_to_none(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_MOST_OF_A_CLIENT", 2)
    with serving(at_port(services, 0, proxies="")) as connection, ExitStack() as lines:
        working = [lines.enter_context(connect(connection)) for _ in range(2)]
        for line in working:
            line.sendall(b"POST /api/v1/feeds HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n")
            line.sendall(b"content-type: application/json\r\n\r\n{")
        time.sleep(0.2)
        assert is_closed(lines.enter_context(connect(connection)))
        for line in working:
            line.sendall(b'"url":1}')
            assert line.recv(1_000).startswith(b"HTTP/1.1 422 ")


@pytest.mark.slow
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /livez HTTP/1.1\r\nhost: local",
        b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"POST /api/v1/feeds HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"content-length: 9\r\n\r\n{",
    ],
    ids=["silent", "half of the headers", "silent after an answer", "half of the body"],
)
def test_a_slow_request_is_cut_off(services: Services, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(guard, "_DEADLINES", {"head": 0.3, "body": 0.3})
    with serving(at_port(services, 0)) as connection, connect(connection) as line:
        line.sendall(sent)
        while not is_closed(line):
            pass
        assert status(connection) == 200


@pytest.mark.slow
def test_drops_of_a_request_do_not_put_its_end_off(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_DEADLINES", {"head": 0.5, "body": 0.5})
    with serving(at_port(services, 0)) as connection, connect(connection) as line, pytest.raises(OSError):
        line.sendall(b"GET /livez HTTP/1.1\r\n")
        for number in range(200):
            line.sendall(b"x-%d: a\r\n" % number)
            time.sleep(0.05)


def test_a_client_that_does_not_read_is_cut_off(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_READING_SECONDS", 0.3)
    ended = threading.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await asyncio.sleep(0, True)) and not ended.is_set():
            await send({"type": "http.response.body", "body": bytes(100_000), "more_body": True})
            if lost:
                ended.set()

    lost: list[bool] = []
    cut = guard.Connection.connection_lost

    def note(connection: guard.Connection, error: Exception | None) -> None:
        lost.append(True)
        cut(connection, error)

    monkeypatch.setattr(guard.Connection, "connection_lost", note)
    monkeypatch.setattr("pipeline.web.serve.create", lambda *_: endless)
    with serving(at_port(services, 0)) as connection, connect(connection) as line:
        line.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert ended.wait(20)


@pytest.mark.slow
def test_too_many_requests_at_once_leave_room_for_health(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_MOST_REQUESTS", 2)
    with serving(at_port(services, 0)) as connection, ExitStack() as lines:
        for _ in range(2):
            line = lines.enter_context(connect(connection))
            line.sendall(b"POST /api/v1/feeds HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n")
            line.sendall(b"content-type: application/json\r\n\r\n{")
        time.sleep(0.2)
        assert status(connection, "/") == 503
        assert (status(connection), status(connection, "/readyz")) == (200, 200)
    with serving(at_port(services, 0)) as connection:
        assert [status(connection, "/") for _ in range(5)] == [200] * 5


def test_a_proxy_says_who_asks_and_how(services: Services) -> None:
    web = Web(port=0, token=SecretStr("open sesame, please"))
    told = replace(services, settings=services.settings.model_copy(update={"web": web}))
    with serving(told) as connection:
        headers = {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.9", "origin": "http://desk.example"}
        headers |= {"host": "desk.example", "content-type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/login", "token=open+sesame%2C+please", headers)
        answer = connection.getresponse()
        assert "secure" in (answer.getheader("set-cookie") or "").lower()
        assert answer.getheader("strict-transport-security") == "max-age=31536000; includeSubDomains"
        for number in range(7):
            other = {**headers, "x-forwarded-for": f"192.0.2.{7 if number < 6 else 8}"}
            refused = http.client.HTTPConnection(connection.host, connection.port, timeout=20)
            refused.request("POST", "/login", "token=wrong", other)
            assert refused.getresponse().status == (429 if number == 5 else 403)
            refused.close()


def test_forwarded_headers_count_from_proxies_only(services: Services) -> None:
    web = Web(port=0, token=SecretStr("open sesame, please"), proxies=("192.0.2.1",))
    told = replace(services, settings=services.settings.model_copy(update={"web": web}))
    with serving(told) as connection:
        headers = {"x-forwarded-proto": "https", "origin": "http://desk.example", "host": "desk.example"}
        connection.request("POST", "/login", "token=open+sesame%2C+please", headers)
        answer = connection.getresponse()
        assert "secure" not in (answer.getheader("set-cookie") or "secure").lower()
        assert answer.getheader("strict-transport-security") is None
