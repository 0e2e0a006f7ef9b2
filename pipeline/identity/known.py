"""The entries of a feed that were met before, as the feed remembers them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.identity.keys import KEY, NONE, Keys

_RECORD: Final = 4 * KEY + 32
_LEAST_MEMORY: Final = 200  # entries remembered beside those that are present
_RECORDS_EACH: Final = 2  # of one article: the last two forms of it


@dataclass(frozen=True, slots=True)
class Record:
    """An entry met before, and the article that it was."""

    keys: Keys
    article: str


@dataclass(slots=True)
class Memory:
    """The entries met before, by what may tell them; a later one takes the place of an earlier."""

    guids: dict[str, Record] = field(default_factory=dict)
    links: dict[str, Record] = field(default_factory=dict)
    titles: dict[str, Record] = field(default_factory=dict)
    texts: dict[str, Record] = field(default_factory=dict)
    contents: dict[tuple[str, str], Record] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Remember it by each of its keys."""
        keys = record.keys
        for known, key in (
            (self.guids, keys.guid),
            (self.links, keys.link),
            (self.titles, keys.title),
            (self.texts, keys.text),
        ):
            if key != NONE:
                known[key] = record
        if keys.text != NONE:
            self.contents[keys.title, keys.text] = record


def as_records(known: str) -> list[Record]:
    """The records that `as_string` has written."""
    parts = [known[at : at + _RECORD] for at in range(0, len(known) - _RECORD + 1, _RECORD)]
    return [Record(Keys(*(part[at : at + KEY] for at in range(0, 4 * KEY, KEY))), part[4 * KEY :]) for part in parts]


def as_string(earlier: Iterable[Record], present: Sequence[Record]) -> str:
    """The records as one string of equal parts, newest last: at most two of one article, and not many that are gone."""
    each = Counter[str]()
    kept: list[Record] = []
    for record in dict.fromkeys([*reversed(present), *reversed([*earlier])]):
        each[record.article] += 1
        if each[record.article] <= _RECORDS_EACH and len(kept) < len(present) + max(_LEAST_MEMORY, len(present)):
            kept.append(record)
    return "".join("".join((r.keys.guid, r.keys.link, r.keys.title, r.keys.text, r.article)) for r in reversed(kept))
