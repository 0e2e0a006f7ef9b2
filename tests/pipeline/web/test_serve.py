"""The server listens where it is told, says where that is, and stops when told."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from pipeline.errors import SettingsError
from pipeline.services import Services
from pipeline.settings.sections import Web
from pipeline.web.serve import serve


def at_port(services: Services, port: int, host: str = "127.0.0.1") -> Services:
    return replace(services, settings=services.settings.model_copy(update={"web": Web(host=host, port=port)}))


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


def test_port_0_becomes_the_port_taken(services: Services) -> None:
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


def test_answers_do_not_wait_for_one_another(services: Services) -> None:
    with serving(at_port(services, 0)) as connection:
        durations = []
        for _ in range(10):
            started = time.perf_counter()
            connection.request("GET", "/livez")
            connection.getresponse().read()
            durations.append(time.perf_counter() - started)
        assert min(durations) < 0.03


def test_a_taken_port_is_named(services: Services) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"web\.port {port} .* cannot be listened on"):
            serve(at_port(services, port), threading.Event())


def test_a_host_that_is_not_ours_is_named(services: Services) -> None:
    with pytest.raises(SettingsError, match=r"'127\.0\.0\.1\.example'"):
        web = Web.model_construct(host="127.0.0.1.example", port=0, token=None)
        serve(replace(services, settings=services.settings.model_copy(update={"web": web})), threading.Event())
