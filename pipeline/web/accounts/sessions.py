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
from pipeline.model import LastUse, Session, User
from pipeline.ports import Desk
from pipeline.services import Services
from pipeline.web.accounts.users import credentials, remove_session
from pipeline.web.dependencies import asking

COOKIE: Final = "onrecord_session"

_COOKIE_BYTES: Final = 32

_MOST_SESSIONS: Final = 20  # of a user; a sign-in ends the oldest beyond that

_RECENT: Final = timedelta(minutes=10)  # after a sign-in

_NOTED: Final = 20  # uses of a session in the time after which it ends unused; others are not written down

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


def cookie_name(request: Request, name: str) -> str:
    """The name of a cookie: over https, one for which no other host of the domain can set a cookie."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def session_cookie(request: Request) -> str:
    """The session's cookie that the browser sends, or ''."""
    return request.cookies.get(cookie_name(request, COOKIE), "")


def signed_in(request: Request) -> SignedIn | None:
    """The holder of the browser's session, which is used by that.

    None if its time is over, it was not used for `web.idle`, or the user's role or password has changed.
    """
    services: Services = request.app.state.app
    cookie = session_cookie(request)
    session = services.desk.find(Session, _session_id(services, cookie)) if cookie else None
    holder = _holder(services, session) if session else None
    if session and holder and request.headers.get("sec-fetch-dest") != "empty":  # no open page that asks for news
        _note_use(services, session)
    return holder


def _holder(services: Services, session: Session) -> SignedIn | None:
    if _is_over(services, session):
        return None
    if not session.user:
        return SignedIn(None) if services.settings.web.token else None
    user = services.desk.find(User, session.user)
    return SignedIn(user) if user and credentials(user) == session.credentials else None


def _is_over(services: Services, session: Session) -> bool:
    now, last = services.clock(), _last_use(services.desk, session)
    return session.until <= now or (last is not None and now - last >= services.settings.web.idle)


def _last_use(desk: Desk, session: Session) -> datetime | None:
    use = desk.find(LastUse, session.id)
    return use.at if use else session.began


def _note_use(services: Services, session: Session) -> None:
    now, last = services.clock(), _last_use(services.desk, session)
    if last is None or now - last >= services.settings.web.idle / _NOTED:
        services.desk.save(LastUse(id=session.id, at=now))


def start_session(request: Request, response: Response, user: User | None) -> None:
    """Begin a session of the user, or of the token, in place of the browser's old one.

    The cookie is for no script and no other site, and for https alone where the request came by it.
    """
    services: Services = request.app.state.app
    now, lasts = services.clock(), services.settings.web.session
    for over in [known for known in services.desk.all(Session) if _is_over(services, known)]:
        remove_session(services.desk, over.id)
    request.state.user = user
    desk = audited(services.desk, asking(request), services.clock)
    if old := session_cookie(request):
        remove_session(desk, _session_id(services, old))
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
        remove_session(desk, oldest.id)
    response.set_cookie(
        cookie_name(request, COOKIE),
        value,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def check_recent(request: Request) -> None:
    """UsageError unless the browser's session began a short while ago."""
    services: Services = request.app.state.app
    session = services.desk.find(Session, _session_id(services, session_cookie(request)))
    if session is None or session.began is None or services.clock() - session.began > _RECENT:
        raise UsageError(
            f"this needs a login of the last {_RECENT // timedelta(minutes=1)} minutes; log in again first"
        )


def log_out(request: Request, response: Response) -> None:
    """End the browser's session here, and forget it there."""
    services: Services = request.app.state.app
    if value := session_cookie(request):
        desk = audited(services.desk, asking(request), services.clock)
        remove_session(desk, _session_id(services, value))
    secure = request.url.scheme == "https"  # without it, browsers keep a cookie whose name begins with __Host-
    response.delete_cookie(cookie_name(request, COOKIE), httponly=True, samesite="strict", secure=secure)


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
    remove_session(desk, session.id)
