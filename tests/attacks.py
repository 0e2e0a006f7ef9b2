"""The attacks that this project withstands, each with its test: `python -m tests.attacks [KIND]` tries them.

It prints a line for each attack with the number of its cases: `!` where one of them succeeds, `?` where none can be
tried here because an extra is missing. The exit code is 1 if any attack succeeds. A new attack is a test in the room
that it attacks, and a line in `tests/data/attacks.txt`.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

TABLE: Final = Path(__file__).with_name("data") / "attacks.txt"


def attacks() -> Iterator[tuple[str, str, str]]:
    """The kind of each attack, its test, and what it is."""
    kind = ""
    for line in TABLE.read_text("utf-8").splitlines():
        if not line.startswith(" "):
            kind = line
            continue
        test, _, attack = line.strip().partition("  ")
        yield kind, f"tests/{test}", attack.strip()


class Outcomes:
    """A plug-in of pytest that counts the outcomes of each test's cases, and notes the last line of each failure."""

    def __init__(self) -> None:
        self.cases: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.reasons: defaultdict[str, list[str]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a case."""
        if report.when == "call" or report.outcome != "passed":
            test = report.nodeid.partition("[")[0]
            self.cases[test][report.outcome] += 1
            self.reasons[test] += report.longreprtext.splitlines()[-1:]


def main(kind: str) -> int:
    """Try the attacks, of one kind if it is named, and print what came of them."""
    chosen = [row for row in attacks() if kind in ("", row[0])]
    outcomes = Outcomes()
    options = ["-m", "not servers", "-o", "addopts=--import-mode=importlib", "-p", "no:terminal"]
    ended = pytest.main([*options, *(test for _, test, _ in chosen)], [outcomes])
    faults = 0
    for number, (of_kind, test, attack) in enumerate(chosen, 1):
        cases = outcomes.cases[test]
        has_fault = cases["failed"] > 0
        faults += has_fault
        mark = "!" if has_fault else " " if cases["passed"] else "?"
        sys.stdout.write(f"{mark} {number:3} {of_kind:<12}{cases['passed'] + cases['failed']:4}  {attack}\n")
        sys.stdout.writelines(f"      {reason}\n" for reason in outcomes.reasons[test] if has_fault)
    cases_tried = sum(counts.total() for counts in outcomes.cases.values())
    sys.stdout.write(f"{len(chosen)} attacks in {cases_tried} cases, {faults} faults\n")
    return 0 if ended == pytest.ExitCode.OK and not faults else 1  # also where pytest could not begin


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("kind", nargs="?", default="")
    sys.exit(main(arguments.parse_args().kind))
