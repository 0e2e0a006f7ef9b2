"""What the pages that entries lead to say of which article they are, and what they repeat."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline import boilerplate
from pipeline.boilerplate import Text
from pipeline.entries import Entry, Identified
from pipeline.model import Article, Feed, article_id


def own_addresses(feed: Feed, found: Sequence[Identified], pages: Mapping[str, Entry]) -> dict[str, str]:
    """The canonical addresses that pages give new articles of the feed as their own, by the id of the article.

    An address is not believed where it is already that of another article, or where two pages give the same.
    """
    claimed = {}
    for one in found:
        page = pages.get(one.entry.url)
        by_link = one.canonical_url and one.article_id == article_id(canonical_url=one.canonical_url)
        if page and page.url and by_link and page.url != one.canonical_url and one.article_id not in feed.known:
            claimed[one.article_id] = page.url
    taken = Counter([*claimed.values(), *(one.canonical_url for one in found)])
    return {
        article: url
        for article, url in claimed.items()
        if taken[url] == 1 and article_id(canonical_url=url) not in feed.known
    }


def at_own_address(found: Identified, addresses: Mapping[str, str]) -> Identified:
    """The entry as the article of its page's own address, where it has one."""
    if not (url := addresses.get(found.article_id, "")):
        return found
    return replace(found, article_id=article_id(canonical_url=url), canonical_url=url)


def without_repeats(
    feed: Feed, articles: Sequence[Article], pages: Mapping[str, Entry]
) -> tuple[tuple[Article, ...], Feed]:
    """The articles without the blocks that the source repeats, and the feed that remembers them."""
    texts = [Text(article=one.id, text=one.text, page=one.url in pages) for one in articles]
    kept, blocks = boilerplate.without(texts, feed.blocks)
    changed = (one if one.text == text else replace(one, text=text) for one, text in zip(articles, kept, strict=True))
    return tuple(changed), replace(feed, blocks=blocks)
