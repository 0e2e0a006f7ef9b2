"""Hostile e-mails, PDF files and compressed bodies."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from tests.hostile.body import Hostile, Task

HEAD: Final = b"From: Ada <ada@courier.example>\nSubject: News\n"


def _multipart(depth: int) -> bytes:
    """A message in a message in a message."""
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth))
    return HEAD + opened + b"Content-Type: text/plain\n\nThe harbour stays open.\n"


def _messages_of_parts() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "5,000 parts in parts", lambda: _multipart(5_000)
    yield "90 parts in parts", lambda: _multipart(90)
    yield "2,000 messages in messages", lambda: (b"Content-Type: message/rfc822\n\n" * 2_000) + HEAD + b"\nx"
    yield "100,000 parts", lambda: HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 100_000
    yield (
        "100,000 parts of text",
        lambda: (
            HEAD
            + b'Content-Type: multipart/mixed; boundary="b"\n\n'
            + b"--b\nContent-Type: text/plain\n\nx\n" * 100_000
        ),
    )
    yield "a part of 10 MB", lambda: HEAD + b"\n" + b"words " * 1_600_000


def _messages_of_headers() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "200,000 headers", lambda: b"X: a\n" * 200_000 + b"\nx"
    yield "200,000 subjects", lambda: b"Subject: a\n" * 200_000 + b"\nx"
    yield "a header of 5 MB", lambda: b"X: " + b"a" * 5_000_000 + b"\n\nx"
    yield "a subject of 1 MB", lambda: b"Subject: " + b"a " * 500_000 + b"\n\nx"
    yield "a subject of 100,000 lines", lambda: b"Subject: a\n" + b" a\n" * 100_000 + b"\nx"
    yield "a subject of 1 MB of encoded words", lambda: b"Subject: " + b"=?utf-8?q?a?= " * 70_000 + b"\n\nx"
    yield "a subject of open encoded words", lambda: b"Subject: " + b"=?utf-8?q?" * 100_000 + b"\n\nx"
    yield "a subject of unknown encodings", lambda: b"Subject: " + b"=?x-none?b?YQ==?= " * 50_000 + b"\n\nx"
    yield "a sender of 200 kB of brackets", lambda: b"From: " + b"(" * 200_000 + b"\n\nx"
    yield "a sender of closed brackets", lambda: b"From: " + b"(" * 2_000 + b")" * 2_000 + b" a@b\n\nx"
    yield "a sender of 1 MB of <", lambda: b"From: " + b"<" * 1_000_000 + b"\n\nx"
    yield "a sender of 100,000 addresses", lambda: b"From: " + b"a@b.example, " * 100_000 + b"\n\nx"
    yield "a sender of groups", lambda: b"From: " + b"g:a@b;," * 100_000 + b"\n\nx"
    yield "a sender of quotes", lambda: b'From: "' + b"\\" * 300_000 + b"\n\nx"
    yield "a sender of routes", lambda: b"From: <@" + b"a,@" * 200_000 + b":a@b>\n\nx"


def _messages_of_types() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield (
        "a type of 100,000 parameters",
        lambda: b"Content-Type: text/plain" + b"".join(b"; a%d=b" % n for n in range(100_000)) + b"\n\nx",
    )
    yield (
        "a type of continued parameters",
        lambda: b"Content-Type: text/plain" + b"".join(b"; charset*%d*=a" % n for n in range(20_000)) + b"\n\nx",
    )
    yield "a type that is huge", lambda: b"Content-Type: " + b"a/" * 500_000 + b"\n\nx"
    yield "a disposition of 1 MB", lambda: HEAD + b"Content-Disposition: " + b"a;" * 500_000 + b"\n\nx"
    yield "an encoding that is a codec", lambda: HEAD + b"Content-Type: text/plain; charset=zlib\n\nx"
    yield "a boundary of 1 MB", lambda: HEAD + b"Content-Type: multipart/mixed; boundary=" + b"b" * 1_000_000 + b"\n\nx"
    yield (
        "boundaries that are nearly right",
        lambda: HEAD + b'Content-Type: multipart/mixed; boundary="' + b"-" * 70 + b'"\n\n' + b"-" * 5_000_000,
    )


def _messages_of_codings() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "base64 of 15 MB", lambda: HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"QUFB" * 3_700_000
    yield "base64 of blanks", lambda: HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"Q \n" * 2_000_000
    yield (
        "quoted-printable of 10 MB",
        lambda: HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=41" * 3_300_000,
    )
    yield (
        "quoted-printable of soft breaks",
        lambda: HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=\n" * 3_000_000,
    )
    yield (
        "uuencoded without end",
        lambda: HEAD + b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n" + b"M" * 5_000_000,
    )


def _other_messages() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "a date of 1 MB", lambda: HEAD + b"Date: " + b"1 " * 500_000 + b"\n\nx"
    yield "a date of 1 MB of brackets", lambda: HEAD + b"Date: " + b"(" * 1_000_000 + b"\n\nx"
    yield "an id of 1 MB", lambda: HEAD + b"Message-ID: <" + b"[" * 500_000 + b"\n\nx"
    yield "5,000,000 empty lines", lambda: HEAD + b"\n" * 5_000_000
    yield "1 MB of From lines", lambda: b"From a\n" * 150_000 + b"\nx"
    yield "bytes that are no text", lambda: HEAD + b"\n" + b"\xff\xfe" * 1_000_000
    yield "NUL", lambda: b"\0" * 1_000_000


def _pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of these objects, numbered from 1, with a table of where they are."""
    body, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return (
        body
        + head
        + table
        + b"trailer\n<</Size %d %b>>\nstartxref\n%d\n%%%%EOF"
        % (
            len(objects) + 1,
            trailer,
            len(body),
        )
    )


