"""E-mails, transcripts, records of parliaments and PDF files are articles."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from connectors.feeds.parser import Parser
from connectors.files.reader import articles, read_file
from connectors.files.records import ImportSession
from pipeline.errors import InputError
from pipeline.model import Article
from pipeline.settings.sections import Poll
from tests.examples import NOON

TEXT = "The harbour stays open, the mayor said on Monday.\n\nThe ferries sail as before."


def parsed(parser: Parser, file: Path) -> Iterator[Article | InputError]:
    return read_file(file, ImportSession(file.stem, lambda: NOON, backfill=True, limits=Poll(), parser=parser))


def read(parser: Parser, file: Path) -> Article:
    (article,) = parsed(parser, file)
    assert isinstance(article, Article), article
    return article


def refused(parser: Parser, file: Path) -> str:
    (error,) = parsed(parser, file)
    assert isinstance(error, InputError)
    return str(error)


def write(file: Path, content: bytes | str) -> Path:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def newsletter(html: str = "", plain: str = TEXT) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Harbour Weekly <news@weekly.example>"
    mail["Subject"] = "Häfen stay\u00a0open"
    mail["Date"] = "Mon, 02 Mar 2026 12:00:00 +0100"
    mail["Message-ID"] = "<1@weekly.example>"
    mail.set_content(plain)
    if html:
        mail.add_alternative(html, subtype="html")
    mail.add_attachment("Attached words. " * 50, filename="a.txt")
    return mail


def test_a_newsletter(parser: Parser, tmp_path: Path) -> None:
    article = read(parser, write(tmp_path / "a.eml", newsletter().as_bytes()))
    assert (article.title, article.text, article.source) == ("Häfen stay open", TEXT, "Harbour Weekly")
    assert (article.guid, article.published) == (
        "1@weekly.example news@weekly.example",
        datetime(2026, 3, 2, 11, tzinfo=UTC),
    )


def test_a_message_without_an_id_has_no_guid_and_one_without_a_sender_has_its_id(
    parser: Parser, tmp_path: Path
) -> None:
    mail = newsletter()
    del mail["From"]
    assert read(parser, write(tmp_path / "a.eml", mail.as_bytes())).guid == "1@weekly.example"
    del mail["Message-ID"]
    mail["From"] = "news@weekly.example"
    assert read(parser, write(tmp_path / "b.eml", mail.as_bytes())).guid == ""


def test_a_newsletter_of_html(parser: Parser, tmp_path: Path) -> None:
    html = "<p>“It stays open,” said <b>Ada Lindqvist</b>, mayor of the harbour, on Monday.</p><p>More.</p>"
    html += "<script>x</script>"
    article = read(parser, write(tmp_path / "a.eml", newsletter(html, plain="See the web page.").as_bytes()))
    assert article.text == "“It stays open,” said Ada Lindqvist, mayor of the harbour, on Monday.\n\nMore."


def test_what_a_newsletter_hides_and_says_of_its_mailing_is_no_text(parser: Parser, tmp_path: Path) -> None:
    said = "<p>The harbour stays open, the mayor said on Monday.</p><p>The ferries sail as before.</p>"
    notes = "<p>You get this mail because you signed up. <a href='/u'>Unsubscribe</a></p><p>Weekly Ltd, 1 Quay</p>"
    hidden = "<div style='display: none; max-height: 0'>A line for lists of mails</div>"
    html = f"<body>{hidden}<p><a href='/1'>Im Browser ansehen</a></p>{said}{notes}</body>"
    assert read(parser, write(tmp_path / "a.eml", newsletter(html, plain="Short.").as_bytes())).text == TEXT


@pytest.mark.parametrize(
    "paragraph",
    [
        "Whoever wants to unsubscribe from the list of members has to write to the council, the mayor said on Monday.",
        "“We will show the plan next week, and you will be able to view online what it says on the harbour and on the "
        "ferries,” said Ada Lindqvist.",
    ],
)
def test_a_newsletter_on_mailings_stays_whole(parser: Parser, tmp_path: Path, paragraph: str) -> None:
    plain = "\n\n".join([paragraph, *(f"Paragraph {number} is about it, too." for number in range(6))])
    assert read(parser, write(tmp_path / "a.eml", newsletter(plain=plain).as_bytes())).text == plain


def test_a_header_that_takes_minutes_to_parse_is_left_out(parser: Parser, tmp_path: Path) -> None:
    head = b"From: %b\nSubject: %b\n\nThe harbour stays open." % (b"(" * 100_000, b"=?x-none?b?YQ==?= " * 40_000)
    article = read(parser, write(tmp_path / "a.eml", head))
    assert (article.title, article.text) == ("", "The harbour stays open.")


@pytest.mark.slow
def test_a_large_attachment_does_not_hide_the_text(parser: Parser, tmp_path: Path) -> None:
    mail = newsletter()
    mail.add_attachment(bytes(range(256)) * 40_000, maintype="image", subtype="png", filename="a.png")
    assert read(parser, write(tmp_path / "a.eml", mail.as_bytes())).text == TEXT


def test_an_encoding_that_lies_or_does_not_exist(parser: Parser, tmp_path: Path) -> None:
    head = b"Subject: A\nContent-Type: text/plain; charset=%s\nContent-Transfer-Encoding: 8bit\n\n"
    for charset in (b"us-ascii", b"klingon", b"utf-8"):
        article = read(parser, write(tmp_path / "a.eml", head % charset + "Käse am Hafen".encode()))
        assert article.text == "Käse am Hafen"
    assert read(parser, write(tmp_path / "b.eml", head % b"utf-8" + "Käse".encode("latin-1"))).text == "Käse"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is no e-mail: it has no headers"),
        (b"Subject: A\n\n \n", "has no text"),
        (b"From: [\nDate: never\nSubject: =?x?q?=\nContent-Type: multipart/mixed\n\n", "has no text"),
        (b"Subject: A\nContent-Type: image/png\n\nAAAA", "has no text"),
    ],
)
def test_mails_that_are_no_articles(parser: Parser, tmp_path: Path, content: bytes, complaint: str) -> None:
    assert refused(parser, write(tmp_path / "a.eml", content)).endswith(complaint)


def test_a_maildir(tmp_path: Path) -> None:
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "INBOX" / folder).mkdir(parents=True)
    write(tmp_path / "INBOX" / "cur" / "1.host:2,S", newsletter().as_bytes())
    write(tmp_path / "INBOX" / "new" / "2.host", newsletter(plain="Another letter of the week.").as_bytes())
    write(tmp_path / "INBOX" / "tmp" / "3.host", b"Subject: half")
    texts = [each.text for each in articles(tmp_path, lambda: NOON) if isinstance(each, Article)]
    assert texts == [TEXT, "Another letter of the week."]


VTT = """WEBVTT - the interview

