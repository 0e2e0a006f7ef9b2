"""The query language of searches and watches: parse text to a tree that indexes compile and `matching` evaluates.

    sanctions "oil price" embarg*            all: words, a phrase, words with this beginning
    resign "resign"                          in any form (resigned), and as written
    harbour OR port                          either; binds tighter than a blank, looser than AND
    NOT ferry     -ferry                     without
    speaker:lindqvist about:(ferry OR port)  the speaker, the subject: words of a name, or an id
    source:courier.example lang:en kind:direct
    said:denied verdict:changed              the modality, and whether the statement changes an earlier one
    source_kind:anonymous                    the sort of source: named, official, spokesperson, document, …
    after:2026-03 before:2026-03-15          published (or else first seen) in this period, UTC; also 15.3.2026
    after:yesterday after:7d before:today    the same relative to now: 12h, 7d, 2w, 3m, 1y

Words are compared without case and diacritics. A plain word also matches its inflected forms in the language of the
text; a phrase, a word with '*', a word with a hyphen and the words of a field match as written. luqum parses; other
parts of its syntax are refused with their position.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, get_args

from pipeline.errors import QueryError
from pipeline.languages import text_of, with_file
from pipeline.model import Modality, QuoteKind, SourceKind
from pipeline.model.query import And, Dated, Field, Node, Not, Or, Term
from pipeline.text import fold, words
from pipeline.text.stems import stems_of

# Enough for a few hundred names; an index must stay fast whatever the query.
MOST_CHARACTERS = 4000

MOST_TERMS = 256

MOST_DEPTH = 16

_TERM_FIELDS: Mapping[str, Field] = {name: name for name in get_args(Field)}

_FIELDS = (*(name for name in _TERM_FIELDS if name), "after", "before")

_VALUES: Mapping[str, tuple[str, ...]] = {
    "kind": get_args(QuoteKind),
    "said": get_args(Modality),
    "source_kind": tuple(kind for kind in get_args(SourceKind) if kind),
    "verdict": ("new", "changed"),
}

_AGO = re.compile("([0-9]{1,4})([hdwmy])")

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(days=7)}

_UNITS |= {"m": timedelta(days=30), "y": timedelta(days=365)}

_WHITE = re.compile(r"\s")

_TYPOGRAPHIC_QUOTES = str.maketrans("“”„‟«»", '""""""')

_FUZZY = "fuzzy search by '~' is not supported"

_BOOSTED = "boosting by '^' is not supported"

_DEGREE = re.compile(r"[~^][0-9]*\.[0-9.]*")

_WILDCARD = re.compile(r"\\.|([*?])")

_ESCAPED = re.compile(r"\\(.)")

_FIELD_NAME = re.compile(r"(?<![\w\\:])([A-Za-z_]\w*):")

_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')

_YEAR_OR_MONTH = re.compile("([0-9]{4})(?:-([0-9]{2}))?")

_DAY_FIRST = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")

# Messages by the type of luqum's node, with the sign to point at.
_SIGNED = {"Boost": ("^", _BOOSTED), "Fuzzy": ("~", _FUZZY), "Proximity": ("~", _FUZZY)}

_REFUSED = {
    "From": "use after: for times, other comparisons are not supported",
    "Plus": "'+' is not supported, all words must match anyway",
    "Range": "ranges are not supported, use after: and before: for times",
    "Regex": "regular expressions are not supported, put words with slashes in double quotes",
    "To": "use before: for times, other comparisons are not supported",
}


def parse(text: str, now: datetime | None = None) -> Node | None:
    """Parse a query to a tree; None (everything) for an empty query. Raises QueryError with the position of the error.

    Relative times such as "after:7d" count back from `now` and are refused without it.
    """
    parser = _Parser(_WHITE.sub(" ", text), now)
    if not parser.query.strip():
        return None
    if len(text) > MOST_CHARACTERS:
        raise parser.error(f"the query has {len(text)} characters, the maximum is {MOST_CHARACTERS}", MOST_CHARACTERS)
    return parser.node(parser.tree(), "", 0)


class _Parser:
    """The parser of one query: the text, for error messages, and the number of terms so far."""

    def __init__(self, query: str, now: datetime | None) -> None:
        self.query = query
        self.now = now
        self.plain = query.translate(_TYPOGRAPHIC_QUOTES)
        self.terms = 0

    def error(self, message: str, position: int) -> QueryError:
        return QueryError(message, self.query, position)

    def tree(self) -> Any:
        """Parse the query with luqum."""
        from luqum.exceptions import ParseError
        from luqum.thread import parse as parse_thread_safely

        try:
            return parse_thread_safely(self.plain)
        except ParseError as error:
            raise self.syntax_error(str(error)) from error
        except (ValueError, ArithmeticError) as error:  # luqum fails to convert a degree such as "~1.5" or "^1.2.3"
            sign = _DEGREE.search(self.plain)
            position = sign.start() if sign else 0
            raise self.error(_BOOSTED if sign and sign[0][0] == "^" else _FUZZY, position) from error

    def syntax_error(self, message: str) -> QueryError:
        """Return a QueryError for luqum's message, which alone has the position."""
        match = re.search(r"at position (\d+)", message)
        position = int(match[1]) if match else len(self.query)
        for name in _FIELD_NAME.finditer(_QUOTED.sub(lambda phrase: " " * len(phrase[0]), self.plain[:position])):
            if name[1].lower() not in _FIELDS:
                return self.unknown_field(name[1].lower(), name.start())
        if match is None:
            return self.error("a word or a closing parenthesis is missing at the end of the query", position)
        character = self.plain[position]
        if character == '"':
            return self.error("this quotation mark is not closed", position)
        if character == "'":
            return self.error("a word cannot begin with an apostrophe, phrases stand in double quotes", position)
        operator = re.match(r"AND|OR|NOT|TO", self.plain[position:])
        return self.error(f"{operator[0] if operator else character!r} is out of place here", position)

    def node(self, tree: Any, field: str, depth: int) -> Node:
        """Convert luqum's tree to ours, inside the field."""
        kind = type(tree).__name__
        if depth > MOST_DEPTH:
            raise self.error(f"more than {MOST_DEPTH} levels of nesting", self.position(tree))
        if kind in ("Word", "Phrase"):
            return self.leaf(tree, field)
        if kind in ("Group", "FieldGroup"):
            return self.node(tree.expr, field, depth + 1)
        if kind in ("Not", "Prohibit"):
            return Not(self.node(tree.a, field, depth + 1))
        if kind in ("AndOperation", "UnknownOperation", "OrOperation"):
            operator = Or if kind == "OrOperation" else And
            return _joined(operator, [self.node(part, field, depth + 1) for part in tree.operands])
        if kind == "SearchField":
            return self.node(tree.expr, self.field(tree, field), depth + 1)
        if kind in _SIGNED:
            sign, message = _SIGNED[kind]
            raise self.error(message, self.plain.rfind(sign, 0, tree.pos + tree.size))
        raise self.error(_REFUSED[kind], self.position(tree))

    def field(self, tree: Any, outer: str) -> str:
        name = str(tree.name).lower()
        if outer in ("after", "before"):
            raise self.error("a time with seconds or an offset needs double quotes", tree.pos)
        if outer:
            raise self.error(f"{outer}: cannot hold another field, {name}:", tree.pos)
        if name not in _FIELDS:
            raise self.unknown_field(name, tree.pos)
        return name

    def unknown_field(self, name: str, position: int) -> QueryError:
        return self.error(
            f"there is no field {name}:, there are {', '.join(f'{known}:' for known in _FIELDS)}", position
        )

    def leaf(self, tree: Any, field: str) -> Node:
        """Return the term or date of a word or phrase."""
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise self.error(f"more than {MOST_TERMS} words and phrases", tree.pos)
        phrase = type(tree).__name__ == "Phrase"
        prefix = not phrase and self.is_prefix(tree, field)
        value = _ESCAPED.sub(r"\1", tree.value[1:-1] if phrase else tree.value.removesuffix("*" if prefix else ""))
        if field in ("after", "before"):
            time = self.time(value, tree.pos)
            return Dated(start=time) if field == "after" else Dated(end=time)
        term = self.term(value, field, prefix, tree.pos)
        is_plain = len(term.words) == 1 and not (phrase or prefix or field)
        return replace(term, stems=stems_of(value)) if is_plain else term

    def is_prefix(self, tree: Any, field: str) -> bool:
        """Return whether the word ends in '*'; refuse wildcards elsewhere."""
        for wildcard in _WILDCARD.finditer(tree.value):
            if not wildcard[1]:
                continue
            position = tree.pos + wildcard.start()
            if wildcard[1] == "?" or wildcard.end() < len(tree.value):
                raise self.error(f"{wildcard[1]!r} is not supported here, only '*' at the end of a word", position)
            if not words(tree.value[wildcard.start() - 1 : wildcard.start()]):
                raise self.error("'*' needs the beginning of a word before it", position)
            if field not in ("", "speaker", "about"):
                raise self.error(f"{field}: takes no '*'", position)
            return True
        return False

    def term(self, value: str, field: str, prefix: bool, position: int) -> Term:
        term_words = words(value)
        if not term_words:
            raise self.error(f"{value!r} has no letters or digits to search for", position)
        if field == "source":
            return Term((fold(value.strip()),), "source")
        if field in _VALUES and value.lower() not in _VALUES[field]:
            raise self.error(f"there is no {field}:{value}, there are {', '.join(_VALUES[field])}", position)
        return Term(term_words, _TERM_FIELDS[field], prefix)

    def time(self, value: str, position: int) -> datetime:
        """Parse a year, month or day, an ISO 8601 time (UTC unless it has an offset), or a time relative to now."""
        if (back := _time_back(value.lower())) is not None:
            return self.ago(back, position)
        try:
            time = datetime.fromisoformat(_iso(value))
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.error(
                f"{value!r} is not a date; write 2026, 2026-03, 2026-03-15, 15.3.2026, yesterday, 7d or an ISO time",
                position,
            ) from error

    def ago(self, back: timedelta, position: int) -> datetime:
        """Return the time before now, rounded to the hour or day so that all pages of a search agree."""
        if self.now is None:
            raise self.error("relative times are for searches alone; write a date", position)
        time = self.now.astimezone(UTC) - back
        return time.replace(hour=time.hour if back % _UNITS["d"] else 0, minute=0, second=0, microsecond=0)

    def position(self, tree: Any) -> int:
        """Return where a part of the query begins; luqum knows the position of most parts."""
        if tree.pos is not None:
            return int(tree.pos)
        inner = min(self.position(child) for child in tree.children)
        return max(self.plain.rfind(sign, 0, inner) for sign in "<>")


def _iso(value: str) -> str:
    """Return a year, month or day in the form of ISO 8601; another value stays as it is."""
    if match := _YEAR_OR_MONTH.fullmatch(value):
        return f"{match[1]}-{match[2] or '01'}-01"
    if match := _DAY_FIRST.fullmatch(value):
        return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
    return value


def _time_back(value: str) -> timedelta | None:
    """Return the distance of a relative time from now; None if the value is not a relative time."""
    days = _days_ago().get(value)
    if days is not None:
        return timedelta(days=days)
    match = _AGO.fullmatch(value)
    return int(match[1]) * _UNITS[match[2]] if match else None


@cache
def _days_ago() -> Mapping[str, int]:
    """Return how many days ago "yesterday" is, and the words for days that other languages list in `search.toml`."""
    tables = (tomllib.loads(text_of(code, "search.toml")) for code in with_file("search.toml"))
    return {word: days for table in tables for word, days in table.get("days_ago", {}).items()}


def _joined(operator: type[And] | type[Or], parts: list[Node]) -> Node:
    """Join the parts under the operator; parts with the same operator are merged into it."""
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, operator) else (part,)
    return operator(tuple(flat))
