"""Rebuilding the indices of Elasticsearch, on a real server."""

import threading
from dataclasses import replace

import pytest

from connectors.elasticsearch import generations
from connectors.elasticsearch import lifecycle as rebuilding
from connectors.elasticsearch.client import connect
from connectors.elasticsearch.index import ElasticsearchIndex
from connectors.elasticsearch.lifecycle import rebuild
from pipeline.errors import SettingsError, UsageError, WorldError
from pipeline.model import Decision, Document
from pipeline.settings.servers import Elasticsearch
from tests import examples
from tests.connectors.elasticsearch.conftest import now
from tests.pipeline.ports.asking import article, ask, document, said

pytestmark = pytest.mark.servers


def names(settings: Elasticsearch) -> list[str]:
    client = connect(settings)
    result = sorted(client.indices.get(index=f"{settings.prefix}*").body)
    client.close()
    return [name.removeprefix(settings.prefix) for name in result]


def revised() -> list[Document]:
    first = document(article("tram", "The tram stops. The tram runs."), "The tram stops.")
    later = replace(first.article, revision=2, text="The tram runs.")
    return [first, document(later, "The tram runs.")]


def test_a_rebuild_fills_indices_of_the_next_generation(index: ElasticsearchIndex, settings: Elasticsearch) -> None:
    entries: list[Document | Decision] = [examples.document(), examples.decision(), *revised()]
    index.add(entries)
    before = [ask(index, collection=collection) for collection in ("articles", "quotes", "statements")]
    page = ask(index, limit=1)
    output: list[int] = []

    assert rebuild(settings, now, output.append) == len(entries)

    assert [ask(index, collection=collection) for collection in ("articles", "quotes", "statements")] == before
    assert (*page.hits, *ask(index, cursor=page.cursor).hits) == before[1].hits
    assert [each.article.revision for each in index.documents(revised()[0].article.id)] == [1, 2]
    assert index.verdicts([examples.decision().report.quote.id])
    assert names(settings) == sorted(f"{name}-000002" for name in generations.COLLECTIONS)
    assert sum(output) >= len(entries)
    index.add([said("after", "words")])
    assert ask(index, "words").total == 1


def test_writes_during_a_rebuild_are_not_lost(
    index: ElasticsearchIndex, settings: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "_BATCH", 2)
    first, later = revised()
    index.add([first, *(said(f"{number}", f"word {number}") for number in range(5))])
    written = iter([[later], [said("b", "word b")], [said("c", "word c")]])

    def write(_: int) -> None:
        if entries := next(written, None):
            index.add(entries)

    rebuild(settings, now, write)

    assert ask(index, "word").total == 7
    assert [hit.text for hit in ask(index, "tram").hits] == ["The tram runs."]


def test_writers_wait_for_the_last_moment_and_searches_do_not(
    index: ElasticsearchIndex, settings: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add([said("a", "word a")])
    move = rebuilding._move

    def moved(*given: object) -> None:
        with pytest.raises(WorldError, match="cannot store now"):
            index.add([said("b", "word b")])
        assert ask(index, "word").total == 1
        move(*given)  # type: ignore[arg-type]  # what it was given

    monkeypatch.setattr(rebuilding, "_move", moved)
    rebuild(settings, now)
    index.add([said("b", "word b")])
    assert ask(index, "word").total == 2


def test_several_writers_lose_nothing(index: ElasticsearchIndex, settings: Elasticsearch) -> None:
    index.add([said("a", "word a")])
    ended = threading.Event()
    added: list[str] = []

    def write() -> None:
        while not ended.is_set():
            name = f"n{len(added)}"
            try:
                index.add([said(name, f"word {name}")])
            except WorldError:
                continue
            added.append(name)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        rebuild(settings, now)
    finally:
        ended.set()
        writer.join()
    assert ask(index, "word").total == len(added) + 1
    assert ask(index, "word", "articles").total == len(added) + 1


def test_an_interrupted_rebuild_changes_nothing_and_can_be_repeated(
    index: ElasticsearchIndex, settings: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add([said("a", "word")])

    def broken(*_: object) -> None:
        raise WorldError("the line is cut")

    with monkeypatch.context() as patched:
        patched.setattr(rebuilding, "_move", broken)
        with pytest.raises(WorldError, match="the line is cut"):
            rebuild(settings, now)
    index.add([said("b", "word")])
    assert ask(index, "word").total == 2
    assert rebuild(settings, now) == 2
    assert len(names(settings)) == len(generations.COLLECTIONS)


def test_less_than_there_was_is_not_put_in_its_place(
    index: ElasticsearchIndex, settings: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add([said("a", "word")])
    monkeypatch.setattr(rebuilding, "_add_records", lambda *_: None)
    with pytest.raises(WorldError, match=r"has 0 entries and .* 1"):
        rebuild(settings, now)
    assert ask(index, "word").total == 1


def test_an_index_of_another_version_asks_for_it(
    index: ElasticsearchIndex, settings: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add([said("a", "word")])
    monkeypatch.setattr(generations, "VERSION", generations.VERSION + 1)
    newer = ElasticsearchIndex(settings, now)
    needed = generations.VERSION
    wrong = f"has version {needed - 1}, but this program needs {needed}; run `onrecord index rebuild`"
    with pytest.raises(SettingsError, match=wrong):
        ask(newer, "word")
    rebuild(settings, now)
    assert ask(newer, "word").total == 1
    newer.close()


def test_without_an_index_there_is_nothing_to_rebuild(settings: Elasticsearch) -> None:
    with pytest.raises(
        UsageError, match="articles' should be indices of On the Record behind an alias, and is not there"
    ):
        rebuild(settings, now)
