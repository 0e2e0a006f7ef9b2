"""The article of a page, without what surrounds it, and what the page says of it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.feeds.parser import Parser
from pipeline.errors import InputError
from pipeline.model import Dated
from pipeline.model.feed import FeedItem

URL = "https://www.courier.example/1"
SENTENCES = [f"Paragraph {n} of the story says that the harbour will stay open all winter long." for n in range(4)]
STORY = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
SHELL = f"""<html><head><title>T</title>%s</head><body><nav><ul><li><a href="/">Home</a></li></ul></nav><article>
<h1>T</h1>{STORY}</article><aside>Most read: other things</aside><script>track()</script></body></html>"""
TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
NEWS = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": "Harbour stays open",
    "datePublished": "2026-03-02T11:00:00+01:00",
    "dateModified": "2026-03-02T12:00:00+01:00",
    "author": [{"@type": "Person", "name": "Ada Lindqvist"}, {"name": "https://courier.example/bo"}],
    "articleSection": ["Politics", "Harbour"],
    "creditText": "Reuters",
}


def page(parser: Parser, head: str = "", shell: str = SHELL) -> FeedItem:
    return parser.page(shell.replace("%s", head).encode(), "text/html", URL)


def ld(*changes: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(*changes)}</script>'


def test_the_article_of_a_page(parser: Parser) -> None:
    entry = page(parser)
    assert entry.text.endswith("\n\n".join(SENTENCES))
    assert "Most read" not in entry.text
    assert (entry.title, entry.whole, entry.marks, entry.dates) == ("T", True, (), ())


@pytest.mark.parametrize(
    "news",
    [
        NEWS,
        [{"@type": "Organization"}, NEWS],
        {"@graph": [{"@type": "WebSite"}, {"@type": "WebPage", "mainEntity": NEWS}]},
        NEWS | {"@type": ["Thing", "ReportageNewsArticle"]},
    ],
)
def test_schema_org(parser: Parser, news: Any) -> None:
    entry = page(parser, ld(news))
    assert (entry.title, entry.authors, entry.section, entry.credit) == (
        "Harbour stays open",
        ("Ada Lindqvist",),
        "Politics",
        "Reuters",
    )
    assert entry.published == TEN
    assert entry.dates == (Dated("published", TEN, "json-ld"), Dated("modified", TEN.replace(hour=11), "json-ld"))


def test_the_object_of_the_pages_own_address_is_its_article(parser: Parser) -> None:
    other = NEWS | {
        "headline": "Something below it",
        "url": "https://courier.example/2",
        "articleBody": "Of it. " * 100,
    }
    own = NEWS | {"mainEntityOfPage": {"@id": URL}, "author": {"@id": "#ada"}}
    link = f'<link rel="canonical" href="{URL}">'
    entry = page(parser, link + ld([other, own, {"@type": "Person", "@id": "#ada", "name": "Ada Lindqvist"}]))
    assert (entry.title, entry.authors) == ("Harbour stays open", ("Ada Lindqvist",))
    assert entry.text.endswith("\n\n".join(SENTENCES))


def test_an_article_in_json_ld_only_is_read(parser: Parser) -> None:
    lines = [f"Line {n}: {sentence}" for n, sentence in enumerate(SENTENCES * 2)]
    news = NEWS | {"articleBody": "\n".join(lines)}
    assert page(parser, ld(news), "<html><head>%s</head><div id='root'></div></html>").text == "\n\n".join(lines)


def test_a_body_of_escaped_markup_is_read(parser: Parser) -> None:
    lines = [f"Line {n}: {sentence}" for n, sentence in enumerate(SENTENCES * 2)]
    stated = NEWS | {"articleBody": "".join(f"&lt;p&gt;{line}&lt;/p&gt;" for line in lines)}
    assert page(parser, ld(stated), "<html><head>%s</head><div id='root'></div></html>").text == "\n\n".join(lines)


def test_a_body_that_is_stated_twice_is_read_once(parser: Parser) -> None:
    once = " ".join(f"Line {n}: {sentence}" for n, sentence in enumerate(SENTENCES * 2))
    stated = NEWS | {"articleBody": once * 2}
    assert page(parser, ld(stated), "<html><head>%s</head><div id='root'></div></html>").text == once


@pytest.mark.parametrize("name", ["og:description", "description"])
def test_the_standfirst_is_part_of_the_text(parser: Parser, name: str) -> None:
    lead = "The town of the islands keeps its ferry after all, and nobody knows who pays."
    head = f'<meta name="{name}" content="{lead}">'
    bare = SHELL.replace("<h1>T</h1>", "")
    shell = bare.replace("<article>", f"<header><div class='share'><p>{lead}</p></div></header><article>")
    assert page(parser, head, shell).text == "\n\n".join([lead, *SENTENCES])
    assert page(parser, head, bare).text == "\n\n".join(SENTENCES)


def test_the_headline_is_no_part_of_the_text(parser: Parser) -> None:
    shell = SHELL.replace("<h1>T</h1>", "<p>Harbour stays open – for now</p>")
    head = '<meta property="og:title" content="Harbour stays open: for now">'
    assert page(parser, head, shell).text == "\n\n".join(SENTENCES)


def test_a_short_reading_of_a_long_page_gets_a_second_opinion(parser: Parser) -> None:
    teaser = "<article><p>It is a story that this short text only begins to tell to its readers today.</p></article>"
    parts = "".join(f"<section class='x'><div><p>{sentence}</p></div></section>" for sentence in SENTENCES * 3)
    assert page(parser, shell=f"<html><body>{teaser}<div id='rest'>{parts}</div></body></html>").text.count("story") > 4


def test_a_part_of_a_far_longer_page_gets_a_second_opinion(parser: Parser) -> None:
    begun = "".join(f"<p>{sentence} Part {n} is long enough.</p>" for n in range(5) for sentence in SENTENCES[:3])
    parts = "".join(f"<section class='x'><div><p>{n} {SENTENCES[0] * 3}</p></div></section>" for n in range(40))
    shell = f"<html><body><article>{begun}</article><div id='rest'>{parts}</div></body></html>"
    assert page(parser, shell=shell).text.count("story") > 100


def test_a_login_form_beside_an_article_does_not_make_a_login_page(parser: Parser) -> None:
    form = '<form><input type="password"></form>'
    assert page(parser, shell=SHELL.replace("<nav>", f"<nav>{form}")).text.endswith("\n\n".join(SENTENCES))


def test_meta_elements(parser: Parser) -> None:
    head = """<meta property="article:published_time" content="2026-03-02T10:00:00Z"><meta name="author" content="Ada">
    <meta property="article:section" content="World"><meta property="og:title" content="Of the page">"""
    entry = page(parser, head)
    assert (entry.title, entry.authors, entry.section) == ("Of the page", ("Ada",), "World")
    assert entry.dates == (Dated("published", TEN, "page"),)


@pytest.mark.parametrize(
    "script",
    [
        "{",
        "[" * 5_000,
        '{"@type": 1, "headline": 2}',
        '{"@type": "NewsArticle", "headline": ["a"], "datePublished": 7, "author": {"name": {}}}',
        '{"@type": "NewsArticle", "datePublished": "0000-99-99", "articleSection": {}}',
        "null",
    ],
)
def test_wrong_metadata_counts_as_missing(parser: Parser, script: str) -> None:
    entry = page(parser, f'<script type="application/ld+json">{script}</script>')
    assert (entry.published, entry.authors, entry.section) == (None, (), "")
    assert entry.text.endswith(SENTENCES[-1])


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://courier.example/story", "https://courier.example/story"),
        ("https://other.example/story", ""),
        ("https://courier.example/", ""),
    ],
)
def test_a_page_names_its_own_address_within_its_site(parser: Parser, link: str, expected: str) -> None:
    assert page(parser, f'<link rel="canonical" href="{link}">').url == expected


def test_the_beginning_of_a_closed_article_is_marked(parser: Parser) -> None:
    entry = page(parser, ld(NEWS | {"isAccessibleForFree": "False"}))
    assert (entry.whole, entry.marks) == (False, ("paywall",))
    short = page(parser, ld(NEWS | {"isAccessibleForFree": False}), "<html><head>%s</head><body></body></html>")
    assert (short.text, short.whole, short.marks) == ("", False, ("paywall",))
    long = SHELL.replace(STORY, STORY * 10)
    assert page(parser, ld(NEWS | {"isAccessibleForFree": False}), long).marks == ()


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("<title>Before you continue</title><p>We use cookies.</p>", "a consent page"),
        ('<title>Welcome</title><form><input type="password"></form>', "a login page"),
        ("<title>404 Not Found</title><p>Sorry.</p>", "a page that says it was not found"),
        ("<title>Just a moment...</title>", "a check for robots"),
    ],
)
def test_interstitial_pages_are_named(parser: Parser, source: str, what: str) -> None:
    with pytest.raises(InputError, match=rf"^https://www\.courier\.example/1 is {what}, not an article$"):
        page(parser, shell=f"<html>{source}</html>")


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x00\xff\xfe", b"%PDF-1.7"])
def test_a_page_without_an_article(parser: Parser, body: bytes) -> None:
    with pytest.raises(InputError, match=r"^https://www\.courier\.example/1 holds no article$"):
        parser.page(body, "text/html", URL)


def test_the_day_that_a_page_shows_is_its_date(parser: Parser) -> None:
    shown = SHELL.replace("<h1>T</h1>", '<h1>T</h1><time datetime="2026-03-02">2 March</time>')
    assert page(parser, shell=shown).published == TEN.replace(hour=0)


def test_a_footers_copyright_is_no_date(parser: Parser) -> None:
    shell = SHELL.replace("</body>", "<footer><p>© 2009–2024 The Courier</p></footer></body>").replace("%s", "")
    assert page(parser, shell=shell).published is None
    assert parser.document(shell.encode(), "text/html", URL).published is None


@pytest.mark.parametrize(
    "author",
    ["Ada Lindqvist and Bo Ek", [{"givenName": "Ada", "familyName": "Lindqvist"}, {"name": "Bo Ek"}]],
)
def test_authors_are_separated(parser: Parser, author: Any) -> None:
    assert page(parser, ld(NEWS | {"author": author})).authors == ("Ada Lindqvist", "Bo Ek")


def test_the_byline_that_a_page_shows_names_its_author(parser: Parser) -> None:
    shell = SHELL.replace("<h1>T</h1>", '<h1>T</h1><span class="author">Ada Lindqvist</span>')
    assert page(parser, shell=shell).authors == ("Ada Lindqvist",)


def test_a_date_after_a_byline_is_not_part_of_the_name(parser: Parser) -> None:
    shell = SHELL.replace("<h1>T</h1>", '<h1>T</h1><span class="author">By Ada Lindqvist December 3, 2025</span>')
    assert page(parser, shell=shell).authors == ("Ada Lindqvist",)


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("Why the harbour stays open", "Why the harbour stays open"),
        ("News of the harbour today</h1><h1>More news", "News of the harbour today"),
        ("Trade and Sea Affairs", "Harbour: news of today"),
        ("The Daily Courier", "Harbour: news of today"),
        ("The harbour at night again</h1><h1>Weather", "Harbour: news of today"),
    ],
)
def test_the_heading_is_the_title_of_a_page_that_states_none(parser: Parser, heading: str, title: str) -> None:
    head = '<meta property="og:site_name" content="The Daily Courier">'
    shell = SHELL.replace("<h1>T<", f"<h1>{heading}<").replace("<title>T<", "<title>Harbour: news of today<")
    assert page(parser, head, shell).title == title


@pytest.mark.parametrize(
    "stated",
    [
        *("Harbour stays open ｜ クーリエ", "Harbour stays open：クーリエ", "Harbour stays open_News_Courier"),
        *("Harbour stays open : Trade : Courier", "Courier | Harbour stays open", "r/trade - Harbour stays open"),
    ],
)
def test_a_heading_shows_where_a_title_begins_and_ends(parser: Parser, stated: str) -> None:
    shell = SHELL.replace("<h1>T<", "<h1>Harbour stays open<")
    assert page(parser, f'<meta property="og:title" content="{stated}">', shell).title == "Harbour stays open"


@pytest.mark.parametrize(
    "stated",
    ["Harbour: stays open", "Harbour stays open-ended", "The long quarrel about who pays for it | Harbour: a"],
)
def test_a_heading_that_is_a_part_of_the_title_does_not_cut_it(parser: Parser, stated: str) -> None:
    shell = SHELL.replace("<h1>T<", f"<h1>{stated.rpartition(' | ')[2].partition('-')[0].partition(': s')[0]}<")
    assert page(parser, f'<meta property="og:title" content="{stated}">', shell).title == stated


def test_the_name_of_the_host_is_no_part_of_a_title(parser: Parser) -> None:
    shell = SHELL.replace("<h1>T</h1>", "").replace("<title>T<", "<title>Harbour stays open | courier.example<")
    assert page(parser, shell=shell).title == "Harbour stays open"


def test_the_name_that_a_site_states_is_no_part_of_a_title(parser: Parser) -> None:
    head = '<meta property="og:site_name" content="The Courier"><meta property="og:title" content="%s">'
    shell = SHELL.replace("<h1>T</h1>", "")
    for stated, title in {
        "Harbour stays open | The Courier": "Harbour stays open",
        "Harbour - stays open - Courier": "Harbour - stays open",
        "Harbour stays open | Opinion": "Harbour stays open | Opinion",
        "The Courier": "The Courier",
    }.items():
        assert page(parser, head.replace("%s", stated), shell).title == title


def test_a_title_has_no_name_of_the_site(parser: Parser) -> None:
    head = '<meta property="og:title" content="Harbour stays open | The Courier">'
    assert page(parser, head, SHELL.replace("<h1>T<", "<h1>Harbour stays open<")).title == "Harbour stays open"
    assert page(parser, head).title == "Harbour stays open | The Courier"


def test_a_short_text_on_a_long_page_is_marked(parser: Parser) -> None:
    comments = "".join(f"<div class='x'><a href='/{n}'>A</a>{SENTENCES[0]} And {n}, I say.</div>" for n in range(40))
    entry = page(parser, shell=SHELL.replace("<aside>", f"<section id='comments'>{comments}</section><aside>"))
    assert (entry.whole, entry.marks) == (False, ("partial",))


def test_a_text_that_ends_in_an_offer_is_marked(parser: Parser) -> None:
    entry = page(
        parser, shell=SHELL.replace("</article>", "<p>Already a subscriber? Read on in our app.</p></article>")
    )
    assert (entry.whole, entry.marks) == (False, ("paywall",))


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("<p>We have waited.</p><p>We go.</p>", "“We have waited.\n\n“We go.”"),
        ("“It is safe.”<cite>Bo Ek, engineer</cite>", "“It is safe.”\n\nBo Ek, engineer"),
        ("We have <b>waited</b> long.<cite>Bo Ek</cite>", "“We have waited long.”\n\nBo Ek"),
    ],
)
def test_a_block_quotation_that_a_colon_announces_has_marks(parser: Parser, block: str, text: str) -> None:
    shell = SHELL.replace("</article>", f"<p>The mayor said:</p><blockquote>{block}</blockquote></article>")
    assert page(parser, shell=shell).text.endswith(f"The mayor said:\n\n{text}")


@pytest.mark.parametrize(
    "around",
    [
        "<article>%s</article>",
        "<main><article>%s<aside>Most read</aside><footer>Tags: roof</footer></article></main>",
        "<nav><ul><li>Library</li><li>Lib</li></ul></nav><article>%s</article>",
    ],
)
def test_a_short_article_has_its_paragraphs_without_headline_and_byline(parser: Parser, around: str) -> None:
    lines = ["The repair costs <b>4 million</b> crowns, Mayor Tove Brandmark said.", "“We close on Friday,” she added."]
    headline = "Library roof leaks again"
    top = f"<h1>{headline}</h1><p class='byline'>By Runa Aldersey</p>"
    body = around.replace("%s", top + "".join(f"<p>{line}</p>" for line in lines))
    entry = page(parser, shell=f"<html><head><title>{headline} | Gazette</title></head><body>{body}</body></html>")
    assert entry.text == "\n\n".join(lines).replace("<b>", "").replace("</b>", "")
    assert (entry.title, entry.authors) == (headline, ("Runa Aldersey",))
