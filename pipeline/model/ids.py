"""Ids derived from content and from names, and the buckets that keyed state is divided into."""

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import Final
from zlib import crc32


def content_id(*parts: str) -> str:
    """A 128-bit id in hex, equal for equal parts on every machine (BLAKE2b, RFC 7693)."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()


@lru_cache(maxsize=4096)
def slug(name: str) -> str:
    """The id of an actor or speaker with this name: 'Ursula von der Leyen' becomes 'ursula-von-der-leyen'."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return "-".join(re.findall(r"\w+", plain.casefold()))


# A runner pays for each key of its state, so articles and speakers share a fixed number of keys.
_ARTICLE_BUCKETS: Final = 128  # a job meets all of them within some hundred articles
_SPEAKER_BUCKETS: Final = 1024  # more, because the memory of a speaker is large

BUCKETS: Final = max(_ARTICLE_BUCKETS, _SPEAKER_BUCKETS)
"""Upper bound for both kinds of bucket."""


def article_bucket(article_id: str) -> int:
    """The bucket of an article. Indexes store it, so it must never change."""
    return _bucket(article_id, _ARTICLE_BUCKETS)


def speaker_bucket(speaker_id: str) -> int:
    """The bucket of a speaker. Indexes store it, so it must never change."""
    return _bucket(speaker_id, _SPEAKER_BUCKETS)


def _bucket(key: str, buckets: int) -> int:
    return crc32(key.encode("utf-8", "surrogatepass")) % buckets
