"""What a search page asks for, as its address holds it: words, conditions chosen and excluded, dates, and the order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar, get_args
from urllib.parse import urlencode

from pipeline.model.query import Collection, Order

FIELDS: Final[Mapping[str, str]] = {
    "speaker": "Who",
    "about": "About",
    "source": "Where",
    "said": "How it was said",
    "verdict": "New or changed",
    "kind": "Kind of speech",
    "lang": "Language",
}

_NOT: Final = "not-"

_DATES: Final = ("after", "before")

_Choice = TypeVar("_Choice", bound=str)

_MOST: Final = 60  # conditions of one address


@dataclass(frozen=True, slots=True)
class Condition:
    """A value that a field is to have, or is not to have."""

    field: str
    value: str
    excluded: bool = False

    @property
    def parameter(self) -> tuple[str, str]:
        """The condition in an address."""
        return (f"{_NOT if self.excluded else ''}{self.field}", self.value)


@dataclass(frozen=True, slots=True)
class Pill:
    """A condition in force, in words, with the address of the page without it."""

    text: str
    without: str
    excluded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """A search as the address of its page has it. `after` and `before` are as the query language takes them."""

    words: str = ""
    collection: Collection = "statements"
    order: Order = "newest"
    conditions: tuple[Condition, ...] = ()
    after: str = ""
    before: str = ""

    @property
    def query(self) -> str:
        """The search in the query language."""
        chosen: dict[str, list[str]] = {}
        for condition in self.conditions:
            if not condition.excluded:
                chosen.setdefault(condition.field, []).append(term(condition.field, condition.value))
        parts = [f"({self.words})"] if self.words.strip() else []
        parts += [terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})" for terms in chosen.values()]
        parts += [f"NOT {term(one.field, one.value)}" for one in self.conditions if one.excluded]
        parts += [f'{name}:"{value}"' for name, value in (("after", self.after), ("before", self.before)) if value]
        return self.words.strip() if len(parts) == 1 and self.words.strip() else " AND ".join(parts)

    @property
    def address(self) -> str:
        """The address of the page."""
        asked = [("q", self.words), *(one.parameter for one in self.conditions)]
        asked += [("after", self.after), ("before", self.before)]
        asked += [("in", self.collection)] if self.collection != "statements" else []
        asked += [("order", self.order)] if self.order != "newest" else []
        return f"/record?{urlencode([(name, value) for name, value in asked if value])}"

    def toggled(self, condition: Condition) -> "Filters":
        """With the condition if it is not in force, else without; never both chosen and excluded."""
        others = tuple(one for one in self.conditions if (one.field, one.value) != (condition.field, condition.value))
        return replace(self, conditions=others if condition in self.conditions else (*others, condition))

    def pills(self, names: Mapping[str, str]) -> list[Pill]:
        """All that is in force, each with the address without it; `names` are those of speakers by id."""
        found = [Pill(f"“{self.words}”", replace(self, words="").address)] if self.words.strip() else []
        for one in self.conditions:
            name = names.get(one.value, one.value)
            text = f"{FIELDS[one.field].lower()}: {'not ' if one.excluded else ''}{name}"
            found.append(Pill(text, self.toggled(one).address, one.excluded))
        if self.after:
            found.append(Pill(f"from {self.after}", replace(self, after="").address))
        if self.before:
            found.append(Pill(f"before {self.before}", replace(self, before="").address))
        return found


def term(field: str, value: str) -> str:
    """The condition in the query language."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{field}:"{escaped}"'


def read(parameters: Iterable[tuple[str, str]]) -> Filters:
    """The search that an address asks for; what is not of it is left out."""
    pairs = list(parameters)
    last = dict(pairs)
    return Filters(
        words=last.get("q", ""),
        collection=_one_of(last.get("in", ""), get_args(Collection), "statements"),
        order=_one_of(last.get("order", ""), get_args(Order), "newest"),
        conditions=tuple(dict.fromkeys(one for name, value in pairs if (one := _condition(name, value))))[:_MOST],
        **{name: last.get(name, "").strip().replace('"', "") for name in _DATES},
    )


def _condition(name: str, value: str) -> Condition | None:
    field = name.removeprefix(_NOT)
    return Condition(field, value, name.startswith(_NOT)) if field in FIELDS and value.strip() else None


def _one_of(value: str, choices: Sequence[_Choice], plain: _Choice) -> _Choice:
    return next((choice for choice in choices if choice == value), plain)
