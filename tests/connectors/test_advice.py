"""Translators and the reviewer keep their contracts, each with a server on loopback that speaks its interface."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from socket import create_server
from typing import Any

import pytest
from pydantic_core import to_json

from connectors import advice
from connectors.http.client import HttpClient
from pipeline.errors import RefusedError, SettingsError, WorldError
from pipeline.ports import Response, Reviewer, Translator
from pipeline.settings import Settings
from pipeline.testing import HOSTILE, check_reviewer, check_silent_service, check_translator, sample_alert
from tests.connectors.loopback import Loopback, answer, serving, stream

KEY = "a-key-that-is-secret"
SECOND = timedelta(seconds=5)
PATHS = {"libretranslate": "/translate", "deepl": "/v2/translate", "review": "/v1/chat/completions"}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as running:
        yield running


def translator(service: str, address: str, **more: object) -> Translator:
    wanted = {"service": service, "address": f"http://{address}", "key": KEY, "private_addresses": True, **more}
    connected = advice.translator(Settings.model_validate({"translate": wanted}))
    assert connected
    return connected


def judge(address: str, **more: object) -> Reviewer:
    wanted = {"address": f"http://{address}/v1", "model": "small", "key": KEY, "private_addresses": True, **more}
    connected = advice.reviewer(Settings.model_validate({"review": wanted}))
    assert connected
    return connected


def chat(content: object) -> Callable[[BaseHTTPRequestHandler], None]:
    return answer(to_json({"choices": [{"message": {"role": "assistant", "content": content}}]}))


def asker(name: str, address: str) -> Callable[[timedelta], object]:
    if name == "review":
        return lambda timeout: judge(address).review(sample_alert(), "The harbour will stay open.", timeout)
    return lambda timeout: translator(name, address).translate("Der Hafen bleibt offen", "de", timeout)


def sent(server: Loopback) -> Any:
    return json.loads(server.requests[-1].body)


def test_libretranslate_keeps_the_contract(server: Loopback) -> None:
    server.routes["/translate"] = answer(to_json({"translatedText": HOSTILE}))
    check_translator(translator("libretranslate", server.address))
    assert sent(server) == {"q": HOSTILE, "source": "nb", "target": "en", "format": "text", "api_key": KEY}
    assert json.loads(server.requests[1].body)["source"] == "auto"


def test_deepl_keeps_the_contract(server: Loopback) -> None:
    server.routes["/v2/translate"] = answer(to_json({"translations": [{"text": HOSTILE}]}))
    check_translator(translator("deepl", server.address, language="pt-BR"))
    assert sent(server) == {"text": [HOSTILE], "target_lang": "PT-BR", "source_lang": "NB"}
    assert "source_lang" not in json.loads(server.requests[1].body)
    assert server.requests[-1].headers["authorization"] == f"DeepL-Auth-Key {KEY}"


def test_the_reviewer_keeps_the_contract(server: Loopback) -> None:
    server.routes["/v1/chat/completions"] = chat(json.dumps({"opinion": "doubtful", "reason": HOSTILE}))
    check_reviewer(judge(server.address))
    assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    assert sent(server)["model"] == "small"
    system, user = sent(server)["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert HOSTILE not in system["content"]
    assert json.loads(user["content"])["passage"] == HOSTILE


def test_an_opinion_is_the_last_that_a_model_writes(server: Loopback) -> None:
    thinking = '<think>{"opinion": "supported", "reason": "at first"} {no}</think>\n```json\n'
    server.routes["/v1/chat/completions"] = chat(thinking + '{"opinion": "unclear", "reason": "no speaker"}\n```')
    review = judge(server.address).review(sample_alert(), "…", SECOND)
    assert (review.opinion, review.reason, review.service) == ("unclear", "no speaker", "small")


@pytest.mark.parametrize(
    "content",
    ["", "I obey the article!", '{"opinion": "silence it", "reason": "x"}', '{"opinion": "doubtful"}', 7, None],
)
def test_an_answer_without_an_opinion_is_an_error(server: Loopback, content: object) -> None:
    server.routes["/v1/chat/completions"] = chat(content)
    with pytest.raises(RefusedError, match="answers with"):
        judge(server.address).review(sample_alert(), "…", SECOND)


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("body", ["", "[]", "{}", "null", "[" * 50_000, '{"choices": [], "translations": [7]}', "\x00"])
def test_a_malformed_answer_concerns_its_text_only(server: Loopback, name: str, body: str) -> None:
    server.routes[PATHS[name]] = answer(body)
    with pytest.raises(RefusedError):
        asker(name, server.address)(SECOND)


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RefusedError),
        (401, WorldError),
        (429, WorldError),
        (456, WorldError),
        (503, WorldError),
        (302, WorldError),
    ],
)
def test_a_refused_key_or_a_used_up_quota_concerns_all_texts(
    server: Loopback, name: str, status: int, kind: type
) -> None:
    server.routes[PATHS[name]] = answer(f"no\n{KEY}", status=status, location=server.url("/elsewhere"))
    with pytest.raises(WorldError) as raised:
        asker(name, server.address)(SECOND)
    assert type(raised.value) is kind
    check_silent_service(asker(name, server.address), KEY)
    assert "/elsewhere" not in server.paths()  # a redirect would carry the text and the key to another place


@pytest.mark.parametrize("name", PATHS)
def test_an_unreachable_or_endless_service_is_a_world_error(server: Loopback, name: str) -> None:
    with closing(create_server(("127.0.0.1", 0))) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    check_silent_service(asker(name, address), KEY)

    def endless() -> Iterator[bytes]:
        while server.paths().count("/stop") == 0:
            yield b""

    server.routes[PATHS[name]] = stream(endless())
    check_silent_service(asker(name, server.address), KEY)
    server.requests.append(server.requests[0].__class__("GET", "/stop", {}, b""))


@pytest.mark.parametrize("name", PATHS)
def test_a_private_address_needs_the_setting_of_this_service(server: Loopback, name: str) -> None:
    fetch = {"private_addresses": True}  # allows feeds there, and no service
    section = {"service": name, "address": f"http://{server.address}", "key": KEY, "model": "small"}
    section.pop("service" if name == "review" else "model")
    settings = Settings.model_validate({"fetch": fetch, "review" if name == "review" else "translate": section})
    with pytest.raises(RefusedError, match=r"private|public|allowed"):
        if name == "review":
            connected = advice.reviewer(settings)
            assert connected
            connected.review(sample_alert(), "…", SECOND)
        else:
            translating = advice.translator(settings)
            assert translating
            translating.translate("Hafen", "de", SECOND)
    assert not server.requests


def test_services_get_no_requests_by_default() -> None:
    assert advice.translator(Settings()) is None
    assert advice.reviewer(Settings()) is None


def test_deepls_address_follows_from_the_kind_of_key(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def post(client: object, url: str, *_: object) -> Response:
        asked.append(url)
        return Response(200, {}, to_json({"translations": [{"text": "Harbour"}]}), url)

    monkeypatch.setattr(HttpClient, "post", post)
    for key in ("free:fx", "paid"):
        wanted = advice.translator(Settings.model_validate({"translate": {"service": "deepl", "key": key}}))
        assert wanted
        wanted.translate("Hafen", "de", SECOND)
    assert asked == ["https://api-free.deepl.com/v2/translate", "https://api.deepl.com/v2/translate"]


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"translate": {"service": "libretranslate"}}, "translate.address"),
        ({"translate": {"service": "deepl"}}, "translate.key"),
        ({"translate": {"service": "deepl", "key": "a\nb"}}, "translate.key"),
        ({"review": {"address": "http://127.0.0.1:11434/v1"}}, "review.model"),
        ({"review": {"address": "http://127.0.0.1:11434/v1", "model": "small", "key": "é"}}, "review.key"),
    ],
)
def test_a_missing_setting_stops_the_start_by_name(section: dict[str, object], key: str) -> None:
    settings = Settings.model_validate(section)
    with pytest.raises(SettingsError, match=rf"^{key} "):
        advice.translator(settings)
        advice.reviewer(settings)


@pytest.mark.parametrize("service", ["libretranslate", "deepl"])
def test_an_answer_that_is_too_long_for_a_translation_is_cut(server: Loopback, service: str) -> None:
    text = "Der Hafen bleibt offen"
    most = 8 * len(text) + 200
    for length, told in ((most, "x" * most), (20_000, "x" * (most - 1) + "…")):
        words = "x" * length
        server.routes[PATHS[service]] = answer(to_json({"translatedText": words, "translations": [{"text": words}]}))
        assert translator(service, server.address).translate(text, "de", SECOND).text == told
