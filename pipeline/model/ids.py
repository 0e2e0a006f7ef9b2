"""Ids made from content, and from names."""

import hashlib
import re
import unicodedata
from functools import lru_cache


def content_id(*parts: str) -> str:
    """A 128-bit id in hex that is the same for the same parts, on every machine."""
    joined = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()


@lru_cache(maxsize=4096)
def slug(name: str) -> str:
    """The id of an actor or speaker of this name: 'Ursula von der Leyen' gives 'ursula-von-der-leyen'."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return "-".join(re.findall(r"\w+", plain.casefold()))
