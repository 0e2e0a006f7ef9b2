"""Buckets: the same thousand keys for whatever is kept by key, as each key that a store knows has its price."""

from typing import Final
from zlib import crc32

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
