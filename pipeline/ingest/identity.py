"""Recognition of known items, even if their links, guids or titles have changed."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import blake2b
from itertools import islice
from types import MappingProxyType
from typing import Final, Literal

from pipeline.ingest.items import bounded
from pipeline.ingest.urls import canonical
from pipeline.languages import any_language
from pipeline.model import FeedState, Identity, article_id
from pipeline.model.feed import FeedItem, IdentifiedItem
from pipeline.text.http import split

__all__ = ["DIGEST", "ReadItem", "Recognition", "packed_items", "read_items", "recognised", "renamed", "steady"]

KEY: Final = 8  # characters of a key: 32 bits, enough among the few hundred entries that one feed remembers

NONE: Final = "." * KEY

_MANY: Final = 3

_TELLING: Final = 80  # characters after which two articles do not have the same text by chance


@dataclass(frozen=True, slots=True)
class Keys:
    """Properties that may identify an item: a short digest of each, or `NONE`."""

    guid: str
    link: str
    title: str
    text: str


def steady(text: str) -> str:
    """The text without lines that change by themselves, such as "12 comments", whose changes are no revision."""
    return _counters().sub("", text)


@cache
def _counters() -> re.Pattern[str]:
    """Lines that change although the article does not: numbers of readers and comments, and times."""
    return re.compile(f"^({'|'.join(any_language('pages.toml', 'counter'))})$", re.IGNORECASE | re.MULTILINE)


DIGEST: Final = 16  # characters: 64 bits, which the hundreds of items that one feed remembers never share

_MOST_READ: Final = 1_000  # items; the further items of a longer body are converted at each poll


@dataclass(frozen=True, slots=True)
class ReadItem:
    """An item of the last body: the digests of the raw item and of the article, and the key of its text."""

    raw: str
    seen: str
    text: str


def read_items(packed: str) -> dict[str, ReadItem]:
    """Unpack the items that `packed_items` has packed, by the digest of the raw item."""
    size, parts = 2 * DIGEST + KEY, (DIGEST, 2 * DIGEST)
    records = (packed[at : at + size] for at in range(0, len(packed) - size + 1, size))
    items = (ReadItem(record[: parts[0]], record[parts[0] : parts[1]], record[parts[1] :]) for record in records)
    return {read_item.raw: read_item for read_item in items}


def packed_items(items: Iterable[ReadItem]) -> str:
    """Pack the items that have a digest into one string of equal parts, for `FeedState.items`."""
    return "".join(
        read_item.raw + read_item.seen + read_item.text for read_item in islice(items, _MOST_READ) if read_item.raw
    )


def telling(
    entries: Sequence[FeedItem], addresses: Sequence[str], read: Mapping[str, ReadItem] = MappingProxyType({})
) -> list[Keys]:
    """The keys that identify each item; an address or guid that different items share identifies none of them.

    The text key of an item in `read` is the one from the earlier poll.
    """
    texts = [read[entry.raw].text if entry.raw in read else _text_key(entry) for entry in entries]
    contents = [entry.title or text for entry, text in zip(entries, texts, strict=True)]
    addresses = ["" if split(address)[2:4] in (("/", ""), ("", "")) else address for address in addresses]
    guids = [entry.guid for entry in entries]
    vague_guids = _ambiguous(guids, contents, addresses)
    vague_links = _ambiguous(addresses, contents, guids)
    return [
        Keys(
            guid=_key("" if entry.guid in vague_guids else entry.guid),
            link=_key("" if address in vague_links else address),
            title=_key(entry.title),
            text=text,
        )
        for entry, address, text in zip(entries, addresses, texts, strict=True)
    ]


def _text_key(entry: FeedItem) -> str:
    text = steady(entry.text)
    dated = "" if len(text) >= _TELLING else str(entry.published or "")
    return _key(text + dated)


def _ambiguous(keys: Sequence[str], contents: Sequence[str], others: Sequence[str]) -> set[str]:
    """The keys that identify nothing: three titles share them, or two titles whose `others` differ as well."""
    titles, pairs = defaultdict(set), defaultdict(set)
    for key, content, other in zip(keys, contents, others, strict=True):
        titles[key].add(content)
        pairs[key].add(other)
    return {
        key
        for key, contents_of_title in titles.items()
        if len(contents_of_title) >= _MANY or (len(contents_of_title) > 1 and len(pairs[key] - {""}) > 1)
    }


def _key(value: str) -> str:
    return blake2b(value.encode("utf-8", "surrogatepass"), digest_size=KEY // 2).hexdigest() if value else NONE


_RECORD: Final = 4 * KEY + 32

_LEAST_MEMORY: Final = 200  # entries remembered beside those that are present

_RECORDS_EACH: Final = 2  # of one article: the last two forms of it


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A known item with the id of its article."""

    keys: Keys
    article: str


