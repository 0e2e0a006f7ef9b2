"""On the Record in a source tree: `onrecord` is `pipeline`, and `onrecord.connectors` is `connectors`."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

import pipeline


def _source(name: str) -> str:
    """The name of a module in the source tree."""
    inner = name.removeprefix("onrecord.")
    return inner if inner.partition(".")[0] == "connectors" else f"pipeline.{inner}"


class _Alias(Loader):
    """Loads the module of the source tree, which stays as it is."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module of the source tree."""
        module = import_module(_source(spec.name))
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Put back the spec that the import system has replaced."""
        module.__spec__ = self._spec


class _Finder(MetaPathFinder):
    """Finds each module of the package in the source tree."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of an alias, or None for a module that does not exist or is of another package."""
        if not name.startswith("onrecord.") or find_spec(_source(name)) is None:
            return None
        return ModuleSpec(name, _Alias())


sys.meta_path.insert(0, _Finder())
sys.modules[__name__] = pipeline
