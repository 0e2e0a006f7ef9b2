"""Ids made from content, and from names."""

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import Final
from zlib import crc32


def content_id(*parts: str) -> str:
    """A 128-bit id in hex that is the same for the same parts, on every machine."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()


@lru_cache(maxsize=4096)
def slug(name: str) -> str:
    """The id of an actor or speaker of this name: 'Ursula von der Leyen' gives 'ursula-von-der-leyen'."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return "-".join(re.findall(r"\w+", plain.casefold()))


_OF_ARTICLES: Final = 128  # ids are spread evenly, so that all are known to a job after some hundred articles

_OF_SPEAKERS: Final = 1024  # some speakers say much, and what is kept of each is large

BUCKETS: Final = max(_OF_ARTICLES, _OF_SPEAKERS)
"""More there are not of either."""


def article_bucket(article_id: str) -> int:
    """The bucket of an article, the same on every machine and for good: indexes keep it."""
    return _bucket(article_id, _OF_ARTICLES)


def speaker_bucket(speaker_id: str) -> int:
    """The bucket of a speaker, the same on every machine and for good: indexes keep it."""
    return _bucket(speaker_id, _OF_SPEAKERS)


def _bucket(key: str, of: int) -> int:
    return crc32(key.encode("utf-8", "surrogatepass")) % of
