"""Feeds as items: RSS, RDF and Atom (feedparser), JSON Feed and news sitemaps."""

import calendar
import io
import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from html import unescape
from typing import Any

import feedparser
from feedparser.datetimes import _parse_date  # not public, but the only parser of all forms of a date

from connectors.feeds import fast_parse, jsonfeed, sitemap
from connectors.pages.encoding import decode
from connectors.pages.html import article_text, paragraphs, text
from pipeline.errors import InputError
from pipeline.ingest.agencies import bylines
from pipeline.ingest.body import without_pulled
from pipeline.ingest.interstitials import asks_to_read_on, interstitial, without_invitation
from pipeline.model import Dated, DateKind, PublisherLimits
from pipeline.model.feed import FeedItem, ParsedFeed
from pipeline.text import clean
from pipeline.text.dates import is_numeric, local, parsed

_LINK = re.compile(r"<(?:[\w-]{1,20}:)?link\s([^<>]{1,4000})>", re.IGNORECASE)

_ATTRIBUTE = re.compile(r"""([\w-]{1,20})\s{0,9}=\s{0,9}(?:"([^"]{0,4000})"|'([^']{0,4000})')""")


def hub_and_topic(channel: str) -> tuple[str, str]:
    """The addresses of the first hub and of the topic, '' if not named; `channel` is the feed without its items."""
    targets: dict[str, str] = {}
    for link in _LINK.finditer(channel[:200_000]):
        attributes = {name.lower(): unescape(double or single) for name, double, single in _ATTRIBUTE.findall(link[1])}
        for relation in attributes.get("rel", "").lower().split():
            targets.setdefault(relation, attributes.get("href", "").strip())
    return targets.get("hub", ""), targets.get("self", "")


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}

_LONGEST = 31_536_000  # seconds

_TTL = re.compile(r"<ttl\s*>\s*(\d{1,7})\s*</ttl\s*>", re.IGNORECASE)

_HOURS = re.compile(r"<skipHours\s*>(.{0,2000}?)</skipHours\s*>", re.IGNORECASE | re.DOTALL)

_HOUR = re.compile(r"<hour\s*>\s*(\d{1,2})\s*</hour\s*>", re.IGNORECASE)

_SKIPPED_DAYS = re.compile(r"<skipDays\s*>(.{0,2000}?)</skipDays\s*>", re.IGNORECASE | re.DOTALL)

_DAY = re.compile(r"<day\s*>\s*([a-z]{1,20})\s*</day\s*>", re.IGNORECASE)

_PERIOD = re.compile(r"<(?:\w{1,20}:)?updatePeriod\s*>\s*([a-z]{1,20})\s*</", re.IGNORECASE)

_FREQUENCY = re.compile(r"<(?:\w{1,20}:)?updateFrequency\s*>\s*(\d{1,7})\s*</", re.IGNORECASE)


def polling_limits(source: str) -> PublisherLimits:
    """Return the limits in the source without impossible ones, such as hour 31 or a ttl of 0."""
    source = channel(source)
    return PublisherLimits(
        pause=min(max(_ttl(source), _period(source)), _LONGEST),
        hours=tuple(sorted({int(hour) % 24 for hour in _within(_HOURS, _HOUR, source) if int(hour) <= 24})),
        days=tuple(
            sorted({_DAYS.index(d.lower()) for d in _within(_SKIPPED_DAYS, _DAY, source) if d.lower() in _DAYS})
        ),
    )


def channel(source: str) -> str:
    """The elements of the channel before and after its items."""
    starts = [start for tag in ("<item", "<entry") if (start := source.find(tag)) >= 0]
    if not starts:
        return source
    return source[: min(starts)] + source[max(source.rfind("</item"), source.rfind("</entry"), min(starts)) :]


def _ttl(source: str) -> int:
    match = _TTL.search(source)
    return int(match[1]) * 60 if match else 0


def _period(source: str) -> int:
    """Seconds between two updates; the default of the module, once a day, counts only if the feed states it."""
    period, frequency = _PERIOD.search(source), _FREQUENCY.search(source)
    if not period or period[1].lower() not in _PERIODS:
        return 0
    return _PERIODS[period[1].lower()] // max(int(frequency[1]) if frequency else 1, 1)


