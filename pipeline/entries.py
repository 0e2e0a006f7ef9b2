"""What the body of a feed holds, before it becomes articles."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pipeline.model import Article, Asked, Dated, Feed, Time

_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)  # earlier dates are clocks that were never set
_CLOCKS_DIFFER = timedelta(days=1)
_MOST_TITLE = 1_000  # characters
_MOST_ADDRESS = 4_000
_MOST_AUTHORS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed, its texts clean and in plain text with blank lines between paragraphs.

    `whole` says that `text` is the whole article and not a summary of it. `published` is None without a date, and with
    one that cannot be read, which `marks` tell apart; `dates` are all that were given. `credit` is whom it is said to
    be from, besides its authors. `validators` are the ETag and Last-Modified of the page that it was read from.
    """

    url: str = ""
    guid: str = ""
    title: str = ""
    text: str = ""
    whole: bool = True
    published: Time | None = None
    authors: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    section: str = ""
    credit: str = ""
    dates: tuple[Dated, ...] = ()
    validators: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Contents:
    """A feed's body as read: the feed's own title and language, its entries in the body's order, what it asks of us.

    `hub` and `topic` are the addresses that it names for WebSub, as it writes them.
    """

    title: str
    language: str
    entries: tuple[Entry, ...]
    asked: Asked = field(default_factory=Asked)
    hub: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Identified:
    """An entry with the identity that its article will have."""

    entry: Entry
    article_id: str
    canonical_url: str


def bounded(entry: Entry) -> Entry:
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
    feed: Feed, found: Identified, *, now: datetime, most: int, page: Entry | None = None, backfill: bool
) -> Article:
    """The article of an entry, with what the page it leads to adds where that was read; at most `most` characters.

    `marks` name what it lacks: "no-link", "no-guid", "no-title", "no-date", "bad-date" (unreadable, in 1970 or in
    the future), "title-only", "summary-only", "truncated", "unresolved-link" (to a page that leads on); and why there
    was no page: "paywall", "robots".
    """
    from pipeline.addresses import host, leads_on
    from pipeline.agencies import agency
    from pipeline.language import language

    entry = _joined(found.entry, page) if page else found.entry
    date = published(entry, now)
    return Article(
        id=found.article_id,
        source=feed.source or host(feed.url),
        title=entry.title,
        text=cut(entry.text, most),
        first_seen=now,
        fetched=now,
        url=entry.url,
        canonical_url=found.canonical_url,
        feed=feed.id,
        guid=entry.guid,
        published=date,
        language=language(entry.text or entry.title, feed.language),
        authors=entry.authors,
        marks=_marks(entry, date, truncated=len(entry.text) > most, leads_on=leads_on(found.canonical_url)),
        backfill=backfill,
        section=entry.section,
        agency=agency(entry.authors, entry.text, entry.credit),
        dates=entry.dates,
    )


def _joined(entry: Entry, page: Entry) -> Entry:
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


def _marks(entry: Entry, date: datetime | None, *, truncated: bool, leads_on: bool) -> tuple[str, ...]:
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


def published(entry: Entry, now: datetime) -> datetime | None:
    """When the entry was published: the first of its dates that can be true, which is not in 1970 or in the future."""
    given = (entry.published, *(date.time for date in entry.dates if date.kind == "published"))
    return next((time for time in given if time and _EARLIEST <= time <= now + _CLOCKS_DIFFER), None)


def cut(text: str, most: int) -> str:
    """The text if it has at most `most` characters, else its start up to the last white space before that."""
    if len(text) <= most:
        return text
    end = max(text.rfind(" ", 0, most), text.rfind("\n", 0, most))
    return text[: end if end >= most // 2 else most].rstrip()
