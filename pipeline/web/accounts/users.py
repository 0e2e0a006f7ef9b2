"""Users: what each role may do, the rules for names, and the changes of users.

The command line, the API and the pages share these.
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.errors import UsageError
from pipeline.model import ApiToken, LastUse, PushSubscription, Session, User, UserRole, content_id, slug
from pipeline.ports import Desk
from pipeline.text import fold
from pipeline.web.accounts.passwords import check_password, hashed
from pipeline.web.accounts.tokens import revoke

_MOST_NAME: Final = 60

_MOST_LANGUAGES: Final = 10

_MOST_CODE: Final = 3  # letters of a language's code

_NO_PASSWORD: Final = 16  # random bytes


def credentials(user: User) -> str:
    """A digest of what the user signs in with and may do. It opens nothing."""
    return content_id("credentials", user.id, user.role, user.password)


_READS: Final = ("GET", "HEAD", "OPTIONS")

# What a reader may send: nothing of it changes the desk. The assistants' tools at /mcp read only.
_OF_READERS: Final = (
    *("/logout", "/account", "/account/sessions", "/account/tokens", "/account/browsers"),
    *("/api/v1/account", "/api/v1/watches/preview", "/mcp"),
)

_OWN_ACCESS: Final = ("/api/v1/account/sessions/", "/api/v1/account/tokens/")

_OF_ADMINS: Final = (
    "/users",
    "/api/v1/users",
    "/api/v1/sessions",
    "/api/v1/tokens",
    "/audit",
    "/api/v1/changes",
    "/system",
)

# What no token changes, so that a stolen one makes no other way in, and its end is the end of it.
_OF_PEOPLE: Final = ("/account", "/users", "/api/v1/account", "/api/v1/users", "/api/v1/sessions", "/api/v1/tokens")


def may(role: UserRole, method: str, path: str, *, by_token: bool = False) -> bool:
    """Return whether a user with this role, or a token of such a user, may send this request."""
    if by_token and method not in _READS and path.startswith(_OF_PEOPLE):
        return False
    if role == "admin":
        return True
    if path.startswith(_OF_ADMINS):
        return False
    return role == "editor" or method in _READS or path in _OF_READERS or path.startswith(_OWN_ACCESS)


@dataclass(frozen=True, slots=True)
class ShownUser:
    """A user as others see them, without the hash of the password."""

    id: str
    name: str
    role: UserRole
    zone: str
    languages: tuple[str, ...]
    subject: str


def shown(user: User) -> ShownUser:
    """The user without the password."""
    return ShownUser(user.id, user.name, user.role, user.zone, user.languages, user.subject)


def add_user(desk: Desk, name: str, role: UserRole, password: str, *, has_token: bool) -> User:
    """Add a user. UsageError if the name is taken, or if name or password cannot be used."""
    name = " ".join(name.split())
    user = User(id=slug(name), name=name, role=role, password="")
    if desk.find(User, user.id):
        raise UsageError(f"user {user.id!r} exists already; choose another name")
    return _save(desk, user, password, has_token=has_token)


def change_user(
    desk: Desk, user_id: str, *, has_token: bool, role: UserRole | None = None, password: str | None = None
) -> User:
    """Change the role or the password of a user, which ends their sessions. UsageError if there is no such user.

    A new password also ends their tokens, and the alerts to their browsers, which a thief of a session may have added.
    """
    user = find_user(desk, user_id)
    if password is not None and user.subject:
        raise UsageError(f"{user.name} logs in at a provider, and has no password here")
    changed = _save(desk, replace(user, role=role or user.role), password, has_token=has_token)
    if password is not None:
        _remove_browsers(desk, user.id)
    return changed


def sign_in_from_provider(desk: Desk, subject: str, names: Iterable[str], role: UserRole) -> User:
    """The user with this subject at the provider, who gets the role; added with the first name that is free.

    A name alone never makes somebody a user who is there already, since people choose their names at many providers.
    UsageError if no name can be used.
    """
    users = desk.all(User)
    known = next((user for user in users if user.subject == subject), None)
    if known is None:
        name = _free_name(names, {user.id for user in users})
        no_password = secrets.token_hex(_NO_PASSWORD)
        known = User(id=slug(name), name=name, role=role, password=no_password, subject=subject)
    user = replace(known, role=role)
    desk.save(user)
    return user


def _free_name(names: Iterable[str], taken: Collection[str]) -> str:
    for name in names:
        usable = slug(name) and name.isprintable() and len(name) <= _MOST_NAME
        if usable and slug(name) not in taken:
            return name
    raise UsageError("the provider gives no name that is free here")


def prefer(desk: Desk, user: User, zone: str, languages: Iterable[str]) -> User:
    """Save the time zone and the languages that the user prefers. UsageError if there are no such."""
    changed = replace(user, zone=zone, languages=tuple(dict.fromkeys(map(fold, languages))))
    _check_preferences(changed)
    desk.save(changed)
    return changed


def remove_user(desk: Desk, user_id: str, *, has_token: bool) -> None:
    """Remove a user with sessions, tokens and browsers. UsageError if there is no such user, or no other admin."""
    user = find_user(desk, user_id)
    _check_admins([other for other in desk.all(User) if other.id != user.id], has_token=has_token)
    desk.remove(User, user.id)
    for session in [session for session in desk.all(Session) if session.user == user.id]:
        remove_session(desk, session.id)
    for token in [token for token in desk.all(ApiToken) if token.user == user.id]:
        revoke(desk, token.id)
    _remove_browsers(desk, user.id)


def remove_session(desk: Desk, session_id: str) -> None:
    """Remove a session and its last use, if they exist."""
    desk.remove(Session, session_id)
    desk.remove(LastUse, session_id)


def _remove_browsers(desk: Desk, user_id: str) -> None:
    for browser in [browser for browser in desk.all(PushSubscription) if browser.user == user_id]:
        desk.remove(PushSubscription, browser.id)


def find_user(desk: Desk, name: str) -> User:
    """The user with this name or id. UsageError if there is none."""
    user = desk.find(User, slug(name))
    if user is None:
        raise UsageError(f"user {name[:100]!r} does not exist")
    return user


def _save(desk: Desk, user: User, password: str | None, *, has_token: bool) -> User:
    _check_name(user.name)
    _check_admins([user, *(other for other in desk.all(User) if other.id != user.id)], has_token=has_token)
    if password is not None:
        check_password(password, user)
        user = replace(user, password=hashed(password))
    desk.save(user)
    return user


def _check_name(name: str) -> None:
    if not slug(name) or len(name) > _MOST_NAME or not name.isprintable():
        raise UsageError(f"user {name[:100]!r} should have a name with a letter, {_MOST_NAME} characters at most")


def _check_admins(users: Sequence[User], *, has_token: bool) -> None:
    """UsageError if there are users, none of them is an admin, and there is no token to change them with."""
    if users and not has_token and all(user.role != "admin" for user in users):
        raise UsageError("at least one user should be an admin, who can change the users")


def _check_preferences(user: User) -> None:
    if user.zone:
        try:
            ZoneInfo(user.zone)
        except (KeyError, OSError, ValueError) as error:
            raise UsageError(f"zone {user.zone[:100]!r} should be a time zone such as Europe/Oslo") from error
    for code in user.languages:
        if not (code.isascii() and code.isalpha() and len(code) <= _MOST_CODE):
            raise UsageError(f"language {code[:100]!r} should be a code such as en or de")
    if len(user.languages) > _MOST_LANGUAGES:
        raise UsageError(f"languages should be {_MOST_LANGUAGES} at most")
