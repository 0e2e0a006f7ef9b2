"""The rules by which publishers judge who polls them: for each a host that answers in its way, and what it expects."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

from tests.bench.manners_server import Answer, Ask, Reply
from tests.connectors.feeds.sources import item, rss

SIMULATED_START = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)  # a Monday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SILENT = 5 * MINUTE  # the least pause where a publisher says nothing, as the settings have it
ODD_ETAG = 'W/"a  b;,=\\x"'
ODD_DATE = "Mon, 2 Mar 26 1:00:00 gmt"

Check = Callable[[Sequence[Ask]], list[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with the host that it is judged at, the paths of the feeds there, its answers, and the judgement."""

    name: str
    host: str
    feeds: tuple[str, ...]
    answer: Answer
    check: Check


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
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda ask, _: (200, told, body(ask.time, every, head))


def tagged(every: timedelta, **headers: str) -> Answer:
    """The whole feed where its ETag is not the newest, else 304."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(ask: Ask, _: int) -> Reply:
        etag = f'"{(ask.time - SIMULATED_START) // every}"'
        same = ask.headers.get("if-none-match") == etag
        return (304, told | {"etag": etag}, b"") if same else (200, told | {"etag": etag}, body(ask.time, every))

    return answer


def failing(status: int, headers: Callable[[datetime], dict[str, str]] = lambda _: {}) -> Answer:
    """Every answer is this one."""
    return lambda ask, _: (status, headers(ask.time), b"")


def moved(status: int) -> Answer:
    """A feed at /old that is at /new."""

    def answer(ask: Ask, _: int) -> Reply:
        return (status, {"location": "/new"}, b"") if ask.path == "/old" else (200, {}, body(ask.time, HOUR))

    return answer


def apart(least: timedelta) -> Check:
    """No two requests for one path are closer than this; there are two at least."""

    def check(asks: Sequence[Ask]) -> list[str]:
        paths = defaultdict(list)
        for ask in asks:
            paths[ask.path].append(ask.time)
        wrong = [
            f"{path} after {later - earlier} at {later}"
            for path, times in paths.items()
            for earlier, later in pairwise(times)
            if later - earlier < least
        ]
        return wrong if len(asks) > 1 else ["never asked twice"]

    return check


def sent_back(header: str, value: str) -> Check:
    """Every request but the first has this header."""

    def check(asks: Sequence[Ask]) -> list[str]:
        return [f"{ask.headers.get(header)!r} at {ask.time}" for ask in asks[1:] if ask.headers.get(header) != value]

    return check


def without(*headers: str) -> Check:
    """No request has one of these headers."""
    return lambda asks: [f"{name} at {ask.time}" for ask in asks for name in headers if name in ask.headers]


def at_most(number: int, path: str = "") -> Check:
    """There are no more requests, for this path if one is given."""

    def check(asks: Sequence[Ask]) -> list[str]:
        found = sum(not path or ask.path == path for ask in asks)
        return [f"{found} requests, {number} are allowed"] if found > number else []

    return check


def both(*checks: Check) -> Check:
    """All of them."""
    return lambda asks: [wrong for check in checks for wrong in check(asks)]


def not_when(quiet: Callable[[datetime], bool]) -> Check:
    """No request but the first comes at such times."""
    return lambda asks: [f"asked at {ask.time}" for ask in asks[1:] if quiet(ask.time)]


def whole_only_when_new(every: timedelta) -> Check:
    """The whole feed is sent once for each of its versions."""

    def check(asks: Sequence[Ask]) -> list[str]:
        versions = Counter((ask.time - SIMULATED_START) // every for ask in asks if ask.status == 200)
        return [f"version {version} sent {number} times" for version, number in versions.items() if number > 1]

    return check


def backs_off(asks: Sequence[Ask]) -> list[str]:
    """Pauses at errors grow to hours."""
    gaps = [later.time - earlier.time for earlier, later in pairwise(asks)]
    wrong = [f"{later} after {earlier}" for earlier, later in pairwise(gaps) if later < min(earlier, 5 * HOUR)]
    return wrong + ([] if len(asks) <= 45 else [f"{len(asks)} requests"])


def after_the_answer(least: timedelta) -> Check:
    """After an answer of this host no path of it is asked for so long."""
    return lambda asks: [
        f"{later.path} {later.time - earlier.time} after {earlier.path}"
        for earlier, later in pairwise(asks)
        if later.time - earlier.time < least and earlier.status in (429, 503)
    ]


def fresh(most: timedelta) -> Check:
    """At the end of the time, a busy feed that allows it is looked at so often."""

    def check(asks: Sequence[Ask]) -> list[str]:
        gaps = [later.time - earlier.time for earlier, later in pairwise(asks[-50:])]
        return (
            [f"asked every {sum(gaps, timedelta()) / len(gaps)} only"]
            if sum(gaps, timedelta()) / len(gaps) > most
            else []
        )

    return check


def busy_then_well(ask: Ask, earlier: int) -> Reply:
    """Each third answer asks for an hour's pause."""
    return (429, {"retry-after": "3600"}, b"") if earlier % 3 == 2 else (200, {}, body(ask.time, HOUR))


