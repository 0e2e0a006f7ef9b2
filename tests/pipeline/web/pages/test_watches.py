"""Groups, and watches before they stand, by the API and on their page."""

from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pipeline.model import Group, Watch
from pipeline.services import Services
from tests import examples
from tests.examples import NOON
from tests.newsroom import Receiver
from tests.pipeline.web.conftest import edition

ORDER: dict[str, Any] = {"name": "Harbour", "by": ["ada-lindqvist"]}


def test_groups_come_and_go(services: Services, client: TestClient) -> None:
    order = {"name": "Council", "members": ["ada-lindqvist"]}
    assert client.put("/api/v1/groups/council", json=order).status_code == 200
    assert client.get("/api/v1/groups").json()[0]["members"] == ["ada-lindqvist"]
    assert client.put("/api/v1/watches/all", json={"name": "All", "by": ["council"]}).status_code == 200
    assert client.delete("/api/v1/groups/council").status_code == 409
    assert client.delete("/api/v1/watches/all").status_code == 204
    assert client.delete("/api/v1/actors/ada-lindqvist").status_code == 409
    assert client.delete("/api/v1/groups/council").status_code == 204
    assert client.delete("/api/v1/groups/council").status_code == 404


@pytest.mark.parametrize(
    ("members", "detail"), [([], "no members"), (["nobody"], "'nobody'"), (["council"], "council → council")]
)
def test_malformed_groups_are_refused(services: Services, client: TestClient, members: list[str], detail: str) -> None:
    answer = client.put("/api/v1/groups/council", json={"name": "Council", "members": members})
    assert answer.status_code == 400
    assert detail in answer.json()["detail"]
    assert services.desk.all(Group) == []


def test_a_previewed_watch_is_not_saved(services: Services, client: TestClient) -> None:
    services.index.add([examples.document(), examples.decision()])
    told = client.post("/api/v1/watches/preview", json=ORDER).json()
    assert (told["total"], told["looked_at"]) == (1, 1)
    assert told["alerts"][0]["statement"]["text"] == "The harbour will stay open"
    assert client.post("/api/v1/watches/preview", json={**ORDER, "query": "ferry"}).json()["total"] == 0
    assert client.post("/api/v1/watches/preview", json={**ORDER, "query": "(ferry"}).status_code == 400
    assert client.post("/api/v1/watches/preview", json={**ORDER, "by": ["nobody"]}).status_code == 400
    assert services.desk.all(Watch) == []


@pytest.mark.parametrize("wrong", [{"tempo": "never"}, {"daily_cap": -1}])
def test_a_malformed_tempo_or_cap_is_refused(client: TestClient, wrong: dict[str, Any]) -> None:
    assert client.put("/api/v1/watches/harbour", json={**ORDER, **wrong}).status_code == 422


def test_a_preview_and_a_statement_say_that_a_fragment_alerts_nobody(services: Services, browser: TestClient) -> None:
    of = examples.article("https://courier.example/fragment")
    fragment = examples.decision(examples.report(of, statement=False))
    services.index.add([examples.document(of), fragment])
    page = browser.post("/watches", data={"name": "Port", "by": "lindqvist", "deliver": "stdout", "preview": "yes"})
    assert "1 report of a fragment, of a supposition or of what was not said would alert nobody." in page.text
    shown = browser.get(f"/statements/{fragment.statement.id}").text
    assert "alerts nobody: a fragment, which is no statement on its own" in shown


def test_a_watch_is_filled_in_previewed_and_saved(services: Services, browser: TestClient) -> None:
    services.index.add([examples.document(), examples.decision()])
    filled = {"name": "The Port", "by": "lindqvist", "query": "harbour", "deliver": "stdout", "tempo": "daily"}
    more = {"kinds": "direct, indirect", "quiet": "22:00-07:00", "zone": "Europe/Oslo", "daily_cap": "4"}
    more |= {"least_sources": "1", "spread": "20, 5"}
    page = browser.post("/watches", data={**filled, **more, "preview": "yes"})
    assert "It would have alerted you 1 time<" in page.text
    assert "Looked at 1 of 1 statements on the record" in page.text
    assert '<svg class="histogram"' in page.text
    assert "The harbour will stay open" in page.text
    assert 'value="22:00-07:00"' in page.text
    assert services.desk.all(Watch) == []
    assert browser.post("/watches", data={**filled, **more, "save": "yes"}).status_code == 303
    (made,) = services.desk.all(Watch)
    assert (made.id, made.by, made.kinds) == ("the-port", ("ada-lindqvist",), ("direct", "indirect"))
    assert (made.tempo, made.quiet, made.zone, made.daily_cap) == ("daily", "22:00-07:00", "Europe/Oslo", 4)
    assert (made.least_sources, made.spread) == (1, (20, 5))


