"""Ways to tell people, one per file, loaded by name: the target "NAME:ADDRESS" is sent by `connectors/notify/NAME.py`.

Each file has `connect(address, settings, outside)`, which gives the Notifier of that address; UsageError where the
address cannot be one, SettingsError where a setting that it needs is missing.
"""

import pkgutil
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from connectors.http.client import HttpClient
from pipeline.alerts.targets import HIDDEN, masked, without
from pipeline.errors import OnRecordError, UsageError
from pipeline.model import Delivery
from pipeline.ports import Notifier
from pipeline.settings import Settings


def names() -> tuple[str, ...]:
    """The names that a target can begin with."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return tuple(sorted(module.name for module in modules if not module.name.startswith("_")))


@dataclass(frozen=True, slots=True)
class _Discreet:
    """A way to tell people whose errors do not tell the target."""

    target: str
    notifier: Notifier

    def send(self, delivery: Delivery) -> None:
        """See Notifier."""
        try:
            self.notifier.send(delivery)
        except OnRecordError as error:
            error.args = (without(str(error), self.target),)
            raise


def notifier(target: str, settings: Settings, outside: HttpClient) -> Notifier:
    """The way to this target; UsageError where there is none of that name. No error of it tells the target."""
    name, _, address = target.partition(":")
    if name not in names():
        raise UsageError(f"target {masked(target)!r} has no notifier {name!r}; known are {', '.join(names())}")
    if HIDDEN in target:
        raise UsageError(f"target {masked(target)!r} is masked as in a list, and no target of this watch is shown so")
    try:
        connected: Notifier = import_module(f"{__name__}.{name}").connect(address, settings, outside)
    except OnRecordError as error:
        error.args = (without(str(error), target),)
        raise
    return _Discreet(target, connected)