def _within(block: re.Pattern[str], part: re.Pattern[str], source: str) -> list[str]:
    match = block.search(source)
    return part.findall(match[1]) if match else []


_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,8})|([0-9]{1,10}));", re.IGNORECASE)

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2

_DECLARATIONS = re.compile(r"(<!DOCTYPE[^\[>]*)\[.*?\]\s*>", re.DOTALL)

_WEB_PAGE = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)

_LONG_TAG = re.compile(r"<([a-zA-Z][\w:-]*+)[^<>]{10000,}+>")  # attributes cost feedparser quadratic time

_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)

_NO_ADDRESS = re.compile(
    r"<(guid|link|id)\b[^>]*>\s*(?:<!\[CDATA\[)?\s*(?:n/?a|none|null|nil|undefined|unknown|-)\s*(?:\]\]>)?\s*</\1>",
    re.IGNORECASE,
)

_BARE_GUID = re.compile(r"<guid\b[^>]*>(?=\s*(?:<!\[CDATA\[)?\s*[^\s<>:/?#.]+\s*(?:\]\]>)?\s*</guid>)", re.IGNORECASE)

_ITEM = re.compile(r"<(item|entry)[\s>].*?</\1>", re.DOTALL)

_CAPTION = re.compile(r"<media:description\b[^>]*?(?:/>|>.*?</media:description>)", re.DOTALL)

_TRANSCRIPT = re.compile(r"<podcast:transcript\b[^>]*?(?:/>|>.*?</podcast:transcript>)", re.DOTALL)

_HAS_TEXT = re.compile(r"<(?:description|summary|content|content:encoded|dc:description)[\s>]")

_LOGIN_FIELD = 'type="password"'

_CUT = ("no element found", "unclosed")  # expat's message about a document that ends too early

_ELLIPSIS = re.compile(r"(…|\.\.\.|\[…\]|\[\.\.\.\])$")

_TAG = re.compile(r"<[^<>]{0,2000}>")

_LAST_LINK = re.compile(
    r"""<a\b[^<>]*\bhref=["']([^"'<>]+)[^<>]*>[^<]{0,80}</a>\s*(?:</?\w+[^<>]*>\s*)*$""", re.IGNORECASE
)

_END = 1_000  # characters of markup at the end of a text that may link to its continuation

_SURELY_WHOLE = 2_000  # characters from which on a summary is the whole text

_DATES: tuple[tuple[str, DateKind], ...] = (
    ("published", "published"),
    ("created", "published"),
    ("updated", "modified"),
)

_PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "")  # "text/plain" is what Atom has without a type


