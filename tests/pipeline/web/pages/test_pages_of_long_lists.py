"""Thousands of people, watches, feeds and alerts: pages stay short and quick to read, and everything can be reached."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from pipeline.model import Actor
from pipeline.services import Services
from tests import examples

_MOST_BYTES = 200_000


@pytest.fixture
def crowded(services: Services) -> Services:
    services.desk.save(*(Actor(id=f"person-{n:04}", name=f"Person {n:04} Öström") for n in range(5_000)))
    services.desk.save(*(examples.watch(id=f"watch-{n:04}", name=f"Watch {n:04}") for n in range(2_000)))
    services.desk.save(
        *(examples.feed(url=f"https://outlet{n}.example/feed", source=f"Outlet {n}") for n in range(300))
    )
    alerts = [replace(examples.alert(), id=f"alert-{n}") for n in range(10_000)]
    services.outbox.put([examples.delivery(alert, id=alert.id) for alert in alerts])
    return services


@pytest.mark.slow
def test_pages_of_a_crowded_desk_are_short(crowded: Services, browser: TestClient) -> None:
    for address in ("/", "/people", "/people/ada-lindqvist", "/watches", "/alerts", "/feeds", "/network", "/record"):
        answer = browser.get(address)
        assert (answer.status_code, len(answer.content) < _MOST_BYTES) == (200, True), address


@pytest.mark.parametrize(("address", "field", "count"), [("/people", "actor", 251), ("/watches", "id", 120)])
def test_every_entry_is_on_some_page(
    services: Services, client: TestClient, address: str, field: str, count: int
) -> None:
    services.desk.save(*(Actor(id=f"person-{n:04}", name=f"Person {n:04}") for n in range(250)))
    services.desk.save(*(examples.watch(id=f"watch-{n:04}", name=f"Watch {n:04}") for n in range(120)))
    following, entries = f"{address}.json", []
    while following:
        answer = client.get(following).json()
        entries += [str(row[field]) for row in answer["rows"]]
        following = answer["next"]
    assert len(entries) == len(set(entries)) == count


@pytest.mark.slow
def test_a_long_list_is_narrowed_down_by_words(crowded: Services, browser: TestClient) -> None:
    page = browser.get("/people?find=ostrom 1234").text
    assert "Person 1234 Öström" in page
    assert "Person 1235" not in page
    assert "Nobody who is tracked is called that" in browser.get("/people?find=zzz").text
    assert "Find among 2,000 watches" in browser.get("/watches").text
    assert "Outlet 7<" in browser.get("/feeds?find=outlet7.").text


@pytest.mark.parametrize("start", ["-1", "x", "9" * 30, "²"])
def test_a_malformed_cursor_stands_for_the_beginning(browser: TestClient, start: str) -> None:
    assert "Ada Lindqvist" in browser.get(f"/people?start={start}").text
