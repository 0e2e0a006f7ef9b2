"""The pages that entries lead to: read where they may be, and told from what stands in their place."""

from dataclasses import replace

from pipeline.feeds.health import health
from pipeline.model import Feed, article_id
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer
from tests.pipeline.feeds.desk import PAGE, SUMMARY, Desk


def test_pages_are_read_for_items_with_a_summary_only(desk: Desk, loopback: Loopback) -> None:
    links = {name: loopback.url(f"/{name}") for name in ("open", "closed", "censored", "empty")}
    loopback.routes["/feed"] = answer(rss(*(item(1, title=n, link=link, **SUMMARY) for n, link in links.items())))
    loopback.routes["/open"] = answer(f"<html><body><article>{PAGE}</article></body></html>")
    loopback.routes["/closed"] = answer(status=403)
    loopback.routes["/censored"] = answer(status=451)
    loopback.routes["/empty"] = answer("<html></html>")
    result = {article.title: article for article in desk.check()}
    assert result["open"].text.startswith("Sentence 0 of a story")
    assert result["open"].text.count("\n\n") == 4
    assert result["open"].marks == ()
    for name, mark in (("closed", "paywall"), ("censored", "paywall"), ("empty", "unread")):
        assert (result[name].text, result[name].marks) == ("Only a summary.", (mark, "summary-only"))


def test_pages_that_cannot_be_read_whole_count_in_the_health_of_the_feed(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(*(item(n, link=loopback.url(f"/{n}"), **SUMMARY) for n in range(6))))
    for n in range(4):
        loopback.routes[f"/{n}"] = answer("<html></html>")
    loopback.routes["/4"] = answer(f"<html><article>{PAGE}</article></html>")
    loopback.routes["/5"] = answer(status=403)
    desk.check()
    result = health(desk.state(), desk.clock())
    assert (result.pages, result.partial) == (6, 4)
    assert result.text == "4 of its last 6 pages could be read only in part, or not at all"


def test_after_too_many_requests_a_host_gets_no_further_page_request(desk: Desk, loopback: Loopback) -> None:
    pages = {f"/{number}": loopback.url(f"/{number}") for number in range(4)}
    entries = (item(1, title=path, link=link, **SUMMARY) for path, link in pages.items())
    loopback.routes["/feed"] = answer(rss(*entries))
    loopback.routes |= dict.fromkeys(pages, answer(status=429))
    assert [article.marks for article in desk.check()] == [("summary-only",)] * 4
    assert loopback.paths() == ["/feed", "/robots.txt", "/3"]


