"""Passwords: which may be chosen, their hashes, and the check at sign-in.

They are hashed by Argon2id with OWASP's parameters:
https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html

`common-passwords.txt.gz` is from the list "10-million-password-list-top-100000" of SecLists (MIT,
https://github.com/danielmiessler/SecLists), in lower case: its first 3,000 passwords, and the others of 12 characters
or more. Of the 100,000, only 457 would otherwise be allowed here.
"""

import gzip
import unicodedata
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

from pipeline.errors import UsageError
from pipeline.model import User, slug

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST_PASSWORD: Final = 12  # characters

MOST_PASSWORD: Final = 200

_LEAST_DIFFERENT: Final = 5  # characters of a password

_LEAST_CORE: Final = 4  # characters of a common password or a name inside the password; shorter ones mean nothing

_COMMON: Final = Path(__file__).with_name("common-passwords.txt.gz")

_OURS: Final = ("onrecord", "ontherecord")

_MEMORY: Final = 19_456  # KiB of one hash

_ROUNDS: Final = 2

_HASHES_AT_ONCE: Final = 2  # so that many sign-ins at once take no more memory than two

_hashing = BoundedSemaphore(_HASHES_AT_ONCE)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # commands that change no user need not wait for it

    return PasswordHasher(time_cost=_ROUNDS, memory_cost=_MEMORY, parallelism=1)


@cache
def _nobodys() -> str:
    """The hash of a password that nobody has."""
    return hashed("")


def hashed(password: str) -> str:
    """The Argon2 hash of the password, with a salt of its own."""
    with _hashing:
        return _hasher().hash(_bytes(password))


def is_password(password: str, user: User | None) -> bool:
    """Return whether this is the user's password. The answer for nobody takes as long as that for a user."""
    from argon2.exceptions import InvalidHashError, VerificationError

    has_password = user is not None and not user.subject
    stored = user.password if user and has_password else _nobodys()
    with _hashing:
        try:
            right = _hasher().verify(stored, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
    return right and has_password


def _bytes(password: str) -> bytes:
    """The bytes of a password, the same for every keyboard (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace")


def check_password(password: str, user: User) -> None:
    """UsageError if the password is easily guessed. The message does not contain it."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD or not password.isprintable():
        raise UsageError(f"password should have {LEAST_PASSWORD} to {MOST_PASSWORD} printable characters")
    if len(set(password)) < _LEAST_DIFFERENT:
        raise UsageError("password should not be a few characters repeated")
    if _is_common(password, {*_OURS, user.id, user.id.replace("-", ""), *user.id.split("-")}):
        raise UsageError("password should not be a name or a common password, also with digits or signs around it")


def _is_common(password: str, names: set[str]) -> bool:
    """Return whether a guesser tries this password early.

    It is a common password or a name: as it is, in other spacing, with digits or signs around it, or several times.
    """
    plain = unicodedata.normalize("NFKC", password).casefold()
    core = plain.strip("".join(character for character in set(plain) if not character.isalpha()))
    return any(
        guess in common_passwords() or guess in names or slug(guess) in names
        for text in (plain, core, "".join(filter(str.isalnum, core)))
        for guess in (text, _repeated(text))
        if len(guess) >= _LEAST_CORE
    )


def _repeated(text: str) -> str:
    """The shortest text that this one repeats to its end, which is itself where it repeats none."""
    return text[: (text + text).find(text, 1)]


@cache
def common_passwords() -> frozenset[str]:
    """The passwords that guessers try first, in lower case."""
    return frozenset(gzip.decompress(_COMMON.read_bytes()).decode("utf-8").splitlines())
