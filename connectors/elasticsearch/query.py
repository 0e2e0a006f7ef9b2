"""Translate queries to Elasticsearch's query DSL, with the meaning of `pipeline.search.matching`.

The fields hold the words as `pipeline.text.words` cuts them, so that no analysis but ours has a say in what is found.
"""

from typing import Any, Final

from connectors.times import microseconds
from pipeline.model.query import And, Dated, Node, Not, Or, Term

Dsl = dict[str, Any]

TITLE_WEIGHT: Final = 4  # the weight of a word in the title; in the text it is 1

_EVERY_EXPANSION: Final = 1_000_000  # expansions of a prefix at the end of a phrase; fewer would lose matches silently


def dsl(node: Node | None) -> Dsl:
    """Return the query as DSL; only words of the text count for relevance."""
    match node:
        case None:
            return {"match_all": {}}
        case Term():
            return _term(node)
        case Dated():
            bounds = {name: microseconds(time) for name, time in (("gte", node.start), ("lt", node.end)) if time}
            return _chosen({"range": {"dated": bounds}})
        case Not():
            return {"bool": {"must_not": [dsl(node.part)]}}
        case And():
            return {"bool": {"must": [dsl(part) for part in node.parts]}}
        case Or():
            return _any([dsl(part) for part in node.parts])


def _term(term: Term) -> Dsl:
    if not term.field:
        return _any([_words("title", term, TITLE_WEIGHT), _words("text", term, 1)])
    return _chosen(_source(term) if term.field == "source" else _words(term.field, term, 1))


def _words(field: str, term: Term, weight: float) -> Dsl:
    """Return the condition for consecutive words in the field; the last may be a prefix."""
    words = " ".join(term.words)
    if not term.prefix:
        return {"match_phrase": {field: {"query": words, "boost": weight}}}
    if len(term.words) == 1:
        return {"prefix": {field: {"value": words, "boost": weight}}}
    return {"match_phrase_prefix": {field: {"query": words, "boost": weight, "max_expansions": _EVERY_EXPANSION}}}


def _source(term: Term) -> Dsl:
    return {"term": {"source": {"value": term.words[0]}}}


def _any(parts: list[Dsl]) -> Dsl:
    return {"bool": {"should": parts, "minimum_should_match": 1}}


def _chosen(part: Dsl) -> Dsl:
    """Return the condition as a filter that does not affect the rank."""
    return {"bool": {"filter": [part]}}
