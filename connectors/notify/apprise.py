"""Alerts by Apprise, which reaches a hundred more services: "apprise:" and one of its addresses.

https://appriseit.com/services/

Apprise opens its own connections. So the hosts in an address are looked up before it does, and refused where they are
private, and it follows no redirect; but a name that leads elsewhere a moment later, and the size of an answer, are
beyond us, unlike with `Outside`. What takes too long is left to end by itself, in one of a few threads.
"""

import re
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from threading import BoundedSemaphore, Thread
from typing import TYPE_CHECKING, Final

from connectors.http import Outside
from pipeline.errors import RefusedError, SettingsError, UsageError, WorldError
from pipeline.messages import headline, link, one_line, origin, page, reason, said, shortened
from pipeline.model import Alert, Delivery
from pipeline.networks import is_public
from pipeline.settings import Settings

if TYPE_CHECKING:
    from apprise import NotifyBase

_MOST: Final = 4_000  # characters of a statement
_BESIDE: Final = 500  # of each line beside it
_WRONG: Final = 200  # of what Apprise says went wrong
_CALLING: Final = re.compile(r"([@<]|\](?=\())")  # what calls people and makes links in the markup of some service
_WORD_JOINER: Final = "\u2060"
_threads = BoundedSemaphore(16)


@dataclass(frozen=True, slots=True)
class Service:
    """One service, as Apprise knows it."""

    plugin: "NotifyBase"
    settings: Settings

    def send(self, delivery: Delivery) -> None:
        """See Notifier. Whether a failure is for good Apprise does not tell, so all are tried again."""
        wrong = _within(self.settings.webhook.timeout, self, delivery.alert)
        if wrong:
            raise WorldError(f"{self.name} took no alert: {wrong}")

    @property
    def name(self) -> str:
        """What the service is called."""
        return f"{self.plugin.service_name} (by Apprise)"

    def tell(self, alert: Alert) -> str:
        """What went wrong, '' if nothing did."""
        from apprise import Apprise

        if not self.settings.fetch.private_addresses:
            _check_public(self.plugin)
        told = Apprise(self.plugin, asset=self.plugin.asset)
        words = body(alert, self.settings.web.address)
        result = told.notify(words, title=_harmless(headline(alert), _BESIDE), body_format="text")
        if result:
            return ""
        why = [entry.message for entry in result.logs()] or ["it does not say why"]
        return shortened(one_line(why[-1]), _WRONG)


def body(alert: Alert, pages: str = "") -> str:
    """What is told beside the headline."""
    statement = alert.statement
    beside = (_harmless(line, _BESIDE) for line in (origin(statement), reason(alert)))
    leads = (link(statement), page(statement, pages))
    return "\n".join((_harmless(said(statement), _MOST), "", *beside, *filter(None, leads)))


def _harmless(text: str, most: int) -> str:
    return _CALLING.sub(rf"\1{_WORD_JOINER}", shortened(text, most))


def _within(limit: timedelta, service: Service, alert: Alert) -> str:
    """What `tell` gives; WorldError when the time is up. The thread is no reason to stay when the program ends."""
    if not _threads.acquire(blocking=False):
        raise WorldError(f"{service.name} has to wait, since earlier alerts by Apprise hang")
    future: Future[str] = Future()

    def run() -> None:
        try:
            future.set_result(service.tell(alert))
        except Exception as error:  # whatever it is, it is raised where it is waited for
            future.set_exception(error)
        finally:
            _threads.release()

    Thread(target=run, name="apprise", daemon=True).start()
    try:
        return future.result(limit.total_seconds())
    except TimeoutError as error:
        raise WorldError(f"{service.name} did not take the alert within {limit.total_seconds():.3g} s") from error


def _check_public(plugin: "NotifyBase") -> None:
    """RefusedError where the address leads to a host that is not on the public internet."""
    for host in _hosts(plugin):
        for address in _addresses(host):
            if not is_public(address):
                raise RefusedError(f"{host} is at {address}, which is no public address (fetch.private_addresses)")


def _hosts(plugin: "NotifyBase") -> Iterator[str]:
    """The hosts that the address names; where no service of this kind has one, a token may stand in its place."""
    if "host" in type(plugin).template_tokens:
        yield str(plugin.host).strip("[]")
    yield from filter(None, [getattr(plugin, "smtp_host", None)])


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []  # Apprise will say that there is none
    return [str(address[0]) for *_, address in found]


def connect(address: str, settings: Settings, outside: Outside) -> Service:
    """The service of this Apprise address."""
    try:
        from apprise import Apprise, AppriseAsset
    except ImportError as error:
        raise SettingsError("apprise is not installed: pip install 'onrecord[apprise]'") from error
    asset = AppriseAsset(
        app_id="On the Record",
        async_mode=False,  # in our thread, which has a limit of its own
        service_timeout=0,
        storage_mode="memory",
        http_redirects=False,
    )
    plugin = Apprise.instantiate(address, asset=asset)
    if plugin is None:
        raise UsageError(f"target apprise:{address} has no address that Apprise knows after apprise:")
    plugin.redirects = False  # whatever the address says
    return Service(plugin, settings)
