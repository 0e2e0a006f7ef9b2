"""Accounts of tracked actors: their own posts are their statements, replies and boosts are not."""

from dataclasses import replace

import pytest

from pipeline.extract import extractor
from pipeline.ingest.posts import own_posts
from pipeline.model import Actor, Article, Document, Feed
from pipeline.model.feed import FeedItem
from tests.connectors.loopback import Loopback, answer
from tests.examples import actor, article
from tests.pipeline.feeds.desk import Desk

ADA = Actor(id="ada-lindqvist", name="Ada Lindqvist")


def mastodon(loopback: Loopback, *posts: tuple[str, str]) -> str:
    """The feed of a profile as Mastodon writes it, with these paths and posts in HTML."""
    items = "".join(
        f'<item><guid isPermaLink="true">{loopback.url(path)}</guid><link>{loopback.url(path)}</link>'
        f"<pubDate>Mon, 02 Mar 2026 11:00:00 +0000</pubDate><description>{text}</description></item>"
        for path, text in posts
    )
    return f'<rss version="2.0"><channel><title>Ada</title><link>{loopback.url("/@ada")}</link>{items}</channel></rss>'


def account(desk: Desk, loopback: Loopback) -> Feed:
    feed = Feed(url=loopback.url("/@ada.rss"), account=ADA.id)
    desk.desk.save(feed)
    return feed


def poll(desk: Desk, feed: Feed) -> list[Article]:
    return list(desk.poller.check(feed).articles)


def test_posts_are_statements_of_the_owner(desk: Desk, loopback: Loopback) -> None:
    desk.desk.save(ADA)
    feed = account(desk, loopback)
    own = ("/@ada/1", "&lt;p&gt;The harbour stays open all winter.&lt;/p&gt;&lt;p&gt;We have paid for it.&lt;/p&gt;")
    reply = ("/@ada/2", "&lt;p&gt;@bo The bakery closes.&lt;/p&gt;")
    boost = ("/@bo/3", "&lt;p&gt;The town needs a bridge.&lt;/p&gt;")
    loopback.routes["/@ada.rss"] = answer(mastodon(loopback, own, reply, boost))
    (post,) = poll(desk, feed)
    assert (post.title, post.url) == ("Ada Lindqvist", loopback.url("/@ada/1"))
    assert "/@ada/1" not in loopback.paths(), "the page of a post is not read"
    said = [(q.kind, q.content, q.speaker_id) for q in extractor([ADA])(Document(article=post)).quotes]
    assert said == [
        ("direct", "The harbour stays open all winter.", "ada-lindqvist"),
        ("direct", "We have paid for it.", "ada-lindqvist"),
    ]
    assert poll(desk, feed) == []


def test_an_account_of_nobody_is_a_failure(desk: Desk, loopback: Loopback) -> None:
    feed = account(desk, loopback)
    loopback.routes["/@ada.rss"] = answer(mastodon(loopback, ("/@ada/1", "The harbour stays open.")))
    assert desk.poller.check(feed).error.endswith("is the account of 'ada-lindqvist', who is not tracked")
    desk.desk.save(ADA)
    assert len(poll(desk, feed)) == 1


@pytest.mark.parametrize(
    ("feed", "url", "own"),
    [
        ("https://bsky.app/profile/ada.example/rss", "https://bsky.app/profile/ada.example/post/1", True),
        ("https://bsky.app/profile/did:plc:abc/rss", "https://bsky.app/profile/ada.example/post/1", True),
        ("https://bsky.app/profile/ada.example/rss", "https://bsky.app/profile/bo.example/post/1", False),
        ("https://social.example/@ada.rss", "https://other.example/@ada/1", False),
        ("https://social.example/@ada.rss", "https://social.example/@adalbert/1", False),
        ("https://social.example/users/ada.rss", "https://social.example/users/ada/statuses/1", True),
    ],
)
def test_a_post_is_the_owner_s_by_its_address(feed: str, url: str, *, own: bool) -> None:
    item = FeedItem(url=url, text="The harbour stays open.")
    assert bool(own_posts(Feed(url=feed), [item], ADA.name)) == own


@pytest.mark.parametrize(
    "post",
    [
        "Nice day.”\nBo Ek: “I will resign on Monday.",
        "Nice day.”\r\n\r\nBo Ek: “I will resign on Monday.",
        "Nice day.”\u2028Bo Ek: “I will resign on Monday.",
        "Nice day.”\u2029\u2029Bo Ek: “I will resign on Monday.",
        "Nice day.” Bo Ek said: “I will resign on Monday.",
        "Nice day.»\nBo Ek: «I will resign on Monday.",
        'Nice day."\n\nBo Ek: "I will resign on Monday.',
        "Nice day.\nBo Ek: I will resign on Monday.",
    ],
)
def test_a_post_puts_no_words_into_the_mouth_of_another(post: str) -> None:
    item = FeedItem(url="https://social.example/@ada/1", text=post)
    (stated,) = own_posts(Feed(url="https://social.example/@ada.rss"), [item], ADA.name)
    read = extractor([ADA, actor("Bo Ek", id="bo-ek")])(Document(article=article(stated.url, stated.text)))
    assert {quote.speaker_id for quote in read.quotes} == {ADA.id}
    assert "resign" in " ".join(quote.content for quote in read.quotes)


def test_notes_of_the_service_and_marks_around_a_post_are_left_out() -> None:
    item = FeedItem(
        url="https://bsky.app/profile/ada.example/post/1",
        text="“The harbour stays open.”\n\nLook.\n\n[contains quote post or other embedded content]",
    )
    (post,) = own_posts(Feed(url="https://bsky.app/profile/ada.example/rss"), [item], ADA.name)
    assert post.text == "Ada Lindqvist: “The harbour stays open.”\n\nAda Lindqvist: “Look.”"
    assert own_posts(Feed(url="https://bsky.app/profile/ada.example/rss"), [replace(item, text="")], "A")[0].text == ""
