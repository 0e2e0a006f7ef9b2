"""Sources have pages, and forms that keep what was typed."""

from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from connectors.http.client import HttpClient
from pipeline.model import Actor, Feed, FeedState
from pipeline.services import Services
from pipeline.settings.sections import Fetch
from tests import examples
from tests.connectors.loopback import answer, serving

FEED = "https://courier.example/feed"


def test_a_source_has_a_page_with_its_articles(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.feed())
    assert f'href="/source?feed={FEED.replace(":", "%3A").replace("/", "%2F")}"' in browser.get("/feeds").text
    page = browser.get("/source", params={"feed": FEED}).text
    assert "Harbour stays open" in page
    assert '<svg class="histogram"' in page
    assert browser.get("/source?feed=x").status_code == 404


def test_a_source_is_called_otherwise(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.feed())
    browser.post("/feeds", data={"change": FEED, "source": "The Courier", "language": "sv"})
    assert [(feed.source, feed.language) for feed in services.desk.all(Feed)] == [("The Courier", "sv")]


def test_the_rules_of_a_source_are_changed_on_its_page(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.feed())
    rules = {"ignore": "section:Sport\r\n\r\nlink:/video/", "tags": "local, harbour", "full_text": "never"}
    browser.post("/feeds", data={"change": FEED, "paused": "on", **rules})
    (feed,) = services.desk.all(Feed)
    assert (feed.ignore, feed.tags) == (("section:Sport", "link:/video/"), ("local", "harbour"))
    assert (feed.full_text, feed.paused) == ("never", True)
    page = browser.get("/source", params={"feed": FEED}).text
    assert "section:Sport\nlink:/video/</textarea>" in page
    assert ">paused<" in page
    assert ">paused<" in browser.get("/feeds").text
    wrong = browser.post("/feeds", data={"change": FEED, "ignore": "Sport"})
    assert wrong.status_code == 400
    assert "Rule &#39;Sport&#39; should be title:" in wrong.text
    assert ">Sport</textarea>" in wrong.text
    assert services.desk.all(Feed) == [feed]


def test_a_wrong_address_keeps_the_form(browser: TestClient) -> None:
    answer = browser.post("/feeds", data={"url": "nonsense", "source": "The Courier"})
    assert answer.status_code == 400
    assert "<h1>Sources</h1>" in answer.text
    assert 'value="nonsense"' in answer.text
    assert 'value="The Courier"' in answer.text


def test_a_feed_that_is_followed_leads_to_its_page(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.feed())
    assert browser.post("/feeds", data={"url": FEED}).headers["location"].startswith("/source?feed=")


def test_feeds_can_be_filtered_by_problems(services: Services, browser: TestClient) -> None:
    gazette = examples.feed("https://gazette.example/feed")
    services.desk.save(
        examples.feed(), FeedState(url=FEED, polled=True), gazette, FeedState(url=gazette.url, failures=4)
    )
    assert "https%3A%2F%2Fcourier.example" not in browser.get("/feeds?sick=1").text
    assert "https%3A%2F%2Fgazette.example" in browser.get("/feeds?sick=1").text


def test_who_talks_about_whom_is_a_table(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.actor("Bo Ek", id="bo-ek", aliases=()))
    of = examples.article("https://courier.example/2")
    services.index.add([examples.decision(examples.report(of, about=("bo-ek",)), offset=3)])
    week = "after=2026-02-24&amp;before=2026-03-03"
    assert f'<a href="/record?speaker=ada-lindqvist&amp;about=bo-ek&amp;{week}">1</a>' in browser.get("/network").text


def test_who_talks_about_whom_is_counted_by_week(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.actor("Bo Ek", id="bo-ek", aliases=()))
    of = examples.article("https://courier.example/2")
    services.index.add([examples.decision(examples.report(of, about=("bo-ek",)), offset=3)])
    this_week = browser.get("/network")
    assert 'href="/network?day=2026-02-23"' in this_week.text
    assert "Nobody tracked spoke of another" not in this_week.text
    week_before = browser.get("/network?day=2026-02-23")
    assert 'href="/network?day=2026-03-02"' in week_before.text
    assert "Nobody tracked spoke of another" in week_before.text
    assert ('class="matrix"' in this_week.text, 'class="matrix"' in week_before.text) == (True, False)


