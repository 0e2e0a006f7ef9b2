"""The text of the article on a web page (trafilatura).

Runs in a process that can be killed; see `workers`.
"""

from datetime import UTC, datetime

import trafilatura

from connectors.encoding import decode
from connectors.html import paragraphs
from pipeline.entries import Entry
from pipeline.errors import InputError
from pipeline.text import clean


def page(body: bytes, content_type: str, url: str) -> str:
    """The page's article, clean, with blank lines between paragraphs; InputError where none is found.

    Without trafilatura's fallbacks: half its time for 0.01 of F1 on its own benchmark.
    """
    found = trafilatura.extract(decode(body, content_type), fast=True, include_comments=False, include_tables=False)
    if not found:
        raise InputError(f"{url} holds no article", step="page")
    # It writes one paragraph a line.
    return paragraphs(found.replace("\n", "\n\n"))


def document(body: bytes, content_type: str, url: str) -> Entry:
    """The page's article with what the page says of it: title, address, date (a day) and authors."""
    found = trafilatura.bare_extraction(
        decode(body, content_type), fast=True, include_comments=False, include_tables=False, with_metadata=True
    )
    if not found or isinstance(found, dict) or not found.text:
        raise InputError(f"{url} holds no article", step="page")
    return Entry(
        url=found.url or "",
        title=" ".join(clean(found.title or "").split()),
        text=paragraphs(found.text.replace("\n", "\n\n")),
        published=datetime.fromisoformat(found.date).replace(tzinfo=UTC) if found.date else None,
        authors=tuple(clean(author) for author in (found.author or "").split("; ") if author.strip()),
    )
