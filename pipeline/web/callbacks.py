"""Signed addresses that outsiders call: unsubscribing from a mail, and the callbacks of WebSub hubs.

A mail's link leads to a page that asks, or the mail reader posts to it itself (RFC 8058). A hub verifies a subscription
that the poller has requested, and pushes (W3C WebSub); pushes are put on the log, where the poller reads them. Status
404 answers an address that is not ours, and a mode or topic that was not requested; 410 a subscription that has ended;
429 a subscription that brings too much.
"""

import logging
import math
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from threading import Lock
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from pipeline.feeds.websub import (
    LEASE,
    MODE,
    PATH,
    REASON,
    TOPIC,
    Callback,
    authentic,
    called_back,
    hub_secrets,
    is_open,
)
from pipeline.model import Feed, FeedState, Watch
from pipeline.ports import PUSHES, Message
from pipeline.services import Services
from pipeline.text.targets import BETWEEN, masked, secrets, signed_target
from pipeline.text.targets import PATH as UNSUBSCRIBE
from pipeline.web.dependencies import OpenServices
from pipeline.web.render import language_of, render

_HOUR: Final = 3_600.0

_MOST_SENDERS: Final = 10_000  # remembered, the last ones to send

_MOST_DIGESTS: Final = 10_000


class Allowance:
    """So many messages and bytes an hour for each sender, which come back evenly; safe to share between threads."""

    def __init__(self, messages: int, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._messages, self._size = messages, size
        self._clock = clock
        self._turn = Lock()
        self._left: OrderedDict[str, tuple[float, float, float]] = OrderedDict()  # messages, bytes, and when

    def take(self, sender: str, size: int) -> float:
        """Take a message of this size off the sender's allowance: 0, or the seconds to wait where it has too little."""
        now = self._clock()
        with self._turn:
            messages, left, last = self._left.pop(sender, (float(self._messages), float(self._size), now))
            back = (now - last) / _HOUR
            messages = min(messages + back * self._messages, self._messages)
            left = min(left + back * self._size, self._size)
            wait = _HOUR * max((1 - messages) / self._messages, (size - left) / self._size, 0.0)
            taken = (0.0, 0.0) if wait else (1.0, float(size))
            self._left[sender] = (messages - taken[0], left - taken[1], now)
            if len(self._left) > _MOST_SENDERS:
                self._left.popitem(last=False)
            return wait


class Repeats:
    """The digests of the last messages; safe to share between threads."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def has(self, digest: bytes) -> bool:
        """Return whether a message with this digest was taken."""
        with self._turn:
            return digest in self._seen

    def add(self, digest: bytes) -> None:
        """Remember a message that was taken."""
        with self._turn:
            self._seen[digest] = None
            if len(self._seen) > _MOST_DIGESTS:
                self._seen.popitem(last=False)


router = APIRouter(include_in_schema=False)

_PAGE = 100

Named = Annotated[str, Path(max_length=20_000)]

Signed = Annotated[str, Path(max_length=200)]


@router.get(UNSUBSCRIBE + "{named}/{signed}")
def ask(services: OpenServices, request: Request, named: Named, signed: Signed) -> HTMLResponse:
    """The page that asks; it ends nothing, since programs that look through mails follow every link in them."""
    watches, target = _meant(services, named, signed)
    return _page(request, watches, target, done=False)


@router.post(UNSUBSCRIBE + "{named}/{signed}")
def unsubscribe(services: OpenServices, request: Request, named: Named, signed: Signed) -> HTMLResponse:
    """End it: the watches keep their other targets, and what still waits for this one is not sent."""
    watches, target = _meant(services, named, signed)
    services.desk.save(*(replace(w, deliver=tuple(known for known in w.deliver if known != target)) for w in watches))
    _call_off(services, {watch.id for watch in watches}, target)
    return _page(request, watches, target, done=True)


def _meant(services: Services, named: str, signed: str) -> tuple[list[Watch], str]:
    """The watches and their target that the link is for; a 404 where it is for none."""
    ids = named.split(BETWEEN)
    known = [watch for watch in services.desk.all(Watch) if watch.id in ids]
    targets = dict.fromkeys(target for watch in known for target in watch.deliver)
    target = signed_target(secrets(services.settings.web), named, targets, signed)
    if target is None:
        raise HTTPException(404, "nothing is sent by this link's watch to this link's address, or no longer")
    return [watch for watch in known if target in watch.deliver], target


def _call_off(services: Services, ended: set[str], target: str) -> None:
    """Give up what waits to tell the target of nothing else."""
    before = ""
    while page := services.outbox.listing("pending", _PAGE, before):
        for known in page:
            if known.target == target and all(alert.watch_id in ended for alert in known.alerts):
                services.outbox.update(replace(known, state="failed", last_error=f"{masked(target)} has unsubscribed"))
        before = page[-1].id


def _page(request: Request, watches: Sequence[Watch], target: str, *, done: bool) -> HTMLResponse:
    _, _, address = masked(target).partition(":")
    names = [watch.name for watch in watches]
    language = language_of(request)
    return HTMLResponse(render("unsubscribe.html", language=language, names=names, address=address, done=done))


logger = logging.getLogger("onrecord.websub")

_MOST_PUSHES: Final = 120  # an hour for a subscription, after as many at once

_MOST_BYTES: Final = 20_000_000  # an hour for a subscription

_MOST_VERIFICATIONS: Final = 20  # an hour for a subscription

Payload = Annotated[str, Path(max_length=12_000)]


async def meant(services: OpenServices, payload: Payload, signed: Signed) -> Callback:
    """Return what the callback's address is for; 404 where it is not one of ours."""
    known = secrets(services.settings.web) if services.settings.poll.websub else ()
    callback = called_back(known, payload, signed)
    if callback is None:
        raise HTTPException(404, "this is no callback of ours")
    return callback


Meant = Annotated[Callback, Depends(meant)]


def still_open(services: OpenServices, callback: Meant) -> Callback:
    """Return what the callback's address is for; 410 where its subscription has ended, or its feed is not followed."""
    state = services.desk.find(FeedState, callback.feed)
    is_followed = services.desk.find(Feed, callback.feed) is not None
    if not is_followed or state is None or not is_open(state.push, callback.topic, services.clock()):
        raise HTTPException(410, "this subscription has ended")
    return callback


Open = Annotated[Callback, Depends(still_open)]


async def sent(_: Open, request: Request) -> bytes:
    """The body of a request to an open callback, as large as the guard lets pass."""
    return await request.body()


Sent = Annotated[bytes, Depends(sent)]


@router.get(PATH + "{payload}/{signed}")
def verify(services: OpenServices, request: Request, callback: Meant) -> Response:
    """Answer the hub's challenge (5.3) where this is what we asked for, or note that it denies it (5.2)."""
    query = {name: value[:4_000] for name, value in request.query_params.items()}
    mode, state = query.get("hub.mode", ""), services.desk.find(FeedState, callback.feed)
    subscribed = state is not None and state.push.topic == callback.topic
    followed = subscribed and services.desk.find(Feed, callback.feed) is not None
    expected = ("denied", "subscribe" if followed else "unsubscribe")
    if query.get("hub.topic") != callback.topic or mode not in expected:
        raise HTTPException(404, f"{mode or 'nothing'} is not asked of this hub")
    _allow(request.app.state.verifications, callback, 0)
    headers = {
        MODE: mode,
        TOPIC: callback.topic,
        LEASE: query.get("hub.lease_seconds", ""),
        REASON: query.get("hub.reason", ""),
    }
    services.log.append(PUSHES, [Message(callback.feed, b"", headers)])
    return PlainTextResponse(query.get("hub.challenge", ""))


@router.post(PATH + "{payload}/{signed}")
def receive(services: OpenServices, request: Request, callback: Open, body: Sent) -> Response:
    """Take what the hub pushes. A push without its signature (7.1) and a repeat are answered alike, and dropped."""
    known = hub_secrets(secrets(services.settings.web), callback.feed, callback.topic)
    if not authentic(known, body, request.headers.get("x-hub-signature", "")):
        logger.warning("%s: a push is not signed by its hub", callback.feed)
        return Response(status_code=202)
    repeats: Repeats = request.app.state.pushed
    digest = blake2b(body, digest_size=16, key=blake2b(_sender(callback).encode(), digest_size=16).digest()).digest()
    if repeats.has(digest):
        return Response(status_code=202)
    _allow(request.app.state.pushes, callback, len(body))
    headers = {TOPIC: callback.topic, "content-type": request.headers.get("content-type", "")[:200]}
    services.log.append(PUSHES, [Message(callback.feed, zlib.compress(body), headers)])
    repeats.add(digest)
    return Response(status_code=202)


def install(web: FastAPI) -> None:
    """Keep count of what each subscription brings to this process."""
    web.state.pushes = Allowance(_MOST_PUSHES, _MOST_BYTES)
    web.state.verifications = Allowance(_MOST_VERIFICATIONS, 1)
    web.state.pushed = Repeats()


def _allow(allowance: Allowance, callback: Callback, size: int) -> None:
    """Take this off the subscription's allowance; HTTPException 429 where too little is left."""
    if wait := allowance.take(_sender(callback), size):
        headers = {"Retry-After": str(math.ceil(wait))}
        raise HTTPException(429, f"{callback.topic} is pushed too often or too much", headers)


def _sender(callback: Callback) -> str:
    return f"{callback.feed}\x1f{callback.topic}"
