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
def test_what_is_no_encoding_is_passed_over(declared: str) -> None:
    assert decode(LATIN.encode("latin-1"), f"text/xml; charset={declared}") == LATIN


def test_bytes_that_fit_nowhere_are_replaced() -> None:
    assert decode(b"a\x81b") == "a\ufffdb"
    assert decode(b"\xff\xfea") == "\ufffd"
