"""Which article each entry of a feed is, also where the feed's links, guids or both change by themselves.

An article is known by its canonical address, else by its guid, else by its title and text. A feed that is not to be
trusted in one of them shows it by what changes between two looks at entries that are otherwise the same; from then on
its new articles are known by the next.
"""

from pipeline.identity.keys import steady
from pipeline.identity.recognise import Recognition, recognised, renamed

__all__ = ["Recognition", "recognised", "renamed", "steady"]
