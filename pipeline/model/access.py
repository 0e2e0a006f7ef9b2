"""Who may use the pages: the sessions of browsers that have logged in."""

from dataclasses import dataclass

from pipeline.model.wire import Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that has logged in, until it logs out or the time has come.

    `id` is an HMAC of what the browser's cookie holds, under the token: it opens nothing, and no session outlives a
    change of the token.
    """

    id: str
    until: Time
