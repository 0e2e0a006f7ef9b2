"""Signing in at an OpenID Connect provider: the way there and back, and the user that the provider's claims describe.

A cookie ties the way back to the browser that began, so that no link signs somebody in as another. The provider is
asked at sign-in alone: whoever leaves the newsroom has to be removed here as well.
"""

import base64
import hmac
import json
import logging
import secrets
from collections.abc import Mapping
from typing import Any, Final, TypeGuard
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from pipeline.desk import audited
from pipeline.errors import RefusedError, UsageError
from pipeline.model import SignInAttempt, User, UserRole
from pipeline.ports import IdentityProvider
from pipeline.services import Services
from pipeline.settings.servers import RETURN_PATH, Oidc
from pipeline.web.accounts.login import begin_try, end_try
from pipeline.web.accounts.sessions import cookie_name, start_session
from pipeline.web.accounts.tokens import ROLES
from pipeline.web.accounts.users import sign_in_from_provider
from pipeline.web.dependencies import back, local_address
from pipeline.web.render import language_of, render

logger = logging.getLogger("onrecord.web")

PATH: Final = "/login/oidc"

END: Final = f"{PATH}/end"

_COOKIE: Final = "onrecord_login"

_SECONDS: Final = 600  # for a sign-in

_BYTES: Final = 32

_MOST_COOKIE: Final = 4_000  # characters

_MOST_CODE: Final = 4_000

_MOST_TO: Final = 300

_FIELDS: Final = 4

_DEEPEST: Final = 5  # names in the path of a claim

router = APIRouter(include_in_schema=False)


@router.get(PATH)
def begin(request: Request, to: str = "/") -> Response:
    """Send the browser to the provider."""
    attempt = SignInAttempt(*(secrets.token_urlsafe(_BYTES) for _ in range(3)))
    response = back(_provider(request).sign_in_address(attempt))
    address = local_address(to) if len(to) <= _MOST_TO else "/"
    fields = [attempt.state, attempt.nonce, attempt.verifier, address]
    response.set_cookie(
        cookie_name(request, _COOKIE),
        base64.urlsafe_b64encode(json.dumps(fields).encode()).decode(),
        max_age=_SECONDS,
        httponly=True,
        samesite="lax",  # "strict" would not come with the browser's way back from the provider
        secure=request.url.scheme == "https",
    )
    return response


@router.get(RETURN_PATH)
def finish(request: Request, code: str = "", state: str = "", iss: str = "", error: str = "") -> Response:
    """Sign in the user whom the provider sends back.

    The answer is a page of ours that leads on at once: a redirect would still count as the provider's, for which the
    session's cookie is not sent.
    """
    attempt, to = _attempt(request, state)
    if error or not 0 < len(code) <= _MOST_CODE:
        raise _refused(f"the provider refused: {error[:100] or 'it sent no code'}")
    services: Services = request.app.state.app
    begin_try(request)
    try:
        claims = _provider(request).claims(code, iss, attempt)
        user = _user(request, services, claims)
    except (RefusedError, UsageError) as refusal:
        logger.warning("sign-in at %s: %s", services.settings.oidc.issuer, refusal)
        raise _refused(str(refusal)) from refusal
    end_try(request, user.id)
    response = HTMLResponse(render("signed-in.html", language=language_of(request), to=to, name=user.name))
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request, _COOKIE), httponly=True, samesite="lax", secure=secure)
    start_session(request, response, user)
    return response


@router.get(END)
def end(request: Request) -> Response:
    """Send the browser to the provider's own page for logging out, or back if the provider has none."""
    address = request.app.state.app.settings.web.address.rstrip("/")
    return back(_provider(request).sign_out_address(f"{address}/login") or "/login")


def _provider(request: Request) -> IdentityProvider:
    services: Services = request.app.state.app
    provider = services.identity()
    if provider is None:
        raise HTTPException(404, "no provider is set, so there is nothing to log in at")
    return provider


def _attempt(request: Request, state: str) -> tuple[SignInAttempt, str]:
    """The attempt that this browser began, and the page to show; HTTPException 403 if it began none of this state."""
    cookie = request.cookies.get(cookie_name(request, _COOKIE), "")
    try:
        fields = json.loads(base64.urlsafe_b64decode(cookie[:_MOST_COOKIE]))
    except (ValueError, RecursionError):
        fields = None
    if not _is_attempt(fields):
        raise _refused("this browser did not begin the sign-in, or began it too long ago")
    known, nonce, verifier, to = fields
    if not known or not hmac.compare_digest(known.encode(), state.encode("utf-8", "replace")):
        raise _refused("this browser did not begin the sign-in, or began another one since")
    return SignInAttempt(known, nonce, verifier), local_address(to)


def _is_attempt(fields: object) -> TypeGuard[list[str]]:
    """Return whether these are the three secrets of an attempt, and an address."""
    if not isinstance(fields, list) or len(fields) != _FIELDS:
        return False
    return all(isinstance(field, str) for field in fields) and all(field.isascii() for field in fields[:3])


def _refused(reason: str) -> HTTPException:
    return HTTPException(403, f"{reason}; try again from the page /login")


def _user(request: Request, services: Services, claims: Mapping[str, Any]) -> User:
    """The user whom the claims describe, added or brought up to date. UsageError if the settings do not let them in."""
    wanted = services.settings.oidc
    check_domain(claims, wanted)
    who = f"OpenID Connect, from {request.client.host if request.client else 'an unknown address'}"
    desk = audited(services.desk, who, services.clock)
    return sign_in_from_provider(desk, f"{wanted.issuer} {claims['sub']}", names(claims), role(claims, wanted))


def check_domain(claims: Mapping[str, Any], wanted: Oidc) -> None:
    """UsageError if the settings name domains and the user has no verified address of one."""
    if not wanted.domains:
        return
    email = claims.get("email")
    domain = email.rpartition("@")[2].casefold() if isinstance(email, str) else ""
    if domain not in wanted.domains:
        raise UsageError(f"an address of {', '.join(wanted.domains)} is needed")
    if claims.get("email_verified") is not True:
        raise UsageError("the provider has not verified the e-mail address")


def role(claims: Mapping[str, Any], wanted: Oidc) -> UserRole:
    """The highest role that the settings give to a value of the claim, else their default; UsageError without one."""
    values = _values(claims, wanted.claim)
    mapped = [mapped_role for value, mapped_role in wanted.role_of.items() if value in values]
    if mapped:
        return max(mapped, key=ROLES.index)
    if not wanted.default_role:
        raise UsageError(f"none of the user's {wanted.claim} has a role here")
    return wanted.default_role


def _values(claims: Mapping[str, Any], claim: str) -> list[str]:
    """The values of a claim, which may be within others, as "realm_access.roles" is."""
    value: Any = claims.get(claim)
    if value is None:
        value = claims
        for name in claim.split(".")[:_DEEPEST]:
            value = value.get(name) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]


def names(claims: Mapping[str, Any]) -> list[str]:
    """Names for a new user, the best first: the full name, and with the address if another user has that name."""
    name, login, email = (
        " ".join(value.split()) if isinstance(value := claims.get(claim), str) else ""
        for claim in ("name", "preferred_username", "email")
    )
    plain = [each for each in (name, login, email) if each]
    beside = [f"{plain[0]} ({each})" for each in plain[1:]] if plain else []
    return [*plain[:1], *beside, *plain[1:]]


def host(wanted: Oidc) -> str:
    """The host of the provider, by which people know it; '' without a provider."""
    return urlsplit(wanted.issuer).hostname or ""
