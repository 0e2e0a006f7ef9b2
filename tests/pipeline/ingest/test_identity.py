"""Feeds that lie, look by look: no article comes twice under two names, and none is missed."""

# ruff: noqa: E501 - a scenario a line reads as the table that it is

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.feeds import state as polling
from pipeline.ingest.identity import recognised, steady
from pipeline.ingest.items import article
from pipeline.ingest.revisions import revise
from pipeline.model import Feed, FeedState, Identity
from pipeline.model.feed import FeedItem, FeedResponse, ParsedFeed
from pipeline.ports import Revision
from pipeline.settings.sections import Poll
from tests.examples import NOON

SITE = "https://courier.example"
URL = f"{SITE}/feed"
LATER = NOON + timedelta(days=90)
SHORT = "Two lines of it."


@dataclass(frozen=True)
class Story:
    """An entry, and by its name the article that it is in truth."""

    name: str
    entry: FeedItem


def s(name: str, **changes: Any) -> Story:
    text = f"The story of {name}. " + f"What the council of {name} decided on Monday is told here. " * 5
    plain = FeedItem(url=f"{SITE}/{name}", guid=f"guid-{name}", title=f"About {name}", text=text, published=NOON)
    return Story(name, replace(plain, **changes))


def each(names: str, **changes: str) -> list[Story]:
    """A story for each letter; `{n}` in a change is its name."""
    return [s(n, **{key: value.replace("{n}", n) for key, value in changes.items()}) for n in names]


def polls(looks: Sequence[Sequence[Story]]) -> tuple[list[str], Identity]:
    """The result of each poll, "+a" for a new article and "~a" for a revision, and the identity in use at the end."""
    feed, outcomes = FeedState(url=URL, polled=True), []
    existing: dict[str, tuple[Revision, ...]] = {}
    named: dict[str, str] = {}
    for number, look in enumerate(looks):
        now = NOON + timedelta(hours=number)
        truth = {id(story.entry): story.name for story in look}
        contents = ParsedFeed("", "", tuple(story.entry for story in look))
        news, outcome = polling.fresh(feed, contents, now), []
        for place, one in enumerate(news):
            (name,) = {story.name for story in look if _content(story.entry) == _content(one.identified.entry)}
            created = article(Feed(url=URL), one.identified, now=now, most=10_000, backfill=one.backfill)
            revised, existing[created.id] = revise(existing.get(created.id, ()), created, f"{number}/{place}")
            if revised:
                assert named.setdefault(created.id, name) == name, f"{name} is taken for {named[created.id]}"
                outcome.append(("+" if revised.revision == 1 else "~") + name)
        assert truth
        outcomes.append(" ".join(sorted(outcome)))
        feed = polling.succeeded(feed, FeedResponse(status=200, url=URL), contents, now, Poll())
    return outcomes, feed.identity


def _content(entry: FeedItem) -> tuple[str, str, str, str]:
    return entry.url, entry.guid, entry.title, entry.text


def sid(number: int) -> dict[str, str]:
    return {"url": f"{SITE}/{{n}}/s{number}"}


def fresh_guid(number: int) -> dict[str, str]:
    return {"guid": f"{{n}}-{number}"}


