"""Alerts are an inbox: what is dealt with goes, and can come back."""

from dataclasses import replace
from datetime import timedelta

from starlette.testclient import TestClient

from pipeline.model import Mute, Review, Translation, Triage, delivery_id
from pipeline.services import Services
from pipeline.testing import FakeClock
from tests import examples


def put(services: Services, *names: str) -> None:
    for number, name in enumerate(names):
        of = examples.article(f"https://courier.example/{name}", title=f"About {name}")
        alert = replace(examples.alert(examples.statement(examples.report(of))), id=name)
        alert = replace(alert, created=examples.NOON + timedelta(minutes=number))
        services.outbox.put([examples.delivery(alert, id=name)])


def test_acknowledged_alerts_leave_the_inbox_and_can_be_reopened(services: Services, browser: TestClient) -> None:
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


def test_a_reason_that_all_alerts_of_a_card_share_is_shown_once(services: Services, browser: TestClient) -> None:
    first = replace(examples.alert(), why="a new statement; about the council")
    second = replace(first, id="second", statement=replace(first.statement, id="second", text="Another thing"))
    services.outbox.put([examples.delivery(first, id="one"), examples.delivery(second, id="two")])
    page = browser.get("/alerts").text
    assert page.count("about the council") == 1
    assert "a new statement" not in page
    services.outbox.put([examples.delivery(replace(second, id="third", why="about the ferry"), id="three")])
    page = browser.get("/alerts").text
    assert (page.count("about the council"), page.count("about the ferry")) == (2, 1)


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


def test_a_form_redirects_to_our_own_alerts_only(services: Services, browser: TestClient) -> None:
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


def test_owner_and_note_of_an_alert_are_shown_and_filter_the_inbox(services: Services, browser: TestClient) -> None:
    put(services, "ferry", "tram")
    form = {"note_on": "ferry", "owner": "Bo", "note": "rang her office", "to": "/alerts#a2"}
    answer = browser.post("/alerts", data=form)
    assert answer.headers["location"] == "/alerts#a2"
    assert services.desk.all(Triage) == [Triage(alert="ferry", owner="Bo", note="rang her office")]
    page = browser.get("/alerts?owner=Bo").text
    assert "taken by Bo" in page
    assert "rang her office" in page
    assert "About tram" not in page
    browser.post("/alerts", data={"note_on": "ferry", "owner": "", "note": ""})
    assert services.desk.all(Triage) == []


def test_an_alert_is_snoozed_and_returns(services: Services, browser: TestClient) -> None:
    put(services, "ferry", "tram")
    for length, days in (("day", 1), ("week", 7)):
        browser.post("/alerts", data={"later": "ferry", "for": length})
        (triage,) = services.desk.all(Triage)
        assert triage.until == services.clock() + timedelta(days=days)
    page = browser.get("/alerts").text
    assert "About ferry" not in page
    assert "<title>(1) Alerts" in page
    assert "About ferry" in browser.get("/alerts?view=later").text
    assert "About tram" not in browser.get("/alerts?view=later").text
    clock = services.clock
    assert isinstance(clock, FakeClock)
    clock.move(timedelta(days=7))
    assert "About ferry" in browser.get("/alerts").text
    browser.post("/alerts", data={"later": "ferry", "for": "ever"})
    assert "for ever" in browser.get("/alerts?view=later").text
    browser.post("/alerts", data={"later": "ferry", "for": "now"})
    assert "About ferry" in browser.get("/alerts").text


def test_an_article_with_other_speakers_is_not_folded(services: Services, browser: TestClient) -> None:
    for speaker in ("ada-lindqvist", "bo-ek"):
        of = examples.article(f"https://{speaker}.example/", title="Council argues over harbour bridge")
        alert = examples.alert(examples.statement(examples.report(of, speaker_id=speaker)))
        services.index.add([examples.document(of)])
        services.outbox.put([examples.delivery(replace(alert, id=speaker), id=speaker)])
    assert "more article" not in browser.get("/alerts").text


def test_articles_on_one_story_are_folded_and_done_together(services: Services, browser: TestClient) -> None:
    for number, outlet in enumerate(("courier", "gazette", "echo")):
        of = examples.article(f"https://{outlet}.example/", title=f"Council argues over harbour bridge: {outlet}")
        alert = replace(examples.alert(examples.statement(examples.report(of))), id=outlet)
        later = replace(alert, created=examples.NOON + timedelta(minutes=number))
        services.index.add([examples.document(of)])
        services.outbox.put([examples.delivery(later, id=outlet)])
    put(services, "ferry")
    page = browser.get("/alerts").text
    assert "2 more articles on this" in page
    assert 'value="echo gazette courier"' in page
    assert page.count('class="quiet done"') == 2
    browser.post("/alerts", data={"acknowledge": "echo gazette courier"})
    assert "<title>(1) Alerts" in browser.get("/alerts").text


def test_after_an_action_the_reader_stays_at_the_same_place(services: Services, browser: TestClient) -> None:
    put(services, "ferry")
    answer = browser.post("/alerts", data={"acknowledge": "ferry", "to": "/alerts?view=all#a7"})
    assert answer.headers["location"] == "/alerts?view=all&undo=ferry#a7"


