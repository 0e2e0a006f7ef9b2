"""The interface in another language: every word of the templates is in its catalog, and the browser chooses."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract
from starlette.requests import Request
from starlette.testclient import TestClient

from pipeline.alerts.match import compile as compile_watches
from pipeline.feeds.health import health
from pipeline.model import DateKind, Modality, QuoteKind, SourceKind
from pipeline.model.desk import Action
from pipeline.model.feed import PublishingRate
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.settings.sections import Web
from pipeline.text.wording import (
    LANGUAGES,
    PHRASES,
    amount,
    brief_reasons,
    day,
    moment,
    number,
    sentences,
    translations,
    value_words,
    weekday,
)
from pipeline.web.pages.record import FIELDS
from pipeline.web.render import language_of
from pipeline.web.serve import create
from tests import examples
from tests.bench.desk import PAGES
from tests.pipeline.web.conftest import HERE

_OPTIONS = {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}

_OF_RECORDS = {
    *("direct", "mixed", "indirect", "new", "repeated", "changed", "corrected", "statements", "denied"),
    *("healthy", "failing", "silent", "flooding", "waiting", "gone", "person", "organisation", "place"),
    *("reader", "editor", "admin"),
    *("%(num)s statement", "%(num)s changed", "%(num)s denied", "%(num)s report on a line of time"),
    *("all reports", "Nothing was said on this day.", "The day on the pages"),
    *("said", "denied", "asked", "did not say", "would say"),
    *get_args(Action),
    *get_args(DateKind),
    *get_args(QuoteKind),
    *get_args(Modality),
    *(kind for kind in get_args(SourceKind) if kind),
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


_WITH_WORDS = (
    *("text/messages.py", "search/day.py", "alerts/brief.py"),
    *(f"../connectors/notify/{name}.py" for name in ("slack", "teams", "mattermost")),
)
"""The modules that write messages."""


def words_of_messages() -> set[str | None]:
    words: set[str | None] = set()
    for module in _WITH_WORDS:
        content = BytesIO((Path(str(files("pipeline"))) / module).read_bytes())
        for _, _, message, _ in extract_python(content, {"phrase": None, "words": None}, [], {}):
            words.add(message if isinstance(message, str) else next(filter(None, message or ()), ""))
    return words - {"", None}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_word_is_in_the_catalog(language: str) -> None:
    with files("pipeline.text").joinpath("translations", f"{language}.po").open("rb") as content:
        catalog = read_po(content, locale=language)
    messages = [message for message in catalog if message.id]
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in messages}
    wanted = words_of_the_templates() | words_of_messages() | set(FIELDS.values()) | _OF_RECORDS | set(PHRASES)
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


def test_errors_and_the_login_form_are_in_the_reader_s_language(locked: TestClient, browser: TestClient) -> None:
    missing = browser.get("/statements", headers=GERMAN).text
    assert "Zum Archiv" in missing
    assert "<h1>Nicht gefunden</h1>" in missing
    assert "/statements: nicht gefunden" in missing
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
def test_an_unknown_language_is_english(client: TestClient, accepted: str, language: str) -> None:
    assert language_of(request_of(client, accepted)) == language


def request_of(client: TestClient, accepted: str) -> Request:
    return Request({"type": "http", "app": client.app, "headers": [(b"accept-language", accepted.encode())]})


def test_an_unknown_language_is_that_of_the_desk(tmp_path: Path) -> None:
    web = Web(language="de")
    with closing(open_services(Settings(file=tmp_path / "desk.sqlite", web=web))) as german_desk:
        client = TestClient(create(german_desk), base_url=HERE)
        assert [language_of(request_of(client, accepted)) for accepted in ("fr", "", "en")] == ["de", "de", "en"]


def test_numbers_and_days_are_written_as_the_language_does() -> None:
    nouns = ("%(num)s statement", "%(num)s statements")
    assert amount("en", 1_234, *nouns) == "1,234 statements"
    assert amount("de", 1, *nouns) == "1 Aussage"
    assert amount("de", 2, *nouns) == "2 Aussagen"
    assert amount("de", 1_234, *nouns) == "1.234 Aussagen"
    assert [number(value, "de") for value in (7, 15.5, 2_271)] == ["7", "15,5", "2.271"]
    assert [number(value) for value in (7, 15.5, 2_271)] == ["7", "15.5", "2,271"]
    assert day(examples.NOON, language="de") == "2. März 2026"
    assert moment(examples.NOON, language="en") == "2 Mar 2026, 12:00"
    assert (weekday(examples.NOON), weekday(examples.NOON, "de")) == ("Monday", "Montag")


def test_charts_and_conditions_are_in_the_reader_s_language(services: Services, client: TestClient) -> None:
    page = client.get("/record?speaker=ada-lindqvist&after=2026-01-01", headers=GERMAN).text
    assert 'aria-label="Nach Tagen: 2. März 2026' in page
    assert '<b>Wer</b> <span dir="auto">Ada Lindqvist</span>' in page
    assert '<b>Von</b> <span dir="auto">2026-01-01</span>' in page


def german(text: str) -> str:
    return sentences(translations("de"), text)


def test_the_reason_of_an_alert_is_in_the_reader_s_language() -> None:
    watch = examples.watch(by=("ada-lindqvist",), query="harbour")
    (alert,) = compile_watches([watch], [examples.actor()])(examples.decision())
    assert german(alert.why) == "eine neue Aussage; gesagt von Ada Lindqvist; entspricht der Suche harbour"
    (changed,) = compile_watches([watch], [])(examples.decision(verdict="changed", how="first report"))
    assert german(changed.why).startswith("eine geänderte Aussage (erster Bericht); gesagt von Ada")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("about A; B", "über A; B"),
        ("about days", "über days"),
        (
            "a changed statement (number: “2 days” became “3 days”; negation: “no” left out)",
            "eine geänderte Aussage (Zahl: aus „2 days“ wurde „3 days“; Verneinung: „no“ weggelassen)",
        ),
        ("a changed statement (a; b); about C", "eine geänderte Aussage (a; b); über C"),
        ("https://x.example/feed answers 503", "https://x.example/feed answers 503"),
        ("about %(names)s and 100 %", "über %(names)s and 100 %"),
        ("", ""),
    ],
)
def test_names_numbers_and_unknown_phrases_are_not_translated(text: str, expected: str) -> None:
    assert german(text) == expected
    assert sentences(translations("en"), text) == text


def test_feed_problems_are_in_the_reader_s_language(services: Services, browser: TestClient) -> None:
    now = services.clock()
    rhythm = PublishingRate(
        moments=(2.0,) * 24, watched=(14.0,) * 24, lately=1.0, usually=48.0, gap=9.0, news=now - timedelta(days=4)
    )
    state = examples.feed_state(polled=True, warning="silent", rhythm=rhythm)
    services.desk.save(examples.feed(), state)
    trouble = health(state, now).text
    assert trouble.startswith("nothing new for 4 days; ")
    page = browser.get("/feeds", headers=GERMAN).text
    assert "nichts Neues seit 4 Tagen; " in page
    assert "am Tag sind üblich" in page


def test_a_brief_reason_names_the_watch_and_what_does_not_go_without_saying() -> None:
    whys = {
        "Town": "a new statement; said by Ada Lindqvist",
        "Bo": "a new statement; about Bo Ek",
        "Wide": "a new statement, now in 5 independent sources; said by Ada Lindqvist",
    }
    alerts = [replace(examples.alert(), watch_name=name, why=why) for name, why in whys.items()]
    assert brief_reasons(translations("en"), alerts) == (
        "Town · Bo: about Bo Ek · Wide: a new statement, now in 5 independent sources"
    )
    assert brief_reasons(translations("de"), alerts[1:2]) == "Bo: über Bo Ek"


def test_values_of_facets_are_words_of_the_reader(services: Services, browser: TestClient) -> None:
    assert value_words(translations("de"), "de", "denied", "said") == "bestritten"
    assert value_words(translations("de"), "de", "denied", "speaker") == "denied"
    assert value_words(translations("en"), "en", "sv", "lang") == "Swedish"
    assert value_words(translations("de"), "de", "xx-unknown", "lang") == "xx-unknown"
    page = browser.get("/record?lang=en&said=asserted", headers=GERMAN).text
    assert '<span dir="auto">Englisch</span>' in page
    assert '<span dir="auto">behauptet</span>' in page


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("after:31.2.2026", "&#39;31.2.2026&#39; ist kein Datum; möglich sind 2026, 2026-03, 15.3.2026"),
        ("(harbour", "Am Ende der Suche fehlt ein Wort oder eine schließende Klammer."),
        ("said:maybe", "Said:maybe gibt es nicht, es gibt asserted"),
        ('"harbour', "Dieses Anführungszeichen wird nicht geschlossen."),
    ],
)
def test_query_errors_are_in_the_reader_s_language(browser: TestClient, query: str, message: str) -> None:
    assert message in browser.get("/record", params={"q": query}, headers=GERMAN).text


def test_a_watch_without_condition_is_refused_in_the_reader_s_language(browser: TestClient) -> None:
    page = browser.post("/watches", data={"save": "yes"}, headers=GERMAN).text
    assert "Der Auftrag hat keine Bedingung: jemanden auswählen oder eine Suche eintragen." in page


def test_a_statement_without_a_verb_gets_that_of_the_reader_s_language(services: Services, browser: TestClient) -> None:
    decision = examples.decision(
        examples.report(examples.article("https://nova.example/"), cue=None, kind="direct"), offset=99
    )
    services.index.add([decision])
    address = f"/statements/{decision.statement.id}"
    assert "Ada Lindqvist sagte: „" in browser.get(address, headers=GERMAN).text
    assert "“, 2. März 2026" in browser.get(address, headers=GERMAN).text
    assert "Ada Lindqvist said: “" in browser.get(address).text
