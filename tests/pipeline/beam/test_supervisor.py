"""The process that the job's steps work in, as others who could have the job find it."""

import multiprocessing
import socket
from collections.abc import Callable
from threading import Event
from types import SimpleNamespace
from typing import cast

import pytest

from pipeline.app import App
from pipeline.settings import Job, Settings

pytestmark = pytest.mark.servers


class Handed:
    """A share that is ours until the process is there, and then somebody else's; `left` are who was at work by then."""

    def __init__(self, stop: Event) -> None:
        self.left: list[str] | None = None
        self._stop = stop

    def renew(self, let_go: Callable[[], None]) -> None:
        if self.left is None and multiprocessing.active_children():
            let_go()
            self.left = [child.name for child in multiprocessing.active_children()]
        elif self.left is not None:
            self._stop.set()

    def holds(self, key: str) -> bool:
        return self.left is None


def test_who_gets_the_job_next_does_not_find_it_at_work() -> None:
    from pipeline.beam.supervisor import keep_running

    stop = Event()
    share = Handed(stop)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = Settings(profile="cluster", job=Job(endpoint=f"127.0.0.1:{silent.getsockname()[1]}"))
        keep_running(cast(App, SimpleNamespace(settings=settings, share=lambda _: share)), stop)
    assert share.left == []
