"""The pages and the API of users: an admin's list of all users, and everybody's own account."""

from typing import Annotated, Any, Final, get_args

from fastapi import APIRouter, Body, HTTPException, Request
from fastapi.responses import Response
from pydantic import Field

from pipeline.errors import UsageError
from pipeline.model import User, UserRole, slug
from pipeline.services import Services
from pipeline.web.accounts import (
    LEAST_PASSWORD,
    MOST_PASSWORD,
    ShownUser,
    add_user,
    change_user,
    prefer,
    remove_user,
    shown,
)
from pipeline.web.dependencies import Form, OpenServices, back, several
from pipeline.web.desk import Order, Several, Text
from pipeline.web.login import check_own_password, start_session
from pipeline.web.render import page
from pipeline.web.wording import LANGUAGES, user_of

router = APIRouter(tags=["users"])

Password = Annotated[str, Field(max_length=MOST_PASSWORD)]

ROLES: Final[tuple[UserRole, ...]] = get_args(UserRole)


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
def post_user(services: OpenServices, order: UserOrder) -> ShownUser:
    """Add a user. For admins. The first user of a desk without a token has to be an admin."""
    return shown(add_user(services.desk, order.name, order.role, order.password, has_token=_has_token(services)))


@router.patch("/api/v1/users/{user_id}")
def patch_user(services: OpenServices, user_id: str, change: UserChange) -> ShownUser:
    """Change the role or the password of a user, which ends their sessions. For admins."""
    _known(services, user_id)
    changes = change.model_dump()
    return shown(change_user(services.desk, user_id, has_token=_has_token(services), **changes))


@router.delete("/api/v1/users/{user_id}", status_code=204)
def delete_user(services: OpenServices, user_id: str) -> None:
    """Remove a user, which ends their sessions. For admins. What they did stays in the audit log."""
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


@router.get("/users", include_in_schema=False)
def users_page(services: OpenServices, request: Request) -> Response:
    """The list of users, and the form of a new one."""
    return _users(services, request, {})


@router.post("/users", include_in_schema=False)
def change_users(services: OpenServices, request: Request, form: Form) -> Response:
    """Add, change or remove a user. What is wrong stands beside what was filled in, but for the password."""
    has_token, password = _has_token(services), form.get("password") or None
    try:
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


@router.get("/account", include_in_schema=False)
def account_page(request: Request) -> Response:
    """The page where users choose their time zone, languages and password."""
    return _account(request)


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
        return _account(request, form, error)
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


def _account(request: Request, form: dict[str, str] | None = None, error: UsageError | None = None) -> Response:
    user = user_of(request)
    filled = form or {"zone": user.zone if user else "", "languages": ", ".join(user.languages) if user else ""}
    return page(
        request,
        "account.html",
        status=400 if error else 200,
        form=filled,
        error=error,
        offered=LANGUAGES,
        least=LEAST_PASSWORD,
        most=MOST_PASSWORD,
    )


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
