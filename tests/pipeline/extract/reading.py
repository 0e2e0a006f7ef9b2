"""Shared helpers of the tests of extraction: a text in, its quotes out, short enough to compare."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from pipeline.extract import extractor
from pipeline.languages import text_of, with_file
from pipeline.model import Actor, Article, Document, Quote

NOW = datetime(2024, 5, 1, tzinfo=UTC)


def tables(name: str) -> list[str]:
    """The codes of the languages whose file has this table, without the time that reading TOML takes."""
    texts = {code: text_of(code, "extract.toml") for code in with_file("extract.toml") if len(code) == 2}
    return sorted(code for code, text in texts.items() if re.search(rf"^\[{name}[.\]]", text, re.MULTILINE))


def read(text: str, actors: Sequence[Actor] = (), language: str = "en", title: str = "", source: str = "s") -> Document:
    """The text as an article, read."""
    article = Article(id="a", source=source, title=title, text=text, first_seen=NOW, fetched=NOW, language=language)
    return extractor(actors)(Document(article=article))


def quotes(text: str, language: str = "en") -> tuple[Quote, ...]:
    """The quotes of the text."""
    return read(text, language=language).quotes


def only(text: str) -> Quote:
    """The one quote that the text must hold."""
    found = quotes(text)
    assert len(found) == 1, [quote.text for quote in found]
    return found[0]


def parts(quote: Quote, text: str) -> list[str]:
    """The wording of the quote's fragments."""
    return [text[start:end] for start, end in quote.fragments]


def said(text: str) -> set[tuple[str, str]]:
    """Every speaker's name with what is given as theirs."""
    return {(quote.speaker_name, quote.content) for quote in quotes(text)}
