"""The way out goes where it may, carries nothing along, and comes to an end."""

import asyncio
import gzip
import importlib
import itertools
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from connectors.http import unpacking
from connectors.http.client import HttpClient
from pipeline.errors import RefusedError, WorldError
from pipeline.ports import Response
from pipeline.settings.sections import Fetch
from tests.connectors.loopback import Loopback, answer, stream

_QUICK = {"private_addresses": True, "timeout": timedelta(seconds=5), "pause": timedelta(0)}


def outside(**limits: Any) -> HttpClient:
    return HttpClient(Fetch.model_validate(_QUICK | limits))


def get(url: str, headers: Mapping[str, str] | None = None, **limits: Any) -> Response:
    async def once() -> Response:
        async with outside(**limits).connections() as connections:
            return await connections.get(url, headers or {})

    return asyncio.run(once())


def test_a_plain_answer(loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer("hello", etag='W/"é"'.encode().decode("latin-1"))
    response = get(loopback.url("/feed"))
    assert (response.status, response.body, response.url) == (200, b"hello", loopback.url("/feed"))
    assert response.headers["etag"].encode("latin-1") == 'W/"é"'.encode()


def sent(loopback: Loopback) -> list[tuple[str, str]]:
    """The path of each request, with the login that it carried."""
    names = ("authorization", "cookie", "x-key")
    headers = [{name.lower(): value for name, value in request.headers.items()} for request in loopback.requests]
    return [
        (path, ";".join(of[n] for n in names if n in of)) for path, of in zip(loopback.paths(), headers, strict=True)
    ]


def test_a_login_is_sent_to_its_addresses_only(loopback: Loopback) -> None:
    loopback.routes |= {path: answer() for path in ("/closed/feed", "/closed", "/open")}
    lines = [
        f"# the courier\n{loopback.url('/closed/')} basic ada:p:ä ß",
        f"{loopback.url('/closed/')} cookie session=1; b=2",
        f"{loopback.url('/closed/')} X-Key: 7",
        "https://other.example/ X-Key: 8",
    ]
    for path in ("/closed/feed", "/closed", "/open"):
        get(loopback.url(path), logins="\n".join(lines))
    assert sent(loopback) == [
        ("/closed/feed", "Basic YWRhOnA6w6Qgw58=;session=1; b=2;7"),
        ("/closed", ""),
        ("/open", ""),
    ]


def test_a_login_is_not_sent_on_by_a_redirect_to_another_place(loopback: Loopback) -> None:
    elsewhere = loopback.url("/b").replace("127.0.0.1", "localhost")
    loopback.routes |= {"/a": answer(status=302, location=elsewhere), "/b": answer()}
    get(loopback.url("/a"), logins=f"{loopback.url('/')} X-Key: 7")
    assert sent(loopback) == [("/a", "7"), ("/b", "")]


@pytest.mark.parametrize("step", ["%2e%2e/", "..%2f", "%2E%2E%2F", "%252e%252e/", "..;/", "..%5c", "%5c..%5c"])
def test_a_login_is_not_sent_to_a_path_that_leaves_its_prefix(loopback: Loopback, step: str) -> None:
    path = f"/~ada/{step}~eve/feed"
    loopback.routes[path] = answer()
    get(loopback.url(path), logins=f"{loopback.url('/~ada/')} X-Key: 7")
    assert sent(loopback) == [(path, "")]


def test_a_login_of_https_is_not_sent_in_the_clear_nor_posted(loopback: Loopback) -> None:
    loopback.routes["/a"] = answer()
    secure, own = loopback.url("/").replace("http:", "https:"), loopback.url("/")
    get(loopback.url("/a"), logins=f"{secure} X-Key: 7")
    outside(logins=f"{own} X-Key: 7").post(loopback.url("/a"), b"", {}, timedelta(seconds=5))
    assert sent(loopback) == [("/a", ""), ("/a", "")]


def test_a_wrong_password_is_reported_without_secrets(loopback: Loopback) -> None:
    loopback.routes["/a"] = answer(status=401, www_authenticate='Basic realm="x"')
    response = get(loopback.url("/a"), logins=f"{loopback.url('/')} basic ada:sesame")
    assert response.status == 401
    assert "sesame" not in repr(outside(logins=f"{loopback.url('/')} basic ada:sesame")._limits)


def test_a_request_names_us_and_our_contact(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    loopback.routes["/a"] = answer(status=302, location="/b", set_cookie="spy=1")
    loopback.routes["/b"] = answer()
    get(loopback.url("/a"), contact="https://desk.example/about")
    last = {name.lower(): value for name, value in loopback.requests[-1].headers.items()}
    assert last["user-agent"].startswith("onrecord/")
    assert last["user-agent"].endswith("(+https://desk.example/about)")
    assert not {"cookie", "referer", "authorization"} & last.keys()


def test_permanent_and_temporary_redirects_are_distinguished(loopback: Loopback) -> None:
    loopback.routes["/a"] = answer(status=301, location="/b")
    loopback.routes["/b"] = answer(status=308, location="/c")
    loopback.routes["/c"] = answer(status=302, location="/d#part")
    loopback.routes["/d"] = answer("here")
    response = get(loopback.url("/a"))
    assert (response.body, response.url, response.moved) == (b"here", loopback.url("/d"), loopback.url("/c"))


def test_redirects_end(loopback: Loopback) -> None:
    loopback.routes["/a"] = answer(status=302, location="/b")
    loopback.routes["/b"] = answer(status=302, location="/a")
    with pytest.raises(WorldError, match=r"redirects in a circle, by .*/a$"):
        get(loopback.url("/a"))
    for number in range(9):
        loopback.routes[f"/{number}"] = answer(status=302, location=f"/{number + 1}")
    with pytest.raises(WorldError, match="redirects more than 5 times"):
        get(loopback.url("/0"))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://x.example/", "http://u:pw@x.example/"])
def test_redirects_lead_nowhere_else(loopback: Loopback, target: str) -> None:
    loopback.routes["/a"] = answer(status=302, location=target)
    with pytest.raises(RefusedError) as refusal:
        get(loopback.url("/a"))
    assert "pw" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0"],
)
def test_private_addresses_are_refused_in_every_form_and_no_packet_is_sent(host: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(0.02)
        with pytest.raises(WorldError, match=r"no public address|no address|failed"):
            get(f"http://{host}:{listener.getsockname()[1]}/", private_addresses=False)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_refused_address_is_named_once() -> None:
    with pytest.raises(RefusedError, match=r"127\.0\.1\.1 is no public address"):
        get("http://127.0.1.1/", private_addresses=False)


def test_the_address_checked_is_the_one_connected_to(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that changes its mind after the check (DNS rebinding) gains nothing."""
    answers: Iterator[str] = itertools.chain(["198.51.100.7"], itertools.repeat("127.0.0.1"))

    def resolve(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(RefusedError, match=r"198\.51\.100\.7, which is no public address"):
        get(f"http://rebind.example:{loopback.address.split(':')[1]}/", private_addresses=False)
    assert loopback.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "news.example",
        "javascript:alert(1)",
        "http://",
        "http://x:99999/",
        "https://a..b/",
        "https://xn--/",
        "https://xn--a.\\b/",
        "https://\ud800/",
        "https://news.example/\udc80",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/",
        "https://a%20b.example/",
        "http://[::1/",
        "http://[1::2::3]/",
    ],
)
def test_a_malformed_url_is_refused(url: str) -> None:
    with pytest.raises(RefusedError):
        get(url)


@pytest.mark.parametrize("target", ["https://a..b/", "http:////[.x", "https://xn--/", "http://[", "//%5b/"])
def test_a_redirect_to_a_malformed_url_is_refused(loopback: Loopback, target: str) -> None:
    loopback.routes["/a"] = answer(status=302, location=target)
    with pytest.raises(RefusedError):
        get(loopback.url("/a"))


def test_odd_ports_are_refused() -> None:
    with pytest.raises(RefusedError, match="port 25; 80, 443"):
        get("http://mail.example:25/", private_addresses=False)


def test_an_unreachable_server_is_an_error_in_one_line() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(WorldError, match=f"^http://127.0.0.1:{port}/ failed: Connection refused$"):
        get(f"http://127.0.0.1:{port}/")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("br", partial(importlib.import_module("brotli").compress, quality=1)),
        ("zstd", zstd.compress),
    ],
)
def test_bombs_are_cut_short(loopback: Loopback, coding: str, pack: Callable[[bytes], bytes]) -> None:
    loopback.routes["/bomb"] = answer(pack(bytes(30_000_000)), content_encoding=coding)
    with pytest.raises(WorldError, match="more than 1,000,000 bytes once unpacked"):
        get(loopback.url("/bomb"), bytes=1_000_000)
    loopback.routes["/fine"] = answer(pack(b"words" * 1000), content_encoding=coding)
    assert get(loopback.url("/fine")).body == b"words" * 1000


@pytest.mark.slow
def test_a_body_that_is_packed_as_none_is_is_cut_short(loopback: Loopback) -> None:
    loopback.routes["/"] = answer(gzip.compress(bytes(5_000_000)), content_encoding="gzip")
    with pytest.raises(WorldError, match="unpacks to more than 200 times its size"):
        get(loopback.url("/"))
    loopback.routes["/small"] = answer(gzip.compress(bytes(1_000_000)), content_encoding="gzip")
    assert len(get(loopback.url("/small")).body) == 1_000_000


def test_a_body_that_is_not_what_its_encoding_says(loopback: Loopback) -> None:
    loopback.routes["/"] = answer(b"plain", content_encoding="gzip")
    with pytest.raises(WorldError, match="failed: "):
        get(loopback.url("/"))


@pytest.mark.parametrize("codings", ["gzip, gzip", "gzip,br", "zstd, x-gzip", "deflate, gzip, gzip, gzip"])
def test_a_body_is_packed_once_at_most(loopback: Loopback, codings: str) -> None:
    loopback.routes["/"] = answer(gzip.compress(gzip.compress(b"words")), content_encoding=codings)
    with pytest.raises(WorldError, match=r"packs its body \d times, once is allowed$"):
        get(loopback.url("/"))


@pytest.mark.parametrize("coding", ["identity", "utf-8", "none", ""])
def test_an_unknown_content_coding_leaves_the_body_unchanged(loopback: Loopback, coding: str) -> None:
    loopback.routes["/"] = answer("words", content_encoding=coding)
    assert get(loopback.url("/")).body == b"words"


@pytest.mark.slow
def test_decoding_of_a_body_stops_after_its_time_limit(loopback: Loopback) -> None:
    loopback.routes["/"] = answer(b"\x50\x2a\x4d\x18\0\0\0\0" * 1_200_000, content_encoding="zstd")  # empty frames
    with pytest.raises(WorldError, match=r"takes more than 1 s of CPU to unpack$"):
        get(loopback.url("/"))


@pytest.mark.slow
def test_a_hanging_decoder_is_killed_and_delays_no_other_host(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_SECONDS", 2.0)
    body = gzip.compress(b"words")
    loopback.routes |= {"/packed": answer(body, content_encoding="gzip"), "/plain": answer("words")}
    loopback.routes["/large"] = answer(gzip.compress(random.Random(1).randbytes(200_000)), content_encoding="gzip")
    neighbour = loopback.url("/plain").replace("127.0.0.1", "localhost")

    async def several() -> None:
        before = children()
        async with outside().connections() as connections:
            assert (await connections.get(loopback.url("/packed"), {})).body == b"words"
            (decoder,) = children() - before
            os.kill(decoder, signal.SIGSTOP)
            hanging = asyncio.create_task(connections.get(loopback.url("/packed"), {}))
            for _ in range(3):
                assert (await connections.get(neighbour, {})).body == b"words"
            assert len((await connections.get(loopback.url("/large"), {})).body) == 200_000
            assert not hanging.done()
            with pytest.raises(WorldError, match="takes more than 2 s to unpack"):
                await hanging
            assert (await connections.get(loopback.url("/packed"), {})).body == b"words"
        assert children() == before

    asyncio.run(several())


def children() -> set[int]:
    found = subprocess.run(["pgrep", "-P", str(os.getpid())], capture_output=True, text=True, check=False)
    return {int(process) for process in found.stdout.split() if Path(f"/proc/{process}").exists()}


@pytest.mark.parametrize("codings", ["gzip", "gzip, gzip, gzip, gzip"])
def test_compressed_answers_of_receivers_are_not_unpacked(loopback: Loopback, codings: str) -> None:
    loopback.routes["/hook"] = answer(gzip.compress(b"taken"), status=202, content_encoding=codings)
    response = outside().post(loopback.url("/hook"), b"", {}, timedelta(seconds=2))
    assert (response.status, response.body) == (202, b"")
    assert loopback.requests[-1].headers["accept-encoding"] == "identity"


def test_endless_bodies_are_cut_short(loopback: Loopback) -> None:
    loopback.routes["/endless"] = stream(itertools.repeat(b"x" * 65_536))
    with pytest.raises(WorldError, match="sends more than 1,000,000 bytes"):
        get(loopback.url("/endless"), compressed_bytes=1_000_000)


def test_slow_bodies_end_with_the_total_time(loopback: Loopback) -> None:
    def drip() -> Iterator[bytes]:
        while True:
            time.sleep(0.05)
            yield b"x"

    loopback.routes["/slow"] = stream(drip())
    with pytest.raises(WorldError, match=r"did not answer in full within 0\.3 s"):
        get(loopback.url("/slow"), timeout=timedelta(seconds=0.3))


def test_headers_are_bounded(loopback: Loopback) -> None:
    def many(exchange: BaseHTTPRequestHandler) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 300 + b"content-length: 0\r\n\r\n")

    def large(exchange: BaseHTTPRequestHandler) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\na: " + b"b" * 300_000 + b"\r\n\r\n")

    loopback.routes |= {"/many": many, "/large": large}
    with pytest.raises(WorldError, match="301 headers, 200 are allowed"):
        get(loopback.url("/many"))
    with pytest.raises(WorldError, match="failed: "):
        get(loopback.url("/large"))


def test_a_truncated_body_is_an_error(loopback: Loopback) -> None:
    def short(exchange: BaseHTTPRequestHandler) -> None:
        exchange.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")
        exchange.close_connection = True

    loopback.routes["/"] = short
    with pytest.raises(WorldError, match="failed: "):
        get(loopback.url("/"))


@pytest.mark.parametrize("status", [200, 204, 304, 404])
def test_one_request_at_a_time_to_a_host_on_one_connection(loopback: Loopback, status: int) -> None:
    ports: set[int] = set()
    busy: list[int] = []

    def route(exchange: BaseHTTPRequestHandler) -> None:
        busy.append(1)
        assert len(busy) == 1
        ports.add(exchange.client_address[1])
        time.sleep(0.01)
        busy.pop()
        answer(status=status)(exchange)

    loopback.routes["/"] = route

    async def several() -> list[Response]:
        async with outside().connections() as connections:
            return await asyncio.gather(*(connections.get(loopback.url("/"), {}) for _ in range(5)))

    assert [response.status for response in asyncio.run(several())] == [status] * 5
    assert len(ports) == 1


def test_a_pause_lies_between_two_requests_to_one_host(loopback: Loopback) -> None:
    times: list[float] = []
    hosts: list[str] = []

    def route(exchange: BaseHTTPRequestHandler) -> None:
        hosts.append(exchange.headers["host"].partition(":")[0])
        if hosts[-1] == "127.0.0.1":
            times.append(time.monotonic())
        answer(status=302 if exchange.path == "/moved" else 200, location="/")(exchange)

    loopback.routes |= {"/": route, "/moved": route}
    pause = timedelta(seconds=0.3)
    elsewhere = loopback.url("/").replace("127.0.0.1", "localhost")

    async def several() -> None:
        async with outside(pause=pause).connections() as connections:
            urls = [loopback.url("/moved"), loopback.url("/"), elsewhere]
            await asyncio.gather(*(connections.get(url, {}) for url in urls))

    asyncio.run(several())
    assert sorted(hosts[:2]) == ["127.0.0.1", "localhost"]  # another host does not wait
    assert len(times) == 3
    assert all(later - earlier >= pause.total_seconds() for earlier, later in itertools.pairwise(times))


def test_post_sends_the_body_and_follows_nothing(loopback: Loopback) -> None:
    loopback.routes["/hook"] = answer("see there", status=307, location="/other")
    response = outside().post(
        loopback.url("/hook"), b'{"a":1}', {"Content-Type": "application/json"}, timedelta(seconds=2)
    )
    assert (response.status, response.body) == (307, b"see there")
    (request,) = loopback.requests
    assert (request.method, request.body) == ("POST", b'{"a":1}')


def test_post_reads_only_the_start_of_a_large_answer(loopback: Loopback) -> None:
    loopback.routes["/hook"] = stream(itertools.repeat(b"x" * 65_536))
    response = outside().post(loopback.url("/hook"), b"", {}, timedelta(seconds=2))
    assert len(response.body) == 65_536


def test_post_ends_with_its_time(loopback: Loopback) -> None:
    loopback.routes["/hook"] = lambda exchange: time.sleep(1)
    with pytest.raises(WorldError, match=r"did not answer in full within 0\.1 s"):
        outside().post(loopback.url("/hook"), b"", {}, timedelta(seconds=0.1))
