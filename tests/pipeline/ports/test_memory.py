"""The contract of Memory and Archive."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.model import Decision
from pipeline.ports import Revision
from tests import examples
from tests.examples import NOON
from tests.pipeline.ports.adapters import WholeIndex

HOUR = timedelta(hours=1)
FIRST = examples.decision()
"""The decision that the example's statement is new."""


def repeat(name: str, *, offset: int, hours: int = 0) -> Decision:
    """A later report of the example's statement, in another article."""
    article = examples.article(f"https://{name}.example/", source=name, first_seen=NOON + hours * HOUR)
    return replace(FIRST, report=examples.report(article), verdict="repeated", how="same words", offset=offset)


def test_an_empty_index_has_no_memory(index: WholeIndex) -> None:
    assert index.documents("unknown") == []
    assert index.decisions("unknown") == []
    assert index.revisions(["unknown"]) == {}
    assert index.verdicts(["unknown"]) == {}
    assert index.said("unknown", NOON) == []


def test_a_document_is_read_back_whole(index: WholeIndex) -> None:
    document = examples.document(examples.article(authors=("Ö. Å",), marks=("no-date",), published=None))
    index.add([document])
    assert index.documents(document.article.id) == [document]


def test_all_revisions_are_stored_oldest_first(index: WholeIndex) -> None:
    first = examples.document()
    second = replace(examples.document(examples.article(title="Harbour closes", revision=2)), origin="articles/0/7")
    index.add([second])
    index.add([first, second])
    assert index.documents(first.article.id) == [first, second]
    assert index.revisions([first.article.id, "unknown"]) == {
        first.article.id: (
            Revision(first.article.digest, 1, "articles/0/0"),
            Revision(second.article.digest, 2, "articles/0/7"),
        )
    }


def test_a_stored_revision_is_not_replaced(index: WholeIndex) -> None:
    document = examples.document()
    index.add([document])
    index.add([replace(document, origin="elsewhere", quotes=())])
    assert index.documents(document.article.id) == [document]


@pytest.mark.slow
@pytest.mark.slow
def test_a_text_of_ten_megabytes_is_stored(index: WholeIndex) -> None:
    document = examples.document(
        examples.article(text=examples.TEXT + " 李 harbourmaster" * 2 + " unimpressionable" * 600_000)
    )
    index.add([document])
    assert index.documents(document.article.id) == [document]


def test_decisions_are_found_by_statement_and_by_quote(index: WholeIndex) -> None:
    later, early = repeat("gazette.example", offset=9), repeat("herald.example", offset=5)
    index.add([FIRST, later, early])
    assert index.decisions(FIRST.statement.id) == [FIRST, early, later]
    assert index.verdicts([early.report.quote.id, "unknown"]) == {early.report.quote.id: early}


def test_several_articles_and_statements_are_read_in_one_call(index: WholeIndex) -> None:
    first, other = examples.document(), examples.document(examples.article("https://gazette.example/"))
    second = replace(examples.document(examples.article(title="Harbour closes", revision=2)), origin="articles/0/7")
    changed = replace(FIRST.statement, id="changed", changed_from=FIRST.statement.id)
    later = replace(repeat("gazette.example", offset=9), statement=changed, verdict="changed")
    index.add([second, other, first, later, FIRST])
    read = index.documents(other.article.id, first.article.id, "unknown")
    assert [document for document in read if document.article.id == first.article.id] == [first, second]
    assert len(read) == 3
    assert index.decisions("changed", FIRST.statement.id, "unknown") == [FIRST, later]
    assert index.documents() == []
    assert index.decisions() == []


def test_a_quote_keeps_its_first_verdict(index: WholeIndex) -> None:
    index.add([FIRST])
    index.add([replace(FIRST, verdict="repeated", how="otherwise")])
    assert index.verdicts([FIRST.report.quote.id]) == {FIRST.report.quote.id: FIRST}
    assert index.decisions(FIRST.statement.id) == [FIRST]


def test_reports_of_a_speaker_since_a_time_come_in_log_order(index: WholeIndex) -> None:
    old = repeat("old.example", offset=1, hours=-1)
    at, late = repeat("at.example", offset=3), repeat("late.example", offset=2, hours=5)
    other = replace(
        examples.report(quote_other := examples.article("https://other.example/")),
        quote=replace(examples.quote(quote_other), speaker_id="somebody-else"),
    )
    index.add([old, at, late, examples.decision(other)])
    assert index.said("ada-lindqvist", NOON) == [late, at]


def test_one_call_takes_documents_and_decisions(index: WholeIndex) -> None:
    index.add([examples.document(), FIRST])
    assert len(index.documents(FIRST.report.article.id)) == len(index.decisions(FIRST.statement.id)) == 1
