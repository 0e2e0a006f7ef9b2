"""Mutes and marks, by the API and on the page of alerts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from pipeline.model import AlertKind, Decision, Mark, Mute
from pipeline.services import Services
from tests import examples

JSON = {"content-type": "application/json"}


def test_mutes_come_and_go(services: Services, client: TestClient) -> None:
    services.outbox.put([examples.delivery(id="one")])
    until = (examples.NOON + timedelta(days=1)).isoformat()
    order = {"kind": "actor", "thing": "ada-lindqvist", "until": until}
    assert client.put("/api/v1/mutes", json=order).json()["name"] == "Ada Lindqvist"
    assert [each.state for each in services.outbox.listing()] == ["muted"]
    assert len(client.get("/api/v1/mutes").json()) == 1
    assert client.delete("/api/v1/mutes/actor:ada-lindqvist").status_code == 204
    assert client.delete("/api/v1/mutes/actor:ada-lindqvist").status_code == 404


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"kind": "actor", "thing": "nobody"}, 404),
        ({"kind": "statement", "thing": "none"}, 404),
        ({"kind": "rumour", "thing": "x"}, 422),
        ({"kind": "actor", "thing": "ada-lindqvist", "until": "2026-03-02T12:00:00"}, 422),
    ],
)
def test_malformed_mutes_are_refused(
    services: Services, client: TestClient, order: dict[str, str], status: int
) -> None:
    assert client.put("/api/v1/mutes", json=order).status_code == status
    assert services.desk.all(Mute) == []


def test_marks_come_and_go(services: Services, client: TestClient) -> None:
    services.outbox.put([examples.delivery(id="one")])
    made = client.post("/api/v1/deliveries/one/mark", json={"label": "wrong-speaker", "note": "Bo Ek"}).json()
    assert made["alert"]["id"] == examples.alert().id
    (told,) = client.get("/api/v1/marks").json()
    assert (told["label"], told["note"], told["text"]) == ("wrong-speaker", "Bo Ek", examples.TEXT)
    assert client.post("/api/v1/deliveries/one/mark", json={"label": "boring"}).status_code == 422
    assert client.post("/api/v1/deliveries/two/mark", json={"label": "not-new"}).status_code == 404
    name = f"wrong-speaker:{examples.alert().id}"
    assert client.delete(f"/api/v1/marks/{name}").status_code == 204
    assert client.delete(f"/api/v1/marks/{name}").status_code == 404


def _repeat(services: Services) -> Decision:
    """The second report of the desk's statement, which was called repeated."""
    first = examples.decision()
    return next(each for each in services.index.decisions(first.statement.id) if each.verdict == "repeated")


def test_a_repeat_is_marked_as_missed(services: Services, client: TestClient) -> None:
    repeat = _repeat(services)
    path = f"/api/v1/statements/{repeat.statement.id}/missed"
    quote = repeat.report.quote.id
    assert client.post(path, json={"quote": quote, "note": "the date"}).json()["decision"]["verdict"] == "repeated"
    (exported,) = client.get("/api/v1/marks").json()
    assert (exported["label"], exported["note"], exported["alert"]) == ("missed", "the date", None)
    assert client.post(path, json={"quote": "none"}).status_code == 400
    assert client.post("/api/v1/statements/none/missed", json={"quote": quote}).status_code == 400


def test_a_repeat_is_marked_on_the_page_of_its_statement(services: Services, browser: TestClient) -> None:
    repeat = _repeat(services)
    page = f"/statements/{repeat.statement.id}"
    assert browser.get(page).text.count("This was new") == 1
    answer = browser.post(page, data={"missed": repeat.report.quote.id})
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert [mark.label for mark in services.desk.all(Mark)] == ["missed"]
    assert "marked as missed" in browser.get(page).text
    assert "This was new" not in browser.get(page).text


def test_a_joined_delivery_is_not_sent_by_itself(services: Services, client: TestClient) -> None:
    services.outbox.put([examples.delivery(id="one", state="joined", digest="whole")])
    answer = client.post("/api/v1/deliveries/one/retry", headers=JSON)
    assert answer.status_code == 409
    assert "'whole'" in answer.json()["detail"]


def test_alerts_are_marked_and_muted_on_their_page(services: Services, browser: TestClient) -> None:
    services.outbox.put([examples.delivery(id="one")])
    assert 'value="actor:ada-lindqvist">Ada Lindqvist</button>' in browser.get("/alerts").text
    browser.post("/alerts", data={"not-new": "one"})
    assert [made.label for made in services.desk.all(Mark)] == ["not-new"]
    browser.post("/alerts", data={"mute": "actor:ada-lindqvist", "for": "week"})
    browser.post("/alerts", data={"mute": f"statement:{examples.statement().id}", "for": "ever"})
    assert [mute.kind for mute in services.desk.all(Mute)] == ["actor", "statement"]
    page = browser.get("/alerts?view=muted").text
    assert "The harbour will stay open" in page
    assert "Unmute" in page
    browser.post("/alerts", data={"unmute": "actor:ada-lindqvist"})
    assert [mute.kind for mute in services.desk.all(Mute)] == ["statement"]


def test_a_digest_and_its_parts_are_distinguished(services: Services, browser: TestClient) -> None:
    other = replace(examples.alert(), id="other", watch_id="port", watch_name="The Port")
    services.outbox.put(
        [
            examples.delivery(id="part", state="joined", digest="whole", also=(other,)),
            examples.delivery(id="whole", parts=("part", "rest")),
        ]
    )
    page = browser.get("/alerts").text
    assert "digest of 2 to stdout" in page
    assert ">in a digest</span> to stdout" in page
    assert "Harbour, The Port: said by" in page


def test_a_digest_is_listed_with_the_first_statement_in_it(services: Services, browser: TestClient) -> None:
    between = replace(examples.alert(), id="other", statement=replace(examples.statement(), id="later"))
    digest = examples.delivery(id="whole", also=(between,), parts=("part", "rest"), planned=examples.NOON)
    rest = examples.delivery(between, id="rest", state="joined", digest="whole")
    services.outbox.put([examples.delivery(id="part", state="joined", digest="whole"), rest, digest])
    page = browser.get("/alerts").text
    assert page.count('<div class="alerted">') == 2
    assert page.count("digest of 2") == 1


def test_a_digest_without_its_parts_has_a_summary(services: Services, browser: TestClient) -> None:
    between = replace(examples.alert(), id="other", statement=replace(examples.statement(), id="later"))
    services.outbox.put([examples.delivery(id="whole", also=(between,), parts=("part", "rest"))])
    assert "2 statements: Ada Lindqvist (2)" in browser.get("/alerts").text


@pytest.mark.parametrize(("kind", "badge"), [("correction", "correction"), ("spread", "in more sources")])
def test_repeats_and_backfills_are_labelled(
    services: Services, browser: TestClient, kind: AlertKind, badge: str
) -> None:
    services.outbox.put([examples.delivery(replace(examples.alert(), kind=kind))])
    assert f">{badge}</span>" in browser.get("/alerts").text
