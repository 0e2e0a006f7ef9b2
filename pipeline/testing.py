"""In-memory adapters of every port, and what every notifier promises: for tests of plug-ins and of your own code.

The adapters pass the same contract suites as those of SQLite, Kafka and Elasticsearch (`tests/pipeline/ports`).
`check_notifier`, `check_translator` and `check_reviewer` hold such an adapter to the contract that ours keep.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any, get_args
from zlib import crc32

from pipeline.errors import RefusedError, UsageError, WorldError
from pipeline.extract import extractor
from pipeline.model import (
    Alert,
    Article,
    ArticleRef,
    Decision,
    Delivery,
    DeliveryState,
    Document,
    Opinion,
    Quote,
    Report,
    Statement,
    content_id,
)
from pipeline.model.matching import (
    BEFORE_1970,
    IndexEntry,
    combination,
    count_crossed,
    count_facets,
    cursor,
    document_entries,
    highlights,
    latest,
    matches,
    place,
    statement_entry,
)
from pipeline.model.query import Hit, Page, Search
from pipeline.model.tables import TABLES, MarkRow, TableWriter
from pipeline.model.values import first_within, whole_number
from pipeline.ports import (
    MOST_BYTES,
    Clock,
    DeskRecord,
    Entry,
    Message,
    Notifier,
    Noun,
    Record,
    Reviewer,
    Revision,
    Translator,
)
from pipeline.text import clean
from pipeline.text.messages import one_line

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


class FakeLog:
    """`Log` and `Backlog` in memory."""

    def __init__(self, clock: Clock, partitions: int = 1) -> None:
        self._clock = clock
        self._partitions = partitions
        self._records: dict[str, list[Record]] = defaultdict(list)
        self._ends: dict[tuple[str, int], int] = defaultdict(int)
        self._commits: dict[tuple[str, str, int], int] = defaultdict(int)

    def append(self, topic: str, messages: Sequence[Message]) -> None:
        for message in messages:
            partition = crc32(message.key.encode()) % self._partitions
            offset = self._ends[topic, partition]
            record = Record(topic, partition, offset, self._clock(), message.key, message.value, dict(message.headers))
            self._records[topic].append(record)
            self._ends[topic, partition] += 1

    def read(self, topic: str, group: str, most: int, most_bytes: int = MOST_BYTES) -> list[Record]:
        return first_within(self._after_commit(topic, group)[:most], lambda record: len(record.value), most_bytes)

    def commit(self, group: str, records: Sequence[Record]) -> None:
        for record in records:
            place = (group, record.topic, record.partition)
            self._commits[place] = max(self._commits[place], record.offset + 1)

    def lag(self, topic: str, group: str) -> int:
        return len(self._after_commit(topic, group))

    def _after_commit(self, topic: str, group: str) -> list[Record]:
        return [r for r in self._records[topic] if r.offset >= self._commits[group, topic, r.partition]]


class FakeIndex:
    """`Index`, `Archive` and `Memory` in memory."""

    def __init__(self) -> None:
        self._documents: dict[tuple[str, int], Document] = {}
        self._decisions: dict[str, Decision] = {}
        self._arrivals: list[Document | Decision] = []
        self._entries: dict[int, IndexEntry] = {}
        self._count = 0
        self._lock = RLock()

    def add(self, entries: Sequence[Document | Decision]) -> None:
        with self._lock:
            for entry in entries:
                if isinstance(entry, Document):
                    self._add_document(entry)
                else:
                    self._add_decision(entry)

    def _add_document(self, document: Document) -> None:
        article = document.article
        stored = self.documents(article.id)
        if any(document.article.revision == article.revision for document in stored):
            return
        self._documents[article.id, article.revision] = document
        self._arrivals.append(document)
        if all(document.article.revision < article.revision for document in stored):
            self._remove_entries(article.id)
            for entry in reversed(list(document_entries(document))):
                self._add_entry(entry)

    def _add_decision(self, decision: Decision) -> None:
        if decision.report.quote.id in self._decisions:
            return
        if not self.decisions(decision.statement.id):
            self._add_entry(statement_entry(decision))
        self._decisions[decision.report.quote.id] = decision
        self._arrivals.append(decision)

    def search(self, search: Search) -> Page:
        with self._lock:
            entries = dict(self._entries)
        matched = {
            number: entry
            for number, entry in entries.items()
            if entry.hit.collection == search.collection and matches(search.query, entry.subject)
        }
        start, newest = place(search, 2) or [0, max(entries, default=0)]
        end = start + search.limit
        ranked = sorted(
            (number for number in matched if number <= newest),
            key=lambda number: (_rank(search, matched[number]), number),
            reverse=True,
        )
        return Page(
            hits=tuple(self._with_verdict(matched[number].hit, search) for number in ranked[start:end]),
            total=len(matched),
            cursor=cursor(search, [end, newest]) if search.limit and end < len(ranked) else "",
            facets=_facets(search, matched.values()) if search.facets else {},
            days=_days(matched.values()) if search.days else (),
            counted=len(matched) if search.facets or search.days or search.crossed else 0,
            crossed=_crossed(search, matched.values()) if search.crossed else {},
        )

    def _add_entry(self, entry: IndexEntry) -> None:
        self._count += 1
        self._entries[self._count] = entry

    def _remove_entries(self, article_id: str) -> None:
        self._entries = {
            number: entry
            for number, entry in self._entries.items()
            if entry.hit.article_id != article_id or entry.hit.collection == "statements"
        }

    def _with_verdict(self, hit: Hit, search: Search) -> Hit:
        decision = self._decisions.get(hit.id)
        return replace(
            hit,
            highlights=highlights(search.query, hit.text, hit.language),
            statement_id=decision.statement.id if decision else hit.statement_id,
            reports=len({d.report.article.id for d in self.decisions(hit.statement_id)}) if hit.statement_id else 1,
        )

    def documents(self, *article_ids: str) -> list[Document]:
        return [d for _, d in sorted(self._documents.items()) if d.article.id in article_ids]

    def decisions(self, *statement_ids: str) -> list[Decision]:
        return self._in_log_order(d for d in self._decisions.values() if d.statement.id in statement_ids)

    def arrivals(self, noun: type[Entry], after: str, most: int, settled: timedelta) -> tuple[list[Entry], str]:
        entries = [entry for entry in self._arrivals if isinstance(entry, noun)]
        start = whole_number(after)
        page = entries[start : start + most]
        return page, str(start + len(page))

    def revisions(self, article_ids: Sequence[str]) -> dict[str, tuple[Revision, ...]]:
        by_article = {article_id: self.documents(article_id) for article_id in article_ids}
        return {
            article_id: tuple(Revision(d.article.digest, d.article.revision, d.origin) for d in documents)
            for article_id, documents in by_article.items()
            if documents
        }

    def verdicts(self, quote_ids: Sequence[str]) -> dict[str, Decision]:
        return {quote_id: self._decisions[quote_id] for quote_id in quote_ids if quote_id in self._decisions}

    def said(self, speaker_id: str, since: datetime) -> list[Decision]:
        return self._in_log_order(
            d
            for d in self._decisions.values()
            if d.report.quote.speaker_id == speaker_id and d.report.article.first_seen >= since
        )

    @staticmethod
    def _in_log_order(decisions: Iterable[Decision]) -> list[Decision]:
        return sorted(decisions, key=lambda decision: decision.offset)


def _facets(search: Search, entries: Iterable[IndexEntry]) -> dict[str, list[tuple[str, int]]]:
    return count_facets(((combination(entry.hit), 1) for entry in entries), search)


def _crossed(search: Search, entries: Iterable[IndexEntry]) -> dict[str, dict[str, int]]:
    return count_crossed(((combination(entry.hit), _day(entry), 1) for entry in entries), search)


def _day(entry: IndexEntry) -> int:
    return entry.subject.time.date().toordinal() - BEFORE_1970


def _days(entries: Iterable[IndexEntry]) -> tuple[tuple[date, int], ...]:
    return latest(Counter(map(_day, entries)).items())


def _rank(search: Search, entry: IndexEntry) -> tuple[int, datetime]:
    """Sort key: the number of matches as written (one in the title counts as four) by relevance, then the time."""
    score = 0
    if search.order == "relevance":
        score = 4 * len(highlights(search.query, entry.subject.title, ""))
        score += len(highlights(search.query, entry.subject.text, ""))
    return score, entry.subject.time


class FakeDesk:
    """`Desk` in memory."""

    def __init__(self) -> None:
        self._records_by_noun: dict[type, dict[str, DeskRecord]] = defaultdict(dict)
        self._changes: dict[type, int] = defaultdict(int)

    def save(self, *records: DeskRecord) -> None:
        for record in records:
            self._records_by_noun[type(record)][record.id] = record
        for noun in {type(record) for record in records}:
            self._changes[noun] += 1

    def remove(self, noun: type[DeskRecord], record_id: str) -> bool:
        existed = self._records_by_noun[noun].pop(record_id, None) is not None
        self._changes[noun] += existed
        return existed

    def find(self, noun: type[Noun], record_id: str) -> Noun | None:
        record = self._records_by_noun[noun].get(record_id)
        return record if isinstance(record, noun) else None

    def all(self, noun: type[Noun]) -> list[Noun]:
        return [record for _, record in sorted(self._records_by_noun[noun].items()) if isinstance(record, noun)]

    def version(self, noun: type[DeskRecord]) -> int:
        return self._changes[noun]


class FakeOutbox:
    """`Outbox` and `Deliveries` in memory."""

    def __init__(self) -> None:
        self._deliveries: dict[str, Delivery] = {}

    def put(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._deliveries.setdefault(delivery.id, delivery)

    def due(self, now: datetime, most: int) -> list[Delivery]:
        pending = [d for d in self._by_age() if d.state == "pending" and d.next_try <= now]
        return pending[:most]

    def update(self, delivery: Delivery) -> None:
        self._known(delivery.id)
        self._deliveries[delivery.id] = delivery

    def find(self, delivery_id: str) -> Delivery | None:
        return self._deliveries.get(delivery_id)

    def listing(self, state: DeliveryState | None = None, most: int = 100, before: str = "") -> list[Delivery]:
        newest_first = self._by_age()[::-1]
        start = newest_first.index(self._known(before)) + 1 if before else 0
        return [d for d in newest_first[start:] if state in (None, d.state)][:most]

    def _by_age(self) -> list[Delivery]:
        return sorted(self._deliveries.values(), key=lambda delivery: delivery.alert.created)

    def _known(self, delivery_id: str) -> Delivery:
        if delivery_id not in self._deliveries:
            raise UsageError(f"delivery {delivery_id!r} is not in the outbox")
        return self._deliveries[delivery_id]


HOSTILE = "\x00\x1b[2J\r\n.\r\nBcc: x\r\n<script> @channel \u202e {{ 7 * 7 }} 🚢 " * 50
"""Text that breaks formats: control characters, headers, markup, templates, characters outside the usual planes."""


def sample_alert(text: str = "The harbour will stay open", *, about: str = "Harbour stays open") -> Alert:
    """An alert to a statement by Ada Lindqvist; `about` is the article's title."""
    article = ArticleRef(
        id=content_id("sample article", about),
        revision=1,
        source="courier.example",
        url="https://courier.example/harbour",
        title=about,
        language="en",
        published=START,
        first_seen=START,
        backfill=False,
    )
    quote = Quote(
        id=content_id("sample", text),
        start=0,
        end=len(text),
        text=text,
        kind="indirect",
        fragments=((0, len(text)),),
        speaker_name="Ada Lindqvist",
        speaker_id="ada-lindqvist",
        confidence=0.9,
    )
    statement = Statement(
        id=content_id("sample", text),
        speaker_id=quote.speaker_id,
        speaker_name=quote.speaker_name,
        text=text,
        kind="indirect",
        first=Report(quote, article),
    )
    return Alert(
        id=content_id("sample", text),
        watch_id="harbour",
        watch_name="Harbour",
        statement=statement,
        why="a new statement",
        created=START,
    )


