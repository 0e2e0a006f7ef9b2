"""Bodies made to harm those who parse them, in every format that can come in; `onrecord` parses each in a process.

A kind of attack is a function of its size that fits into many formats: `bodies()` crosses kinds with formats.
"""

from collections.abc import Iterator
from itertools import chain

from tests.hostile import binary, feeds, markup, texts
from tests.hostile.body import Hostile


def bodies() -> Iterator[Hostile]:
    """All hostile bodies, each name once for a task."""
    return chain(feeds.bodies(), markup.bodies(), texts.bodies(), binary.bodies())
