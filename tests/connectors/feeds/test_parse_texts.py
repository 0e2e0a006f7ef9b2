"""Texts in feeds, as publishing systems and careless editors write them, and the text that remains."""

from base64 import b64encode
from datetime import UTC, datetime
from html import escape

import pytest

from connectors.feeds.parse import contents
from pipeline.model.feed import FeedItem
from tests.connectors.feeds.sources import item, rss


def entry(source: str) -> FeedItem:
    (parsed,) = contents(rss(source).encode(), "application/rss+xml", "https://courier.example/feed.xml").entries
    return parsed


@pytest.mark.parametrize(
    "added",
    [
        "<p>The post <a href='https://courier.example/1'>Harbour</a> appeared first on <a href='/'>Us</a>.</p>",
        "<figure><img src='a'><figcaption>The pier. Photo: Bo Ek</figcaption></figure>",
        "<blockquote>“The harbour stays open”</blockquote>",
        "<div class='feedflare'><a href='/~ff/1'><img src='b'></a> <a href='/~ff/2'>Share</a></div>",
    ],
)
def test_additions_of_publishing_systems_are_removed(added: str) -> None:
    sentence = "“The harbour stays open,” said Ada Lindqvist of the council."
    assert entry(item(1, **{"content:encoded": escape(f"{added}<p>{sentence}</p>{added}")})).text == sentence


def test_a_link_to_the_article_itself_ends_a_summary_in_any_language() -> None:
    parsed = entry(
        item(1, **{"content:encoded": escape("<p>It begins.</p><a href='https://courier.example/1'>Lees meer</a>")})
    )
    assert not parsed.whole


@pytest.mark.parametrize(
    "invitation", ["Lees meer", "اقرأ المزيد", "続きを読む", "Читать далее →", "Read more &raquo;", "Read more..."]
)
def test_an_invitation_to_read_the_rest_is_no_text_in_any_language(invitation: str) -> None:
    sentence = "The harbour stays open, says the mayor."
    for added in (
        f"<p>{sentence}</p><p>{invitation}</p>",
        f"{sentence} <a href='https://courier.example/x'>{invitation}</a>",
    ):
        parsed = entry(item(1, **{"content:encoded": escape(added)}))
        assert (parsed.text, parsed.whole) == (sentence, False)


def test_a_last_sentence_is_no_invitation() -> None:
    sentence = "The harbour stays open, says the mayor."
    parsed = entry(item(1, **{"content:encoded": escape(f"<p>{sentence}</p><p>Read more books, she said.</p>")}))
    assert (parsed.text, parsed.whole) == (f"{sentence}\n\nRead more books, she said.", True)


def test_dates_of_local_time_and_bylines() -> None:
    parsed = entry(item(1, pubDate="Mo, 02 Mrz 2026 12:00:00 CET", **{"dc:creator": "By Ada Lindqvist and Bo Ek"}))
    assert (parsed.published, parsed.authors) == (datetime(2026, 3, 2, 11, tzinfo=UTC), ("Ada Lindqvist", "Bo Ek"))


SAID = "The harbour stays open, says the mayor."
MARKUP = f"<p>{SAID}</p>"
PACKED = b64encode(MARKUP.encode()).decode()


def atom(content: str, link: str = '<link href="https://courier.example/1"/>') -> FeedItem:
    source = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>The Courier</title><entry><id>https://courier.example/id</id>
        <title>Harbour</title>{link}<updated>2026-03-02T10:00:00Z</updated><summary>A summary.</summary>{content}
        </entry></feed>"""
    (read,) = contents(source.encode(), "application/atom+xml", "https://courier.example/feed").entries
    return read


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (f'<content type="html">{escape(MARKUP)}</content>', SAID),
        (f'<content type="TEXT/HTML; charset=utf-8">{escape(MARKUP)}</content>', SAID),
        (f'<content type="text/markdown">{SAID}</content>', SAID),
        (f'<content type="text/plain; format=flowed">{SAID}</content>', SAID),
        (
            f'<content type="application/xhtml+xml"><div xmlns="http://www.w3.org/1999/xhtml">{MARKUP}</div></content>',
            SAID,
        ),
        (f'<content type="text/html" mode="base64">{PACKED}</content>', SAID),  # Atom 0.3
        (f'<content type="image/png">{PACKED}</content>', "A summary."),
        (f'<content type="application/octet-stream">{PACKED}</content>', "A summary."),
        (
            '<content type="image/svg+xml"><svg xmlns="http://www.w3.org/2000/svg"><text>x</text></svg></content>',
            "A summary.",
        ),
        ('<content type="application/xml"><report><p>x</p></report></content>', "A summary."),
        (f'<content type="image/png">{PACKED}</content><content type="html">{escape(MARKUP)}</content>', SAID),
    ],
)
def test_contents_of_all_media_types_of_atom(content: str, text: str) -> None:
    read = atom(content)
    assert (read.text, read.whole) == (text, text == SAID)


@pytest.mark.parametrize(
    ("content", "link", "url"),
    [
        ('<content type="text/html" src="/story"/>', "", "https://courier.example/story"),
        ('<content src="https://courier.example/story"/>', "", "https://courier.example/story"),
        ('<content type="application/pdf" src="/story.pdf"/>', "", "https://courier.example/id"),
        ('<content type="text/html" src="/story"/>', '<link href="/1"/>', "https://courier.example/1"),
    ],
)
def test_a_page_that_is_the_content_of_an_entry_without_a_link_is_its_link(content: str, link: str, url: str) -> None:
    assert atom(content, link).url == url
