"""Random requests to the API, by its own description, and to the pages: nothing is a fault of ours."""

import json
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from pipeline.services import open_services
from pipeline.settings import Settings
from pipeline.web.serve import create
from tests import examples

pytestmark = pytest.mark.timeout(3_600)  # for a long run

HERE = "http://127.0.0.1:8414"
ODD = st.sampled_from(
    [
        *(
            "",
            "\0",
            "..",
            "../..",
            "%00",
            "%",
            "a/b",
            "\ud7ff",
            "\u202e",
            "’",
            '"',
            "'",
            "\\",
            "{{7*7}}",
            "<script>",
            "\r\nx: y",
        ),
        *(
            "(" * 300,
            "a OR " * 300,
            "speaker:",
            "after:0000",
            "after:99999d",
            "before:9999-12-31",
            "*",
            '"*"',
            "NOT",
            "-1",
        ),
        *(
            "9" * 30,
            "1e999",
            "nan",
            "-0",
            "0x10",
            "true",
            "null",
            "[]",
            "{}",
            "2026-13-45",
            "9999-12-31T23:59:59Z",
            "9999-12-31",
            "0001-01-01",
        ),
        *("https://a..b/", "https://xn--/", "http://[::1", "javascript:alert(1)", "file:///etc/hostname"),
        *("stdout", "webhook:http://127.0.0.1/", "email:a", "apprise:json://x", "slack:", "ada-lindqvist", "harbour"),
    ]
)
TEXTS = ODD | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NUMBERS = st.integers(-(2**70), 2**70) | st.sampled_from([0, 1, 2**31, 2**63, -(2**63)]) | st.floats()
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    services = open_services(Settings(file=tmp_path_factory.mktemp("fuzz") / "desk.sqlite"))
    services.index.add([examples.document(), examples.decision()])
    services.desk.save(examples.actor(), examples.feed(), examples.watch())
    with TestClient(create(services), HERE, raise_server_exceptions=False, follow_redirects=False) as opened:
        yield opened
    services.close()


@pytest.fixture(scope="module")
def operations(client: TestClient) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of each operation, with references resolved."""
    document = client.get("/api/v1/openapi.json").json()
    found = [
        (method.upper(), path, resolved(operation, document))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(found) > 30
    return [each for each in found if each[:2] != ("POST", "/api/v1/feeds")]  # which asks the address


def resolved(value: Any, document: dict[str, Any], depth: int = 0) -> Any:
    if isinstance(value, list):
        return [resolved(each, document, depth) for each in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value and depth < 4:
        *_, room, name = value["$ref"].split("/")
        return resolved(document["components"][room][name], document, depth + 1)
    return {key: resolved(each, document, depth) for key, each in value.items() if key != "responses"}


def fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema allows, or nearly so, and others."""
    if "anyOf" in schema:
        return st.one_of([fitting(each) for each in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]]) | VALUES
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "string": TEXTS,
        "integer": NUMBERS,
        "number": NUMBERS,
        "boolean": st.booleans(),
    }
    if schema.get("type") == "array":
        items = schema.get("items")
        return st.lists(fitting(items) if isinstance(items, dict) else VALUES, max_size=3) | VALUES
    if schema.get("type") == "object" and "properties" in schema:
        fields = {name: fitting(each) for name, each in schema["properties"].items()}
        required = {name: fields.pop(name) for name in schema.get("required", ()) if name in fields}
        return st.fixed_dictionaries(required, optional=fields) | VALUES
    return kinds.get(schema.get("type", ""), VALUES)


def send(client: TestClient, data: st.DataObject, method: str, path: str, operation: dict[str, Any]) -> Any:
    query = {}
    for parameter in operation.get("parameters", ()):
        value = str(data.draw(fitting(parameter["schema"]), parameter["name"]))
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(value, safe=""))
        elif data.draw(st.booleans()) or parameter.get("required"):
            query[parameter["name"]] = value
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    body = data.draw(fitting(content), "body") if content else None
    sent = json.dumps(body).encode() if content else b""
    return client.request(method, path, params=query, content=sent, headers={"content-type": "application/json"})


@pytest.mark.slow
@given(st.data())
def test_the_api_has_no_fault(
    client: TestClient, operations: list[tuple[str, str, dict[str, Any]]], data: st.DataObject
) -> None:
    method, path, operation = data.draw(st.sampled_from(operations), "operation")
    answer = send(client, data, method, path, operation)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


def pages(application: FastAPI) -> list[tuple[str, str, list[str]]]:
    """Method, path and parameters of each page."""
    routers = [getattr(included, "original_router", None) for included in application.routes]
    routes = [route for router in routers if router for route in router.routes if isinstance(route, APIRoute)]
    found = [
        (method, route.path, sorted({each.alias for each in route.dependant.query_params}))
        for route in routes
        if not route.path.startswith(("/api/", "/livez"))
        for method in sorted(route.methods or ())
    ]
    assert len(found) > 30
    return found


FIELDS = """
q id name aliases roles kind alias of remove change source language query by about deliver tempo quiet zone daily_cap
least_sources spread preview state to days from until in speaker cursor order revision tab feed delivery action
"""
NAMES = st.sampled_from(FIELDS.split())


@pytest.mark.slow
@given(st.data())
def test_the_pages_have_no_fault(client: TestClient, data: st.DataObject) -> None:
    method, path, known = data.draw(st.sampled_from(pages(cast(FastAPI, client.app))), "page")
    for name in [part.split("}")[0] for part in path.split("{")[1:]]:
        path = path.replace(f"{{{name}}}", quote(data.draw(TEXTS, name), safe=""))
    names = st.sampled_from(known) | NAMES if known else NAMES
    fields = data.draw(st.dictionaries(names, TEXTS, max_size=5), "fields")
    headers = {"accept": "text/html", "origin": HERE, "sec-fetch-site": "same-origin"}
    if method == "POST" and "url" not in fields:
        answer = client.request(method, path, data=fields, headers=headers)
    else:
        answer = client.request(method, path, params=fields, headers=headers)
    assert answer.status_code < 500, answer.text