def moves_and_dies(ask: Ask, earlier: int) -> Reply:
    """The new address is gone after some looks; the old one then has the feed again."""
    dead = ask.time > SIMULATED_START + DAY
    if ask.path == "/new":
        return (410, {}, b"") if dead else (200, {}, body(ask.time, HOUR))
    return (200, {}, body(ask.time, HOUR)) if dead else (301, {"location": "/new"}, b"")


def returned(asks: Sequence[Ask]) -> list[str]:
    late = [ask.path for ask in asks if ask.time > SIMULATED_START + 2 * DAY]
    return [] if late and set(late) == {"/old"} else [f"asked for {Counter(late)}"]


def first_old(asks: Sequence[Ask]) -> list[str]:
    wrong = [f"/new without /old at {b.time}" for a, b in pairwise(asks) if b.path == "/new" and a.path != "/old"]
    return wrong if len(asks) > 2 else ["never asked twice"]


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


def robots_heeded(asks: Sequence[Ask]) -> list[str]:
    closed = [f"{ask.path} at {ask.time}" for ask in asks if ask.path.startswith("/closed")]
    return closed + ([] if any(ask.path.startswith("/open") for ask in asks) else ["no page was read"])


def pages_seldom(asks: Sequence[Ask]) -> list[str]:
    """A page is sent once, and asked for three times more at most, an hour apart at least, if it has changed."""
    found = defaultdict(list)
    for ask in asks:
        if ask.path.startswith("/open"):
            found[ask.path].append(ask)
    wrong = [f"{path} {len(asked)} times" for path, asked in found.items() if len(asked) > 4]
    wrong += [f"{path} whole again" for path, asked in found.items() if any(a.status == 200 for a in asked[1:])]
    return wrong + [
        f"{path} {later.time - earlier.time} later"
        for path, asked in found.items()
        for earlier, later in pairwise(asked)
        if later.time - earlier.time < HOUR
    ]


def spread(asks: Sequence[Ask]) -> list[str]:
    """Forty feeds that were added together do not come together on the second day."""
    minutes = Counter(a.time.replace(second=0) for a in asks if DAY <= a.time - SIMULATED_START < 2 * DAY)
    return [f"{n} in the minute {minute}" for minute, n in minutes.items() if n > 20]


def _dated(by: timedelta) -> Callable[[datetime], dict[str, str]]:
    return lambda now: {"retry-after": format_datetime(now + by, usegmt=True)}


def _expires(ask: Ask, _: int) -> Reply:
    headers = {
        "date": format_datetime(ask.time, usegmt=True),
        "expires": format_datetime(ask.time + 2 * HOUR, usegmt=True),
    }
    return 200, headers, body(ask.time, HOUR)


