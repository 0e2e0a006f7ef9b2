"""A server of many hosts on loopback that notes each request with the time of a clock that is not the real one."""

import asyncio
import contextlib
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pipeline.ports import Clock


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; header names in lower case, values as latin-1."""

    time: datetime
    host: str
    method: str
    path: str
    headers: Mapping[str, str]
    status: int = 0


Reply = tuple[int, dict[str, str], bytes]
Answer = Callable[[Ask, int], Reply]  # given the number of earlier requests for the same path


class Server:
    """Serves while the block runs; a host is an address of 127.0.0.0/8."""

    def __init__(self, clock: Clock, answers: Mapping[str, Answer], delay: float = 0.0) -> None:
        self.asks: list[Ask] = []
        self.most_at_once: Counter[str] = Counter()
        self._clock = clock
        self._answers = answers
        self._delay = delay
        self._busy: Counter[str] = Counter()
        self._earlier: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def url(self, host: str, path: str) -> str:
        """The address of a path at a host."""
        return f"http://{host}:{self._port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        serving = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "0.0.0.0", 0), self._loop)
        self._port = serving.result().sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, path, _ = lines[0].split(" ")
                headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines[1:-2])}
                ask = Ask(self._clock(), headers["host"].rpartition(":")[0], method, path, headers)
                self._busy[ask.host] += 1
                self.most_at_once[ask.host] = max(self.most_at_once[ask.host], self._busy[ask.host])
                await asyncio.sleep(self._delay)
                writer.write(self._answer(ask))
                self._busy[ask.host] -= 1

    def _answer(self, ask: Ask) -> bytes:
        earlier = self._earlier[ask.host, ask.path]
        self._earlier[ask.host, ask.path] += 1
        status, headers, body = self._answers[ask.host](ask, earlier)
        self.asks.append(Ask(ask.time, ask.host, ask.method, ask.path, ask.headers, status))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        length = "" if status == 304 else f"content-length: {len(body)}\r\n"
        return f"HTTP/1.1 {status} X\r\n{head}{length}\r\n".encode("latin-1") + (b"" if status == 304 else body)
