"""A connection is used again only where nothing is left on it, and leads to who proves its name."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from connectors.http import client, connection
from connectors.http.client import HttpClient, HttpSession
from pipeline.errors import WorldError
from pipeline.settings.sections import Fetch

TLS = Path(__file__).parents[2] / "data" / "tls"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
Talk = Callable[[str, HttpSession], Awaitable[None]]


def talk(answer: bytes, talking: Talk, *, hang_up: bool = False, tls: ssl.SSLContext | None = None) -> int:
    """Talk to a server that gives this answer to every request; the number of connections that it took."""

    async def run() -> int:
        taken: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken.append(writer)
            try:
                while await reader.readuntil(b"\r\n\r\n"):
                    writer.write(answer)
                    if hang_up:
                        break
            except (asyncio.IncompleteReadError, OSError):
                pass
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            async with HttpClient(Fetch.model_validate({"private_addresses": True, "pause": 0})).connections() as out:
                await talking(f"{'https' if tls else 'http'}://{address}/", out)
            await asyncio.gather(*(writer.wait_closed() for writer in taken), return_exceptions=True)
        return len(taken)

    return asyncio.run(run())


async def twice(url: str, connections: HttpSession) -> None:
    for _ in range(2):
        assert (await connections.get(url, {})).body == b"hi"
        await asyncio.sleep(0.01)


def test_a_connection_is_used_again() -> None:
    assert talk(ANSWER, twice) == 1


def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    assert talk(ANSWER, twice, hang_up=True) == 2


def test_bytes_beyond_an_answer_are_not_taken_for_the_next() -> None:
    assert talk(ANSWER + b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad", twice) == 2


def test_a_connection_whose_answer_has_two_lengths_is_not_used_again() -> None:
    both = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    assert talk(both, twice) == 2


def test_answers_on_the_way_are_passed_over() -> None:
    assert talk(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + ANSWER, twice) == 1


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi", b"220 mail.example\r\n\r\n"]
)
def test_a_malformed_answer_is_an_error_in_one_line(answer: bytes) -> None:
    async def once(url: str, connections: HttpSession) -> None:
        with pytest.raises(WorldError, match=rf"^{url} failed: [^\n]+$"):
            await connections.get(url, {})

    assert talk(answer, once, hang_up=True) == 1


def test_a_server_has_to_prove_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(TLS / "loopback.pem")

    async def refused(url: str, connections: HttpSession) -> None:
        with pytest.raises(WorldError, match="certificate verify failed"):
            await connections.get(url, {})

    talk(ANSWER, refused, tls=served)
    trusted = ssl.create_default_context(cafile=str(TLS / "authority.pem"))
    monkeypatch.setattr(client, "_tls", lambda: trusted)
    assert talk(ANSWER, twice, tls=served) == 1


def test_a_host_without_address_is_an_error() -> None:
    with pytest.raises(OSError, match=r"x\.example has no address"):
        asyncio.run(connection.connect([], 80, None, "x.example"))
