"""The templates of a language, compiled from the regular expressions of its file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.model import Modality, QuoteKind

_GROUP = re.compile(r"(?:\(\?<?[!=][^()]*\))*\((?:\?:|\?P<\w+>)(?P<body>.*?)\)(?:\(\?![^()]*\))?", re.DOTALL)

_LOOK = re.compile(r"^(?:\(\?<?[!=][^()]*\))+")  # what an alternative may look at before it begins

_CLASS = re.compile(r"\[([^\W\d_]+)\](?![?*{])")

_NESTED = re.compile(r"\(\?:")

_LONG = 100  # characters of a pattern from which a look at the next character is faster


@dataclass(frozen=True, slots=True)
class Template:
    """One pattern, with the kind of its content and what its report makes of it."""

    pattern: re.Pattern[str]
    kind: QuoteKind
    modality: Modality
    inner: bool = False  # whether it matches within the direct speech of somebody else
    nobody: bool = False  # whether it reports what nobody in particular says: "it is said that"


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of a language, and what tells a name from the words around it."""

    patterns: tuple[Template, ...] = ()
    cut: re.Pattern[str] | None = None  # what may stand before a speaker and is no part of the phrase
    tail: re.Pattern[str] | None = None  # what may stand after one
    names: tuple[re.Pattern[str], ...] = ()  # the full name in the phrase of a speaker, as the group "name"
    short: re.Pattern[str] | None = None  # the short name in such a phrase
    full: re.Pattern[str] | None = None  # a full name anywhere in the text, as the group "name"
    forename: re.Pattern[str] | None = None  # a given name right before a surname, as the group "name"
    roles: re.Pattern[str] | None = None  # a whole phrase that calls who was named last by a role
    pronouns: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()  # verbs that deny their content
    confidence: Mapping[str, float] = field(default_factory=dict)  # by kind, as measured on the gold set


def templates(section: Mapping[str, Any]) -> Templates:
    """The templates of a file's [templates]; a name in braces stands for the part of that name."""
    parts = {name: _guarded(part) for name, part in section.get("parts", {}).items()}
    variants = {forms[0]: forms for forms in section.get("variants", "").split()}

    def compiled(pattern: str) -> re.Pattern[str]:
        for _ in range(3):  # parts may hold parts that hold parts
            for name, part in parts.items():
                pattern = pattern.replace("{" + name + "}", part)
        return re.compile(_with_variants(pattern, variants), re.MULTILINE)

    def optional(name: str) -> re.Pattern[str] | None:
        return compiled(section[name]) if name in section else None

    patterns = tuple(
        Template(
            compiled(each["pattern"]),
            each["kind"],
            each.get("modality", "asserted"),
            each.get("inner", False),
            each.get("nobody", False),
        )
        for each in section["rules"]
    )
    return Templates(
        patterns=patterns,
        cut=optional("cut"),
        tail=optional("tail"),
        names=tuple(compiled(each) for each in section.get("names", ())),
        short=optional("short"),
        full=optional("full"),
        forename=optional("forename"),
        roles=optional("roles"),
        pronouns=frozenset(section.get("pronouns", "").split()),
        denied=frozenset(section.get("denied", "").split()),
        confidence=section.get("confidence", {}),
    )


def _guarded(part: str) -> str:
    """The part, behind a look at the next character where only few can begin it: long lists fail sooner.

    >>> _guarded("(?:say|tell)" + 9 * "(?!more long)")[:15]
    '(?=[st])(?:say|'
    """
    group = _GROUP.fullmatch(part)
    body = group["body"] if group else part
    firsts = [_first(each) for each in _alternatives(body)]
    if len(part) < _LONG or not firsts or not all(firsts):
        return part
    return f"(?=[{''.join(sorted(set(''.join(firsts))))}]){part if group else f'(?:{part})'}"


def _alternatives(body: str) -> list[str]:
    """The alternatives of a pattern; none if it ends a group that it does not open."""
    parts, depth, inside, escaped = [""], 0, False, False
    for character in body:
        if not escaped and not inside and character in "()":
            depth += 1 if character == "(" else -1
        if not escaped and character in "[]":
            inside = character == "["
        if depth < 0:
            return []
        if character == "|" and not depth and not escaped:
            parts.append("")
        else:
            parts[-1] += character
        escaped = character == "\\" and not escaped
    return parts


def _first(alternative: str) -> str:
    """The letters one of which begins an alternative; empty if another may."""
    bare = _LOOK.sub("", alternative)
    if listed := _CLASS.match(bare):
        return listed[1]
    if nested := _NESTED.match(bare):
        firsts = [_first(each) for each in _alternatives(bare[nested.end() : _closing(bare)])]
        optional = bare[_closing(bare) + 1 : _closing(bare) + 2] in ("?", "*", "{")
        return "".join(firsts) if all(firsts) and not optional else ""
    return bare[0] if bare and bare[0].isalpha() and bare[1:2] not in ("?", "*", "{") else ""


def _closing(group: str) -> int:
    """The place at which the group that opens the pattern closes."""
    depth = 0
    for at, character in enumerate(group):
        depth += (character == "(") - (character == ")")
        if not depth:
            return at
    return len(group)


def _with_variants(pattern: str, variants: Mapping[str, str]) -> str:
    """The pattern with a set of all its forms in place of each character that is written in several ways."""
    if not variants:
        return pattern
    written: list[str] = []
    inside = escaped = False
    for character in pattern:
        forms = variants.get(character, character)
        written.append(forms if inside or len(forms) == 1 else f"[{forms}]")
        if not escaped and character in "[]":
            inside = character == "["
        escaped = character == "\\" and not escaped
    return "".join(written)
