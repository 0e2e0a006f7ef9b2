"""An example connector for files that end in ".letter", and an example exporter that writes tables as text."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from onrecord.model.tables import Row, Table, TableWriter, values


def read(file: Path) -> Iterator[Mapping[str, Any]]:
    """The letters in a file: a headline, a blank line and a text, with a line of dashes between two letters."""
    for letter in file.read_text("utf-8").split("\n---\n"):
        title, _, text = letter.partition("\n\n")
        yield {"title": title, "text": text}


class Letters:
    """Writes every row as a line, once the run is complete."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines: list[str] = []

    def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows of a table."""
        self._lines += [f"{table.name}: {values(row)}\n" for row in rows]

    def close(self) -> None:
        """Complete the run."""
        self._file.write_text("".join(self._lines), "utf-8", "replace")

    def discard(self) -> None:
        """Drop the run."""


def connect(folder: Path, part: int) -> TableWriter:
    """The writer of a run into a folder."""
    return Letters(folder / f"letters-{part}.txt")
