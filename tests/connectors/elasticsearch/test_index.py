"""The index on Elasticsearch beyond its contract, on a real server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.elasticsearch import store
from connectors.elasticsearch.index import ElasticsearchIndex
from pipeline.errors import RejectedError, UsageError, WorldError
from pipeline.model import EPOCH
from pipeline.model.values import article_bucket
from pipeline.settings.servers import Elasticsearch
from tests import examples
from tests.connectors.elasticsearch.conftest import now
from tests.pipeline.ports.asking import article, ask, document, said

pytestmark = pytest.mark.servers


def test_a_new_client_sees_everything_stored_before(index: ElasticsearchIndex, settings: Elasticsearch) -> None:
    first, second = examples.document(examples.article("https://courier.example/1")), examples.decision()
    index.add([first, second])
    begun = ElasticsearchIndex(settings, now)
    assert begun.buckets_of_articles() == {article_bucket(first.article.id)}
    assert begun.speakers() == {second.report.quote.speaker_id}
    existing = begun.revisions_in(article_bucket(first.article.id))
    decided = begun.said_before(second.report.quote.speaker_id, EPOCH)
    begun.close()
    assert [each.number for each in existing[first.article.id]] == [first.article.revision]
    assert decided == [second]


def test_newest_first_is_listed_however_deep(index: ElasticsearchIndex) -> None:
    long = article("minutes", " ".join(f"sentence{number}" for number in range(10_100)))
    index.add([document(long, *long.text.split())])
    result, cursor = [], ""
    for _ in range(3):
        page = ask(index, limit=5_000, cursor=cursor)
        result += [hit.text for hit in page.hits]
        cursor = page.cursor
    assert result == long.text.split()
    assert cursor == ""


def test_a_document_added_again_stays_behind_the_cursor(index: ElasticsearchIndex) -> None:
    index.add([said("a", "first"), said("b", "second")])
    page = ask(index, limit=1)
    index.add([said("a", "first"), said("b", "second")])
    after = ask(index, limit=1, cursor=page.cursor)
    assert {hit.text for hit in (*page.hits, *after.hits)} == {"first", "second"}


def test_a_rejected_document_is_named_and_the_others_are_stored(index: ElasticsearchIndex) -> None:
    beyond = document(article("a", "far", first_seen=datetime.max.replace(tzinfo=UTC)), "far")
    wrong = replace(beyond, article=replace(beyond.article, revision=2**40))
    with pytest.raises(RejectedError, match="will not take 1 of 2 entries") as output:
        index.add([wrong, said("b", "near")])
    assert list(output.value.reasons) == [wrong.article.id]
    assert [hit.text for hit in ask(index).hits] == ["near"]


def test_a_call_that_broke_off_is_mended_by_its_repetition(
    index: ElasticsearchIndex, settings: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise WorldError("the line is cut")

    with monkeypatch.context() as patched:
        patched.setattr(ElasticsearchIndex, "_put_quotes", broken)
        with pytest.raises(WorldError):
            index.add([examples.document()])
    index.add([examples.document()])
    assert ask(index, "harbour").total == 1


def test_a_long_call_is_split(index: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.elasticsearch.client._CHUNK_BYTES", 20_000)
    index.add([said(f"{number}", f"word {number} " + "and so on " * 300) for number in range(50)])
    assert ask(index, "word", "articles").total == 50


def test_a_word_of_any_length_is_found(index: ElasticsearchIndex) -> None:
    index.add([said("a", "x" * 100_000 + " ferry")])
    assert ask(index, "ferry").total == 1


def test_relevance_is_not_listed_without_end(index: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("connectors.elasticsearch.search._WINDOW", 10)
        index.add([said(f"{number}", "word") for number in range(12)])
        page = ask(index, "word", order="relevance", limit=6)
        with pytest.raises(UsageError, match="by relevance no more than 10"):
            ask(index, "word", order="relevance", limit=6, cursor=page.cursor)
    with pytest.raises(UsageError, match="should be at most"):
        ask(index, "word", limit=10_000)


def test_all_records_are_read_however_many(index: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_PAGE", 3)
    first = examples.decision()
    repeats = [
        replace(
            first,
            report=examples.report(examples.article(f"https://{number}.example/")),
            verdict="repeated",
            offset=number // 2,
        )
        for number in range(1, 11)
    ]
    index.add([first, *repeats])
    result = index.decisions(first.statement.id)
    assert {each.report.article.id for each in result} == {each.report.article.id for each in [first, *repeats]}
    assert [each.offset for each in result] == sorted(each.offset for each in [first, *repeats])
    assert len(index.said("ada-lindqvist", examples.NOON - timedelta(days=1))) == 11
