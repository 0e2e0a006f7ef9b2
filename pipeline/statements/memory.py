"""What one speaker was reported to have said lately: a frozen value that is cheap to extend."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, islice, takewhile
from math import ceil
from typing import Final, NamedTuple

from pipeline.model import Decision, Report, Statement, VerdictKind
from pipeline.statements.wording import Wording, wording

WINDOW: Final = timedelta(days=90)
"""How long a statement is remembered after the latest article that reports it was first seen."""

MOST_REPORTS: Final = 20_000
"""How many of a speaker's reports are remembered at the most, the latest; about 10 MB."""

_LEAST_SHARED: Final = 0.6  # of the terms of the shorter of two wordings, for a closer look at them
_MOST_LOOKS: Final = 8  # wordings looked at closely for one report


class Entry(NamedTuple):
    """What is kept of one decision; the report itself comes with every question about it."""

    quote_id: str
    first_seen: datetime
    wording: int
    verdict: VerdictKind
    how: str
    offset: int


class _Store:
    """The entries of a memory with their indexes. It only ever grows, so that memories can share it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.place: dict[str, int] = {}  # of a quote's entry
        self.wordings: list[Wording] = []
        self.statement: list[Statement] = []  # of a wording
        self.statements: dict[str, Statement] = {}  # by id, so that each is kept once
        self.reported: list[list[int]] = []  # the entries of a wording
        self.least: list[int] = []  # terms of a wording that another must share
        self.by_name: dict[tuple[str, ...], int] = {}  # the latest wording of these words
        self.by_key: defaultdict[str, list[int]] = defaultdict(list)  # the wordings with this term


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What one speaker was reported to have said: the first `size` entries of a store that later memories share.

    As a value it never changes. Extending the latest memory of a store is cheap; extending an earlier one copies it.
    """

    size: int = 0
    _store: _Store = field(default_factory=_Store, repr=False)

    def decided(self, report: Report) -> Decision | None:
        """The decision that the quote of this report had, if it had one."""
        place = self._store.place.get(report.quote.id, self.size)
        if not self._oldest <= place < self.size:
            return None
        entry = self._store.entries[place]
        return Decision(report, self._store.statement[entry.wording], entry.verdict, entry.how, entry.offset)

    def same_words(self, new: Wording, since: datetime) -> Statement | None:
        """The statement reported in the very same words since then."""
        known = self._store.by_name.get(new.name)
        if known is None or not self._is_live(known, since):
            return None
        return self._store.statement[known]

    def alike(self, new: Wording, since: datetime) -> Iterator[tuple[Wording, Statement]]:
        """The wordings reported since then that share most of their terms with this one, the likest first."""
        store = self._store
        counts = Counter(chain.from_iterable(store.by_key.get(key, ()) for key in new.words))
        least = _least_shared(new)
        near = [
            (count / min(len(new.words), len(store.wordings[known].words)), count, -known)
            for known, count in counts.items()
            if count >= least or count >= store.least[known]
        ]
        live = ((-known) for _, _, known in sorted(near, reverse=True) if self._is_live(-known, since))
        for known in islice(live, _MOST_LOOKS):
            yield store.wordings[known], store.statement[known]

    @property
    def _oldest(self) -> int:
        return max(0, self.size - MOST_REPORTS)

    def _is_live(self, known: int, since: datetime) -> bool:
        places = takewhile(lambda place: place >= self._oldest, reversed(self._store.reported[known]))
        return any(self._store.entries[place].first_seen >= since for place in places)

    def _entries(self) -> Iterator[tuple[Entry, Wording, Statement]]:
        for entry in islice(self._store.entries, self._oldest, self.size):
            yield entry, self._store.wordings[entry.wording], self._store.statement[entry.wording]


def latest(memory: Memory) -> Memory:
    """The same memory with a store of its own, where a later memory has gone on with the store, or outgrown it."""
    entries = len(memory._store.entries)
    if memory.size == entries <= 2 * MOST_REPORTS:
        return memory
    store = _Store()
    for entry, known, statement in memory._entries():
        _append(store, entry, known, statement)
    return Memory(len(store.entries), store)


def extended(memory: Memory, decision: Decision, new: Wording) -> Memory:
    """The memory with one more decision, about a quote of this wording."""
    memory = latest(memory)
    report = decision.report
    entry = Entry(report.quote.id, report.article.first_seen, 0, decision.verdict, decision.how, decision.offset)
    _append(memory._store, entry, new, decision.statement)
    return Memory(memory.size + 1, memory._store)


def warm(decisions: Iterable[Decision]) -> Memory:
    """The memory that holds these decisions about one speaker's quotes, given in log order."""
    memory = Memory()
    for decision in decisions:
        memory = extended(memory, decision, wording(decision.report.quote))
    return memory


def _append(store: _Store, entry: Entry, new: Wording, statement: Statement) -> None:
    known = store.by_name.get(new.name)
    if known is None or store.statement[known].id != statement.id:
        known = _add_wording(store, new, statement)
    store.place[entry.quote_id] = len(store.entries)
    store.reported[known].append(len(store.entries))
    store.entries.append(entry._replace(wording=known))


def _add_wording(store: _Store, new: Wording, statement: Statement) -> int:
    known = len(store.wordings)
    store.wordings.append(new)
    store.statement.append(store.statements.setdefault(statement.id, statement))
    store.reported.append([])
    store.least.append(_least_shared(new))
    store.by_name[new.name] = known
    for key in new.words:
        store.by_key[key].append(known)
    return known


def _least_shared(of: Wording) -> int:
    return ceil(_LEAST_SHARED * len(of.words)) or 1
