"""Alerts by Apprise, which reaches a hundred more services: "apprise:" with one of its addresses.

https://appriseit.com/services/

Apprise opens its own connections, and reads answers of any size. So it runs in processes that are killed when an alert
takes too long, that have little memory, no proxy and none of our secrets, and that connect to no private address.
"""

import atexit
import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore, Event, Timer
from typing import Any, Final

from connectors.http.client import HttpClient
from connectors.notify._post import fitting, locale_of, within
from connectors.processes import environment
from pipeline.errors import RefusedError, SettingsError, UsageError, WorldError
from pipeline.model import Delivery
from pipeline.settings import Settings
from pipeline.text.messages import StatementSummary, held, one_line, shortened, statement_summaries, summary
from pipeline.text.wording import ENGLISH, Locale

_MOST: Final = 4_000  # characters of a statement

_DIGEST: Final = 4_000  # bytes of a digest; most services accept as many

_BESIDE: Final = 500  # characters of each line beside the statement

_WHY: Final = 200  # characters of an error message of Apprise

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S*", re.ASCII)

_CALLING: Final = re.compile(r"([@<]|\](?=\())")  # markup that mentions people or makes links in some service

_WORD_JOINER: Final = "\u2060"

_START_SECONDS: Final = 60.0  # on a busy machine

_PROCESSES: Final = 4


@dataclass(frozen=True, slots=True)
class Service:
    """A service of Apprise."""

    address: str
    settings: Settings

    def send(self, delivery: Delivery) -> None:
        """Send the delivery. Apprise does not say which failures are final, so only private addresses are refused."""
        title, body = message(delivery, self.settings.web.address, locale_of(self.settings))
        answer = _workers().ask(
            self.settings.webhook.timeout.total_seconds(),
            address=self.address,
            title=title,
            body=body,
            private=self.settings.fetch.private_addresses,
        )
        if answer["outcome"] == "accepted":
            return
        kind = RefusedError if answer["outcome"] == "refused" else WorldError
        raise kind(f"{answer['name']} (by Apprise) took no alert: {shortened(one_line(answer['why']), _WHY)}")


def message(delivery: Delivery, pages: str = "", locale: Locale = ENGLISH) -> tuple[str, str]:
    """Return the title and the body of the message."""
    statements = statement_summaries(delivery, pages, locale)
    if len(statements) == 1:
        return _harmless(statements[0].headline, _BESIDE), _alone(statements[0])
    opening = [held(delivery, locale)] if held(delivery, locale) else []
    body = fitting(
        lambda most: "\n\n".join([*opening, *(_brief(statement, most) for statement in statements)]), _DIGEST
    )
    return _harmless(summary(delivery, locale), _BESIDE), body


def _alone(statement: StatementSummary) -> str:
    advice = (_harmless(line, _MOST) for line in statement.beside)
    beside = (_harmless(line, _BESIDE) for line in (statement.origin, statement.reason))
    return "\n".join(
        (_harmless(statement.words, _MOST), *advice, "", *beside, *filter(None, (statement.link, statement.page)))
    )


def _brief(statement: StatementSummary, most: int) -> str:
    """Return one statement of a digest."""
    words = _harmless(f"{statement.headline}: {statement.words}", 2 * most)
    beside = [_harmless(line, most) for line in (*statement.beside, statement.origin)]
    return "\n".join(filter(None, (words, *beside, within(statement.link or statement.page, most))))


def _harmless(text: str, most: int) -> str:
    return _CALLING.sub(rf"\1{_WORD_JOINER}", shortened(text, most))


class _Workers:
    """A pool of `_apprise` processes, started on demand and reused; safe to share between threads."""

    def __init__(self) -> None:
        self._room = BoundedSemaphore(_PROCESSES)
        self._idle: list[_Worker] = []

    def ask(self, seconds: float, **request: Any) -> dict[str, str]:
        """Send a request and return the answer. Raises WorldError if there is none in time."""
        with self._room:
            try:
                worker = self._idle.pop()
            except IndexError:
                worker = _Worker()
            answer = worker.ask(seconds, request)
            self._idle.append(worker)
            return answer

    def end(self) -> None:
        """End the idle processes."""
        while self._idle:
            self._idle.pop().end()


class _Worker:
    """A process, which is ended if it does not answer."""

    def __init__(self) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter and our module
                [sys.executable, "-P", "-m", f"{__package__}._apprise"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                env=_environment(),
                start_new_session=True,  # so that Ctrl-C does not reach it
            )
        except OSError as error:
            raise WorldError(f"process for Apprise does not start: {error}") from error
        self._exchanged("", _START_SECONDS)

    def ask(self, seconds: float, request: dict[str, Any]) -> dict[str, str]:
        answer: dict[str, str] = json.loads(self._exchanged(json.dumps(request) + "\n", seconds))
        return answer

    def end(self) -> None:
        self._process.kill()
        with self._process:  # closes its pipes and waits
            pass

    def _exchanged(self, line: str, seconds: float) -> str:
        late = Event()
        timer = Timer(seconds, self._cut, [late])
        timer.start()
        try:
            answer = self._spoken(line)
        finally:
            timer.cancel()
        if answer:
            return answer
        self.end()
        raise WorldError(f"service of Apprise {f'took longer than {seconds:.3g} s' if late.is_set() else 'broke off'}")

    def _cut(self, late: Event) -> None:
        late.set()
        self._process.kill()

    def _spoken(self, line: str) -> str:
        requests, answers = self._process.stdin, self._process.stdout
        if requests is None or answers is None:
            return ""
        try:
            requests.write(line)
            requests.flush()
            return answers.readline()
        except OSError:
            return ""


@cache
def _workers() -> _Workers:
    workers = _Workers()
    atexit.register(workers.end)
    return workers


def _environment() -> dict[str, str]:
    """Return our environment without proxies, passwords for hosts, settings and other secrets."""
    return {**environment(), "NETRC": os.devnull, "PYTHONUTF8": "1"}


def connect(address: str, settings: Settings, outside: HttpClient) -> Service:
    """Return the service of this Apprise address."""
    if importlib.util.find_spec("apprise") is None:
        raise SettingsError("apprise is not installed: pip install 'onrecord[apprise]'")
    answer = _workers().ask(_START_SECONDS, address=address) if _ADDRESS.fullmatch(address) else {"outcome": "unknown"}
    if answer["outcome"] == "unknown":
        fault = f"; {answer['why']} is not allowed" if answer.get("why") else ""
        raise UsageError(f"target apprise:{address} has no valid address of Apprise after apprise:{fault}")
    return Service(address, settings)
