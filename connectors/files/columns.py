"""CSV files of people: the header, the meaning of each column, and the values of each person.

The names of columns are language data (`people.toml`), so that a file may have "Full name", "Nachname" or "cargo".
Other lines, such as the date of the list, may stand above the header.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from pipeline.errors import InputError
from pipeline.languages import listed
from pipeline.text import clean, fold

FIELDS: Final = ("name", "given", "family", "aliases", "role", "start", "end", "party", "wikidata", "kind")

_DELIMITERS: Final = (",", ";", "\t", "|")

_MOST_LINES_ABOVE: Final = 10  # the header

_MOST_SHOWN: Final = 12  # columns in a message

_LEAST_FAMILY_FIRST: Final = 0.5  # of the names, as "Lindqvist, Ada"

_NOT_LETTERS: Final = re.compile(r"[\W_]+")

_PARTS: Final = re.compile(r"[/()\[\]|,:;–—]| - ")

_SEPARATORS: Final = re.compile(r"[;|\n]")

_TERM: Final = re.compile(r"(?:[^\W\d]+\.? )?\d{4}(?: ?[-–—] ?(?:\d{4})?)?")


@dataclass(frozen=True, slots=True)
class Columns:
    """The index of the column of each field, and a sentence that says which column was taken for what."""

    by_field: Mapping[str, int]
    sentence: str


@dataclass(frozen=True, slots=True)
class _Header:
    line: int
    columns: Mapping[str, int]
    titles: Sequence[str]


def read(text: str, name: str) -> tuple[Columns, Iterator[Mapping[str, str]]]:
    """The columns of the file called `name`, and the values of each row by field; InputError without names."""
    delimiter, header = max(
        ((candidate, _header(_rows(text, candidate, name))) for candidate in _DELIMITERS),
        key=lambda pair: len(pair[1].columns),
    )
    if not {"name", "given", "family"} & header.columns.keys():
        first_titles = ", ".join(f'"{title}"' for title in header.titles[:_MOST_SHOWN] if title)
        raise InputError(
            f'{name} should have a line of column titles with "name", "full name", or "given name" and "family name"; '
            f"its first line is {first_titles or 'empty'}"
        )
    columns = _distinct_names(header)
    cells = [
        {field: _cell(row, columns.get(field)) for field in FIELDS}
        for row in islice(_rows(text, delimiter, name), header.line + 1, None)
    ]
    return Columns(columns, _sentence(header, columns)), _with_whole_names(cells)


def several(cell: str) -> list[str]:
    """The values in a cell, parted by semicolons, bars or line ends, or else by commas."""
    return _SEPARATORS.split(cell) if _SEPARATORS.search(cell) else cell.split(",")


def offices(cell: str) -> list[str]:
    """The offices in a cell, parted by semicolons, bars or line ends, without those that are only years."""
    parts = (part.strip() for part in _SEPARATORS.split(cell))
    return [part for part in parts if part and not _TERM.fullmatch(part)]


def _rows(text: str, delimiter: str, name: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text), delimiter=delimiter)
    except csv.Error as error:
        raise InputError(f"{name} is not CSV: {error}") from error


def _header(rows: Iterator[list[str]]) -> _Header:
    """The line among the first ones that names the most fields; the first line if none names any."""
    first_rows = islice(rows, _MOST_LINES_ABOVE + 1)
    headers = [_Header(number, _fields_of(row), [_line(cell) for cell in row]) for number, row in enumerate(first_rows)]
    return max(headers, key=lambda header: len(header.columns), default=_Header(0, {}, ()))


def _fields_of(row: Sequence[str]) -> dict[str, int]:
    """The columns that a header names, by field; each column counts for the first field that it names."""
    names = [_names_in(cell) for cell in row]
    columns: dict[str, int] = {}
    for field, forms in _forms().items():
        places = ((form, index) for form in forms for index, cell_names in enumerate(names) if form in cell_names)
        best = next((index for _, index in places if index not in columns.values()), None)
        if best is not None:
            columns[field] = best
    return columns


def _names_in(title: str) -> set[str]:
    """The folded title, and its parts: "Person (Name)" and "Função/Role" name a column twice."""
    return {folded for part in (title, *_PARTS.split(title)) if (folded := _folded(part))}


@cache
def _forms() -> Mapping[str, tuple[str, ...]]:
    """The names of each field's column in all languages, English first."""
    by_language = {field: listed("people.toml", field) for field in FIELDS}
    return {
        field: tuple(
            _folded(form) for code in sorted(forms, key=lambda code: (code != "en", code)) for form in forms[code]
        )
        for field, forms in by_language.items()
    }


@cache
def _courtesy() -> re.Pattern[str]:
    """Courtesy titles and degrees before a name, and letters behind it, in all languages."""
    before, after = (_either(key) for key in ("before_names", "after_names"))
    return re.compile(rf"^(?:(?:{before})(?:\. ?| ))+(?=\S)|(?<=\S)(?:,? (?:{after}))+$", re.IGNORECASE)


def _either(key: str) -> str:
    forms = {form for forms in listed("people.toml", key).values() for form in forms}
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))


def _folded(title: str) -> str:
    return _NOT_LETTERS.sub("", fold(title))


def _distinct_names(header: _Header) -> Mapping[str, int]:
    """The columns; beside a column of given names alone, the only one of names is the family name, and vice versa."""
    columns = header.columns
    whole = [title for title in header.titles if not _names_in(title).isdisjoint(_forms()["name"])]
    if len(whole) != 1 or ("given" in columns) == ("family" in columns):
        return columns
    missing = "family" if "given" in columns else "given"
    return {missing if field == "name" else field: index for field, index in columns.items()}


def _sentence(header: _Header, columns: Mapping[str, int]) -> str:
    """The sentence about the use of each column, and about unused columns."""
    titles = header.titles
    used = [f'"{titles[index]}" as {_SHOWN.get(field, field)}' for field, index in columns.items()]
    unused = [f'"{title}"' for index, title in enumerate(titles) if title and index not in columns.values()]
    return f"columns: {', '.join(used)}" + (f"; not used: {', '.join(unused[:_MOST_SHOWN])}" if unused else "")


_SHOWN: Final = {"given": "given name", "family": "family name", "wikidata": "Wikidata id"}


def _with_whole_names(rows: Iterable[dict[str, str]]) -> Iterator[Mapping[str, str]]:
    """The rows, each with the whole name in the order in which it is spoken, without courtesy titles."""
    listed = [{**row, "name": row["name"] or f"{row['given']} {row['family']}".strip()} for row in rows]
    names = [row["name"] for row in listed if row["name"]]
    family_first = sum(name.count(",") == 1 for name in names) > _LEAST_FAMILY_FIRST * len(names)
    for row in listed:
        family, comma, given_names = row["name"].partition(",")
        spoken = f"{given_names.strip()} {family}".strip() if family_first and comma else row["name"]
        yield {**row, "name": _courtesy().sub("", spoken)}


def _cell(row: Sequence[str], index: int | None) -> str:
    value = row[index] if index is not None and index < len(row) else ""
    return "\n".join(filter(None, map(_line, value.splitlines())))


def _line(value: str) -> str:
    return " ".join(clean(value).split())
