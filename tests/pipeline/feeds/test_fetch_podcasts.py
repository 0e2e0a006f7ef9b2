"""Podcasts: the transcript that an episode names is its text."""

import json

import pytest

from connectors.feeds.parse import contents
from connectors.feeds.parser import Parser
from tests.connectors.feeds.sources import item, rss
from tests.connectors.loopback import Loopback, answer
from tests.pipeline.feeds.desk import Desk

NAMESPACE = "https://podcastindex.org/namespace/1.0"
SUBTITLES = """WEBVTT

00:00.000 --> 00:04.000
<v Bo Ek>Welcome. Does the harbour stay open?

00:04.000 --> 00:09.000
<v Ada Lindqvist>The harbour stays open all winter.
"""
SEGMENTS = {
    "segments": [
        {"speaker": "Bo Ek", "startTime": 0, "body": "Welcome. Does the harbour"},
        {"speaker": "Bo Ek", "startTime": 2, "body": "stay open?"},
        {"speaker": "Ada Lindqvist", "startTime": 4, "body": "The harbour stays open all winter."},
        {"speaker": "Ada Lindqvist"},
        "nonsense",
    ]
}
TEXT = "Bo Ek: Welcome. Does the harbour stay open?\n\nAda Lindqvist: The harbour stays open all winter."


def episode(*transcripts: tuple[str, str], namespace: str = NAMESPACE) -> str:
    stated = "".join(f'<podcast:transcript url="{url}" type="{kind}"/>' for url, kind in transcripts)
    plain = item(1, **{"content:encoded": "", "description": "An episode.", "link": ""})
    return rss(plain.replace("</item>", f"{stated}</item>")).replace("<rss ", f'<rss xmlns:podcast="{namespace}" ')


def poll(desk: Desk, loopback: Loopback, kind: str, body: str) -> str:
    loopback.routes |= {
        "/feed": answer(episode((loopback.url("/transcript"), kind))),
        "/transcript": answer(body, content_type=kind),
    }
    (article,) = desk.check()
    return article.text


def test_subtitles_are_the_text(desk: Desk, loopback: Loopback) -> None:
    assert poll(desk, loopback, "text/vtt", SUBTITLES) == TEXT


def test_segments_in_json_are_the_text(desk: Desk, loopback: Loopback) -> None:
    assert poll(desk, loopback, "application/json", json.dumps(SEGMENTS)) == TEXT


def test_the_paragraphs_of_a_transcript_in_html_are_the_text(desk: Desk, loopback: Loopback) -> None:
    words = ["The harbour stays open all winter, and nobody will pay for it."] * 3
    page = (
        f"<html><body><article>{''.join(f'<p>{each} {n}</p>' for n, each in enumerate(words))}</article></body></html>"
    )
    assert poll(desk, loopback, "text/html", page).split("\n\n") == [f"{each} {n}" for n, each in enumerate(words)]


def test_without_words_the_summary_stays(desk: Desk, loopback: Loopback) -> None:
    assert poll(desk, loopback, "application/json", '{"segments": 1}') == "An episode."


def test_the_best_form_is_chosen() -> None:
    forms = [("https://x.example/t", "text/html"), ("https://x.example/v", "text/vtt"), ("/x", "application/x-subrip")]
    (entry,) = contents(episode(*forms).encode(), "", "https://x.example/feed").entries
    assert entry.transcript == "https://x.example/v"
    (none,) = contents(episode(("https://x.example/p", "application/pdf")).encode(), "", "https://x.example/").entries
    assert none.transcript == ""


@pytest.mark.parametrize("damage", ["", "<!DOCTYPE rss>"])
def test_both_parsers_read_it(damage: str, parser: Parser) -> None:
    """A document type makes feedparser read the feed, which returns the last transcript alone."""
    forms = [("https://x.example/v", "text/vtt"), ("https://x.example/j", "application/json"), ("/x", "text/plain")]
    source = episode(*forms).replace("<rss", f"{damage}<rss", 1)
    (entry,) = parser.feed(source.encode(), "", "https://x.example/feed").entries
    assert entry.transcript == "https://x.example/v"