def test_a_page_forbidden_by_robots_txt_is_not_requested(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/robots.txt"] = answer("User-agent: *\nDisallow: /1")
    loopback.routes["/feed"] = answer(rss(item(1, link=loopback.url("/1"), **SUMMARY)))
    (article,) = desk.check()
    assert (article.text, article.marks) == ("Only a summary.", ("robots", "summary-only"))
    assert loopback.paths() == ["/feed", "/robots.txt"]


def test_a_robots_txt_that_fails_forbids_nothing_by_name(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/robots.txt"] = answer(status=503)
    loopback.routes["/feed"] = answer(rss(item(1, link=loopback.url("/1"), **SUMMARY)))
    (article,) = desk.check()
    assert (article.text, article.marks) == ("Only a summary.", ("summary-only",))
    assert loopback.paths() == ["/feed", "/robots.txt"]


def test_the_address_that_a_page_gives_as_its_own_is_the_article(desk: Desk, loopback: Loopback) -> None:
    feed = rss(item(1, link=loopback.url("/go?to=1"), **SUMMARY))
    loopback.routes["/feed"] = answer(feed)
    loopback.routes["/go?to=1"] = answer(status=302, location="/story-1")
    own = loopback.url("/own-1")
    loopback.routes["/story-1"] = answer(
        f'<html><head><link rel="canonical" href="{own}"></head><article>{PAGE}</article>'
    )
    (article,) = desk.check()
    assert article.canonical_url == own.replace("http:", "https:")
    assert article.id == article_id(canonical_url=article.canonical_url)
    assert desk.check() == []
    loopback.routes["/feed"] = answer(feed.replace("Title 1", "Another title"))
    (revised,) = desk.check()
    assert revised.id == article.id


def test_blocks_that_the_pages_of_a_source_repeat_are_left_out(desk: Desk, loopback: Loopback) -> None:
    box = "<p>“We shall never close,” says the mayor in the interview of the week, out now.</p>"
    loopback.routes["/feed"] = answer(rss(*(item(n, link=loopback.url(f"/{n}"), **SUMMARY) for n in range(4))))
    for n in range(4):
        loopback.routes[f"/{n}"] = answer(
            f"<html><article>{PAGE.replace('Sentence', f'In story {n}, sentence')}{box}</article>"
        )
    result = desk.check()
    assert len(result) == 4
    assert all("sentence 4" in article.text and "interview" not in article.text for article in result)


def named(site: str, number: int) -> str:
    head = f'<meta property="og:site_name" content="{site}">'
    return (
        f"<html><head>{head}</head><article>{PAGE.replace('Sentence', f'In story {number}, sentence')}</article></html>"
    )


def test_two_outlets_on_one_host_are_two_sources_by_the_names_on_their_pages(desk: Desk, loopback: Loopback) -> None:
    for number, (path, site) in enumerate((("/feed", "The Courier"), ("/weekly", "Harbour Weekly"))):
        loopback.routes[path] = answer(rss(item(number, link=loopback.url(f"/{number}"), **SUMMARY)))
        loopback.routes[f"/{number}"] = answer(named(site, number))
    desk.desk.save(Feed(url=loopback.url("/weekly")))
    for feed in desk.desk.all(Feed):
        desk.poller.check(feed)
    assert {article.source for article in desk.articles()} == {"The Courier", "Harbour Weekly"}
    loopback.routes["/feed"] = answer(rss(item(2, link=loopback.url("/2"), **SUMMARY)))
    loopback.routes["/2"] = answer(named("Renamed", 2))
    assert [article.source for article in desk.check()] == ["The Courier"]
    desk.desk.save(replace(desk.feed(), source="My Courier"))
    loopback.routes["/feed"] = answer(rss(item(3)))
    assert [article.source for article in desk.check()] == ["My Courier"]


def test_items_that_meet_a_rule_are_left_out_and_their_pages_are_not_read(desk: Desk, loopback: Loopback) -> None:
    links = [loopback.url(f"/{number}") for number in range(3)]
    sport, titled = item(0, link=links[0], category="Sport", **SUMMARY), item(1, link=links[1], **SUMMARY)
    loopback.routes["/feed"] = answer(rss(sport, titled, item(2, link=links[2], **SUMMARY)))
    by_page = '<meta property="article:section" content="Sport">'
    loopback.routes["/1"] = answer(f"<html><head>{by_page}</head><article>{PAGE}</article></html>")
    loopback.routes["/2"] = answer(f"<html><article>{PAGE}</article></html>")
    desk.desk.save(replace(desk.feed(), ignore=("section:sport",)))
    assert [article.title for article in desk.check()] == ["Title 2"]
    assert "/0" not in loopback.paths()
    desk.desk.save(replace(desk.feed(), ignore=()))
    assert desk.check() == []


def test_a_page_that_leads_to_the_front_page_is_no_article(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(1, link=loopback.url("/1"), **SUMMARY)))
    loopback.routes["/1"] = answer(status=302, location="/")
    loopback.routes["/"] = answer(f"<html><article>{PAGE}</article>")
    assert [article.marks for article in desk.check()] == [("unread", "summary-only")]


def test_an_item_that_links_to_the_front_page_has_its_text(desk: Desk, loopback: Loopback) -> None:
    loopback.routes["/feed"] = answer(rss(item(1, link=loopback.url("/"), **SUMMARY)))
    loopback.routes["/"] = answer(f"<html><article>{PAGE}</article>")
    assert [article.text.startswith("Sentence 0 of a story") for article in desk.check()] == [True]


FRONT = f"<html><head><title>The Courier</title></head><article>{PAGE}</article></html>"


def test_a_site_that_answers_every_address_with_its_front_page_is_noticed(desk: Desk, loopback: Loopback) -> None:
    links = [loopback.url(f"/{number}") for number in range(3)]
    loopback.routes["/feed"] = answer(rss(*(item(n, link=link, **SUMMARY) for n, link in enumerate(links))))
    loopback.routes |= dict.fromkeys(("/0", "/1", "/2"), answer(FRONT))
    result = desk.check()
    assert [article.text for article in result] == ["Only a summary."] * 3
    assert {article.marks for article in result} == {("unread", "same-page", "summary-only")}
    well = health(desk.state(), desk.clock())
    assert (well.pages, well.partial) == (3, 3)
    assert well.text == "its site shows the same page at 3 of the last 3 addresses"


def test_a_front_page_in_place_of_one_article_at_a_time_is_noticed_too(desk: Desk, loopback: Loopback) -> None:
    texts = []
    for number in range(6):
        loopback.routes["/feed"] = answer(rss(item(number, link=loopback.url(f"/{number}"), **SUMMARY)))
        loopback.routes[f"/{number}"] = answer(FRONT)
        texts += [article.text for article in desk.check()]
    assert texts[3:] == ["Only a summary."] * 3
    assert health(desk.state(), desk.clock()).text == "its site shows the same page at 3 of the last 6 addresses"


def test_two_addresses_of_one_story_are_no_front_page(desk: Desk, loopback: Loopback) -> None:
    links = [loopback.url(f"/{number}") for number in range(2)]
    loopback.routes["/feed"] = answer(rss(*(item(n, link=link, **SUMMARY) for n, link in enumerate(links))))
    loopback.routes |= dict.fromkeys(("/0", "/1"), answer(FRONT))
    assert [article.text.startswith("Sentence 0 of a story") for article in desk.check()] == [True, True]
    assert health(desk.state(), desk.clock()).text == ""