def test_a_changed_watch_counts_from_the_change(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.watch(deliver=("slack:https://hooks.example/wordofpower",)))
    page = browser.get("/watches?change=harbour").text
    assert 'value="ada-lindqvist"' in page
    assert "wordofpower" not in page
    masked = page.split('name="deliver" type="text" value="')[1].split('"')[0]
    form = {"name": "Harbour", "by": "lindqvist", "deliver": masked, "edition": edition(page)}
    browser.post("/watches", data={**form, "save": "yes"})
    assert services.desk.all(Watch) == [replace(examples.watch(), deliver=("slack:https://hooks.example/wordofpower",))]


@pytest.mark.parametrize(
    ("filled", "told"),
    [
        ({"by": "nobody"}, "nobody"),
        ({"query": "(open"}, "open"),
        ({"by": "lindqvist", "tempo": "never"}, "tempo"),
        ({"by": "lindqvist", "daily_cap": "many"}, "daily cap: &#39;many&#39; should be a whole number"),
        ({"by": "lindqvist", "deliver": "pigeon:<script>"}, "&lt;script&gt;"),
        ({"by": "lindqvist", "quiet": "late"}, "quiet hours"),
        ({}, "no condition"),
    ],
)
def test_a_refused_form_keeps_its_fields_and_shows_the_error(
    services: Services, browser: TestClient, filled: dict[str, str], told: str
) -> None:
    page = browser.post("/watches", data={"name": "Filled in", "deliver": "stdout", **filled, "save": "yes"})
    assert page.status_code == 400
    assert told in page.text.split('role="alert"')[1].split("</div>")[0].lower()
    assert 'value="Filled in"' in page.text
    assert services.desk.all(Watch) == []


def test_groups_are_put_together_on_the_page(services: Services, browser: TestClient) -> None:
    assert browser.post("/groups", data={"name": "Council", "members": "lindqvist"}).status_code == 303
    assert services.desk.all(Group) == [examples.group()]
    assert "council → council" in browser.post("/groups", data={"name": "Council", "members": "council"}).text
    browser.post("/groups", data={"remove": "council"})
    assert services.desk.all(Group) == []


def test_watches_and_groups_are_listed_with_names_of_actors(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.group(), examples.watch(by=("council",), about=("ada-lindqvist",)))
    page = browser.get("/watches").text
    assert "said by Council or about Ada Lindqvist" in page
    assert "<td>Ada Lindqvist</td>" in page


