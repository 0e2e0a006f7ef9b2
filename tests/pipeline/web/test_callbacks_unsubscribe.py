"""A link in a mail ends it, without a token and by any name, and ends nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from pipeline.model import Watch
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.settings.sections import Web
from pipeline.testing import FakeClock
from pipeline.text.targets import link
from tests import examples

HERE = "https://desk.example"
WEB = Web(token=SecretStr("open sesame, please"), address=HERE, secret=SecretStr("a secret of thirty-two characters"))
TARGET = "email:reader@courier.example"
ONE_CLICK = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Services]:
    """A desk with a token, whose one watch tells a reader and standard output."""
    opened = open_services(Settings(file=tmp_path / "desk.sqlite", web=WEB), clock=FakeClock())
    opened.desk.save(examples.actor())
    opened.desk.save(examples.watch(deliver=("stdout", TARGET)))
    yield opened
    opened.close()


@pytest.fixture
def stranger(desk: Services, locked_web: FastAPI) -> TestClient:
    """Somebody who has no token and comes by the public name."""
    locked_web.state.app = desk
    return TestClient(locked_web, base_url=HERE, follow_redirects=False)


def path(target: str = TARGET, watch: str = "harbour") -> str:
    return link(WEB, [watch], target).removeprefix(HERE)


def targets(desk: Services) -> tuple[str, ...]:
    (watch,) = desk.desk.all(Watch)
    return watch.deliver


def test_one_click_unsubscribes(desk: Services, stranger: TestClient) -> None:
    answer = stranger.post(path(), content=b"List-Unsubscribe=One-Click", headers=ONE_CLICK)
    assert answer.status_code == 200
    assert targets(desk) == ("stdout",)


def test_opening_the_link_changes_nothing_and_its_button_unsubscribes(desk: Services, stranger: TestClient) -> None:
    page = stranger.get(path(), headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "reader@courier.example" in page.text
    assert 'method="post"' in page.text
    assert targets(desk) == ("stdout", TARGET)
    pressed = stranger.post(path(), headers={"origin": HERE, "sec-fetch-site": "same-origin", **ONE_CLICK})
    assert "any more" in pressed.text
    assert targets(desk) == ("stdout",)


def test_a_link_of_several_watches_ends_all_of_them(desk: Services, stranger: TestClient) -> None:
    desk.desk.save(examples.watch(id="port", name="The Port", deliver=(TARGET, "stdout")))
    both = link(WEB, ["harbour", "port"], TARGET).removeprefix(HERE)
    assert "“Harbour”, “The Port”" in stranger.get(both).text
    assert stranger.post(both).status_code == 200
    assert [watch.deliver for watch in desk.desk.all(Watch)] == [("stdout",), ("stdout",)]
    assert stranger.post(both).status_code == 404


def test_the_last_target_can_unsubscribe(desk: Services, stranger: TestClient) -> None:
    desk.desk.save(examples.watch(deliver=(TARGET,)))
    assert stranger.post(path()).status_code == 200
    assert targets(desk) == ()


def test_waiting_deliveries_are_cancelled(desk: Services, stranger: TestClient) -> None:
    alert, other = examples.alert(), replace(examples.alert(), watch_id="other")
    waiting = [
        examples.delivery(replace(alert, created=alert.created + timedelta(minutes=n)), id=f"w{n:03}", target=TARGET)
        for n in range(150)
    ]
    desk.outbox.put([*waiting, examples.delivery(id="s"), examples.delivery(other, id="o", target=TARGET)])
    stranger.post(path())
    assert {one.id for one in desk.outbox.listing("pending", 1000)} == {"s", "o"}
    failed = desk.outbox.listing("failed", 1000)
    assert len(failed) == 150
    assert failed[0].last_error == "email:reader@courier.example has unsubscribed"


@pytest.mark.parametrize(
    "wrong",
    [
        path("email:other@courier.example"),
        path(watch="quay"),
        path()[:-1],
        "/unsubscribe/harbour/" + "0" * 64,
        "/unsubscribe/harbour/%ED%A0%80",
    ],
)
def test_forged_links_unsubscribe_nobody(desk: Services, stranger: TestClient, wrong: str) -> None:
    assert stranger.post(wrong).status_code == 404
    assert stranger.get(wrong).status_code == 404
    assert targets(desk) == ("stdout", TARGET)


def test_a_link_works_once(stranger: TestClient) -> None:
    assert stranger.post(path()).status_code == 200
    assert stranger.post(path()).status_code == 404


def test_the_open_path_opens_no_other(stranger: TestClient) -> None:
    assert stranger.get("/unsubscribe/../api/v1/watches").status_code in (303, 401, 404)
    assert stranger.get("/unsubscribe/%2e%2e/api/v1/watches").status_code in (401, 404)
    assert stranger.post(path(), content=b"x" * 1_000_001, headers=ONE_CLICK).status_code == 413


def test_without_a_secret_no_link_is_good(desk: Services, stranger: TestClient, locked_web: FastAPI) -> None:
    bare = replace(desk, settings=desk.settings.model_copy(update={"web": Web(token=WEB.token)}))
    locked_web.state.app = bare
    assert stranger.post(path()).status_code == 404
    assert targets(desk) == ("stdout", TARGET)
