"""Alerts are an inbox: what is dealt with goes, and can come back."""

from dataclasses import replace
from datetime import timedelta

from starlette.testclient import TestClient

from pipeline.model import Mute
from pipeline.services import Services
from tests import examples


def put(services: Services, *names: str) -> None:
    for number, name in enumerate(names):
        of = examples.article(f"https://courier.example/{name}", title=f"About {name}")
        alert = replace(examples.alert(examples.statement(examples.report(of))), id=name)
        alert = replace(alert, created=examples.NOON + timedelta(minutes=number))
        services.outbox.put([examples.delivery(alert, id=name)])


def test_what_is_done_leaves_the_inbox_and_can_come_back(services: Services, browser: TestClient) -> None:
    put(services, "ferry", "tram")
    page = browser.get("/alerts").text
    assert page.count('class="quiet done"') == 2
    assert "<title>(2) Alerts" in page
    answer = browser.post("/alerts", data={"acknowledge": "ferry", "to": "/alerts?person=ada-lindqvist"})
    assert answer.headers["location"] == "/alerts?person=ada-lindqvist&undo=ferry"
    page = browser.get("/alerts").text
    assert "About ferry" not in page
    assert "<title>(1) Alerts" in page
    assert "About ferry" in browser.get("/alerts?view=done").text
    browser.post("/alerts", data={"undo": "ferry"})
    assert "About ferry" in browser.get("/alerts").text


def test_several_that_are_ticked_are_done_at_once(services: Services, browser: TestClient) -> None:
    put(services, "ferry", "tram", "bus")
    browser.post(
        "/alerts",
        content="tick=ferry&tick=bus&done=yes",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    page = browser.get("/alerts").text
    assert "About tram" in page
    assert "About ferry" not in page
    assert "About bus" not in page


def test_alerts_of_one_article_are_one_card(services: Services, browser: TestClient) -> None:
    first = examples.alert()
    second = replace(first, id="second", statement=replace(first.statement, id="second", text="Another thing"))
    services.outbox.put([examples.delivery(first, id="one"), examples.delivery(second, id="two")])
    page = browser.get("/alerts").text
    assert page.count("Harbour stays open") == 3  # the headline, and the labels of its box and button
    assert "Another thing" in page
    assert page.count('class="quiet done"') == 1


def test_alerts_after_the_newest_that_a_page_shows_are_counted(services: Services, browser: TestClient) -> None:
    put(services, "ferry")
    shown = browser.get("/alerts").text
    assert 'data-count="/api/v1/alerts/news?after=ferry" data-known="0"' in shown
    assert browser.get("/api/v1/alerts/news?after=ferry").json() == {"total": 0, "to_do": 1}
    put(services, "tram", "bus")
    browser.post("/alerts", data={"acknowledge": "tram"})
    assert browser.get("/api/v1/alerts/news?after=ferry").json() == {"total": 2, "to_do": 2}


def test_the_inbox_is_chosen_by_watch_and_person(services: Services, browser: TestClient) -> None:
    put(services, "ferry")
    assert "About ferry" in browser.get("/alerts?watch=harbour&person=ada-lindqvist").text
    assert "About ferry" not in browser.get("/alerts?watch=other").text
    assert "About ferry" not in browser.get("/alerts?person=other").text


def test_somebody_is_muted_for_a_day_a_week_or_ever(services: Services, browser: TestClient) -> None:
    for name, length in (("day", timedelta(days=1)), ("week", timedelta(days=7)), ("ever", None)):
        browser.post("/alerts", data={"mute": "actor:ada-lindqvist", "for": name})
        (mute,) = services.desk.all(Mute)
        assert mute.until == (services.clock() + length if length else None)
    assert "for ever" in browser.get("/alerts").text


def test_a_form_leads_back_to_our_own_alerts_alone(services: Services, browser: TestClient) -> None:
    put(services, "ferry")
    for to, location in (("https://evil.example", "/alerts"), ("/alerts?view=all#a3", "/alerts?view=all#a3")):
        assert browser.post("/alerts", data={"undo": "ferry", "to": to}).headers["location"] == location


def test_older_alerts_are_linked(services: Services, browser: TestClient) -> None:
    put(services, *(f"n{number}" for number in range(60)))
    page = browser.get("/alerts").text
    older = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "About n59<" in page
    assert "About n59<" not in browser.get(older).text
    assert "About n0<" in browser.get(older).text
