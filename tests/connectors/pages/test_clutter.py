"""Markup that is no part of an article is removed, and everything else stays."""

import pytest

from connectors.pages.html import article_text

PROSE = "The harbour stays open all winter, the council decided after a debate of many hours on Monday night."
LONG = "The council has spent the whole of the evening on the question that nobody wanted to ask, which is what the \
ferries will cost once the winter is over, and it has gone home without an answer to it, as it did in the years before"

URL = "https://courier.example/harbour"


@pytest.mark.parametrize(
    "clutter",
    [
        "<p><strong>Read more: <a href='/x'>The ferry that nobody wanted</a></strong></p>",
        "<p><a href='/x'><b>“We will sue,” says the boss of the ferries</b></a></p>",
        "<h3>Related stories</h3><ul><li><a href='/a'>‘They lied’</a></li><li><a href='/b'>On piers</a></li></ul>",
        "<div class='newsletterSignup'><p>Get the news every morning, sent to you by us.</p></div>",
        "<figure><img src='a'><figcaption>The pier. Photo: Bo Ek</figcaption></figure>",
        "<aside class='Author_bio'><p>Ada writes about the sea.</p></aside>",
        "<p>Advertisement</p>",
        "<p>© 2026 The Courier</p>",
        "<p>The post <a href='https://courier.example/harbour'>Harbour</a> appeared first on <a href='/'>Us</a>.</p>",
        "<p><b>[ </b><a href='/x'><b>The ferry that nobody wanted</b></a><b> ]</b></p>",
        "<div class='c' data-qa='newsletter'><p>Get the news every morning, sent to you by us.</p></div>",
        "<figure class='kg-bookmark-card'><a href='/x'><div>The ferry</div><div>A tale of it.</div></a></figure>",
        "<section><article><h3><a href='/1'>One</a></h3><p>Of it.</p></article>"
        "<article><h3><a href='/2'>Two</a></h3><p>Of that.</p></article></section>",
        "<div class='row'><div class='c'><h3><a href='/1'>One</a></h3><p>Of it.</p></div>"
        "<div class='c'><h3><a href='/2'>Two</a></h3><p>Of that.</p></div></div>",
    ],
)
def test_clutter_is_removed(clutter: str) -> None:
    assert article_text(f"<p>{PROSE}</p>{clutter}<p>{PROSE}</p>", URL) == f"{PROSE}\n\n{PROSE}"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (
            "<p><a href='/x'>“We will remember,” Mr. Ek wrote on Monday.</a></p>",
            "“We will remember,” Mr. Ek wrote on Monday.",
        ),
        ("<p>Source: <a href='/r'>Reuters</a></p>", "Source: Reuters"),
        ("<p>She <a href='/s'>told us</a> that <a href='/t'>it is “off”</a>.</p>", "She told us that it is “off”."),
        (
            "<h2><a href='#p4'>Result of the vote</a></h2><p>Eleven to nine.</p>",
            "Result of the vote\n\nEleven to nine.",
        ),
        ("<h2>The result</h2><div class='advert'>x</div><p>Eleven to nine.</p>", "The result\n\nEleven to nine."),
        ("<blockquote><p>“It is our bus.”</p></blockquote>", "“It is our bus.”"),
        (f"<p><a href='/l'>{LONG}</a></p>", LONG),
        (f"<p><span>© Harbour Pictures</span> {LONG}</p>", f"© Harbour Pictures {LONG}"),
        (
            "<table><tr><td><a href='/e'>Ada Ek of the Harbour Party</a></td><td>11 votes</td></tr></table>",
            "Ada Ek of the Harbour Party\n\n11 votes",
        ),
    ],
)
def test_parts_of_the_article_stay(part: str, text: str) -> None:
    assert article_text(f"<p>{PROSE}</p>{part}", URL) == f"{PROSE}\n\n{text}"


def test_a_block_with_most_of_the_prose_stays_whatever_its_class() -> None:
    assert article_text(f"<div class='sponsor social comments'><p>{PROSE}</p></div><p>End.</p>") == f"{PROSE}\n\nEnd."


def test_a_class_of_many_paragraphs_is_not_clutter() -> None:
    closed = "".join(f"<p class='paywall'>{PROSE} Part {number}.</p>" for number in range(3))
    assert article_text(f"<p>{PROSE}</p>{closed}").count("Part") == 3


def test_a_wrapper_of_short_lines_that_make_most_of_the_text_stays() -> None:
    lines = "".join(f"<p>Line {number} of the score.</p>" for number in range(9))
    assert "Line 8" in article_text(f"<p>{PROSE}</p><div class='share'>{lines}</div>")


def test_a_row_of_linked_headings_with_much_prose_is_the_article() -> None:
    parts = "".join(f"<section><h3><a href='/{n}'>Part {n}</a></h3><p>{PROSE}</p></section>" for n in range(2))
    assert article_text(parts).count(PROSE) == 2


def test_a_paragraph_that_is_only_a_link_stays() -> None:
    assert article_text("<a href='/x'>Harbour stays open</a>") == "Harbour stays open"
    assert article_text("<p><a href='/x'>Harbour stays open</a></p>") == "Harbour stays open"


def test_markup_that_was_escaped_twice_is_read() -> None:
    assert article_text("&lt;p&gt;One &amp;amp; two.&lt;/p&gt;&lt;p&gt;Three.&lt;/p&gt;") == "One & two.\n\nThree."
    assert article_text("if a &lt; b &amp;&amp; c > d") == "if a < b && c > d"


@pytest.mark.parametrize("level", ["h1", "h2", "h4"])
def test_a_heading_is_no_box_whatever_its_id(level: str) -> None:
    heading = f"<{level} id='sharing-with-the-town'>Sharing with the town</{level}>"
    assert article_text(f"{heading}<p>{PROSE}</p>") == f"Sharing with the town\n\n{PROSE}"
