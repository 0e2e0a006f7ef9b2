"""The authors of an article: the people who sign it, if the site names itself as the author."""

import pytest

from connectors.pages.fulltext import page

STORY = "".join(
    f"<p>Paragraph {n} of a story about the harbour, which stays open all winter long.</p>" for n in range(4)
)
URL = "https://www.courier.example/1"


def authors(author: str, signed: str, *, last: str = "") -> tuple[str, ...]:
    head = f'<meta name="author" content="{author}"><meta property="og:site_name" content="The Courier">'
    source = f"<html><head><title>T</title>{head}</head><body><article>{signed}{STORY}{last}</article></body></html>"
    return page(source.encode(), "text/html", URL).authors


@pytest.mark.parametrize("author", ["The Courier", "courier", "Courier A"])
@pytest.mark.parametrize(
    ("signed", "last"),
    [
        ('<div>by <a href="/authors/ada-lindqvist">Ada Lindqvist</a></div>', ""),
        ("<p><strong>Ada Lindqvist&nbsp;</strong></p>", ""),
        ("", "<p><b>Ada Lindqvist</b></p>"),
    ],
)
def test_a_signature_comes_before_the_name_of_the_site(author: str, signed: str, last: str) -> None:
    assert authors(author, signed, last=last) == ("Ada Lindqvist",)


@pytest.mark.parametrize(
    "signed",
    [
        "",
        "<p><strong>Harbour news of the day</strong></p>",
        "<p><strong>Ada Lindqvist</strong> reports.</p>",
        '<a href="/authors/">All authors</a>',
        "".join(f'<a href="/author/{n}">{name} Ek</a>' for n, name in enumerate(("Ada", "Bo", "Eva", "Per"))),
    ],
)
def test_without_a_signature_the_author_is_the_site(signed: str) -> None:
    assert authors("The Courier", signed) == ("The Courier",)


def test_a_declared_author_stays() -> None:
    assert authors("Bo Ek", '<a href="/authors/ada">Ada Lindqvist</a>') == ("Bo Ek",)
