"""`onrecord index`."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.services import open_services
from pipeline.settings import Settings
from pipeline.settings.servers import Elasticsearch
from tests import examples, servers
from tests.pipeline.cli.conftest import Onrecord


@pytest.mark.parametrize("command", ["rebuild", "show", "snapshot", "restore"])
def test_a_file_has_no_indices(onrecord: Onrecord, command: str) -> None:
    done = onrecord("index", command)
    assert done.code == 2
    assert f"profile = 'embedded': only a cluster has an index to {command}" in done.err


@pytest.fixture
def settings() -> Iterator[Elasticsearch]:
    chosen = servers.elasticsearch()
    yield chosen
    servers.forget(chosen)


@pytest.fixture
def config(settings: Elasticsearch, tmp_path: Path) -> Path:
    written = tmp_path / "cluster.toml"
    written.write_text(
        f'profile = "cluster"\n[elasticsearch]\nurl = "{settings.url}"\nprefix = "{settings.prefix}"\nreplicas = 0\n'
    )
    return written


@pytest.mark.servers
def test_the_index_of_a_cluster_is_rebuilt(onrecord: Onrecord, settings: Elasticsearch, config: Path) -> None:
    from connectors.elasticsearch.index import ElasticsearchIndex

    with closing(ElasticsearchIndex(settings, lambda: datetime.now(UTC))) as index:
        index.add([examples.document()])
        done = onrecord("--config", config, "index", "rebuild")
        assert (done.code, done.err) == (0, "the index is rebuilt: 1 record\n")
        assert len(index.documents(examples.article().id)) == 1
    shown = onrecord("--config", config, "index", "show")
    start, records, size = shown.out.split()
    assert datetime.fromisoformat(start) <= datetime.now(UTC)
    assert (records, int(size) > 0) == ("1", True)
    unset = onrecord("--config", config, "index", "snapshots")
    assert (unset.code, unset.err) == (78, "onrecord: elasticsearch.repository is not set, so there are no snapshots\n")


@pytest.mark.servers
def test_an_index_is_restored_and_later_records_are_read_again(
    onrecord: Onrecord, settings: Elasticsearch, config: Path
) -> None:
    from connectors.elasticsearch.client import connect
    from connectors.elasticsearch.generations import known_indices
    from pipeline.ports import DOCUMENTS
    from pipeline.run.indexer import Indexer
    from pipeline.run.steps import documented

    name = settings.prefix.removesuffix("-")
    log = servers.kafka(partitions=1)
    with config.open("a") as more:
        more.write(f'repository = "{name}"\n[kafka]\nbrokers = "{log.brokers[0]}"\nprefix = "{log.prefix}"\n')
    client = connect(settings)
    client.snapshot.create_repository(name=name, repository={"type": "fs", "settings": {"location": name}})
    documents = [examples.document(examples.article(f"https://courier.example/{number}")) for number in range(2)]
    chosen = Settings(profile="cluster", kafka=log, elasticsearch=settings)
    with closing(open_services(chosen)) as services:
        for document in documents:
            services.log.append(DOCUMENTS, [documented(document)])
            assert Indexer(services, DOCUMENTS).step()["indexed"] == 1
            if document is documents[0]:
                assert onrecord("--config", config, "index", "snapshot").err.endswith(": SUCCESS\n")
    assert onrecord("--config", config, "index", "snapshots").out.endswith("\tSUCCESS\n")

    client.indices.delete(index=[each.name for each in known_indices(client, settings)])
    done = onrecord("--config", config, "index", "restore")
    assert (done.code, "is restored; the role `job` adds what came after it" in done.err) == (0, True)

    with closing(open_services(chosen)) as services:
        known = [len(services.index.documents(each.article.id)) for each in documents]
        assert known == [1, 0]
        Indexer(services, DOCUMENTS).step()
        assert [len(services.index.documents(each.article.id)) for each in documents] == [1, 1]
    client.snapshot.delete(repository=name, snapshot="*")
    client.snapshot.delete_repository(name=name)
    client.close()
