"""The one-machine runner carries every article to exactly one outcome, whatever fails on the way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.cli.run import articles
from pipeline.codec import encode
from pipeline.model import Actor, Article, Document, Watch
from pipeline.ports import ARTICLES, DEAD_LETTERS, Message
from pipeline.run import local
from pipeline.run.local import Pipeline, drain
from pipeline.services import Services
from tests import examples
from tests.newsroom import Trouble, fake_app, to_the_end

SAID = (
    "Mayor Ada Lindqvist said on Monday that the harbour will stay open. “We will not sell the quay,” Lindqvist said."
)
LATER = "“The bridge must be rebuilt before winter comes,” said Ada Lindqvist."

FIRST = examples.article("https://courier.example/a", SAID)
COPY = examples.article("https://herald.example/b", SAID, source="herald.example")
REVISED = replace(FIRST, text=SAID + "\n\n" + LATER)
NEWS = [FIRST, COPY, FIRST, REVISED]


def newsroom(published: list[Article], trouble: Trouble | None = None) -> Services:
    """A fake services that tracks the mayor."""
    services = fake_app(published, trouble)
    services.desk.save(examples.actor(), examples.watch())
    return services


def ends(services: Services) -> tuple[set[tuple[str, int]], dict[str, str], set[str]]:
    """Revisions indexed, statement of each quote, deliveries."""
    keys = {article.id for article in NEWS}
    documents = [document for key in keys for document in services.index.documents(key)]
    quotes = [quote.id for document in documents for quote in document.quotes]
    return (
        {(document.article.id, document.article.revision) for document in documents},
        {quote: existing.statement.id for quote, existing in services.index.verdicts(quotes).items()},
        {delivery.id for delivery in services.outbox.listing()},
    )


@pytest.mark.slow
def test_every_article_ends_in_one_counter() -> None:
    services = newsroom(NEWS)
    services.log.append(ARTICLES, [Message("x", b"{")])
    counts = drain(services)
    assert (counts["indexed"], counts["duplicate"], counts["dead-lettered"]) == (3, 1, 1)


def test_long_articles_make_a_batch_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(newsroom(NEWS))
    monkeypatch.setattr(local, "BATCH_BYTES", len(encode(FIRST)) + len(encode(COPY)))
    counts = [pipeline.extract() for _ in range(4)]
    assert [articles(count) for count in counts] == [2, 1, 1, 0]
    alone = Pipeline(newsroom(NEWS))
    monkeypatch.setattr(local, "BATCH_BYTES", 1)
    assert [articles(alone.extract()) for _ in range(5)] == [1, 1, 1, 1, 0]


def test_a_statement_in_two_outlets_alerts_once() -> None:
    services = newsroom(NEWS)
    counts = drain(services)
    alerts = [delivery.alert for delivery in services.outbox.listing()]
    assert len({alert.statement.id for alert in alerts}) == len(alerts) == counts["new"] == 3
    assert counts["repeated"] == 2


def test_a_quote_that_a_revision_reattributes_is_a_new_statement_of_its_speaker() -> None:
    text = "The council met at the pier. “We demand an expert for the tunnel by Friday,” said {}. {} sat there."
    first = examples.article("https://courier.example/c", text.format("Katrin Holm", "Mina Aks"))
    services = fake_app([first, replace(first, text=text.format("Mina Aks", "Katrin Holm"))])
    counts = drain(services)
    assert (counts["new"], counts["corrected"], counts["known"]) == (2, 1, 0)
    quotes = [quote for document in services.index.documents(first.id) for quote in document.quotes]
    speakers = [services.index.verdicts([quote.id])[quote.id].statement.speaker_id for quote in quotes]
    assert speakers == [quote.speaker_id for quote in quotes] == ["katrin-holm", "mina-aks"]


def test_a_backfill_is_remembered_and_alerts_nobody() -> None:
    services = newsroom([replace(FIRST, backfill=True)])
    assert drain(services)["new"] == 2
    services.log.append(ARTICLES, [Message(COPY.id, encode(COPY))])
    assert drain(services)["repeated"] == 2
    assert services.outbox.listing() == []


def test_a_watch_ignores_reports_first_seen_before_its_creation() -> None:
    services = newsroom([FIRST])
    services.desk.save(examples.watch(created=examples.NOON + timedelta(seconds=1)))
    drain(services)
    assert services.outbox.listing() == []


def test_an_actor_added_between_batches_is_known_to_the_next() -> None:
    services = newsroom([FIRST])
    pipeline = Pipeline(services)
    services.desk.remove(Actor, "ada-lindqvist")
    services.desk.save(Actor(id="the-mayor", name="Ada Lindqvist"))
    pipeline.step()
    (document,) = services.index.documents(FIRST.id)
    assert {quote.speaker_id for quote in document.quotes} == {"the-mayor"}


def test_an_unreadable_message_keeps_its_bytes_in_the_dead_letters() -> None:
    services = newsroom([FIRST])
    services.log.append(ARTICLES, [Message("key", b"\xff not json", {"kept": "yes"})])
    assert drain(services)["indexed"] == 1
    (letter,) = services.log.read(DEAD_LETTERS, "reader", 10)
    assert letter.value == b"\xff not json"
    assert (letter.headers["step"], letter.headers["origin"], letter.headers["kept"]) == (
        "decode",
        "articles/0/1",
        "yes",
    )
    assert "not JSON" in letter.headers["error"]


def test_an_article_that_breaks_extraction_is_dead_lettered_and_the_others_are_processed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def choking(document: Document) -> Document:
        if document.article.id == FIRST.id:
            raise ZeroDivisionError("no words")
        return document

    monkeypatch.setattr("pipeline.run.steps.extractor", lambda actors: choking)
    services = newsroom([FIRST, COPY])
    counts = drain(services)
    assert (counts["indexed"], counts["dead-lettered"]) == (1, 1)
    (letter,) = services.log.read(DEAD_LETTERS, "reader", 10)
    assert (letter.headers["step"], letter.headers["error"]) == ("extract", "ZeroDivisionError: no words")
    assert letter.value == encode(FIRST)


def test_replaying_the_log_changes_nothing() -> None:
    services = newsroom(NEWS)
    counts, before = drain(services), ends(services)
    again = replace(services, log=fake_app(NEWS).log)
    replayed = drain(again)
    assert {name: replayed[name] for name in ("indexed", "duplicate")} == {"indexed": 3, "duplicate": 1}
    assert replayed["known"] == counts["new"] + counts["repeated"] + counts["known"]
    assert (replayed["new"], replayed["alerts"]) == (0, 0)
    assert ends(again) == before


def writes_of_a_whole_run() -> int:
    trouble = Trouble(at=0, after=False)
    drain(newsroom(NEWS, trouble))
    return trouble.writes


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("fresh", [False, True], ids=["same process", "new process"])
def test_a_failure_at_any_write_does_not_change_the_result(after: bool, fresh: bool) -> None:
    expected = ends_of(newsroom(NEWS), fresh=False)
    for at in range(1, writes_of_a_whole_run() + 1):
        trouble = Trouble(at, after)
        services = newsroom(NEWS, trouble)
        assert ends_of(services, fresh) == expected
        assert trouble.writes >= at


def ends_of(services: Services, fresh: bool) -> tuple[set[tuple[str, int]], dict[str, str], set[str]]:
    """Return where the services ends when trouble makes it begin again, in the same process or a new one."""
    to_the_end(services, fresh=fresh)
    return ends(services)


def test_a_watch_of_another_actor_is_not_met() -> None:
    services = newsroom([FIRST])
    services.desk.save(Watch(id="other", name="Other", created=examples.NOON, by=("somebody-else",)))
    drain(services)
    assert {delivery.alert.watch_id for delivery in services.outbox.listing()} == {"harbour"}


@pytest.mark.parametrize("changes", [{"query": "harbour ("}, {"quiet": "always"}, {"zone": "Mars/Olympus"}])
def test_an_invalid_watch_stops_no_other_watch(caplog: pytest.LogCaptureFixture, changes: dict[str, str]) -> None:
    services = newsroom([examples.article("https://courier.example/a", LATER)])
    services.desk.save(examples.watch(id="broken", **changes))
    assert drain(services)["alerts"] == 1
    assert [delivery.alert.watch_id for delivery in services.outbox.listing(None, 10)] == ["harbour"]
    assert "watch broken alerts to nothing until it is changed" in caplog.text