_SYNDICATION = "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"
_HOURS = f"<skipHours>{''.join(f'<hour>{hour}</hour>' for hour in range(1, 7))}</skipHours>"
_DAYS = "<skipDays><day>Saturday</day><day>Sunday</day><day>Wednesday</day></skipDays>"
_FEED = ("/feed",)
_TABLE: tuple[tuple[str, tuple[str, ...], Answer, Check], ...] = (
    ("ETag comes back byte for byte", _FEED, plain(etag=ODD_ETAG), sent_back("if-none-match", ODD_ETAG)),
    (
        "Last-Modified comes back byte for byte",
        _FEED,
        plain(last_modified=ODD_DATE),
        sent_back("if-modified-since", ODD_DATE),
    ),
    ("validators are not made up", _FEED, plain(), without("if-none-match", "if-modified-since")),
    ("a version is sent whole once", _FEED, tagged(3 * HOUR), whole_only_when_new(3 * HOUR)),
    ("max-age", _FEED, plain(cache_control="public, max-age=1800"), apart(30 * MINUTE)),
    ("max-age less Age", _FEED, plain(cache_control="max-age=3600", age="1200"), apart(40 * MINUTE)),
    ("max-age of a 304", _FEED, tagged(6 * HOUR, cache_control="max-age=2700"), apart(45 * MINUTE)),
    ("Expires", _FEED, _expires, apart(2 * HOUR)),
    ("a busy feed without a word of its publisher", _FEED, plain(5 * MINUTE), apart(SILENT)),
    (
        "a busy feed that allows a minute: not sooner",
        _FEED,
        tagged(4 * MINUTE, cache_control="max-age=60"),
        both(apart(MINUTE), fresh(3 * MINUTE)),
    ),
    ("a dormant feed is left in peace", _FEED, plain(10_000 * DAY), both(apart(SILENT), at_most(120))),
    ("ttl", _FEED, plain(head="<ttl>90</ttl>"), apart(90 * MINUTE)),
    ("sy:updatePeriod and sy:updateFrequency", _FEED, plain(head=_SYNDICATION), apart(30 * MINUTE)),
    ("skipHours", _FEED, plain(head=_HOURS), not_when(lambda time: 1 <= time.hour < 7)),
    ("skipDays", _FEED, plain(head=_DAYS), not_when(lambda time: time.weekday() in (2, 5, 6))),
    ("429 with Retry-After in seconds", _FEED, failing(429, lambda _: {"retry-after": "14400"}), apart(4 * HOUR)),
    ("503 with Retry-After as a date", _FEED, failing(503, _dated(9 * HOUR)), apart(9 * HOUR)),
    ("Retry-After of days", _FEED, failing(503, lambda _: {"retry-after": "172800"}), apart(2 * DAY)),
    ("429 holds for all feeds of the host", ("/a", "/b", "/c"), busy_then_well, after_the_answer(HOUR)),
    ("429 alone backs off", _FEED, failing(429), backs_off),
    ("500 backs off", _FEED, failing(500), backs_off),
    ("404 backs off", _FEED, failing(404), backs_off),
    ("403 backs off", _FEED, failing(403), backs_off),
    ("an error's max-age", _FEED, failing(404, lambda _: {"cache-control": "max-age=28800"}), apart(8 * HOUR)),
    (
        "a page instead of the feed backs off",
        _FEED,
        lambda *_: (200, {}, b"<html><body>Consent</body></html>"),
        backs_off,
    ),
    ("an empty body backs off", _FEED, lambda *_: (200, {}, b""), backs_off),
    ("a circle of redirects backs off", _FEED, failing(302, lambda _: {"location": "/feed"}), backs_off),
    ("301 is remembered", ("/old",), moved(301), at_most(1, "/old")),
    ("308 is remembered", ("/old",), moved(308), at_most(1, "/old")),
    ("302 is not remembered", ("/old",), moved(302), first_old),
    ("307 is not remembered", ("/old",), moved(307), first_old),
    ("a new address that dies leads back to the old", ("/old",), moves_and_dies, returned),
    ("410 ends it", _FEED, failing(410), at_most(1)),
    ("no cookie comes back, no referrer is sent", ("/old",), cookies, without("cookie", "referer")),
    ("robots.txt is heeded", _FEED, pages, robots_heeded),
    ("a page is sent once, and seldom asked for again", _FEED, pages, pages_seldom),
    ("feeds drift apart", tuple(f"/{n}" for n in range(8)), plain(), apart(SILENT)),
)
RULES = tuple(
    Rule(name, f"127.1.{number}.1", feeds, answer, check)
    for number, (name, feeds, answer, check) in enumerate(_TABLE, start=1)
)


def everywhere(asks: Sequence[Ask], contact: str) -> Mapping[str, list[str]]:
    """What was wrong by the rules for every request."""
    agent = [f"{ask.headers.get('user-agent')!r}" for ask in asks if contact not in ask.headers.get("user-agent", "")]
    packed = [f"{ask.path} at {ask.time}" for ask in asks if "gzip" not in ask.headers.get("accept-encoding", "")]
    methods = [f"{ask.method} {ask.path}" for ask in asks if ask.method != "GET"]
    secrets = without("cookie", "referer", "authorization", "x-forwarded-for")(asks)
    together = Counter((ask.host, ask.time) for ask in asks if ask.path in ("/feed", "/old", "/a", "/b", "/c"))
    return {
        "the User-Agent has a contact": agent,
        "compressed bodies are welcome": packed,
        "GET alone": methods,
        "nothing that tells who we are but the User-Agent": secrets,
        "one feed of a host at a time": [f"{host}: {n} at {time}" for (host, time), n in together.items() if n > 1],
        "no minute is crowded": spread(asks),
    }