def test_people_and_kinds_are_ticked(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.actor("Bo Ek", id="bo-ek", aliases=()))
    browser.post(
        "/watches",
        content="name=Both&by=ada-lindqvist&by=bo-ek&kinds=direct&kinds=mixed&save=yes&deliver=",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    (made,) = services.desk.all(Watch)
    assert (made.by, made.kinds, made.deliver) == (("ada-lindqvist", "bo-ek"), ("direct", "mixed"), ("stdout",))
    page = browser.get("/watches?change=both").text
    assert page.count("checked") == 4
    assert "here alone" in page


def test_a_watch_of_spikes_and_silences_is_filled_in_and_listed(services: Services, browser: TestClient) -> None:
    form = {"name": "Mayor", "by": "ada-lindqvist", "spike": "3", "silence": "14", "save": "yes"}
    assert browser.post("/watches", data=form).status_code == 303
    (saved,) = services.desk.all(Watch)
    assert (saved.spike, saved.silence) == (3.0, 14)
    page = browser.get("/watches", params={"change": "mayor"}).text
    assert "only when reported 3 times as often as usual" in page
    assert "only when not reported for 14 days" in page
    assert 'name="spike" type="text" value="3"' in page
    wrong = browser.post("/watches", data={**form, "query": "harbour", "edition": edition(page)})
    assert (wrong.status_code, "remove conditions" in wrong.text) == (400, True)


def test_a_search_leads_to_a_watch(browser: TestClient) -> None:
    page = browser.get("/watches", params={"query": '(port) AND said:"denied"', "by": "ada-lindqvist"}).text
    assert 'value="(port) AND said:&#34;denied&#34;"' in page
    assert page.count("checked") == 1


def test_a_wrong_query_is_pointed_at(browser: TestClient) -> None:
    page = browser.post("/watches", data={"query": "missing (pension", "preview": "yes"}).text
    assert "missing (pension\n                ^" in page
    assert '<details class="whole"><summary>' in page


def test_somebody_unknown_is_said_in_the_words_of_the_page(browser: TestClient) -> None:
    page = browser.post("/watches", data={"by": "Nobody Known", "preview": "yes"}).text
    assert "track them under People first" in page
    assert "`" not in page.split('role="alert"')[1].split("</div>")[0]


def test_a_change_by_somebody_else_meanwhile_is_not_lost(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.watch())
    first = edition(browser.get("/watches?change=harbour").text)
    form = {"name": "Harbour", "by": "lindqvist", "edition": first, "save": "yes"}
    assert browser.post("/watches", data={**form, "query": "ferry"}).status_code == 303
    answer = browser.post("/watches", data={**form, "query": "tram"})
    assert (answer.status_code, services.desk.all(Watch)[0].query) == (400, "ferry")
    assert "last changed by pages, from testclient" in answer.text
    assert 'value="tram"' in answer.text
    assert browser.post("/watches", data={**form, "query": "tram", "edition": edition(answer.text)}).status_code == 303
    assert services.desk.all(Watch)[0].query == "tram"


def test_a_new_watch_does_not_replace_a_namesake(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.watch(query="harbour"))
    answer = browser.post("/watches", data={"name": "Harbour", "by": "lindqvist", "save": "yes"})
    assert (answer.status_code, services.desk.all(Watch)[0].query) == (400, "harbour")


def test_a_changed_watch_stays_paused(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.watch())
    browser.post("/watches", data={"pause": "harbour"})
    assert ">paused<" in browser.get("/watches").text
    known = edition(browser.get("/watches?change=harbour").text)
    browser.post("/watches", data={"name": "Harbour", "by": "lindqvist", "edition": known, "save": "yes"})
    assert [watch.paused for watch in services.desk.all(Watch)] == [True]
    browser.post("/watches", data={"resume": "harbour"})
    assert [watch.paused for watch in services.desk.all(Watch)] == [False]
    assert browser.post("/watches", data={"pause": "nothing"}).status_code == 404


def test_a_test_message_is_the_newest_alert_that_would_have_been_sent(
    services: Services, browser: TestClient, open_web: FastAPI
) -> None:
    receiver = Receiver()
    open_web.state.app = replace(services, notifier=lambda target: receiver)
    services.desk.save(examples.watch(deliver=("stdout", "webhook:https://desk.example/hook"), created=NOON))
    services.index.add([examples.document(), examples.decision()])
    page = browser.post("/watches", data={"test": "harbour"}).text
    assert "“Harbour”: a test message was sent to 1 target." in page
    (sent,) = receiver.received
    assert (sent.target, sent.alert.statement.text) == (
        "webhook:https://desk.example/hook",
        "The harbour will stay open",
    )
    assert sent.alert.why.startswith("a test of the watch; ")


def test_without_a_matching_alert_there_is_no_test_message(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.watch(by=(), query="xyzzy"))
    page = browser.post("/watches", data={"test": "harbour"})
    assert page.status_code == 400
    assert "there is no message to try it with" in page.text


def test_outlets_are_ticked_and_others_typed(services: Services, browser: TestClient) -> None:
    board = "Council Bulletin of Notices, Minutes and Plans"
    services.desk.save(examples.feed(source=board), examples.feed("https://gazette.example/feed", source="Gazette"))
    assert f'<input type="checkbox" name="sources" value="{board}">' in browser.get("/watches").text
    filled = {"name": "The Port", "by": "lindqvist", "sources": [board, "Gazette"], "more_sources": "Ledger, Post"}
    browser.post("/watches", data={**filled, "save": "yes"})
    (watch,) = services.desk.all(Watch)
    assert watch.sources == (board, "Gazette", "Ledger", "Post")
    page = browser.get("/watches?change=the-port").text
    assert [f'name="sources" value="{name}" checked>' in page for name in watch.sources] == [True] * 4
    browser.post(
        "/watches", data={**filled, "sources": [board], "more_sources": "", "edition": edition(page), "save": "yes"}
    )
    (watch,) = services.desk.all(Watch)
    assert watch.sources == (board,)


def test_the_alerts_of_a_watch_are_counted_once_however_many_targets_have_them(
    services: Services, browser: TestClient
) -> None:
    browser.put("/api/v1/watches/harbour", json=ORDER)
    services.outbox.put([examples.delivery(id=target, target=target) for target in ("stdout", "email:a@desk.example")])
    page = browser.get("/watches").text
    assert ">1 lately</a>" in page
    assert 'aria-label="Alerts by day"' in page