def sample_delivery(*alerts: Alert) -> Delivery:
    """The first alert with the others beside it, as a digest holds them."""
    first, *others = alerts or (sample_alert(),)
    parts = tuple(alert.id for alert in (first, *others)) if others else ()
    return Delivery(
        id=content_id("sample delivery", first.id), alert=first, target="stdout", also=tuple(others), parts=parts
    )


def check_notifier(notifier: Notifier, received: Callable[[], Sequence[str]]) -> None:
    """Check what a notifier promises for a receiver that accepts everything; AssertionError names a broken promise.

    `received` returns every message that has arrived so far, as text and in the order of arrival.
    """
    for alerts, expected in (
        (
            [sample_alert()],
            ["The harbour will stay open", "Ada Lindqvist", "courier", "https://courier.example/harbour"],
        ),
        ([sample_alert(HOSTILE, about=HOSTILE)], ["🚢"]),
        (
            [sample_alert(f"Crane {number} stays") for number in range(3)],
            [f"Crane {number} stays" for number in range(3)],
        ),
    ):
        count = len(received())
        notifier.send(sample_delivery(*alerts))
        new = received()[count:]
        assert len(new) == 1, f"send should return when exactly one message has arrived, not {len(new)}"
        missing = [part for part in expected if part not in new[0]]
        assert not missing, f"the message lacks {missing[0]!r}: {new[0][:300]!r}"
    count = len(received())
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(notifier.send, [sample_delivery()] * 4))
    assert len(received()) == count + 4, "send should be safe to call from several threads"


