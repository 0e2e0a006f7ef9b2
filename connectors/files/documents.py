"""Newsletters, press releases and transcripts as articles: e-mail, WebVTT and SubRip, debates, PDF, DOCX and ODT.

Debates of parliaments come in Akoma Ntoso or ParlaMint. PDF needs the extra `pdf` (pypdf).
"""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from itertools import islice
from typing import Any, Final

from lxml import etree

from connectors.pages.encoding import decode
from connectors.pages.html import mail_text, paragraphs
from pipeline.errors import InputError
from pipeline.ingest.interstitials import without_mailing_notes
from pipeline.model.document import Dated
from pipeline.model.feed import FeedItem
from pipeline.text import clean
from pipeline.text.dates import time

_MOST_PARTS: Final = 100  # of a message

_ENCODING: Final = "content-transfer-encoding"

_MOST_HEADER: Final = 4_000  # characters of a header that is read


def message(body: bytes, name: str) -> FeedItem:
    """The article in a message: its text, from HTML if it has any, subject, sender and date.

    Its guid is the Message-ID with the sender's address, so that nobody revises the article of another sender.
    InputError if the message has no text, or if the file called `name` is no message.
    """
    parsed = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(body)
    if not parsed.keys():
        raise InputError(f"{name} is no e-mail: it has no headers", step="ingest")
    text = _text(parsed)
    if not text:
        raise InputError(f"{name} has no text", step="ingest")
    date = time(_header(parsed, "date"))
    sender, address = parseaddr(_header(parsed, "from"))
    message_id = _header(parsed, "message-id").strip("<> ")
    return FeedItem(
        guid=f"{message_id} {(address or sender).lower()}".strip() if message_id else "",
        title=_header(parsed, "subject"),
        text=text,
        published=date,
        site=sender or address.rpartition("@")[2],
        dates=(Dated("published", date, "file"),) if date else (),
    )


def _text(parsed: EmailMessage) -> str:
    """The longer of the message's texts of HTML and of plain text, without attachments."""
    texts = {"html": "", "plain": ""}
    for part in islice(_bodies(parsed), _MOST_PARTS):
        kind = part.get_content_subtype()
        if not texts[kind]:
            source = _source(part)
            texts[kind] = mail_text(source) if kind == "html" else paragraphs(source)
    return without_mailing_notes(max(texts.values(), key=len))


def _bodies(parsed: EmailMessage) -> Iterator[EmailMessage]:
    for part in parsed.walk():
        is_text = (
            part.get_content_type() in ("text/html", "text/plain") and part.get_content_disposition() != "attachment"
        )
        if is_text and isinstance(part, EmailMessage):
            yield part


def _source(part: EmailMessage) -> str:
    """The text of the part, in its declared encoding if that fits its bytes, else in the one that the bytes suggest."""
    return decode(_payload(part), f"text/html; charset={part.get_content_charset('')}")


def _payload(part: EmailMessage) -> bytes:
    """The bytes of the part, as they are if it declares base64 and begins with words: base64 has no spaces."""
    raw = part.get_payload()
    if isinstance(raw, str) and " " in raw.strip().partition("\n")[0] and "base64" in _header(part, _ENCODING):
        return raw.encode("utf-8", "surrogateescape")
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _header(parsed: EmailMessage, name: str) -> str:
    """A header on one line; '' if it is malformed, or so long that its parser takes minutes."""
    raw = next((value for key, value in parsed.raw_items() if key.lower() == name), "")
    if len(raw) > _MOST_HEADER:
        return ""
    try:
        return " ".join(clean(str(parsed.get(name, ""))).split())
    except (ValueError, IndexError, AttributeError):  # what the standard library raises for malformed headers
        return ""


Turn = tuple[str, str]  # the speaker's name, or '', and a paragraph

_UNNAMED: Final = "-"  # the speaker of a cue by somebody else than the one before, whom nothing names

_TIMES: Final = re.compile(r"\s*(?:\d+:)?\d\d:\d\d[.,]\d{3}\s+-->\s")

_VOICE: Final = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]{1,200})>")

_NAMED: Final = re.compile(r"([^\W\d_][^:\n]{1,60}):\s+(?=\S)")

_ANOTHER: Final = re.compile(r"(?:>>+|[-–—])\s*(?=\S)")  # begins the line of another speaker

_TAG: Final = re.compile(r"</?[a-zA-Z0-9.:][^<>]{0,200}>")

_ENDED: Final = re.compile(r"[.!?…]['\"”’)]*$")

_LONG_PARAGRAPH: Final = 600  # characters of subtitles that begin a new paragraph at the next end of a sentence

