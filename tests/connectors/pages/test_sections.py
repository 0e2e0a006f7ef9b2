"""Pages of links: selectors are proposed for the links to articles, and read at every poll."""

import pytest

from connectors.feeds.parser import Parser
from pipeline.errors import InputError

HEADLINES = ("Harbour stays open all winter", "Bakers meet about flour", "The ferry is repaired at last", "A new roof")
MENU = "".join(f'<li><a href="/{name}">{name} with all of its news</a></li>' for name in ("sport", "food", "town"))
TAGS = "".join(f'<a class="tag" href="/tag/{name}">{name}</a>' for name in ("ferry", "flour", "roof"))
URL = "https://courier.example/region"


def address(headline: str) -> str:
    return f"/news/{headline.lower().replace(' ', '-')}-2026"


def card(headline: str) -> str:
    image = f'<a class="picture" href="{address(headline)}"><img alt=""></a>'
    return (
        f'<div class="card css-1x2y3z">{image}<p class="title"><a href="{address(headline)}">{headline}</a></p></div>'
    )


def page(body: str) -> bytes:
    head = '<head><title>Region – Courier</title><meta property="og:site_name" content="The Courier"></head>'
    return f'<html lang="en">{head}<body><nav>{MENU}</nav>{body}<div>{TAGS}</div></body></html>'.encode()


CARDS = page("".join(map(card, HEADLINES)))


def test_the_list_of_articles_is_proposed(parser: Parser) -> None:
    (rule,) = parser.link_rules(CARDS, "text/html", URL)
    assert rule.selector == "div.card p.title a"
    assert [(entry.title, entry.url) for entry in rule.items] == [
        (headline, f"https://courier.example{address(headline)}") for headline in HEADLINES
    ]


def test_headings_of_lead_and_list_are_proposed_together(parser: Parser) -> None:
    lead = f'<article><header><h2><a href="{address(HEADLINES[0])}">{HEADLINES[0]}</a></h2></header></article>'
    others = "".join(f'<a href="{address(each)}"><h3>{each}</h3><p>Teaser.</p></a>' for each in HEADLINES[1:])
    (rule, *_) = parser.link_rules(page(lead + others), "text/html", URL)
    assert rule.selector == "h2, h3"
    assert [entry.title for entry in rule.items] == list(HEADLINES)


def test_headlines_without_spaces_are_headlines(parser: Parser) -> None:
    titles = ("港口整个冬天都会开放给渔船", "面包师聚会讨论面粉的价格", "渡轮终于要在今年春天修理")
    cards = "".join(f'<li class="story"><a href="/2026/{n}.html">{title}</a></li>' for n, title in enumerate(titles))
    (rule, *_) = parser.link_rules(page(f"<ul>{cards}</ul>"), "text/html; charset=utf-8", URL)
    assert [entry.title for entry in rule.items] == list(titles)


def test_a_page_of_menus_and_tags_has_no_list(parser: Parser) -> None:
    assert parser.link_rules(page("<p>Welcome.</p>"), "text/html", URL) == []


def test_the_links_at_a_selector_are_the_items(parser: Parser) -> None:
    contents = parser.section(CARDS, "text/html", URL, ".card")
    assert (contents.title, contents.language) == ("The Courier", "en")
    assert [entry.title for entry in contents.entries] == list(HEADLINES)
    assert not any(entry.whole for entry in contents.entries)


def test_links_to_other_sites_and_to_the_page_itself_are_ignored(parser: Parser) -> None:
    links = (
        "https://other.example/news/a-long-title",
        "#top",
        "/region",
        "/",
        "mailto:desk@courier.example",
        "http://[",
    )
    body = page("".join(f'<h2><a href="{link}">{link}</a></h2>' for link in (*links, "/news/own")))
    (entry,) = parser.section(body, "text/html", URL, "h2 a").entries
    assert entry.url == "https://courier.example/news/own"


def test_changed_markup_is_an_error_that_names_the_selector(parser: Parser) -> None:
    with pytest.raises(InputError, match=r"has no link at 'div.story a': if its markup has changed, choose"):
        parser.section(CARDS, "text/html", URL, "div.story a")


@pytest.mark.parametrize("selector", ["div[", "a:nonsense", ">>", ""])
def test_a_wrong_selector_is_an_error(parser: Parser, selector: str) -> None:
    with pytest.raises(InputError, match="should be a CSS selector"):
        parser.section(CARDS, "text/html", URL, selector)


@pytest.mark.slow
@pytest.mark.parametrize(
    "selector", ["a" + ":has(a)" * 60, "*" + " *" * 200, ":not(" * 100 + "a" + ")" * 100, "a" * 500, "a, " * 160 + "a"]
)
def test_a_selector_that_costs_much_costs_its_page_alone(parser: Parser, selector: str) -> None:
    body = page("".join(f'<p><a href="/news/{n}">Harbour news number {n}</a></p>' for n in range(5_000)))
    try:
        entries = parser.section(body, "text/html", URL, selector).entries
    except InputError:
        entries = ()
    assert len(entries) <= 500
    assert parser.section(CARDS, "text/html", URL, ".card").entries


@pytest.mark.slow
def test_a_page_of_links_without_end_has_its_limit(parser: Parser) -> None:
    body = page("".join(f'<p class="x"><a href="/news/{n}">Harbour news number {n}</a></p>' for n in range(5_000)))
    assert len(parser.section(body, "text/html", URL, ".x").entries) == 500


@pytest.mark.parametrize("base", ["https://evil.example/", "javascript:", "//evil.example", "file:///etc/", "http://["])
def test_a_base_element_leads_to_no_other_site(parser: Parser, base: str) -> None:
    links = "".join(f'<h2><a href="news/{n}">Harbour news number {n}</a></h2>' for n in range(5))
    body = f'<html><head><base href="{base}"></head><body>{links}</body></html>'.encode()
    try:
        entries = parser.section(body, "text/html", URL, "h2 a").entries
    except InputError:
        return
    assert all(entry.url.startswith("https://courier.example/") for entry in entries)
