"""Whom a quote is about though its content does not name them: tracked actors that it means by a role.

Pronouns are left alone: on the gold set, of those that could not be the speaker, 10 of 24 were read right.
"""

from collections.abc import Iterator, Sequence

from pipeline.extract.entities import Entity
from pipeline.extract.language import Word
from pipeline.extract.phrases import Range
from pipeline.extract.speakers import Speakers

_LONGEST = 4  # words of a role: "the former harbour chief"


def meant(speakers: Speakers, parts: Sequence[Range], speaker: Entity | None) -> Iterator[str]:
    """The actors that the content means by "the mayor" or "the NATO chief", in order."""
    for start, end in parts:
        for at in range(start, end):
            entity = _by_role(speakers, at, end)
            if entity is not None and entity.actor and entity is not speaker:
                yield entity.actor


def _by_role(speakers: Speakers, at: int, end: int) -> Entity | None:
    """The bearer of the role that begins at the token."""
    if not speakers.tokens.classes[at] & Word.ARTICLE:
        return None
    last = next((i for i in range(at + 1, min(at + _LONGEST, end)) if speakers.is_role(i)), None)
    found = speakers.role((at, last + 1)) if last is not None else None
    return found.entity if found else None