def test_sources_with_problems_come_first(services: Services, browser: TestClient) -> None:
    sick = "https://zz.example/feed"
    services.desk.save(examples.feed(), examples.feed_state(polled=True))
    services.desk.save(examples.feed(sick, source="Zz"), examples.feed_state(sick, failures=9, last_error="503"))
    page = browser.get("/feeds").text
    assert page.index(">Zz<") < page.index(">courier.example<")


def test_the_links_of_a_page_are_shown_before_they_are_followed(
    services: Services, browser: TestClient, open_web: FastAPI
) -> None:
    text = "".join(f"<p>Sentence {n} of an article about the harbour, which is open.</p>" for n in range(5))
    links = "".join(f'<h2><a href="/news/a-long-title-{n}">A long title number {n}</a></h2>' for n in range(3))
    local = HttpClient(Fetch(private_addresses=True, pause=timedelta(0)))
    open_web.state.app = replace(services, http=lambda: local)
    with serving() as outlet:
        outlet.routes |= {f"/news/a-long-title-{n}": answer(f"<h1>Title {n}</h1>{text}{n}") for n in range(3)}
        outlet.routes["/region"] = answer(f"<html><body>{links}</body></html>", content_type="text/html")
        page = browser.post("/feeds", data={"url": outlet.url("/region"), "section": "1"}).text
        assert "A long title number 2</a>" in page
        assert '<input type="hidden" name="links" value="h2 a">' in page
        assert services.desk.all(Feed) == []
        browser.post("/feeds", data={"url": outlet.url("/region"), "links": "h2, h3"})
        assert [(feed.url, feed.links) for feed in services.desk.all(Feed)] == [(outlet.url("/region"), "h2, h3")]
        none = browser.post("/feeds", data={"url": outlet.url("/news/a-long-title-1"), "section": "1"})
    assert (none.status_code, "has no list of links" in none.text) == (400, True)


def test_pages_open_no_folders_of_the_machine(services: Services, browser: TestClient) -> None:
    refused = browser.post("/feeds", data={"url": "file:///etc"})
    assert (refused.status_code, "from the command line" in refused.text) == (400, True)
    assert services.desk.all(Feed) == []


def test_an_address_that_does_not_answer_is_followed_with_a_notice(
    services: Services, browser: TestClient, open_web: FastAPI
) -> None:
    local = HttpClient(Fetch(private_addresses=True, pause=timedelta(0)))
    open_web.state.app = replace(services, http=lambda: local)
    added = browser.post("/feeds", data={"url": "http://127.0.0.1:9/feed"})
    assert "; added without a check</p>" in added.text
    assert [feed.url for feed in services.desk.all(Feed)] == ["http://127.0.0.1:9/feed"]
    assert "added without a check" not in browser.get("/feeds").text


def test_sources_come_and_go_as_opml(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.feed(tags=("local",)))
    listed = browser.get("/feeds.opml")
    assert listed.headers["content-disposition"] == 'attachment; filename="onrecord.opml"'
    assert f'xmlUrl="{FEED}" category="local"' in listed.text
    opml = (
        '<opml version="2.0"><body><outline text="Town"><outline type="rss" text="Quayside" xmlUrl="https://q.example/rss"/>'
        f'</outline><outline type="rss" text="C" xmlUrl="{FEED}"/>'
        '<outline type="rss" text="M" xmlUrl="file:///etc"/></body></opml>'
    )
    page = browser.post("/feeds.opml", files={"file": ("list.opml", opml, "text/x-opml")})
    assert page.status_code == 200
    assert "1 source added, 1 followed already." in page.text
    assert "feed &#39;file:///etc&#39; is a folder or a mailbox" in page.text
    assert {(feed.url, feed.title, feed.tags) for feed in services.desk.all(Feed)} == {
        (FEED, "", ("local",)),
        ("https://q.example/rss", "Quayside", ("Town",)),
    }


def test_names_of_feeds_break_no_list_of_feeds(services: Services, browser: TestClient) -> None:
    name = "a\x00]]>\"&<outline xmlUrl='https://evil.example/'/>\ufffe\x0b"
    services.desk.save(Feed(url="https://q.example/rss", source=name))
    outlines = ElementTree.fromstring(browser.get("/feeds.opml").content).findall(".//outline")
    assert [outline.get("xmlUrl") for outline in outlines] == ["https://q.example/rss"]


