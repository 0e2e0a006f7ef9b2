"""Build hook: what `pip wheel` makes of the source tree.

In the source tree, `pipeline/` and `connectors/` lie side by side. Installed under these names they would shadow the
modules of others, so the wheel has the one package `onrecord`: `pipeline` is `onrecord`, and `connectors` is
`onrecord.connectors`. The hook rewrites import statements alone, line by line, so that lines keep their numbers.

An editable installation has the source tree on its path, and a small package `onrecord` whose modules are those of the
source tree, so that plug-ins import the same names everywhere.
"""

import ast
import re
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSTALLED: Final = {"pipeline": "onrecord", "connectors": "onrecord.connectors"}
"""The packages of the source tree with the names that they have in the wheel."""

_IMPORT: Final = re.compile(rf"^(\s*(?:from|import)\s+)({'|'.join(INSTALLED)})\b")

_COMPLETIONS: Final = {
    "bash": "share/bash-completion/completions/onrecord",
    "zsh": "share/zsh/site-functions/_onrecord",
    "fish": "share/fish/vendor_completions.d/onrecord.fish",
}


def rewritten(source: str, file: str) -> str:
    """The module with the names of the wheel in its import statements.

    SyntaxError for `import pipeline.x`: its name stands in expressions too.
    """
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source, file)):
        if isinstance(node, ast.Import):
            plain = [name.name for name in node.names if name.name.partition(".")[0] in INSTALLED]
            if plain:
                raise SyntaxError(f"{file}:{node.lineno} should import {plain[0]} by `from … import …`")
        elif isinstance(node, ast.ImportFrom) and not node.level:
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = _IMPORT.sub(lambda match: match[1] + INSTALLED[match[2]], line)
    return "".join(lines)


def write_package(root: Path, target: Path) -> None:
    """Write the package `onrecord` from the source tree."""
    for source, name in INSTALLED.items():
        folder = target.joinpath(*name.split("."))
        shutil.copytree(root / source, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        for file in sorted(folder.rglob("*.py")):
            file.write_text(rewritten(file.read_text("utf-8"), str(file.relative_to(target))), "utf-8")


class CustomBuildHook(BuildHookInterface[Any]):
    """Adds the package, the man page and the shell completions to a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write what the wheel needs and add it."""
        root = Path(self.root)
        self._folder = Path(mkdtemp(prefix="onrecord-build-"))
        if version == "editable":
            alias = root / "deploy" / "package" / "alias.py"
            build_data["force_include_editable"][str(alias)] = "onrecord/__init__.py"
            return
        write_package(root, self._folder)
        build_data["force_include"][str(self._folder / "onrecord")] = "onrecord"
        sys.path[:0] = [str(root), str(root / "deploy" / "package")]
        import manual

        for name, text in {"share/man/man1/onrecord.1": manual.page(), **manual.completions(_COMPLETIONS)}.items():
            file = self._folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
            build_data["shared_data"][str(file)] = name

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written for the wheel."""
        shutil.rmtree(self._folder)
