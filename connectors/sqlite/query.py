"""Translate queries to FTS5 and SQL: words become quoted strings of FTS5, other values bound parameters."""

from dataclasses import dataclass

from connectors.times import microseconds
from pipeline.model.query import And, Dated, Node, Not, Or, Term
from pipeline.text import fold

EVERY = "x"
"""The word that every row has in its column `every`, because FTS5 cannot search for NOT alone."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The two halves of a query; a row must meet both: an FTS5 expression ('' is none), and an SQL condition."""

    match: str
    where: str = "TRUE"
    parameters: tuple[int | str, ...] = ()


def condition(node: Node | None) -> Condition:
    """Return the query with as much as possible in FTS5; times, which FTS5 does not know, are left to SQL."""
    if node is None:
        return Condition("")
    parts = node.parts if isinstance(node, And) else (node,)
    match = _expression(And(tuple(part for part in parts if not _has_times(part))))
    rest = [_condition(part) for part in parts if _has_times(part)]
    return Condition(match, *_together("AND", rest)) if rest else Condition(match)


def source_word(source: str) -> str:
    """Return the id of a source as a single word of FTS5, whatever characters it has."""
    return fold(source).encode("utf-8", "surrogatepass").hex()


def _has_times(node: Node) -> bool:
    match node:
        case Term():
            return False
        case Dated():
            return True
        case Not():
            return _has_times(node.part)
        case And() | Or():
            return any(map(_has_times, node.parts))


def _expression(node: Node) -> str:
    """Return the FTS5 expression of a query without times; '' for an empty And."""
    match node:
        case Term():
            return _phrase(node)
        case Or():
            return " OR ".join(f"({_expression(part)})" for part in node.parts)
        case Not():
            return f'(every : "{EVERY}") NOT ({_expression(node.part)})'
        case And():
            return _conjunction(node)
        case Dated():
            raise AssertionError("times are left to SQL")


def _conjunction(node: And) -> str:
    wanted = [f"({_expression(part)})" for part in node.parts if not isinstance(part, Not)]
    unwanted = [f"({_expression(part.part)})" for part in node.parts if isinstance(part, Not)]
    if unwanted and not wanted:
        wanted = [f'(every : "{EVERY}")']
    return " NOT ".join([" AND ".join(wanted), *unwanted])


def _phrase(term: Term) -> str:
    if term.field == "source":
        return f'source : "{source_word(term.words[0])}"'
    columns = term.field or "{title text}"
    quoted = " + ".join(f'"{word}"' for word in term.words)
    return f"{columns} : {quoted}{' *' if term.prefix else ''}"


def _condition(node: Node) -> tuple[str, tuple[int | str, ...]]:
    """Return the SQL condition of any query, with its parameters."""
    if not _has_times(node):
        return "row IN (SELECT rowid FROM COLLECTION_words WHERE COLLECTION_words MATCH ?)", (_expression(node),)
    match node:
        case Dated():
            bounds = [("dated >= ?", node.start), ("dated < ?", node.end)]
            return _together("AND", [(sql, (microseconds(time),)) for sql, time in bounds if time])
        case Not():
            sql, parameters = _condition(node.part)
            return f"NOT ({sql})", parameters
        case And():
            return _together("AND", [_condition(part) for part in node.parts])
        case Or():
            return _together("OR", [_condition(part) for part in node.parts])
        case Term():
            raise AssertionError("terms have no times")


def _together(operator: str, parts: list[tuple[str, tuple[int | str, ...]]]) -> tuple[str, tuple[int | str, ...]]:
    joined = f" {operator} ".join(f"({sql})" for sql, _ in parts)
    return joined or "TRUE", tuple(parameter for _, parameters in parts for parameter in parameters)
