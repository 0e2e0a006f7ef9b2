"""The web application on a real file, with one story on the record."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Barrier, get_ident

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from pipeline.ports import DeskRecord
from pipeline.roles import Role
from pipeline.services import Services, open_services
from pipeline.settings import Settings
from pipeline.settings.sections import Web
from pipeline.testing import FakeClock, FakeDesk
from pipeline.web import callbacks
from pipeline.web.accounts import passwords
from pipeline.web.accounts.login import Throttle
from pipeline.web.serve import create, serve
from tests import examples

HERE = "http://127.0.0.1:8414"
LOCKED = Web(token=SecretStr("open sesame, please"))
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NOBODYS = QUICK.hash("")


class Simultaneous(FakeDesk):
    """A desk on which two threads wait for each other, each with its first call of `save`, once `meeting` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.meeting: Barrier | None = None
        self._met = set[int]()

    def save(self, *records: DeskRecord) -> None:
        if self.meeting and get_ident() not in self._met:
            self._met.add(get_ident())
            self.meeting.wait(10)
        super().save(*records)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with Argon2 at its least cost; the tests of hashing leave the cost as it is."""
    monkeypatch.setattr(passwords, "_hasher", lambda: QUICK)
    monkeypatch.setattr(passwords, "_nobodys", lambda: NOBODYS)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """An open App that stands at noon and has one article, told in two revisions and by two outlets."""
    opened = open_services(Settings(file=tmp_path / "desk.sqlite"), clock=FakeClock())
    first = examples.decision()
    copy = examples.report(examples.article("https://gazette.example/port", source="gazette.example"))
    repeated = examples.decision(copy, statement=first.statement, verdict="repeated", how="in the same words", offset=1)
    later = examples.article(text=f"{examples.TEXT} The council agreed.", revision=2)
    opened.index.add([examples.document(), examples.document(later), first, repeated])
    opened.desk.save(examples.actor())
    yield opened
    opened.close()


@pytest.fixture
def client(services: Services, open_web: FastAPI) -> TestClient:
    """A program on this machine, of which no wrong tries are known."""
    open_web.state.app, open_web.state.throttle = services, Throttle()
    return TestClient(open_web, base_url=HERE, follow_redirects=False)


@pytest.fixture
def browser(client: TestClient) -> TestClient:
    """A browser on this machine, on one of our own pages."""
    client.headers.update({"accept": "text/html,*/*", "origin": HERE, "sec-fetch-site": "same-origin"})
    return client


@pytest.fixture
def locked(tmp_path: Path, locked_web: FastAPI) -> Iterator[TestClient]:
    """A program before a desk that asks for the token "open sesame, please"."""
    opened = open_services(Settings(file=tmp_path / "locked.sqlite", web=LOCKED), clock=FakeClock())
    locked_web.state.app = opened
    yield TestClient(locked_web, base_url=HERE, follow_redirects=False)
    opened.close()


# Making the web application takes longer than most tests; each test gives it an App of its own.


@pytest.fixture(scope="session")
def open_web(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The web application that asks for no token."""
    return made(Settings(file=tmp_path_factory.mktemp("open") / "desk.sqlite"))


@pytest.fixture
def locked_web(web_with_token: FastAPI) -> FastAPI:
    """The web application that asks for the token, and has met nobody yet."""
    web_with_token.state.throttle = Throttle()
    callbacks.install(web_with_token)
    return web_with_token


@pytest.fixture(scope="session")
def web_with_token(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The web application that asks for the token, for all tests."""
    return made(Settings(file=tmp_path_factory.mktemp("locked") / "desk.sqlite", web=LOCKED))


def made(settings: Settings) -> FastAPI:
    opened = open_services(settings)
    web = create(opened)
    opened.close()
    return web


@contextmanager
def served(services: Services, web: Web | None = None) -> Iterator[str]:
    """Serve a desk on a free port while the block runs; its address."""
    chosen = (web or Web()).model_copy(update={"port": 0})
    desk = replace(services, settings=services.settings.model_copy(update={"web": chosen}))
    stop, ready, addresses = threading.Event(), threading.Event(), list[str]()

    def listening(address: str) -> None:
        addresses.append(address)
        ready.set()

    thread = threading.Thread(target=serve, args=(desk, stop, listening, tuple(Role)))
    thread.start()
    assert ready.wait(60)
    yield addresses[0]
    stop.set()
    thread.join()


def edition(page: str) -> str:
    """Return what the form of a page remembers of its record."""
    return page.split('name="edition" value="')[1].split('"', maxsplit=1)[0]
