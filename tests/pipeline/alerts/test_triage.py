"""A muted delivery no longer waits; a mark is stored with the text around its quote."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.alerts.triage import every_delivery, labelled, mark, misread, missed, mute
from pipeline.errors import UsageError
from pipeline.model import Mark, Mute
from pipeline.testing import FakeClock, FakeDesk, FakeIndex, FakeOutbox
from tests import examples
from tests.examples import NOON, alert, article, delivery, statement


def test_a_mute_holds_for_what_waits_already() -> None:
    desk, outbox = FakeDesk(), FakeOutbox()
    other = alert(replace(statement(), id="other", speaker_id="bo-ek"))
    outbox.put(
        [delivery(id="a"), delivery(other, id="b"), delivery(id="c", state="done"), delivery(id="d", also=(other,))]
    )
    assert mute(desk, outbox, examples.mute()) == 1
    assert {each.id: each.state for each in outbox.listing()} == {
        "a": "muted",
        "b": "pending",
        "c": "done",
        "d": "pending",  # it tells of somebody else too
    }
    assert desk.all(Mute) == [examples.mute()]


def test_a_mute_that_ended_before_an_alert_is_not_for_it() -> None:
    outbox = FakeOutbox()
    outbox.put([delivery(id="a")])
    assert mute(FakeDesk(), outbox, examples.mute(until=NOON - timedelta(hours=1))) == 0
    assert [each.state for each in outbox.listing()] == ["pending"]


def test_a_mark_is_exported_with_the_text_of_its_quote() -> None:
    desk, index = FakeDesk(), FakeIndex()
    index.add([examples.document(), examples.document(article(text=f"So it is. {examples.TEXT}", revision=2))])
    created = mark(desk, delivery(), "wrong-speaker", " Bo  Ek ", FakeClock())
    assert created == Mark(label="wrong-speaker", alert=alert(), time=NOON, note="Bo Ek")
    (output,) = labelled(desk, index)
    quote = output["alert"]["statement"]["first"]["quote"]
    assert output["text"] == examples.TEXT
    assert output["text"][quote["start"] : quote["end"]] == quote["text"]
    assert (output["label"], output["note"]) == ("wrong-speaker", "Bo Ek")


def test_a_statement_is_misread_if_its_speaker_or_its_nature_is_marked_wrong() -> None:
    desk = FakeDesk()
    mark(desk, delivery(), "not-new", "", FakeClock())
    assert misread(desk) == frozenset()
    mark(desk, delivery(), "not-a-statement", "", FakeClock())
    assert misread(desk) == {statement().id}


def test_a_mark_of_an_article_that_is_gone_has_no_text() -> None:
    desk = FakeDesk()
    mark(desk, delivery(), "not-new", "", FakeClock())
    assert [output["text"] for output in labelled(desk, FakeIndex())] == [""]


def test_an_alert_has_one_mark_of_each_label() -> None:
    desk = FakeDesk()
    for label, note in (("not-new", ""), ("not-new", "statement-1"), ("wrong-speaker", "")):
        mark(desk, delivery(), label, note, FakeClock())  # type: ignore[arg-type]  # labels
    assert sorted((created.label, created.note) for created in desk.all(Mark)) == [
        ("not-new", "statement-1"),
        ("wrong-speaker", ""),
    ]


def test_a_digest_is_marked_by_its_parts() -> None:
    digest = delivery(also=(alert(replace(statement(), id="other")),), parts=("a", "b"))
    with pytest.raises(UsageError, match="2 statements"):
        mark(FakeDesk(), digest, "not-new", "", FakeClock())


def test_a_repeat_that_hid_a_new_claim_is_marked_as_missed() -> None:
    desk, index = FakeDesk(), FakeIndex()
    index.add([examples.document()])
    repeat = examples.decision(verdict="repeated")
    quote = repeat.report.quote
    saved = missed(desk, [repeat], quote.id, " the  date ", FakeClock())
    assert saved == Mark(label="missed", decision=repeat, time=NOON, note="the date")
    assert saved.id == f"missed:{quote.id}"
    (exported,) = labelled(desk, index)
    assert (exported["label"], exported["text"]) == ("missed", examples.TEXT)
    assert exported["decision"]["report"]["quote"]["id"] == quote.id


def test_only_a_repeat_can_hide_a_new_claim() -> None:
    new = examples.decision()
    with pytest.raises(UsageError, match="no repeat of this statement"):
        missed(FakeDesk(), [new], new.report.quote.id, "", FakeClock())


def test_an_alert_that_was_sent_was_not_missed() -> None:
    with pytest.raises(UsageError, match="was not missed"):
        mark(FakeDesk(), delivery(), "missed", "", FakeClock())


def test_deliveries_are_read_to_the_last() -> None:
    outbox = FakeOutbox()
    outbox.put([delivery(id=f"d{n}") for n in range(450)])
    assert len(list(every_delivery(outbox))) == 450
