"""Options that several commands share."""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from pipeline.text import clean

Json = Annotated[bool, typer.Option("--json", help="Print JSON, with every field.")]

Replace = Annotated[bool, typer.Option("--replace", help="Replace the one that is there.")]

Limit = Annotated[int, typer.Option(min=1, max=1000, help="Most to print.")]

_SHORT: Final = 16  # characters of a column, such as a time

_LEAST_WIDTH: Final = 14  # characters of a column that is folded, with what parts it from the next

Cell = str | int | float | bool | datetime | tuple[str, ...] | None

_STYLE: Final = re.compile("(\x1b\\[[012]m)")  # of `bold` and `faint`; split keeps them at the odd places

# What JSON leaves unescaped and a terminal may act on: C1 controls, bidirectional controls, lone surrogates.
_STEERING: Final = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def on_terminal() -> bool:
    """Whether somebody looks at standard output."""
    return sys.stdout.isatty()


def coloured() -> bool:
    """Whether to colour standard output: on a terminal, unless NO_COLOR (no-color.org) or TERM=dumb say otherwise."""
    return on_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(message: str) -> None:
    """A message to the user, on standard error."""
    print(clean(message), file=sys.stderr, flush=True)  # noqa: T201 - printing is the subject


def put(text: str) -> None:
    """What was asked for, on standard output; of all control sequences in it, only our styles are kept."""
    pieces = _STYLE.split(text)
    for place, piece in enumerate(pieces):
        pieces[place] = piece if place % 2 and coloured() else clean(f"|{piece}|")[1:-1]
    print("".join(pieces))  # noqa: T201 - printing is the subject


def one_line(text: str) -> str:
    """The text with nothing that steers a terminal and all white space as single spaces."""
    return " ".join(clean(text).split())


def amount(number: int, one: str, many: str = "") -> str:
    """The number with its noun: "1 feed", "2 feeds"; `many` where an s is not enough."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def put_json(value: object) -> None:
    """A JSON document, indented; steering characters are escaped, others are not."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    print(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text))  # noqa: T201 - printing is the subject


def put_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], nothing: str) -> None:
    """Rows as a table on a terminal, else as tab-separated lines without headings; `nothing` if there are none."""
    spelled = [[_cell(cell) for cell in row] for row in rows]
    if not spelled:
        say(nothing)
    elif on_terminal():
        _put_rich_table(columns, spelled)
    else:
        for row in spelled:
            print("\t".join(row))  # noqa: T201 - printing is the subject


def _put_rich_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns without a word are left out; short ones are not folded where the others have room beside them."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(no_color=not coloured(), highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    told = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    widths = {place: max(len(row[place]) for row in (columns, *rows)) for place in told}
    short = {place for place in told if widths[place] <= _SHORT}
    room = console.width - sum(widths[place] + 2 for place in short)
    whole = short if room >= _LEAST_WIDTH * (len(told) - len(short)) else set[int]()
    for place in told:
        table.add_column(columns[place], overflow="fold", no_wrap=place in whole)
    for row in rows:
        table.add_row(*(Text(row[place]) for place in told))
    console.print(table)


def _cell(value: Cell) -> str:
    if isinstance(value, datetime):
        return moment(value) if on_terminal() else value.astimezone(UTC).isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return one_line(", ".join(value))
    return "" if value is None else one_line(str(value))


def moment(time: datetime) -> str:
    """The time for reading, in UTC, to the minute."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def marked(text: str, ranges: Sequence[tuple[int, int]]) -> str:
    """The text on one line, with the ranges standing out where colours are wanted."""
    pieces, at = [], 0
    for start, end in ranges:
        pieces += [text[at:start], bold(text[start:end])]
        at = end
    return " ".join("".join([*pieces, text[at:]]).split())


def bold(text: str) -> str:
    """The text, bold where colours are wanted."""
    return f"\x1b[1m{text}\x1b[0m" if coloured() else text


def faint(text: str) -> str:
    """The text, faint where colours are wanted."""
    return f"\x1b[2m{text}\x1b[0m" if coloured() else text