@dataclass(slots=True)
class KnownItems:
    """The known items by each of their keys; a later item replaces an earlier one."""

    guids: dict[str, KnownItem] = field(default_factory=dict)
    links: dict[str, KnownItem] = field(default_factory=dict)
    titles: dict[str, KnownItem] = field(default_factory=dict)
    texts: dict[str, KnownItem] = field(default_factory=dict)
    contents: dict[tuple[str, str], KnownItem] = field(default_factory=dict)

    def add(self, record: KnownItem) -> None:
        """Remember the item by each of its keys."""
        keys = record.keys
        for stored, key in (
            (self.guids, keys.guid),
            (self.links, keys.link),
            (self.titles, keys.title),
            (self.texts, keys.text),
        ):
            if key != NONE:
                stored[key] = record
        if keys.text != NONE:
            self.contents[keys.title, keys.text] = record


def as_records(known: str) -> list[KnownItem]:
    """Read the records that `as_string` has written."""
    parts = [known[at : at + _RECORD] for at in range(0, len(known) - _RECORD + 1, _RECORD)]
    return [KnownItem(Keys(*(part[at : at + KEY] for at in range(0, 4 * KEY, KEY))), part[4 * KEY :]) for part in parts]


def as_string(earlier: Iterable[KnownItem], present: Sequence[KnownItem]) -> str:
    """Write the records as one string of equal parts, newest last, with at most two records per article.

    Only the last few items that the feed no longer shows are written.
    """
    written = Counter[str]()
    records_left: list[KnownItem] = []
    for record in dict.fromkeys([*reversed(present), *reversed([*earlier])]):
        written[record.article] += 1
        if written[record.article] <= _RECORDS_EACH and len(records_left) < len(present) + max(
            _LEAST_MEMORY, len(present)
        ):
            records_left.append(record)
    return "".join(
        "".join((r.keys.guid, r.keys.link, r.keys.title, r.keys.text, r.article)) for r in reversed(records_left)
    )


@dataclass(frozen=True, slots=True)
class Trust:
    """Findings of polls about a feed: whether links or guids change by themselves, and whether guids are reliable.

    Only a second change counts, because a site may move.
    """

    links_lie: bool
    guids_lie: bool
    guids_hold: bool
    guids_differ: bool  # a feed with one guid for everything has shown no reliable guid


def trust_in(body: Sequence[Keys], records: Sequence[KnownItem], memory: KnownItems) -> Trust:
    """Compare the items of this body with the records of earlier items."""
    links, guids = _forms(records, "link"), _forms(records, "guid")
    link_lies, guid_lies, guids_held, guids_new, met = 0, 0, 0, 0, 0
    for keys in body:
        if (same_content := memory.contents.get((keys.title, keys.text))) is None:
            continue
        met += 1
        guid_is_new = keys.guid not in {NONE, *guids[same_content.article]}
        guids_held += keys.guid != NONE and not guid_is_new
        guids_new += guid_is_new
        link_lies += keys.link not in {NONE, *links[same_content.article]} and len(links[same_content.article]) > 1
        guid_lies += guid_is_new and len(guids[same_content.article]) > 1
    different = {keys.guid for keys in body} | memory.guids.keys()
    return Trust(
        links_lie=link_lies > max(1, met / 2),
        guids_lie=guid_lies > max(1, met / 2),
        guids_hold=guids_held > guids_new,
        guids_differ=len(different - {NONE}) > 1,
    )


def _forms(records: Sequence[KnownItem], key: Literal["link", "guid"]) -> dict[str, set[str]]:
    """The different guids or links of each article, `NONE` if it had none."""
    forms = defaultdict(set)
    for record in records:
        forms[record.article].add(getattr(record.keys, key))
    return forms


def identity_of(current: Identity, trust: Trust) -> Identity:
    """Return the property that identifies new articles. A feed whose guids or links once changed is not trusted."""
    if current == "link" and trust.links_lie:
        return "guid" if trust.guids_hold else "content"
    return "content" if current == "guid" and trust.guids_lie else current


_ONE_OF_ITS_KIND: Final = 200  # characters after which a text identifies an article by itself, under any headline