def check_failing_notifier(notifier: Notifier, secret: str = "") -> None:
    """Check what a notifier promises while its receiver is away or busy; AssertionError names a broken promise.

    `secret` is a part of the address that must not appear in messages of errors.
    """
    try:
        notifier.send(sample_delivery())
    except WorldError as error:
        assert not isinstance(error, RefusedError), f"a receiver that is away has refused nothing: {error}"
        assert "\n" not in str(error), f"the message of an error is one line: {str(error)!r}"
        assert not secret or secret not in str(error), "the message of an error hides the secret of the address"
    else:
        raise AssertionError("send should raise WorldError while the receiver is away")


def check_translator(translator: Translator) -> None:
    """Check what a translator promises while its service answers; AssertionError names a broken promise."""
    for text, language in (("Der Hafen bleibt offen", "de"), ("Der Hafen bleibt offen", ""), (HOSTILE, "no")):
        answer = translator.translate(text, language, timedelta(seconds=5))
        assert answer.text.strip(), f"a translation should have a text: {answer}"
        assert clean(answer.text) == answer.text, f"a translation has no control characters: {answer.text[:300]!r}"
        assert answer.language, f"a translation should have a language: {answer}"
        assert answer.service, f"a translation should have the name of its service: {answer}"


def check_reviewer(reviewer: Reviewer) -> None:
    """Check what a reviewer promises while its service answers; AssertionError names a broken promise."""
    for text, passage in (("The port stays open", "The port stays open, Lindqvist said."), (HOSTILE, HOSTILE)):
        answer = reviewer.review(sample_alert(text), passage, timedelta(seconds=5))
        assert answer.opinion in get_args(Opinion), f"an opinion should be one of {get_args(Opinion)}: {answer}"
        assert one_line(answer.reason) == answer.reason, f"a reason is one line: {answer.reason[:300]!r}"
        assert len(answer.reason) <= 300, f"a reason has at most 300 characters, not {len(answer.reason)}"
        assert answer.service, f"a review should have the name of its service: {answer}"


