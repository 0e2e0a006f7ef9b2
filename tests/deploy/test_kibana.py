"""Kibana's saved objects use fields that our mapping has, and each refers to objects in the same file.

No package index has Kibana, so that nothing here starts one. The scripts of runtime fields run on Elasticsearch.
"""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from tests.deploy.files import DEPLOY

OBJECTS = [json.loads(line) for line in (DEPLOY / "kibana" / "onrecord.ndjson").read_text("utf-8").splitlines()]
MAPPING = json.loads(files("connectors.elasticsearch").joinpath("mapping.json").read_text("utf-8"))["searched"]


def mapped(properties: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, field in properties.items():
        yield f"{prefix}{name}"
        yield from mapped(field.get("properties", {}), f"{prefix}{name}.")


FIELDS = set(mapped(MAPPING["properties"]))
VIEWS = {
    each["id"]: json.loads(each["attributes"]["runtimeFieldMap"]) for each in OBJECTS if each["type"] == "index-pattern"
}


def known(view: str) -> set[str]:
    return FIELDS | set(VIEWS[view])


def test_the_file_has_views_a_dashboard_and_a_search() -> None:
    kinds = [each["type"] for each in OBJECTS]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "index-pattern": 2,
        "lens": 6,
        "search": 1,
        "dashboard": 1,
    }
    assert len({(each["type"], each["id"]) for each in OBJECTS}) == len(OBJECTS)


def test_every_reference_is_in_the_file() -> None:
    there = {(each["type"], each["id"]) for each in OBJECTS}
    for each in OBJECTS:
        assert {(reference["type"], reference["id"]) for reference in each["references"]} <= there


def test_views_have_a_time_and_scripts_that_read_mapped_fields() -> None:
    for each in (each for each in OBJECTS if each["type"] == "index-pattern"):
        view = each["id"]
        assert each["attributes"]["title"] in ("onrecord-statements", "onrecord-quotes")
        assert VIEWS[view][each["attributes"]["timeFieldName"]]["type"] == "date"
        assert set(json.loads(each["attributes"]["fieldAttrs"])) <= FIELDS
        assert set(json.loads(each["attributes"]["fieldFormatMap"])) <= known(view)
        for field in VIEWS[view].values():
            read = set(re.findall(r"doc\['([\w.]+)'\]", field["script"]["source"]))
            assert read <= FIELDS
            assert read or "params._source.hit" in field["script"]["source"]
    assert "hit" not in MAPPING["_source"]["excludes"]


def test_charts_count_by_fields_that_exist() -> None:
    counted = set()
    for each in (each for each in OBJECTS if each["type"] == "lens"):
        (layer,) = each["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].values()
        assert set(layer["columnOrder"]) == set(layer["columns"])
        view = each["references"][0]["id"]
        sources = {column["sourceField"] for column in layer["columns"].values()} - {"___records___"}
        assert sources <= known(view), each["id"]
        counted |= sources
    assert counted == {"published", "facet.speaker", "facet.source", "facet.lang", "facet.kind", "facet.said"}


def test_the_search_shows_who_said_what_where() -> None:
    (search,) = (each for each in OBJECTS if each["type"] == "search")
    columns = set(search["attributes"]["columns"])
    assert {"who", "words", "link", "facet.source"} <= columns <= known(search["references"][0]["id"])


def test_every_panel_of_the_dashboard_is_one_of_the_objects() -> None:
    (dashboard,) = (each for each in OBJECTS if each["type"] == "dashboard")
    panels = json.loads(dashboard["attributes"]["panelsJSON"])
    named = {reference["name"]: reference["type"] for reference in dashboard["references"]}
    assert {f"{panel['panelIndex']}:{panel['panelRefName']}": panel["type"] for panel in panels} == named
    for panel in panels:
        assert panel["gridData"]["x"] + panel["gridData"]["w"] <= 48
