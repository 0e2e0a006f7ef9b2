"""Corrections: each goes once to those who were alerted, and only if the outlet took its words back."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from pipeline.codec import encode
from pipeline.extract import extractor
from pipeline.model import Alert, Article, Correction, Document
from pipeline.ports import ARTICLES, Message
from pipeline.run.local import drain
from pipeline.services import Services
from pipeline.statements.corrections import corrections, is_edit
from tests import examples
from tests.newsroom import Trouble, fake_app, to_the_end

LEAD = (
    "The council of Marrow Quay met for three hours on Tuesday night, in a hall full to the last seat, to hear "
    "what is to become of the ferry bridge after the engineers had found rust in two of its piers."
)
HARBOUR = "“We will not sell the quay to anybody,” said Ada Lindqvist, the mayor."
CREWS = "“There are 140 crews ready to sail tonight,” said Ada Lindqvist."
FEWER = "“There are 40 crews ready to sail tonight,” said Ada Lindqvist."
BO = "“There are 140 crews ready to sail tonight,” said Bo Ek, the harbour master."
OTHER = (
    "Nobody who lives along the river could say on Monday how many boats it would take, and how long the trip would be."
)


def text(*paragraphs: str) -> str:
    return "\n\n".join((LEAD, *paragraphs))


FIRST = examples.article("https://courier.example/a", text(HARBOUR, CREWS))


def revised(*paragraphs: str, **changes: Any) -> Article:
    return replace(FIRST, text=text(*paragraphs), **changes)


def found(after: Article, before: Article = FIRST) -> list[Correction]:
    read = extractor([examples.actor()])
    old, new = (read(Document(article=article)) for article in (before, after))
    return [each.correction for each in corrections(old, new)]


@pytest.mark.parametrize(("after", "expected"), [("ferry bridge harbour", True), ("ferry bridge", False)])
def test_a_revision_with_three_fifths_of_the_words_is_an_edit(after: str, expected: bool) -> None:
    before, later = (replace(FIRST, text=words) for words in ("ferry bridge harbour council mayor", after))
    assert is_edit(Document(article=before), Document(article=later)) is expected


def test_a_quote_taken_out_is_removed() -> None:
    (correction,) = found(revised(HARBOUR))
    assert (correction.kind, correction.text) == ("removed", "")


def test_a_quote_with_another_number_is_changed() -> None:
    (correction,) = found(revised(HARBOUR, FEWER))
    assert (correction.kind, correction.text) == ("changed", "There are 40 crews ready to sail tonight")


def test_a_quote_of_another_speaker_is_reattributed() -> None:
    (correction,) = found(revised(HARBOUR, BO))
    assert (correction.kind, correction.speaker_name) == ("reattributed", "Bo Ek")


@pytest.mark.parametrize(
    "after",
    [
        revised(CREWS, HARBOUR),
        revised(OTHER, HARBOUR, CREWS),
        revised(HARBOUR.replace("anybody", "anyone"), CREWS),
        revised(HARBOUR, CREWS.replace("said Ada Lindqvist", "was painted on the wall")),
        revised(HARBOUR, marks=("summary-only",)),
        replace(FIRST, title="Another headline"),
        replace(FIRST, text=OTHER),
        replace(FIRST, text=""),
    ],
    ids=["moved", "more", "reworded", "speaker lost", "cut by the source", "headline", "another story", "emptied"],
)
def test_what_the_outlet_did_not_take_back_is_not_corrected(after: Article) -> None:
    assert found(after) == []


def newsroom(*published: Article, trouble: Trouble | None = None) -> Services:
    services = fake_app(published, trouble)
    services.desk.save(examples.actor(), examples.watch())
    return services


def alerts(*published: Article) -> list[Alert]:
    """Return what came of these articles for one who watches the mayor, oldest first."""
    services = newsroom()
    for article in published:  # each in a batch of its own
        services.log.append(ARTICLES, [Message(article.id, encode(article))])
        drain(services)
    return [delivery.alert for delivery in services.outbox.listing()][::-1]


def kinds_of_alerts(*published: Article) -> Counter[str]:
    return Counter(alert.kind for alert in alerts(*published))


def herald(*paragraphs: str) -> Article:
    return examples.article("https://herald.example/b", "\n\n".join((OTHER, *paragraphs)), source="herald.example")


def test_a_removal_is_sent_to_those_who_got_the_alert() -> None:
    *_, last = alerts(FIRST, revised(HARBOUR))
    assert (last.kind, last.statement.text) == ("correction", "There are 140 crews ready to sail tonight")
    assert "the article no longer has it" in last.why


def test_a_changed_quote_is_one_message() -> None:
    assert kinds_of_alerts(FIRST, revised(HARBOUR, FEWER)) == {"news": 2, "correction": 1}
    *_, last = alerts(FIRST, revised(HARBOUR, FEWER))
    assert last.correction == Correction(
        "changed", last.statement.first.quote.id, "There are 40 crews ready to sail tonight", "Ada Lindqvist"
    )


def test_a_changed_quote_is_news_to_a_watch_that_the_first_one_did_not_meet() -> None:
    services = newsroom(FIRST, revised(HARBOUR, FEWER))
    services.desk.save(examples.watch(by=(), query="40"))
    drain(services)
    (delivery,) = services.outbox.listing()
    assert (delivery.alert.kind, delivery.alert.statement.changed_from != "") == ("news", True)


def test_a_reattribution_alerts_watches_of_the_first_speaker() -> None:
    *_, last = alerts(FIRST, revised(HARBOUR, BO))
    assert (last.kind, last.statement.speaker_name) == ("correction", "Ada Lindqvist")
    assert "now attributes it to Bo Ek" in last.why


def test_a_removal_alerts_nobody_while_an_independent_source_has_the_quote() -> None:
    assert kinds_of_alerts(FIRST, herald(CREWS), revised(HARBOUR)) == {"news": 2}


def test_a_removal_alerts_if_only_copies_have_the_quote() -> None:
    copy = replace(herald(), text=FIRST.text)
    assert kinds_of_alerts(FIRST, copy, revised(HARBOUR)) == {"news": 2, "correction": 1}


def test_a_change_alerts_even_if_others_still_have_the_first_version() -> None:
    assert kinds_of_alerts(FIRST, herald(CREWS), revised(HARBOUR, FEWER))["correction"] == 1


def test_a_correction_of_a_later_report_alerts_nobody() -> None:
    assert kinds_of_alerts(herald(CREWS), FIRST, revised(HARBOUR)) == {"news": 2}


def test_what_came_in_a_backfill_is_corrected_in_silence() -> None:
    assert kinds_of_alerts(replace(FIRST, backfill=True), revised(HARBOUR)) == {}


def test_two_revisions_in_one_batch_are_corrected_as_in_two() -> None:
    services = newsroom(FIRST, revised(HARBOUR, FEWER), revised(HARBOUR))
    drain(services)
    batch = {delivery.alert.id for delivery in services.outbox.listing()}
    assert batch == {alert.id for alert in alerts(FIRST, revised(HARBOUR, FEWER), revised(HARBOUR))}


def test_a_replay_corrects_nothing_again() -> None:
    published = (FIRST, revised(HARBOUR, FEWER), herald(CREWS))
    services = newsroom(*published)
    drain(services)
    before = {delivery.id for delivery in services.outbox.listing()}
    counts = drain(replace(services, log=fake_app(published).log))
    assert (counts["alerts"], counts["corrected"], counts["new"]) == (0, 0, 0)
    assert {delivery.id for delivery in services.outbox.listing()} == before


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_trouble_at_any_write_makes_no_second_correction(after: bool) -> None:
    published = (FIRST, revised(HARBOUR, FEWER))
    whole = newsroom(*published, trouble=(count := Trouble(at=0, after=False)))
    expected = ends(whole)
    for at in range(1, count.writes + 1):
        assert ends(newsroom(*published, trouble=Trouble(at, after))) == expected


def ends(services: Services) -> list[tuple[str, str]]:
    """Return what is delivered in the end by a process that begins anew after trouble."""
    to_the_end(services)
    return sorted((delivery.id, delivery.alert.kind) for delivery in services.outbox.listing())
