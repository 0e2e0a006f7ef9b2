"""What may tell an entry of a feed from all others."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit

from pipeline.entries import Entry

KEY: Final = 8  # characters of a key: 32 bits, enough among the few hundred entries that one feed remembers
NONE: Final = "." * KEY
_MANY: Final = 3
_TELLING: Final = 80  # characters of a text that no other article has by chance
# Lines that change without the article: how much was read and said of it, and when.
_COUNTER = re.compile(
    r"^(\d[\d.,k]* (comments?|shares?|likes?|views?|reads?|replies|kommentare?|min(ute[ns]?)?( read| lesezeit)?)"
    r"|(last )?(updated|aktualisiert|stand):? [^.!?”\"\n]{0,40}\d[^.!?”\"\n]{0,20}"
    r"|(vor )?\d+ (sec|min|hour|day|week|sekunden|minuten|stunden|tagen)\w*( ago)?)$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Keys:
    """What may tell an entry, each as a short digest, or `NONE` where it tells nothing."""

    guid: str
    link: str
    title: str
    text: str


def steady(text: str) -> str:
    """The text without lines that change by themselves, such as "12 comments": another number is no revision."""
    return _COUNTER.sub("", text)


def telling(entries: Sequence[Entry], addresses: Sequence[str]) -> list[Keys]:
    """The keys of each entry. An address or guid that entries of different content share tells none of them."""
    addresses = ["" if urlsplit(address)[2:4] in (("/", ""), ("", "")) else address for address in addresses]
    guids = [entry.guid for entry in entries]
    vague_guids = _vague(guids, entries, addresses)
    vague_links = _vague(addresses, entries, guids)
    keys = []
    for entry, address in zip(entries, addresses, strict=True):
        text = steady(entry.text)
        dated = "" if len(text) >= _TELLING else str(entry.published or "")
        keys.append(
            Keys(
                guid=_key("" if entry.guid in vague_guids else entry.guid),
                link=_key("" if address in vague_links else address),
                title=_key(entry.title),
                text=_key(text + dated),
            )
        )
    return keys


def _vague(keys: Sequence[str], entries: Sequence[Entry], others: Sequence[str]) -> set[str]:
    """Keys that three titles share, or two that differ in their `others` as well."""
    titles, pairs = defaultdict(set), defaultdict(set)
    for key, entry, other in zip(keys, entries, others, strict=True):
        titles[key].add(entry.title or entry.text)
        pairs[key].add(other)
    return {
        key for key, named in titles.items() if len(named) >= _MANY or (len(named) > 1 and len(pairs[key] - {""}) > 1)
    }


def _key(value: str) -> str:
    return blake2b(value.encode("utf-8", "surrogatepass"), digest_size=KEY // 2).hexdigest() if value else NONE
