"""Documents for the index's contract, and questions about them."""

from dataclasses import replace
from datetime import datetime

from pipeline.model import Article, Document, Quote
from pipeline.model.query import Collection, Order, Page, Search
from pipeline.search.query import parse
from tests import examples
from tests.pipeline.ports.adapters import WholeIndex


def article(name: str, text: str = "Nothing was said.", **changes: object) -> Article:
    plain = examples.article(f"https://courier.example/{name}", text=text, title=name, language="en")
    return replace(plain, **changes)  # type: ignore[arg-type]  # what the test names


def document(of: Article, *parts: str, **changes: object) -> Document:
    """The article with a quote of each of these parts of its text."""
    return Document(article=of, quotes=tuple(quote(of, part, **changes) for part in parts))


def quote(of: Article, part: str, **changes: object) -> Quote:
    return examples.quote(of, part, **changes)


def said(name: str, words: str, **changes: object) -> Document:
    """An article that is one quote."""
    return document(article(name, words), words, **changes)


def seen(name: str, when: datetime) -> Document:
    """An article first seen then, with one quote."""
    return document(article(name, name, first_seen=when, published=None), name)


def ask(
    index: WholeIndex, query: str = "", collection: Collection = "quotes", order: Order = "newest", **more: object
) -> Page:
    return index.search(
        Search(collection=collection, query=parse(query), order=order, **more)  # type: ignore[arg-type]  # what the test names
    )


def texts(page: Page) -> list[str]:
    return [hit.text for hit in page.hits]
