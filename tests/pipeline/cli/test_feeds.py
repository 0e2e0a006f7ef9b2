"""Feeds from the command line."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model import EPOCH, Feed, FeedState
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer, serving
from tests.pipeline.cli.conftest import Onrecord, opened

OPML = b"""<opml version="2.0"><body><outline text="News">
<outline type="rss" text="Courier" xmlUrl="https://courier.example/feed"/>
<outline type="rss" text="Gopher" xmlUrl="gopher://old.example/feed"/>
</outline></body></opml>"""
FEED = """<rss version="2.0"><channel><title>The Courier</title>
<item><title>Harbour \u202e31m stays open</title><link>https://courier.example/harbour</link><description>Short.</description>
<pubDate>Mon, 02 Mar 2026 11:00:00 GMT</pubDate></item></channel></rss>"""


def test_feeds_are_added_listed_and_removed(onrecord: Onrecord, file: Path) -> None:
    urls = ("https://courier.example/feed", "https://wire.example/feed")
    done = onrecord("feeds", "add", *urls, "--language", "en", "--full-text", "never")
    assert done.code == 0
    assert onrecord("feeds", "add", urls[0]).err == f"{urls[0]} is already followed\n"
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
        f"{site} links to The Courier with 1 entry at {feed}",
        f"left out: {server.url('/about')} is a web page, not a feed; nor does it name a feed that can be read",
        f"left out: {away} answers 404",
        f"{feed} will be followed by `onrecord run`",
    ]
    assert [row[0] for row in onrecord("feeds", "list").rows] == [feed]
    assert onrecord("feeds", "add", "--as-given", site).code == 0
    assert len(onrecord("feeds", "list").rows) == 2


def test_a_failing_feed_says_so(onrecord: Onrecord, file: Path) -> None:
    with opened(file) as services:
        services.desk.save(*(Feed(url=f"https://{name}.example/") for name in "abc"))
        services.desk.save(
            FeedState(url="https://a.example/", failures=3, last_error="answers 500", next_check=EPOCH),
            FeedState(url="https://b.example/", gone=True, polled=True),
            FeedState(url="https://c.example/", polled=True, last_success=EPOCH),
        )
    rows = onrecord("feeds", "list").rows
    assert [row[2] for row in rows] == ["failing (3)", "gone", "healthy"]
    assert rows[0][-1] == "answers 500"


def test_a_malformed_address_is_refused(onrecord: Onrecord, file: Path) -> None:
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
    assert "1 feed added, 0 already followed" in done.err
    again = onrecord("feeds", "import", "-", stdin=OPML.replace(b"gopher:", b"https:"))
    assert (again.code, again.err) == (0, "1 feed added, 1 already followed\n")
    out = onrecord("feeds", "export")
    assert 'xmlUrl="https://courier.example/feed"' in out.out


@pytest.mark.parametrize("address", ["file:///etc", "imaps://ada@mail.example/INBOX"])
def test_a_list_of_feeds_opens_no_folder_and_no_mailbox(onrecord: Onrecord, file: Path, address: str) -> None:
    done = onrecord("feeds", "import", "-", stdin=OPML.replace(b"gopher://old.example/feed", address.encode()))
    assert done.code == 65
    assert f"left out: feed {address!r} is a folder or a mailbox; `onrecord feeds add` follows it" in done.err
    assert [row[0] for row in onrecord("feeds", "list").rows] == ["https://courier.example/feed"]


def test_a_check_shows_the_articles_of_a_feed(onrecord: Onrecord, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONRECORD_FETCH__PRIVATE_ADDRESSES", "true")
    with serving() as server:
        server.routes["/feed"] = answer(FEED, content_type="application/rss+xml; charset=utf-8")
        done = onrecord("feeds", "check", server.url("/feed"))
        assert done.code == 0
        (row,) = done.rows
        assert row[1] == "Harbour 31m stays open"
        assert row[4] == "https://courier.example/harbour"
        assert "The Courier: 1 entry, 0 with full text" in done.err
        told = json.loads(onrecord("feeds", "check", server.url("/feed"), "--json").out)
        assert (told["status"], told["error"], len(told["articles"])) == (200, "", 1)
        missing = onrecord("feeds", "check", server.url("/none"))
        assert (missing.code, missing.out) == (1, "")
        assert "answers 404 Not Found" in missing.err
    assert not file.exists()


def test_a_check_reads_a_followed_feed_with_its_options(
    onrecord: Onrecord, outlet: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_FETCH__PRIVATE_ADDRESSES", "true")
    url = outlet.url("/@ada.rss")
    posts = FEED.replace("https://courier.example/harbour", outlet.url("/@ada/1"))
    outlet.routes["/@ada.rss"] = answer(posts, content_type="application/rss+xml; charset=utf-8")
    onrecord("actors", "add", "Ada Lindqvist")
    assert onrecord("feeds", "add", url, "--as-given", "--source", "Port Watch", "--account", "Ada Lindqvist").code == 0
    (article,) = json.loads(onrecord("feeds", "check", url, "--json").out)["articles"]
    assert (article["source"], article["text"]) == ("Port Watch", "Ada Lindqvist: “Short.”")
    assert onrecord("feeds", "change", url, "--account", "", "--ignore", "title:harbour").code == 0
    assert onrecord("feeds", "check", url).rows == []


def test_a_check_of_a_private_address_is_refused(onrecord: Onrecord) -> None:
    done = onrecord("feeds", "check", "http://127.0.0.1:9999/feed")
    assert done.code == 1
    assert "fetch.private_addresses" in done.err


def test_rules_tags_and_pauses(onrecord: Onrecord, file: Path) -> None:
    url = "https://courier.example/feed"
    assert onrecord("feeds", "add", url, "--as-given", "--ignore", "section:Sport", "--tag", "local").code == 0
    assert onrecord("feeds", "change", url, "--ignore", "title:live", "--ignore", "link:/video/", "--pause").code == 0
    (feed,) = json.loads(onrecord("feeds", "list", "--json").out)
    assert (feed["ignore"], feed["tags"], feed["paused"]) == (["title:live", "link:/video/"], ["local"], True)
    assert [row[2] for row in onrecord("feeds", "list").rows] == ["paused"]
    assert onrecord("feeds", "change", url, "--ignore", "", "--tag", "", "--resume").code == 0
    (feed,) = json.loads(onrecord("feeds", "list", "--json").out)
    assert (feed["ignore"], feed["tags"], feed["paused"]) == ([], [], False)
    for option, value, complaint in (("--ignore", "Sport", "rule 'Sport'"), ("--tag", "a,b", "tag 'a,b'")):
        done = onrecord("feeds", "change", url, option, value)
        assert (done.code, complaint in done.err) == (2, True)


def test_a_feed_is_changed_and_keeps_its_state(onrecord: Onrecord, filled: Path) -> None:
    with opened(filled) as services:
        (before,) = services.desk.all(Feed)
        state = FeedState(url=before.url, polled=True, seen="ab")
        services.desk.save(state)
    assert onrecord("feeds", "change", before.url, "--full-text", "always", "--language", "de").code == 0
    with opened(filled) as services:
        assert services.desk.all(Feed) == [replace(before, full_text="always", language="de")]
        assert services.desk.all(FeedState) == [state]
    assert onrecord("feeds", "change", before.url, "--full-text", "often").code == 2
    assert onrecord("feeds", "change", "https://x.example/").code == 2


@pytest.mark.usefixtures("on_terminal")
def test_the_list_fits_a_terminal_of_80_columns(onrecord: Onrecord, file: Path) -> None:
    trouble = "https://courier.example/news/all.xml answers 503"
    url = "https://courier.example/news/all.xml"
    state = FeedState(url=url, polled=True, last_error=trouble, failures=3)
    with opened(file) as services:
        services.desk.save(Feed(url=url, source="The Courier"), state)
    lines = onrecord("feeds", "list").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "failing (3)" in lines[0]
    assert trouble in lines[-1]


def test_a_forbidden_address_is_left_out(onrecord: Onrecord) -> None:
    done = onrecord("feeds", "add", "http://127.0.0.1:8700/feed")
    assert (done.code, done.err.startswith("left out: ")) == (65, True)
    assert onrecord("feeds", "list").rows == []


@pytest.fixture
def outlet() -> Iterator[Loopback]:
    with serving() as server:
        yield server


@pytest.mark.slow
def test_links_of_a_page_are_shown_before_they_are_followed(
    onrecord: Onrecord, outlet: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_FETCH__PRIVATE_ADDRESSES", "true")
    monkeypatch.setenv("ONRECORD_FETCH__PAUSE", "0")
    text = "".join(f"<p>Sentence {n} of an article about the harbour, which is open.</p>" for n in range(5))
    outlet.routes |= {f"/news/a-long-title-{n}": answer(f"<h1>Title {n}</h1>{text}{n}") for n in range(3)}
    links = "".join(f'<h2><a href="/news/a-long-title-{n}">A long title number {n}</a></h2>' for n in range(3))
    outlet.routes["/region"] = answer(f"<html><body>{links}</body></html>", content_type="text/html")
    shown = onrecord("feeds", "add", outlet.url("/region"), "--section")
    assert shown.rows[0] == ["h2 a", "A long title number 0", outlet.url("/news/a-long-title-0")]
    assert shown.err == f"3 links: onrecord feeds add {outlet.url('/region')} --links 'h2 a'\n"
    assert onrecord("feeds", "list").out == ""
    assert onrecord("feeds", "add", outlet.url("/region"), "--links", "h4").code == 65
    added = onrecord("feeds", "add", outlet.url("/region"), "--links", "h2 a")
    assert f"{outlet.url('/region')} has 3 links at h2 a" in added.err
    changed = onrecord("feeds", "change", outlet.url("/region"), "--links", "h2")
    assert (added.code, changed.code) == (0, 0)
    (feed,) = json.loads(onrecord("feeds", "list", "--json").out)
    assert feed["links"] == "h2"


def test_an_account_is_bound_to_a_tracked_actor(onrecord: Onrecord) -> None:
    onrecord("actors", "add", "Ada Lindqvist")
    url = "https://social.example/@ada.rss"
    assert "is not tracked" in onrecord("feeds", "add", url, "--as-given", "--account", "Bo Ek").err
    assert onrecord("feeds", "add", url, "--as-given", "--account", "Ada Lindqvist").code == 0
    (feed,) = json.loads(onrecord("feeds", "list", "--json").out)
    assert feed["account"] == "ada-lindqvist"
    assert onrecord("feeds", "change", url, "--account", "").code == 0
    assert json.loads(onrecord("feeds", "list", "--json").out)[0]["account"] == ""


def test_a_folder_and_a_mailbox_are_followed(onrecord: Onrecord, tmp_path: Path) -> None:
    folder = tmp_path / "press releases"
    folder.mkdir()
    mailbox = "imaps://mail.example/INBOX"
    assert onrecord("feeds", "add", folder, mailbox).code == 0
    assert sorted(row[0] for row in onrecord("feeds", "list").rows) == [folder.as_uri(), mailbox]
    missing = onrecord("feeds", "add", "./no-such-folder")
    assert (missing.code, "'./no-such-folder' is no folder on this machine" in missing.err) == (2, True)
    refused = onrecord("feeds", "add", "imaps://desk:secret@mail.example/INBOX")
    assert (refused.code, "secret" in refused.err) == (2, False)
    assert "but a login in fetch.logins" in refused.err
    unread = onrecord("feeds", "check", mailbox)
    assert (unread.code, "add a line `imaps://mail.example/INBOX basic NAME:PASSWORD`" in unread.err) == (1, True)
    (folder / "story.txt").write_text("Harbour\n\nIt stays open.\n")
    time.sleep(2.1)
    checked = onrecord("feeds", "check", folder)
    assert (checked.code, [row[1] for row in checked.rows]) == (0, ["Harbour"])