def test_the_api_notes_and_puts_off(services: Services, client: TestClient) -> None:
    put(services, "ferry")
    until = "2026-03-09T12:00:00Z"
    answer = client.put("/api/v1/alerts/ferry/triage", json={"owner": "Bo", "until": until})
    assert answer.json() == {"alert": "ferry", "owner": "Bo", "note": "", "until": until, "by": ""}
    assert client.get("/api/v1/triage").json() == [answer.json()]
    assert client.get("/api/v1/alerts/news").json()["to_do"] == 0


def test_translation_and_review_are_beside_the_original(services: Services, browser: TestClient) -> None:
    said = examples.statement()
    services.index.add([examples.document(), examples.decision()])
    services.desk.save(examples.watch(deliver=("stdout",)))
    advised = replace(
        examples.alert(said),
        translation=Translation("Der <Hafen> bleibt offen", "de", "stand-in"),
        review=Review("doubtful", "nobody is named", "small"),
    )
    services.outbox.put([examples.delivery(advised, id=delivery_id(said.id, "stdout"), target="stdout")])
    for address in ("/alerts", f"/statements/{said.id}"):
        page = browser.get(address).text
        assert said.text in page
        assert "In de (stand-in): Der &lt;Hafen&gt; bleibt offen" in page
        assert "A model doubts this quote (small): nobody is named" in page
    (row,) = browser.get("/alerts.json").json()["rows"]
    assert row["advice"].startswith("In de (stand-in): Der <Hafen> bleibt offen · A model doubts")


def test_a_row_names_all_watches_whose_alerts_share_a_message(services: Services, browser: TestClient) -> None:
    mayor = replace(examples.alert(), id="mayor", watch_id="mayor", watch_name="The mayor")
    other = replace(mayor, id="other", watch_id="ferry", occasion="spread 3")
    services.outbox.put([examples.delivery(also=(mayor, other))])
    (row,) = browser.get("/alerts.json").json()["rows"]
    assert (row["watch"], row["watches"]) == ("harbour", ["harbour", "mayor"])


def twice(services: Services) -> None:
    """Put one statement into the outbox that two watches alert about, each to its own targets, and another."""
    put(services, "tram")
    council = replace(examples.alert(), id="council", watch_id="council", watch_name="The council")
    mayor = replace(council, id="mayor", watch_id="mayor", watch_name="The mayor")
    for alert, target in ((council, "email:a@desk.example"), (mayor, "email:b@desk.example"), (council, "stdout")):
        services.outbox.put([examples.delivery(alert, id=f"{alert.id}-{target[:7]}", target=target)])


def test_a_statement_that_two_watches_alert_about_is_shown_and_counted_once(
    services: Services, browser: TestClient
) -> None:
    twice(services)
    page = browser.get("/alerts").text
    assert page.count('class="quiet done"') == 2
    assert "The council, The mayor" in page
    assert "a@desk.example" in page
    assert "b@desk.example" in page
    assert "<title>(2) Alerts" in page
    assert browser.get("/api/v1/alerts/news?after=").json() == {"total": 2, "to_do": 2}


def test_an_action_applies_to_all_deliveries_of_a_statement(services: Services, browser: TestClient) -> None:
    twice(services)
    for address in ("/alerts", "/alerts?watch=mayor"):
        card = browser.get(address).text.partition("The council, The mayor")[0].rpartition("<li id")[2]
        done = card.partition('name="acknowledge" value="')[2].partition('"')[0]
        assert sorted(done.split()) == ["council-email:a", "council-stdout", "mayor-email:b"]
    browser.post("/alerts", data={"acknowledge": done})
    assert "The council" not in browser.get("/alerts").text.partition('class="statements inbox"')[2]
    assert "<title>(1) Alerts" in browser.get("/alerts").text
    assert "The council, The mayor" in browser.get("/alerts?view=done").text


def test_a_statement_of_two_watches_is_put_off_for_both(services: Services, browser: TestClient) -> None:
    twice(services)
    card = browser.get("/alerts?watch=mayor").text
    ids = card.partition('name="later" value="')[2].partition('"')[0]
    assert sorted(ids.split()) == ["council", "mayor"]
    browser.post("/alerts", data={"later": ids, "for": "day"})
    assert "<title>(1) Alerts" in browser.get("/alerts").text
    browser.post("/alerts", data={"note_on": ids, "owner": "", "note": "rang the town hall"})
    assert browser.get("/alerts?view=later").text.count('dir="auto">rang the town hall') == 1


def test_a_page_does_not_end_among_the_deliveries_of_a_statement(services: Services, browser: TestClient) -> None:
    put(services, *(f"n{number}" for number in range(50)))
    twice(services)
    page = browser.get("/alerts?view=all").text
    older = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert page.count("The council, The mayor") == 1
    assert "b@desk.example" in page
    assert "The council, The mayor" not in browser.get(older).text


def test_the_number_to_do_counts_what_newer_alerts_leave_behind(services: Services, browser: TestClient) -> None:
    for number in range(150):
        later = replace(examples.alert(), id=f"{number}", created=examples.NOON + timedelta(minutes=number))
        services.outbox.put([examples.delivery(later, id=f"d{number}", acknowledged=True)])
    put(services, "ferry")
    assert "<title>(1) Alerts" in browser.get("/alerts").text