@dataclass(frozen=True, slots=True)
class Recognition:
    """The items of a body with their identities and keys, and the feed's memory after them: see `FeedState`."""

    identified: tuple[IdentifiedItem, ...]
    identity: Identity
    known: str
    keys: tuple[Keys, ...] = ()


def recognised(state: FeedState, entries: Sequence[FeedItem]) -> Recognition:
    """The items with content, their identities, and the feed's memory after them."""
    read_before = read_items(state.items)
    bounded_entries = [
        bounded(entry) for entry in entries if entry.title or entry.text or entry.url or entry.raw in read_before
    ]
    addresses = [canonical(entry.url) for entry in bounded_entries]
    all_keys = telling(bounded_entries, addresses, read_before)
    records = as_records(state.known)
    memory = KnownItems()
    for record in records:
        memory.add(record)
    trust = trust_in(all_keys, records, memory)
    identity = identity_of(state.identity, trust)
    claimed = {match.article for keys in all_keys if (match := _same_entry(keys, memory, trust))}
    repeated = {
        match.article
        for keys in all_keys
        if (match := _same_entry(keys, memory, trust)) and _is_similar(match.keys, keys)
    }
    identified, present = [], []
    for entry, address, keys in zip(bounded_entries, addresses, all_keys, strict=True):
        match = _same_entry(keys, memory, trust) or _same_content(entry, keys, memory, identity, claimed)
        if match and match.article in repeated and not _is_similar(match.keys, keys):
            match = None  # another item of this body has that article's id
        article = match.article if match else _new(state, (entry, address, keys), memory, identity)
        record = KnownItem(keys, article)
        memory.add(record)
        claimed.add(article)
        present.append(record)
        identified.append(IdentifiedItem(entry, article, address if keys.link != NONE and identity == "link" else ""))
    return Recognition(tuple(identified), identity, as_string(records, present), tuple(all_keys))


def renamed(recognition: Recognition, ids: Mapping[str, str]) -> Recognition:
    """The recognition with other ids for some articles; `ids` maps old ids to new ones."""
    if not ids:
        return recognition
    renamed_items = tuple(
        replace(identified, article_id=ids.get(identified.article_id, identified.article_id))
        for identified in recognition.identified
    )
    records = [
        replace(identified, article=ids.get(identified.article, identified.article))
        for identified in as_records(recognition.known)
    ]
    return Recognition(renamed_items, recognition.identity, as_string([], records), recognition.keys)


def _same_entry(keys: Keys, memory: KnownItems, trust: Trust) -> KnownItem | None:
    """The record with this guid or link; None if everything else differs, because then the key was used again."""
    same_content = memory.contents.get((keys.title, keys.text))
    if same_content and (same_content.keys.guid, same_content.keys.link) == (keys.guid, keys.link):
        return same_content
    by_guid, by_link = memory.guids.get(keys.guid), memory.links.get(keys.link)
    if by_guid and (trust.guids_differ or _is_similar(by_guid.keys, keys)):
        return by_guid
    if by_link and (_is_similar(by_link.keys, keys) or not _used_again(by_link.keys, keys, trust)):
        return by_link
    return None


def _is_similar(known: Keys, keys: Keys) -> bool:
    """Return True if title or text are the same."""
    return known.title == keys.title != NONE or known.text == keys.text != NONE


def _used_again(known: Keys, keys: Keys, trust: Trust) -> bool:
    """Return True if the link now leads to another article: a feed with reliable guids shows another guid."""
    return trust.guids_hold and keys.guid != known.guid and NONE not in (keys.guid, known.guid)


def _same_content(
    entry: FeedItem, keys: Keys, memory: KnownItems, identity: Identity, claimed: set[str]
) -> KnownItem | None:
    """The record with the same content; None if the feed still shows that record under another guid or link."""
    candidates = [memory.contents.get((keys.title, keys.text))]
    if len(entry.text) >= _ONE_OF_ITS_KIND or identity == "content":
        candidates.append(memory.texts.get(keys.text))
    if identity == "content":
        candidates.append(memory.titles.get(keys.title))
    return next((record for record in candidates if record and record.article not in claimed), None)


def _new(state: FeedState, candidate: tuple[FeedItem, str, Keys], memory: KnownItems, identity: Identity) -> str:
    """The id of an article that was not seen before."""
    entry, address, keys = candidate
    link_free = keys.link != NONE and keys.link not in memory.links
    guid_free = keys.guid != NONE and keys.guid not in memory.guids
    return article_id(
        canonical_url=address if identity == "link" and link_free else "",
        feed=state.id,
        guid=entry.guid if identity != "content" and guid_free else "",
        title=entry.title,
        text=entry.text,
    )
