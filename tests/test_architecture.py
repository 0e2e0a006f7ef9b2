"""The import contracts of pyproject.toml hold, and names, sizes and places of modules follow the style."""

import ast
import re
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXPECTED = {"pyproject.toml", "pipeline", "connectors", "deploy", "tests", "README.md", "LICENSE", "CHANGELOG.md"}
# The modules that import a vendor.
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
    "warcio": {"connectors/files/evidence.py", "connectors/files/warc.py"},
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
            "transforms",
            "worker_pool",
        )
    },
}

# Names that say nothing of what they hold.
FILLERS = frozenset(
    (
        "anew",
        "asked",
        "data",
        "found",
        "given",
        "item",
        "kept",
        "made",
        "manager",
        "of",
        "one",
        "thing",
        "told",
        "utils",
    )
)
# Names of fields in messages, which keep their names as long as their version.
WIRE_FIELDS = {
    ("pipeline/model/desk.py", "thing"),
    ("pipeline/model/feed.py", "asked"),
    ("pipeline/web/alerts.py", "thing"),
    ("pipeline/feeds/state.py", "asked"),
}
MOST_LINES = 400
LONG_MODULES = {
    "pipeline/testing.py": "what a plug-in needs for its tests: adapters in memory, and the contract of each port",
}
MOST_SIBLINGS = 17
LONGEST_FUNCTION = 50  # lines
IN_THE_TREE = re.compile(r"(?<![\w/.])((?:pipeline|connectors|deploy|tests)/[\w/@.-]*[\w/])")
CREATED_LATER = {"deploy/.secrets", "deploy/onrecord.env"}  # by `deploy/cluster` and by its operator
IMPURE = re.compile(r"\b(?:import|from) (?:connectors|tests\.connectors|sqlite3|subprocess|socket)\b|\bloopback\b")
BEYOND_ASCII = re.compile(r"[^\W\d_a-zA-Z]")
# Modules with letters beyond ASCII that are no words of a language.
LETTERS = {
    "connectors/feeds/parse.py": "a range of characters",
    "connectors/pages/sections.py": "scripts without spaces",
    "connectors/sqlite/migrations/step_4_unspaced_words.py": "scripts without spaces",
    "pipeline/extract/text/tokens.py": "a range of characters",
    "pipeline/ingest/body.py": "signs of dates, which several languages share",
    "pipeline/statements/claims.py": "capital letters",
    "pipeline/statements/terms.py": "an alphabet",
    "pipeline/text/__init__.py": "scripts without spaces",
    "pipeline/text/dates.py": "signs of dates, which several languages share",
}
LISTS_OF_LANGUAGES = {
    "pipeline/settings/sections.py",  # the languages of the pages
    "pipeline/text/stems.py",  # the languages of the stemmer
    "pipeline/text/wording.py",  # the languages of the pages
}
FREE_CLAUSE = re.compile(r"\s*(Whether|What|Where|How|Which|Who|When|Whose|That|As in)\b")


def test_import_contracts_hold() -> None:
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
    result: dict[str, set[str]] = defaultdict(set)
    for room in ("pipeline", "connectors"):
        for path in (ROOT / room).rglob("*.py"):
            for name in imported(path):
                if name in VENDORS:
                    result[name].add(path.relative_to(ROOT).as_posix())
    assert dict(result) == VENDORS


NAMING = (ast.alias, ast.arg, ast.Attribute, ast.Import, ast.ImportFrom, ast.MatchAs, ast.mod, ast.Name, ast.stmt)


@cache
def nodes(path: Path) -> list[ast.AST]:
    """The nodes of a module that bind names, import or define something."""
    return [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, NAMING) and not isinstance(getattr(node, "ctx", None), ast.Load)
    ]


def imported(path: Path) -> set[str]:
    """Top-level names of all that a file imports."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Neither at the top, nor within a function, nor for a type: what two modules share stands below both."""
    known = {module_name(ROOT / path) for path in modules()}
    graph: dict[str, set[str]] = {}
    for path in modules():
        name = module_name(ROOT / path)
        froms = [node for node in nodes(ROOT / path) if isinstance(node, ast.ImportFrom) and node.module]
        wanted = {
            full if (full := f"{node.module}.{alias.name}") in known else node.module or ""
            for node in froms
            for alias in node.names
        }
        wanted |= {alias.name for node in nodes(ROOT / path) if isinstance(node, ast.Import) for alias in node.names}
        graph[name] = wanted & known - {name}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_nothing_else_lies_at_the_top_level() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {line.partition("/")[0] for line in listed.splitlines()}
    assert {name for name in top if not name.startswith(".")} == EXPECTED


def unit_ring() -> tuple[list[str], list[str]]:
    """The paths that the unit ring runs, and those that it leaves out."""
    lines = (ROOT / "tests" / "unit").read_text("utf-8").splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    options = [line.partition("=")[2].partition("::")[0] for line in listed if line.startswith("--")]
    return [line for line in listed if not line.startswith("--")], options


