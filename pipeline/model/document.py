"""Articles in their revisions, and documents: articles with their mentions and quotes."""

from dataclasses import dataclass
from typing import Literal

from pipeline.model.values import Time, content_id

DateKind = Literal["published", "modified"]

DateOrigin = Literal["feed", "json-ld", "page", "file"]


@dataclass(frozen=True, slots=True)
class Dated:
    """A date of an article with its origin: the feed, the page's JSON-LD, its meta elements, or a file."""

    kind: DateKind
    time: Time
    origin: DateOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One published piece, in one revision.

    `id` survives a changed headline, guid or tracking parameter (see `article_id`). `marks` name defects, such as
    "summary-only" or "no-date". `dates` are all dates of the article, and `published` is the first plausible one of
    them. `agency` is the news agency that the article credits, or ''. A `backfill` article is indexed and remembered,
    and alerts nobody.
    """

    id: str
    source: str
    title: str
    text: str
    first_seen: Time
    fetched: Time
    url: str = ""
    canonical_url: str = ""
    feed: str = ""
    guid: str = ""
    published: Time | None = None
    language: str = ""
    authors: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    backfill: bool = False
    revision: int = 1
    section: str = ""
    agency: str = ""
    dates: tuple[Dated, ...] = ()

    @property
    def digest(self) -> str:
        """Id of the content; it changes with the headline or the text."""
        return content_id(self.title, self.text)


def article_id(*, canonical_url: str = "", feed: str = "", guid: str = "", title: str = "", text: str = "") -> str:
    """Identity of an article: its canonical address, else feed and guid, else feed, title and text."""
    if canonical_url:
        return content_id("url", canonical_url)
    if guid:
        return content_id("guid", feed, guid)
    return content_id("content", feed, title, text)


MentionKind = Literal["person", "organisation", "place"]

QuoteKind = Literal["direct", "indirect", "mixed"]

SourceKind = Literal["", "named", "official", "spokesperson", "document", "anonymous", "collective", "interviewee"]

Modality = Literal["asserted", "negated", "denied", "asked", "hypothetical"]


@dataclass(frozen=True, slots=True)
class Span:
    """A range of an article's text: `text == article.text[start:end]`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A span that names a person, organisation or place. `name` is its fullest form, `actor` the actor's id or ''."""

    start: int
    end: int
    text: str
    kind: MentionKind
    name: str
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A step in the evidence for a speaker: `rule` ("pronoun", "surname" …) resolved this span to the next one."""

    span: Span
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words that one article reports somebody saying.

    `text == article.text[start:end]`; `fragments` are the parts that are the statement itself, in order, where an
    attribution interrupts it (one fragment, the whole, where none does). `speaker` is the span that names the speaker
    in the attribution, `speaker_name` the speaker's full name ('' if nobody is named), `speaker_id` the tracked actor's
    id or the name's slug ('' if nobody is named; with a suffix for a namesake of an actor and for an office without an
    owner), and `chain` the evidence for the name, in the order of the text. `about` holds the ids of actors that the
    content mentions. `confidence` is the probability that span and speaker are right, in [0, 1]. `statement` is whether
    the content can be read on its own as "somebody said …"; a bare noun phrase cannot. `source_kind` is the sort of
    source that speaks; '' where the article does not show it. `earlier` is whether the tense of the cue puts the report
    before the events of the article, as in "had said": what is told as background.
    """

    id: str
    start: int
    end: int
    text: str
    kind: QuoteKind
    fragments: tuple[tuple[int, int], ...]
    cue: Span | None = None
    speaker: Span | None = None
    speaker_name: str = ""
    speaker_id: str = ""
    chain: tuple[Link, ...] = ()
    about: tuple[str, ...] = ()
    modality: Modality = "asserted"
    confidence: float = 0.0
    statement: bool = True
    source_kind: SourceKind = ""
    earlier: bool = False

    @property
    def content(self) -> str:
        """The statement's words alone: white space folded, interruptions left out, with a full stop for one in them."""
        if len(self.fragments) == 1:
            start, end = self.fragments[0]
            return " ".join(self.text[start - self.start : end - self.start].split())
        content, end = "", 0
        for start, stop in self.fragments:
            between = self.text[end - self.start : start - self.start] if content else ""
            content = content.rstrip(" ,")
            content += ". " if _ends_sentence(content, between) else " "
            content += self.text[start - self.start : stop - self.start]
            end = stop
        return " ".join(content.split())


def _ends_sentence(content: str, between: str) -> bool:
    """Return True if the speaker's sentence ended at an attribution between two parts of which none marks the end."""
    return content[-1:].isalnum() and any(mark in between for mark in ".!?")


def quote_id(article: str, speaker: str, start: int, end: int, text: str) -> str:
    """Id of a quote, from its article, speaker's id, span and words: a revision may give the same words to another."""
    return content_id(article, speaker, str(start), str(end), text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An article with its mentions and quotes, each ordered by start.

    `origin` is the record of the log that held the article ("articles/0/42"); it distinguishes a replay from a
    duplicate.
    """

    article: Article
    origin: str = ""
    mentions: tuple[Mention, ...] = ()
    quotes: tuple[Quote, ...] = ()
