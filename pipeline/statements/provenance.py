"""The provenance of a statement: reports that are copies of one text, and the number of independent sources.

A report joins a text to a source: the agency that it credits, or else the outlet. The number of independent sources is
the size of the largest set of reports in which no two share a text or a source; it does not depend on the order of the
reports. Thirty papers that print one wire text are one source, two articles of one outlet are one, and an aggregator
that copies two papers takes nothing from either. Copies are recognised by MinHash over the passages of an article's own
words.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from rapidfuzz.distance import Hamming
from rensa import RMinHash

from pipeline.model import EPOCH, ArticleRef, Decision, Quote, Report
from pipeline.text import fold

COPY: Final = 0.4
"""Share of the smaller text's passages at which it is a copy; see tests/bench/provenance.py for the curve."""

_SLOTS: Final = 96

_WORDS: Final = 4  # of a passage

_ANCHOR: Final = 3
"""Letters of a word at which a passage begins: one word in five. Passages at every word cost three times as much."""

_LEAST: Final = 5  # passages that a text needs to be recognised

_LEAST_SAME: Final = 8  # slots; one in 6,000 pairs of texts without anything in common shares as many by chance

_SIGNS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_SEED: Final = 1


def signature(text: str, quotes: Iterable[Quote] = ()) -> str:
    """Return what a text is known by, without what it quotes directly: '' where that leaves too little to go by.

    Two reporters of one speech quote the same words and are no copies of one another. The first two characters are the
    number of passages, each of the others is six bits of one slot of the MinHash, so that sketches are compared as
    strings (Broder 1997, "On the resemblance and containment of documents"; Li and König 2010, "b-Bit minwise
    hashing").
    """
    words = _own_words(text, quotes)
    passages = [" ".join(words[place : place + _WORDS]) for place, word in enumerate(words) if len(word) == _ANCHOR]
    if len(passages) < _LEAST:
        return ""
    hashed = RMinHash(num_perm=_SLOTS, seed=_SEED)
    try:
        hashed.update(passages)
    except UnicodeEncodeError:  # half a surrogate; encoding each passage here would double the time of the function
        hashed.update([passage.encode(errors="surrogatepass") for passage in passages])
    size = min(len(passages), len(_SIGNS) ** 2 - 1)
    slots = "".join([_SIGNS[slot & 63] for slot in hashed.digest()])
    return f"{_SIGNS[size >> 6]}{_SIGNS[size & 63]}{slots}"


def shared(first: str, second: str) -> float:
    """The share of the smaller text's passages that stand in the other, as estimated from their sketches, in [0, 1]."""
    if not first or not second:
        return 0.0
    same = Hamming.similarity(first[2:], second[2:])
    if same < _LEAST_SAME:
        return 0.0
    chance = _SLOTS / len(_SIGNS)
    alike = (same - chance) / (_SLOTS - chance)
    smaller, larger = sorted((_size(first), _size(second)))
    return min(1.0, alike * (smaller + larger) / ((1 + alike) * smaller))


def _size(sketch: str) -> int:
    return _SIGNS.index(sketch[0]) << 6 | _SIGNS.index(sketch[1])


def _own_words(text: str, quotes: Iterable[Quote]) -> list[str]:
    own, end = [], 0
    for start, stop in sorted([part for quote in quotes if quote.kind == "direct" for part in quote.fragments]):
        own.append(text[end : max(start, end)])
        end = max(end, stop)
    own.append(text[end:])
    return " ".join(own).split()


MOST_ORIGINS: Final = 100
"""How many articles that report a statement are compared, the first; what comes after them counts as a copy or not,
and adds no source."""


class Origin(NamedTuple):
    """The evidence of a report's independence. `source` is folded; see Decision for `copy_of`."""

    article: str
    source: str
    sketch: str
    copy_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Traced:
    """One report in the spread of its statement.

    `text` is the first article that has its text, `independent` whether it is not a copy of one before it, nor of an
    outlet or agency that one before it is of. `standing` is False once a revision has the quote no more.
    """

    decision: Decision
    text: str
    independent: bool
    standing: bool

    @property
    def is_copy(self) -> bool:
        """Return whether an earlier article has its text."""
        return self.text != self.decision.report.article.id