def check_silent_service(ask: Callable[[timedelta], object], secret: str = "") -> None:
    """Check a translator or reviewer whose service fails: `ask` calls it with a time limit.

    AssertionError unless it raises WorldError in one line that does not contain the secret.
    """
    try:
        ask(timedelta(seconds=0.5))
    except WorldError as error:
        assert "\n" not in str(error), f"the message of an error is one line: {str(error)!r}"
        assert not secret or secret not in str(error), "the message of an error hides the key"
    else:
        raise AssertionError("a service that fails should raise WorldError")


def check_connector(read: Callable[[Path], Iterable[Mapping[str, Any]]], file: Path) -> None:
    """Check that a connector reads the articles of a file, and the same articles each time."""
    articles = [dict(record) for record in read(file)]
    assert articles, f"{file} should have an article"
    for record in articles:
        assert all(isinstance(name, str) for name in record), f"a field's name should be a text: {record}"
        assert record.get("text") or record.get("title"), f"an article should have a title or a text: {record}"
    assert [dict(record) for record in read(file)] == articles, "ids come from content: a second reading must be equal"


def check_exporter(connect: Callable[[Path, int], TableWriter], folder: Path) -> None:
    """Check that an exporter completes, repeats and drops runs. The folder should be empty."""
    row = MarkRow("not-new", "quote", "alert", "=1\n\ud800 –", START, "Ada", "words", "article")
    dropped = connect(folder, 1)
    dropped.write(TABLES[MarkRow], [row])
    dropped.discard()
    before = _sizes(folder)
    for _ in range(2):
        writer = connect(folder, 1)
        writer.write(TABLES[MarkRow], [row])
        writer.write(TABLES[MarkRow], [])
        writer.close()
    once = _sizes(folder)
    assert once != before, "a run should write something when it is closed, and nothing when it is dropped"
    writer = connect(folder, 1)
    writer.write(TABLES[MarkRow], [row])
    writer.close()
    assert _sizes(folder) == once, "a run that is repeated should replace its part"


def _sizes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_size for file in folder.rglob("*") if file.is_file()}


def check_language(code: str, text: str, words: str, speaker: str) -> None:
    """Check that the extractor finds this direct quote and its speaker in a text of the language."""
    article = Article(id="a", source="s", title="", text=text, first_seen=START, fetched=START, language=code)
    quotes = extractor()(Document(article=article)).quotes
    assert (words, speaker) in [(quote.content, quote.speaker_name) for quote in quotes], f"found only {quotes}"
