"""An outlet whose feeds a poller follows, and a newsroom that receives webhooks, both on addresses of this machine."""

import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from xml.sax.saxutils import escape

from pipeline.model import Article, Feed
from tests.connectors.feeds.sources import item, rss
from tests.faults.roles import host_number, serving_on_all_addresses, until

HOSTS = range(2, 6)  # 127.0.0.2 and so on, with a feed each
SHOWN = 150  # articles that a feed shows, as publishers' do the latest


class Outlet:
    """Feeds at `urls`, of the articles that are published; `asked` says how often each host was asked."""

    def __init__(self, port: int, shown: dict[int, deque[str]], asked: Counter[int]) -> None:
        self.urls = [f"http://127.0.0.{host}:{port}/feed" for host in HOSTS]
        self.asked = asked
        self._shown = shown
        self._published = 0

    def feeds(self) -> list[Feed]:
        """Return what a desk has to have to follow them."""
        return [Feed(url=url, full_text="never") for url in self.urls]

    def publish(self, articles: Iterable[Article]) -> None:
        """Show the articles, in one feed after the other."""
        for article in articles:
            self._shown[HOSTS[self._published % len(HOSTS)]].append(_item(self._published, article))
            self._published += 1

    def wait_for_a_look(self) -> None:
        """Return once every feed was looked at: what it showed first alerts nobody."""
        until(lambda: all(self.asked[host] for host in HOSTS))


@contextmanager
def outlet() -> Iterator[Outlet]:
    """One that runs for the length of the block."""
    shown: dict[int, deque[str]] = {host: deque(maxlen=SHOWN) for host in HOSTS}
    requested = Counter[int]()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = rss(*reversed(list(shown[host_number(self)]))).encode()
            _answer(self, 200, body)
            requested[host_number(self)] += 1

        def log_message(self, *_: object) -> None:
            pass

    with serving_on_all_addresses(Page) as port:
        yield Outlet(port, shown, requested)


class Newsroom:
    """The deliveries that a webhook received: their `ids` by the article's address, and `received`, their number."""

    def __init__(self) -> None:
        self.target = ""
        self.received = 0
        self.ids: defaultdict[str, set[str]] = defaultdict(set)


@contextmanager
def newsroom() -> Iterator[Newsroom]:
    """One that accepts all, for the length of the block."""
    desk = Newsroom()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            output = json.loads(self.rfile.read(int(self.headers["content-length"])))
            desk.ids[output["data"]["url"]].add(self.headers["webhook-id"])
            desk.received += 1
            _answer(self, 204)

        def log_message(self, *_: object) -> None:
            pass

    with serving_on_all_addresses(Hook) as port:
        desk.target = f"webhook:http://127.0.0.1:{port}/"
        yield desk


def _answer(exchange: BaseHTTPRequestHandler, status: int, body: bytes = b"") -> None:
    exchange.send_response(status)
    exchange.send_header("content-length", str(len(body)))
    with suppress(ConnectionError):  # whoever asked was killed
        exchange.end_headers()
        exchange.wfile.write(body)


def _item(number: int, article: Article) -> str:
    paragraphs = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.text.split("\n\n"))
    elements = {
        "title": escape(article.title),
        "link": article.url,
        "guid": article.url,
        "pubDate": format_datetime(article.first_seen),
        "content:encoded": escape(paragraphs),
    }
    return item(number, **elements)