class Spread:
    """The origins of one statement's reports in the order in which they came, with what they say together.

    `text` is the first article of its text, for each article and each one copied.
    """

    def __init__(self, origins: Iterable[Origin] = ()) -> None:
        self.origins: list[Origin] = []
        self.text: dict[str, str] = {}
        self._sketches: dict[str, None] = {}  # most copies are word for word
        self._edges: dict[tuple[str, str], None] = {}  # texts with their sources
        self._sources: int | None = None
        for each in origins:
            self.add(each)

    def add(self, origin: Origin) -> None:
        """Add a report. A copy of two texts joins them into one."""
        text, merged = self._text_of(origin)
        self.origins.append(origin)
        self._sketches[origin.sketch] = None
        self.text |= dict.fromkeys((origin.article, *origin.copy_of), text)
        if merged:
            self.text = {article: text if first in merged else first for article, first in self.text.items()}
            self._edges = {(self.text[each.article], each.source): None for each in self.origins}
            self._sources = None
        elif (edge := (text, origin.source)) not in self._edges:
            self._edges[edge] = None
            self._sources = None

    def origin(self, article: ArticleRef, least: float = COPY) -> Origin:
        """Return the origin of the next article that reports the statement; a similarity of `least` makes a copy."""
        alike = {each for each in self._sketches if shared(each, article.sketch) >= least}
        copied = dict.fromkeys(
            self.text[each.article]
            for each in (self.origins if alike else ())
            if each.sketch in alike and each.article != article.id
        )
        return Origin(article.id, fold(article.agency or article.source), article.sketch, tuple(copied))

    def sources(self, more: Origin | None = None) -> int:
        """Return how many independent sources these are, and one `more`: a largest matching of texts with sources.

        Found by augmenting paths (Kuhn 1955, "The Hungarian method for the assignment problem").
        """
        if more:
            text, merged = self._text_of(more)
            if merged:
                return Spread([*self.origins, more]).sources()
            if (text, more.source) not in self._edges:
                return _matched([*self._edges, (text, more.source)])
        if self._sources is None:
            self._sources = _matched(self._edges)
        return self._sources

    def _text_of(self, origin: Origin) -> tuple[str, set[str]]:
        """Its text, and the other texts that are the same by it."""
        texts = [self.text.get(copied, copied) for copied in origin.copy_of]
        before = self.text.get(origin.article, texts[0] if texts else origin.article)
        text = texts[0] if texts else before
        return text, {*texts, before} - {text}


def texts(origins: Iterable[Origin]) -> dict[str, str]:
    """The first article of its text, for each article and each one copied. A copy of two texts makes them one."""
    return Spread(origins).text


def sources(origins: Iterable[Origin]) -> int:
    """Return how many independent sources these are."""
    return Spread(origins).sources()


def _matched(edges: Iterable[tuple[str, str]]) -> int:
    of_text: defaultdict[str, list[str]] = defaultdict(list)
    for text, source in edges:
        of_text[text].append(source)
    taken: dict[str, str] = {}
    return sum(_finds_source(text, of_text, taken, set()) for text in of_text)


def _finds_source(text: str, of_text: Mapping[str, Iterable[str]], taken: dict[str, str], tried: set[str]) -> bool:
    """Return whether there is a source for the text, if necessary by moving another text to another source."""
    for source in of_text[text]:
        if source in tried:
            continue
        tried.add(source)
        if source not in taken or _finds_source(taken[source], of_text, taken, tried):
            taken[source] = text
            return True
    return False


def traced(decisions: Sequence[Decision]) -> list[Traced]:
    """Return how a statement spread: all that was decided about its reports, given in log order."""
    origins = [origin_of(decision) for decision in decisions]
    first, standing = texts(origins), _standing(decisions)
    seen_texts, seen_sources = set[str](), set[str]()
    reports = []
    for place, (decision, each) in enumerate(zip(decisions, origins, strict=True)):
        text = first[each.article]
        independent = decision.verdict != "corrected" and text not in seen_texts and each.source not in seen_sources
        seen_texts.add(text)
        seen_sources.add(each.source)
        reports.append(Traced(decision, text, independent, place in standing))
    return reports


def independent_sources(decisions: Sequence[Decision]) -> int:
    """Return how many independent sources still report the statement of these decisions."""
    standing = _standing(decisions)
    return sources([origin_of(decision) for place, decision in enumerate(decisions) if place in standing])


def standing_reports(decisions: Sequence[Decision]) -> list[Report]:
    """The reports that no later revision of their article has corrected."""
    standing = _standing(decisions)
    return [decision.report for place, decision in enumerate(decisions) if place in standing]


def origin_of(decision: Decision) -> Origin:
    """The origin in a decision."""
    article = decision.report.article
    return Origin(article.id, fold(article.agency or article.source), article.sketch, decision.copy_of)


def _standing(decisions: Sequence[Decision]) -> frozenset[int]:
    """The places of the reports that no later revision of their article has corrected."""
    standing: dict[int, str] = {}
    for place, decision in enumerate(decisions):
        article = decision.report.article.id
        if decision.verdict != "corrected":
            standing[place] = article
            continue
        standing = {other: reporter for other, reporter in standing.items() if reporter != article}
    return frozenset(standing)


_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class CachedSpread:
    """The spread of a statement by the first `seen` of its reports that were first seen from `earliest` on.

    Those of `before` and earlier were too long ago.
    """

    spread: Spread
    most: int
    seen: int = 0
    earliest: datetime = _NEVER
    before: datetime = EPOCH

    def saw(self, first_seen: datetime, since: datetime) -> bool:
        """Count the next report, and return whether it is recent enough."""
        self.seen += 1
        if first_seen < since:
            self.before = max(self.before, first_seen)
            return False
        self.earliest = min(self.earliest, first_seen)
        return True
