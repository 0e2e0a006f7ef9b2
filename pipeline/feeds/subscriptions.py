"""The poller's part in WebSub: subscriptions at hubs, and reading their pushes."""

import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from pipeline.errors import WorldError
from pipeline.feeds import schedule
from pipeline.feeds.fetch import FeedFetcher, PollResult
from pipeline.feeds.schedule import is_waiting
from pipeline.feeds.websub import MODE, TOPIC, Mode, after_request, answered, callback, form, is_due
from pipeline.model import Feed, FeedState
from pipeline.model.feed import FeedResponse
from pipeline.ports import PUSHES, Clock, HttpSession, Log, Record
from pipeline.settings import Settings
from pipeline.text.http import joined

_TIMEOUT: Final = timedelta(seconds=15)

_ELSEWHERE: Final = frozenset({307, 308})

_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}

_MOST_REASON: Final = 200  # characters


async def ask(connections: HttpSession, state: FeedState, mode: Mode, settings: Settings) -> str:
    """Ask the feed's hub, and return what went wrong, or ''. The hub confirms a subscription by its callback.

    A hub over plain http gets no request, because others could read the secret that signs its pushes; with private
    addresses allowed, it does, because it may be one's own.
    """
    url, body = state.push.hub, form(state, mode, settings.web)
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


_GROUP: Final = "poll"

_BATCH: Final = 50

_MOST_ASKED: Final = 2  # requests at once: a hub serves many feeds

_MOST_BYTES: Final = 20_000_000  # of an unpacked body; the pages accept less


class Subscriber:
    """The subscriptions and pushes of one poller; `is_on` says whether the settings allow any."""

    def __init__(self, log: Log, settings: Settings, clock: Clock) -> None:
        self._log = log
        self._settings = settings
        self._clock = clock
        self._batch: defaultdict[str, list[Record]] = defaultdict(list)  # by feed, not processed yet
        self._records: Sequence[Record] = ()
        self._settled = False  # all of the batch was processed before the feeds were saved last
        self._asking: set[str] = set()
        self._left: dict[str, FeedState] = {}
        web = settings.web
        self.is_on = bool(settings.poll.websub and web.address and web.secret)

    def pushed(self, followed: Collection[str]) -> list[str]:
        """The followed feeds with pushes. Reads the next batch once the last one is processed.

        Call it after each saving of the states. WorldError if the log cannot be read.
        """
        if not self.is_on:
            return []
        if not self._batch and self._settled:
            self._next_batch()
        waiting = [key for key in list(self._batch) if key in followed]
        if not waiting:
            self._batch.clear()
        self._settled = not waiting
        return waiting

    def _next_batch(self) -> None:
        if self._records:
            self._log.commit(_GROUP, self._records)
        self._records = self._log.read(PUSHES, _GROUP, _BATCH)
        for record in self._records:
            self._batch[record.key].append(record)

    async def receive(self, look: FeedFetcher, feed: Feed, state: FeedState) -> PollResult:
        """Read the feed's pushes like fetched bodies. A feed over its budget gets its items later."""
        outcome = PollResult(state)
        for record in self._batch.get(feed.id, ()):
            if record.headers.get(MODE):
                outcome = replace(outcome, state=answered(outcome.state, record.headers, self._clock()))
            elif is_waiting(outcome.state, self._clock()):
                continue
            elif record.headers.get(TOPIC) == outcome.state.push.topic:
                outcome = _joined(outcome, await look.pushed(feed, outcome.state, _answer(outcome.state, record)))
        return outcome

    def received(self, feed_id: str) -> None:
        """Record that the feed's pushed items are in the log, and that its state is about to be saved."""
        self._batch.pop(feed_id, None)

    def due(self, states: Mapping[str, FeedState], busy: Collection[str]) -> list[FeedState]:
        """The feeds of idle hosts whose hub is due for a request."""
        room = _MOST_ASKED - len(self._asking)
        if not self.is_on or room <= 0:
            return []
        now = self._clock()
        waiting = (state for state in states.values() if is_due(state, now) and callback(self._settings.web, state))
        return [state for state in waiting if schedule.host(state) not in busy][:room]

    async def ask(self, connections: HttpSession, state: FeedState) -> FeedState:
        """The state after a request to its hub for a subscription."""
        self._asking.add(state.id)
        try:
            error = await ask(connections, state, "subscribe", self._settings)
        finally:
            self._asking.discard(state.id)
        return replace(state, push=after_request(state.push, error, self._clock()))

    async def leave(self, connections: HttpSession, state: FeedState) -> str:
        """Ask the hub of a removed feed to stop pushing; return what went wrong, or ''."""
        self._left.pop(state.id, None)
        return await ask(connections, state, "unsubscribe", self._settings)

    def removed(self, states: Iterable[FeedState]) -> None:
        """Note the removed feeds whose hubs still push."""
        now = self._clock()
        if self.is_on:
            self._left |= {state.id: state for state in states if state.push.until > now}

    def left(self) -> list[FeedState]:
        """The removed feeds whose hubs still push."""
        return list(self._left.values())


def _answer(state: FeedState, record: Record) -> FeedResponse:
    body = zlib.decompressobj().decompress(record.value, _MOST_BYTES)
    content_type = record.headers.get("content-type", "")
    return FeedResponse(status=200, url=state.location or state.url, body=body, content_type=content_type, pushed=True)


def _joined(before: PollResult, after: PollResult) -> PollResult:
    return replace(
        after,
        articles=(*before.articles, *after.articles),
        error=after.error or before.error,
        used=replace(after.used, cpu=before.used.cpu + after.used.cpu, bytes=before.used.bytes + after.used.bytes),
    )
