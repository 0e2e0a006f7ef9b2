"""Trouble with Elasticsearch: servers that are away or replaced, indices that are locked or belong to others."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

import pytest

from connectors.elasticsearch import generations
from connectors.elasticsearch.client import connect
from connectors.elasticsearch.index import ElasticsearchIndex
from pipeline.errors import RejectedError, SettingsError, WorldError
from pipeline.settings.servers import Elasticsearch
from tests import examples, servers
from tests.connectors.elasticsearch.conftest import now
from tests.connectors.loopback import Route, answer, serving
from tests.pipeline.ports.asking import ask, said

pytestmark = pytest.mark.servers

_OLD = '{"error": {"type": "media_type_header_exception", "reason": "Invalid media-type value"}, "status": 406}'


def test_a_server_that_is_not_there_is_named_and_may_come_back(settings: Elasticsearch) -> None:
    output = set()
    with socket.socket() as taken:  # by one that does not listen, so that nobody else does
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        away = ElasticsearchIndex(settings.model_copy(update={"url": f"http://127.0.0.1:{port}"}), now)
        for _ in range(3):
            with pytest.raises(WorldError, match=rf"1:{port} \(elasticsearch\.url\) cannot be reached") as error:
                away.add([examples.document()])
            output.add(str(error.value))
        away.close()
    assert len(output) == 1, "told anew on every try"


@pytest.mark.parametrize(
    ("route", "told"),
    [
        (
            answer(_OLD, 406, content_type="application/json"),
            "is of a version before 8, or a fork: 406 media_type_header_exception",
        ),
        (
            answer('{"onrecord": {"mappings": {}}}', content_type="application/json"),
            "is something else",
        ),  # an early 7.x, and forks of it
        (answer("<h1>Not found</h1>", 404, content_type="text/html"), "is something else, .*: 404"),
        (answer("<h1>Bad gateway</h1>", 502, content_type="text/html"), r"\(elasticsearch.url\) refused: 502"),
    ],
)
def test_a_server_that_is_not_elasticsearch_is_recognised(settings: Elasticsearch, route: Route, told: str) -> None:
    with serving() as there:
        names = ",".join(f"{settings.prefix}{collection}" for collection in generations.COLLECTIONS)
        question = "features=aliases,mappings,settings&flat_settings=true&ignore_unavailable=true"
        there.routes[f"/{names}?{question}"] = route
        other = ElasticsearchIndex(settings.model_copy(update={"url": there.url("")}), now)
        for _ in range(2):
            with pytest.raises(WorldError, match=rf"^Elasticsearch at {there.url('')} .*{told}"):
                other.add([examples.document()])
        other.close()


def test_a_deleted_index_is_created_again_with_its_mapping(index: ElasticsearchIndex, settings: Elasticsearch) -> None:
    index.add([said("a", "gone")])
    servers.forget(settings)
    with pytest.raises(WorldError, match=r"cannot store now: index_not_found_exception"):
        index.add([said("b", "ferry")])
    index.add([said("b", "ferry")])
    assert [hit.text for hit in ask(index, "ferry").hits] == ["ferry"]


@pytest.mark.parametrize("block", ["write", "read_only"])  # what an operator sets
def test_writes_wait_for_a_read_only_index(index: ElasticsearchIndex, settings: Elasticsearch, block: str) -> None:
    index.add([said("a", "before")])
    client = connect(settings)
    blocked = f"{settings.prefix}*"
    client.indices.put_settings(index=blocked, settings={f"index.blocks.{block}": True})
    with pytest.raises(WorldError, match=r"cannot store now.*blocked"):
        index.add([said("b", "meanwhile")])
    assert ask(index).total == 1
    client.indices.put_settings(index=blocked, settings={f"index.blocks.{block}": None})
    index.add([said("b", "meanwhile")])
    assert ask(index).total == 2
    client.close()


@contextmanager
def failing(settings: Elasticsearch) -> Iterator[None]:
    """Let each write to the index of quotes fail with 500 during the block, as on a disk that is full."""
    client, pipeline, name = connect(settings), f"{settings.prefix}full", f"{settings.prefix}quotes"
    client.ingest.put_pipeline(id=pipeline, processors=[{"fail": {"message": "no space left on device"}}])
    client.indices.put_settings(index=name, settings={"index.final_pipeline": pipeline})
    try:
        yield
    finally:
        client.indices.put_settings(index=name, settings={"index.final_pipeline": "_none"})
        client.ingest.delete_pipeline(id=pipeline)
        client.close()


def test_entries_that_fail_with_an_error_of_the_server_are_not_refused(
    index: ElasticsearchIndex, settings: Elasticsearch
) -> None:
    index.add([said("a", "before")])
    with failing(settings), pytest.raises(WorldError, match=r"cannot store now: .*no space left on device"):
        index.add([said("b", "meanwhile")])
    assert ask(index).total == 1
    index.add([said("b", "meanwhile")])
    assert ask(index).total == 2


def test_a_short_failure_of_the_server_is_retried_within_the_call(
    index: ElasticsearchIndex, settings: Elasticsearch
) -> None:
    index.add([said("a", "before")])
    failure = failing(settings)
    failure.__enter__()
    end = Timer(0.2, failure.__exit__, (None, None, None))
    end.start()
    index.add([said("b", "meanwhile")])
    end.join()
    assert ask(index).total == 2


def test_an_index_that_was_closed_is_waited_out(index: ElasticsearchIndex, settings: Elasticsearch) -> None:
    index.add([said("a", "before")])
    client = connect(settings)
    client.indices.close(index=f"{settings.prefix}quotes")
    with pytest.raises(WorldError, match=r"cannot store now: index_closed_exception"):
        index.add([said("b", "meanwhile")])
    with pytest.raises(WorldError, match=r"\(elasticsearch\.url\) refused: 400 index_closed_exception"):
        ask(index)
    client.indices.open(index=f"{settings.prefix}quotes")
    index.add([said("b", "meanwhile")])
    assert ask(index).total == 2
    client.close()


def test_indices_of_other_programs_are_unchanged(settings: Elasticsearch) -> None:
    client = connect(settings)
    client.indices.create(index=f"{settings.prefix}quotes", mappings={"properties": {"text": {"type": "date"}}})
    with pytest.raises(SettingsError, match=r"elasticsearch\.prefix.*quotes.*another prefix"):
        ElasticsearchIndex(settings, now).add([examples.document()])
    client.close()


@pytest.mark.parametrize("collection", ["documents", "articles", "quotes", "statements"])
def test_documents_that_do_not_fit_the_mapping_are_rejected_by_name(settings: Elasticsearch, collection: str) -> None:
    """Somebody made the index anew by hand, and let it guess."""
    client = connect(settings)
    shape = {"_meta": {"onrecord": generations.VERSION}, "properties": {"added": {"type": "ip"}}}
    name = settings.prefix + collection
    client.indices.create(index=generations.numbered(name, 1), aliases={name: {}}, mappings=shape)
    index = ElasticsearchIndex(settings, now)
    document, decision = examples.document(), examples.decision()
    with pytest.raises(
        RejectedError, match=r"will not take 1 of 2 entries, such as .*: .* is not an IP string"
    ) as output:
        index.add([document, decision])
    of_article = collection in ("documents", "articles", "quotes")
    assert list(output.value.reasons) == [document.article.id if of_article else decision.report.quote.id]
    index.close()
    client.close()


def test_a_forbidden_index_is_not_reported_as_a_wrong_key(index: ElasticsearchIndex, settings: Elasticsearch) -> None:
    index.add([said("a", "before")])
    client = connect(settings)
    client.indices.put_settings(index=f"{settings.prefix}*", settings={"index.blocks.read": True})
    with pytest.raises(WorldError, match=r"\(elasticsearch\.url\) refused: 403 cluster_block_exception"):
        ask(index)
    client.indices.put_settings(index=f"{settings.prefix}*", settings={"index.blocks.read": None})
    assert ask(index).total == 1
    client.close()
