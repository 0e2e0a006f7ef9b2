"""The project's gold sets in languages other than English: one file a language, marked as `tests.gold_markup` reads.

A file holds articles of a few paragraphs, each after a line `=== ID` and before its trailer: `---` and the names.
Whole sets are measured by `python -m tests.bench.extraction --language de`.
"""

import re
from pathlib import Path
from typing import Any

from tests.gold_markup import read

FOLDER = Path(__file__).parent / "data" / "gold" / "languages"
_HEADER = "id: {name}\ntitle: {name}\ngenre: news\noutlet: invented\nlang: {code}\n{cases}---\n"


def codes() -> list[str]:
    """The languages that have a set."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def records(code: str) -> list[dict[str, Any]]:
    """The articles of a language as records; raises GoldError at the first that breaks the rules of the markup."""
    parts = re.split(r"^=== (\S+)\n", (FOLDER / f"{code}.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [_record(name, body, code) for name, body in zip(parts[1::2], parts[2::2], strict=True)]


def _record(name: str, body: str, code: str) -> dict[str, Any]:
    cases = "" if re.search(r"^\d", body.rpartition("---\n")[2], flags=re.MULTILINE) else "cases: negative\n"
    return read(_HEADER.format(name=name, code=code, cases=cases) + body, name, ("negative",))