def contents(body: bytes, content_type: str, url: str, known: Collection[str] = ()) -> ParsedFeed:
    """Parse the body of the feed at `url`; InputError if it is no feed, or has no whole item.

    The text of an item whose digest is `known` is not converted.
    """
    source = decode(sitemap.unpacked(body, url), content_type)
    if not source.strip():
        raise InputError(f"{url} is empty, not a feed", step="parse")
    if source.lstrip("\ufeff \t\r\n").startswith("{"):
        return jsonfeed.contents(source, url, known)
    legal = _NO_ADDRESS.sub("", _LONG_TAG.sub(r"<\1>", _legal(source)))
    legal = _BARE_GUID.sub('<guid isPermaLink="false">', legal)  # "doc-17" is the address of no page
    if sitemap.is_sitemap(legal):
        return sitemap.contents(legal, url)
    if quick := fast_parse.feed(legal, url):
        head, raws = quick
        return _contents(head, [_entry(raw, known) for raw in raws], source)
    # From a stream: feedparser takes a string for a file name or an address. Sanitising and resolving of markup, two
    # thirds of its time, are of no use to plain text.
    parsed = feedparser.parse(
        io.BytesIO(_with_best_transcripts(_without_captions(legal)).encode()),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    fault = str(parsed.get("bozo_exception", ""))
    if not parsed.entries and (fault or not parsed.get("version")):
        raise InputError(f"{url} {_complaint(source, fault)}", step="parse")
    entries = [_entry(raw, known) for raw in parsed.entries]
    if entries and any(sign in fault for sign in _CUT):
        entries[-1] = replace(entries[-1], marks=(*entries[-1].marks, "truncated"))
    return _contents(parsed.feed, entries, source)


def _contents(head: Mapping[str, Any], entries: list[FeedItem], source: str) -> ParsedFeed:
    title, language = _line(head, "title"), clean(str(head.get("language", "")))
    return ParsedFeed(title, language, tuple(entries), polling_limits(source), *hub_and_topic(channel(source)))


def _legal(source: str) -> str:
    """The source without entity declarations, and without characters and references that XML does not allow.

    Entity declarations are an attack or superfluous, and one illegal character makes the whole source unreadable.
    """
    legal = _NOT_XML.sub("", _REFERENCE.sub(_legal_reference, _DECLARATIONS.sub(r"\1>", source, count=1)))
    return re.sub(r"""(<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""", r"\1", legal, count=1)


def _without_captions(source: str) -> str:
    """The source without media:description where an item has a text, because feedparser takes it for the text."""
    if "media:description" not in source:
        return source
    return _ITEM.sub(lambda entry: _CAPTION.sub("", entry[0]) if _HAS_TEXT.search(entry[0]) else entry[0], source)


def _with_best_transcripts(source: str) -> str:
    """The source with only the best transcript of each item, because feedparser returns the last."""
    return _ITEM.sub(_with_best_transcript, source) if "<podcast:transcript" in source else source


def _with_best_transcript(entry: re.Match[str]) -> str:
    best = min(_TRANSCRIPT.findall(entry[0]), key=_rank, default="")
    return _TRANSCRIPT.sub(lambda _: best, entry[0])


def _rank(transcript: str) -> int:
    return next((rank for rank, kind in enumerate(_TRANSCRIPT_TYPES) if kind in transcript), len(_TRANSCRIPT_TYPES))


@lru_cache(maxsize=1_024)
def _is_legal(number: int) -> bool:
    return number <= 0x10FFFF and not _NOT_XML.match(chr(number))


def _legal_reference(reference: re.Match[str]) -> str:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return reference[0] if _is_legal(number) else ""


def _complaint(source: str, fault: str) -> str:
    if _WEB_PAGE.search(source[:2_000]):
        title = _TITLE.search(source[:100_000])
        shown_text = text(source[:100_000])
        kind = interstitial(title[1] if title else "", shown_text, password=_LOGIN_FIELD in source)
        return f"is {kind or 'a web page'}, not a feed"
    return f"is no feed that can be read: {' '.join(fault.split())[:200] or 'it holds nothing known'}"


def _entry(raw: Mapping[str, Any], known: Collection[str]) -> FeedItem:
    digest = jsonfeed.digest(raw)
    body, whole = _text(raw) if digest not in known else ("", True)
    dates, marks = _dates(raw)
    return FeedItem(
        url=_address(raw),
        guid=clean(str(raw.get("id", ""))),
        title=_line(raw, "title"),
        text=body,
        whole=whole,
        published=dates[0].time if dates else None,
        authors=_authors(raw),
        marks=marks,
        section=next((clean(str(tag.get("term") or "")) for tag in raw.get("tags", ())), ""),
        credit=clean(str(raw.get("publisher", ""))),
        dates=dates,
        raw=digest,
        transcript=_transcript(raw),
    )


_TRANSCRIPT_TYPES = ("vtt", "srt", "subrip", "json", "html")  # the best first: those with times name speakers best


def _transcript(raw: Mapping[str, Any]) -> str:
    """The address of the transcript of a podcast's episode (podcast:transcript), '' without one."""
    stated = raw.get("transcripts") or [raw.get("podcast_transcript") or {}]
    by_type = {
        kind: address
        for kind in reversed(_TRANSCRIPT_TYPES)
        for transcript in stated
        if isinstance(transcript, dict) and kind in str(transcript.get("type", ""))
        if (address := clean(str(transcript.get("url") or ""))).lower().startswith(("http://", "https://"))
    }
    return next(reversed(by_type.values()), "")


def _address(raw: Mapping[str, Any]) -> str:
    address = clean(str(raw.get("feedburner_origlink") or raw.get("link") or ""))
    if address == raw.get("id", ""):  # without a link, feedparser uses the id as one
        address = next(_sources(raw), address)
    return address if address.lower().startswith(("http://", "https://")) else ""


def _sources(raw: Mapping[str, Any]) -> Iterator[str]:
    """The addresses of pages that Atom names as the content of an entry (RFC 4287, 4.1.3.2)."""
    for part in raw.get("content", ()):
        if part.get("src") and fast_parse.media_type(part.get("type") or "") in _PAGE_TYPES:
            yield clean(fast_parse.joined(str(part.get("base") or ""), str(part["src"])))


def _text(raw: Mapping[str, Any]) -> tuple[str, bool]:
    """The longest text of the item, and whether it is the whole article rather than a summary."""
    parts, url = raw.get("content", ()), _address(raw)
    full = max((_plain(part, url) for part in parts), key=len, default="")
    stated = raw.get("summary", "")  # feedparser repeats the content here where a feed gives no summary
    is_repeated = any(part.get("value") == stated for part in parts)
    shorter = is_repeated or len(stated) <= len(full)  # a text is not longer than its markup
    summary = "" if shorter else _plain(raw.get("summary_detail") or {"value": stated}, url)
    longest = without_pulled(max(full, summary, key=len))
    markup = (
        stated
        if len(summary) > len(full)
        else max((str(part.get("value") or "") for part in parts), key=len, default="")
    )
    if _goes_on(markup, longest, url):
        return without_invitation(longest), False
    return longest, (full != "" and len(full) >= len(summary)) or len(longest) >= _SURELY_WHOLE


def _goes_on(markup: str, plain: str, url: str) -> bool:
    """Return True if a text ends in a word or a link that leads to the rest of it."""
    end = markup[-_END:]
    ends = (plain, unescape(_TAG.sub("\n", end)).rstrip())
    if any(_ELLIPSIS.search(text) or asks_to_read_on(text) for text in ends):
        return True
    match = _LAST_LINK.match(end, max(end.rfind("<a"), end.rfind("<A"), 0))
    return bool(match and url and match[1].partition("?")[0].rstrip("/") == url.partition("?")[0].rstrip("/"))


def _plain(part: Mapping[str, Any], url: str = "") -> str:
    """The text of a part; none of a part that is neither text nor a page, which may be base64 (RFC 4287, 4.1.3.3)."""
    kind, value = fast_parse.media_type(part.get("type") or ""), str(part.get("value") or "")
    if kind in ("", "text/html", "application/xhtml+xml"):
        return article_text(value, url)
    if not kind.startswith("text/"):
        return ""
    return paragraphs(unescape(value) if "&" in value else value)  # publishers escape plain text as if it were HTML


def _line(raw: Mapping[str, Any], key: str) -> str:
    """A title on one line. If there are several, feedparser has the type of the last and the words of the right one."""
    detail, value = raw.get(f"{key}_detail") or {}, raw.get(key, "")
    return " ".join(_plain(detail if detail.get("value") == value else {"value": value}).split())


def _dates(raw: Mapping[str, Any]) -> tuple[tuple[Dated, ...], tuple[str, ...]]:
    """The item's dates, the date of publication first."""
    plain = dict(raw)  # feedparser's own mapping answers "updated" with "published"
    values = ((kind, _date(plain, name)) for name, kind in _DATES)
    dates = [Dated(kind, date, "feed") for kind, date in values if date]
    return tuple(dates), () if dates or not any(plain.get(name) for name, _ in _DATES) else ("bad-date",)


def _date(raw: Mapping[str, Any], name: str) -> datetime | None:
    value = raw.get(name, "")
    date = _time(parsed(str(value))) or local(str(value))
    if date or is_numeric(str(value)):
        return date
    return _time(raw.get(f"{name}_parsed") or _parse_date(value))


def _time(parsed: time.struct_time | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError):
        return None


def _authors(raw: Mapping[str, Any]) -> tuple[str, ...]:
    authors = [str(author.get("name", "")) for author in raw.get("authors", ())]
    whole = str(raw.get("author", ""))
    if "@" in whole or not authors:  # RSS: "desk@news.example (Ada Lindqvist)", which feedparser may cut in the middle
        authors = [whole]
    return tuple(dict.fromkeys(name for line in authors for name in bylines(clean(line))))
