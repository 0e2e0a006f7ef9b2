"""The one-machine runner: takes articles through the steps, from log to log, in one process, and trims the log."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial
from threading import Event, Lock

from pipeline import statements
from pipeline.errors import RejectedError, WorldError
from pipeline.ingest.revisions import revision_before
from pipeline.model import Article, Decision, Document, Report
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, PUSHES, QUOTES, Message, Record
from pipeline.roles import Role
from pipeline.run import steps
from pipeline.run.deliver import DeliveryPlanner
from pipeline.run.loop import run_forever
from pipeline.run.metrics import GROUPS, metrics
from pipeline.run.steps import OrdersSnapshot, orders_snapshot
from pipeline.run.traces import span
from pipeline.services import Services
from pipeline.statements.memory import WINDOW, Memory, warm
from pipeline.statements.reading import MOST_CHARACTERS

BATCH = 250  # records per step; only a backlog fills a batch, and then each flush to disk commits more records

BATCH_BYTES = 2_000_000  # of articles per step: a few seconds of work, for which an alert or a stop may wait

MEMORY_BYTES = 256_000_000  # estimated size of the memory of speakers; a speaker beyond it is read from the index again

_ROOM_OF_SPEAKER = 4_000  # bytes of a memory without a report, measured

IDLE_SECONDS = 0.05

_READ_BY = (*GROUPS, (PUSHES, "poll"))  # the topics with their readers

_TRIMMED = 250  # records a batch; other writers wait for one batch at most

_TRIM_SECONDS = 2.0


class SpeakerMemories:
    """The memories of the speakers who were quoted last, which take so many bytes together, by an estimate."""

    def __init__(self, most_bytes: int) -> None:
        self.room = 0
        self._most_bytes = most_bytes
        self._memories: dict[str, tuple[Memory, int]] = {}

    def __len__(self) -> int:
        return len(self._memories)

    def take(self, speaker: str) -> tuple[Memory, int] | None:
        """Remove and return the memory of a speaker with the room that it takes; None if it is not here."""
        entry = self._memories.pop(speaker, None)
        self.room -= entry[1] if entry else 0
        return entry

    def put(self, speaker: str, memory: Memory, room: int) -> None:
        """Insert the memory of a speaker as the one used last; drop those used first if all take too much."""
        self._memories[speaker] = memory, room
        self.room += room
        while self.room > self._most_bytes and len(self._memories) > 1:
            self.take(next(iter(self._memories)))

    def clear(self) -> None:
        """Forget all memories."""
        self._memories.clear()
        self.room = 0


def room_of(report: Report) -> int:
    """The bytes that a report takes in the memory of its speaker, by measurement."""
    return 5_000 + 20 * min(len(report.quote.content), MOST_CHARACTERS)


class Pipeline:
    """The three steps on one machine, with their state between batches.

    Each step writes to the next log before the index and commits last. A crash anywhere therefore repeats work and
    loses none; repeated work gets the same ids and is stored once. Each step returns counts by outcome; empty counts
    mean that there was nothing to do.
    """

    def __init__(self, services: Services, *, plans_deliveries: bool = True, memory_bytes: int = MEMORY_BYTES) -> None:
        self._services = services
        self._planner = DeliveryPlanner(services)
        self._steps = (self.extract, self.remember, self.post) if plans_deliveries else (self.extract, self.remember)
        self._memories = SpeakerMemories(memory_bytes)
        self._orders: OrdersSnapshot = orders_snapshot(services.desk, None, parser=services.settings.extract.parser)

    def _refresh(self) -> None:
        """Reload the actors and watches if they have changed."""
        self._orders = orders_snapshot(self._services.desk, self._orders, parser=self._services.settings.extract.parser)

    def step(self, stop: Event | None = None) -> Counter[str]:
        """Run one batch of each step and return the counts; start no further step once `stop` is set."""
        self._refresh()
        done: Counter[str] = Counter()
        for work in self._steps:
            if stop is None or not stop.is_set():
                done += work()
        return done

    def run(self, stop: Event) -> None:
        """Run batches until `stop` is set; a WorldError pauses the work."""
        run_forever("pipeline", partial(self._counted, stop), stop, idle=IDLE_SECONDS)

    def _counted(self, stop: Event) -> Counter[str]:
        done = self.step(stop)
        metrics().count_steps(done)
        return done

    def extract(self) -> Counter[str]:
        """Extract quotes: articles become documents in the index, and reports on the quotes log."""
        records = self._services.log.read(ARTICLES, "extract", BATCH, BATCH_BYTES)
        if not records:
            return Counter()
        arrivals, unread = steps.read(Article, records)
        revisions = self._services.index.revisions([article.id for _, article in arrivals])
        documents, failed = steps.extract(arrivals, revisions, self._orders.extractor)
        self._append(QUOTES, [steps.keyed(report) for report in self._reports(documents)])
        refused = self._add(documents, {record.origin: record for record in records})
        failed = [*failed, *refused]
        self._finish("extract", records, [*unread, *failed])
        return Counter(
            {
                "indexed": len(documents) - len(refused),
                "duplicate": len(records) - len(documents) - len(unread) - len(failed) + len(refused),
                "dead-lettered": len(unread) + len(failed),
                "quotes": sum(len(document.quotes) for document in documents),
            }
        )

    def _reports(self, documents: Sequence[Document]) -> list[Report]:
        """Return the reports and corrections of the documents, each compared with its previous revision."""
        reports, latest = list[Report](), dict[str, Document]()
        for document in documents:
            article = document.article
            earlier = latest.get(article.id) or revision_before(self._services.index, article)
            reports += steps.reports(document, earlier)
            latest[article.id] = document
        return reports

    def remember(self) -> Counter[str]:
        """Decide what is new: reports become decisions in the index, and alerts on the alerts log."""
        records = self._services.log.read(QUOTES, "remember", BATCH)
        if not records:
            return Counter()
        arrivals, unread = steps.read(Report, records)
        try:
            decisions = self._decide(arrivals)
            alerts = [alert for decision in decisions for alert in self._orders.match(decision)]
            self._append(ALERTS, [steps.alerted(alert) for alert in alerts])
            by_quote = {report.quote.id: record for record, report in arrivals}
            self._finish("remember", records, [*unread, *self._add(decisions, by_quote)])
        except WorldError:
            self._memories.clear()  # they contain decisions that were not stored
            raise
        counts = Counter[str](decision.verdict for decision in decisions)
        counts["known"] = len(arrivals) - len(decisions)
        counts["alerts"] = len(alerts)
        counts["dead-lettered quotes"] = len(unread)
        return counts

    def post(self) -> Counter[str]:
        """Plan deliveries: alerts become deliveries in the outbox."""
        return self._planner.step()

    def _decide(self, arrivals: Sequence[tuple[Record, Report]]) -> list[Decision]:
        """Decide, in order, about the reports that have no decision yet.

        A decision enters the index only after its alerts are on the log, so a report with a decision is done.
        """
        decided = set(self._services.index.verdicts([report.quote.id for _, report in arrivals]))
        new = [report for _, report in arrivals if report.quote.id not in decided]
        statements.prepare((report.quote, report.article.language) for report in new)
        decisions = []
        for record, report in arrivals:
            if report.quote.id not in decided:
                decided.add(report.quote.id)
                decisions.append(self._remember(report, record.offset))
        return decisions

    def _remember(self, report: Report, offset: int) -> Decision:
        speaker = report.quote.speaker_id
        memory, room = self._memories.take(speaker) or self._warm(report)
        decision, memory = steps.decide(memory, report, offset)
        self._memories.put(speaker, memory, room + room_of(report))
        return decision

    def _warm(self, report: Report) -> tuple[Memory, int]:
        """The memory of the report's speaker from the index, with the room that it takes."""
        since = report.article.first_seen - WINDOW
        decisions = list(self._services.index.said(report.quote.speaker_id, since))
        return warm(decisions), sum((room_of(decision.report) for decision in decisions), _ROOM_OF_SPEAKER)

    def _add(self, entries: Sequence[Document | Decision], records: Mapping[str, Record]) -> list[steps.Failure]:
        """Add the entries to the index; return a failure for each entry that it rejects for good."""
        try:
            with span("index", *(steps.article_of(entry) for entry in entries)):
                self._services.index.add(entries)
        except RejectedError as error:
            return steps.rejected(entries, records, error)
        return []

    def _finish(self, group: str, records: Sequence[Record], failures: Sequence[steps.Failure]) -> None:
        now = self._services.clock()
        self._append(DEAD_LETTERS, [steps.dead_letter(failure, now) for failure in failures])
        self._services.log.commit(group, records)

    def _append(self, topic: str, messages: Sequence[Message]) -> None:
        if messages:
            self._services.log.append(topic, messages)