def _stream(content: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d %b>>\nstream\n%b\nendstream" % (len(content), extra, content)


def _page_of(content: bytes, font: bytes = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", *more: bytes) -> bytes:
    """A PDF of one page with this stream of operators."""
    return _pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        content,
        font,
        *more,
    )


FLATE: Final = b"/Filter/FlateDecode"


def _packed(content: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        content = zlib.compress(content)
    return _stream(content, b"/Filter[" + b"/FlateDecode" * times + b"]")


SHOWN: Final = b"BT /F 12 Tf (The harbour stays open.) Tj ET\n"  # operators of a PDF


def _documents_of_streams() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "a stream that unpacks to 200 MB", lambda: _page_of(_stream(zlib.compress(b" " * 200_000_000, 1), FLATE))
    yield "a stream that is packed three times", lambda: _page_of(_packed(b" " * 100_000_000, 3))
    yield "a stream of 200 filters", lambda: _page_of(_stream(b"x", b"/Filter[" + b"/ASCIIHexDecode" * 200 + b"]"))
    yield "a stream of run lengths", lambda: _page_of(_stream(b"\x81a" * 1_000_000, b"/Filter/RunLengthDecode"))
    yield "a stream of LZW", lambda: _page_of(_stream(b"\x80\x0b\x60\x50" * 500_000, b"/Filter/LZWDecode"))
    yield "a stream of ASCII85", lambda: _page_of(_stream(b"z" * 5_000_000 + b"~>", b"/Filter/ASCII85Decode"))
    yield (
        "a predictor of wide rows",
        lambda: _page_of(
            _stream(zlib.compress(b"\2" * 10_000_000), FLATE + b"/DecodeParms<</Predictor 15/Columns 1>>")
        ),
    )
    yield (
        "a predictor of no width",
        lambda: _page_of(
            _stream(zlib.compress(b"\2" * 1_000_000), FLATE + b"/DecodeParms<</Predictor 15/Columns -1>>")
        ),
    )


def _documents_of_operators() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "100,000 operators", lambda: _page_of(_packed(SHOWN * 100_000))
    yield "100,000 states of graphics", lambda: _page_of(_packed(b"q " * 100_000 + SHOWN))
    yield "100,000 matrices", lambda: _page_of(_packed(b"BT /F 12 Tf " + b"1 0 0 1 0 0 Tm (a) Tj " * 100_000 + b"ET"))
    yield "an array of 500,000 texts", lambda: _page_of(_packed(b"BT /F 12 Tf [" + b"(a) -900 " * 500_000 + b"] TJ ET"))
    yield "a text of 10 MB", lambda: _page_of(_packed(b"BT /F 12 Tf (" + b"a" * 10_000_000 + b") Tj ET"))
    yield "a text of 1 MB of brackets", lambda: _page_of(_packed(b"BT /F 12 Tf (" + b"(" * 1_000_000 + b") Tj ET"))
    yield "an array of 100,000 levels", lambda: _page_of(_packed(b"[" * 100_000))
    yield "a dictionary of 100,000 levels", lambda: _page_of(_packed(b"<<" * 100_000))
    yield "an inline picture without end", lambda: _page_of(_packed(b"BI /W 1 ID " + b"E" * 3_000_000))
    yield "100,000 inline pictures", lambda: _page_of(_packed(b"BI /W 1 ID x EI " * 100_000))


def _documents_of_fonts() -> Iterator[tuple[str, Callable[[], bytes]]]:
    cmap = b"begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange %b endcmap"
    font = b"<</Type/Font/Subtype/Type0/BaseFont/F/Encoding/Identity-H/ToUnicode 6 0 R>>"
    ranges = b"1 beginbfrange <00000000> <7fffffff> <0000> endbfrange"
    yield "a font of 2,000,000,000 characters", lambda: _page_of(_packed(SHOWN), font, _packed(cmap % ranges))
    yield (
        "a font of many ranges",
        lambda: _page_of(
            _packed(SHOWN),
            font,
            _packed(cmap % (b"100 beginbfrange " + b"<0000> <ffff> <0000> " * 100 + b"endbfrange")),
        ),
    )
    yield (
        "a font of 300,000 characters",
        lambda: _page_of(
            _packed(SHOWN), font, _packed(cmap % (b"1 beginbfchar " + b"<0041> <0042> " * 300_000 + b"endbfchar"))
        ),
    )
    yield (
        "a font of wide differences",
        lambda: _page_of(
            _packed(SHOWN),
            b"<</Type/Font/Subtype/Type1/BaseFont/F/Encoding<</Differences[0 " + b"/a" * 500_000 + b"]>>>>",
        ),
    )


def _documents_of_pages() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "a tree of pages in a circle", lambda: _pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]>>")
    yield (
        "a tree of 20,000 levels",
        lambda: _pdf(
            b"<</Type/Catalog/Pages 2 0 R>>",
            *(b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % n for n in range(3, 20_003)),
            b"1",
        ),
    )
    yield (
        "100,000 pages that are one",
        lambda: _pdf(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 100000/Kids[" + b"3 0 R " * 100_000 + b"]>>",
            b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
            _packed(SHOWN * 100),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ),
    )


def _documents_of_forms() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield (
        "a form in itself",
        lambda: _pdf(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
            _packed(b"/X Do"),
            _stream(b"/X Do /X Do", b"/Type/XObject/Subtype/Form/Resources<</XObject<</X 5 0 R>>>>"),
        ),
    )
    yield (
        "forms that double",
        lambda: _pdf(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
            _packed(b"/X Do"),
            *(
                _stream(b"/X Do /X Do", b"/Type/XObject/Subtype/Form/Resources<</XObject<</X %d 0 R>>>>" % (n + 1))
                for n in range(5, 45)
            ),
            _stream(SHOWN, b"/Type/XObject/Subtype/Form"),
        ),
    )


def _documents_of_objects() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "an object that refers to itself", lambda: _pdf(b"1 0 R")
    yield (
        "tables of places in a circle",
        lambda: b"%PDF-1.7\nxref\n0 0\ntrailer\n<</Size 1/Prev 9>>\nstartxref\n9\n%%EOF",
    )
    yield (
        "a table of 1,000,000,000 places",
        lambda: (
            b"%PDF-1.7\nxref\n0 1000000000\n"
            + b"0000000000 65535 f \n" * 100_000
            + b"trailer\n<<>>\nstartxref\n9\n%%EOF"
        ),
    )
    yield "no table of places", lambda: b"%PDF-1.7\n" + b"1 0 obj\n<<>>\nendobj\n" * 200_000 + b"startxref\n9\n%%EOF"
    yield "10 MB without an object", lambda: b"%PDF-1.7\n" + b"\n" * 10_000_000 + b"startxref\n0\n%%EOF"
    yield "5 MB behind the end", lambda: _page_of(_packed(SHOWN)) + b" " * 5_000_000
    yield "5 MB of obj", lambda: b"%PDF-1.7\n" + b"1 0 obj " * 600_000
    yield "numbers of 1 MB", lambda: _pdf(b"<</Type/Catalog/Pages " + b"9" * 1_000_000 + b" 0 R>>")
    yield "a name of 1 MB", lambda: _pdf(b"<</Type/" + b"#41" * 300_000 + b">>")
    yield (
        "a title of 5 MB",
        lambda: _pdf(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[]/Count 0>>",
            b"<</Title(" + b"t" * 5_000_000 + b")>>",
            trailer=b"/Root 1 0 R/Info 3 0 R",
        ),
    )
    yield (
        "a lock without a key",
        lambda: _pdf(
            b"<</Type/Catalog>>",
            b"<</Filter/Standard/V 5/R 6/Length 256>>",
            trailer=b"/Root 1 0 R/Encrypt 2 0 R/ID[(a)(a)]",
        ),
    )
    yield "NUL", lambda: b"%PDF-1.7\n" + b"\0" * 5_000_000


def _gzip_member(flags: int, extra: bytes) -> bytes:
    return b"\x1f\x8b\x08%c\0\0\0\0\0\xff%b" % (flags, extra) + b"\3\0" + b"\0" * 8


# A block of zstandard of one repeated byte: three bytes for 128 kB; a frame without content; a frame to skip.
_ZSTD_BLOCK: Final = b"\x02\0\x10\0"
_ZSTD_EMPTY: Final = b"\x28\xb5\x2f\xfd\0\x50\x01\0\0"
_ZSTD_SKIPPED: Final = b"\x50\x2a\x4d\x18\0\0\0\0"
_ZSTD_WIDE: Final = b"\x28\xb5\x2f\xfd\0\xff" + _ZSTD_BLOCK * 100_000  # asks for the widest window
_STORED: Final = b"\0\0\0\xff\xff"  # of deflate: a stored block of nothing


def _packings() -> Iterator[tuple[str, Task, Callable[[], bytes]]]:
    yield "200 MB of blanks", "gzip", lambda: gzip.compress(b" " * 200_000_000, 1)
    yield "19 MB of blanks", "gzip", lambda: gzip.compress(b" " * 19_000_000)
    yield "300,000 members of nothing", "gzip", lambda: gzip.compress(b"") * 300_000
    yield "300,000 members of a byte", "gzip", lambda: gzip.compress(b"a") * 300_000
    yield "a name of 5 MB", "gzip", lambda: _gzip_member(8, b"n" * 5_000_000 + b"\0")
    yield "a comment without end", "gzip", lambda: b"\x1f\x8b\x08\x10\0\0\0\0\0\xff" + b"c" * 5_000_000
    yield "extra fields", "gzip", lambda: _gzip_member(4, b"\xff\xff" + b"x" * 65_535) * 100
    yield "a wrong sum", "gzip", lambda: gzip.compress(b"a" * 1_000_000)[:-8] + b"\0" * 8
    yield "a body that is cut", "gzip", lambda: gzip.compress(b"a" * 1_000_000)[:-20]
    yield "5 MB behind the end", "gzip", lambda: gzip.compress(b"a") + b"x" * 5_000_000
    yield "gzip in gzip", "gzip", lambda: gzip.compress(gzip.compress(b" " * 200_000_000, 1))
    yield "2,000,000 stored blocks of nothing", "deflate", lambda: b"\x78\x9c" + _STORED * 2_000_000
    yield "2,000,000 blocks of nothing", "deflate", lambda: b"\x02\x0c\x30\xc0\0\x03\x0c\x30" * 600_000
    yield "200 MB of zeros", "deflate", lambda: zlib.compress(b"\0" * 200_000_000, 1)
    yield "no deflate", "deflate", lambda: b"\xff" * 5_000_000
    yield "a preset dictionary", "deflate", lambda: b"\x78\xbb\0\0\0\1" + b"x" * 1_000_000
    yield "a repeated byte", "zstd", lambda: b"\x28\xb5\x2f\xfd\0\x58" + _ZSTD_BLOCK * 1_000_000
    yield "1,000,000 frames of nothing", "zstd", lambda: _ZSTD_EMPTY * 1_000_000
    yield "1,000,000 frames to skip", "zstd", lambda: _ZSTD_SKIPPED * 1_000_000
    yield "the widest window", "zstd", lambda: _ZSTD_WIDE
    yield "a size of 2**63", "zstd", lambda: b"\x28\xb5\x2f\xfd\xe0" + b"\xff" * 7 + b"\x7f" + _ZSTD_BLOCK
    yield "no zstandard", "zstd", lambda: b"\x28\xb5\x2f\xfd" + b"\xff" * 1_000_000
    yield "no Brotli", "br", lambda: b"\xff" * 1_000_000
    yield "Brotli of nothing", "br", lambda: b"\x06" * 1_000_000
    yield "Brotli of 2,000,000 blocks to skip", "br", lambda: b"\x0c" + b"\x0c\0" * 1_000_000
    yield "Brotli of zeros", "br", _brotli_bomb


def _brotli_bomb() -> bytes:
    import brotli

    return bytes(brotli.compress(b"\0" * 200_000_000, quality=1))


MESSAGES: Final = (
    _messages_of_parts,
    _messages_of_headers,
    _messages_of_types,
    _messages_of_codings,
    _other_messages,
)

DOCUMENTS: Final = (
    _documents_of_streams,
    _documents_of_operators,
    _documents_of_fonts,
    _documents_of_pages,
    _documents_of_forms,
    _documents_of_objects,
)


def bodies() -> Iterator[Hostile]:
    """E-mails, PDF files, and bodies to unpack."""
    for name, make in chain.from_iterable(kinds() for kinds in MESSAGES):
        yield Hostile(f"an e-mail of {name}", "message", make)
    for name, make in chain.from_iterable(kinds() for kinds in DOCUMENTS):
        yield Hostile(f"a PDF of {name}", "pdf", make)
    for name, task, make in _packings():
        yield Hostile(name, task, make)
