"""Where hubs call us back (W3C WebSub): to verify what the poller has asked them for, and to push.

What they send is put on the log, for the poller to read as it reads what it fetches. An address that is not ours is
answered 404, as is a mode or topic that was not asked for; a subscription that has ended is answered 410, and one that
brings too much 429.
"""

import logging
import math
import zlib
from hashlib import blake2b
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Request
from fastapi.responses import PlainTextResponse, Response

from pipeline.feeds.websub import (
    LEASE,
    MODE,
    PATH,
    PUSHES,
    REASON,
    TOPIC,
    Callback,
    authentic,
    called_back,
    hub_secrets,
    is_open,
)
from pipeline.model import Feed, FeedState
from pipeline.ports import Message
from pipeline.signing import secrets
from pipeline.web.allowance import Allowance, Repeats
from pipeline.web.dependencies import OpenServices

router = APIRouter(include_in_schema=False)

logger = logging.getLogger("onrecord.websub")

_MOST_PUSHES: Final = 120  # an hour for a subscription, after as many at once

_MOST_BYTES: Final = 20_000_000  # an hour for a subscription

_MOST_VERIFICATIONS: Final = 20  # an hour for a subscription

Payload = Annotated[str, Path(max_length=12_000)]

Signed = Annotated[str, Path(max_length=200)]


async def meant(services: OpenServices, payload: Payload, signed: Signed) -> Callback:
    """What the callback's address is for; 404 where it is not one of ours."""
    known = secrets(services.settings.web) if services.settings.poll.websub else ()
    callback = called_back(known, payload, signed)
    if callback is None:
        raise HTTPException(404, "this is no callback of ours")
    return callback


Meant = Annotated[Callback, Depends(meant)]


def still_open(services: OpenServices, callback: Meant) -> Callback:
    """What the callback's address is for; 410 where its subscription has ended, or its feed is not followed."""
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
