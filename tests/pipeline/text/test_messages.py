"""An alert is told in words that nothing can act on."""

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from pipeline.model import ClaimVerdict, Correction, Modality, SlotDifference
from pipeline.text.messages import headline, held, letter, link, page, reasons, shortened, summary
from pipeline.text.wording import Locale
from tests.examples import alert, article, delivery, report, statement

EVIL = 'open\r\nBcc: all@x.example\x00\x1b[2J\u202e</blockquote><script>x</script> & "more" {{ 7 * 7 }}'


class Tags(HTMLParser):
    """The elements and addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def read(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    return tags


def test_a_letter_names_speaker_statement_source_and_reason_in_text() -> None:
    assert letter(delivery(alert())).text == (
        "Ada Lindqvist says:\n\n"
        "  The harbour will stay open\n\n"
        "courier.example, 2026-03-02 11:00 UTC: Harbour stays open\n"
        "https://courier.example/harbour\n\n"
        "Harbour: said by\n"
    )


def test_a_letter_leads_to_the_page_and_to_the_end() -> None:
    told = letter(delivery(alert()), pages="https://desk.example/", unsubscribe="https://desk.example/unsubscribe/x")
    own = f"https://desk.example/statements/{statement().id}"
    assert f"On the Record: {own}" in told.text
    assert told.text.endswith("\n\nUnsubscribe: https://desk.example/unsubscribe/x\n")
    assert read(told.html).links == ["https://courier.example/harbour", own, "https://desk.example/unsubscribe/x"]


def test_a_letter_says_which_part_is_new_and_what_the_rest_repeats() -> None:
    known = ClaimVerdict(text="The pier stays open", verdict="repeated", statement="s1", known="The pier stays open.")
    fresh = ClaimVerdict(text="and I will sell my boat.", verdict="new")
    changed = ClaimVerdict(
        text="It costs nine million",
        verdict="changed",
        statement="s2",
        known="It costs six million.",
        differences=(SlotDifference("number", "six million", "nine million"),),
    )
    told = letter(delivery(replace(alert(), claims=(known, fresh, changed))))
    lines = (
        "Known: The pier stays open",
        "New: and I will sell my boat.",
        "Changed: It costs nine million (number: “six million” became “nine million”)"
        " — before: “It costs six million.”",
    )
    assert "\n".join(lines) in told.text
    assert all(line in told.html for line in lines)
    assert "New:" not in letter(delivery(replace(alert(), claims=(fresh,)))).text


@pytest.mark.parametrize(
    ("modality", "changed_from", "subject"),
    [
        ("asserted", "", "Ada Lindqvist says: The harbour will stay open"),
        ("asserted", "before", "Ada Lindqvist says otherwise: The harbour will stay open"),
        ("denied", "", "Ada Lindqvist denies: The harbour will stay open"),
        ("asked", "", "Ada Lindqvist asks: The harbour will stay open"),
        ("hypothetical", "", "Ada Lindqvist is quoted: The harbour will stay open"),
    ],
)
def test_the_subject_names_speaker_and_statement(modality: Modality, changed_from: str, subject: str) -> None:
    of = replace(statement(report(modality=modality)), changed_from=changed_from)
    assert letter(delivery(alert(of))).subject == subject


def test_a_long_subject_is_cut() -> None:
    subject = letter(delivery(alert(replace(statement(), text="open " * 100_000)))).subject
    assert len(subject) <= 120
    assert subject.endswith("open…")


def test_hostile_text_becomes_no_header_or_markup() -> None:
    evil = statement(report(article(title=EVIL, url="javascript:alert(1)", source=EVIL, language='"><b>')))
    of = replace(alert(replace(evil, text=EVIL, speaker_name=EVIL)), why=EVIL, watch_name=EVIL)
    told = letter(delivery(of))
    assert "\n" not in told.subject
    assert not set("\r\x00\x1b\u202e") & set(told.subject + told.text + told.html)
    tags = read(told.html)
    assert set(tags.tags) == {"html", "head", "meta", "title", "body", "p", "strong", "blockquote"}
    assert tags.links == []
    assert "{{ 7 * 7 }}" in told.html


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://courier.example/a", "https://courier.example/a"),
        ("https://courier.example/a\r\nBcc: x", "https://courier.example/aBcc:x"),
        ("javascript:alert(1)", ""),
        ("/a", ""),
        ("", ""),
    ],
)
def test_a_link_leads_into_the_web(url: str, leads: str) -> None:
    assert link(statement(report(replace(article(), url=url)))) == leads


def test_links_point_to_our_pages() -> None:
    assert page(replace(statement(), id="a/b"), "https://desk.example/record/") == (
        "https://desk.example/record/statements/a%2Fb"
    )
    assert page(statement(), "") == ""


def test_fitting_text_is_not_cut() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "ab…"


def test_a_shared_reason_of_several_watches_appears_once() -> None:
    port = replace(alert(), watch_id="port", watch_name="Port")
    query = replace(alert(), watch_id="words", watch_name="Words", why="meets the query open")
    assert reasons([alert(), port, query]) == "Harbour, Port: said by · Words: meets the query open"
    assert "Harbour, Port: said by" in letter(delivery(also=(port,))).text


def test_a_digest_begins_with_who_spoke_how_often() -> None:
    said = [
        replace(statement(), id=f"{name}{n}", speaker_name=name)
        for name, count in (("Ada", 1), ("Bo", 3), ("Cy", 2), ("Di", 1), ("Ed", 1))
        for n in range(count)
    ]
    first, *others = map(alert, said)
    assert summary(delivery(first, also=tuple(others))) == "8 statements: Bo (3), Cy (2), Ada (1), 2 more"


def test_a_digest_explains_a_delay_that_no_watch_wants() -> None:
    later = alert(replace(statement(), id="later"))
    digest = delivery(also=(later,), parts=("a", "b"), held="cap")
    for told in (letter(digest).text, letter(digest).html):
        assert "reached its daily cap" in told
    assert held(replace(digest, held="quiet")) != held(digest) != held(replace(digest, held="")) == ""


def test_corrections_and_spreads_have_their_own_words() -> None:
    taken = replace(alert(), kind="correction", occasion="correction q", correction=Correction("removed", "q"))
    assert letter(delivery(taken)).subject == "Taken out: Ada Lindqvist says: The harbour will stay open"
    changed = replace(taken, correction=Correction("changed", "q", "The harbour will shut"))
    assert letter(delivery(changed)).subject == "Corrected: Ada Lindqvist says: The harbour will shut"
    assert "before: “The harbour will stay open”" in letter(delivery(changed)).text
    other = replace(taken, correction=Correction("reattributed", "q", "The harbour will stay open", "Bo Ek"))
    assert letter(delivery(other)).subject == "Corrected: Bo Ek, not Ada Lindqvist, says: The harbour will stay open"
    spread = replace(alert(), kind="spread", occasion="spread 5")
    assert headline(spread) == "In 5 independent sources: Ada Lindqvist says"


GERMAN = Locale("de", "Europe/Berlin")


def test_a_letter_is_in_the_language_and_the_zone_of_the_desk() -> None:
    sent = delivery(replace(alert(), why="a new statement; said by Ada Lindqvist"))
    german = letter(sent, pages="https://desk.example", unsubscribe="https://desk.example/x", locale=GERMAN)
    assert german.subject == "Ada Lindqvist sagt: The harbour will stay open"
    assert "courier.example, 2026-03-02 12:00 CET: Harbour stays open" in german.text
    assert "Harbour: eine neue Aussage; gesagt von Ada Lindqvist" in german.text
    assert german.text.endswith("\n\nAbbestellen: https://desk.example/x\n")
    assert '<html lang="de">' in german.html
    assert ">Alle Berichte</a>" in german.html


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "spike"}, "Ada Lindqvist wird öfter zitiert als üblich"),
        ({"kind": "silence"}, "Ada Lindqvist wurde in letzter Zeit nicht zitiert"),
        ({"kind": "spread", "occasion": "spread 5"}, "In 5 unabhängigen Quellen: Ada Lindqvist sagt"),
        (
            {"kind": "correction", "correction": Correction("reattributed", "q", "", "Bo Ek")},
            "Berichtigt: Bo Ek, nicht Ada Lindqvist, sagt",
        ),
        ({"statement": replace(statement(), changed_from="earlier")}, "Ada Lindqvist sagt nun anderes"),
    ],
)
def test_headlines_are_in_the_language_of_the_desk(changes: dict[str, Any], expected: str) -> None:
    assert headline(replace(alert(), **changes), GERMAN) == expected


def test_a_digest_counts_and_explains_in_the_language_of_the_desk() -> None:
    first, second = alert(), replace(alert(), id="b", statement=replace(statement(), id="b"))
    digest = delivery(first, also=(second,), parts=("1", "2"), held="quiet")
    german = letter(digest, locale=GERMAN)
    assert german.subject == "2 Aussagen: Ada Lindqvist (2)"
    assert "Diese Meldungen haben das Ende der Ruhezeit abgewartet." in german.text
