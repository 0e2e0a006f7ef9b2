"""The rules by which publishers judge who polls them: for each a host that answers in its way, and what it expects."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.manners_answers import (
    DAY,
    HOUR,
    MINUTE,
    ODD_DATE,
    ODD_ETAG,
    busy_then_well,
    cookies,
    dated,
    expires,
    failing,
    moved,
    moves_and_dies,
    pages,
    plain,
    tagged,
)
from tests.bench.manners_checks import (
    Check,
    after_the_answer,
    apart,
    at_most,
    backs_off,
    both,
    first_old,
    fresh,
    not_when,
    pages_seldom,
    returned,
    robots_heeded,
    sent_back,
    spread,
    whole_only_when_new,
    without,
)
from tests.bench.manners_server import Answer, Ask

SILENT = 5 * MINUTE  # the least pause where a publisher says nothing, as the settings have it


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with the host that it is judged at, the paths of the feeds there, its answers, and the judgement."""

    name: str
    host: str
    feeds: tuple[str, ...]
    answer: Answer
    check: Check


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
    ("Expires", _FEED, expires, apart(2 * HOUR)),
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
    ("503 with Retry-After as a date", _FEED, failing(503, dated(9 * HOUR)), apart(9 * HOUR)),
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


def violations(asks: Sequence[Ask], contact: str) -> Mapping[str, list[str]]:
    """Return the violations of the rules that hold for every request."""
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
