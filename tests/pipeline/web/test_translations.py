"""The interface in another language: every word of the templates is in its catalog, and the browser chooses."""

from importlib.resources import files
from io import BytesIO

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract
from starlette.requests import Request
from starlette.testclient import TestClient

from pipeline.services import Services
from pipeline.web.pages.record import FIELDS
from pipeline.web.render import LANGUAGES, amount, day, language_of, moment, translations, weekday
from tests import examples
from tests.bench.desk import PAGES

_OPTIONS = {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}

_OF_RECORDS = {
    *("direct", "mixed", "indirect", "new", "repeated", "changed", "corrected", "statements", "denied"),
    *("healthy", "failing", "silent", "flooding", "waiting", "gone", "person", "organisation", "place"),
    *("reader", "editor", "admin"),
}
"""Words of records that the templates translate as they show them."""

GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5", "accept": "text/html"}


def words_of_the_templates() -> set[str | None]:
    words: set[str | None] = set()
    for template in files("pipeline.web").joinpath("templates").iterdir():
        content = BytesIO(template.read_bytes())
        for _, _, message, _ in babel_extract(content, ["_", "ngettext", "amount"], [], _OPTIONS):
            words.add(message if isinstance(message, str) else next(filter(None, message or ()), ""))
    return words - {"", None}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_word_is_in_the_catalog(language: str) -> None:
    with files("pipeline.web").joinpath("translations", f"{language}.po").open("rb") as content:
        catalog = read_po(content, locale=language)
    messages = [message for message in catalog if message.id]
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in messages}
    wanted = words_of_the_templates() | set(FIELDS.values()) | _OF_RECORDS
    assert wanted - known == set()
    assert known - wanted == set()
    assert [message.id for message in messages if not all(message.string or ())] == []
    assert [error for message in messages for error in message.check(catalog)] == []


def test_the_reader_s_browser_chooses_the_language(services: Services, browser: TestClient) -> None:
    services.desk.save(examples.watch())
    services.outbox.put([examples.delivery()])
    english, german = browser.get("/alerts"), browser.get("/alerts", headers=GERMAN)
    assert '<html lang="en">' in english.text
    assert '<html lang="de">' in german.text
    assert (german.headers["content-language"], german.headers["vary"]) == ("de", "accept-language, cookie")
    assert "<title>(1) Meldungen · On the Record</title>" in german.text
    assert ">Erledigt</button>" in german.text
    assert "2. März 2026" in browser.get("/", headers=GERMAN).text


@pytest.mark.parametrize("address", PAGES.values())
def test_no_english_is_left_in_german_pages(browser: TestClient, address: str) -> None:
    page = browser.get(address, headers=GERMAN).text
    for english in ("Skip to the content", ">Today<", "Times are those", ">Help<", "Nothing yet", " statements<"):
        assert english not in page


def test_errors_and_the_form_to_log_in_speak_it_too(locked: TestClient, browser: TestClient) -> None:
    assert "Zum Archiv" in browser.get("/statements/none", headers=GERMAN).text
    assert "Anmelden" in locked.get("/login", headers=GERMAN).text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("fr, de;q=0.8, en;q=0.5", "de"),
        ("en-GB,de", "en"),
        ("DE-CH", "de"),
        ("xx;;,\x00", "en"),
    ],
)
def test_an_unknown_language_is_english(accepted: str, language: str) -> None:
    request = Request({"type": "http", "headers": [(b"accept-language", accepted.encode())]})
    assert language_of(request) == language


def test_numbers_and_days_are_written_as_the_language_does() -> None:
    nouns = ("%(num)s statement", "%(num)s statements")
    assert amount(translations("en"), 1_234, *nouns) == "1,234 statements"
    assert amount(translations("de"), 1, *nouns) == "1 Aussage"
    assert amount(translations("de"), 2, *nouns) == "2 Aussagen"
    assert day(examples.NOON, language="de") == "2. März 2026"
    assert moment(examples.NOON, language="en") == "2 Mar 2026, 12:00"
    assert (weekday(examples.NOON), weekday(examples.NOON, "de")) == ("Monday", "Montag")


def test_charts_and_conditions_are_in_the_reader_s_language(services: Services, client: TestClient) -> None:
    page = client.get("/record?speaker=ada-lindqvist&after=2026-01-01", headers=GERMAN).text
    assert 'aria-label="Nach Tagen: 2. März 2026' in page
    assert '<b>Wer</b> <span dir="auto">Ada Lindqvist</span>' in page
    assert '<b>Von</b> <span dir="auto">2026-01-01</span>' in page
