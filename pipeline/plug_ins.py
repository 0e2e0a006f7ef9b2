"""Plug-ins: what other packages add by entry points, each group with the type that its values have.

Ours take precedence over plug-ins of the same name. A plug-in is loaded when its name is first used; one that cannot be
loaded raises SettingsError there, and nothing else is affected. `onrecord doctor` loads them all and names the broken.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from pipeline.errors import SettingsError

NOTIFIERS: Final = "onrecord.notifiers"
"""`connect(address, settings, http)` returns a `Notifier` for the target "NAME:ADDRESS"."""

CONNECTORS: Final = "onrecord.connectors"
"""`read(file)` yields the articles of files that end in ".NAME", as mappings with the fields of a JSON article."""

LANGUAGES: Final = "onrecord.languages"
"""A package with the files of a folder of `pipeline/languages/`; the name is the language's code (ISO 639-1)."""

EXPORTERS: Final = "onrecord.exporters"
"""`connect(folder, part)` returns a `TableWriter` for `onrecord export --format NAME`."""

GROUPS: Final = {NOTIFIERS: "notifier", CONNECTORS: "connector", LANGUAGES: "language", EXPORTERS: "exporter"}
"""The groups of entry points, with the word for one of their plug-ins."""


def plug_ins(group: str) -> dict[str, EntryPoint]:
    """The plug-ins of a group by name."""
    return {point.name: point for point in entry_points(group=group)}


def load(point: EntryPoint) -> Any:
    """The value of a plug-in. SettingsError, with the name of its package, if it cannot be loaded."""
    try:
        return point.load()
    except Exception as error:  # a plug-in may raise anything on import, and must not stop the others
        package = point.dist.name if point.dist else point.value
        kind = GROUPS.get(point.group, point.group)
        raise SettingsError(f"{kind} {point.name!r} of the package {package} cannot be loaded: {error}") from error
