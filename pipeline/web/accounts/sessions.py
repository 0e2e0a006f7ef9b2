"""The sessions of browsers: begun, recognised by their cookies, listed and ended."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from pipeline.desk import audited
from pipeline.errors import UsageError
from pipeline.model import Session, User
from pipeline.ports import Desk
from pipeline.services import Services
from pipeline.web.accounts.users import credentials
from pipeline.web.dependencies import asking

COOKIE: Final = "onrecord_session"

_COOKIE_BYTES: Final = 32

_MOST_SESSIONS: Final = 20  # of a user; a sign-in ends the oldest beyond that

_RECENT: Final = timedelta(minutes=10)  # after a sign-in

_BROWSERS: Final = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}

_SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The holder of a session: a user, or None for whoever has the token of the settings."""

    user: User | None


def signed_in(services: Services, cookie: str) -> SignedIn | None:
    """The holder of a cookie's session; None if its time is over, or the user's role or password has changed."""
    session = services.desk.find(Session, _session_id(services, cookie)) if cookie else None
    return _holder(services, session) if session else None


def _holder(services: Services, session: Session) -> SignedIn | None:
    if session.until <= services.clock():
        return None
    if not session.user:
        return SignedIn(None) if services.settings.web.token else None
    user = services.desk.find(User, session.user)
    return SignedIn(user) if user and credentials(user) == session.credentials else None


def start_session(request: Request, response: Response, user: User | None) -> None:
    """Begin a session of the user, or of the token, in place of the browser's old one.

    The cookie is for no script and no other site, and for https alone where the request came by it.
    """
    services: Services = request.app.state.app
    now, lasts = services.clock(), services.settings.web.session
    for over in (known for known in services.desk.all(Session) if known.until <= now):
        services.desk.remove(Session, over.id)
    request.state.user = user
    desk = audited(services.desk, asking(request), services.clock)
    if old := request.cookies.get(COOKIE):
        desk.remove(Session, _session_id(services, old))
    value = secrets.token_urlsafe(_COOKIE_BYTES)
    session = Session(
        id=_session_id(services, value),
        until=now + lasts,
        user=user.id if user else "",
        credentials=credentials(user) if user else "",
        began=now,
        browser=browser_name(request.headers.get("user-agent", "")),
        address=request.client.host if request.client else "",
    )
    desk.save(session)
    own = [known for known in desk.all(Session) if user and known.user == user.id]
    own.sort(key=lambda known: (known.until, known.id))
    for oldest in own[:-_MOST_SESSIONS]:  # counted with the new one, because two may begin at the same time
        desk.remove(Session, oldest.id)
    response.set_cookie(
        COOKIE,
        value,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def check_recent(request: Request) -> None:
    """UsageError unless the browser's session began a short while ago."""
    services: Services = request.app.state.app
    session = services.desk.find(Session, _session_id(services, request.cookies.get(COOKIE, "")))
    if session is None or session.began is None or services.clock() - session.began > _RECENT:
        raise UsageError(
            f"this needs a login of the last {_RECENT // timedelta(minutes=1)} minutes; log in again first"
        )


def log_out(request: Request, response: Response) -> None:
    """End the browser's session here, and forget it there."""
    services: Services = request.app.state.app
    if value := request.cookies.get(COOKIE):
        desk = audited(services.desk, asking(request), services.clock)
        desk.remove(Session, _session_id(services, value))
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _session_id(services: Services, cookie: str) -> str:
    token = services.settings.web.token
    key = token.get_secret_value() if token else ""
    return hmac.new(key.encode(), b"session " + cookie.encode(), "sha256").hexdigest()


def browser_name(agent: str) -> str:
    """The browser and the system that a User-Agent names, such as "Firefox on Linux"; '' for any other program."""
    browser = next((name for sign, name in _BROWSERS.items() if f"{sign}/" in agent), "")
    system = next((name for sign, name in _SYSTEMS.items() if sign in agent), "")
    return f"{browser} on {system}" if browser and system else browser


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A session as its user and admins see it. `user` is '' for the token of the settings, `id` opens nothing.

    `here` marks the session of the browser that asks.
    """

    id: str
    user: str
    began: datetime | None
    until: datetime
    browser: str
    address: str
    here: bool


def sessions(services: Services, cookie: str, user_id: str | None = None) -> list[ShownSession]:
    """The sessions of the user, or of everybody, that are not over, the latest first."""
    here = _session_id(services, cookie) if cookie else ""
    lasting = [
        session
        for session in services.desk.all(Session)
        if user_id in (None, session.user) and _holder(services, session)
    ]
    lasting.sort(key=lambda session: session.until, reverse=True)
    return [
        ShownSession(each.id, each.user, each.began, each.until, each.browser, each.address, each.id == here)
        for each in lasting
    ]


def end_session(desk: Desk, session_id: str, user_id: str | None = None) -> None:
    """End the session, which has to be the user's if one is named. UsageError if there is no such session."""
    session = desk.find(Session, session_id)
    if session is None or user_id not in (None, session.user):
        raise UsageError("there is no such session, or it has ended")
    desk.remove(Session, session.id)
