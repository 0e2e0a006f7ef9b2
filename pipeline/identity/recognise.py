"""The entries of a body, each recognised as an article met before or told to be a new one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.addresses import canonical
from pipeline.entries import Entry, Identified, bounded
from pipeline.identity.keys import NONE, Keys, telling
from pipeline.identity.known import Memory, Record, as_records, as_string
from pipeline.identity.trust import Trust, identity_of, trust_in
from pipeline.model import Feed, Identity, article_id

_ONE_OF_ITS_KIND: Final = 200  # characters of a text that tells by itself, whatever the headline


@dataclass(frozen=True, slots=True)
class Recognition:
    """The entries of a body with their identities, and what the feed is to remember: see `Feed`."""

    found: tuple[Identified, ...]
    identity: Identity
    known: str


def recognised(feed: Feed, entries: Sequence[Entry]) -> Recognition:
    """The entries with their identities, those with nothing in them left out, and the feed's memory after them."""
    kept = [bounded(entry) for entry in entries if entry.title or entry.text or entry.url]
    addresses = [canonical(entry.url) for entry in kept]
    all_keys = telling(kept, addresses)
    records = as_records(feed.known)
    memory = Memory()
    for record in records:
        memory.add(record)
    trust = trust_in(all_keys, records, memory)
    identity = identity_of(feed.identity, trust)
    claimed = {match.article for keys in all_keys if (match := _same_entry(keys, memory, trust))}
    found, present = [], []
    for entry, address, keys in zip(kept, addresses, all_keys, strict=True):
        match = _same_entry(keys, memory, trust) or _same_content(entry, keys, memory, identity, claimed)
        article = match.article if match else _new(feed, (entry, address, keys), memory, identity)
        record = Record(keys, article)
        memory.add(record)
        claimed.add(article)
        present.append(record)
        found.append(Identified(entry, article, address if keys.link != NONE and identity == "link" else ""))
    return Recognition(tuple(found), identity, as_string(records, present))


def renamed(recognition: Recognition, ids: Mapping[str, str]) -> Recognition:
    """The same with other ids for some articles, given by those that they had."""
    if not ids:
        return recognition
    found = tuple(replace(one, article_id=ids.get(one.article_id, one.article_id)) for one in recognition.found)
    records = [replace(one, article=ids.get(one.article, one.article)) for one in as_records(recognition.known)]
    return Recognition(found, recognition.identity, as_string([], records))


def _same_entry(keys: Keys, memory: Memory, trust: Trust) -> Record | None:
    """The record with this guid or link, unless all else about it is different and says that they were used again."""
    by_guid, by_link = memory.guids.get(keys.guid), memory.links.get(keys.link)
    if by_guid and (trust.guids_differ or _alike(by_guid.keys, keys)):
        return by_guid
    if by_link and (_alike(by_link.keys, keys) or not _used_again(by_link.keys, keys, trust)):
        return by_link
    return None


def _alike(known: Keys, keys: Keys) -> bool:
    """Whether title or text are the same."""
    return known.title == keys.title != NONE or known.text == keys.text != NONE


def _used_again(known: Keys, keys: Keys, trust: Trust) -> bool:
    """Whether a link leads to another article by now: one with another guid, in a feed whose guids hold."""
    return trust.guids_hold and keys.guid != known.guid and NONE not in (keys.guid, known.guid)


def _same_content(entry: Entry, keys: Keys, memory: Memory, identity: Identity, claimed: set[str]) -> Record | None:
    """The record of the same content that is under way under no other guid or link."""
    candidates = [memory.contents.get((keys.title, keys.text))]
    if len(entry.text) >= _ONE_OF_ITS_KIND or identity == "content":
        candidates.append(memory.texts.get(keys.text))
    if identity == "content":
        candidates.append(memory.titles.get(keys.title))
    return next((record for record in candidates if record and record.article not in claimed), None)


def _new(feed: Feed, found: tuple[Entry, str, Keys], memory: Memory, identity: Identity) -> str:
    """The id of an article that was not met before."""
    entry, address, keys = found
    link_free = keys.link != NONE and keys.link not in memory.links
    guid_free = keys.guid != NONE and keys.guid not in memory.guids
    return article_id(
        canonical_url=address if identity == "link" and link_free else "",
        feed=feed.id,
        guid=entry.guid if identity != "content" and guid_free else "",
        title=entry.title,
        text=entry.text,
    )
