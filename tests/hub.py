"""A real little WebSub hub on loopback: it verifies what it is asked, and pushes what it is told, signed."""

import hmac
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Thread
from urllib.parse import parse_qsl, urlencode

from tests.connectors.loopback import Loopback, answer


@dataclass
class Hub:
    """`subscriptions` are callback and secret by topic, `asked` all requests; it lives at `path` of the server."""

    server: Loopback
    path: str = "/hub"
    lease: int = 864_000
    asked: list[dict[str, str]] = field(default_factory=list)
    subscriptions: dict[str, tuple[str, str]] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.routes[self.path] = self._ask

    @property
    def url(self) -> str:
        return self.server.url(self.path)

    def _ask(self, exchange: BaseHTTPRequestHandler) -> None:
        requested = dict(parse_qsl(self.server.requests[-1].body.decode()))
        self.asked.append(requested)
        answer(status=202)(exchange)
        if requested["hub.mode"] == "publish":
            topics = [value for name, value in parse_qsl(self.server.requests[-1].body.decode()) if name == "hub.topic"]
            Thread(target=self._publish, args=(topics,), daemon=True).start()
        else:
            Thread(target=self.verify, args=(requested,), daemon=True).start()

    def _publish(self, topics: list[str]) -> None:
        """Read each topic that somebody has subscribed to, and push it."""
        for topic in topics:
            if topic in self.subscriptions:
                self.push(topic, self._call(topic)[1])

    def verify(self, asked: dict[str, str]) -> None:
        """Ask back whether this is meant (5.3)."""
        output = {
            "hub.mode": asked["hub.mode"],
            "hub.topic": asked["hub.topic"],
            "hub.challenge": "a challenge",
            "hub.lease_seconds": str(self.lease),
        }
        status, body = self._call(f"{asked['hub.callback']}?{urlencode(output)}")
        if (status, body) != (200, b"a challenge"):
            return
        if asked["hub.mode"] == "subscribe":
            self.subscriptions[asked["hub.topic"]] = (asked["hub.callback"], asked["hub.secret"])
        else:
            self.subscriptions.pop(asked["hub.topic"], None)

    def push(self, topic: str, body: bytes, signed: str = "") -> int:
        """Push to who has subscribed to the topic; the status of the answer."""
        callback, secret = self.subscriptions[topic]
        signature = signed or "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()
        return self._call(callback, body, {"X-Hub-Signature": signature, "Content-Type": "application/rss+xml"})[0]

    def _call(self, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(url, body, headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                status, output = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, output = error.code, error.read()
        self.statuses.append(status)
        return status, output
