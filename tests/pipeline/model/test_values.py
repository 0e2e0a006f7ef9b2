"""Ids come from content alone."""

from dataclasses import replace

import pytest

from pipeline.model import article_id, content_id, slug
from tests import examples


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ursula von der Leyen", "ursula-von-der-leyen"),
        ("José  Álvarez", "jose-alvarez"),
        ("O’Brien", "o-brien"),
        ("Лев Толстой", "лев-толстои"),
        ("...", ""),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_the_parts_of_an_id_are_kept_apart() -> None:
    assert content_id("ab", "c") != content_id("a", "bc")


def test_ids_are_the_same_on_every_machine() -> None:
    assert article_id(canonical_url="https://courier.example/a") == "eb15b4319857af7699da53d0a5e38274"


def test_an_article_with_an_address_keeps_its_id_when_the_guid_changes() -> None:
    first = article_id(canonical_url="https://courier.example/a", feed="f", guid="1")
    assert article_id(canonical_url="https://courier.example/a", feed="f", guid="2") == first


def test_the_same_guid_in_two_feeds_is_two_articles() -> None:
    assert article_id(feed="f", guid="1") != article_id(feed="g", guid="1")


def test_a_changed_headline_changes_the_digest_and_a_changed_time_does_not() -> None:
    article = examples.article()
    assert replace(article, title="Other").digest != article.digest
    assert replace(article, fetched=article.fetched.replace(year=2027)).digest == article.digest


@pytest.mark.parametrize(
    ("text", "parts", "content"),
    [
        ('"We stay," she said,\n"and we pay."', ("We stay,", "and we pay."), "We stay and we pay."),
        ('"We stay," she said. "We pay."', ("We stay", "We pay."), "We stay. We pay."),
        ('"We stay," she said. "We pay."', ("We stay,", "We pay."), "We stay. We pay."),
        ('"We stay!" she said. "We pay."', ("We stay!", "We pay."), "We stay! We pay."),
    ],
)
def test_content_leaves_out_the_interrupting_attribution(text: str, parts: tuple[str, ...], content: str) -> None:
    article = examples.article(text=text)
    spans = [examples.span(text, part) for part in parts]
    quote = examples.quote(article, text, fragments=tuple((span.start, span.end) for span in spans))
    assert quote.content == content