def test_the_unit_ring_names_tests_that_exist() -> None:
    assert [path for paths in unit_ring() for path in paths if not (ROOT / path).exists()] == []


def test_the_unit_ring_needs_no_connector() -> None:
    """Servers on loopback, parsers in processes and databases take most of the time that a test takes."""
    run, left_out = unit_ring()
    files = {file.relative_to(ROOT).as_posix() for path in run for file in (ROOT / path).rglob("test_*.py")}
    impure = [path for path in files - set(left_out) if IMPURE.search((ROOT / path).read_text("utf-8"))]
    assert impure == []


def modules() -> list[Path]:
    return sorted(path.relative_to(ROOT) for room in ("pipeline", "connectors") for path in (ROOT / room).rglob("*.py"))


def names(path: Path) -> set[str]:
    """Return the names that a module gives to itself, variables, parameters, functions, classes and imports."""
    named = {path.stem}
    for node in nodes(ROOT / path):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.MatchAs(name=str(name)):
                named.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                named.add(name)
            case ast.alias(asname=str(name)) | ast.Attribute(attr=name, ctx=ast.Store()):
                named.add(name)
    return named


def test_no_name_is_a_filler() -> None:
    named = {(path.as_posix(), name) for path in modules() for name in names(path) & FILLERS}
    assert named == WIRE_FIELDS


def test_no_module_is_longer_than_a_chapter() -> None:
    lengths = {path.as_posix(): len((ROOT / path).read_text("utf-8").splitlines()) for path in modules()}
    assert {path for path, lines in lengths.items() if lines > MOST_LINES} == set(LONG_MODULES)


def test_no_folder_has_more_modules_than_a_reader_takes_in() -> None:
    siblings = Counter(path.parent.as_posix() for path in modules() if path.name != "__init__.py")
    assert {folder: count for folder, count in siblings.items() if count > MOST_SIBLINGS} == {}


def test_a_test_stands_in_the_room_that_it_tests() -> None:
    """`tests/ROOM/test_MODULE.py`, or `test_MODULE_SUBJECT.py` where a module has several; a large one has a folder."""
    tests = [path for room in ("pipeline", "connectors") for path in (ROOT / "tests" / room).rglob("test_*.py")]
    rooms = {path.relative_to(ROOT / "tests").parent for path in tests}
    missing = [room for room in rooms if not (ROOT / room / "__init__.py").exists()]
    assert [room for room in missing if not (ROOT / room).with_suffix(".py").exists()] == []


def test_no_function_is_longer_than_a_screen() -> None:
    functions = [
        (path.as_posix(), node.name, node.end_lineno - node.lineno + 1)
        for path in modules()
        for node in nodes(ROOT / path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]
    assert [(path, name) for path, name, lines in functions if lines > LONGEST_FUNCTION] == []


def test_no_docstring_begins_with_a_free_clause() -> None:
    """A noun phrase or an imperative says what it is; "Whether the phrase …" leaves the reader to look for the verb."""
    opened = [
        (path.as_posix(), node.body[0].lineno)
        for path in modules()
        for node in nodes(ROOT / path)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and FREE_CLAUSE.match(ast.get_docstring(node, clean=False) or "")
    ]
    assert opened == []


def is_prose(node: ast.AST) -> bool:
    """A docstring, or a string below a constant that explains it."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@cache
def literals(path: Path) -> list[str]:
    """The strings of a module that are no prose."""
    tree = ast.parse(path.read_text("utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and is_prose(node)}
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose]
    return [node.value for node in strings if isinstance(node.value, str)]


def test_no_word_of_another_language_stands_in_code() -> None:
    """The words and patterns of a language stand in its folder. A word shows itself by its letters beyond ASCII."""
    beyond = {
        path.as_posix()
        for path in modules()
        if path.parts[1] != "sample" and any(BEYOND_ASCII.search(text) for text in literals(ROOT / path))
    }
    assert beyond == set(LETTERS)


def test_no_list_of_languages_stands_in_code() -> None:
    """That several languages share a trait is a key in the file of each."""
    codes = {folder.name for folder in (ROOT / "pipeline" / "languages").iterdir() if len(folder.name) == 2}
    listing = {
        path.as_posix()
        for path in modules()
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
        if isinstance(node, ast.Tuple | ast.List | ast.Set)
        and sum(isinstance(each, ast.Constant) and each.value in codes for each in node.elts) > 1
    }
    assert listing == LISTS_OF_LANGUAGES


def test_documents_name_files_that_exist() -> None:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    documents = [name for name in listed.splitlines() if name != "CHANGELOG.md"]  # which also names files of the past
    named = {(name, path) for name in documents for path in IN_THE_TREE.findall((ROOT / name).read_text("utf-8"))}
    assert len(named) > 50
    missing = {(name, path) for name, path in named if not (ROOT / path).exists() and path not in CREATED_LATER}
    assert missing == set()
