"""A real HTTP server on loopback whose answers a test writes."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Route = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the server received; header names are as sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Loopback:
    """The running server: `routes` maps a path to its answer, `requests` are those received, in order."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.routes: dict[str, Route] = {}
        self.requests: list[Request] = []

    def url(self, path: str) -> str:
        return f"http://{self.address}{path}"

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


def answer(body: bytes | str = b"", status: int = 200, **headers: str) -> Route:
    """A route that answers with these; `content_type` gives Content-Type."""
    content = body.encode() if isinstance(body, str) else body

    def route(exchange: BaseHTTPRequestHandler) -> None:
        exchange.send_response(status)
        for name, value in headers.items():
            exchange.send_header(name.replace("_", "-"), value)
        if status not in (204, 304):
            exchange.send_header("Content-Length", str(len(content)))
        exchange.end_headers()
        exchange.wfile.write(content)

    return route


def stream(chunks: Iterator[bytes], **headers: str) -> Route:
    """A route that answers 200 with these chunks and no length, until the reader hangs up."""

    def route(exchange: BaseHTTPRequestHandler) -> None:
        exchange.send_response(200)
        for name, value in headers.items():
            exchange.send_header(name.replace("_", "-"), value)
        exchange.send_header("Connection", "close")
        exchange.end_headers()
        with contextlib.suppress(OSError):
            for chunk in chunks:
                exchange.wfile.write(chunk)
        exchange.close_connection = True

    return route


@contextlib.contextmanager
def serving() -> Iterator[Loopback]:
    """A server that runs while the block does; a path without route answers 404."""
    server: ThreadingHTTPServer

    class Exchange(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            loopback.requests.append(Request(self.command, self.path, dict(self.headers), body))
            route = loopback.routes.get(self.path, answer(status=404))
            route(self)

        do_GET = _handle  # noqa: N815 - the name http.server calls
        do_POST = _handle  # noqa: N815 - the name http.server calls
        do_PUT = _handle  # noqa: N815 - the name http.server calls

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """A reader that hangs up is what the tests are about."""

    server = Quiet(("127.0.0.1", 0), Exchange)
    loopback = Loopback(f"127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
