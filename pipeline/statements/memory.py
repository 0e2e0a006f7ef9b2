"""The recent statements of one speaker: a frozen value that is cheap to extend."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain, islice, repeat
from math import ceil
from typing import Any, Final, NamedTuple

from pipeline.model import EPOCH, ClaimVerdict, Decision, Report, Statement, VerdictKind
from pipeline.statements import meaning
from pipeline.statements.provenance import MOST_ORIGINS, CachedSpread, Origin, Spread, origin_of
from pipeline.statements.reading import Utterance, claim_vectors, utterance

WINDOW: Final = timedelta(days=90)
"""How long a statement is remembered after the latest article that reports it was first seen."""

PRUNED_AT: Final = 20_000
"""The number of a speaker's reports at which old ones are first forgotten; again whenever it has doubled."""

_RECENT: Final = 100  # latest reports; the earliest of them decides what is old, as a single clock may be far ahead

_LEAST_SHARED: Final = 0.3  # of the terms of the shorter of two wordings, for a closer look at them

_MOST_LOOKS: Final = 6  # wordings compared closely because of their words

_MOST_OF_KEY: Final = 300  # latest wordings with a term that are considered

_MOST_NEAR: Final = 4  # wordings compared closely because of their meaning

_LEAST_NEAR: Final = 0.3  # closeness in meaning at which a wording is compared

_ENCODED_TOGETHER: Final = 256  # wordings: a text alone costs the encoder twice as much as one among others

_USUAL_DAYS: Final = 14  # days whose mean number of reports is the usual one

_LEAST_USUAL_DAYS: Final = 7  # days of reports before a speaker has a usual number

_CACHED_SPREAD: Final = 8  # reports of a statement at which its spread is cached


class Entry(NamedTuple):
    """The remembered part of one decision; every question about it brings the report itself."""

    quote_id: str
    first_seen: datetime
    wording: int
    verdict: VerdictKind
    how: str
    offset: int
    origin: Origin
    sources: int
    sources_before: int
    replaces: Statement | None
    claims: tuple[ClaimVerdict, ...]
    counted: bool
    today: int
    usual: float | None


