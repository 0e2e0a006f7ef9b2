"""The text of PDF files, such as press releases (pypdf; the extra `pdf`)."""

import io
import re
from datetime import UTC
from itertools import islice
from typing import Final

from connectors.pages.html import paragraphs
from pipeline.errors import InputError
from pipeline.model.document import Dated
from pipeline.model.feed import FeedItem
from pipeline.text import clean

_MOST_PAGES: Final = 500

_HYPHEN: Final = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_A-Z])")

_NO_TITLE: Final = re.compile(r"^(?:Microsoft \w+ - .*|untitled.*|.*\.(?:docx?|indd|pdf|odt))$", re.IGNORECASE)

_LINE_END: Final = re.compile(r"(?<![.!?:”\"\n])\n(?!\n)")


def document(body: bytes, name: str) -> FeedItem:
    """The text, title and date of a PDF; InputError for one without text, such as a scan, or with a password."""
    try:
        import pypdf
    except ImportError as error:
        raise InputError(f"{name} needs `pip install 'onrecord[pdf]'`", step="ingest") from error
    try:
        reader = pypdf.PdfReader(io.BytesIO(body))
        pages = [page.extract_text() for page in islice(reader.pages, _MOST_PAGES)]
        about = reader.metadata
        title = str(about.title or "") if about else ""
        written = about.creation_date if about else None
    except (pypdf.errors.PyPdfError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{name} cannot be read as PDF: {error}", step="ingest") from error
    text = paragraphs(_LINE_END.sub(" ", _HYPHEN.sub("", "\n\n".join(pages))))
    if not text:
        raise InputError(f"{name} has no text; it may be a scan", step="ingest")
    date = written.replace(tzinfo=written.tzinfo or UTC).astimezone(UTC) if written else None
    return FeedItem(
        title=_NO_TITLE.sub("", " ".join(clean(title).split())),
        text=text,
        published=date,
        dates=(Dated("published", date, "file"),) if date else (),
    )
