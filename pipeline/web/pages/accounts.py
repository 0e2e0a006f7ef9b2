"""The pages and the API of users: an admin's list of all users, and everybody's own account, sessions and tokens."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, HTTPException, Request
from fastapi.responses import Response
from pydantic import Field

from pipeline.errors import UsageError
from pipeline.model import User, UserRole, slug
from pipeline.ports import Desk
from pipeline.services import Services
from pipeline.text.wording import LANGUAGES
from pipeline.web.accounts.browsers import add_browser, browsers, public_key, remove_browser
from pipeline.web.accounts.login import check_again, check_own_password
from pipeline.web.accounts.passwords import LEAST_PASSWORD, MOST_PASSWORD
from pipeline.web.accounts.sessions import (
    ShownSession,
    browser_name,
    end_session,
    session_cookie,
    sessions,
    start_session,
)
from pipeline.web.accounts.tokens import DAYS, MOST_DAYS, ROLES, ShownToken, add_token, at_most, revoke, tokens
from pipeline.web.accounts.users import (
    ShownUser,
    add_user,
    change_user,
    prefer,
    remove_user,
    shown,
)
from pipeline.web.dependencies import Form, OpenServices, back, several
from pipeline.web.desk import Id, Order, Several, Text
from pipeline.web.render import page, user_of

router = APIRouter(tags=["users"])

_MOST_DIGITS: Final = 6  # of a number of days

Password = Annotated[str, Field(max_length=MOST_PASSWORD)]


class UserOrder(Order):
    """A user to be added."""

    name: Text
    role: UserRole
    password: Password


class UserChange(Order):
    """The role or the password of a user from now on; None leaves it as it is. Either change ends their sessions."""

    role: UserRole | None = None
    password: Password | None = None


class Preferences(Order):
    """The time zone and the languages that a user prefers; what is left out is as the desk and the browser say."""

    zone: Text = ""
    languages: Several = ()


@router.get("/api/v1/users")
def list_users(services: OpenServices) -> list[ShownUser]:
    """All users, without their passwords. For admins."""
    return list(map(shown, services.desk.all(User)))


@router.post("/api/v1/users", status_code=201)
def post_user(services: OpenServices, request: Request, order: UserOrder) -> ShownUser:
    """Add a user. For admins. The first user of a desk without a token has to be an admin."""
    check_again(request, None)
    return shown(add_user(services.desk, order.name, order.role, order.password, has_token=_has_token(services)))


@router.patch("/api/v1/users/{user_id}")
def patch_user(services: OpenServices, request: Request, user_id: str, change: UserChange) -> ShownUser:
    """Change the role or the password of a user, which ends their sessions. For admins."""
    check_again(request, None)
    _known(services, user_id)
    changes = change.model_dump()
    return shown(change_user(services.desk, user_id, has_token=_has_token(services), **changes))


@router.delete("/api/v1/users/{user_id}", status_code=204)
def delete_user(services: OpenServices, request: Request, user_id: str) -> None:
    """Remove a user, which ends their sessions. For admins. What they did stays in the audit log."""
    check_again(request, None)
    _known(services, user_id)
    remove_user(services.desk, user_id, has_token=_has_token(services))


@router.get("/api/v1/account")
def account(request: Request) -> ShownUser | None:
    """The user who sends the request; null for the token, and on a desk without users."""
    user = user_of(request)
    return shown(user) if user else None


@router.patch("/api/v1/account")
def patch_account(services: OpenServices, request: Request, order: Annotated[Preferences, Body()]) -> ShownUser:
    """Save the time zone and the languages that the user prefers."""
    return shown(prefer(services.desk, _signed_in(request), order.zone, order.languages))


@router.get("/api/v1/account/sessions")
def own_sessions(services: OpenServices, request: Request) -> list[ShownSession]:
    """The sessions of the user who sends the request, the latest first."""
    return sessions(services, session_cookie(request), _signed_in(request).id)


@router.delete("/api/v1/account/sessions/{session_id}", status_code=204)
def delete_own_session(services: OpenServices, request: Request, session_id: Id) -> None:
    """End a session of the user who sends the request, and has logged in a short while ago."""
    check_again(request, None)
    _or_404(end_session, services.desk, session_id, _signed_in(request).id)


@router.get("/api/v1/account/tokens")
def own_tokens(services: OpenServices, request: Request) -> list[ShownToken]:
    """The API tokens of the user who sends the request. The page of the account creates them."""
    return tokens(services.desk, services.clock(), _signed_in(request).id)


@router.delete("/api/v1/account/tokens/{token_id}", status_code=204)
def delete_own_token(services: OpenServices, request: Request, token_id: Id) -> None:
    """Revoke a token of the user who sends the request."""
    _or_404(revoke, services.desk, token_id, _signed_in(request).id)


@router.get("/api/v1/sessions")
def all_sessions(services: OpenServices, request: Request) -> list[ShownSession]:
    """The sessions of all users, and of the token of the settings, whose `user` is empty. For admins."""
    return sessions(services, session_cookie(request))


@router.delete("/api/v1/sessions/{session_id}", status_code=204)
def delete_session(services: OpenServices, request: Request, session_id: Id) -> None:
    """End a session. For admins."""
    check_again(request, None)
    _or_404(end_session, services.desk, session_id, None)


@router.get("/api/v1/tokens")
def all_tokens(services: OpenServices) -> list[ShownToken]:
    """The API tokens of all users. For admins."""
    return tokens(services.desk, services.clock())


@router.delete("/api/v1/tokens/{token_id}", status_code=204)
def delete_token(services: OpenServices, token_id: Id) -> None:
    """Revoke a token. For admins."""
    _or_404(revoke, services.desk, token_id, None)


@router.get("/users", include_in_schema=False)
def users_page(services: OpenServices, request: Request) -> Response:
    """The list of users, and the form of a new one."""
    return _users(services, request, {})


@router.post("/users", include_in_schema=False)
def change_users(services: OpenServices, request: Request, form: Form) -> Response:
    """Add, change or remove a user. What is wrong stands beside what was filled in, but for the passwords."""
    has_token, password = _has_token(services), form.get("password") or None
    try:
        check_again(request, form.get("own", ""))
        if "remove" in form:
            remove_user(services.desk, _other(request, form["remove"]), has_token=has_token)
        elif "change" in form:
            name = _other(request, form["change"])
            change_user(services.desk, name, has_token=has_token, role=_role(form), password=password)
        else:
            add_user(services.desk, form.get("name", ""), _role(form), password or "", has_token=has_token)
    except UsageError as error:
        return _users(services, request, form, error)
    return back("/users")


@router.get("/users/access", include_in_schema=False)
def access_page(services: OpenServices, request: Request) -> Response:
    """The sessions and tokens of everybody."""
    return _access(services, request)


@router.post("/users/access", include_in_schema=False)
def change_access(services: OpenServices, request: Request, form: Form) -> Response:
    """End a session or revoke a token of anybody."""
    try:
        if "end" in form:
            check_again(request, form.get("own", ""))
        _end(services, form)
    except UsageError as error:
        return _access(services, request, error)
    return back("/users/access")


@router.get("/account", include_in_schema=False)
def account_page(services: OpenServices, request: Request) -> Response:
    """The page where users choose time zone, languages and password, and see their sessions and tokens."""
    return _account(services, request)


@router.post("/account/sessions", include_in_schema=False)
def change_own_sessions(services: OpenServices, request: Request, form: Form) -> Response:
    """End a session of the user, or all but the one in this browser, which needs the password again."""
    user = _signed_in(request)
    try:
        check_again(request, form.get("own", ""))
        if "end" in form:
            _end(services, form, user)
    except UsageError as error:
        return _account(services, request, error=error)
    for other in sessions(services, session_cookie(request), user.id) if "others" in form else ():
        if not other.here:
            end_session(services.desk, other.id, user.id)
    return back("/account#sessions")


@router.post("/account/tokens", include_in_schema=False)
def change_own_tokens(services: OpenServices, request: Request, form: Form) -> Response:
    """Revoke a token of the user, or create one, which needs the password again; the answer alone shows it."""
    user = _signed_in(request)
    try:
        if "revoke" in form:
            _end(services, form, user)
            return back("/account#tokens")
        check_again(request, form.get("password", ""))
        days = _days(form.get("days", ""))
        name, role = form.get("name", ""), _role(form)
        token, value = add_token(services.desk, user, name, role=role, days=days, now=services.clock())
    except UsageError as error:
        return _account(services, request, form, error=error)
    return _account(services, request, created=(token.name, value))


@router.post("/account/browsers", include_in_schema=False)
def change_own_browsers(services: OpenServices, request: Request, form: Form) -> Response:
    """Alert the user in this browser, or in one of the others no longer."""
    user = _signed_in(request)
    try:
        if "remove" in form:
            remove_browser(services.desk, form["remove"], user.id)
            return back("/account#browsers")
        add_browser(
            services.desk,
            user,
            form.get("endpoint", ""),
            form.get("p256dh", ""),
            form.get("auth", ""),
            name=browser_name(request.headers.get("user-agent", "")),
            now=services.clock(),
            settings=services.settings,
        )
    except UsageError as error:
        return _account(services, request, error=error)
    return back("/account#browsers")


@router.post("/account", include_in_schema=False)
def change_account(services: OpenServices, request: Request, form: Form) -> Response:
    """Save the user's preferences, or a new password, which ends all other sessions of the user."""
    user = _signed_in(request)
    try:
        if "new" not in form:
            prefer(services.desk, user, form.get("zone", ""), several(form.get("languages", "")))
            return back("/account")
        check_own_password(request, user, form.get("password", ""))
        changed = change_user(services.desk, user.id, has_token=_has_token(services), password=form["new"])
    except UsageError as error:
        return _account(services, request, form, error)
    response = back("/account")
    start_session(request, response, changed)
    return response


