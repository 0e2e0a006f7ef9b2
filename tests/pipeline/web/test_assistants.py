"""The Model Context Protocol server, used through the protocol's own client: in process, by HTTP and by stdio."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from pydantic import SecretStr

from pipeline.model import Actor, Article, ClaimVerdict, Document, Report, SlotDifference, Watch
from pipeline.services import Services
from pipeline.settings.sections import Web
from tests import examples
from tests.pipeline.web.conftest import served

if TYPE_CHECKING:
    from mcp import Client

READING = {
    "search",
    "statement",
    "explain",
    "article_evidence",
    "timeline",
    "actors",
    "alerts",
    "watches",
    "preview_watch",
}
CONTEXT = 40_000  # characters, some 10,000 tokens
TOKEN = "a token of thirty-two characters"


def server(services: Services, *, writes: bool = False) -> Any:
    """The server. Only tests that run import `mcp`, which takes as long as a fifth of the collection of all tests."""
    from pipeline.web import assistants

    return assistants.server(services, writes=writes)


def ask(server: Any, question: "Callable[[Client], Awaitable[Any]]") -> Any:
    """The answer to a question, over a session of its own."""
    from mcp import Client

    async def session() -> Any:
        async with Client(server) as client:
            return await question(client)

    return asyncio.run(session())


def call(services: Services, tool: str, *, writes: bool = False, **arguments: Any) -> Any:
    """The result of one call as plain data; AssertionError with the text of a tool error."""
    answer = ask(server(services, writes=writes), lambda client: client.call_tool(tool, arguments))
    assert not answer.is_error, answer.content[0].text
    result = answer.structured_content
    return result["result"] if set(result) == {"result"} else result


def refusal(services: Services, tool: str, **arguments: Any) -> str:
    """The text of the tool error that the call ends in."""
    answer = ask(server(services), lambda client: client.call_tool(tool, arguments))
    assert answer.is_error
    text: str = answer.content[0].text
    return text


def test_an_assistant_writes_only_with_permission(services: Services) -> None:
    tools = ask(server(services), lambda client: client.list_tools()).tools
    assert {tool.name for tool in tools} == READING
    assert all(tool.annotations.read_only_hint and tool.description for tool in tools)
    tools = ask(server(services, writes=True), lambda client: client.list_tools()).tools
    assert {tool.name for tool in tools} == READING | {"add_watch"}


def test_a_statement_is_searched_and_opened_with_its_citation(services: Services) -> None:
    page = call(services, "search", query='speaker:"Ada Lindqvist"')
    (hit,) = page["results"]
    assert (page["total"], page["cursor"]) == (1, "")
    statement = call(services, "statement", statement_id=hit["statement_id"])
    assert statement["speaker"] == "Ada Lindqvist"
    first, copy = statement["reports"]
    assert (first["verdict"], copy["verdict"]) == ("new", "repeated")
    assert copy["citation"]["source"] == "gazette.example"
    document = services.index.documents(first["citation"]["article_id"])[0]
    words = document.article.text[first["citation"]["start"] : first["citation"]["end"]]
    assert first["words"] in " ".join(words.split())


def test_an_article_shows_its_evidence(services: Services) -> None:
    article = call(services, "search", collection="quotes")["results"][0]["citation"]["article_id"]
    page = call(services, "article_evidence", article_id=article)
    evidence = page["quotes"][0]
    assert (page["total"], page["next"]) == (1, 0)
    assert evidence["speaker"] == "Ada Lindqvist"
    assert evidence["words"][:10] in evidence["context"]


def test_statements_are_counted_by_day(services: Services) -> None:
    assert [day["statements"] for day in call(services, "timeline")] == [1]


def test_actors_are_searched_by_alias_without_case(services: Services) -> None:
    assert [actor["name"] for actor in call(services, "actors", name="LINDQ")] == ["Ada Lindqvist"]
    assert call(services, "actors", name="nobody") == []


def test_alerts_name_their_watch(services: Services) -> None:
    services.desk.save(examples.watch())
    services.outbox.put([examples.delivery()])
    (alert,) = call(services, "alerts")
    assert (alert["watch"], alert["kind"]) == (examples.watch().name, "news")


def test_a_watch_is_added_once_and_checked(services: Services) -> None:
    added = call(services, "add_watch", writes=True, name="Harbour", by=["ada-lindqvist"], query="harbour")
    assert added["id"] == "harbour"
    assert [watch.query for watch in services.desk.all(Watch)] == ["harbour"]
    assert [watch["name"] for watch in call(services, "watches")] == ["Harbour"]
    with pytest.raises(AssertionError, match="exists already"):
        call(services, "add_watch", writes=True, name="Harbour")
    with pytest.raises(AssertionError, match="nobody"):
        call(services, "add_watch", writes=True, name="Nobody", by=["nobody"])


def test_an_assistant_sends_alerts_to_no_stranger(services: Services) -> None:
    """The articles that it reads may tell it to."""
    known = "slack:https://hooks.slack.com/services/T0/B0/s3cr3t"
    services.desk.save(examples.watch(deliver=(known,)))
    for stranger in ("email:mallory@evil.example", "slack:https://hooks.slack.com/services/T0/B0/other"):
        with pytest.raises(AssertionError, match="is of no watch yet"):
            call(services, "add_watch", writes=True, name="Stranger", query="harbour", deliver=stranger)
    (shown,) = call(services, "watches")[0]["deliver"]
    assert "s3cr3t" not in shown
    call(services, "add_watch", writes=True, name="Known", query="harbour", deliver=shown)
    found = services.desk.find(Watch, "known")
    assert found
    assert found.deliver == (known,)


@pytest.mark.parametrize(
    ("tool", "arguments", "complaint"),
    [
        ("statement", {"statement_id": "x"}, "does not exist"),
        ("article_evidence", {"article_id": "../etc/passwd"}, "does not exist"),
        ("search", {"query": "speaker:("}, "speaker:("),
        ("search", {"limit": 1000}, "less than or equal to 25"),
        ("search", {"collection": "secrets"}, "collection"),
        ("search", {"cursor": "made up"}, "belongs to another search"),
        ("statement", {}, "statement_id"),
        ("explain", {"statement_id": "x"}, "does not exist"),
        ("article_evidence", {"article_id": "x", "first": -1}, "greater than or equal to 0"),
        ("timeline", {"limit": 0}, "greater than or equal to 1"),
        ("actors", {"name": "x" * 201}, "at most 200 characters"),
        ("alerts", {"watch": "nobody"}, "watch 'nobody' does not exist"),
        ("preview_watch", {"by": ["nobody"]}, "nobody"),
        ("preview_watch", {"query": "("}, "("),
        ("search", {"limit": "many"}, "limit"),
    ],
)
def test_wrong_input_is_an_error_that_says_why(
    services: Services, tool: str, arguments: dict[str, Any], complaint: str
) -> None:
    assert complaint in refusal(services, tool, **arguments)


def test_an_internal_error_shows_no_details(services: Services) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("secret")

    assert "secret" not in refusal(replace(services, desk=Broken()), "actors")


@pytest.mark.slow
def test_long_texts_and_long_lists_fit_a_context_window(services: Services) -> None:
    words = "The harbour stays open. " * 400
    said = examples.statement()
    for number in range(60):
        url = f"https://courier.example/{number}"
        article = examples.article(url, text=f"“{words}” said Ada Lindqvist.", title=words)
        quotes = tuple(examples.quote(article, words[n : n + 900]) for n in range(0, 9_000, 300))
        services.index.add([Document(article=article, quotes=quotes)])
        report = examples.report(article, part=words.strip())
        claims = (ClaimVerdict(text=words, verdict="repeated", known=words),) * 20
        services.index.add([examples.decision(report, statement=said, offset=number + 5, how=words, claims=claims)])
        services.index.add([examples.decision(report_of(article, words), offset=number + 99)])
    services.desk.save(examples.watch(query=""))
    alert = replace(examples.alert(), why=words, statement=replace(said, text=words))
    services.outbox.put([examples.delivery(replace(alert, id=str(n)), id=str(n)) for n in range(60)])
    article_id = examples.article("https://courier.example/1").id
    for tool, arguments in (
        ("search", {"limit": 25}),
        ("search", {"limit": 25, "collection": "articles"}),
        ("statement", {"statement_id": said.id}),
        ("explain", {"statement_id": said.id}),
        ("article_evidence", {"article_id": article_id}),
        ("alerts", {"limit": 25}),
        ("alerts", {"limit": 25, "watch": "harbour"}),
        ("preview_watch", {"by": ["ada-lindqvist"]}),
    ):
        assert 200 < len(json.dumps(call(services, tool, **arguments))) < CONTEXT, tool
    statement = call(services, "statement", statement_id=said.id)
    assert (len(statement["reports"]), statement["omitted"]) == (15, 47)
    first = call(services, "article_evidence", article_id=article_id)
    assert (len(first["quotes"]), first["total"], first["next"]) == (10, 30, 10)
    assert call(services, "article_evidence", article_id=article_id, first=20)["next"] == 0


def report_of(article: Article, words: str) -> Report:
    """A report of other words, which are a statement of their own."""
    return examples.report(article, id=f"other {article.id}", part=words.strip())


def test_a_verdict_is_explained_by_its_claims(services: Services) -> None:
    claim = ClaimVerdict(
        text="It closes in May",
        verdict="changed",
        statement="s1",
        known="It closes in June",
        differences=(SlotDifference("date", "June", "May"),),
        certainty=0.9,
    )
    other = examples.report(examples.article("https://gazette.example/may"), id="may")
    services.index.add([examples.decision(other, statement=examples.statement(), claims=(claim,), offset=9)])
    explained = call(services, "explain", statement_id=examples.statement().id)[-1]
    (line,) = explained["claims"]
    assert line.startswith("changed (90% sure): It closes in May; compared with s1: It closes in June; ")
    assert "May" in line.rpartition(";")[2]
    assert explained["citation"]["url"] == "https://gazette.example/may"


def test_a_watch_is_previewed_and_nothing_is_saved(services: Services) -> None:
    expected = call(services, "preview_watch", by=["ada-lindqvist"], query="harbour")
    assert (expected["total"], expected["on_record"]) == (1, 1)
    assert expected["newest"][0]["speaker"] == "Ada Lindqvist"
    assert call(services, "watches") == []


def test_the_alerts_of_a_watch_are_its_own(services: Services) -> None:
    services.desk.save(examples.watch(), examples.watch(id="other", name="Other"))
    services.outbox.put([examples.delivery()])
    assert [alert["watch"] for alert in call(services, "alerts", watch="harbour")] == [examples.watch().name]
    assert call(services, "alerts", watch="other") == []


def test_resources_are_json_with_citations(services: Services) -> None:
    assistant = server(services)
    statement_id = call(services, "search")["results"][0]["statement_id"]
    read = ask(assistant, lambda client: client.read_resource(f"onrecord://statements/{statement_id}"))
    statement = json.loads(read.contents[0].text)
    assert statement["reports"][0]["citation"]["url"].startswith("https://")


@pytest.fixture
def address(services: Services) -> Iterator[str]:
    """The address of a served desk that asks for TOKEN and serves assistants."""
    with served(services, Web(token=SecretStr(TOKEN), mcp=True)) as address:
        yield address


def test_assistants_come_by_http_with_the_token(address: str) -> None:
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    url = f"{address.rstrip('/')}/mcp"

    async def session(token: str) -> Any:
        async with (
            httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            return await client.call_tool("actors", {})

    assert asyncio.run(session(TOKEN)).structured_content["result"][0]["name"] == "Ada Lindqvist"
    assert httpx2.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).status_code == 401


@pytest.mark.slow
def test_assistants_are_served_on_standard_input_and_output(services: Services, tmp_path: Path) -> None:
    from mcp import StdioServerParameters

    script = "import sys; from pipeline.cli import main; sys.exit(main())"
    file = str(services.settings.file)
    started = StdioServerParameters(command=sys.executable, args=["-c", script, "--file", file, "mcp"])
    answer = ask(started, lambda client: client.call_tool("actors", {"name": "lindqvist"}))
    assert answer.structured_content["result"][0]["id"] == services.desk.all(Actor)[0].id


def test_requests_of_an_assistant_have_a_time_limit(address: str) -> None:
    url, login = f"{address.rstrip('/')}/mcp", {"authorization": f"Bearer {TOKEN}"}
    stream = httpx2.get(url, headers={**login, "accept": "text/event-stream"}, timeout=20)
    assert (stream.status_code, stream.headers["allow"]) == (405, "POST")
    version = "2026-07-28"
    about = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": {"name": "x", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"_meta": about, "notifications": {"toolsListChanged": True}}
    headers = {**login, "accept": "application/json, text/event-stream", "mcp-protocol-version": version}
    headers["mcp-method"] = "subscriptions/listen"
    listening = {"jsonrpc": "2.0", "id": 5, "method": "subscriptions/listen", "params": params}
    assert (
        httpx2.post(url, json=listening, headers=headers, timeout=20).json()["error"]["message"] == "Method not found"
    )


@pytest.mark.parametrize("tool", ["statement", "explain", "article_evidence"])
def test_a_long_id_is_not_repeated(services: Services, tool: str) -> None:
    name = "article_id" if tool == "article_evidence" else "statement_id"
    answer = ask(server(services), lambda client: client.call_tool(tool, {name: "x" * 100_000}))
    assert answer.is_error
    assert len(answer.content[0].text) < 1_000


def rpc(address: str, content: object, **headers: str) -> httpx2.Response:
    """The answer to a body that no library would send."""
    known = {"authorization": f"Bearer {TOKEN}", "accept": "application/json, text/event-stream"}
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    every = {"content-type": "application/json", **known, **headers}
    return httpx2.post(f"{address.rstrip('/')}/mcp", content=body, headers=every, timeout=30)


@pytest.mark.parametrize(
    ("tool", "number"), [("article_evidence", "first"), ("search", "limit"), ("timeline", "limit")]
)
@pytest.mark.parametrize("value", [10**30, -(10**30), 2**63, -1])
def test_a_number_without_end_is_refused_or_leads_to_nothing(
    services: Services, tool: str, number: str, value: int
) -> None:
    arguments: dict[str, Any] = {number: value}
    if tool == "article_evidence":
        arguments["article_id"] = examples.article().id
    answer = ask(server(services), lambda client: client.call_tool(tool, arguments))
    if answer.is_error:
        assert number in answer.content[0].text
    else:
        assert answer.structured_content["quotes"] == []


@pytest.mark.slow
def test_no_body_of_an_assistant_is_a_fault_of_ours(address: str) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search", "arguments": {}}}
    bodies: list[object] = [
        b"",
        b"null",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe",
        b'{"jsonrpc": "2.0", "id": 1e400, "method": "x"}',
        [],
        [call] * 2_000,
        {**call, "id": {"a": 1}},
        {**call, "id": "x" * 100_000},
        {**call, "method": "__class__"},
        {**call, "params": {"name": "../search", "arguments": {}}},
        {**call, "params": {"name": "search", "arguments": {"limit": 10**9}}},
        {**call, "params": {"name": "search", "arguments": {"query": "(" * 5_000}}},
        {**call, "params": {"name": "add_watch", "arguments": {"name": "planted"}}},
        {**call, "method": "resources/read", "params": {"uri": "file:///etc/passwd"}},
        {**call, "method": "resources/read", "params": {"uri": "onrecord://articles/..%2f..%2fetc"}},
    ]
    for body in bodies:
        answer = rpc(address, body)
        assert answer.status_code < 500, (str(body)[:80], answer.text[:200])
        assert "root:" not in answer.text
        assert "Traceback" not in answer.text
    assert httpx2.get(f"{address.rstrip('/')}/livez").status_code == 200


def test_a_body_of_an_assistant_has_its_limit(address: str) -> None:
    assert rpc(address, b" " * 1_000_001).status_code == 413


def test_another_site_asks_no_assistant(address: str) -> None:
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert rpc(address, listing, origin="https://evil.example", **{"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_session_that_an_assistant_names_is_nobodys(address: str) -> None:
    """The server keeps no sessions, so that a guessed id leads to no other's."""
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    answers = [rpc(address, listing, **{"mcp-session-id": name}) for name in ("1", "x" * 5_000, "../x")]
    assert len({answer.status_code for answer in answers}) == 1
    assert all("mcp-session-id" not in answer.headers for answer in answers)
