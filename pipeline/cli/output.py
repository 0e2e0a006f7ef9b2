"""Input and output that commands share: options, tables, JSON, progress, and errors as one line with an exit code."""

import codecs
import io
import json
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from pipeline.errors import InputError, OnRecordError
from pipeline.text import clean

Json = Annotated[bool, typer.Option("--json", help="Print JSON, with every field.")]

Replace = Annotated[bool, typer.Option("--replace", help="Replace an existing entry.")]

Limit = Annotated[int, typer.Option(min=1, max=1000, help="Maximum number to print.")]

_SHORT: Final = 16  # characters; a column up to this width, such as a time, is not folded

_BAR: Final = 20  # characters of the longest bar

_LEAST_WIDTH: Final = 14  # characters of a folded column, with the gap to the next

Noun = TypeVar("Noun")

Cell = str | int | float | bool | datetime | tuple[str, ...] | None

_STYLE: Final = re.compile("(\x1b\\[[012]m)")  # the styles of `bold` and `faint`; split puts them at odd indexes

# Characters that JSON leaves unescaped and a terminal may act on: C1 and bidirectional controls, lone surrogates.
_STEERING: Final = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def _json_escapes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("json-escapes", _json_escapes)


def escape_unencodable() -> None:
    """Print a character that the encoding of standard output lacks as an escape of JSON, such as \\u2019."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="json-escapes")


def on_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout.isatty()


def coloured() -> bool:
    """Return whether to style standard output: on a terminal, unless NO_COLOR (no-color.org) or TERM=dumb is set."""
    return on_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(message: str) -> None:
    """Print a message on standard error, in a single write so that no line of a log stands within it."""
    sys.stderr.write(f"{clean(message)}\n")
    sys.stderr.flush()


def put(text: str) -> None:
    """Print a result on standard output, without any control sequence but our styles."""
    pieces = _STYLE.split(text)
    for i, piece in enumerate(pieces):
        pieces[i] = piece if i % 2 and coloured() else clean(f"|{piece}|")[1:-1]
    print("".join(pieces))  # noqa: T201 - printing is the subject


def one_line(text: str) -> str:
    """Return the text on one line, without control characters."""
    return " ".join(clean(text).split())


def amount(number: int, noun: str, plural: str = "") -> str:
    """Return the number with its noun: "1 feed", "2 feeds"; `plural` if it does not end in s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def bar(count: int, most: int) -> str:
    """Return a bar of up to 20 characters, at least one for a count above 0; ASCII where the output has no blocks."""
    try:
        "▇".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "#" * -(-_BAR * count // most)
    return "▇" * -(-_BAR * count // most)


def put_json(value: object) -> None:
    """Print an indented JSON document; only characters that a terminal acts on are escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    print(_STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text))  # noqa: T201 - printing is the subject


def put_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], nothing: str) -> None:
    """Print a table on a terminal, else tab-separated lines without headings; say `nothing` if there are no rows."""
    spelled = [[_cell(cell) for cell in row] for row in rows]
    if not spelled:
        say(nothing)
    elif on_terminal():
        _put_rich_table(columns, spelled)
    else:
        for row in spelled:
            print("\t".join(row))  # noqa: T201 - printing is the subject


def _put_rich_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print the table without empty columns; short columns are not folded if the others have room beside them."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(no_color=not coloured(), highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    used = [i for i in range(len(columns)) if any(row[i] for row in rows)]
    widths = {i: max(len(row[i]) for row in (columns, *rows)) for i in used}
    short = {i for i in used if widths[i] <= _SHORT}
    room = console.width - sum(widths[i] + 2 for i in short)
    unfolded = short if room >= _LEAST_WIDTH * (len(used) - len(short)) else set[int]()
    for i in used:
        table.add_column(columns[i], overflow="fold", no_wrap=i in unfolded)
    for row in rows:
        table.add_row(*(Text(row[i]) for i in used))
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
    """Return the time for people, in UTC, to the minute."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def marked(text: str, ranges: Sequence[tuple[int, int]]) -> str:
    """Return the text on one line, with the ranges in bold if standard output is styled."""
    pieces, done = [], 0
    for start, end in ranges:
        pieces += [text[done:start], bold(text[start:end])]
        done = end
    return " ".join("".join([*pieces, text[done:]]).split())


def bold(text: str) -> str:
    """Return the text in bold if standard output is styled."""
    return f"\x1b[1m{text}\x1b[0m" if coloured() else text


def faint(text: str) -> str:
    """Return the text faint if standard output is styled."""
    return f"\x1b[2m{text}\x1b[0m" if coloured() else text


def json_lines(source: Path, text: str) -> Iterator[tuple[str, str, Any]]:
    """Yield the place ("FILE, line 3"), text and value of each line. Raises InputError for a line that is not JSON."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{source}, line {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{place}: not JSON: {error}") from error
        yield place, line, value


def read_json_lines(
    noun: type[Noun], source: Path, text: str, complete: Callable[[dict[str, Any]], dict[str, Any]]
) -> list[Noun]:
    """Parse JSON Lines from `source`; `complete` adds missing fields. Raises InputError with the line number."""
    from pipeline.codec import from_plain

    nouns = []
    for place, line, fields in json_lines(source, text):
        if not isinstance(fields, dict):
            raise InputError(f"{place}: should be an object, is {line.strip()[:40]!r}")
        try:
            nouns.append(from_plain(noun, complete(fields)))
        except InputError as error:
            raise InputError(f"{place}: {error}") from error
    return nouns


def read_bytes(source: Path) -> bytes:
    """Read a file ("-": standard input)."""
    return sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()


def read_text(source: Path) -> str:
    """Read a file of UTF-8 ("-": standard input); InputError for another encoding."""
    return text_of(read_bytes(source), source)


def text_of(content: bytes, source: Path) -> str:
    """The text of a file of UTF-8; InputError for another encoding."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{source} is not UTF-8: byte {error.start} is {content[error.start]:#04x}") from error


def put_json_lines(nouns: Iterable[object]) -> None:
    """Print each noun as a line of JSON."""
    from pipeline.codec import plain

    for noun in nouns:
        print(json.dumps(plain(noun)))  # noqa: T201 - printing is the subject


@contextmanager
def progress(noun: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show progress on standard error during the block, if that is a terminal; yields a function that adds a count."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    count = TextColumn("{task.completed:,.0f}" + (f" of {total:,}" if total else ""))
    columns = (SpinnerColumn(), *([BarColumn()] if total else []), count, TextColumn(noun), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(noun, total=total)
        yield lambda number: bar.advance(task, number)


UNAVAILABLE: Final = 69  # EX_UNAVAILABLE, sysexits.h

INTERNAL: Final = 70  # EX_SOFTWARE, sysexits.h

UNREAD: Final = 141  # the exit code that a shell reports for a program ended by SIGPIPE

# typer does not rewrap a paragraph that begins with \b.
EXIT_CODES: Final = """\b
Exit codes:
  0    done
  1    done, and something needs attention (doctor, try, feeds check)
  2    the command, an id or a query is wrong
  65   some input could not be read; it is in the dead letters
  69   the file, a disk or a server is not available now
  70   internal error; the message names a file with the details
  78   a setting is wrong
  130  interrupted by Ctrl-C
  141  the reader of the output went away
"""


def guarded(run: Callable[[], object]) -> int:
    """Run the command and return its exit code; an error becomes one line on standard error."""
    escape_unencodable()
    try:
        code = _status(run)
        sys.stdout.flush()
    except BrokenPipeError:
        # The rest of the buffer goes to the null device, so that the interpreter's last flush does not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    except OSError as error:
        say(f"onrecord: {error.filename or 'standard output'}: {error.strerror or error}")
        return UNAVAILABLE
    return code


def _status(run: Callable[[], object]) -> int:
    try:
        run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except OnRecordError as error:
        say(f"onrecord: {error}")
        return error.exit_code
    except OSError:
        raise
    except Exception as error:  # our own mistake: the user gets one line
        say(f"onrecord: internal error, {type(error).__name__}: {error}; details are in {written(error)}")
        return INTERNAL
    return 0


def written(error: BaseException) -> str:
    """Write the traceback of the error to a file and return its path; the same traceback has the same file."""
    return _file("".join(traceback.format_exception(error)))


@cache
def _file(details: str) -> str:
    with tempfile.NamedTemporaryFile("w", prefix="onrecord-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(details)
    return file.name