SCENARIOS: dict[str, tuple[list[list[Story]], list[str], Identity]] = {
    # Feeds that behave.
    "nothing changes": ([each("abc"), each("abc")], ["+a +b +c", ""], "link"),
    "one article more": ([each("ab"), each("abc")], ["+a +b", "+c"], "link"),
    "order turned round": ([each("abc"), each("cba")], ["+a +b +c", ""], "link"),
    "text corrected": ([each("ab"), [s("a", text="Corrected " * 30), s("b")]], ["+a +b", "~a"], "link"),
    "headline changed": ([each("ab"), [s("a", title="New"), s("b")]], ["+a +b", "~a"], "link"),
    "headline there and back": ([[s("a")], [s("a", title="New")], [s("a")]], ["+a", "~a", ""], "link"),
    "no guids": ([each("ab", guid=""), each("abc", guid="")], ["+a +b", "+c"], "link"),
    "no links": ([each("ab", url=""), each("abc", url="")], ["+a +b", "+c"], "link"),
    "neither links nor guids": ([each("ab", url="", guid=""), each("abc", url="", guid="")], ["+a +b", "+c"], "link"),
    "headlines alone": ([each("ab", url="", guid="", text=""), each("abc", url="", guid="", text="")], ["+a +b", "+c"], "link"),
    "links alone": ([each("ab", title="", text=""), each("abc", title="", text="")], ["+a +b", "+c"], "link"),
    # Guids.
    "always new guids": ([each("abc", **fresh_guid(n)) for n in range(3)], ["+a +b +c", "", ""], "link"),
    "always new guids, one article more": ([each("ab", **fresh_guid(1)), each("abc", **fresh_guid(2))], ["+a +b", "+c"], "link"),
    "always new guids, text corrected": (
        [each("abc", **fresh_guid(1)), [*each("bc", **fresh_guid(2)), s("a", guid="x", text="Corrected " * 30)]],
        ["+a +b +c", "~a"],
        "link",
    ),
    "always new guids, all of one rewritten": (
        [each("abc", **fresh_guid(1)), [*each("bc", **fresh_guid(2)), s("a", guid="x", text=SHORT, title="New")]],
        ["+a +b +c", "~a"],
        "link",
    ),
    "always new guids without links": ([each("abc", url="", **fresh_guid(n)) for n in range(3)], ["+a +b +c", "", ""], "link"),
    "one guid for all": ([each("abc", guid="g"), each("abcd", guid="g")], ["+a +b +c", "+d"], "link"),
    "one guid for two": ([each("ab", guid="g"), each("ab", guid="g")], ["+a +b", ""], "link"),
    "one guid for all, one at a time": ([each(n, guid="g") for n in "abca"], ["+a", "+b", "+c", ""], "link"),
    "one guid for all without links": ([each("abc", guid="g", url=""), each("bcd", guid="g", url="")], ["+a +b +c", "+d"], "link"),
    "one guid for all, one at a time without links": ([each(n, guid="g", url="") for n in "abc"], ["+a", "+b", "+c"], "link"),
    "guids become permalinks": ([each("abc"), each("abc", guid=f"{SITE}/{{n}}")], ["+a +b +c", ""], "link"),
    # Links.
    "a session in the path": ([each("abc", **sid(n)) for n in range(3)], ["+a +b +c", "", ""], "guid"),
    "a session in a parameter": ([each("abc", url=f"{SITE}/{{n}}?jsid={n}") for n in range(3)], ["+a +b +c", "", ""], "guid"),
    "a session in the path, one article more": ([each("abc", **sid(1)), each("abcd", **sid(2)), each("abcd", **sid(3))], ["+a +b +c", "+d", ""], "guid"),
    "a session in the path, text corrected": (
        [each("abc", **sid(1)), [*each("bc", **sid(2)), s("a", url=f"{SITE}/a/s2", text="Corrected " * 30)], each("abc", **sid(3))],
        ["+a +b +c", "~a", ""],
        "guid",
    ),
    "a session in the path and no guids": ([each("abc", guid="", **sid(n)) for n in range(3)], ["+a +b +c", "", ""], "content"),
    "links and guids always new": ([each("abc", **sid(n), **fresh_guid(n)) for n in range(3)], ["+a +b +c", "", ""], "content"),
    "links and guids always new, one article more": ([each("abc"[:n], **sid(n), **fresh_guid(n)) for n in (2, 3, 4)], ["+a +b", "+c", ""], "content"),
    "links and guids always new, headline changed": (
        [each("abc", **sid(n), **fresh_guid(n)) for n in (1, 2)] + [[*each("bc", **sid(3), **fresh_guid(3)), s("a", url=f"{SITE}/x", guid="x", title="New")]],
        ["+a +b +c", "", "~a"],
        "content",
    ),
    "links and guids always new, text corrected": (
        [each("abc", **sid(n), **fresh_guid(n)) for n in (1, 2)] + [[*each("bc", **sid(3), **fresh_guid(3)), s("a", url=f"{SITE}/x", guid="x", text="Corrected " * 30)]],
        ["+a +b +c", "", "~a"],
        "content",
    ),
    "links lie first and guids later": (
        [each("abc", **sid(1)), each("abc", **sid(2)), each("abc", **sid(3)), *(each("abcd"[: n - 1], **sid(n), **fresh_guid(n)) for n in (4, 5, 6))],
        ["+a +b +c", "", "", "", "+d", ""],
        "content",
    ),
    "a slug that follows the headline": ([each("abc"), [s("a", url=f"{SITE}/new", title="New"), *each("bc")]], ["+a +b +c", "~a"], "link"),
    "a slug and guid that follow the headline": (
        [each("abc"), [s("a", url=f"{SITE}/new", guid=f"{SITE}/new", title="New"), *each("bc")]],
        ["+a +b +c", "~a"],
        "link",
    ),
    "a slug, headline and text change under one guid": (
        [each("abc"), [s("a", url=f"{SITE}/new", title="New", text=SHORT), *each("bc")]],
        ["+a +b +c", "~a"],
        "link",
    ),
    "the site moves to https and loses www": ([each("abc", url="http://www.courier.example/{n}"), each("abc")], ["+a +b +c", ""], "link"),
    "the site moves to another domain": ([each("abc"), each("abc", url="https://herald.example/{n}"), each("abcd", url="https://herald.example/{n}")], ["+a +b +c", "", "+d"], "link"),
    "tracking parameters come and go": ([each("ab", url=f"{SITE}/{{n}}?utm_source={n}") for n in "xy"], ["+a +b", ""], "link"),
    "one link for all": ([each("abc", url=f"{SITE}/live"), each("abcd", url=f"{SITE}/live")], ["+a +b +c", "+d"], "link"),
    "links to the front page, one at a time": ([each(n, url=f"{SITE}/") for n in "abc"], ["+a", "+b", "+c"], "link"),
    "a link used again for tomorrow's column": (
        [[s("a", url=f"{SITE}/column"), *each("xyz")], [s("b", url=f"{SITE}/column"), *each("xyz")]],
        ["+a +x +y +z", "+b"],
        "link",
    ),
    "a live page that is rewritten": ([[s("a", title=f"Live {n}", text=f"{n} " * 60), s("b")] for n in "123"], ["+a +b", "~a", "~a"], "link"),
    # Dates, and coming back.
    "dates that move": ([[s("a", published=NOON + timedelta(hours=n)), s("b")] for n in range(3)], ["+a +b", "", ""], "link"),
    "dates that move, short and without links": ([[s("a", url="", text=SHORT, published=NOON + timedelta(hours=n))] for n in range(3)], ["+a", "", ""], "link"),
    "an article that comes back": ([each("ab"), each("bc"), each("ac")], ["+a +b", "+c", ""], "link"),
    "an article that comes back with another guid": ([each("ab"), each("bc"), [s("a", guid="x"), *each("bc")]], ["+a +b", "+c", ""], "link"),
    "an article that comes back under another link and guid": ([each("ab"), each("bc"), [s("a", url=f"{SITE}/again", guid="x"), *each("bc")]], ["+a +b", "+c", ""], "link"),
    "an article that comes back after thousands": (
        [[s("old")], *([s(f"n{n}") for n in range(start, start + 300)] for start in range(0, 1_200, 300)), [s("old", published=LATER)]],
        ["+old", *(" ".join(sorted(f"+n{n}" for n in range(start, start + 300))) for start in range(0, 1_200, 300)), ""],
        "link",
    ),
    # Likeness that means nothing.
    "the same headline every day": ([each("abc"), [*each("abc"), s("d", title="About a")]], ["+a +b +c", "+d"], "link"),
    "the same headline and a short text on another day": (
        [[s("a", title="Weather", text=SHORT), *each("xy")], [s("b", title="Weather", text=SHORT, published=LATER), *each("xy")]],
        ["+a +x +y", "+b"],
        "link",
    ),
    "all new at once": ([each("abc"), each("def")], ["+a +b +c", "+d +e +f"], "link"),
    "one entry listed twice": ([[s("a"), s("a"), s("b")], [s("b"), s("a"), s("a")]], ["+a +b", ""], "link"),
    "one guid under two sections": (
        [[s("a"), s("a", url=f"{SITE}/sport/a"), s("b")], [s("a", url=f"{SITE}/sport/a"), s("a"), s("b")]],
        ["+a +b", ""],
        "link",
    ),
    # Text that changes by itself.
    "comments are counted": ([[s("a", text=f"A text.\n\n{n} comments"), s("b")] for n in range(3)], ["+a +b", "", ""], "link"),
    "the hour of the last change is told": ([[s("a", text=f"A text.\n\nLast updated: 1{n}:05"), s("b")] for n in range(3)], ["+a +b", "", ""], "link"),
    "two servers with two texts": ([[s("a", text=f"Text of {n}. " * 30), s("b")] for n in "xyxyx"], ["+a +b", "~a", "", "", ""], "link"),
}  # fmt: skip


