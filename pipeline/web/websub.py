"""Where hubs call us back (W3C WebSub): to verify what the poller has asked them for, and to push.

What they send is put on the log, for the poller to read as it reads what it fetches. An address that is none of ours
is answered 404, as is a mode or topic that was not asked for.
"""

import logging
import zlib
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import PlainTextResponse, Response

from pipeline.feeds.websub import LEASE, MODE, PATH, PUSHES, REASON, TOPIC, Callback, authentic, called_back, hub_secret
from pipeline.model import Feed
from pipeline.ports import Message
from pipeline.services import Services
from pipeline.web.dependencies import OpenServices
from pipeline.web.desk import found

router = APIRouter(include_in_schema=False)

logger = logging.getLogger("onrecord.websub")

Payload = Annotated[str, Path(max_length=12_000)]

Signed = Annotated[str, Path(max_length=200)]


async def sent(request: Request) -> bytes:
    """The body of the request, as large as the guard lets pass."""
    return await request.body()


Sent = Annotated[bytes, Depends(sent)]


@router.get(PATH + "{payload}/{signed}")
def verify(services: OpenServices, request: Request, payload: Payload, signed: Signed) -> Response:
    """Answer the hub's challenge (5.3) where this is what we asked for, or note that it denies it (5.2)."""
    meant = _meant(services, payload, signed)
    asked = {name: value[:4_000] for name, value in request.query_params.items()}
    mode, feed = asked.get("hub.mode", ""), found(services, Feed, meant.feed)
    followed = feed is not None and feed.push.topic == meant.topic
    if asked.get("hub.topic") != meant.topic or mode not in ("denied", "unsubscribe" if not followed else "subscribe"):
        raise HTTPException(404, f"{mode or 'nothing'} is not asked of this hub")
    told = {
        MODE: mode,
        TOPIC: meant.topic,
        LEASE: asked.get("hub.lease_seconds", ""),
        REASON: asked.get("hub.reason", ""),
    }
    services.log.append(PUSHES, [Message(meant.feed, b"", told)])
    return PlainTextResponse(asked.get("hub.challenge", ""))


@router.post(PATH + "{payload}/{signed}")
def receive(services: OpenServices, request: Request, payload: Payload, signed: Signed, body: Sent) -> Response:
    """Take what the hub pushes; what it has not signed is thanked for, and thrown away (7.1)."""
    meant, secret = _meant(services, payload, signed), services.settings.web.secret
    known = hub_secret(secret.get_secret_value() if secret else "", meant.feed, meant.topic)
    if not authentic(known, body, request.headers.get("x-hub-signature", "")):
        logger.warning("%s: what was pushed is not signed by its hub", meant.feed)
        return Response(status_code=202)
    told = {TOPIC: meant.topic, "content-type": request.headers.get("content-type", "")[:200]}
    services.log.append(PUSHES, [Message(meant.feed, zlib.compress(body), told)])
    return Response(status_code=202)


def _meant(services: Services, payload: str, signed: str) -> Callback:
    secret = services.settings.web.secret
    meant = (
        called_back(secret.get_secret_value(), payload, signed) if secret and services.settings.poll.websub else None
    )
    if meant is None:
        raise HTTPException(404, "this is no callback of ours")
    return meant
