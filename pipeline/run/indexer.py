"""The step from the logs of documents and decisions to the index of a cluster.

Processes with the role of the job share the partitions as a consumer group, beside the Beam job: a job on Flink that
waits for the index could not write checkpoints.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Event
from typing import Final

from pipeline.errors import RejectedError, UsageError
from pipeline.model import Decision, Document
from pipeline.ports import DEAD_LETTERS, DECISIONS, DOCUMENTS
from pipeline.run import steps
from pipeline.run.loop import run_forever
from pipeline.run.metrics import metrics
from pipeline.run.traces import span
from pipeline.services import Rewindable, Services

GROUP: Final = "index"
"""The consumer group; its offsets tell up to where the index has the logs."""

_BATCH: Final = 500  # records per write

_GATHER_SECONDS: Final = 0.3  # after a batch that is not full: a few large writes cost less than many small ones

_NOUNS: Final[Mapping[str, type[Document] | type[Decision]]] = {DOCUMENTS: Document, DECISIONS: Decision}


_OVERLAP: Final = timedelta(minutes=10)  # of the records read again, because clocks differ


def read_again(services: Services, since: datetime) -> None:
    """Let the group read again what was appended since this time, after the index was restored from a snapshot.

    Raises WorldError while a process of the group runs.
    """
    if not isinstance(services.log, Rewindable):
        raise UsageError("only the log of a cluster can be read again")
    for topic in _NOUNS:
        services.log.rewind(topic, GROUP, since - _OVERLAP)


class Indexer:
    """Writes the records of a topic to the index, and those that the index refuses for good to the dead letters.

    It commits after the write, so a crash repeats a batch, which changes nothing in the index.
    """

    def __init__(self, services: Services, topic: str) -> None:
        self._services = services
        self._topic = topic

    def run(self, stop: Event) -> None:
        """Write batches until `stop` is set; while the index or the log is away, try again."""
        run_forever(f"index of {self._topic}", self._is_busy, stop, idle=_GATHER_SECONDS)

    def _is_busy(self) -> bool:
        """Write a batch; return whether it was full."""
        counts = self.step()
        metrics().count_steps(counts)
        return counts["read"] >= _BATCH

    def step(self) -> Counter[str]:
        """Write one batch and return the counts by outcome."""
        records = self._services.log.read(self._topic, GROUP, _BATCH)
        if not records:
            return Counter()
        arrivals, failures = steps.read(_NOUNS[self._topic], records)
        entries = [entry for _, entry in arrivals]
        refused: Mapping[str, str] = {}
        try:
            with span("index", *(steps.article_of(entry) for entry in entries)):
                self._services.index.add(entries)
        except RejectedError as error:
            refused = error.reasons
            failures += steps.rejected(entries, {steps.names(entry)[1]: record for record, entry in arrivals}, error)
        self._bury(failures)
        self._services.log.commit(GROUP, records)
        counts = _counts(entry for entry in entries if steps.names(entry)[0] not in refused)
        counts["dead-lettered" if self._topic == DOCUMENTS else "dead-lettered quotes"] += len(failures)
        counts["read"] = len(records)
        return counts

    def _bury(self, failures: Sequence[steps.Failure]) -> None:
        if failures:
            now = self._services.clock()
            self._services.log.append(DEAD_LETTERS, [steps.dead_letter(failure, now) for failure in failures])


def _counts(entries: Iterable[Document | Decision]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for entry in entries:
        if isinstance(entry, Document):
            counts.update({"indexed": 1, "quotes": len(entry.quotes)})
        else:
            counts[entry.verdict] += 1
    return counts
