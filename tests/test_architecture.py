"""The import contracts of pyproject.toml hold, and the top level holds what it should."""

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXPECTED = {"pyproject.toml", "pipeline", "connectors", "deploy", "tests", "README.md", "LICENSE", "CHANGELOG.md"}
# One technology, one file (for SQLite, one file a door).
VENDORS = {
    "feedparser": {"connectors/feeds/fast_parse.py", "connectors/feeds/parse.py"},
    "trafilatura": {"connectors/pages/fulltext.py"},
    "httpx2": {"connectors/http/client.py", "connectors/http/addresses.py", "connectors/http/unpacking.py"},
    "h11": {"connectors/http/connection.py", "pipeline/web/guard.py"},
    "listparser": {"connectors/files/lists.py"},
    "apprise": {"connectors/notify/_apprise.py"},
    "smtplib": {"connectors/notify/email.py"},
    "protego": {"connectors/http/robots.py"},
    "standardwebhooks": {"connectors/notify/webhook.py"},
    "warcio": {"connectors/files/warc.py"},
    "elasticsearch": {"connectors/elasticsearch/client.py"},
    "apache_beam": {
        f"pipeline/run/beam/{name}.py"
        for name in (
            "batch",
            "io",
            "job",
            "jsonl_io",
            "runner",
            "state_cache",
            "supervisor",
            "transforms",
            "worker_pool",
        )
    },
}


def test_import_contracts_are_kept() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_vendor_has_its_one_file() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for room in ("pipeline", "connectors"):
        for path in (ROOT / room).rglob("*.py"):
            for name in imported(path):
                if name in VENDORS:
                    found[name].add(path.relative_to(ROOT).as_posix())
    assert dict(found) == VENDORS


def imported(path: Path) -> set[str]:
    """Top-level names of all that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_nothing_else_lies_at_the_top_level() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {line.partition("/")[0] for line in listed.splitlines()}
    assert {name for name in top if not name.startswith(".")} == EXPECTED


def test_the_unit_ring_names_tests_that_exist() -> None:
    lines = (ROOT / "tests" / "unit").read_text("utf-8").splitlines()
    paths = [line.removeprefix("--ignore=") for line in lines if not line.startswith("#")]
    assert [path for path in paths if not (ROOT / path).exists()] == []
