"""`onrecord index`."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import examples, servers
from tests.pipeline.cli.conftest import Onrecord


def test_a_file_has_no_index_to_make_anew(onrecord: Onrecord) -> None:
    done = onrecord("index", "rebuild")
    assert done.code == 2
    assert "profile = 'embedded': only a cluster has an index to rebuild" in done.err


@pytest.mark.servers
def test_the_index_of_a_cluster_is_made_anew(onrecord: Onrecord, tmp_path: Path) -> None:
    from connectors.elasticsearch.index import ElasticsearchIndex

    settings = servers.elasticsearch()
    config = tmp_path / "cluster.toml"
    config.write_text(
        f'profile = "cluster"\n[elasticsearch]\nurl = "{settings.url}"\nprefix = "{settings.prefix}"\nreplicas = 0\n'
    )
    with closing(ElasticsearchIndex(settings, lambda: datetime.now(UTC))) as index:
        index.add([examples.document()])
        done = onrecord("--config", config, "index", "rebuild")
        assert (done.code, done.err) == (0, "the index is rebuilt: 1 record\n")
        assert len(index.documents(examples.article().id)) == 1
    servers.forget(settings)
