"""Buckets: the same thousand keys for whatever is kept by key, as each key that a store knows has its price."""

from typing import Final
from zlib import crc32

BUCKETS: Final = 1024


def bucket(key: str) -> int:
    """The bucket of a key, in [0, BUCKETS), the same on every machine and for good: indexes keep it."""
    return crc32(key.encode("utf-8", "surrogatepass")) % BUCKETS
