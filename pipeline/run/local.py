"""The one-machine runner: carries articles from log to log through the steps, in one process."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial
from threading import Event, Lock

from pipeline import statements
from pipeline.alerts.planner import DeliveryPlanner
from pipeline.errors import RejectedError, WorldError
from pipeline.ingest.revisions import revision_before
from pipeline.model import Article, Decision, Document, Report
from pipeline.ports import ALERTS, ARTICLES, DEAD_LETTERS, QUOTES, Message, Record
from pipeline.run import steps
from pipeline.run.loop import run_forever
from pipeline.run.metrics import metrics
from pipeline.run.orders_snapshot import OrdersSnapshot, orders_snapshot
from pipeline.run.roles import Role
from pipeline.services import Services
from pipeline.statements.memory import WINDOW, Memory, warm

BATCH = 250  # records a step; only a backlog fills it, and then every commit's flush to disk serves more of them

BATCH_BYTES = 2_000_000  # of articles a step, some seconds of work: no alert, and no stop, waits for longer

SPEAKERS_IN_MEMORY = 2_000

IDLE_SECONDS = 0.05


class Pipeline:
    """The three steps over the doors of one machine, with what they keep between batches.

    Each step writes to the next log before the index and commits last, so that a crash anywhere repeats work and loses
    none; what is repeated gets the ids it had, and is stored once. Each returns what it did as counts by outcome;
    no counts at all means that there was nothing to do.
    """

    def __init__(self, services: Services, *, posts: bool = True) -> None:
        self._services = services
        self._poster = DeliveryPlanner(services)
        self._steps = (self.extract, self.remember, self.post) if posts else (self.extract, self.remember)
        self._memories: dict[str, Memory] = {}
        self._orders: OrdersSnapshot = orders_snapshot(services.desk, None, parser=services.settings.extract.parser)

    def _refresh(self) -> None:
        """Read the orders anew where they have changed."""
        self._orders = orders_snapshot(self._services.desk, self._orders, parser=self._services.settings.extract.parser)

    def step(self, stop: Event | None = None) -> Counter[str]:
        """One batch through every step; told to stop, through no further one."""
        self._refresh()
        done: Counter[str] = Counter()
        for work in self._steps:
            if stop is None or not stop.is_set():
                done += work()
        return done

    def run(self, stop: Event) -> None:
        """Batch after batch until told to stop; trouble with the world is waited out."""
        run_forever("pipeline", partial(self._counted, stop), stop, idle=IDLE_SECONDS)

    def _counted(self, stop: Event) -> Counter[str]:
        done = self.step(stop)
        metrics().count_steps(done)
        return done

    def extract(self) -> Counter[str]:
        """Articles to documents in the index and reports on the quotes log."""
        records = _handful(self._services.log.read(ARTICLES, "extract", BATCH))
        if not records:
            return Counter()
        arrivals, unread = steps.read(Article, records)
        known = self._services.index.revisions([article.id for _, article in arrivals])
        documents, failed = steps.extract(arrivals, known, self._orders.extractor)
        said = self._said(documents)
        self._append(QUOTES, [steps.keyed(report) for report in said])
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

    def _said(self, documents: Sequence[Document]) -> list[Report]:
        """What the documents report and take back, each told from the revision before it."""
        said, read = list[Report](), dict[str, Document]()
        for document in documents:
            article = document.article
            before = read.get(article.id) or revision_before(self._services.index, article)
            said += steps.reports(document, before)
            read[article.id] = document
        return said

    def remember(self) -> Counter[str]:
        """Reports to decisions in the index and alerts on the alerts log."""
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
            self._memories.clear()  # they hold decisions that nobody has written down
            raise
        counts = Counter[str](decision.verdict for decision in decisions)
        counts["known"] = len(arrivals) - len(decisions)
        counts["alerts"] = len(alerts)
        counts["dead-lettered quotes"] = len(unread)
        return counts

    def post(self) -> Counter[str]:
        """Alerts to deliveries in the outbox."""
        return self._poster.step()

    def _decide(self, arrivals: Sequence[tuple[Record, Report]]) -> list[Decision]:
        """The decisions on the reports that had none yet, in order.

        A decision is in the index only after its alerts are on their log, so a report that has one needs nothing more.
        """
        decided = set(self._services.index.verdicts([report.quote.id for _, report in arrivals]))
        decisions = []
        for record, report in arrivals:
            if report.quote.id not in decided:
                decided.add(report.quote.id)
                decisions.append(self._remember(report, record.offset))
        return decisions

    def _remember(self, report: Report, offset: int) -> Decision:
        speaker = report.quote.speaker_id
        memory = self._memories.pop(speaker, None)  # put back last: the order of use
        if memory is None:
            memory = warm(self._services.index.said(speaker, report.article.first_seen - WINDOW))
        decision, self._memories[speaker] = statements.remember(memory, report, offset)
        if len(self._memories) > SPEAKERS_IN_MEMORY:
            self._memories.pop(next(iter(self._memories)))
        return decision

    def _add(self, entries: Sequence[Document | Decision], records: Mapping[str, Record]) -> list[steps.Failure]:
        """Put the entries into the index; those that it will never take, with the records they were made of."""
        try:
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


def _handful(records: Sequence[Record]) -> Sequence[Record]:
    """The first of the records, as many as BATCH_BYTES hold, and at least one."""
    room = BATCH_BYTES
    for place, record in enumerate(records):
        room -= len(record.value)
        if room < 0 and place:
            return records[:place]
    return records


class LeaderElection:
    """The steps but the last, where several processes may have the role of the job: one works, the others stand by.

    Who takes over begins with what the log and the index tell, as after a crash.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._share = services.assignment(Role.JOB)
        self._turn = Lock()
        self._pipeline: Pipeline | None = None

    def run(self, stop: Event) -> None:
        """Batch after batch, while it is our turn, until told to stop."""
        run_forever("job", partial(self._step, stop), stop, idle=IDLE_SECONDS)

    def _step(self, stop: Event) -> Counter[str]:
        self._share.renew(self._let_go)
        with self._turn:
            if not self._share.holds(Role.JOB):
                self._pipeline = None
                return Counter()
            self._pipeline = self._pipeline or Pipeline(self._services, posts=False)
            done = self._pipeline.step(stop)
        metrics().count_steps(done)
        return done

    def _let_go(self) -> None:
        """Wait for the batch under way."""
        with self._turn:
            pass


def drain(services: Services, progress: Callable[[Counter[str]], object] = lambda _: None) -> Counter[str]:
    """Process all that is in the log; the counts by outcome. `progress` is told those of each batch."""
    pipeline = Pipeline(services)
    total: Counter[str] = Counter()
    while done := pipeline.step():
        total += done
        progress(done)
    return total


def run(workers: Mapping[str, Callable[[Event], None]], stop: Event) -> None:
    """Run each worker in a thread until `stop` is set; the first to fail stops all and its error is raised."""
    with ThreadPoolExecutor(max_workers=len(workers)) as threads:
        running = [threads.submit(worker, stop) for worker in workers.values()]
        try:
            wait(running, return_when=FIRST_COMPLETED)
        finally:
            stop.set()
    for ended in running:
        ended.result()