NOTE nobody reads
this note

STYLE
::cue { color: red }

1
00:00:01.000 --> 00:00:04.000 align:start
<v Ada Lindqvist>We will keep the <c.loud>harbour</c>

00:00:04.000 --> 00:00:06.000
<v Ada Lindqvist>open through the winter.

01:00:06.000 --> 01:00:08.000
<v.first Bo Ek>I disagree
with the mayor.

01:00:08.000 --> 01:00:10.000
- Why?
- Because.
"""

SRT = """1\r
00:00:01,000 --> 00:00:04,000\r
>> ADA LINDQVIST: <i>We will keep</i>\r
the harbour open.\r
\r
2\r
00:00:04,000 --> 00:00:06,000\r
BO EK: I disagree.\r
"""


def test_a_turn_without_the_end_of_a_sentence_is_cut_into_paragraphs(parser: Parser, tmp_path: Path) -> None:
    cue = "00:00:00.000 --> 00:00:00.900\nwords that go on and on\n\n"
    article = read(parser, write(tmp_path / "a.vtt", "WEBVTT\n\n" + cue * 1_000))
    assert 4 <= len(article.text.split("\n\n")) <= 6
    assert article.text.count("on and on") == 1_000


def test_subtitles(parser: Parser, tmp_path: Path) -> None:
    assert read(parser, write(tmp_path / "a.vtt", VTT)).text == (
        "Ada Lindqvist: We will keep the harbour open through the winter.\n\nBo Ek: I disagree with the mayor."
        "\n\nWhy?\n\nBecause."
    )
    assert read(parser, write(tmp_path / "a.srt", SRT)).text == (
        "ADA LINDQVIST: We will keep the harbour open.\n\nBO EK: I disagree."
    )


def test_a_long_turn_has_paragraphs_that_end_with_sentences(parser: Parser, tmp_path: Path) -> None:
    cues = "".join(f"00:00:{n:02}.000 --> 00:00:{n:02}.900\n{'word ' * 30}end.\n\n" for n in range(30))
    article = read(
        parser, write(tmp_path / "a.vtt", f"WEBVTT\n\n00:00:00.000 --> 00:00:00.900\n<v Ada>Well,\n\n{cues}")
    )
    parts = article.text.split("\n\n")
    assert len(parts) > 5
    assert all(part.startswith("Ada: ") and part.endswith("end.") for part in parts)


AKOMA = """<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0"><debate><meta>
<identification><FRBRWork><FRBRdate date="2026-03-02" name="sitting"/></FRBRWork></identification>
<references><TLCPerson eId="lindqvist" href="/p/1" showAs="Ada Lindqvist"/></references></meta>
<preface><p><docTitle>Debate on the harbour</docTitle></p></preface><debateBody>
<speech by="#lindqvist"><from>The Mayor:</from><p>The harbour <i>stays</i> open.</p><p>So do the ferries.</p></speech>
<speech by="#other"><from>Bo Ek:</from><p>I disagree.</p></speech></debateBody></debate></akomaNtoso>"""

PARLAMINT = """<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><titleStmt><title>Sitting 7</title></titleStmt>
<date when="2026-03-02"/><person xml:id="LindqvistAda"><persName><surname>Lindqvist</surname><forename>Ada</forename>
</persName></person></teiHeader><text><u who="#LindqvistAda"><seg>The harbour stays open.</seg><note>Applause</note></u>
<u who="#EkBo"><seg>I disagree.</seg></u></text></TEI>"""


@pytest.mark.parametrize(
    ("source", "title", "text"),
    [
        (
            AKOMA,
            "Debate on the harbour",
            "Ada Lindqvist: The harbour stays open.\n\nAda Lindqvist: So do the ferries.\n\nBo Ek: I disagree.",
        ),
        (PARLAMINT, "Sitting 7", "Ada Lindqvist: The harbour stays open.\n\nEk Bo: I disagree."),
    ],
)
def test_records_of_parliaments(parser: Parser, tmp_path: Path, source: str, title: str, text: str) -> None:
    article = read(parser, write(tmp_path / "a.xml", source))
    assert (article.title, article.text) == (title, text)
    assert article.published == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize("place", ["ParlaMint-XX-listPerson.xml", "2026/ParlaMint-XX-listPerson.xml"])
def test_the_persons_of_a_corpus_are_in_a_file_of_their_own(parser: Parser, tmp_path: Path, place: str) -> None:
    (tmp_path / "2026").mkdir()
    persons = """<?xml version="1.0"?><listPerson xmlns="http://www.tei-c.org/ns/1.0"><person xml:id="EkBo"><persName>
    <surname>Ek</surname><forename>Bo</forename></persName></person></listPerson>"""
    write(tmp_path / place, persons)
    article = read(parser, write(tmp_path / "2026" / "ParlaMint-XX_2026-03-02.xml", PARLAMINT))
    assert article.text == "Ada Lindqvist: The harbour stays open.\n\nBo Ek: I disagree."


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.vtt", "WEBVTT\n\nno times\n", "has no speech"),
        ("a.xml", "<rss/>", "has no speech"),
        ("a.xml", "<a>", "is not XML"),
        (
            "a.xml",
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><u><seg>&x;</seg></u></a>',
            "has no speech",
        ),
        ("a.pdf", b"%PDF-1.4 nothing", "cannot be read as PDF"),
    ],
)
def test_files_without_an_article(
    parser: Parser, tmp_path: Path, name: str, content: bytes | str, complaint: str
) -> None:
    assert complaint in refused(parser, write(tmp_path / name, content))


def pdf(*lines: str, title: str = "Press release") -> bytes:
    """A PDF of one page with these lines, written by hand."""
    shown = " ".join(f"({line}) Tj 0 -14 Td" for line in lines)
    stream = f"BT /F1 12 Tf 72 720 Td {shown} ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<</Title({title})/CreationDate(D:20260302120000Z)>>".encode(),
    ]
    out, places = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, io.SEEK_END)
    for number, each in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, each))
    start = out.tell()
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out.write(b"xref\n0 7\n0000000000 65535 f \n%b" % table)
    out.write(b"trailer<</Size 7/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODF = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
ODF += ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'


def packed(part: str, content: str) -> bytes:
    """A document of one part, as DOCX and ODT are."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, content)
    return body.getvalue()


