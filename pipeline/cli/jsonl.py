"""JSON Lines of nouns, read and written."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pipeline.codec import from_plain, plain
from pipeline.errors import InputError

Noun = TypeVar("Noun")


def nouns(noun: type[Noun], source: Path, completed: Callable[[dict[str, Any]], dict[str, Any]]) -> list[Noun]:
    """The nouns in a file ("-": standard input), each line `completed` first; InputError naming a wrong line."""
    found = []
    for number, line in enumerate(_text(source).split("\n"), 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
        except ValueError as error:
            raise InputError(f"{source}, line {number}: no JSON: {error}") from error
        if not isinstance(told, dict):
            raise InputError(f"{source}, line {number}: should be an object, is {line.strip()[:40]!r}")
        try:
            found.append(from_plain(noun, completed(told)))
        except InputError as error:
            raise InputError(f"{source}, line {number}: {error}") from error
    return found


def _text(source: Path) -> str:
    content = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{source} is not UTF-8: byte {error.start} is {content[error.start]:#04x}") from error


def put_nouns(things: Iterable[object]) -> None:
    """Each on a line of its own, on standard output."""
    for thing in things:
        print(json.dumps(plain(thing)))  # noqa: T201 - printing is the subject
