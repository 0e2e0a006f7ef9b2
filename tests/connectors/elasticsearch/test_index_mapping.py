"""The shapes of the indices: what is published, what the code has, and what a real server made of it."""

import json
from pathlib import Path

import pytest

from connectors.elasticsearch import generations
from connectors.elasticsearch.client import connect
from connectors.elasticsearch.index import ElasticsearchIndex
from pipeline.settings.servers import Elasticsearch
from tests.pipeline.ports.asking import ask

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[3]


def test_indices_are_as_the_published_shapes_say(index: ElasticsearchIndex, settings: Elasticsearch) -> None:
    published = json.loads((ROOT / "connectors" / "elasticsearch" / "mapping.json").read_text("utf-8"))
    ask(index)
    client = connect(settings)
    for collection in generations.COLLECTIONS:
        (created,) = client.indices.get(index=settings.prefix + collection).body.values()
        assert created["mappings"].pop("_meta") == {"onrecord": generations.VERSION}
        assert created["mappings"] == published["searched" if collection in generations.SEARCHED else collection]
        analysis = created["settings"]["index"]["analysis"]
        for part in ("analyzer", "tokenizer"):
            expected = published["settings"][f"index.analysis.{part}.words"]
            assert analysis[part]["words"] == {name: f"{value}" for name, value in expected.items()}
    client.close()


def test_the_guide_names_every_alias() -> None:
    guide = (ROOT / "deploy" / "elasticsearch" / "README.md").read_text("utf-8")
    missing = [name for name in generations.COLLECTIONS if f"`{Elasticsearch().prefix}{name}`" not in guide]
    assert missing == []
