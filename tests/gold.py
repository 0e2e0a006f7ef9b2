"""The project's own gold set: hand-marked articles, as the records that extraction is measured on.

`python -m tests.gold OUT.jsonl` writes them; `python -m tests.gold --show a-01` prints an article's quotes for reading
back. How to write one is in `tests/data/gold/GUIDE.md`.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.gold_markup import read

FOLDER = Path(__file__).parent / "data" / "gold"


def paths(folder: Path = FOLDER) -> list[Path]:
    """The gold files, by name."""
    return sorted(folder.glob("*-*.txt"))


def vocabulary(folder: Path = FOLDER) -> dict[str, str]:
    """The hard cases that a header may declare, with what each means."""
    lines = (folder / "CASES.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(":") for line in lines if line.strip())
    return {case.strip(): meaning.strip() for case, _, meaning in pairs}


def record(path: Path) -> dict[str, Any]:
    """One gold file as a record; raises GoldError where it breaks the guide's rules."""
    return read(path.read_text(encoding="utf-8"), path.stem, vocabulary(path.parent))


def records(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Every gold article as a record, by id; raises GoldError at the first broken one."""
    return [record(path) for path in paths(folder)]


def view(article: dict[str, Any]) -> Iterator[str]:
    """The lines that show an article for reading back: each quote with its speaker, cue and notes."""
    text = article["text"]
    yield f"===== {article['id']} ({len(text.split())} words) {article['title']}"
    yield ", ".join(article["cases"])
    for quote in article["quotes"]:
        content = " ## ".join(text[a:b] for a, b in quote["fragments"]).replace("\n\n", " ¶ ")
        notes = [] if quote["modality"] == "asserted" else [quote["modality"]]
        notes += [] if quote["speech"] else ["thought"]
        notes += [f"{key}={quote[key]}" for key in ("speaks_for", "about") if key in quote]
        speaker = f"{quote.get('speaker_text', '')!r} is {quote.get('speaker_name', '-')}"
        yield f"{quote['number']:>3} {quote['type']} | {content}"
        yield f"    {speaker} | {quote.get('cue', '')!r} {' '.join(notes)}".rstrip()


def main() -> None:
    """Write the gold set as JSON Lines, or show some of its articles."""
    parser = argparse.ArgumentParser(prog="python -m tests.gold", description="The gold set, written or shown.")
    parser.add_argument("out", nargs="?", type=Path, help="the JSON Lines file to write")
    parser.add_argument("--show", nargs="+", metavar="ID", default=[], help="print these articles' quotes")
    options = parser.parse_args()
    for name in options.show:
        sys.stdout.writelines(f"{line}\n" for line in view(record(FOLDER / f"{name}.txt")))
    if options.out:
        lines = [json.dumps(article, ensure_ascii=False) + "\n" for article in records()]
        options.out.write_text("".join(lines), encoding="utf-8")
        sys.stderr.write(f"{len(lines)} articles written to {options.out}\n")


if __name__ == "__main__":
    main()
