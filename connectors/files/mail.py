"""E-mails with a newsletter or press release as articles: `.eml` files and the messages of a Maildir."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime
from itertools import islice
from typing import Final

from connectors.pages.encoding import decode
from connectors.pages.html import article_text, paragraphs
from pipeline.errors import InputError
from pipeline.model.document import Dated
from pipeline.model.feed import FeedItem
from pipeline.text import clean

_MOST_PARTS: Final = 100  # of a message


def message(body: bytes, name: str) -> FeedItem:
    """The article in a message: its text, from HTML if it has any, subject, sender and date.

    InputError if the message has no text, or if the file called `name` is no message.
    """
    parsed = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(body)
    if not parsed.keys():
        raise InputError(f"{name} is no e-mail: it has no headers", step="ingest")
    text = _text(parsed)
    if not text:
        raise InputError(f"{name} has no text", step="ingest")
    written = _date(parsed)
    sender, address = parseaddr(_header(parsed, "from"))
    return FeedItem(
        guid=_header(parsed, "message-id").strip("<> "),
        title=_header(parsed, "subject"),
        text=text,
        published=written,
        site=sender or address.rpartition("@")[2],
        dates=(Dated("published", written, "file"),) if written else (),
    )


def _text(parsed: EmailMessage) -> str:
    """The longer of the message's texts of HTML and of plain text, without attachments."""
    texts = {"html": "", "plain": ""}
    for part in islice(_bodies(parsed), _MOST_PARTS):
        kind = part.get_content_subtype()
        if not texts[kind]:
            source = _source(part)
            texts[kind] = article_text(source) if kind == "html" else paragraphs(source)
    return max(texts.values(), key=len)


def _bodies(parsed: EmailMessage) -> Iterator[EmailMessage]:
    for part in parsed.walk():
        wanted = (
            part.get_content_type() in ("text/html", "text/plain") and part.get_content_disposition() != "attachment"
        )
        if wanted and isinstance(part, EmailMessage):
            yield part


def _source(part: EmailMessage) -> str:
    """The part's text, by its declared encoding where that fits its bytes, else by what the bytes look like."""
    payload = part.get_payload(decode=True)
    body = payload if isinstance(payload, bytes) else b""
    return decode(body, f"text/html; charset={part.get_content_charset('')}")


def _header(parsed: EmailMessage, name: str) -> str:
    try:
        return " ".join(clean(str(parsed.get(name, ""))).split())
    except (ValueError, IndexError, AttributeError):  # what the standard library raises for malformed headers
        return ""


def _date(parsed: EmailMessage) -> datetime | None:
    try:
        date = parsedate_to_datetime(_header(parsed, "date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