class _Store:
    """The entries of a memory with their indexes. It only ever grows, so that memories can share it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.place: dict[str, int] = {}  # of a quote's entry
        self.wordings: list[Utterance] = []
        self.statement: list[Statement] = []  # of a wording
        self.statements: dict[str, Statement] = {}  # by id, so that each is kept once
        self.reported: list[list[int]] = []  # the entries of a wording
        self.spread: defaultdict[str, list[int]] = defaultdict(list)  # the entries with the spread of a statement
        self.cached_spreads: dict[str, CachedSpread] = {}  # of a statement with many reports, by its id
        self.least: list[int] = []  # terms of a wording that another must share
        self.claims = meaning.LatestVectors()  # of the claims of the first `read` wordings
        self.read = 0
        self.stored: dict[int, Any] = {}  # vectors that came with a wording, until they are read
        self.by_name: defaultdict[str, list[int]] = defaultdict(list)  # the wordings in these words
        self.by_key: defaultdict[str, list[int]] = defaultdict(list)  # the wordings with this term
        self.days: Counter[date] = Counter()  # reports that count, by the day on which they were first seen
        self.pruned_at = PRUNED_AT

    def closeness(self, vectors: Any) -> tuple[Sequence[int], list[float]]:
        """Return the wordings of the latest claims, and how near each claim is to the nearest of these vectors."""
        start = max(self.read, len(self.wordings) - meaning.MOST_VECTORS)  # a wording has at least one claim
        for first in range(start, len(self.wordings), _ENCODED_TOGETHER):
            self._read_vectors(range(first, min(first + _ENCODED_TOGETHER, len(self.wordings))))
        self.stored.clear()
        return self.claims.closeness(vectors)

    def _read_vectors(self, wordings: range) -> None:
        """Add the vectors of these wordings; wordings without vectors are encoded together."""
        missing = [known for known in wordings if known not in self.stored]
        vectors = dict(zip(missing, claim_vectors([self.wordings[known] for known in missing]), strict=True))
        for known in wordings:
            rows = self.stored.pop(known) if known in self.stored else vectors[known]
            if rows is None:
                return
            self.claims.add(known, rows)
            self.read = known + 1


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """The recent statements of one speaker.

    It is the first `own` entries of a store that later memories share, after those of the memory `below` it. As a value
    it never changes: extending the latest memory of a store adds to the store, extending an earlier one begins a new
    store on top of it.
    """

    own: int = 0
    below: "Memory | None" = None
    _store: _Store = field(default_factory=_Store, repr=False)

    @property
    def size(self) -> int:
        """Return the number of reports that it has taken in."""
        return self.own + (self.below.size if self.below else 0)

    def decided(self, report: Report) -> Decision | None:
        """The earlier decision about the quote of this report, if there is one."""
        for layer in self._layers():
            place = layer._store.place.get(report.quote.id, layer.own)
            if place < layer.own:
                return _decision(report, layer._store.entries[place], layer._store)
        return None

    def reported(self, quote_id: str) -> Statement | None:
        """The statement that this quote reported, None if it is no longer remembered."""
        for layer in self._layers():
            place = layer._store.place.get(quote_id, layer.own)
            if place < layer.own:
                return layer._store.statement[layer._store.entries[place].wording]
        return None

    def pace(self, day: date) -> tuple[int, float | None]:
        """Return how many reports count on this day (UTC), and the mean of the days before.

        The mean is None while the speaker has been known for less than a week.
        """
        counts = sum((layer._days() for layer in self._layers()), Counter[date]())
        known = min((day - min(counts, default=day)).days, _USUAL_DAYS)
        if known < _LEAST_USUAL_DAYS:
            return counts[day], None
        return counts[day], sum(counts[day - timedelta(days=ago)] for ago in range(1, known + 1)) / known

    def _days(self) -> Counter[date]:
        if self.own == len(self._store.entries):
            return self._store.days
        return Counter(entry.first_seen.date() for entry in self._store.entries[: self.own] if entry.counted)

    def spread(self, statement_id: str, since: datetime) -> tuple[Spread, int]:
        """Return where the statement was reported since then and still is; and the most sources that it ever had.

        Not to be added to.
        """
        places = self._store.spread.get(statement_id, ())
        is_whole = self.below is None and self.own == len(self._store.entries)
        if not is_whole or len(places) < _CACHED_SPREAD:
            return self._spread(statement_id, since)
        cached = self._store.cached_spreads.get(statement_id)
        new = [self._store.entries[place] for place in places[cached.seen if cached else 0 :]]
        if (
            not cached
            or not cached.before < since <= cached.earliest
            or any(each.verdict == "corrected" for each in new)
        ):
            cached = self._store.cached_spreads[statement_id] = CachedSpread(*self._spread(statement_id, since))
            for place in places:
                cached.saw(self._store.entries[place].first_seen, since)
            new = []
        for entry in new:
            if cached.saw(entry.first_seen, since):
                cached.spread.add(entry.origin)
                cached.most = max(cached.most, entry.sources)
        return cached.spread, cached.most

    def _spread(self, statement_id: str, since: datetime) -> tuple[Spread, int]:
        standing: dict[str, list[Origin]] = {}
        most = 0
        for layer in reversed(list(self._layers())):
            for place in layer._store.spread.get(statement_id, ()):
                entry = layer._store.entries[place]
                if place >= layer.own or entry.first_seen < since:
                    continue
                if entry.verdict == "corrected":
                    standing.pop(entry.origin.article, None)
                    continue
                standing.setdefault(entry.origin.article, []).append(entry.origin)
                most = max(most, entry.sources)
        return Spread(each for of_article in standing.values() for each in of_article), most

    def same_words(self, new: Utterance, since: datetime) -> Statement | None:
        """The statement reported in exactly these words since then."""
        for layer in self._layers():
            for known in reversed(layer._store.by_name.get(new.name, ())):
                if layer._store.wordings[known].counts >= new.counts and layer._is_live(known, since):
                    return layer._store.statement[known]
        return None

    def alike(self, new: Utterance, since: datetime) -> list[tuple[Utterance, Statement]]:
        """The wordings reported since then that may be the same, the most similar first: by words, then by meaning."""
        similar: dict[tuple[int, int], tuple[Utterance, Statement]] = {}
        shared = [
            (share, count, size, known, layer)
            for size, layer in enumerate(self._layers())
            for share, count, known in layer._sharing(new)
            if layer._may_silence(known, since)
        ]
        shared.sort(key=lambda each: each[:4], reverse=True)
        near = [
            (closeness, size, known, layer)
            for size, layer in enumerate(self._layers())
            for closeness, known in layer._near(new)
            if layer._may_silence(known, since)
        ]
        near.sort(key=lambda each: each[:3], reverse=True)
        looked_at = [each[2:] for each in shared[:_MOST_LOOKS]] + [each[1:] for each in near[:_MOST_NEAR]]
        for size, known, layer in looked_at:
            wording = layer._store.wordings[known]
            layer._store.claims.keep(known, [claim.text for claim in wording.reading.claims])
            similar.setdefault((size, known), (wording, layer._store.statement[known]))
        return list(similar.values())

    def _sharing(self, new: Utterance) -> Iterator[tuple[float, int, int]]:
        """For each wording that shares enough terms: their share of the shorter one, their count, and its number."""
        store = self._store
        counts = Counter(chain.from_iterable(store.by_key.get(key, ())[-_MOST_OF_KEY:] for key in new.keys))
        least = _least_shared(new)
        for known, count in counts.items():
            if count >= least or count >= store.least[known]:
                yield count / min(len(new.keys), len(store.wordings[known].keys)), count, known

    def _near(self, new: Utterance) -> Iterator[tuple[float, int]]:
        """For each wording with a claim that is close in meaning: its closeness and its number."""
        vectors = new.reading.vectors
        if vectors is None:
            return
        best: dict[int, float] = {}
        for known, near in zip(*self._store.closeness(vectors), strict=True):
            if near >= _LEAST_NEAR:
                best[known] = max(near, best.get(known, 0))
        yield from ((near, known) for known, near in best.items())

    def _may_silence(self, known: int, since: datetime) -> bool:
        return self._store.wordings[known].counts and self._is_live(known, since)

    def _layers(self) -> Iterator["Memory"]:
        """Yield the memory itself and the memories below."""
        layer: Memory | None = self
        while layer:
            yield layer
            layer = layer.below

    def _is_live(self, known: int, since: datetime) -> bool:
        entries = self._store.entries
        places = (place for place in reversed(self._store.reported[known]) if place < self.own)
        return any(entries[place].first_seen >= since for place in places)

    def _entries(self) -> Iterator[tuple[Entry, Utterance, Statement]]:
        """All remembered entries, oldest first."""
        for layer in reversed(list(self._layers())):
            for entry in islice(layer._store.entries, layer.own):
                yield entry, layer._store.wordings[entry.wording], layer._store.statement[entry.wording]


def extended(memory: Memory, decision: Decision, new: Utterance, vectors: bytes = b"") -> Memory:
    """Return the memory with one more decision, about a quote of this wording.

    `vectors` are those of the wording's claims, as `latest_vectors` returned them once.
    """
    memory = _extensible(memory)
    store = memory._store
    known = _append(store, _entry(decision), new, decision.statement)
    if vectors and known >= store.read:
        store.stored.setdefault(known, meaning.unpacked(vectors))
    return Memory(memory.own + 1, memory.below, store)


def warm(decisions: Iterable[Decision], vectors: Iterable[bytes] = ()) -> Memory:
    """Return the memory that holds these decisions about one speaker's quotes, which are in log order.

    `vectors` are those of the decisions' wordings, where they are known; what is missing is encoded when it is needed.
    """
    memory = Memory()
    for decision, known in zip(decisions, chain(vectors, repeat(b"")), strict=False):
        new = utterance(decision.report.quote, decision.report.article.language)
        memory = extended(memory, decision, new, known)
    return memory


def latest_vectors(memory: Memory) -> bytes:
    """Return the vectors of the claims of the latest report; none if an earlier report had the same words."""
    store = memory._store
    known = store.entries[memory.own - 1].wording
    if store.reported[known] != [memory.own - 1]:
        return b""
    (rows,) = claim_vectors([store.wordings[known]])
    return b"" if rows is None else meaning.packed(rows)


def _entry(decision: Decision) -> Entry:
    return Entry(
        quote_id=decision.report.quote.id,
        first_seen=decision.report.article.first_seen,
        wording=0,
        verdict=decision.verdict,
        how=decision.how,
        offset=decision.offset,
        origin=origin_of(decision),
        sources=decision.sources,
        sources_before=decision.sources_before,
        replaces=decision.replaces,
        claims=decision.claims,
        counted=is_counted(decision),
        today=decision.today,
        usual=decision.usual,
    )


def is_counted(decision: Decision) -> bool:
    """Return whether the report counts for how often its speaker is reported."""
    return not (decision.verdict == "corrected" or decision.copy_of or decision.report.article.backfill)


def _decision(report: Report, entry: Entry, store: _Store) -> Decision:
    return Decision(
        report=report,
        statement=store.statement[entry.wording],
        verdict=entry.verdict,
        how=entry.how,
        offset=entry.offset,
        copy_of=entry.origin.copy_of,
        sources=entry.sources,
        sources_before=entry.sources_before,
        replaces=entry.replaces,
        claims=entry.claims,
        today=entry.today,
        usual=entry.usual,
    )


def _extensible(memory: Memory) -> Memory:
    """Return the same memory, the latest of its store, at most two layers deep, at times without its old reports."""
    is_latest = memory.own == len(memory._store.entries)
    if is_latest and memory.size < memory._store.pruned_at:
        return memory
    if not is_latest and memory.below is None:
        return Memory(0, memory)
    store, since = _Store(), _old_before(memory)
    for entry, known, statement in memory._entries():
        if entry.first_seen >= since:
            _append(store, entry, known, statement)
    store.pruned_at = max(PRUNED_AT, 2 * len(store.entries))
    return Memory(len(store.entries), None, store)


def _old_before(memory: Memory) -> datetime:
    """Return the time before which reports are forgotten."""
    recent = islice(reversed([entry.first_seen for entry, *_ in memory._entries()]), _RECENT)
    return max(min(recent, default=EPOCH), EPOCH + WINDOW) - WINDOW


def _append(store: _Store, entry: Entry, new: Utterance, statement: Statement) -> int:
    """Append an entry and return the number of its wording."""
    same = (known for known in store.by_name[new.name] if store.statement[known].id == statement.id)
    known = next(same, -1)
    if known < 0:
        known = _add_wording(store, new, statement)
    place = len(store.entries)
    store.place[entry.quote_id] = place
    if entry.verdict == "corrected" or len(store.spread[statement.id]) < MOST_ORIGINS:
        store.spread[statement.id].append(place)
    if entry.verdict != "corrected":
        store.reported[known].append(place)
    store.entries.append(entry._replace(wording=known))
    if entry.counted:
        store.days[entry.first_seen.date()] += 1
    return known


def _add_wording(store: _Store, new: Utterance, statement: Statement) -> int:
    known = len(store.wordings)
    store.wordings.append(new)
    store.statement.append(store.statements.setdefault(statement.id, statement))
    store.reported.append([])
    store.least.append(_least_shared(new))
    store.by_name[new.name].append(known)
    for key in new.keys:
        store.by_key[key].append(known)
    return known


def _least_shared(utterance: Utterance) -> int:
    return ceil(_LEAST_SHARED * len(utterance.keys)) or 1
