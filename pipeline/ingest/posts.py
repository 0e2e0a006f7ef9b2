"""Posts of accounts as statements of their owners, and updates of live blogs as articles of their own."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Final

from pipeline.ingest.items import cut
from pipeline.ingest.urls import site
from pipeline.model import EPOCH, Article, Feed, article_id
from pipeline.model.feed import FeedItem
from pipeline.text.http import split, web_address

_REPLY = re.compile(r"@[\w.-]+")

_EMBEDDED_NOTE = re.compile(r"\s*\[contains [^\[\]]{1,80}\]$")  # what Bluesky's feeds add


def own_posts(feed: Feed, items: Iterable[FeedItem], name: str) -> tuple[FeedItem, ...]:
    """The posts of the feed's account as statements of its owner `name`, without replies and boosts.

    The text of a post becomes `NAME: “words”`, as in a transcript. A known item has no text.
    """
    own = (post for post in items if _is_by_account(post.url, feed.url) and not _REPLY.match(post.text))
    return tuple(replace(post, title=name, text=_stated(post.text, name), whole=True) for post in own)


# Quotation marks inside a post become those of a quotation within a quotation, so that no post can end its owner's
# words and attribute words to somebody else.
_INNER_MARKS: Final = str.maketrans('“”„‟«»"＂「」『』', "‘’‚‛‹›''‘’‘’")


def _stated(text: str, name: str) -> str:
    """The paragraphs of a post as words of the owner, one line per paragraph."""
    lines = _paragraphs(_EMBEDDED_NOTE.sub("", text))
    return "\n\n".join(f"{name}: “{line.strip('“”').translate(_INNER_MARKS)}”" for line in lines)


def _paragraphs(text: str) -> Iterator[str]:
    for is_blank, lines in groupby(text.splitlines(), key=lambda line: not line.strip()):
        if not is_blank:
            yield " ".join(" ".join(lines).split())


def _is_by_account(url: str, feed_url: str) -> bool:
    """Return True if the post's address is below the profile of the feed; a boost has the address of its own author.

    The feed's address may name the profile by its number (DID), and the posts' addresses by its handle.
    """
    post, feed = split(url), split(feed_url)
    profile = re.sub(r"(?:/rss/?|\.rss|\.atom)$", "", feed.path)
    if post.netloc != feed.netloc:
        return False
    if profile.startswith("/profile/did:"):
        return post.path.startswith("/profile/")
    return post.path.startswith(f"{profile}/")


_UPDATE_TITLE = 80  # characters of an update's first words, which are its title if it has none


def live_updates(origin: Article, page: FeedItem, since: datetime, now: datetime, most: int) -> list[Article]:
    """The updates of a live blog after `since` as articles of their own, each with its own time, oldest first.

    `origin` is the article of the page. An update without a time is left out, because nothing says when it is new.
    Updates of a blog that was read before (`since`) are news, also if the blog itself was a backfill.
    """
    updates = [
        update for update in page.updates if update.text and update.published and since < update.published <= now
    ]
    by_time = sorted(updates, key=lambda update: update.published or since)
    origin = replace(origin, backfill=origin.backfill and since == EPOCH)
    return [_update(origin, update, now, most) for update in by_time]


def _update(origin: Article, update: FeedItem, now: datetime, most: int) -> Article:
    key = update.url or update.guid or f"{update.published}"
    address = web_address(update.url) if site(update.url) == site(origin.url) else ""  # an update links to its page
    return replace(
        origin,
        id=article_id(feed=origin.canonical_url or origin.id, guid=key),
        title=update.title or cut(update.text.partition("\n")[0], _UPDATE_TITLE),
        text=cut(update.text, most),
        first_seen=now,
        fetched=now,
        url=address or origin.url,
        canonical_url="",
        guid=key,
        published=update.published,
        authors=update.authors or origin.authors,
        marks=("live",),
        dates=update.dates,
    )
