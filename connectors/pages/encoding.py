"""The decoding of a body, even if its encoding is declared wrongly, twice or not at all."""

import codecs
import contextlib
import re

from charset_normalizer import from_bytes

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00?\x00", "utf-16-le"),  # "<?" without a mark (XML 1.0, appendix F)
    (b"\x00<\x00?", "utf-16-be"),
)

_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})|<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})""",
    re.I,
)

_HEAD = 20_000  # bytes in which pages declare their encoding, though HTML asks for it in the first 1,024

_MOST_MARKUP = 200_000  # bytes in which the words of a page without a declaration are looked for

_BETWEEN_TAGS = re.compile(rb"[<>]")

_HIGH = re.compile(rb"[\x80-\xff]")

_ASCII_LETTER = re.compile(rb"[A-Za-z]")

_FEWEST_HIGH = 30  # bytes beyond ASCII: a few words fit several encodings

_LEAST_HIGH = 0.5  # bytes beyond ASCII for each ASCII letter: Latin scripts have far fewer, others far more

_STRANGE = re.compile("[\udc80-\udcff]")  # bytes that are not UTF-8, as "surrogateescape" writes them

_FITTING = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")

_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.I)

# Supersets that those who declare the subset mean (WHATWG Encoding Standard).
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}


def decode(body: bytes, content_type: str = "") -> str:
    """The body's characters; bytes that fit nowhere become U+FFFD.

    A byte-order mark decides first. Then the bytes decide: valid UTF-8 that is not plain ASCII is UTF-8, whatever is
    declared; so is a body that is nearly UTF-8 (with a pasted text, or truncated), whose other bytes are read as
    Windows-1252. Then the encoding that the body declares, then that of `content_type`. Without a declaration, a
    body in a script other than Latin is read in the encoding that fits its words (charset-normalizer), others as
    Windows-1252.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    declared = [name for name in (_in_body(body), _in_header(content_type)) if name]
    # The only common encodings whose bytes are all ASCII, and so valid UTF-8.
    seven_bit = [name for name in declared if name.startswith(("iso2022", "hz"))]
    for encoding in (*seven_bit, "utf-8"):
        with contextlib.suppress(UnicodeError, LookupError):
            return body.decode(encoding)
    mixed = body.decode("utf-8", "surrogateescape")
    if len(_FITTING.sub("", mixed)) < len(_STRANGE.sub("", mixed)):  # a list of all would take a hundred times the body
        return _STRANGE.sub(lambda byte: _of_windows(ord(byte[0]) - 0xDC00), mixed)
    for encoding in declared:
        with contextlib.suppress(UnicodeError, LookupError):
            return body.decode(encoding)
    return body.decode(("" if declared else _fitting(body)) or "cp1252", "replace")


def _fitting(body: bytes) -> str:
    """The encoding that fits a text in another script than the Latin, '' for a Latin text."""
    parts = _BETWEEN_TAGS.split(body[:_MOST_MARKUP])
    words = b" ".join(part for part in parts if not part.isascii())[:_HEAD]  # scripts and tags are ASCII
    high = len(_HIGH.findall(words))
    if high < max(_FEWEST_HIGH, _LEAST_HIGH * len(_ASCII_LETTER.findall(words))):
        return ""
    best = from_bytes(words).best()
    return _python_name(best.encoding) if best else ""


def _of_windows(byte: int) -> str:
    return bytes([byte]).decode("cp1252", "replace")


def _in_body(body: bytes) -> str:
    declaration = _DECLARED.search(body[:_HEAD])
    return _python_name((declaration[1] or declaration[2]).decode("ascii")) if declaration else ""


def _in_header(content_type: str) -> str:
    declaration = _CHARSET.search(content_type)
    return _python_name(declaration[1]) if declaration else ""


def _python_name(declared: str) -> str:
    """Python's name of a character encoding, '' if Python does not know it or it is none (such as "zlib")."""
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        return ""
    return (
        ""
        if name in ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape")
        else _MEANT.get(name, name)
    )
