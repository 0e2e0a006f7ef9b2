"""A package with plug-ins of every group: built, installed, used through the public commands, checked, and removed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(400)  # a dozen processes start one after the other

PLUGIN = Path(__file__).parents[2] / "data" / "plugin"
CLI = """
import sys, shlex
from onrecord.cli import main
for line in sys.stdin:
    print(">", line.strip(), "→", main(["--file", sys.argv[1], *shlex.split(line)]), flush=True)
"""
CHECKS = """
import sys
from pathlib import Path
from onrecord_carrier import Carrier, letters
from onrecord.testing import check_connector, check_exporter, check_language, check_notifier

folder = Path(sys.argv[1])
(folder / "a.letter").write_text("Title\\n\\nText\\n---\\nSecond\\n\\nText")
check_connector(letters.read, folder / "a.letter")
(folder / "empty").mkdir()
check_exporter(letters.connect, folder / "empty")
words = "La haveno restos malfermita"
check_language("eo", f"“{words},” diris Ada Lindkvist.", words, "Ada Lindkvist")
mail = folder / "mail.txt"
check_notifier(Carrier(mail), lambda: mail.read_text("utf-8").splitlines() if mail.exists() else [])
print("every contract is kept")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example package, installed by pip from a copy of its source."""
    source, target = tmp_path_factory.mktemp("source") / "plugin", tmp_path_factory.mktemp("installed")
    shutil.copytree(PLUGIN, source)
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", *install, str(source)], check=True, capture_output=True)
    return target


def python(code: str, *arguments: Path, plug_ins: Path | None, stdin: str = "") -> str:
    """The output of a process that sees these packages too."""
    path = os.pathsep.join([str(Path.cwd()), *([str(plug_ins)] if plug_ins else [])])
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, input=stdin)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def onrecord(folder: Path, *lines: str, plug_ins: Path | None = None) -> str:
    """The output of some commands, one after the other, each with its exit code."""
    return python(CLI, folder / "desk.sqlite", plug_ins=plug_ins, stdin="\n".join(lines))


@pytest.mark.slow
def test_plug_ins_of_every_group_work_show_in_doctor_and_cannot_break_the_rest(installed: Path, tmp_path: Path) -> None:
    letters, watch = tmp_path / "letters.txt", "watches add Ada --by ada-lindqvist --deliver"
    missing = onrecord(tmp_path, "actors add 'Ada Lindqvist'", f"{watch} carrier:/nowhere", "doctor")
    assert "has no notifier 'carrier'" in missing
    assert "plug-in" not in missing

    letter = tmp_path / "a.letter"
    letter.write_text(
        "Harbour\n\n“The harbour will stay open,” Ada Lindqvist said on Monday.\n---\nNothing\n\n", "utf-8"
    )
    esperanto = tmp_path / "b.txt"
    esperanto.write_text("“La haveno restos malfermita dum la tuta vintro,” diris Ada Lindkvist.\n", "utf-8")
    used = onrecord(
        tmp_path,
        f"{watch} carrier:{letters}",
        f"ingest {letter} {esperanto}",
        f"export {tmp_path / 'out'} --format letters",
        f"{watch} broken:x --replace",
        "doctor",
        "watches list",
        plug_ins=installed,
    )
    assert f"> {watch} carrier:{letters} → 0" in used
    assert "3 articles read" in used
    assert "statements: " in (tmp_path / "out" / "letters-1.txt").read_text("utf-8")
    plug_ins = [line for line in used.splitlines() if " plug-in " in line]
    for working in (
        "notifier 'carrier' from onrecord_carrier:connect",
        "connector 'letter' from onrecord_carrier.letters:read",
        "exporter 'letters' from onrecord_carrier.letters:connect",
        "language 'eo' from onrecord_carrier.eo",
    ):
        assert any(line.startswith("ok") and working in line for line in plug_ins), working
    for broken in ("notifier 'broken'", "language 'xx'"):
        assert any(
            f"{broken} of the package onrecord-carrier cannot be loaded: this plug-in is broken" in line
            for line in plug_ins
        )
    assert not any("stdout" in line for line in plug_ins)  # ours takes precedence
    assert f"> {watch} broken:x --replace → 78" in used
    assert "> watches list → 0" in used

    removed = onrecord(tmp_path, "watches list", f"ingest {letter}", "export out --format letters")
    assert "> watches list → 0" in removed
    assert "is not a file of a known kind" in removed
    assert "'letters' is unknown" in removed


@pytest.mark.slow
def test_the_example_keeps_every_contract(installed: Path, tmp_path: Path) -> None:
    assert "every contract is kept\n" in python(CHECKS, tmp_path, plug_ins=installed)
