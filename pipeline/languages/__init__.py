"""Languages as data: one folder for each language, with its word lists and patterns for every step.

Another package adds a language by an entry point in the group `onrecord.languages`, whose name is the code of the
language (ISO 639-1) and whose value is a package with the files of such a folder. A package that cannot be loaded adds
none; `onrecord doctor` names it.
"""

import logging
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint
from importlib.resources import files
from importlib.resources.abc import Traversable

from pipeline.errors import SettingsError
from pipeline.plug_ins import LANGUAGES, load, plug_ins

_log = logging.getLogger("onrecord.languages")


@cache
def folders() -> Mapping[str, Traversable]:
    """The folder of each language by its code, and the one of no language, "any"."""
    known = {folder.name: folder for folder in files(__name__).iterdir() if folder.is_dir() and folder.name[0] != "_"}
    for code, point in added().items():
        try:
            known[code] = files(load(point))
        except (SettingsError, TypeError) as error:
            _log.warning("language %s is left out: %s", code, error)
    return dict(sorted(known.items()))


def added() -> dict[str, EntryPoint]:
    """The languages of other packages; ours take precedence."""
    own = {folder.name for folder in files(__name__).iterdir()}
    return {code: point for code, point in plug_ins(LANGUAGES).items() if code not in own}


def text_of(code: str, name: str) -> str:
    """The text of a language's file of this name; '' if the language has none."""
    folder = folders().get(code)
    file = folder / name if folder else None
    return file.read_text(encoding="utf-8") if file and file.is_file() else ""


@cache
def listed(name: str, key: str) -> Mapping[str, tuple[str, ...]]:
    """The words under a key of the file of this name, by language; a language without them is left out."""
    tables = {code: tomllib.loads(text_of(code, name)) for code in with_file(name)}
    return {code: tuple(table[key]) for code, table in tables.items() if key in table}


@cache
def any_language(name: str, key: str) -> tuple[str, ...]:
    """The words or patterns under a key of the file of this name, of all languages together, each once."""
    return tuple(dict.fromkeys(word for words in listed(name, key).values() for word in words))


def with_file(name: str) -> tuple[str, ...]:
    """The codes of the languages that have a file of this name."""
    return tuple(code for code, folder in folders().items() if (folder / name).is_file())