class LeaderElection:
    """Runs extraction and decisions in one of several processes with the role of the job; the others stand by.

    A process that takes over starts from the log and the index, as after a crash.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._share = services.assignment(Role.JOB)
        self._working = Lock()
        self._pipeline: Pipeline | None = None

    def run(self, stop: Event) -> None:
        """Run batches while this process holds the role, until `stop` is set."""
        run_forever("job", partial(self._step, stop), stop, idle=IDLE_SECONDS)

    def _step(self, stop: Event) -> Counter[str]:
        self._share.renew(self._hand_over)
        with self._working:
            if not self._share.holds(Role.JOB):
                self._pipeline = None
                return Counter()
            self._pipeline = self._pipeline or Pipeline(self._services, plans_deliveries=False)
            done = self._pipeline.step(stop)
        metrics().count_steps(done)
        return done

    def _hand_over(self) -> None:
        """Wait for the current batch before another process takes over."""
        with self._working:
            pass


def drain(services: Services, progress: Callable[[Counter[str]], object] = lambda _: None) -> Counter[str]:
    """Process the whole log and return the counts by outcome; `progress` is called with the counts of each batch."""
    pipeline = Pipeline(services)
    total: Counter[str] = Counter()
    while done := pipeline.step():
        total += done
        progress(done)
    return total


def run(workers: Mapping[str, Callable[[Event], None]], stop: Event) -> None:
    """Run each worker in a thread until `stop` is set; the first failure stops all workers and is raised."""
    with ThreadPoolExecutor(max_workers=len(workers)) as threads:
        running = [threads.submit(worker, stop) for worker in workers.values()]
        try:
            wait(running, return_when=FIRST_COMPLETED)
        finally:
            stop.set()
    for ended in running:
        ended.result()


def trim(services: Services) -> int:
    """Delete one batch of each topic from the log and return the number of records deleted.

    A record is deleted once it is older than `keep.log` and its readers have processed it; its results are in the
    index. Dead letters stay.
    """
    if services.log_retention is None or not services.settings.keep.log:
        return 0
    oldest = services.clock() - services.settings.keep.log
    return sum(services.log_retention(topic, group, oldest, _TRIMMED) for topic, group in _READ_BY)


def trim_until(services: Services, stop: Event) -> None:
    """Trim the log until `stop` is set."""

    def step() -> None:
        trim(services)

    run_forever("retention", step, stop, idle=_TRIM_SECONDS)
