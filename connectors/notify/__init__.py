"""Ways to tell people, one per file, loaded by name: the target "NAME:ADDRESS" is sent by `connectors/notify/NAME.py`.

Each file has `connect(address, settings, outside)`, which gives the Notifier of that address; UsageError where the
address cannot be one, SettingsError where a setting that it needs is missing.
"""

import pkgutil
from importlib import import_module
from pathlib import Path

from connectors.http import Outside
from pipeline.errors import UsageError
from pipeline.ports import Notifier
from pipeline.settings import Settings


def names() -> tuple[str, ...]:
    """The names that a target can begin with."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return tuple(sorted(module.name for module in modules if not module.name.startswith("_")))


def notifier(target: str, settings: Settings, outside: Outside) -> Notifier:
    """The way to this target; UsageError where there is none of that name."""
    name, _, address = target.partition(":")
    if name not in names():
        raise UsageError(f"target {target!r} has no notifier {name!r}; known are {', '.join(names())}")
    connected: Notifier = import_module(f"{__name__}.{name}").connect(address, settings, outside)
    return connected
