"""Sketches of texts, by which copies of one text are found: MinHash over the passages of an article's own words."""

from collections.abc import Iterable
from typing import Final

from rapidfuzz.distance import Hamming
from rensa import RMinHash

from pipeline.model import Quote

COPY: Final = 0.4
"""The share of the smaller text's passages from which on it is a copy; see tests/bench/provenance.py for the curve."""

_SLOTS: Final = 96

_WORDS: Final = 4  # of a passage

_ANCHOR: Final = (
    3  # letters of a word that a passage begins at: one word in five; to take all costs three times as much
)

_LEAST: Final = 5  # passages of a text that can be told from others

_LEAST_SAME: Final = 8  # slots; of texts that have nothing in common, one in 6,000 pairs has as many by chance

_SIGNS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_SEED: Final = 1


def signature(text: str, quotes: Iterable[Quote] = ()) -> str:
    """What a text is known by, without what it quotes directly: '' where that leaves too little to go by.

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
    except UnicodeEncodeError:  # half a surrogate; to encode all passages here would cost as much as all the rest
        hashed.update([passage.encode(errors="surrogatepass") for passage in passages])
    size = min(len(passages), len(_SIGNS) ** 2 - 1)
    slots = "".join([_SIGNS[slot & 63] for slot in hashed.digest()])
    return f"{_SIGNS[size >> 6]}{_SIGNS[size & 63]}{slots}"


def shared(one: str, other: str) -> float:
    """The share of the smaller text's passages that stand in the other, as estimated from their sketches, in [0, 1]."""
    if not one or not other:
        return 0.0
    same = Hamming.similarity(one[2:], other[2:])
    if same < _LEAST_SAME:
        return 0.0
    chance = _SLOTS / len(_SIGNS)
    alike = (same - chance) / (_SLOTS - chance)
    smaller, larger = sorted((_size(one), _size(other)))
    return min(1.0, alike * (smaller + larger) / ((1 + alike) * smaller))


def _size(of: str) -> int:
    return _SIGNS.index(of[0]) << 6 | _SIGNS.index(of[1])


def _own_words(text: str, quotes: Iterable[Quote]) -> list[str]:
    own, end = [], 0
    for start, stop in sorted([part for quote in quotes if quote.kind == "direct" for part in quote.fragments]):
        own.append(text[end : max(start, end)])
        end = max(end, stop)
    own.append(text[end:])
    return " ".join(own).split()
