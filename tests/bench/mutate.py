"""A mutation check: change one operator, constant or condition at a time, and list the changes that no test notices.

    .venv/tests-dev/bin/python tests/bench/mutate.py alerts      a room: alerts, feeds or statements
    .venv/tests-dev/bin/python tests/bench/mutate.py alerts --sample 40 --seed 2
    .venv/tests-dev/bin/python tests/bench/mutate.py feeds --module poll

It works on a temporary copy of the project. A survivor is a rule without a test, or a guard that is not needed. Each
mutant runs in a fork of a process that has loaded pytest and the libraries. Tests named after the changed module run
first, because they notice most changes; if they pass, all tests of the room run.
"""

import argparse
import ast
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("pipeline", "connectors", "tests", "deploy", "pyproject.toml")
TESTS = {
    "alerts": ("tests/pipeline/alerts", "tests/connectors/notify/test_contract.py"),
    "feeds": ("tests/pipeline/feeds", "tests/connectors/feeds"),
    "statements": (
        "tests/pipeline/statements",
        "tests/pipeline/ports/test_memory.py",
    ),
}
LIBRARIES = ("jinja2", "orjson", "pydantic", "rapidfuzz", "rensa", "httpx2")  # no plug-in of pytest
SECONDS = 300  # for the tests of one mutant; a mutant that never ends counts as noticed

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
}


class Mutation(ast.NodeTransformer):
    """Changes the site with the number `target`; without a target, counts the sites."""

    def __init__(self, target: int = -1) -> None:
        self.target = target
        self.sites = 0
        self.line = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Leave decorators as they are: without slots or caches a program does the same, more slowly."""
        return self._without_decorators(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._without_decorators(node)

    def _without_decorators(self, node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
        decorators, node.decorator_list = node.decorator_list, []
        self.generic_visit(node)
        node.decorator_list = decorators
        return node

    def chosen(self, node: ast.AST) -> bool:
        """Count a site and return whether it is the one to change."""
        self.sites += 1
        if self.sites - 1 != self.target:
            return False
        self.line = getattr(node, "lineno", 0)
        return True

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        changed = COMPARISONS.get(type(node.ops[0]))
        if changed and self.chosen(node):
            node.ops[0] = changed()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        changed = OPERATORS.get(type(node.op))
        if changed and self.chosen(node):
            node.op = changed()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Drop the last condition."""
        self.generic_visit(node)
        if not self.chosen(node):
            return node
        return node.values[0] if len(node.values) == 2 else ast.BoolOp(node.op, node.values[:-1])

    def visit_If(self, node: ast.If) -> ast.AST:
        """Skip the guard."""
        self.generic_visit(node)
        if self.chosen(node):
            node.test = ast.Constant(value=False)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool):
            return ast.Constant(not node.value) if self.chosen(node) else node
        if isinstance(node.value, int | float) and self.chosen(node):
            return ast.Constant(node.value + 1)
        return node


def sites(room: str, module: str = "*") -> list[tuple[Path, int]]:
    """Return the sites of a room or of one module, as a file and a number."""
    found = []
    for file in sorted((ROOT / "pipeline" / room).glob(f"{module}.py")):
        counter = Mutation()
        counter.visit(ast.parse(file.read_text("utf-8")))
        found += [(file.relative_to(ROOT), number) for number in range(counter.sites)]
    return found


@contextlib.contextmanager
def mutated(copy: Path, file: Path, number: int) -> Iterator[str]:
    """The change of a site during the block, as "file:line: old code -> new code"."""
    source = (ROOT / file).read_text("utf-8")
    mutation = Mutation(number)
    tree = ast.fix_missing_locations(mutation.visit(ast.parse(source)))
    before, after = (ast.unparse(code).splitlines() for code in (ast.parse(source), tree))
    old, new = next(((old, new) for old, new in zip(before, after, strict=False) if old != new), ("", ""))
    (copy / file).write_text(ast.unparse(tree), "utf-8")
    try:
        yield f"{file}:{mutation.line}: {old.strip()}  ->  {new.strip()}"
    finally:
        (copy / file).write_text(source, "utf-8")


def survives(copy: Path, room: str, module: str = "") -> bool:
    """Return whether all tests of the room pass, those of the module before the others."""
    own = (
        sorted(str(file) for test in TESTS[room] for file in (copy / test).glob(f"test_{module}*.py")) if module else []
    )
    return (not own or passes(copy, own)) and passes(copy, TESTS[room])


def passes(copy: Path, tests: Sequence[str]) -> bool:
    """Return whether all these tests pass, in a process of their own."""
    child = os.fork()
    if not child:
        os.setsid()
        os.chdir(copy)
        signal.alarm(SECONDS)
        sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - until the process ends
        os.dup2(sys.stdout.fileno(), 1)
        os.dup2(sys.stdout.fileno(), 2)
        selection = "not slow and not servers and not kubectl"
        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", selection, *tests])))
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # processes that its tests have started
    return status == 0


def main() -> None:
    """Run the check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("room", choices=sorted(TESTS))
    parser.add_argument("--sample", type=int, default=0, help="number of mutants; 0: all")
    parser.add_argument("--module", default="*", help="only this module of the room")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    everything = sites(options.room, options.module)
    count = min(options.sample or len(everything), len(everything))
    chosen = sorted(random.Random(options.seed).sample(everything, count))
    for library in LIBRARIES:
        import_module(library)
    with tempfile.TemporaryDirectory(prefix="onrecord-mutants-") as folder:
        copy = Path(folder)
        for part in PARTS:
            source = ROOT / part
            shutil.copytree(source, copy / part) if source.is_dir() else shutil.copy(source, copy / part)
        sys.path.insert(0, folder)
        sys.dont_write_bytecode = True  # or a mutant of the same second could run as the one before it
        if not survives(copy, options.room):
            sys.exit("the tests fail without any mutant")
        survivors = 0
        for file, number in chosen:
            with mutated(copy, file, number) as change:
                if survives(copy, options.room, file.stem):
                    survivors += 1
                    print(change, flush=True)
    print(f"{len(chosen)} mutants of {len(everything)}: {survivors} survived")


if __name__ == "__main__":
    main()
