"""Notifiers of other packages: one is built, installed, used through the public commands, and removed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[2] / "data" / "plugin"
CLI = "import sys; from pipeline.cli import main; sys.exit(main())"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example package, installed by pip from a copy of its source."""
    source, target = tmp_path_factory.mktemp("source") / "plugin", tmp_path_factory.mktemp("installed")
    shutil.copytree(PLUGIN, source)
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", *install, str(source)], check=True, capture_output=True)
    return target


def onrecord(folder: Path, *arguments: str, plug_ins: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command in a process that sees these packages too."""
    path = os.pathsep.join([str(Path.cwd()), *([str(plug_ins)] if plug_ins else [])])
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-c", CLI, "--file", str(folder / "desk.sqlite"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_plug_in_delivers_shows_in_doctor_and_cannot_break_the_rest(installed: Path, tmp_path: Path) -> None:
    onrecord(tmp_path, "actors", "add", "Ada Lindqvist")
    watch = ("watches", "add", "Ada", "--by", "ada-lindqvist", "--deliver")
    refused = onrecord(tmp_path, *watch, "carrier:/nowhere")
    assert "has no notifier 'carrier'" in refused.stderr

    letters = tmp_path / "letters.txt"
    added = onrecord(tmp_path, *watch, f"carrier:{letters}", plug_ins=installed)
    assert added.returncode == 0, added.stderr
    article = tmp_path / "article.txt"
    article.write_text("“The harbour will stay open all winter,” Ada Lindqvist said on Monday.\n", encoding="utf-8")
    ingested = onrecord(tmp_path, "ingest", "--live", str(article), plug_ins=installed)
    assert ingested.returncode == 0, ingested.stderr

    findings = onrecord(tmp_path, "doctor", plug_ins=installed).stdout.splitlines()
    plug_ins = [line for line in findings if " plug-in " in line]
    assert any("notifier 'carrier' from onrecord_carrier:connect" in line for line in plug_ins)
    assert any(
        "'broken' of the package onrecord-carrier cannot be loaded: this plug-in is broken" in line for line in plug_ins
    )
    assert not any("stdout" in line for line in plug_ins)  # ours takes precedence

    broken = onrecord(
        tmp_path, "watches", "add", "Broken", "--by", "ada-lindqvist", "--deliver", "broken:x", plug_ins=installed
    )
    assert broken.returncode != 0
    assert "cannot be loaded" in broken.stderr
    listed = onrecord(tmp_path, "watches", "list")
    assert listed.returncode == 0
