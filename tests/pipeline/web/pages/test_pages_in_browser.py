"""The pages in a real browser: accessible, calm on the console, usable by keyboard, on a phone, and without script."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr
from starlette.testclient import TestClient

from pipeline.services import Services, open_services
from pipeline.settings import Push, Settings
from pipeline.settings.sections import Web
from pipeline.web.accounts.users import add_user
from pipeline.web.serve import create, serve
from tests import examples
from tests.bench.desk import HOST, PAGES, Size, all_pages, fill
from tests.pipeline.web.conftest import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.servers

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

_DESKTOP, _PHONE, _NARROW = 1280, 390, 320

_LONG_NAME, _PASSWORD = "Wilhelmine Überbrückungsbeauftragte", "seven blue kettles"


@dataclass(frozen=True)
class Desk:
    """A desk that is served at an address, with the addresses of its pages."""

    services: Services
    address: str
    pages: dict[str, str]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    services = open_services(Settings(file=tmp_path_factory.mktemp("browser") / "desk.sqlite", web=Web(port=0)))
    fill(services, Size(150), services.clock())
    stop, listening = threading.Event(), threading.Event()
    addresses: list[str] = []

    def heard(address: str) -> None:
        addresses.append(address)
        listening.set()

    server = threading.Thread(target=serve, args=(services, stop, heard))
    server.start()
    assert listening.wait(30)
    pages = all_pages(services, TestClient(create(services), base_url=HOST))
    yield Desk(services, addresses[0], pages)
    stop.set()
    server.join()
    services.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        yield browser
        browser.close()


Open = Callable[..., "Page"]


@pytest.fixture
def open_page(chromium: "Browser", desk: Desk) -> Iterator[Open]:
    """Opens a page of the desk; nothing may be written to its console."""
    written: list[str] = []
    contexts = []

    def opened(path: str, width: int = _DESKTOP, **options: Any) -> "Page":
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: written.append(message.text))
        page.on("pageerror", lambda error: written.append(str(error)))
        page.goto(desk.address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert written == []


def _violations(page: "Page") -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=_RULES).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("name", [*PAGES, "source", "article", "statement"])
def test_pages_are_accessible_and_fit_a_small_phone(desk: Desk, open_page: Open, name: str) -> None:
    page = open_page(desk.pages[name])
    assert _violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": _PHONE, "height": 900})
    assert _violations(page) == []
    page.set_viewport_size({"width": _NARROW, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= _NARROW


def test_german_words_fit_a_small_phone(desk: Desk, open_page: Open) -> None:
    page = open_page("/", _NARROW, locale="de-DE")
    widths = {}
    for name, path in desk.pages.items():
        page.goto(desk.address + path)
        widths[name] = page.evaluate("document.documentElement.scrollWidth")
    assert {name: width for name, width in widths.items() if width > _NARROW} == {}


@pytest.mark.parametrize("address", ["/alerts", "/people", "/feeds", "/watches", "/record"])
def test_whatever_opens_on_a_page_fits_a_small_phone(open_page: Open, address: str) -> None:
    page = open_page(address, width=_NARROW)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= _NARROW


@pytest.mark.parametrize("width", [_PHONE, 360, _NARROW])
def test_a_phone_shows_every_page_in_the_navigation(open_page: Open, width: int) -> None:
    page = open_page("/", width=width)
    for link in page.locator(".mast nav a").all():
        box = link.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width, link.inner_text()


def test_a_right_to_left_statement_is_aligned_right(open_page: Open) -> None:
    page = open_page("/record?q=lang:ar")
    paragraph = page.locator("p.said").first
    assert paragraph.evaluate("element => getComputedStyle(element).direction") == "rtl"


@pytest.mark.parametrize("width", [_DESKTOP, 1024, _PHONE])
def test_a_long_reason_leaves_the_statement_its_room(open_page: Open, width: int) -> None:
    page = open_page("/alerts", width)
    reason = f'<p class="reason">{"a new statement; " * 20}</p>'
    page.evaluate(f"document.querySelector('.alerted .tags').insertAdjacentHTML('afterend', '{reason}')")
    statement = page.locator(".alerted .statement").first.bounding_box()
    assert statement
    assert statement["width"] > min(600, width * 0.8)


def test_the_first_tab_stop_skips_the_navigation(open_page: Open) -> None:
    page = open_page("/record")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator("main :focus").count() == 1


def test_keys_search_go_through_results_and_open_them(open_page: Open) -> None:
    page = open_page("/")
    page.keyboard.press("/")
    page.keyboard.type("ferry")
    page.keyboard.press("Enter")
    page.wait_for_url("**/record?q=ferry**")
    page.keyboard.press("j")
    first = page.locator(":focus").inner_text()
    page.keyboard.press("j")
    assert page.locator(":focus").inner_text() != first
    page.keyboard.press("o")
    page.wait_for_url("**/articles/**")


def test_a_key_acknowledges_an_alert_and_undo_reopens_it(open_page: Open) -> None:
    page = open_page("/alerts")
    before = page.locator(".inbox > li").count()
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.wait_for_url("**undo=**")
    assert page.locator(".inbox > li").count() == before - 1
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/alerts")
    assert page.locator(".inbox > li").count() == before


def test_everything_works_without_script(open_page: Open) -> None:
    page = open_page("/record", java_script_enabled=False)
    page.get_by_role("searchbox").fill("ferry")
    page.get_by_role("button", name="Search").click()
    assert page.locator("mark").first.inner_text().lower() == "ferry"
    page.locator(".facets a.name").first.click()
    assert page.locator(".pills li").count() == 2
    page.get_by_role("link", name="alert me to this").click()
    page.get_by_role("button", name="Preview").click()
    assert "It would have alerted you" in page.content()
    page.get_by_role("link", name="Alerts").click()
    page.locator(".inbox input[type=checkbox]").first.check()
    page.get_by_role("button", name="Mark ticked as done").click()
    page.get_by_role("button", name="Undo").click()


def test_new_alerts_are_counted_without_a_reload(desk: Desk, open_page: Open) -> None:
    page = open_page("/alerts")
    first = page.locator(".inbox > li").first.inner_text()
    statement = replace(examples.statement(), id="just-now", text="The harbour opens tonight")
    alert = replace(examples.alert(statement), id="just-now", created=desk.services.clock())
    desk.services.outbox.put([examples.delivery(alert)])
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    news = page.locator(".live a")
    news.wait_for()
    assert news.inner_text() == "1 new alert"
    assert page.locator(".inbox > li").first.inner_text() == first  # nothing moved
    news.click()
    page.get_by_text("The harbour opens tonight").wait_for()


def test_recent_times_are_in_words_with_the_exact_time_at_hand(open_page: Open) -> None:
    time = open_page("/record").locator("time", has_text="ago").first
    assert time.get_attribute("title")


def test_the_header_of_a_user_with_a_long_name_is_one_line_in_german(tmp_path: Path, chromium: "Browser") -> None:
    services = open_services(Settings(file=tmp_path / "desk.sqlite", web=Web(port=0)))
    add_user(services.desk, _LONG_NAME, "admin", _PASSWORD, has_token=False)
    services.outbox.put([examples.delivery()])
    with served(services) as address:
        page = chromium.new_page(locale="de-DE", viewport={"width": _DESKTOP, "height": 900})
        page.goto(f"{address}/login?to=/people")
        page.fill("[name=name]", _LONG_NAME)
        page.fill("[name=password]", _PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(f"{address}/people")
        assert page.text_content(".mast button") == "Abmelden"
        tops = page.evaluate("Array.from(document.querySelectorAll('.mast > div > *'), each => each.offsetTop)")
        height = page.evaluate("document.querySelector('.mast .name').offsetHeight")
        assert max(tops) - min(tops) < height
        page.close()
    services.close()


@pytest.mark.parametrize("address", ["/record", "/people/imogen-brackwater"])
def test_a_drag_over_the_bars_narrows_the_search_to_their_days(open_page: Open, address: str) -> None:
    page = open_page(address)
    chart = page.locator("svg.histogram[data-start]")
    box = chart.bounding_box()
    assert box
    bars, start = int(chart.get_attribute("data-bars") or 0), chart.get_attribute("data-start") or ""
    middles = [box["x"] + box["width"] * (place + 0.5) / bars for place in range(bars)]
    page.mouse.move(middles[6], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(middles[2], box["y"] + 30, steps=4)
    page.mouse.up()
    page.wait_for_url("**/record?*")
    chosen = parse_qs(urlsplit(page.url).query)
    first = date.fromisoformat(start) + timedelta(days=2)
    assert (chosen["after"], chosen["before"]) == ([f"{first}"], [f"{first + timedelta(days=5)}"])
    page.locator("svg.histogram a").last.click()
    assert "after=" in page.url


@pytest.fixture
def users_desk(tmp_path: Path) -> Iterator[str]:
    """The address of a desk with a user, which sends alerts to browsers."""
    key = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    push = Push(key=SecretStr(key.decode()), contact="mailto:desk@onrecord.example")
    services = open_services(Settings(file=tmp_path / "desk.sqlite", push=push))
    add_user(services.desk, "Ada Ek", "admin", "seven blue kettles", has_token=False)
    with served(services) as address:
        yield address.replace("127.0.0.1", "localhost").rstrip("/")
    services.close()


def _wait(page: "Page", met: Callable[[], object]) -> None:
    """Let the page go on until the condition is met; AssertionError if it never is."""
    for _ in range(100):
        if met():
            return
        page.wait_for_timeout(100)
    raise AssertionError("the condition is not met")


def _shows(page: "Page", notifications: list[list[str]]) -> bool:
    """Return whether the service worker shows these notifications, each with its title, words and link."""
    shown = page.evaluate(
        "navigator.serviceWorker.ready.then((worker) => worker.getNotifications())"
        ".then((all) => all.map((each) => [each.title, each.body, each.data]))"
    )
    return bool(shown == notifications)


def test_a_notification_is_shown_with_a_link_to_the_desk(chromium: "Browser", users_desk: str) -> None:
    """Chromium has no push service here, so the message reaches the service worker by the tools of developers."""
    context = chromium.new_context()
    context.grant_permissions(["notifications"], origin=users_desk)
    page = context.new_page()
    page.goto(f"{users_desk}/login")
    page.fill("input[name=name]", "Ada Ek")
    page.fill("input[name=password]", "seven blue kettles")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{users_desk}/")
    page.goto(f"{users_desk}/account")
    assert _violations(page) == []
    page.click("#push button")
    page.get_by_text("This browser cannot be alerted.").wait_for()
    registered: list[Any] = []
    tools = context.new_cdp_session(page)
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: registered.extend(event["registrations"]))
    tools.send("ServiceWorker.enable")
    _wait(page, lambda: registered)
    message = {"title": "Ada Lindqvist says", "body": "It stays open", "link": "/alerts", "tag": "t"}
    (worker,) = {registration["registrationId"] for registration in registered}
    for body in ("It stays open", "It stays open, on Sundays too"):  # the second replaces the first
        message["body"] = body
        pushed = {"origin": users_desk, "registrationId": worker, "data": json.dumps(message)}
        tools.send("ServiceWorker.deliverPushMessage", pushed)
        _wait(page, partial(_shows, page, [["Ada Lindqvist says", body, "/alerts"]]))
    context.close()
