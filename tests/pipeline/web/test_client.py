"""The typed client, against the OpenAPI description and against a running desk."""

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from pipeline.cli.export import write
from pipeline.errors import InputError, UsageError, WorldError
from pipeline.services import Services
from pipeline.settings.sections import Web
from pipeline.web.client import Client
from tests import examples
from tests.connectors.loopback import answer, serving
from tests.pipeline.web.conftest import served

TOKEN = "a token of thirty-two characters"
CALLS: dict[str, Callable[[Client], Any]] = {
    "search": lambda client: client.search("harbour", "quotes", order="relevance", limit=5, cursor="c"),
    "hits": lambda client: next(client.hits()),
    "statement": lambda client: client.statement("a/b"),
    "article": lambda client: client.article("a b"),
    "actors": lambda client: client.actors(),
    "watches": lambda client: client.watches(),
    "alerts": lambda client: client.alerts(5),
    "track": lambda client: client.track(examples.actor()),
}


def test_every_method_is_listed_here() -> None:
    public = {name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")}
    assert public == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_as_the_description_says(name: str, open_web: FastAPI) -> None:
    description = open_web.openapi()
    with serving() as server:
        with pytest.raises((InputError, UsageError)):
            CALLS[name](Client(server.url("")))
        request = server.requests[-1]
    parts = urlsplit(request.path)
    templates = {
        template: methods
        for template, methods in description["paths"].items()
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), parts.path)
    }
    (operations,) = templates.values()
    operation = operations[request.method.lower()]
    known = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"}
    assert {key for key, _ in parse_qsl(parts.query)} <= known


def test_a_desk_answers_with_records_of_the_model(services: Services) -> None:
    services.desk.save(examples.watch())
    services.outbox.put([examples.delivery()])
    with served(services) as address:
        client = Client(address)
        (hit,) = client.hits("harbour")
        found = client.statement(hit.statement_id)
        assert (found.statement.speaker_name, len(found.reports)) == ("Ada Lindqvist", 2)
        article = client.article(hit.article_id)[0].article
        quote = found.reports[0].report.quote
        assert article.text[quote.start : quote.end] == quote.text
        assert client.search(limit=1).total == 1
        assert [actor.id for actor in client.actors()] == ["ada-lindqvist"]
        assert [watch.id for watch in client.watches()] == ["harbour"]
        assert [alert.watch_id for alert in client.alerts()] == ["harbour"]
        assert client.track(examples.actor("Olaf Brint", id="olaf-brint")).id == "olaf-brint"
        assert len(client.actors()) == 2
        with pytest.raises(UsageError, match="answers 404: statement 'nothing'"):
            client.statement("nothing")
        with pytest.raises(UsageError, match="answers 4"):
            client.search("speaker:(")


def test_a_client_needs_the_token(services: Services) -> None:
    with served(services, Web(token=SecretStr(TOKEN))) as address:
        assert Client(address, TOKEN).actors()
        with pytest.raises(UsageError, match="answers 401"):
            Client(address).actors()


def test_unreachable_and_unreadable_pages_are_reported() -> None:
    with pytest.raises(WorldError, match="cannot be reached"):
        Client("http://127.0.0.1:1").actors()
    with pytest.raises(UsageError, match="should begin with http"):
        Client("file:///etc/passwd").actors()
    with serving() as server:
        server.routes["/api/v1/actors"] = answer(b'[{"id": 1}]')
        with pytest.raises(InputError, match="another form"):
            Client(server.url("")).actors()
        server.routes["/api/v1/actors"] = answer(b"busy", status=503)
        with pytest.raises(WorldError, match="answers 503"):
            Client(server.url("")).actors()


@pytest.mark.slow
def test_a_notebook_runs_from_top_to_bottom(services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "record"
    write(services, folder, "parquet")
    notebook = Path(__file__).parents[2] / "data" / "notebook.py"
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with served(services) as address:
        command = [sys.executable, str(notebook), address, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Ada Lindqvist: 1",
        "courier.example: new: The harbour will stay open https://courier.example/harbour",
        "gazette.example: repeated: The harbour will stay open https://gazette.example/port",
        "2026-03-02 Ada Lindqvist: 1",
        "Id of the statement that this one changes, or empty",
    ]


def test_a_redirect_does_not_take_the_token_elsewhere() -> None:
    with serving() as desk, serving() as elsewhere:
        desk.routes["/api/v1/actors"] = answer(status=302, location=elsewhere.url("/steal"))
        elsewhere.routes["/steal"] = answer("[]")
        with pytest.raises(UsageError, match="answers 302"):
            Client(desk.url(""), TOKEN).actors()
        assert f"Bearer {TOKEN}" in desk.requests[-1].headers.values()
        assert elsewhere.requests == []
