"""How far the links and guids of a feed are to be trusted."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.identity.keys import NONE, Keys
from pipeline.identity.known import Memory, Record
from pipeline.model import Identity


@dataclass(frozen=True, slots=True)
class Trust:
    """What looks say of a feed: whether links or guids change by themselves, and whether guids hold.

    A second change counts, not the first: a site may move.
    """

    links_lie: bool
    guids_lie: bool
    guids_hold: bool
    guids_differ: bool  # more than one was ever met


def trust_in(body: Sequence[Keys], records: Sequence[Record], memory: Memory) -> Trust:
    """What the entries of this body say, beside the records of those met before."""
    links, guids = _forms(records, "link"), _forms(records, "guid")
    link_lies, guid_lies, guids_held, guids_new, met = 0, 0, 0, 0, 0
    for keys in body:
        if (same := memory.contents.get((keys.title, keys.text))) is None:
            continue
        met += 1
        guid_is_new = keys.guid not in {NONE, *guids[same.article]}
        guids_held += keys.guid != NONE and not guid_is_new
        guids_new += guid_is_new
        link_lies += keys.link not in {NONE, *links[same.article]} and len(links[same.article]) > 1
        guid_lies += guid_is_new and len(guids[same.article]) > 1
    different = {keys.guid for keys in body} | memory.guids.keys()
    return Trust(
        links_lie=link_lies > max(1, met / 2),
        guids_lie=guid_lies > max(1, met / 2),
        guids_hold=guids_held > guids_new,
        guids_differ=len(different - {NONE}) > 1,
    )


def _forms(records: Sequence[Record], key: Literal["link", "guid"]) -> dict[str, set[str]]:
    """The different guids or links that each article had, `NONE` where it had none."""
    forms = defaultdict(set)
    for record in records:
        forms[record.article].add(getattr(record.keys, key))
    return forms


def identity_of(current: Identity, trust: Trust) -> Identity:
    """What new articles are to be known by; a feed that was caught is not believed again."""
    if current == "link" and trust.links_lie:
        return "guid" if trust.guids_hold else "content"
    return "content" if current == "guid" and trust.guids_lie else current