def _users(services: Services, request: Request, form: dict[str, str], error: UsageError | None = None) -> Response:
    users = list(map(shown, services.desk.all(User)))
    filled: dict[str, Any] = {} if "remove" in form or "change" in form else form
    return page(
        request,
        "users.html",
        status=400 if error else 200,
        rows=users,
        users=users,
        roles=ROLES,
        form=filled,
        error=error,
        least=LEAST_PASSWORD,
        most=MOST_PASSWORD,
    )


def _access(services: Services, request: Request, error: UsageError | None = None) -> Response:
    return page(
        request,
        "access.html",
        status=400 if error else 200,
        error=error,
        names={user.id: user.name for user in services.desk.all(User)},
        most=MOST_PASSWORD,
        sessions=sessions(services, session_cookie(request)),
        tokens=tokens(services.desk, services.clock()),
    )


def _account(
    services: Services,
    request: Request,
    form: dict[str, str] | None = None,
    error: UsageError | None = None,
    created: tuple[str, str] | None = None,
) -> Response:
    """The page of the account; `created` is the name of a new token and the token itself."""
    user = user_of(request)
    return page(
        request,
        "account.html",
        status=400 if error else 200,
        form=form or {},
        error=error,
        created=created,
        sessions=sessions(services, session_cookie(request), user.id) if user else (),
        tokens=tokens(services.desk, services.clock(), user.id) if user else (),
        roles=[role for role in ROLES if user and at_most(role, user.role) == role],
        browsers=browsers(services.desk, user.id) if user else (),
        public_key=public_key(services.settings),
        days=DAYS,
        most_days=MOST_DAYS,
        offered=LANGUAGES,
        least=LEAST_PASSWORD,
        most=MOST_PASSWORD,
    )


