"""API tokens, by which programs act for a user: created, recognised, listed and revoked.

A token is shown once. The desk stores a digest of it, which opens nothing. A token ends when its time has come, when it
is revoked, and when the password of its user changes.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, get_args

from pipeline.errors import UsageError
from pipeline.model import ApiToken, LastUse, User, UserRole, content_id, slug
from pipeline.ports import Desk

PREFIX: Final = "onr_"  # so that scanners for secrets recognise a token that was published by mistake

_BYTES: Final = 32

MOST_TOKENS: Final = 20  # of a user

DAYS: Final = 90  # that a token lasts unless its user chooses otherwise

MOST_DAYS: Final = 366

_MOST_NAME: Final = 60  # characters

ROLES: Final[tuple[UserRole, ...]] = get_args(UserRole)
"""The roles, each of which permits more than the one before."""


def at_most(role: UserRole, most: UserRole) -> UserRole:
    """The lower of two roles."""
    return min(role, most, key=ROLES.index)


def add_token(desk: Desk, user: User, name: str, *, role: UserRole, days: int, now: datetime) -> tuple[ApiToken, str]:
    """Create a token of the user, and return its record and the token itself, which nobody can see again.

    UsageError if the name is taken or cannot be used, the role is above the user's, the end is too far away, or the
    user has too many tokens.
    """
    name = " ".join(name.split())
    if not slug(name) or len(name) > _MOST_NAME or not name.isprintable():
        raise UsageError(f"token {name[:100]!r} should have a name with a letter, {_MOST_NAME} characters at most")
    _check_room(desk, user, name)
    if at_most(role, user.role) != role:
        raise UsageError(f"a token of {user.name} can have the role {user.role} at most, not {role}")
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"a token should last 1 to {MOST_DAYS} days, not {days}")
    value = PREFIX + secrets.token_urlsafe(_BYTES)
    token = ApiToken(
        id=_digest(value),
        user=user.id,
        name=name,
        role=role,
        created=now,
        until=now + timedelta(days=days),
        credentials=_password_digest(user),
    )
    desk.save(token)
    try:
        _check_room(desk, user, token.name, besides=token.id)  # again, because two may be created at the same time
    except UsageError:
        desk.remove(ApiToken, token.id)
        raise
    return token, value


def _check_room(desk: Desk, user: User, name: str, besides: str = "") -> None:
    """UsageError if another token of the user has the name, or the user has as many others as are allowed."""
    others = [token for token in desk.all(ApiToken) if token.user == user.id and token.id != besides]
    if any(slug(token.name) == slug(name) for token in others):
        raise UsageError(f"token {name!r} of {user.name} exists already; choose another name, or revoke it first")
    if len(others) >= MOST_TOKENS:
        raise UsageError(f"{user.name} has {MOST_TOKENS} tokens, which is the maximum; revoke one first")


def find_token(desk: Desk, value: str) -> ApiToken | None:
    """The record of a token, also of one that has ended; None if it was never created, or is revoked."""
    return desk.find(ApiToken, _digest(value)) if value.startswith(PREFIX) else None


def user_of_token(desk: Desk, token: ApiToken, now: datetime) -> User | None:
    """The user for whom the token acts, with the role that the token has now; None if the token has ended."""
    user = desk.find(User, token.user)
    if user is None or token.until <= now or token.credentials != _password_digest(user):
        return None
    return replace(user, role=at_most(token.role, user.role))


def note_use(desk: Desk, token: ApiToken, now: datetime) -> None:
    """Save the day of the token's last use, at its first use of the day."""
    known = desk.find(LastUse, token.id)
    if known is None or known.at.date() < now.date():
        desk.save(LastUse(id=token.id, at=now))


def _digest(value: str) -> str:
    """The id of a token. Its 256 random bits need no slow hash: nobody can try them all."""
    return sha256(f"token {value}".encode("utf-8", "replace")).hexdigest()


def _password_digest(user: User) -> str:
    return content_id("token", user.id, user.password)


@dataclass(frozen=True, slots=True)
class ShownToken:
    """A token as its user and admins see it. `role` is what it may do now, `used` the day of its last use.

    `ended` is true after `until` and after a change of the password.
    """

    id: str
    user: str
    name: str
    role: UserRole
    created: datetime
    until: datetime
    used: datetime | None
    ended: bool


def tokens(desk: Desk, now: datetime, user_id: str | None = None) -> list[ShownToken]:
    """The tokens of the user, or of everybody, by user and in order of their creation."""
    uses = {use.id: use.at for use in desk.all(LastUse)}
    own = [token for token in desk.all(ApiToken) if user_id in (None, token.user)]
    return [
        _shown(desk, token, uses.get(token.id), now) for token in sorted(own, key=lambda t: (t.user, t.created, t.name))
    ]


def _shown(desk: Desk, token: ApiToken, used: datetime | None, now: datetime) -> ShownToken:
    user = user_of_token(desk, token, now)
    role = user.role if user else token.role
    return ShownToken(token.id, token.user, token.name, role, token.created, token.until, used, ended=user is None)


def revoke(desk: Desk, token_id: str, user_id: str | None = None) -> None:
    """Revoke the token, which has to be the user's if one is named. UsageError if there is no such token."""
    token = desk.find(ApiToken, token_id)
    if token is None or user_id not in (None, token.user):
        raise UsageError("there is no such token, or it is revoked")
    desk.remove(ApiToken, token.id)
    desk.remove(LastUse, token.id)
