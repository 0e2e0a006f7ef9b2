"""Blocks of text that the pages of a source repeat: menus, teasers, newsletter boxes.

A block is a paragraph. What is in one article only is never taken out, and neither is a paragraph of background that
two articles share: a block has to have been in other articles before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

_BLOCK = 8  # characters: 32 bits, enough among the few hundred blocks that one source remembers
_ARTICLE = 4
_RECORD = _BLOCK + _ARTICLE + 1
_MOST_COUNT = 9
_SINGLE = 300  # blocks remembered that were in one article
_REPEATED = 200
_IN_PAGES = 3  # articles that have to share a block of a page
_IN_FEEDS = 4  # those that have to share one of a text that the feed itself carries
_LEAST_LEFT = 0.3  # of a text: an article of which more is repeated is itself what is repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The text of an article; `page` says that it was read from a web page rather than a feed."""

    article: str
    text: str
    page: bool


def without(texts: Sequence[Text], known: str) -> tuple[list[str], str]:
    """The texts without the blocks that are repeated, and what is known after them: see `Feed.blocks`.

    The texts of one look tell of each other as well.
    """
    memory = _read(known)
    blocks = [_blocks(text.text) for text in texts]
    for text, own in zip(texts, blocks, strict=True):
        _learn(memory, dict.fromkeys(own), _digest(text.article)[:_ARTICLE])
    kept = [_kept(text, own, memory) for text, own in zip(texts, blocks, strict=True)]
    return kept, _written(memory)


def _blocks(text: str) -> list[str]:
    return [_digest(block) for block in text.split("\n\n")]


def _digest(block: str) -> str:
    folded = " ".join(block.casefold().split())
    return blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=_BLOCK // 2).hexdigest()


def _learn(memory: dict[str, tuple[str, int]], blocks: Sequence[str] | dict[str, None], article: str) -> None:
    """Count each block once for an article, the latest last; a revision of the article seen last counts nothing."""
    for block in blocks:
        last, count = memory.pop(block, ("", 0))
        memory[block] = (article, count if last == article else min(count + 1, _MOST_COUNT))


def _kept(text: Text, blocks: Sequence[str], memory: dict[str, tuple[str, int]]) -> str:
    most = _IN_PAGES if text.page else _IN_FEEDS
    parts = zip(text.text.split("\n\n"), blocks, strict=True)
    kept = "\n\n".join(part for part, block in parts if memory[block][1] < most)
    return kept if len(kept) >= _LEAST_LEFT * len(text.text) else text.text


def _read(known: str) -> dict[str, tuple[str, int]]:
    records = (known[at : at + _RECORD] for at in range(0, len(known) - _RECORD + 1, _RECORD))
    return {record[:_BLOCK]: (record[_BLOCK:-1], int(record[-1])) for record in records if record[-1] in "123456789"}


def _written(memory: dict[str, tuple[str, int]]) -> str:
    """The newest of what is known as one string, repeated blocks and others each up to their bound."""
    single = [block for block, (_, count) in memory.items() if count == 1]
    repeated = [block for block, (_, count) in memory.items() if count > 1]
    kept = {*single[-_SINGLE:], *repeated[-_REPEATED:]}
    return "".join(f"{block}{last}{count}" for block, (last, count) in memory.items() if block in kept)
