"""Bodies whose encoding is declared wrongly, twice or not at all still come out right."""

import pytest

from connectors.pages.encoding import decode

WORD = "“Käse” – ñ"
LATIN = "Käse ñ"


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (WORD.encode(), "", WORD),
        (WORD.encode(), "text/xml; charset=iso-8859-1", WORD),
        (f'<?xml version="1.0" encoding="iso-8859-1"?>{WORD}'.encode(), "text/xml", WORD),
        (LATIN.encode("latin-1"), "", LATIN),
        (LATIN.encode("latin-1"), "text/xml; charset=utf-8", LATIN),
        (WORD.encode("cp1252"), "text/xml; charset=iso-8859-1", WORD),
        ("“Ja” é ".encode() + b"\x93Ja\x94", "text/xml; charset=utf-8", "“Ja” é “Ja”"),
        ("“Ja” – “Ja”".encode()[:-1], "", "“Ja” – “Jaâ€"),
        ("Привет".encode("koi8-r"), 'text/html; charset="koi8-r"', "Привет"),
        ("Привет".encode("cp1251"), "", None),
        (b'<?xml version="1.0" encoding="windows-1251"?>' + "Привет".encode("cp1251"), "", "Привет"),
        (b'<html><meta charset="windows-1251">' + "Привет".encode("cp1251"), "", "Привет"),
        (
            f"<html>{' ' * 9_000}<meta charset='windows-1251'>Привет".encode("cp1251"),
            "",
            f"<html>{' ' * 9_000}<meta charset='windows-1251'>Привет",
        ),
        (WORD.encode("utf-8-sig"), "", WORD),
        (WORD.encode("utf-16"), "text/xml; charset=utf-8", WORD),
        (WORD.encode("utf-32"), "", WORD),
        ('<?xml version="1.0"?>ä'.encode("utf-16-le"), "", "ä"),
        ('<?xml version="1.0"?>ä'.encode("utf-16-be"), "", "ä"),
        ("日本".encode("iso2022_jp"), "text/xml; charset=iso-2022-jp", "日本"),
        ("日本".encode("shift_jis"), "text/xml; charset=shift_jis", "日本"),
    ],
)
def test_the_right_characters(body: bytes, content_type: str, expected: str | None) -> None:
    found = decode(body, content_type)
    assert expected is None or found.endswith(expected)


@pytest.mark.parametrize("declared", ["zlib", "rot13", "punycode", "idna", "undefined", "nonsense", "hex", "utf-7\x00"])
def test_an_unknown_encoding_is_passed_over(declared: str) -> None:
    assert decode(LATIN.encode("latin-1"), f"text/xml; charset={declared}") == LATIN


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Мэр заявил, что гавань останется открытой всю зиму.", "cp1251"),
        ("Мэр заявил, что гавань останется открытой всю зиму.", "koi8-r"),
        ("市長は月曜日、港は冬の間も開いていると述べた。", "cp932"),
        ("市長は月曜日、港は冬の間も開いていると述べた。", "euc_jp"),
        ("市长周一表示，港口整个冬天都会开放。", "gb18030"),
        ("시장은 월요일에 항구가 겨울 내내 열려 있을 것이라고 말했다.", "euc_kr"),
        ("La mairie a annoncé que le port resterait ouvert tout l’été, a-t-elle répété.", "cp1252"),
    ],
)
def test_an_undeclared_encoding_is_detected_by_the_words(text: str, encoding: str) -> None:
    page = f"<html><head><script>var tracked = 'a long script';</script></head><body><p>{text}</p></body></html>"
    assert decode((page * 3).encode(encoding), "text/html") == page * 3


def test_an_encoding_is_not_detected_from_a_few_words() -> None:
    assert decode("ÄÖÜ äöü ÄÖÜ".encode("cp1252")) == "ÄÖÜ äöü ÄÖÜ"


def test_bytes_that_fit_nowhere_are_replaced() -> None:
    assert decode(b"a\x81b") == "a\ufffdb"
    assert decode(b"\xff\xfea") == "\ufffd"