LARGE = {"an article that comes back after thousands"}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LARGE)) for name in SCENARIOS])
def test_no_false_new_article_and_none_missed(name: str) -> None:
    looks, outcomes, identity = SCENARIOS[name]
    assert polls(looks) == (outcomes, identity)


def test_memory_is_bounded() -> None:
    feed = FeedState(url=URL)
    for number in range(30):
        entries = [story.entry for story in each("abcdefghij", **sid(number), **fresh_guid(number))]
        existing = recognised(feed, entries).known
        feed = replace(feed, known=existing, identity=recognised(feed, entries).identity)
    assert feed.identity == "content"
    assert len(feed.known) <= 2 * 10 * 64
    many = [s(f"n{n}").entry for n in range(1_000)]
    assert len(recognised(feed, many).known) <= 1_020 * 64


def test_a_memory_that_is_cut_or_foreign_does_no_harm() -> None:
    for existing in ("x", "é" * 64, "." * 640):
        (one,) = recognised(FeedState(url=URL, known=existing), [s("a").entry]).identified
        assert one.canonical_url == f"{SITE}/a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A.\n\n12 comments", "A.\n\n"),
        ("3 min read\n\nA.", "\n\nA."),
        ("Updated: 2 March 14:05\n\nA.", "\n\nA."),
        ("12 people were hurt.", "12 people were hurt."),
        ("5 comments were deleted, she said.", "5 comments were deleted, she said."),
    ],
)
def test_lines_that_change_by_themselves(text: str, expected: str) -> None:
    assert steady(text) == expected


def test_items_of_one_guid_and_link_are_two_articles_where_their_titles_differ() -> None:
    noon, six = (
        FeedItem(url="https://courier.example/w", guid="w", title=f"Warning at {time}", text=f"Storm until {time}.")
        for time in ("noon", "six")
    )
    state, ids = FeedState(url="https://courier.example/feed"), []
    for look in ([noon], [noon, six], [six, noon], [six]):
        recognition = recognised(state, look)
        ids.append({result.entry.title: result.article_id for result in recognition.identified})
        state = replace(state, identity=recognition.identity, known=recognition.known)
    assert len(set(ids[1].values())) == 2
    assert ids[1] == ids[2]
    assert ids[0].items() <= ids[1].items()
    assert ids[3].items() <= ids[1].items()
