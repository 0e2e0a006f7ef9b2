"""The poller's part in WebSub: asks hubs for subscriptions, and reads what they have pushed off the log.

A batch of pushes is committed once what is in it is in the log of articles and its feeds are saved, so that a crash
repeats it; the pipeline drops what it has.
"""

import zlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from connectors.feeds import hub
from connectors.feeds.look import Look, Outcome
from connectors.http import Connections
from pipeline import pace
from pipeline.model import Feed
from pipeline.polling import Answer
from pipeline.ports import Clock, Log, Record
from pipeline.settings import Settings
from pipeline.websub import MODE, PUSHES, TOPIC, answered, asked, callback, is_due

_GROUP: Final = "poll"
_BATCH: Final = 50
_MOST_ASKED: Final = 2  # feeds at once: hubs serve many feeds, and are asked for one thing at a time
_MOST_BYTES: Final = 20_000_000  # of a body once unpacked; the pages take less


class Subscriber:
    """What is pushed and asked for by one poller. `is_on` says whether the settings allow it at all."""

    def __init__(self, log: Log, settings: Settings, clock: Clock) -> None:
        self._log = log
        self._settings = settings
        self._clock = clock
        self._batch: defaultdict[str, list[Record]] = defaultdict(list)  # by feed, what is not processed yet
        self._records: Sequence[Record] = ()
        self._settled = False  # all of the batch was processed before the feeds were saved last
        self._asking: set[str] = set()
        self._left: dict[str, Feed] = {}
        web = settings.web
        self.is_on = bool(settings.poll.websub and web.address and web.secret)

    def pushed(self, feeds: Mapping[str, Feed], busy: Collection[str]) -> list[Feed]:
        """The feeds, of hosts that are not busy, for which something was pushed; reads the next batch after the last.

        To be called after each saving of the feeds. WorldError where the log cannot be read.
        """
        if not self.is_on:
            return []
        if not self._batch and self._settled:
            self._next_batch()
        waiting = [key for key in list(self._batch) if key in feeds]
        if not waiting:
            self._batch.clear()
        self._settled = not waiting
        return [feeds[key] for key in waiting if pace.host(feeds[key]) not in busy]

    def _next_batch(self) -> None:
        if self._records:
            self._log.commit(_GROUP, self._records)
        self._records = self._log.read(PUSHES, _GROUP, _BATCH)
        for record in self._records:
            self._batch[record.key].append(record)

    async def receive(self, look: Look, feed: Feed) -> Outcome:
        """What was pushed for the feed, read as if it had been fetched."""
        outcome = Outcome(feed)
        for record in self._batch.get(feed.id, ()):
            if record.headers.get(MODE):
                outcome = replace(outcome, feed=answered(outcome.feed, record.headers, self._clock()))
            elif record.headers.get(TOPIC) == outcome.feed.push.topic:
                outcome = _joined(outcome, await look.pushed(outcome.feed, _answer(outcome.feed, record)))
        return outcome

    def received(self, feed: Feed) -> None:
        """What was pushed for the feed is in the log, and the feed is about to be saved."""
        self._batch.pop(feed.id, None)

    def due(self, feeds: Mapping[str, Feed], busy: Collection[str]) -> list[Feed]:
        """The feeds, of hosts that are not busy, whose hub is to be asked now."""
        room = _MOST_ASKED - len(self._asking)
        if not self.is_on or room <= 0:
            return []
        now = self._clock()
        waiting = (feed for feed in feeds.values() if is_due(feed, now) and callback(self._settings.web, feed))
        return [feed for feed in waiting if pace.host(feed) not in busy][:room]

    async def ask(self, connections: Connections, feed: Feed) -> Feed:
        """The feed after its hub was asked for a subscription."""
        self._asking.add(feed.id)
        try:
            error = await hub.ask(connections, feed, "subscribe", self._settings)
        finally:
            self._asking.discard(feed.id)
        return replace(feed, push=asked(feed.push, error, self._clock()))

    async def leave(self, connections: Connections, feed: Feed) -> str:
        """Ask the hub of a feed that is followed no more to push no more; what went wrong, or ''."""
        self._left.pop(feed.id, None)
        return await hub.ask(connections, feed, "unsubscribe", self._settings)

    def compare(self, before: Mapping[str, Feed], after: Collection[str]) -> None:
        """Note the feeds that are there no more while their hubs still push."""
        now = self._clock()
        if self.is_on:
            self._left |= {key: one for key, one in before.items() if key not in after and one.push.until > now}

    def left(self) -> list[Feed]:
        """The feeds that are there no more while their hubs still push."""
        return list(self._left.values())


def _answer(feed: Feed, record: Record) -> Answer:
    body = zlib.decompressobj().decompress(record.value, _MOST_BYTES)
    content_type = record.headers.get("content-type", "")
    return Answer(status=200, url=feed.location or feed.url, body=body, content_type=content_type, pushed=True)


def _joined(before: Outcome, after: Outcome) -> Outcome:
    return replace(after, articles=(*before.articles, *after.articles), error=after.error or before.error)