_LONGEST_PARAGRAPH: Final = 5_000  # characters of subtitles without the end of a sentence

_SENTENCE_END: Final = 20  # characters in which a sentence ends

_XML_ID: Final = "{http://www.w3.org/XML/1998/namespace}id"

_BY: Final = re.compile(r"^\W+|\W+$")


def subtitles(body: bytes, name: str) -> FeedItem:
    """The words of a transcript in WebVTT, SubRip or JSON, a paragraph for each turn; InputError without words."""
    source = decode(body)
    cues = _segments(source, name) if source.lstrip().startswith("{") else _cues(source)
    return _item(list(_joined(cues)), name)


def _segments(source: str, name: str) -> Iterator[Turn]:
    """The speaker and the words of each segment of a podcast's transcript in JSON (podcastindex.org)."""
    try:
        stated = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON: {error}", step="ingest") from error
    segments = stated.get("segments")
    for segment in segments if isinstance(segments, list) else ():
        if isinstance(segment, dict) and (words := clean(str(segment.get("body") or "")).strip()):
            yield " ".join(clean(str(segment.get("speaker") or "")).split()), words


def debate(body: bytes, name: str) -> FeedItem:
    """The speeches of a debate in Akoma Ntoso or ParlaMint; InputError for other XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"{name} is not XML: {error}", step="ingest") from error
    reading = _akoma_ntoso if root.xpath("//*[local-name()='speech']") else _parlamint
    title = next(iter(root.xpath("//*[local-name()='docTitle' or local-name()='title']")), None)
    days = root.xpath("//*[local-name()='docDate' or local-name()='FRBRdate']/@date | //*[local-name()='date']/@when")
    return _item(list(reading(root)), name, _line(title), next(iter(days), ""))


def _item(turns: list[Turn], name: str, title: str = "", day: str = "") -> FeedItem:
    if not turns:
        raise InputError(f"{name} has no speech", step="ingest")
    date = time(str(day))
    return FeedItem(
        title=title,
        text="\n\n".join(f"{speaker}: {words}" if speaker else words for speaker, words in turns),
        published=date,
        dates=(Dated("published", date, "file"),) if date else (),
    )


def _cues(source: str) -> Iterator[Turn]:
    """The speaker, '' if not named, and the words of each cue or line of it; other blocks have no times."""
    for block in re.split(r"\n[ \t]*\n", source.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\ufeff\n").split("\n")
        start = next((number for number, line in enumerate(lines) if _TIMES.match(line)), None)
        for line in lines[start + 1 :] if start is not None else ():
            voice = _VOICE.search(line)
            line_text = clean(_TAG.sub("", _VOICE.sub("", line)))
            words = _ANOTHER.sub("", line_text, count=1)
            prefix = _NAMED.match(words)
            if voice:
                yield " ".join(voice[1].split()), words
            elif prefix:
                yield prefix[1].strip(), words[prefix.end() :]
            elif words:
                yield _UNNAMED if words != line_text else "", words


def _joined(cues: Iterator[Turn]) -> Iterator[Turn]:
    """The cues of one turn as paragraphs: one without a name, and without a dash, continues the turn before it."""
    speaker, paragraph = "", ""
    for name, words in cues:
        long = len(paragraph) > _LONGEST_PARAGRAPH or (
            len(paragraph) > _LONG_PARAGRAPH and _ENDED.search(paragraph[-_SENTENCE_END:])
        )
        if paragraph and (long or name == _UNNAMED or (name and name != speaker)):
            yield speaker, paragraph
            paragraph = ""
        speaker = "" if name == _UNNAMED else name or speaker
        paragraph = f"{paragraph} {words}".strip()
    if paragraph:
        yield speaker, paragraph


def _akoma_ntoso(root: Any) -> Iterator[Turn]:
    display_names = {
        element.get("eId") or element.get("id"): element.get("showAs", "")
        for element in root.iter()
        if element.get("showAs")
    }
    for speech in root.xpath("//*[local-name()='speech']"):
        header = next(iter(speech.xpath("./*[local-name()='from']")), None)
        speaker = display_names.get(speech.get("by", "").lstrip("#"), "") or _BY.sub("", _line(header))
        for paragraph in speech.xpath(".//*[local-name()='p']"):
            if words := _line(paragraph):
                yield speaker, words


def _parlamint(root: Any) -> Iterator[Turn]:
    persons = {person.get(_XML_ID): _spoken_name(person) for person in root.xpath("//*[local-name()='person']")}
    for utterance in root.xpath("//*[local-name()='u']"):
        key = utterance.get("who", "").lstrip("#")
        speaker = persons.get(key) or re.sub(r"(?<=[^\W\d_])(?=[A-Z])", " ", key)
        for segment in utterance.xpath("./*[local-name()='seg']"):
            if words := _line(segment):
                yield speaker, words


def _spoken_name(person: Any) -> str:
    """The name in the order in which it is spoken: lists of persons often begin with the surname."""
    parts = person.xpath("./*[local-name()='persName'][1]/*[not(local-name()='roleName')]")
    ordered = sorted(parts, key=lambda part: part.tag.rpartition("}")[2] != "forename")
    return " ".join(map(_line, ordered))


def _line(element: Any) -> str:
    return " ".join(clean("".join(element.itertext("{*}*"))).split()) if element is not None else ""


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
        created = about.creation_date if about else None
    except (pypdf.errors.PyPdfError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{name} cannot be read as PDF: {error}", step="ingest") from error
    text = paragraphs(_LINE_END.sub(" ", _HYPHEN.sub("", "\n\n".join(pages))))
    if not text:
        raise InputError(f"{name} has no text; it may be a scan", step="ingest")
    date = created.replace(tzinfo=created.tzinfo or UTC).astimezone(UTC) if created else None
    return FeedItem(
        title=_NO_TITLE.sub("", " ".join(clean(title).split())),
        text=text,
        published=date,
        dates=(Dated("published", date, "file"),) if date else (),
    )


_MOST_XML: Final = 50_000_000  # bytes of a part, unpacked

_WORD_NAMES: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_ODF_NAMES: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"

_BLANKS: Final = frozenset({f"{_WORD_NAMES}tab", f"{_WORD_NAMES}br", f"{_ODF_NAMES}s", f"{_ODF_NAMES}tab"})

_BESIDE: Final = frozenset({"Fallback", "annotation", "note", "tracked-changes", "delText", "instrText"})

_HEADINGS: Final = re.compile(r"title|heading ?1$", re.IGNORECASE)


def office(body: bytes, name: str) -> FeedItem:
    """The text and title of a document in DOCX or ODT, without notes and deleted words; InputError without text."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            part = next(each for each in ("word/document.xml", "content.xml") if each in archive.namelist())
            with archive.open(part) as opened:
                source = opened.read(_MOST_XML + 1)
        if len(source) > _MOST_XML:
            raise InputError(f"{name} has more than {_MOST_XML:,} bytes once unpacked", step="ingest")
        root = etree.fromstring(source, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except (zipfile.BadZipFile, zlib.error, StopIteration, RuntimeError, EOFError, etree.XMLSyntaxError) as error:
        raise InputError(f"{name} cannot be read as DOCX or ODT", step="ingest") from error
    blocks = [(element, words) for element in _blocks(root) if (words := " ".join(clean(_words(element)).split()))]
    if not blocks:
        raise InputError(f"{name} has no text", step="ingest")
    title = blocks[0][1] if len(blocks) > 1 and _is_title(blocks[0][0]) else ""
    return FeedItem(title=title, text="\n\n".join(words for _, words in blocks[bool(title) :]))


def _blocks(root: Any) -> Iterator[Any]:
    """The paragraphs and headings of a document, in order."""
    for element in root.iter(f"{_WORD_NAMES}p", f"{_ODF_NAMES}p", f"{_ODF_NAMES}h"):
        if not any(etree.QName(above).localname in _BESIDE for above in element.iterancestors()):
            yield element


def _words(element: Any) -> str:
    """The text of a paragraph without that of paragraphs in it, such as those of a text box."""
    is_word = element.tag.startswith(_WORD_NAMES)
    pieces = [] if is_word else [element.text or ""]
    for child in element.iterchildren("{*}*"):
        local_name = etree.QName(child).localname
        if child.tag == f"{_WORD_NAMES}t":
            pieces.append(child.text or "")
        elif child.tag in _BLANKS:
            pieces.append(" ")
        elif local_name not in _BESIDE and local_name not in ("p", "h"):
            pieces.append(_words(child))
        if not is_word:
            pieces.append(child.tail or "")
    return "".join(pieces)


def _is_title(element: Any) -> bool:
    style = next(element.iterfind(f".//{_WORD_NAMES}pStyle"), None)
    if style is not None:
        return bool(_HEADINGS.match(style.get(f"{_WORD_NAMES}val", "")))
    return element.tag == f"{_ODF_NAMES}h" or bool(_HEADINGS.match(element.get(f"{_ODF_NAMES}style-name", "")))
