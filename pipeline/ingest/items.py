"""Articles from feed items and the pages that items link to."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.ingest import body
from pipeline.ingest.body import Text
from pipeline.model import Article, Feed, article_id
from pipeline.model.feed import FeedItem, IdentifiedItem
from pipeline.text import fold, words
from pipeline.text.http import web_address

_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)  # earlier dates are clocks that were never set

_CLOCKS_DIFFER = timedelta(days=1)

_MOST_TITLE = 1_000  # characters

_MOST_ADDRESS = 4_000

_MOST_AUTHORS = 20

_BETWEEN_PARTS = re.compile(r"\s[-–—|:·•»«>/]+\s|:\s")

_AROUND_PARTS = " -–—|:·•»«>/"

_FEED_WORDS = re.compile(
    r"(?i)\b(?:rss|atom)(?:[ -]?(?:news)?feeds?)?\b(?: [0-9.]+)?|\bnews ?feeds?\b|\bfeeds?(?=\W*$)"
)

_SERVICES = frozenset(("www", "feed", "feeds", "rss", "news", "blog"))  # hosts of a site that do not name it

_MOST_NAME = 60  # characters of the name of an outlet

_SHORT_WORD = 2  # letters


def bounded(entry: FeedItem) -> FeedItem:
    """The entry without what is too long to be an address, a title or an author."""
    return replace(
        entry,
        url=entry.url if len(entry.url) <= _MOST_ADDRESS else "",
        guid=entry.guid[:_MOST_ADDRESS],
        title=entry.title[:_MOST_TITLE],
        authors=tuple(author[:_MOST_TITLE] for author in entry.authors[:_MOST_AUTHORS]),
        section=entry.section[:_MOST_TITLE],
        marks=entry.marks if len(entry.title) <= _MOST_TITLE else (*entry.marks, "truncated"),
    )


def article(
    feed: Feed, identified: IdentifiedItem, *, now: datetime, most: int, page: FeedItem | None = None, backfill: bool
) -> Article:
    """The article of an entry, with what the page it leads to adds where that was read; at most `most` characters.

    `marks` name what it lacks: "no-link", "no-guid", "no-title", "no-date", "bad-date" (unreadable, in 1970 or in
    the future), "title-only", "summary-only", "truncated", "unresolved-link" (to a page that leads on), "partial" (the
    page has far more text than was read); and why there was no page: "paywall", "robots", "unread" (the page holds no
    article that could be read).
    """
    from pipeline.ingest.agencies import agency
    from pipeline.ingest.language import language
    from pipeline.ingest.urls import leads_on

    entry = _joined(identified.entry, page) if page else identified.entry
    date = published(entry, now)
    return Article(
        id=identified.article_id,
        source=source(feed),
        title=entry.title,
        text=cut(entry.text, most),
        first_seen=now,
        fetched=now,
        url=web_address(entry.url),
        canonical_url=identified.canonical_url,
        feed=feed.id,
        guid=entry.guid,
        published=date,
        language=language(entry.text or entry.title, feed.language),
        authors=entry.authors,
        marks=_marks(entry, date, truncated=len(entry.text) > most, leads_on=leads_on(identified.canonical_url)),
        backfill=backfill,
        section=entry.section,
        agency=agency(entry.authors, entry.text, entry.credit),
        dates=entry.dates,
    )


def source(feed: Feed) -> str:
    """The name of the outlet: the user's, else the one in the feed's title, else the host."""
    from pipeline.ingest.urls import host

    address = host(feed.url)
    return feed.source or outlet(feed.title, address) or address


def outlet(title: str, address: str) -> str:
    """The name of the outlet in the title of a feed or site at a host, without words such as "RSS feed".

    A title such as "World – The Courier" names a section too: the part that has most of the host's name is the outlet.
    """
    line = _FEED_WORDS.sub("", " ".join(title.split())).strip(_AROUND_PARTS)
    site = _name_in(address)
    shared = {
        part.strip(): max((len(word) for word in words(part) if len(word) > _SHORT_WORD and word in site), default=0)
        for part in _BETWEEN_PARTS.split(line)
    }
    most = max(shared.values())
    return min((part for part, letters in shared.items() if letters == most), key=len) if most else line


def _name_in(address: str) -> str:
    """The label of a host that names the outlet: the longest one before the last."""
    labels = fold(address).replace("-", "").split(".")
    return max((label for label in labels[:-1] or labels if label not in _SERVICES), key=len, default="")


def outlet_of(pages: Mapping[str, FeedItem]) -> str:
    """The name that most pages, by their addresses, give their site; '' if no name has the majority."""
    from pipeline.ingest.urls import host

    read = {url: page for url, page in pages.items() if page.text}
    names = Counter(outlet(page.site, host(url)) for url, page in read.items() if page.site.strip() != host(url))
    name, count = next(iter(names.most_common(1)), ("", 0))
    return name if len(name) <= _MOST_NAME and 2 * count > len(read) else ""


def _joined(entry: FeedItem, page: FeedItem) -> FeedItem:
    """The entry with the longer of the two texts, and with what it lacks from its page."""
    longer = len(page.text) > len(entry.text)
    return replace(
        entry,
        title=entry.title or page.title[:_MOST_TITLE],
        text=page.text if longer else entry.text,
        whole=entry.whole or (longer and page.whole),
        authors=entry.authors or page.authors[:_MOST_AUTHORS],
        section=page.section[:_MOST_TITLE] or entry.section,
        credit=entry.credit or page.credit,
        dates=(*entry.dates, *page.dates),
        marks=tuple(dict.fromkeys((*entry.marks, *page.marks))),
    )


def _marks(entry: FeedItem, date: datetime | None, *, truncated: bool, leads_on: bool) -> tuple[str, ...]:
    has_text = bool(entry.text) or entry.whole
    marks = {
        "no-link": not entry.url,
        "no-guid": not entry.guid,
        "no-title": not entry.title,
        "no-date": not date and not entry.published and "bad-date" not in entry.marks,
        "bad-date": bool(entry.published and not date),
        "title-only": not has_text,
        "summary-only": has_text and not entry.whole,
        "truncated": truncated,
        "unresolved-link": leads_on,
    }
    return tuple(dict.fromkeys((*entry.marks, *(mark for mark, applies in marks.items() if applies))))


def published(entry: FeedItem, now: datetime) -> datetime | None:
    """When the entry was published: the first of its dates that can be true, which is not in 1970 or in the future."""
    dates = (entry.published, *(date.time for date in entry.dates if date.kind == "published"))
    return next((time for time in dates if time and _EARLIEST <= time <= now + _CLOCKS_DIFFER), None)


def cut(text: str, most: int) -> str:
    """The text if it has at most `most` characters, else its start up to the last white space before that."""
    if len(text) <= most:
        return text
    end = max(text.rfind(" ", 0, most), text.rfind("\n", 0, most))
    return text[: end if end >= most // 2 else most].rstrip()


def own_addresses(
    known: str, identified_items: Sequence[IdentifiedItem], pages: Mapping[str, FeedItem]
) -> dict[str, str]:
    """The canonical addresses that pages declare for new articles, by article id; `known` is that of the FeedState.

    An address is not believed where it is already that of another article, or where two pages give the same.
    """
    claimed = {}
    for identified in identified_items:
        page = pages.get(identified.entry.url)
        by_link = identified.canonical_url and identified.article_id == article_id(
            canonical_url=identified.canonical_url
        )
        if (
            page
            and page.url
            and by_link
            and page.url != identified.canonical_url
            and identified.article_id not in known
        ):
            claimed[identified.article_id] = page.url
    taken = Counter([*claimed.values(), *(identified.canonical_url for identified in identified_items)])
    return {
        article: url
        for article, url in claimed.items()
        if taken[url] == 1 and article_id(canonical_url=url) not in known
    }


def at_own_address(identified: IdentifiedItem, addresses: Mapping[str, str]) -> IdentifiedItem:
    """The entry as the article of its page's own address, where it has one."""
    if not (url := addresses.get(identified.article_id, "")):
        return identified
    return replace(identified, article_id=article_id(canonical_url=url), canonical_url=url)


def without_repeats(
    blocks: str, articles: Sequence[Article], pages: Mapping[str, FeedItem]
) -> tuple[tuple[Article, ...], str]:
    """The articles without the blocks that the source repeats, and the blocks to remember: see `FeedState.blocks`."""
    texts = [Text(article=article.id, text=article.text, page=article.url in pages) for article in articles]
    texts_left, blocks = body.without(texts, blocks)
    changed = (
        article if article.text == text else replace(article, text=text)
        for article, text in zip(articles, texts_left, strict=True)
    )
    return tuple(changed), blocks
