"""A whole App on fakes, for tests of what runs over the doors."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.http.client import HttpClient
from pipeline.codec import encode
from pipeline.errors import WorldError
from pipeline.model import Article, Delivery
from pipeline.ports import ARTICLES, Message
from pipeline.run.local import Pipeline
from pipeline.search.stories import subjects
from pipeline.services import Services
from pipeline.settings import Settings
from pipeline.settings.sections import Fetch
from pipeline.testing import FakeClock, FakeDesk, FakeIndex, FakeLog, FakeOutbox


@dataclass
class Receiver:
    """A Notifier that keeps what it was sent."""

    received: list[Delivery] = field(default_factory=list)

    def send(self, delivery: Delivery) -> None:
        self.received.append(delivery)


@dataclass
class Trouble:
    """The world failing once: at the `at`th write to any of its doors, before or after that write took place."""

    at: int
    after: bool
    writes: int = 0

    def door(self, door: Any) -> Any:
        """The door, which fails when its time has come."""
        return _Troubled(door, self)


class _Troubled:
    def __init__(self, door: Any, trouble: Trouble) -> None:
        self._door = door
        self._trouble = trouble

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._door, name)
        return self._failing(method) if name in ("append", "add", "commit", "put") else method

    def _failing(self, method: Any) -> Any:
        def call(*arguments: Any) -> Any:
            self._trouble.writes += 1
            due = self._trouble.writes == self._trouble.at
            if due and not self._trouble.after:
                raise WorldError("disk is full")
            result = method(*arguments)
            if due:
                raise WorldError("disk is full")
            return result

        return call


def fake_app(published: Sequence[Article] = (), trouble: Trouble | None = None) -> Services:
    """An App on fakes with the articles on its log; `trouble` befalls its log, index and outbox."""
    clock = FakeClock()
    log = FakeLog(clock)
    log.append(ARTICLES, [Message(article.id, encode(article)) for article in published])
    index, outbox, desk = FakeIndex(), FakeOutbox(), FakeDesk()
    around = trouble.door if trouble else lambda door: door
    return Services(
        settings=Settings(file=Path("nowhere.sqlite")),
        clock=clock,
        http=lambda: HttpClient(Fetch(timeout=timedelta(seconds=1))),
        log=around(log),
        index=around(index),
        subjects=subjects(index.documents),
        desk=desk,
        outbox=around(outbox),
        notifier=lambda target: Receiver(),
        close=lambda: None,
    )


def to_the_end(services: Services, *, fresh: bool = True) -> None:
    """Work off the log, beginning again after trouble, in a new process or the same."""
    pipeline = Pipeline(services)
    done: Counter[str] | None = None
    while done is None or done:
        try:
            done = pipeline.step()
        except WorldError:
            pipeline = Pipeline(services) if fresh else pipeline
