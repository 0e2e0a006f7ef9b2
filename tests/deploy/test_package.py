"""The wheel and the sdist: what they install, that they are reproducible, and that the wheel works by itself."""

import ast
import configparser
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from pipeline import __version__
from tests.deploy.files import DEPLOY

ROOT = DEPLOY.parent
BUILD = "from hatchling.cli import hatchling; hatchling()"
OURS = re.compile(r"(pipeline|connectors)(\.\w+)+")


def module(name: str) -> ModuleType:
    """A module of the folder deploy/package/, which is no package."""
    spec = spec_from_file_location(name, DEPLOY / "package" / f"{name}.py")
    assert spec
    assert spec.loader
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def built(source: Path, target: Path, *kinds: str) -> None:
    options = [part for kind in kinds for part in ("-t", kind)]
    command = [sys.executable, "-c", BUILD, "build", "-d", str(target), *options]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel."""
    target = tmp_path_factory.mktemp("dist")
    built(ROOT, target, "sdist", "wheel")
    return target


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as opened:
        yield opened


def test_only_imports_are_renamed_for_the_wheel() -> None:
    source = (
        '"""See pipeline.model.\n\nfrom pipeline import x\n"""\n'
        "from pipeline import __version__\n"
        "from pipeline.errors import (\n    UsageError,\n)\n"
        "def load():\n    from connectors.sqlite import database\n    pipeline = 1\n    return pipeline\n"
        "from pipelines import x\n"
    )
    assert module("hook").rewritten(source, "x.py") == (
        '"""See pipeline.model.\n\nfrom pipeline import x\n"""\n'
        "from onrecord import __version__\n"
        "from onrecord.errors import (\n    UsageError,\n)\n"
        "def load():\n    from onrecord.connectors.sqlite import database\n    pipeline = 1\n    return pipeline\n"
        "from pipelines import x\n"
    )


@pytest.mark.parametrize("line", ["import pipeline", "import connectors.http as http", "import os, pipeline.model"])
def test_an_import_used_by_its_full_name_is_refused(line: str) -> None:
    with pytest.raises(SyntaxError, match=r"x\.py:1 should import"):
        module("hook").rewritten(f"{line}\n", "x.py")


@pytest.mark.slow
def test_the_wheel_has_no_package_but_ours(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {"onrecord", f"onrecord-{__version__}.data", f"onrecord-{__version__}.dist-info"}


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_source(wheel: zipfile.ZipFile) -> None:
    for folder, name in (("pipeline", "onrecord"), ("connectors", "onrecord/connectors")):
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                assert f"{name}/{file.relative_to(ROOT / folder).as_posix()}" in wheel.namelist()


@pytest.mark.slow
def test_no_module_of_the_wheel_uses_a_name_of_the_source_tree(wheel: zipfile.ZipFile) -> None:
    for name in wheel.namelist():
        if not name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(wheel.read(name))):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert (node.module or "").partition(".")[0] not in ("pipeline", "connectors"), name
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not OURS.fullmatch(node.value), f"{name} has {node.value!r}: use __name__ or __package__"


@pytest.mark.slow
def test_the_wheel_has_the_version_the_command_and_its_types(wheel: zipfile.ZipFile) -> None:
    information = f"onrecord-{__version__}.dist-info"
    points = configparser.ConfigParser()
    points.read_string(wheel.read(f"{information}/entry_points.txt").decode())
    assert dict(points["console_scripts"]) == {"onrecord": "onrecord.cli:main"}
    assert f"\nVersion: {__version__}\n" in wheel.read(f"{information}/METADATA").decode()
    assert "onrecord/py.typed" in wheel.namelist()


@pytest.mark.slow
def test_the_man_page_describes_every_command(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    text = wheel.read(f"onrecord-{__version__}.data/data/share/man/man1/onrecord.1").decode()
    for name in (r"onrecord try", r"onrecord watches add", r"onrecord feeds backfill"):
        assert f".SS {name}\n" in text
    assert r"\fB\-\-least\-confidence\fR" in text
    assert not [line for line in text.splitlines() if line.startswith("'")]  # would be a request
    assert not re.search(r"(?<!\\)-", re.sub(r"^\.TH.*$", "", text, flags=re.MULTILINE))
    if shutil.which("groff"):
        (tmp_path / "onrecord.1").write_text(text)
        roff = ["groff", "-man", "-Tutf8", "-ww", str(tmp_path / "onrecord.1")]
        assert subprocess.run(roff, check=True, capture_output=True, text=True).stderr == ""


def test_the_command_line_is_read_with_what_a_build_installs() -> None:
    code = (
        "import sys; from pipeline.cli.root import command; command();"
        "print(*{n.partition('.')[0] for n in sys.modules} & {'pydantic', 'pydantic_core', 'platformdirs', 'fastapi'})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""


def test_a_leading_dot_is_escaped_in_the_man_page() -> None:
    assert list(module("manual")._text(".eml files\nand more\n\nlast")) == [r"\&.eml files and more", ".PP", "last"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", "bash-completion/completions/onrecord"),
        ("zsh", "zsh/site-functions/_onrecord"),
        ("fish", "fish/vendor_completions.d/onrecord.fish"),
    ],
)
def test_shells_complete_by_the_command_itself(wheel: zipfile.ZipFile, shell: str, place: str) -> None:
    script = wheel.read(f"onrecord-{__version__}.data/data/share/{place}").decode()
    assert "_ONRECORD_COMPLETE" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, check=True, text=True)


@pytest.mark.slow
def test_a_second_build_and_one_from_the_sdist_are_equal(dist: Path, tmp_path: Path) -> None:
    built(ROOT, tmp_path / "second", "sdist", "wheel")
    shutil.unpack_archive(next(dist.glob("*.tar.gz")), tmp_path / "unpacked", filter="data")
    built(next((tmp_path / "unpacked").iterdir()), tmp_path / "third", "wheel")
    for file in dist.iterdir():
        expected = hashlib.sha256(file.read_bytes()).hexdigest()
        for folder in ("second", "third"):
            other = tmp_path / folder / file.name
            if other.exists():
                assert hashlib.sha256(other.read_bytes()).hexdigest() == expected, f"{folder}/{file.name}"


@pytest.fixture(scope="module")
def environment(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and with the packages that it needs, but without the source tree."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    install = ["install", "--quiet", "--no-deps", "--no-index", str(next(dist.glob("*.whl")))]
    python = str(folder / "bin" / "python")
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install], check=True, capture_output=True)
    site = next((folder / "lib").glob("python*")) / "site-packages"
    (site / "needed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")  # behind the wheel on the path
    return folder


def run(environment: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    program = [str(environment / "bin" / command[0]), *command[1:]]
    return subprocess.run(program, cwd=folder, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_installed_package_shadows_no_module_and_needs_no_source_tree(environment: Path, tmp_path: Path) -> None:
    code = (
        "import importlib.util as u, onrecord.services, onrecord.connectors.sqlite.database as d;"
        "print(u.find_spec('pipeline'), u.find_spec('connectors'), d.__file__)"
    )
    answer = run(environment, tmp_path, "python", "-c", code)
    assert answer.stdout.startswith(f"None None {environment}"), answer.stderr


@pytest.mark.slow
def test_the_installed_command_works_from_any_folder_beside_modules_of_generic_names(
    environment: Path, tmp_path: Path
) -> None:
    for name in ("pipeline", "connectors"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not yours')\n")
    page = tmp_path / "article.html"
    page.write_text(
        "<html><head><title>Harbour</title></head><body><article><p>“The harbour will stay open all winter,” Ada "
        "Lindqvist, the mayor, said on Monday.</p></article></body></html>"
    )
    ingested = run(environment, tmp_path, "onrecord", "--file", "desk.sqlite", "ingest", str(page))
    assert ingested.returncode == 0, ingested.stderr
    result = run(environment, tmp_path, "onrecord", "--file", "desk.sqlite", "search", "harbour", "--json")
    assert "Ada Lindqvist" in result.stdout, result.stderr


@pytest.mark.slow
def test_the_installed_command_runs_the_sample_desk(environment: Path, tmp_path: Path) -> None:
    answer = run(environment, tmp_path, "onrecord", "try", "--once")
    assert answer.returncode == 0, answer.stdout + answer.stderr
