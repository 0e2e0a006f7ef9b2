"""The answers of publishers, each host in its own way, by the simulated time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.bench.manners_server import Answer, Ask, Reply
from tests.connectors.feeds.sources import item, rss

SIMULATED_START = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)  # a Monday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ODD_ETAG = 'W/"a  b;,=\\x"'
ODD_DATE = "Mon, 2 Mar 26 1:00:00 gmt"


def body(now: datetime, every: timedelta, head: str = "") -> bytes:
    """A feed of ten entries, with a new one at each such interval."""
    newest = (now - SIMULATED_START) // every
    items = (
        item(n, pubDate=format_datetime(SIMULATED_START + n * every, usegmt=True))
        for n in range(newest, newest - 10, -1)
    )
    return rss(*items, head=head).encode()


def plain(every: timedelta = HOUR, head: str = "", **headers: str) -> Answer:
    """Always the whole feed, with these headers."""
    answer_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda ask, _: (200, answer_headers, body(ask.time, every, head))


def tagged(every: timedelta, **headers: str) -> Answer:
    """The whole feed where its ETag is not the newest, else 304."""
    answer_headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(ask: Ask, _: int) -> Reply:
        etag = f'"{(ask.time - SIMULATED_START) // every}"'
        same = ask.headers.get("if-none-match") == etag
        return (
            (304, answer_headers | {"etag": etag}, b"")
            if same
            else (200, answer_headers | {"etag": etag}, body(ask.time, every))
        )

    return answer


def failing(status: int, headers: Callable[[datetime], dict[str, str]] = lambda _: {}) -> Answer:
    """Every answer is this one."""
    return lambda ask, _: (status, headers(ask.time), b"")


def moved(status: int) -> Answer:
    """A feed at /old that is at /new."""

    def answer(ask: Ask, _: int) -> Reply:
        return (status, {"location": "/new"}, b"") if ask.path == "/old" else (200, {}, body(ask.time, HOUR))

    return answer


def busy_then_well(ask: Ask, earlier: int) -> Reply:
    """Each third answer asks for an hour's pause."""
    return (429, {"retry-after": "3600"}, b"") if earlier % 3 == 2 else (200, {}, body(ask.time, HOUR))


def moves_and_dies(ask: Ask, earlier: int) -> Reply:
    """The new address is gone after some looks; the old one then has the feed again."""
    dead = ask.time > SIMULATED_START + DAY
    if ask.path == "/new":
        return (410, {}, b"") if dead else (200, {}, body(ask.time, HOUR))
    return (200, {}, body(ask.time, HOUR)) if dead else (301, {"location": "/new"}, b"")


def cookies(ask: Ask, _: int) -> Reply:
    """Sets a cookie, redirects for now."""
    if ask.path == "/old":
        return 302, {"location": "/new", "set-cookie": "spy=1; Path=/"}, b""
    return 200, {"set-cookie": "spy=2"}, body(ask.time, HOUR)


def pages(ask: Ask, _: int) -> Reply:
    """A feed of summaries, with pages that robots.txt allows or not."""
    port = ask.headers["host"].rpartition(":")[2]
    if ask.path == "/robots.txt":
        return 200, {}, b"User-agent: *\nDisallow: /closed"
    if ask.path != "/feed":
        same = ask.headers.get("if-none-match") == '"page"'
        page = f"<article><p>{'The harbour stays open. ' * 30}</p></article>".encode()
        return 304 if same else 200, {"content-type": "text/html", "etag": '"page"'}, b"" if same else page
    newest = int((ask.time - SIMULATED_START) / (6 * HOUR))
    items = (
        item(
            n,
            link=f"http://{ask.host}:{port}/{'closed' if n % 2 else 'open'}/{n}",
            **{"content:encoded": "", "description": "A summary."},
        )
        for n in range(newest, newest - 3, -1)
    )
    return 200, {}, rss(*items).encode()


def dated(by: timedelta) -> Callable[[datetime], dict[str, str]]:
    return lambda now: {"retry-after": format_datetime(now + by, usegmt=True)}


def expires(ask: Ask, _: int) -> Reply:
    headers = {
        "date": format_datetime(ask.time, usegmt=True),
        "expires": format_datetime(ask.time + 2 * HOUR, usegmt=True),
    }
    return 200, headers, body(ask.time, HOUR)
