"""Markup that trafilatura alone would lose text of."""

import pytest

from connectors.feeds.parser import Parser

PROSE = "Paragraph %d of the story says that the harbour will stay open all winter long, whatever the weather may be."
STORY = [PROSE % number for number in range(4)]
_PARAGRAPHS = "".join(f"<p>{one}</p>" for one in STORY)


def read(parser: Parser, inner: str) -> list[str]:
    source = f"<html><body><main><h1>T</h1>{inner}</main></body></html>"
    return parser.page(source.encode(), "text/html", "https://a.example/1").text.split("\n\n")


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("<p><q>It will stay open,</q> said Ada Lindqvist.</p>", "“It will stay open,” said Ada Lindqvist."),
        ("<p><span aria-hidden='true'>T</span><span>he harbour is ours.</span></p>", "The harbour is ours."),
        ("<p>“It will stay<br>open all<br>winter,” she said.</p>", "“It will stay open all winter,” she said."),
        ("<ul><li>“It is our bus,” said Bo Ek of the island.</li></ul>", "“It is our bus,” said Bo Ek of the island."),
        (f"<div><ol><li>{PROSE % 7}</li></ol>{PROSE % 8}<br><ul><li>{PROSE % 9}</li></ul></div>", PROSE % 8),
        ("<p>The har&shy;bour is&nbsp;our&#8203;s.</p>", "The harbour is ours."),
        ("<blockquote><p>“Ours.”</p><footer>— Ada Lindqvist</footer></blockquote>", "— Ada Lindqvist"),
    ],
)
def test_nothing_is_lost(parser: Parser, part: str, text: str) -> None:
    assert text in read(parser, _PARAGRAPHS + part)


def test_prose_is_read_whatever_its_box_is_called(parser: Parser) -> None:
    assert STORY[0] in read(
        parser, f"<div class='rich iconLinks lg-bar'>{_PARAGRAPHS}</div><div>{_PARAGRAPHS.replace('0', '7')}</div>"
    )


def test_text_in_div_elements_only_is_read(parser: Parser) -> None:
    inner = "".join(f"<div class='x'>{one}</div>" for one in STORY)
    cards = "".join(
        f"<div class='c'><a href='/{n}'><h3>Card {n}</h3></a><p>What it is all about.</p></div>" for n in range(3)
    )
    assert read(parser, f"<div>{inner}</div><div>{cards}</div>")[-4:] == STORY
