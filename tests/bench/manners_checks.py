"""The expectations of publishers: each check lists what was wrong with the requests to one host."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from tests.bench.manners_answers import DAY, HOUR, SIMULATED_START
from tests.bench.manners_server import Ask

Check = Callable[[Sequence[Ask]], list[str]]


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


def returned(asks: Sequence[Ask]) -> list[str]:
    late = [ask.path for ask in asks if ask.time > SIMULATED_START + 2 * DAY]
    return [] if late and set(late) == {"/old"} else [f"asked for {Counter(late)}"]


def first_old(asks: Sequence[Ask]) -> list[str]:
    wrong = [f"/new without /old at {b.time}" for a, b in pairwise(asks) if b.path == "/new" and a.path != "/old"]
    return wrong if len(asks) > 2 else ["never asked twice"]


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