def _end(services: Services, form: dict[str, str], user: User | None = None) -> None:
    """End the session or revoke the token that the form names, which has to be the user's if one is named."""
    user_id = user.id if user else None
    if "end" in form:
        end_session(services.desk, form["end"], user_id)
    else:
        revoke(services.desk, form.get("revoke", ""), user_id)


def _or_404(end: Callable[[Desk, str, str | None], None], desk: Desk, record_id: str, user_id: str | None) -> None:
    """End a session or revoke a token; HTTPException 404 if there is none of this id, or it is another user's."""
    try:
        end(desk, record_id, user_id)
    except UsageError as error:
        raise HTTPException(404, str(error)) from error


def _days(typed: str) -> int:
    if typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS:
        return int(typed)
    raise UsageError(f"a token should last 1 to {MOST_DAYS} days, not {typed[:20]!r}")


def _has_token(services: Services) -> bool:
    return services.settings.web.token is not None


def _signed_in(request: Request) -> User:
    """The user who sends the request; UsageError for the token, and on a desk without users."""
    user = user_of(request)
    if user is None:
        raise UsageError("no user has signed in, so there is no account to change")
    return user


def _known(services: Services, user_id: str) -> None:
    if services.desk.find(User, slug(user_id)) is None:
        raise HTTPException(404, f"user {user_id!r} does not exist")


def _other(request: Request, user_id: str) -> str:
    """The id of a user; UsageError for the admin's own, so that nobody locks the door behind themselves."""
    user = user_of(request)
    if user and user.id == slug(user_id):
        raise UsageError("your own role and account are for another admin to change")
    return user_id


def _role(form: dict[str, str]) -> UserRole:
    for role in ROLES:
        if role == form.get("role"):
            return role
    raise UsageError(f"role {form.get('role', '')[:50]!r} should be one of {', '.join(ROLES)}")
