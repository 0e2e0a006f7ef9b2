"""What a feed remembers of what it has sent on: short digests, newest last, in one string (`Feed.seen`)."""

from collections.abc import Iterable
from typing import Final

from pipeline.model import content_id

_LEAST_MEMORY: Final = 250  # entries; older ones that come back are known by their identity to the pipeline
_DIGEST: Final = 16  # characters


def short(*parts: str) -> str:
    """The digest of these."""
    # 64 bits: among the hundreds that one feed remembers, two are never the same.
    return content_id(*parts)[:_DIGEST]


def digests(seen: str) -> list[str]:
    """The digests in it."""
    return [seen[at : at + _DIGEST] for at in range(0, len(seen), _DIGEST)]


def remembered(seen: str, present: Iterable[str]) -> str:
    """What was seen, with what is present as the newest; what is present is never forgotten for want of room."""
    latest = dict.fromkeys(present)
    earlier = [digest for digest in digests(seen) if digest not in latest]
    room = max(_LEAST_MEMORY - len(latest), len(latest))
    return "".join((*earlier[-room:], *latest))
