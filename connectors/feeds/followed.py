"""The feeds that a poller follows: those of the desk, with what it has learned of them since."""

import time
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Final

from pipeline import polling
from pipeline.model import Feed
from pipeline.ports import Desk

_SHARE_OF_READING: Final = 10  # reading ten thousand feeds anew takes seconds: at most a tenth of the time goes into it


class Followed:
    """The desk's feeds as one poller knows them. Safe to use from several threads.

    `compare` is told the feeds before and after each time that they are read anew; `saved` is called after something
    was saved.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        compare: Callable[[Mapping[str, Feed], Mapping[str, Feed]], None],
        saved: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._compare = compare
        self._saved = saved
        self._saving = RLock()
        self._feeds: dict[str, Feed] = {}
        self._version = -1  # of the desk's feeds that `_feeds` are
        self._reading_due = 0.0  # monotonic time from which they may be read anew
        self._unsaved: dict[str, Feed] = {}

    def learned(self, feed: Feed) -> None:
        """Keep what a look has learned, until it is saved."""
        self._unsaved[feed.id] = feed

    def hurry(self) -> None:
        """Let the desk's feeds be read anew, where they have changed, however short ago that was."""
        self._reading_due = 0.0

    def save(self) -> list[Feed]:
        """All feeds, after saving what the looks have learned. One that was removed meanwhile stays so.

        None while somebody else's changes wait to be read: they must not be written over.
        """
        with self._saving:
            if not self._up_to_date():
                return []
            looked = dict(self._unsaved)
            changed = {
                key: polling.with_memory(self._feeds[key], feed) for key, feed in looked.items() if key in self._feeds
            }
            if changed:
                self._desk.save(*changed.values())
                self._version += 1  # ours; if another came between, the number is not met and all are read again
                self._feeds |= changed
                self._saved()
            for key, feed in looked.items():
                if self._unsaved[key] is feed:
                    del self._unsaved[key]
            return [*self._feeds.values()]

    def _up_to_date(self) -> bool:
        """Whether the feeds are those of the desk. They are read anew where not, for at most a tenth of the time."""
        version = self._desk.version(Feed)
        if version == self._version:
            return True
        started = time.monotonic()
        if started < self._reading_due:
            return False
        before, self._feeds = self._feeds, {feed.id: feed for feed in self._desk.all(Feed)}
        self._compare(before, self._feeds)
        self._version = version
        ended = time.monotonic()
        self._reading_due = ended + _SHARE_OF_READING * (ended - started)
        return True
