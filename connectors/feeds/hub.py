"""Asking a hub to push, or to push no more, over the guarded way out."""

from datetime import timedelta
from typing import Final

from connectors.http import Connections
from connectors.reachable import joined
from pipeline.errors import WorldError
from pipeline.model import Feed
from pipeline.settings import Settings
from pipeline.websub import Mode, form

_TIMEOUT: Final = timedelta(seconds=15)
_ELSEWHERE: Final = frozenset({307, 308})
_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
_MOST_REASON: Final = 200  # characters


async def ask(connections: Connections, feed: Feed, mode: Mode, settings: Settings) -> str:
    """Ask the feed's hub; what went wrong, or ''. That it will push is known once it has called back.

    A hub over plain http would let others read the secret that its pushes are signed by: it is not asked, unless
    private addresses are allowed and so it may be one's own.
    """
    url, body = feed.push.hub, form(feed, mode, settings.web)
    for _ in range(2):
        if url.startswith("http://") and not settings.fetch.private_addresses:
            return f"{url} is a hub without https"
        try:
            answer = await connections.post(url, body, _FORM, _TIMEOUT)
            if answer.status not in _ELSEWHERE or not answer.headers.get("location"):
                break
            url = joined(url, answer.headers["location"])
        except WorldError as error:
            return str(error)
    if 200 <= answer.status < 300:
        return ""
    reason = " ".join(answer.body.decode("utf-8", "replace").split())[:_MOST_REASON]
    return f"{url} answers {answer.status} {reason}".rstrip()
