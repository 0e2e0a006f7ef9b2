"""The steps between the logs limit what one article may cost."""

from dataclasses import replace
from functools import partial

import pytest

from pipeline.extract.compose import extractor
from pipeline.model import Document
from pipeline.ports import Record
from pipeline.run import steps
from pipeline.run.steps import MOST_QUOTES, limited
from pipeline.statements import meaning
from tests.examples import NOON, actor, article, calls, document, quote
from tests.pipeline.statements.test_remember import decide, said


def test_an_article_has_a_bounded_number_of_quotes_and_says_so() -> None:
    of = article()
    whole = replace(document(of), quotes=(quote(of),) * MOST_QUOTES)
    assert limited(whole) == whole
    cut = limited(replace(whole, quotes=(*whole.quotes, quote(of))))
    assert cut.quotes == whole.quotes
    assert cut.article.marks == (*of.marks, "quotes-cut")


SHORT_QUOTES = (
    "“The ferry of harbour {} stays open,” Ada Lindqvist said.\n\n",
    "“It stays open,” Ada Lindqvist said. ",
    "“No,” said Ada Lindqvist, mayor of Easton{}. ",
)


@pytest.mark.slow
@pytest.mark.parametrize("sentence", SHORT_QUOTES)
def test_the_work_of_an_article_grows_with_its_length_and_no_faster(sentence: str) -> None:
    extract = extractor((actor(),))
    short, long = ("".join(sentence.format(number) for number in range(count)) for count in (300, 1_200))
    once, again = (calls(partial(extract, Document(article=article(text=text)))) for text in (short, long))
    assert again / once < 1.2 * len(long) / len(short)


@pytest.mark.slow
def test_the_work_of_a_report_does_not_grow_with_the_number_of_quotes() -> None:
    """Short quotes of one speaker, which share their words, are compared with a few others each."""
    texts = [f"The ferry of harbour {number} stays {'open' if number % 3 else 'shut'}." for number in range(400)]
    meaning.forget(for_good=True)
    try:
        _, memory = decide(said(text, "one") for text in texts[:100])
        once = calls(lambda: decide([said(text, "one") for text in texts[180:200]], memory))
        _, memory = decide(said(text, "one") for text in texts[:380])
        again = calls(lambda: decide([said(text, "one") for text in texts[380:]], memory))
    finally:
        meaning.forget()
    assert again < 2 * once


def test_leads_that_sum_up_a_quote_are_no_statements() -> None:
    text = (
        "VALLBY (NW) - The old ice rink will be torn down in the spring, Mayor Ada Lindqvist said on Monday.\n\n"
        "“We will tear down the ice rink in the spring,” Lindqvist said."
    )
    record = Record("articles", 0, 0, NOON, "key", b"", {})
    done = steps.document(record, article(text=text), extractor([actor()]))
    assert isinstance(done, Document)
    assert [(each.kind, each.statement) for each in done.quotes] == [("indirect", False), ("direct", True)]
