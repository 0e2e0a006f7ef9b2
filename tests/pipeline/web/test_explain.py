"""The explain view shows all, stands alone, and runs nothing."""

import re
from dataclasses import replace
from html.parser import HTMLParser

from pipeline.model import Document
from pipeline.web.explain import explain_html, explain_text
from tests import examples

HOSTILE = "<script>alert(1)</script>\" onmouseover='x' & <img src=x onerror=alert(1)> {{ 7*7 }}"


class Text(HTMLParser):
    """The article's text as a reader sees it, the references left out; and every tag and address."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.shown = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in ("meta", "br", "link", "input"):
            self._open.append(dict(attrs).get("class") or "")

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if "text" in self._open and not any(name.startswith("ref") for name in self._open):
            self.shown += data


def read(page: str) -> Text:
    reader = Text()
    reader.feed(page)
    return reader


def hostile() -> Document:
    article = examples.article(url="javascript:alert(1)", text=f"{HOSTILE} said Ada.", title=HOSTILE, source=HOSTILE)
    article = replace(article, authors=(HOSTILE,), marks=(HOSTILE,), language='"><script>')
    quote = examples.quote(article, HOSTILE, speaker_name=HOSTILE, speaker_id=HOSTILE, about=(HOSTILE,))
    return Document(article=article, quotes=(quote,))


def test_the_page_shows_the_unchanged_text() -> None:
    assert read(explain_html(examples.document())).shown.strip() == examples.TEXT


def test_page_says_who_and_how_we_know() -> None:
    page = explain_html(examples.document())
    assert "<b>Ada Lindqvist</b>" in page
    assert "“Ada Lindqvist” (full-name)" in page
    assert "90\N{NO-BREAK SPACE}% sure" in page


def test_the_page_is_self_contained() -> None:
    reader = read(explain_html(examples.document()))
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    assert "url(" not in explain_html(examples.document())
    assert set(reader.addresses) == {"https://courier.example/harbour", "#quote1", "#at1"}


def test_hostile_words_stay_words() -> None:
    page = explain_html(hostile())
    reader = read(page)
    assert reader.shown.strip() == f"{HOSTILE} said Ada."
    assert "script" not in reader.tags
    assert "img" not in reader.tags
    assert not any(address.startswith("javascript") for address in reader.addresses)


def test_every_reference_has_its_place() -> None:
    page = explain_html(examples.document())
    for target in re.findall(r'href="#([^"]+)"', page) + re.findall(r'aria-describedby="([^"]+)"', page):
        assert f'id="{target}"' in page


def test_text_numbers_the_quotes() -> None:
    text = explain_text(examples.document())
    assert "[1 The harbour will stay open], Mayor Ada Lindqvist said on Monday." in text
    assert "1  Ada Lindqvist · indirect · 90\N{NO-BREAK SPACE}%" in text
    assert "speaker: “Ada Lindqvist” (full-name)" in text


def test_text_cannot_steer_a_terminal() -> None:
    article = examples.article(title="Harbour \x1b[2J\x1b]0;gone\x07 open", text="\x1b[31mred")
    assert "\x1b" not in explain_text(Document(article=article))


def test_an_empty_article_is_explained_too() -> None:
    empty = Document(article=examples.article(title="", text=""))
    assert "No quotes found." in explain_html(empty)
    assert explain_text(empty).startswith("courier.example")