def test_a_file_that_is_no_opml_leaves_the_page_with_the_reason(services: Services, browser: TestClient) -> None:
    page = browser.post("/feeds.opml", files={"file": ("list.txt", "Quayside", "text/plain")})
    assert (page.status_code, "The file is not OPML" in page.text) == (400, True)
    without = browser.post("/feeds.opml", data={"file": ""})
    assert (without.status_code, "no file was chosen" in without.text) == (400, True)
    assert services.desk.all(Feed) == []


def test_sources_of_a_tag_are_shown_and_searched(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.feed(tags=("local",)), examples.feed("https://gazette.example/feed", source="Gazette"))
    everything = browser.get("/feeds").text
    assert '<a href="/feeds?tag=local" dir="auto">local</a> 1' in everything
    page = browser.get("/feeds?tag=local").text
    assert (">Gazette<" in everything, ">Gazette<" in page) == (True, False)
    assert 'href="/record?source=courier.example"' in page


def test_a_source_is_read_at_once(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.feed(), examples.feed_state(polled=True))
    assert "Read now" in browser.get("/source", params={"feed": FEED}).text
    assert browser.post("/feeds", data={"read": FEED}).status_code == 303
    (feed,) = services.desk.all(Feed)
    assert feed.requested == services.clock()
    page = browser.get("/source", params={"feed": FEED}).text
    assert (">at once<" in page, "Read now" in page) == (True, False)
    services.desk.save(examples.feed_state(polled=True, granted=feed.requested))
    assert "Read now" in browser.get("/source", params={"feed": FEED}).text
    assert browser.post("/feeds", data={"read": "https://x.example"}).status_code == 404


def test_which_outlet_reports_whom_first_is_a_table(services: Services, browser: TestClient) -> None:
    of = examples.article("https://gazette.example/2", source="The Gazette & Post")
    services.index.add([examples.decision(examples.report(of), offset=3)])
    week = "after=2026-02-24&amp;before=2026-03-03"
    page = browser.get("/quoted").text
    address = f"/record?speaker=ada-lindqvist&amp;source=The+Gazette+%26+Post&amp;{week}"
    assert f'<a href="{address}">1</a>' in page
    assert "1 statement</p>" in browser.get(address.replace("&amp;", "&")).text
    assert browser.get("/quoted.json").json()["rows"][0] == {
        "speaker": "ada-lindqvist",
        "source": "courier.example",
        "statements": 1,
    }
    assert "Nobody tracked was quoted" in browser.get("/quoted?day=2026-02-23").text
    services.desk.remove(Actor, "ada-lindqvist")
    assert "Somebody has to be tracked" in browser.get("/quoted").text


def form(*parts: bytes, boundary: bytes = b"b") -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--"


FILE = b'content-disposition: form-data; name="file"; filename="a.opml"\r\n\r\n'
OPML = b'<opml version="2.0"><body><outline text="Q" xmlUrl="https://q.example/rss"/></body></opml>'


def upload(browser: TestClient, body: bytes, kind: str = "multipart/form-data; boundary=b") -> tuple[int, bool]:
    answer = browser.post("/feeds.opml", content=body, headers={"content-type": kind})
    return answer.status_code, "no file was chosen" in answer.text


@pytest.mark.slow
def test_an_upload_of_parts_without_end_costs_no_more_than_its_bytes(browser: TestClient) -> None:
    assert upload(browser, form(*[b"\r\n"] * 100_000)) == (400, True)
    assert upload(browser, form(FILE + OPML, *[b"\r\n"] * 100_000)) == (200, False)


def test_an_upload_of_parts_within_parts_is_refused(browser: TestClient) -> None:
    nested = b"".join(
        b"--b%d\r\ncontent-type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(9_000)
    )
    assert upload(browser, nested, "multipart/form-data; boundary=b0") == (400, True)


def test_an_upload_whose_headers_do_not_end_is_refused(browser: TestClient) -> None:
    assert upload(browser, form(b"a: b\r\n" * 100_000)) == (400, True)
    assert upload(browser, form(b"a: b\r\n" * 100_000 + FILE)) == (400, True)


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'b' * 10_000}",
        "multipart/form-data; boundary=(.*)*$",
        "multipart/form-data; boundary=b; boundary=c",
        "text/plain; boundary=b",
        "",
    ],
)
def test_an_upload_with_a_wrong_boundary_is_refused(services: Services, browser: TestClient, kind: str) -> None:
    assert upload(browser, form(FILE + OPML), kind) == (400, True)
    assert services.desk.all(Feed) == []
