"""`onrecord batch`, as far as it goes without Beam."""

from pathlib import Path

import pytest

from tests.pipeline.cli.conftest import Onrecord


@pytest.mark.parametrize("arguments", [("files", "a.jsonl", "--to", "out"), ("index",)])
def test_batch_needs_a_runner(onrecord: Onrecord, arguments: tuple[str, ...]) -> None:
    done = onrecord("batch", *arguments)
    assert done.code == 2
    assert "Missing option '--runner'" in done.err


def test_index_needs_a_cluster(onrecord: Onrecord) -> None:
    done = onrecord("batch", "index", "--runner", "FnApiRunner")
    assert done.code == 2
    assert "profile = 'embedded': only a cluster can fill its index from its log" in done.err


def test_without_flink_the_log_has_no_documents(onrecord: Onrecord, tmp_path: Path) -> None:
    config = tmp_path / "cluster.toml"
    config.write_text('profile = "cluster"\njob.runner = "local"\n')
    done = onrecord("--config", config, "batch", "index", "--runner", "FnApiRunner")
    assert done.code == 2
    assert "use --anew to extract them again" in done.err
