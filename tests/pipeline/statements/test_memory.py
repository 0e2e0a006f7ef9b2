"""The memory of a speaker built again from stored decisions, with and without the vectors of their claims."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from pipeline.model import EPOCH, Decision
from pipeline.statements import Memory, meaning, prepare, remember, warm
from pipeline.statements.memory import latest_vectors
from pipeline.statements.reading import READINGS, utterance
from tests.bench.statements import report

SAID = (
    "The ferry will run all winter, and we will buy a second boat.",
    "Nobody has asked the fishermen about the new pier.",
    "The ferry will run all winter, and we will buy a second boat.",
    "The school needs nine teachers before August.",
)


def decided(texts: Iterable[str]) -> tuple[Memory, list[tuple[Decision, bytes]]]:
    """Return the memory of these quotes, and each decision with its vectors."""
    known, stored = Memory(), list[tuple[Decision, bytes]]()
    for number, text in enumerate(texts):
        decision, known = remember(known, report(text, number), number)
        stored.append((decision, latest_vectors(known)))
    return known, stored


def again(stored: Iterable[tuple[Decision, bytes]]) -> Memory:
    decisions, vectors = zip(*stored, strict=True)
    return warm(decisions, vectors)


def alike(known: Memory, text: str) -> list[str]:
    new = utterance(report(text, 99).quote)
    return [statement.text for _, statement in known.alike(new, EPOCH)]


def forgotten_vectors() -> None:
    meaning._kept.clear()
    READINGS.clear()


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The texts of each call of the encoder."""
    calls = list[list[str]]()
    encoder = meaning._encoder()
    assert encoder
    encode = encoder.encode

    def counted(texts: list[str]) -> object:
        calls.append(texts)
        return encode(texts)

    monkeypatch.setattr(encoder, "encode", counted)
    return calls


def test_only_new_words_come_with_vectors() -> None:
    _, stored = decided(SAID)
    assert [len(vectors) // meaning.DIMENSIONS for _, vectors in stored] == [2, 1, 0, 1]


def test_a_memory_with_stored_vectors_finds_the_same_and_encodes_nothing_again(encoded: list[list[str]]) -> None:
    known, stored = decided(SAID)
    question = "There will be a boat in the cold months too."
    before = alike(known, question)
    forgotten_vectors()
    encoded.clear()
    assert alike(again(stored), question) == before
    assert encoded == [[question]]


def test_a_decision_encodes_what_it_compares_in_three_calls_and_no_stored_claim(encoded: list[list[str]]) -> None:
    _, stored = decided(SAID)
    claims = {claim.text for text in SAID for claim in utterance(report(text, 0).quote).reading.claims}
    forgotten_vectors()
    encoded.clear()
    new = "We will buy a third boat in the winter, and nobody has asked us. A school for teachers needs nine boats."
    remember(again(stored), report(new, 50), 50)
    assert len(encoded) == 3  # the new text, the texts like it, and those like one of its claims
    assert not claims & {text for texts in encoded for text in texts}


def test_a_memory_without_stored_vectors_encodes_its_claims_once_and_finds_the_same() -> None:
    known, stored = decided(SAID)
    question = "There will be a boat in the cold months too."
    before = alike(known, question)
    forgotten_vectors()
    assert alike(warm(decision for decision, _ in stored), question) == before
    assert len(meaning._kept) == 5


def test_decisions_do_not_depend_on_what_was_stored() -> None:
    known, stored = decided(SAID)
    new = report("We will buy a second boat.", 50)
    with_vectors, _ = remember(again(stored), new, 50)
    without, _ = remember(warm(decision for decision, _ in stored), new, 50)
    assert with_vectors == without == remember(known, new, 50)[0]


def test_vectors_of_other_claims_which_an_earlier_version_stored_are_not_taken(encoded: list[list[str]]) -> None:
    _, stored = decided(SAID)
    earlier = [(decision, vectors[: meaning.DIMENSIONS]) for decision, vectors in stored]
    forgotten_vectors()
    encoded.clear()
    remember(again(earlier), report("We will buy a third boat.", 50), 50)
    assert "and we will buy a second boat." in {text for texts in encoded for text in texts}


@pytest.mark.slow
def test_vectors_of_the_latest_claims_alone_take_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "MOST_VECTORS", 8)
    known = Memory()
    for number in range(100):
        _, known = remember(known, report(f"Boat number {number} is called Gull {number}.", number), number)
        assert len(known._store.claims.wordings) <= 16
    assert len(known._store.claims.rows) <= 64
    assert known._store.claims.wordings[-1] == 98  # the newest is read with the next question


def test_quotes_that_are_prepared_together_are_decided_alike_without_the_encoder() -> None:
    _, alone = decided(SAID)
    forgotten_vectors()
    prepare((report(text, 0).quote, "en") for text in SAID)
    prepared = {*meaning._kept}
    _, together = decided(SAID)
    assert together == alone
    assert {text for text in meaning._kept if " " in text} == {text for text in prepared if " " in text}


def test_an_earlier_memory_has_no_part_in_later_reports() -> None:
    first, earlier = remember(Memory(), report(SAID[1], 1), 1)
    second, later = remember(earlier, report(SAID[1], 2), 2)
    assert second.statement == first.statement

    def reports(memory: Memory, since: datetime) -> int:
        spread, _ = memory.spread(first.statement.id, since)
        return len(spread.origins)

    assert (reports(earlier, EPOCH), reports(later, EPOCH)) == (1, 2)
    seen = second.report.article.first_seen
    assert (reports(later, seen), reports(later, seen + timedelta(seconds=1))) == (1, 0)
