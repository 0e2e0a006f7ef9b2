"""Elasticsearch behind TLS, with users and API keys, a full disk, and as many shards as it is allowed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.elasticsearch.index import ElasticsearchIndex
from pipeline.errors import SettingsError, WorldError
from pipeline.settings.servers import Elasticsearch
from tests import examples, servers
from tests.connectors.elasticsearch.conftest import now
from tests.elasticsearch_node import Node, locked_node
from tests.pipeline.ports.asking import ask, said

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]

GUIDE = Path(__file__).parents[3] / "deploy" / "elasticsearch" / "README.md"
NOBODY = {"username": "", "password": None}


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with locked_node() as one:
        yield one


def add(settings: Elasticsearch, *names: str) -> int:
    """Add something for each name; how many articles are there."""
    index = ElasticsearchIndex(settings, now)
    try:
        index.add([examples.document(), *(said(name, "ferry") for name in names)])
        return ask(index, "", "articles").total
    finally:
        index.close()


def test_a_known_user_is_admitted(node: Node) -> None:
    settings = node.settings()
    assert add(settings, "a") == 2
    servers.forget(settings)


def test_a_key_that_may_do_what_the_guide_says_is_enough(node: Node) -> None:
    written = re.search(r"```json\n(.+?)```", GUIDE.read_text(), re.DOTALL)
    assert written
    settings = node.settings(prefix="onrecord-", **NOBODY)
    keyed = settings.model_copy(update={"api_key": node.api_key({"onrecord": json.loads(written[1])})})
    assert add(keyed, "a") == 2
    servers.forget(keyed)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"password": SecretStr("guess-guess")}, "does not let us in; .* username and password: 401 .*authenticate"),
        (NOBODY, "does not let us in; look at elasticsearch.api_key.*: 401 .*missing authentication"),
        ({**NOBODY, "api_key": SecretStr("Z3Vlc3M6Z3Vlc3M=")}, "does not let us in; look at elasticsearch.api_key"),
        ({"ca": None}, r"\(elasticsearch.url, elasticsearch.ca\) cannot be trusted: .*CERTIFICATE_VERIFY_FAILED"),
    ],
)
def test_a_refused_login_names_the_settings_to_check(node: Node, changes: dict[str, object], told: str) -> None:
    with pytest.raises(WorldError, match=rf"^Elasticsearch at {node.url} .*{told}") as error:
        add(node.settings(**changes))
    assert "guess-guess" not in str(error.value)
    assert "Z3Vlc3M6Z3Vlc3M=" not in str(error.value)


def test_plain_http_to_it_names_the_address(node: Node) -> None:
    url = node.url.replace("https", "http")
    with pytest.raises(WorldError, match=rf"{url} \(elasticsearch.url\) cannot be reached"):
        add(node.settings(url=url, ca=None))


def test_a_missing_file_of_authorities_stops_the_start(node: Node, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"elasticsearch.ca = '.*none.pem' is not a readable file"):
        add(node.settings(ca=tmp_path / "none.pem"))


@pytest.mark.parametrize("rights", [["read", "view_index_metadata"], ["read", "view_index_metadata", "create_doc"]])
def test_a_key_with_too_few_rights_is_a_world_error_until_it_has_them(node: Node, rights: list[str]) -> None:
    """Otherwise a refused write would be taken for entries that the index never accepts."""
    settings = node.settings()
    assert add(settings) == 1
    roles = {"desk": {"indices": [{"names": ["test-*"], "privileges": rights}]}}
    weak = settings.model_copy(update={**NOBODY, "api_key": node.api_key(roles)})
    with pytest.raises(
        WorldError, match=r"does not let us in; look at elasticsearch.api_key.*: 403 security_exception"
    ):
        add(weak, "b")
    assert add(settings, "b") == 2
    servers.forget(settings)


def test_the_index_waits_for_room_for_shards(node: Node) -> None:
    settings = node.settings()
    index = ElasticsearchIndex(settings, now)
    node.ask("PUT", "/_cluster/settings", {"persistent": {"cluster.max_shards_per_node": 1}})
    try:
        with pytest.raises(
            WorldError, match=rf"at {node.url} has no room .* elasticsearch.shards = 1 .*maximum normal"
        ):
            index.add([examples.document()])
    finally:
        node.ask("PUT", "/_cluster/settings", {"persistent": {"cluster.max_shards_per_node": None}})
    index.add([examples.document()])
    assert ask(index).total == 1
    index.close()
    servers.forget(settings)


_WATERMARKS = {f"cluster.routing.allocation.disk.watermark.{name}": "900tb" for name in ("low", "high", "flood_stage")}


def test_a_full_disk_is_waited_out(node: Node) -> None:
    """The node is told that it needs more room than there is, for else it takes the block away by itself."""
    settings = node.settings()
    index = ElasticsearchIndex(settings, now)
    index.add([said("a", "before")])
    block = f"/{settings.prefix}*/_settings"
    node.ask("PUT", "/_cluster/settings", {"persistent": _WATERMARKS})
    node.ask("PUT", block, {"index.blocks.read_only_allow_delete": True})
    with pytest.raises(WorldError, match=rf"at {node.url} .*cannot store now.*disk usage exceeded flood-stage"):
        index.add([said("b", "meanwhile")])
    assert ask(index).total == 1
    node.ask("PUT", "/_cluster/settings", {"persistent": dict.fromkeys(_WATERMARKS)})
    node.ask("PUT", block, {"index.blocks.read_only_allow_delete": None})
    index.add([said("b", "meanwhile")])
    assert ask(index).total == 2
    index.close()
    servers.forget(settings)
