"""The article of a page, without what surrounds it."""

import pytest

from connectors.feeds.workers import Parser
from pipeline.errors import InputError

SENTENCES = [f"Paragraph {n} of the story says that the harbour will stay open all winter long." for n in range(4)]
PAGE = f"""<html><head><title>T</title></head><body><nav><ul><li><a href="/">Home</a></li></ul></nav><article><h1>T</h1>
{"".join(f"<p>{sentence}</p>" for sentence in SENTENCES)}</article><aside>Most read: other things</aside>
<script>track()</script></body></html>"""


def test_the_article_of_a_page(parser: Parser) -> None:
    text = parser.page(PAGE.encode(), "text/html", "https://courier.example/1")
    assert text.endswith("\n\n".join(SENTENCES))
    assert "Most read" not in text


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x00\xff\xfe", b"%PDF-1.7"])
def test_a_page_without_an_article(parser: Parser, body: bytes) -> None:
    with pytest.raises(InputError, match=r"^https://courier\.example/1 holds no article$"):
        parser.page(body, "text/html", "https://courier.example/1")
