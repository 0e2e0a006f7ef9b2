"""The steps between the logs limit what one article may cost."""

from dataclasses import replace

from pipeline.run.steps import MOST_QUOTES, limited
from tests.examples import article, document, quote


def test_an_article_has_a_bounded_number_of_quotes_and_says_so() -> None:
    of = article()
    whole = replace(document(of), quotes=(quote(of),) * MOST_QUOTES)
    assert limited(whole) == whole
    cut = limited(replace(whole, quotes=(*whole.quotes, quote(of))))
    assert cut.quotes == whole.quotes
    assert cut.article.marks == (*of.marks, "quotes-cut")
