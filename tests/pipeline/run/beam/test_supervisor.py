"""The process that the job's steps work in, as others who could have the job find it."""

import multiprocessing
import socket
from collections.abc import Callable
from threading import Event
from types import SimpleNamespace
from typing import cast

import pytest

from pipeline.errors import SettingsError, WorldError
from pipeline.ports import SoleOwner
from pipeline.roles import ELASTICSEARCH, FLINK
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.settings.servers import Job

pytestmark = pytest.mark.servers

_SERVERS: dict[str, Callable[[], None]] = {ELASTICSEARCH: lambda: None, FLINK: lambda: None}


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


def test_a_batch_ends_before_another_process_becomes_leader() -> None:
    from pipeline.run.beam.supervisor import keep_running

    stop = Event()
    share = Handed(stop)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = Settings(profile="cluster", job=Job(endpoint=f"127.0.0.1:{silent.getsockname()[1]}"))
        keep_running(
            cast(Services, SimpleNamespace(settings=settings, assignment=lambda _: share, servers=_SERVERS)), stop
        )
    assert share.left == []


def with_index(settings: Settings, error: Exception) -> Services:
    def check() -> None:
        raise error

    servers = _SERVERS | {ELASTICSEARCH: check}
    return cast(Services, SimpleNamespace(settings=settings, assignment=lambda _: SoleOwner(), servers=servers))


def test_an_index_of_another_program_stops_the_start() -> None:
    from pipeline.run.beam.supervisor import keep_running

    foreign = with_index(Settings(), SettingsError("elasticsearch.prefix = 'desk-': the index is not of On the Record"))
    with pytest.raises(SettingsError, match=r"elasticsearch\.prefix"):
        keep_running(foreign, Event())


def test_an_unreachable_index_does_not_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.run.beam import supervisor

    stop = Event()
    monkeypatch.setattr(supervisor, "_supervise", lambda *_: stop.set())
    supervisor.keep_running(with_index(Settings(), WorldError("it is away")), stop)
    assert stop.is_set()


def test_an_unreachable_job_server_is_named_at_once(caplog: pytest.LogCaptureFixture) -> None:
    from pipeline.run.beam.supervisor import keep_running

    with socket.socket() as free:  # bound and not listening, so nobody else listens there
        free.bind(("127.0.0.1", 0))
        endpoint = f"127.0.0.1:{free.getsockname()[1]}"
        settings = Settings(profile="cluster", job=Job(endpoint=endpoint))
        services = open_services(settings)
        stop = Event()
        away = services.servers[FLINK]

        def check() -> None:
            stop.set()
            away()

        servers = _SERVERS | {FLINK: check}
        keep_running(
            cast(Services, SimpleNamespace(settings=settings, assignment=lambda _: SoleOwner(), servers=servers)), stop
        )
        services.close()
    assert f"job: nobody answers at {endpoint} (job.endpoint): Connection refused; retrying" in caplog.text
    assert not multiprocessing.active_children()
