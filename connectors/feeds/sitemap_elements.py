"""What a sitemap of any kind holds, element by element (expat)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

_MOST_DEPTH: Final = 20


@dataclass(slots=True)
class _Reading:
    """The path of the element under way, and the texts read since the last page ended, by their paths in it."""

    path: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


def each(source: str, told: Callable[[str, Mapping[str, str]], None], *, most_text: int) -> str:
    """Tell of each child of the root its name and its texts by their paths, such as "news/title"; the fault, or ''.

    Of a text, `most_text` characters are told. A fault ends the reading; what came before it has been told.
    """
    reading = _Reading()

    def begin(name: str, _: object) -> None:
        if len(reading.path) >= _MOST_DEPTH:
            raise expat.ExpatError("nested too deeply")
        reading.path.append(name.rpartition(" ")[2])

    def add(text: str) -> None:
        key = "/".join(reading.path[2:])
        reading.texts[key] = (reading.texts.get(key, "") + text)[:most_text]

    def end(_: str) -> None:
        if len(reading.path) == 2:
            told(reading.path[1], reading.texts)
            reading.texts = {}
        reading.path.pop()

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, add
    try:
        parser.Parse(source.encode(), True)
    except expat.ExpatError as error:
        return str(error)
    return ""
