"""The indices of Elasticsearch: their names and mappings, and the creation of missing ones.

Each has a number in its name and is reached by an alias, so that it can be made anew while it is in use. The shapes are
in mapping.json. They are given with each index rather than as a template, so that an API key for the indices of
one prefix is enough; templates of the operator for that prefix may add settings to them.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from connectors.elasticsearch.client import BadRequestError, Elasticsearch, NotFoundError, is_its_own, reason
from pipeline.errors import SettingsError, WorldError
from pipeline.settings.servers import Elasticsearch as Settings

SEARCHED: Final = ("articles", "quotes", "statements")

STORED: Final = ("documents", "decisions")

COLLECTIONS: Final = (*SEARCHED, *STORED)

_NO_ROOM: Final = "validation_exception"  # the response of a cluster that has reached its limit of shards

VERSION: Final = 2  # of the mappings and of the word splitting; indices of another version need a rebuild


def numbered(name: str, number: int) -> str:
    """Return the name of the index with this number behind the alias."""
    return f"{name}-{number:06}"


def body(settings: Settings, collection: str) -> dict[str, Any]:
    """Return the settings and mappings of an index of the collection."""
    shapes = _shapes()
    return {
        "settings": {
            **shapes["settings"],
            "index.number_of_shards": settings.shards,
            "index.number_of_replicas": settings.replicas,
        },
        "mappings": {
            **shapes["searched" if collection in SEARCHED else collection],
            "_meta": {"onrecord": VERSION},
        },
    }


def make_missing(client: Elasticsearch, settings: Settings) -> None:
    """Create the missing indices.

    Raises SettingsError for an index that is not ours or has another version, WorldError if there is no room.
    """
    for collection in COLLECTIONS:
        name = settings.prefix + collection
        there = versions(client, name)
        if not there:
            there = _make(client, settings, collection)
        for index, version in there.items():
            if version != VERSION:
                raise SettingsError(f"elasticsearch.prefix = {settings.prefix!r}: the index {index!r} {_why(version)}")


def _make(client: Elasticsearch, settings: Settings, collection: str) -> dict[str, int | None]:
    """Create the first index of the collection unless another process is faster; return the existing indices."""
    name, why = settings.prefix + collection, "it is gone at once"
    try:
        client.indices.create(index=numbered(name, 1), aliases={name: {}}, **body(settings, collection))
    except BadRequestError as error:
        why = reason(error)
    if there := versions(client, name):
        return there
    if why.startswith(_NO_ROOM):
        raise WorldError(
            f"Elasticsearch at {settings.url} has no room for the index {name!r} with elasticsearch.shards ="
            f" {settings.shards} and elasticsearch.replicas = {settings.replicas}: {why}"
        )
    raise SettingsError(f"elasticsearch.prefix: the index {name!r} cannot be created at {settings.url}: {why}")


def versions(client: Elasticsearch, name: str) -> dict[str, int | None]:
    """Return the indices behind the name with their versions (None: not ours); empty if there are none."""
    try:
        found = client.indices.get_mapping(index=name).body
    except NotFoundError as error:
        if not is_its_own(error):
            raise
        return {}
    return {index: shape["mappings"].get("_meta", {}).get("onrecord") for index, shape in found.items()}


def _why(version: int | None) -> str:
    if version is None:
        return "is not of On the Record; choose another prefix"
    return f"has version {version}, but this program needs {VERSION}; run `onrecord index rebuild`"


@cache
def _shapes() -> dict[str, Any]:
    shapes: dict[str, Any] = json.loads(files("connectors.elasticsearch").joinpath("mapping.json").read_text("utf-8"))
    return shapes
