"""Notifiers, loaded by name: `connectors/notify/NAME.py`, or the plug-in NAME, delivers to the target "NAME:ADDRESS".

A notifier's module has `connect(address, settings, http)`, which returns the Notifier for an address. It raises
UsageError for an invalid address and SettingsError for a missing setting. That of `push` takes the desk too. Another
package adds a notifier by an entry point in the group `onrecord.notifiers` whose value is such a function; ours takes
precedence if the names are equal.
"""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

from connectors.http.client import HttpClient
from pipeline.errors import OnRecordError, SettingsError, UsageError
from pipeline.model import Delivery
from pipeline.plug_ins import NOTIFIERS, load
from pipeline.plug_ins import plug_ins as plug_ins_of
from pipeline.ports import Desk, Notifier
from pipeline.settings import Settings
from pipeline.text.targets import HIDDEN, masked, without

Connect = Callable[[str, Settings, HttpClient], Notifier]


def names() -> tuple[str, ...]:
    """Return the names with which a target can begin, including plug-ins."""
    return tuple(sorted({*_own_names(), *plug_ins()}))


def plug_ins() -> dict[str, EntryPoint]:
    """Return the notifiers of other packages by name."""
    own = _own_names()
    return {name: point for name, point in plug_ins_of(NOTIFIERS).items() if name not in own}


def _own_names() -> frozenset[str]:
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return frozenset(module.name for module in modules if not module.name.startswith("_"))


def loaded(name: str) -> Connect:
    """Return the function that connects this notifier. Raises SettingsError for a plug-in that cannot be loaded."""
    if name in _own_names():
        own: Connect = import_module(f"{__name__}.{name}").connect
        return own
    connect: Connect = load(plug_ins()[name])
    return connect


@dataclass(frozen=True, slots=True)
class _Discreet:
    """A notifier whose errors do not reveal its target."""

    target: str
    notifier: Notifier

    def send(self, delivery: Delivery) -> None:
        """Send the delivery; see `Notifier`."""
        try:
            self.notifier.send(delivery)
        except OnRecordError as error:
            error.args = (without(str(error), self.target),)
            raise


def notifier(target: str, settings: Settings, http: HttpClient, desk: Desk | None = None) -> Notifier:
    """Return the notifier for this target; its errors never reveal it. Raises UsageError for an unknown name.

    `desk` has the browsers of `push`, which is refused without it.
    """
    name, _, address = target.partition(":")
    if name not in names():
        raise UsageError(f"target {masked(target)!r} has no notifier {name!r}; known are {', '.join(names())}")
    if HIDDEN in target:
        raise UsageError(f"target {masked(target)!r} is masked as in a list, and is no target of this watch")
    try:
        connected = _push(address, settings, http, desk) if name == "push" else loaded(name)(address, settings, http)
    except OnRecordError as error:
        error.args = (without(str(error), target),)
        raise
    return _Discreet(target, connected)


def _push(address: str, settings: Settings, http: HttpClient, desk: Desk | None) -> Notifier:
    if desk is None:
        raise UsageError(f"target push:{address} needs a desk")
    connected: Notifier = _push_module().connect(address, settings, http, desk)
    return connected


def push_key(settings: Settings) -> str:
    """Return the public key by which browsers know this desk. SettingsError if a setting or the extra is missing."""
    key: str = _push_module().public_key(settings)
    return key


def _push_module() -> ModuleType:
    try:
        from connectors.notify import push
    except ModuleNotFoundError as error:
        raise SettingsError("push.key needs the extra `push`: pip install 'onrecord[push]'") from error
    return push
