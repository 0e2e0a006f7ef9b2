"""The query language of search and watches: text to a tree that every index compiles and `matching` evaluates.

    sanctions "oil price" embarg*            all of them: words, a phrase, words that begin so
    harbour OR port                          either; binds tighter than leaving a blank, looser than AND
    NOT ferry     -ferry                     without
    speaker:lindqvist about:(ferry OR port)  who says it, whom it is about: words of a name, or an id
    source:courier.example lang:en kind:direct
    said:denied verdict:changed              how it was said, and whether it changes what was said before
    after:2026-03 before:2026-03-15          published (else first seen) from the one on, and before the other, UTC
    after:yesterday after:7d before:today    the same, counted back from now: 12h, 7d, 2w, 3m, 1y

Words are compared without case and diacritics. luqum parses; what it knows beyond this is refused where it stands.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from pipeline.errors import QueryError
from pipeline.model import Modality, QuoteKind
from pipeline.model.query import And, Dated, Field, Node, Not, Or, Term
from pipeline.text import fold, words

# Enough for a list of a few hundred names; an index must stay quick whoever asks.
MOST_CHARACTERS = 4000

MOST_TERMS = 256

MOST_DEPTH = 16

_FIELDS = (*get_args(Field)[1:], "after", "before")

_VALUES: Mapping[str, tuple[str, ...]] = {
    "kind": get_args(QuoteKind),
    "said": get_args(Modality),
    "verdict": ("new", "changed"),
}

_DAYS_AGO = {"today": 0, "yesterday": 1}

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

_YEAR_OR_MONTH = re.compile("([0-9]{4})(?:-([0-9]{2}))?")

# Messages by the type of luqum's node, with the sign that the message points at.
_SIGNED = {"Boost": ("^", _BOOSTED), "Fuzzy": ("~", _FUZZY), "Proximity": ("~", _FUZZY)}

_REFUSED = {
    "From": "use after: for times, other comparisons are not supported",
    "Plus": "'+' is not supported, all words are asked for anyway",
    "Range": "ranges are not supported, use after: and before: for times",
    "Regex": "regular expressions are not supported, put words with slashes in double quotes",
    "To": "use before: for times, other comparisons are not supported",
}


def parse(text: str, now: datetime | None = None) -> Node | None:
    """The tree of a query, None (everything) for an empty one; QueryError pointing at what is wrong.

    Relative times such as "after:7d" count back from `now` and are refused without it.
    """
    reading = _Reading(_WHITE.sub(" ", text), now)
    if not reading.query.strip():
        return None
    if len(text) > MOST_CHARACTERS:
        raise reading.error(
            f"the query has {len(text)} characters, at most {MOST_CHARACTERS} are read", MOST_CHARACTERS
        )
    return reading.node(reading.tree(), "", 0)


class _Reading:
    """One query being read: the text, for error messages, and how many terms it has had so far."""

    def __init__(self, query: str, now: datetime | None) -> None:
        self.query = query
        self.now = now
        self.plain = query.translate(_TYPOGRAPHIC_QUOTES)
        self.terms = 0

    def error(self, message: str, position: int) -> QueryError:
        return QueryError(message, self.query, position)

    def tree(self) -> Any:
        """What luqum makes of the query."""
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
        """luqum tells the place of an error in its message alone."""
        place = re.search(r"at position (\d+)", message)
        if place is None:
            return self.error("the query ends where a word or a closing parenthesis is missing", len(self.query))
        position = int(place[1])
        character = self.plain[position]
        if character == '"':
            return self.error("this quotation mark is not closed", position)
        if character == "'":
            return self.error("a word cannot begin with an apostrophe, phrases stand in double quotes", position)
        found = re.match(r"AND|OR|NOT|TO", self.plain[position:])
        return self.error(f"{found[0] if found else character!r} is out of place here", position)

    def node(self, tree: Any, field: str, depth: int) -> Node:
        """Our tree for luqum's, inside the field."""
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
            raise self.error("a time with seconds or an offset stands in double quotes", tree.pos)
        if outer:
            raise self.error(f"{outer}: cannot hold another field, {name}:", tree.pos)
        if name not in _FIELDS:
            raise self.error(
                f"there is no field {name}:, there are {', '.join(f'{known}:' for known in _FIELDS)}", tree.pos
            )
        return name

    def leaf(self, tree: Any, field: str) -> Node:
        """The term or date of a word or phrase."""
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise self.error(f"more than {MOST_TERMS} words and phrases", tree.pos)
        phrase = type(tree).__name__ == "Phrase"
        prefix = not phrase and self.is_prefix(tree, field)
        value = _ESCAPED.sub(r"\1", tree.value[1:-1] if phrase else tree.value.removesuffix("*" if prefix else ""))
        if field in ("after", "before"):
            time = self.time(value, tree.pos)
            return Dated(start=time) if field == "after" else Dated(end=time)
        return self.term(value, field, prefix, tree.pos)

    def is_prefix(self, tree: Any, field: str) -> bool:
        """Whether the word ends in '*'; wildcards elsewhere are refused."""
        for found in _WILDCARD.finditer(tree.value):
            if not found[1]:
                continue
            place = tree.pos + found.start()
            if found[1] == "?" or found.end() < len(tree.value):
                raise self.error(f"{found[1]!r} is not supported here, only '*' at the end of a word", place)
            if not words(tree.value[found.start() - 1 : found.start()]):
                raise self.error("'*' needs the beginning of a word before it", place)
            if field not in ("", "speaker", "about"):
                raise self.error(f"{field}: takes no '*'", place)
            return True
        return False

    def term(self, value: str, field: str, prefix: bool, position: int) -> Term:
        found = words(value)
        if not found:
            raise self.error(f"{value!r} has no letters or digits to look for", position)
        if field == "source":
            return Term((fold(value.strip()),), "source")
        if field in _VALUES and value.lower() not in _VALUES[field]:
            raise self.error(f"there is no {field}:{value}, there are {', '.join(_VALUES[field])}", position)
        return Term(found, field, prefix)  # type: ignore[arg-type] # checked by `field`

    def time(self, value: str, position: int) -> datetime:
        """The start of a year, month or day, an ISO 8601 time, UTC unless it has an offset, or a time before now."""
        if (back := _time_back(value.lower())) is not None:
            return self.ago(back, position)
        year_or_month = _YEAR_OR_MONTH.fullmatch(value)
        text = f"{year_or_month[1]}-{year_or_month[2] or '01'}-01" if year_or_month else value
        try:
            time = datetime.fromisoformat(text)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.error(
                f"{value!r} is no date, write 2026, 2026-03, 2026-03-15, yesterday, 7d or an ISO time", position
            ) from error

    def ago(self, back: timedelta, position: int) -> datetime:
        """So long before now, at the beginning of an hour or a day, so that all pages of a search agree."""
        if self.now is None:
            raise self.error("a time that is counted back from now is for searches, write a date", position)
        time = self.now.astimezone(UTC) - back
        return time.replace(hour=time.hour if back % _UNITS["d"] else 0, minute=0, second=0, microsecond=0)

    def position(self, tree: Any) -> int:
        """Where a part of the query begins; luqum knows it of most parts."""
        if tree.pos is not None:
            return int(tree.pos)
        inner = min(self.position(child) for child in tree.children)
        return max(self.plain.rfind(sign, 0, inner) for sign in "<>")


def _time_back(value: str) -> timedelta | None:
    """How long before now a relative time is; None where the value is none."""
    if value in _DAYS_AGO:
        return timedelta(days=_DAYS_AGO[value])
    found = _AGO.fullmatch(value)
    return int(found[1]) * _UNITS[found[2]] if found else None


def _joined(operator: type[And] | type[Or], parts: list[Node]) -> Node:
    """The parts under one operator, with the parts of parts under the same one."""
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, operator) else (part,)
    return operator(tuple(flat))
