"""Feeds, actors and watches from the command line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cli.actors import read_role, spelled_role
from pipeline.model import EPOCH, Actor, Feed, Watch
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import answer, serving
from tests.pipeline.cli.conftest import Onrecord, opened

OPML = b"""<opml version="2.0"><body><outline text="News">
<outline type="rss" text="Courier" xmlUrl="https://courier.example/feed"/>
<outline type="rss" text="Gopher" xmlUrl="gopher://old.example/feed"/>
</outline></body></opml>"""
FEED = """<rss version="2.0"><channel><title>The Courier</title>
<item><title>Harbour \u202e31m stays open</title><link>https://courier.example/harbour</link><description>Short.</description>
<pubDate>Mon, 02 Mar 2026 11:00:00 GMT</pubDate></item></channel></rss>"""


def test_actors_are_added_listed_and_removed(onrecord: Onrecord, file: Path) -> None:
    added = onrecord(
        *("actors", "add", "Ada  Lindqvist", "--alias", "Lindqvist", "--alias", "A. L."),
        *("--role", "Mayor 2019..2024-05-01", "--wikidata", "Q42"),
    )
    assert (added.code, added.out) == (0, "ada-lindqvist\n")
    listed = onrecord("actors", "list")
    assert listed.rows == [
        ["ada-lindqvist", "Ada Lindqvist", "person", "Lindqvist, A. L.", "Mayor 2019-01-01..2024-05-01", "Q42"]
    ]
    (told,) = json.loads(onrecord("actors", "list", "--json").out)
    assert told["roles"] == [{"title": "Mayor", "start": "2019-01-01T00:00:00Z", "end": "2024-05-01T00:00:00Z"}]
    assert onrecord("actors", "remove", "ada-lindqvist").code == 0
    emptied = onrecord("actors", "list")
    assert (emptied.code, emptied.out, emptied.err) == (0, "", "No actors yet: onrecord actors add NAME\n")


def test_an_actor_is_not_replaced_by_mistake(onrecord: Onrecord, file: Path) -> None:
    onrecord("actors", "add", "Ada Lindqvist", "--alias", "Lindqvist")
    again = onrecord("actors", "add", "Ada Lindqvist")
    assert (again.code, again.err) == (
        2,
        "onrecord: actor 'ada-lindqvist' is there already; --replace replaces it\n",
    )
    assert onrecord("actors", "add", "Ada Lindqvist", "--replace").code == 0
    with opened(file) as app:
        assert app.desk.all(Actor)[0].aliases == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("!?",), "has a name without a letter: '!?'"),
        (("Ada", "--alias", "…"), "has a name without a letter: '…'"),
        (("Ada", "--wikidata", "42"), "Wikidata id '42' should be a Q and a number, such as Q42"),
        (("Ada", "--role", "Mayor 2019-13-01.."), "role's date '2019-13-01' should be a year or a date"),
        (("Ada", "--kind", "ship"), "Invalid value for '--kind'"),
    ],
)
def test_actors_that_cannot_be(onrecord: Onrecord, file: Path, arguments: tuple[str, ...], message: str) -> None:
    done = onrecord("actors", "add", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert not file.exists()


@pytest.mark.parametrize("text", ["Mayor", "Mayor 2019-01-01..", "Mayor ..2024-05-01", "Mayor of 2.. Towns", "CEO"])
def test_roles_are_spelled_as_they_are_read(text: str) -> None:
    assert spelled_role(read_role(text)) == text


def test_actors_go_out_and_come_in(onrecord: Onrecord, filled: Path, tmp_path: Path) -> None:
    lines = onrecord("actors", "export").out
    with opened(filled) as app:
        before = app.desk.all(Actor)
        app.desk.remove(Actor, "ada-lindqvist")
    place = tmp_path / "actors.jsonl"
    place.write_text(lines + '\n{"name": "Bo Ek"}\n')
    assert onrecord("actors", "import", place).err == "2 actors imported\n"
    with opened(filled) as app:
        assert app.desk.all(Actor) == [*before, Actor(id="bo-ek", name="Bo Ek")]
    assert onrecord("actors", "import", "-", stdin='{"name": "Cy Ö"}').code == 0


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b'{"name": "Bo Ek"}\n{bad', 65, "onrecord: -, line 2: no JSON: "),
        (b'["Bo"]', 65, """onrecord: -, line 1: should be an object, is '["Bo"]'"""),
        (b'{"name": 3}', 65, "onrecord: -, line 1: actor/1: name: "),
        (b'{"title": "Bo"}', 65, "onrecord: -, line 1: actor/1: name: Field required"),
        (b'{"name": "Bo\xff"}', 65, "onrecord: - is not UTF-8: byte 12 is 0xff"),
        (b'{"name": "!"}', 2, "onrecord: actor '' has a name without a letter: '!'"),
    ],
)
def test_actors_come_in_whole_or_not_at_all(
    onrecord: Onrecord, file: Path, content: bytes, code: int, message: str
) -> None:
    done = onrecord("actors", "import", "-", stdin=content)
    assert done.code == code
    assert done.err.startswith(message)
    assert not file.exists()


def test_an_actor_in_a_watch_stays(onrecord: Onrecord, filled: Path) -> None:
    done = onrecord("actors", "remove", "ada-lindqvist")
    assert done.code == 2
    assert "is in the watch 'harbour'" in done.err
    assert "'nobody' is not there" in onrecord("actors", "remove", "nobody").err


def test_watches_are_added_listed_and_removed(onrecord: Onrecord, filled: Path) -> None:
    added = onrecord(
        *("watches", "add", "The Port", "--by", "lindqvist", "--about", "Ada Lindqvist", "--query", "harbour OR port"),
        *("--source", "courier.example", "--language", "en", "--kind", "direct", "--least-confidence", "0.7"),
    )
    assert (added.code, added.out) == (0, "the-port\n")
    assert "onrecord watches preview the-port" in added.err
    (told,) = (told for told in json.loads(onrecord("watches", "list", "--json").out) if told["id"] == "the-port")
    assert told.pop("created") > "2026"
    assert told == {
        "id": "the-port",
        "name": "The Port",
        "by": ["ada-lindqvist"],
        "about": ["ada-lindqvist"],
        "query": "harbour OR port",
        "sources": ["courier.example"],
        "languages": ["en"],
        "kinds": ["direct"],
        "least_confidence": 0.7,
        "deliver": ["stdout"],
        "tempo": "instant",
        "quiet": "",
        "daily_cap": 0,
        "zone": "UTC",
        "least_sources": 1,
        "spread": [],
    }
    assert [row[0] for row in onrecord("watches", "list").rows] == ["harbour", "the-port"]
    assert onrecord("watches", "remove", "the-port").code == 0
    assert onrecord("watches", "remove", "the-port").code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--by", "Nobody"), 2, "actor 'Nobody' is not tracked yet; `onrecord actors add` adds them"),
        (("--query", "harbour OR"), 2, "\n  harbour OR\n"),
        ((), 2, "has no condition: give it actors or a query"),
        (("--query", "x", "--kind", "shouted"), 2, "kind 'shouted' should be one of direct, indirect, mixed"),
        (("--query", "x", "--deliver", "pigeon:loft"), 2, "'pigeon:loft' has no notifier 'pigeon'; known are"),
        (("--query", "x", "--deliver", "webhook:https://hook.example/"), 78, "webhook.secret"),
        (("--query", "x", "--deliver", "slack:javascript:alert(1)"), 2, "has no http or https address"),
        (("--query", "x", "--deliver", "teams:https://[half"), 2, "has no http or https address"),
        (("--query", "x", "--deliver", "mattermost:file:///etc/passwd"), 2, "has no http or https address"),
        (("--query", "x", "--deliver", "slack:https://hooks.example/a b\r\nHost: x"), 2, "Port"),
        (("--query", "x", "--least-confidence", "2"), 2, "Invalid value for '--least-confidence'"),
    ],
)
def test_watches_that_cannot_be(
    onrecord: Onrecord, filled: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = onrecord("watches", "add", "Port", *arguments)
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    with opened(filled) as app:
        assert [watch.id for watch in app.desk.all(Watch)] == ["harbour"]


def test_a_watch_is_not_replaced_by_mistake(onrecord: Onrecord, filled: Path) -> None:
    assert "'harbour' is there already" in onrecord("watches", "add", "Harbour", "--query", "port").err
    assert onrecord("watches", "add", "Harbour", "--query", "port", "--replace").code == 0


def test_an_alias_of_two_actors_is_not_guessed(onrecord: Onrecord, filled: Path) -> None:
    onrecord("actors", "add", "Bo Lindqvist", "--alias", "Lindqvist")
    done = onrecord("watches", "add", "Both", "--by", "lindqvist")
    assert done.err == "onrecord: actor 'lindqvist' may be any of ada-lindqvist, bo-lindqvist; give the id\n"


def test_a_preview_shows_what_a_watch_would_have_told(onrecord: Onrecord, filled: Path) -> None:
    done = onrecord("watches", "preview", "harbour")
    assert done.code == 0
    (row,) = done.rows
    assert row[1:3] == ["Ada Lindqvist", "The harbour will stay open"]
    assert row[4:] == ["courier.example", "https://courier.example/harbour"]
    assert json.loads(onrecord("watches", "preview", "harbour", "--json").out)["total"] == 1
    onrecord("watches", "add", "Ferries", "--by", "lindqvist", "--query", "ferry")
    nothing = onrecord("watches", "preview", "ferries")
    assert (nothing.code, nothing.out) == (0, "")
    assert onrecord("watches", "preview", "none").code == 2
    with opened(filled) as app:
        assert len(app.deliveries.listing()) == 1


def test_feeds_are_added_listed_and_removed(onrecord: Onrecord, file: Path) -> None:
    urls = ("https://courier.example/feed", "https://wire.example/feed")
    done = onrecord("feeds", "add", *urls, "--language", "en", "--full-text", "never")
    assert done.code == 0
    assert onrecord("feeds", "add", urls[0]).err == f"{urls[0]} is followed already\n"
    assert [row[:3] for row in onrecord("feeds", "list").rows] == [[url, "", "new"] for url in urls]
    told = json.loads(onrecord("feeds", "list", "--json").out)
    assert [feed["url"] for feed in told] == [*urls]
    assert (told[0]["language"], told[0]["full_text"]) == ("en", "never")
    assert "often" in onrecord("feeds", "add", "https://x.example/", "--full-text", "often").err
    assert "seen" not in told[0]
    assert onrecord("feeds", "remove", urls[0]).code == 0
    assert onrecord("feeds", "remove", urls[0]).code == 2


def test_the_feed_of_a_site_is_found_and_named(onrecord: Onrecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONRECORD_FETCH__PRIVATE_ADDRESSES", "true")
    monkeypatch.setenv("ONRECORD_FETCH__PAUSE", "0s")
    page = '<link rel="alternate" type="application/rss+xml" href="/news.xml">'
    with serving() as server:
        server.routes |= {"/": answer(page), "/news.xml": answer(rss(item(1))), "/about": answer("<html></html>")}
        done = onrecord("feeds", "add", server.url("/"), server.url("/about"), server.url("/away"))
    site, feed, away = (server.url(path) for path in ("/", "/news.xml", "/away"))
    assert done.code == 65
    assert done.err.splitlines() == [
        f"{site} names The Courier with 1 entries at {feed}",
        f"left out: {server.url('/about')} is a web page, not a feed; nor does it name a feed that can be read",
        f"{away} answers 404; it is taken as it is",
        f"{feed} will be followed by `onrecord run`",
        f"{away} will be followed by `onrecord run`",
    ]
    assert [row[0] for row in onrecord("feeds", "list").rows] == sorted([feed, away])
    assert onrecord("feeds", "add", "--as-given", site).code == 0
    assert len(onrecord("feeds", "list").rows) == 3


def test_a_failing_feed_says_so(onrecord: Onrecord, file: Path) -> None:
    with opened(file) as app:
        app.desk.save(
            Feed(url="https://a.example/", failures=3, last_error="answers 500", next_check=EPOCH),
            Feed(url="https://b.example/", gone=True, polled=True),
            Feed(url="https://c.example/", polled=True, last_success=EPOCH),
        )
    rows = onrecord("feeds", "list").rows
    assert [row[2] for row in rows] == ["failing (3)", "gone", "well"]
    assert rows[0][-1] == "answers 500"


def test_an_address_that_is_none_is_refused(onrecord: Onrecord, file: Path) -> None:
    for command in ("add", "check"):
        done = onrecord("feeds", command, "ftp://courier.example/feed")
        assert done.code == 2
        assert "should begin with http:// or https://" in done.err
    assert not file.exists()


@pytest.mark.slow
def test_feeds_come_in_and_go_out_as_opml(onrecord: Onrecord, file: Path, tmp_path: Path) -> None:
    listing = tmp_path / "feeds.opml"
    listing.write_bytes(OPML)
    done = onrecord("feeds", "import", listing)
    assert done.code == 65
    assert "left out: feed 'gopher://old.example/feed'" in done.err
    assert "1 feed added, 0 were followed already" in done.err
    again = onrecord("feeds", "import", "-", stdin=OPML.replace(b"gopher:", b"https:"))
    assert (again.code, again.err) == (0, "1 feed added, 1 was followed already\n")
    out = onrecord("feeds", "export")
    assert 'xmlUrl="https://courier.example/feed"' in out.out


def test_a_check_shows_what_would_come_of_a_feed(
    onrecord: Onrecord, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_FETCH__PRIVATE_ADDRESSES", "true")
    with serving() as server:
        server.routes["/feed"] = answer(FEED, content_type="application/rss+xml; charset=utf-8")
        done = onrecord("feeds", "check", server.url("/feed"))
        assert done.code == 0
        (row,) = done.rows
        assert row[1] == "Harbour 31m stays open"
        assert row[4] == "https://courier.example/harbour"
        assert "The Courier: 1 entries, 0 with their whole text" in done.err
        told = json.loads(onrecord("feeds", "check", server.url("/feed"), "--json").out)
        assert (told["status"], told["error"], len(told["articles"])) == (200, "", 1)
        missing = onrecord("feeds", "check", server.url("/none"))
        assert (missing.code, missing.out) == (1, "")
        assert "answers 404 Not Found" in missing.err
    assert not file.exists()


def test_a_check_of_a_private_address_is_refused(onrecord: Onrecord) -> None:
    done = onrecord("feeds", "check", "http://127.0.0.1:9999/feed")
    assert done.code == 1
    assert "fetch.private_addresses" in done.err


def test_targets_are_listed_without_what_gives_access(onrecord: Onrecord, filled: Path) -> None:
    target = "slack:https://hooks.example/services/wordofpower"
    added = onrecord("watches", "add", "Port", "--query", "port", "--deliver", target)
    assert added.code == 0
    for listed in (onrecord("watches", "list"), onrecord("watches", "list", "--json")):
        assert "slack:https://hooks.example/" in listed.out
        assert "wordofpower" not in listed.out
    (told,) = (told for told in json.loads(onrecord("watches", "list", "--json").out) if told["id"] == "port")
    again = onrecord("watches", "add", "Port", "--query", "quay", "--deliver", told["deliver"][0], "--replace")
    assert again.code == 0
    with opened(filled) as app:
        (watch,) = (watch for watch in app.desk.all(Watch) if watch.id == "port")
    assert (watch.query, watch.deliver) == ("quay", (target,))
    wrong = onrecord("watches", "add", "Quay", "--query", "quay", "--deliver", "slack:ftp://hooks.example/wordofpower")
    assert wrong.code == 2
    assert "wordofpower" not in wrong.err


def test_a_feed_is_changed_and_keeps_its_memory(onrecord: Onrecord, filled: Path) -> None:
    with opened(filled) as app:
        (before,) = app.desk.all(Feed)
        app.desk.save(replace(before, polled=True, seen="ab"))
    assert onrecord("feeds", "change", before.url, "--full-text", "always", "--language", "de").code == 0
    with opened(filled) as app:
        (after,) = app.desk.all(Feed)
    assert after == replace(before, polled=True, seen="ab", full_text="always", language="de")
    assert onrecord("feeds", "change", before.url, "--full-text", "often").code == 2
    assert onrecord("feeds", "change", "https://x.example/").code == 2
