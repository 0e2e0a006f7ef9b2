"""The places where people are named in a text, from a list of these people."""

import re
from collections.abc import Sequence
from pathlib import Path

from tests import gold

LIST = gold.FOLDER / "PEOPLE.txt"
_PARTICLE = re.compile(r"al|bin|bint|d’|da|de|del|della|den|der|des|di|dos?|du|el|la|le|ter|ten|van|von|zu", re.I)

Place = tuple[int, int]


def people(path: Path = LIST) -> dict[str, tuple[list[str], list[str]]]:
    """By article: the full names of the people in it, and the phrases that hold such a name and are nobody's."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        article, _, names = line.partition(":")
        who, _, others = names.partition("; not ")
        found[article] = (_listed(who), _listed(others))
    return found


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def forms(name: str) -> set[str]:
    """Everything that a text may call the bearer of this name: any words of it that belong together."""
    words = name.split()
    made = set()
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            part = words[start:end]
            if (len(words) > 1 and _PARTICLE.fullmatch(part[-1])) or (len(part) == 1 and len(part[0].strip(".")) == 1):
                continue
            text = " ".join(part)
            made |= {text, text.upper(), text[0].upper() + text[1:]}
    return made


def places(text: str, names: Sequence[str], others: Sequence[str] = ()) -> list[Place]:
    """Return where these people are named, the longest form at each place; nothing within the phrases of `others`."""
    known = set().union(*(forms(name) for name in names))
    every = sorted(known | set(others), key=len, reverse=True)
    if not every:
        return []
    pattern = re.compile(r"(?<![\w#@-])(?:" + "|".join(map(re.escape, every)) + r")(?![\w-])")
    return [match.span() for match in pattern.finditer(text) if match.group() not in others]
