"""Who is let in: the bearer token of programs, the sessions of browsers, and the back-off after wrong tokens."""

import hmac
import math
import secrets
from typing import Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from pipeline.model import Session
from pipeline.services import Services
from pipeline.web.problems import Problem
from pipeline.web.throttle import Throttle

COOKIE: Final = "onrecord_session"

_COOKIE_BYTES: Final = 32


async def refusal(request: Request) -> Problem | None:
    """Why the request is not let in: it has neither the token nor a session, or came too soon after wrong tokens."""
    services: Services = request.app.state.app
    if services.settings.web.token is None:
        return None
    if COOKIE in request.cookies:
        has_session: bool = await run_in_threadpool(_has_session, services, request.cookies[COOKIE])
        if has_session:
            return None
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return Problem(401, "a token is needed", headers={"WWW-Authenticate": "Bearer"})
    if wait := _wait(request):
        return Problem(429, f"too many wrong tokens: wait for {wait} s", headers={"Retry-After": str(wait)})
    if _is_token(request, services, bearer.strip()):
        return None
    return Problem(401, "the token is wrong", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def log_in(request: Request, token: str, response: Response) -> bool:
    """Whether the token is right; then the response sets the cookie of a new session.

    The cookie is for no script and no other site, and for https alone where the request came by it. HTTPException 429
    after too many wrong tokens, 404 where the settings have no token.
    """
    services: Services = request.app.state.app
    if services.settings.web.token is None:
        raise HTTPException(404, "no token is set, so there is nothing to log in to")
    if wait := _wait(request):
        raise HTTPException(429, f"too many wrong tokens: wait for {wait} s", {"Retry-After": str(wait)})
    if not _is_token(request, services, token):
        return False
    now, lasts = services.clock(), services.settings.web.session
    for over in (known for known in services.desk.all(Session) if known.until <= now):
        services.desk.remove(Session, over.id)
    value = secrets.token_urlsafe(_COOKIE_BYTES)
    services.desk.save(Session(id=_session_id(services, value), until=now + lasts))
    response.set_cookie(
        COOKIE,
        value,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return True


def log_out(request: Request, response: Response) -> None:
    """End the browser's session here, and forget it there."""
    services: Services = request.app.state.app
    if value := request.cookies.get(COOKIE):
        services.desk.remove(Session, _session_id(services, value))
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _has_session(services: Services, cookie: str) -> bool:
    wanted, now = _session_id(services, cookie), services.clock()
    return any(known.id == wanted and known.until > now for known in services.desk.all(Session))


def _session_id(services: Services, cookie: str) -> str:
    token = services.settings.web.token
    key = token.get_secret_value() if token else ""
    return hmac.new(key.encode(), b"session " + cookie.encode(), "sha256").hexdigest()


def _wait(request: Request) -> int:
    throttle: Throttle = request.app.state.throttle
    return math.ceil(throttle.wait(_address(request)))


def _is_token(request: Request, services: Services, claimed: str) -> bool:
    throttle: Throttle = request.app.state.throttle
    token = services.settings.web.token
    right = token is not None and hmac.compare_digest(claimed.encode(), token.get_secret_value().encode())
    (throttle.succeeded if right else throttle.failed)(_address(request))
    return right


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