def docx(*paragraphs: str) -> bytes:
    return packed("word/document.xml", f"<w:document {WORD}><w:body>{''.join(paragraphs)}</w:body></w:document>")


def paragraph(text: str, style: str = "Normal") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def test_a_word_document(parser: Parser, tmp_path: Path) -> None:
    changed = """<w:p><w:r><w:t>The ferries</w:t></w:r><w:del><w:r><w:delText> do not</w:delText></w:r></w:del>
    <w:r><w:tab/><w:t>sail as before.</w:t></w:r></w:p>"""
    said = paragraph("The harbour stays open, the mayor said on Monday.")
    article = read(parser, write(tmp_path / "a.docx", docx(paragraph("Harbour", "Heading1"), said, changed)))
    assert (article.title, article.text, article.published) == ("Harbour", TEXT, None)
    assert read(parser, write(tmp_path / "b.docx", docx(said))).text == TEXT.partition("\n")[0]


def test_an_opendocument_text(parser: Parser, tmp_path: Path) -> None:
    said = "<text:p>The harbour<text:s/>stays <text:span>open</text:span>, the mayor said on Monday.</text:p>"
    note = "<text:note><text:note-body><text:p>A footnote.</text:p></text:note-body></text:note>"
    text = f"<text:h>Harbour</text:h>{said}<text:p>The ferries sail{note} as before.</text:p>"
    content = f"<office:document-content {ODF}><office:body>{text}</office:body></office:document-content>"
    article = read(parser, write(tmp_path / "a.odt", packed("content.xml", content)))
    assert (article.title, article.text) == ("Harbour", TEXT)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"PK", "cannot be read as DOCX or ODT"),
        (packed("other.xml", "<a/>"), "cannot be read as DOCX or ODT"),
        (packed("content.xml", "<a>"), "cannot be read as DOCX or ODT"),
        (docx(), "has no text"),
        (packed("word/document.xml", " " * 50_000_001), "has more than 50,000,000 bytes once unpacked"),
    ],
)
def test_documents_that_cannot_be_read(parser: Parser, tmp_path: Path, content: bytes, complaint: str) -> None:
    assert complaint in refused(parser, write(tmp_path / "a.docx", content))


def test_a_pdf(parser: Parser, tmp_path: Path) -> None:
    file = write(tmp_path / "a.pdf", pdf("The harbour stays open, the may-", "or said on Monday", "evening."))
    article = read(parser, file)
    assert (article.title, article.text) == (
        "Press release",
        "The harbour stays open, the mayor said on Monday evening.",
    )
    assert article.published == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert read(parser, write(tmp_path / "b.pdf", pdf("Words.", title="Microsoft Word - a.docx"))).title == ""
    assert refused(parser, write(tmp_path / "c.pdf", pdf(""))).endswith("has no text; it may be a scan")
