"""Searches on Elasticsearch: queries as its query DSL, as `pipeline.model.matching` defines them, and pages of hits.

The fields hold the words as `pipeline.text.words` splits them, so that only our analysis decides what matches.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from connectors.elasticsearch.client import Elasticsearch
from connectors.elasticsearch.store import HIT
from pipeline.errors import UsageError
from pipeline.model.matching import DAY, FACETS, MOST_DAYS, cursor, facet_fields, highlights, iso_day, latest, place
from pipeline.model.query import And, Dated, Hit, Node, Not, Or, Page, Search, Term
from pipeline.model.values import microseconds

Dsl = dict[str, Any]

TITLE_WEIGHT: Final = 4  # the weight of a word in the title; in the text it is 1

STEM_WEIGHT: Final = 0.05  # the weight of another form of the word, so that the form in the query ranks first

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
        written = [_words("title", term, TITLE_WEIGHT), _words("text", term, 1)]
        stems = [{"terms": {"stems": list(term.stems), "boost": STEM_WEIGHT}}] if term.stems else []
        return _any([*written, *stems])
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


_WINDOW: Final = 10_000  # hits that can be paged by count (index.max_result_window)

_NEWEST: Final = [{"dated": "desc"}, {"tie": "desc"}]

_BY_DAY: Final = {"field": "dated", "interval": DAY, "order": "desc"}

_OF_DAYS: Final = {"field": "dated", "interval": DAY, "min_doc_count": 1}

Names = Callable[[str], str]


def search_page(client: Elasticsearch, name: Names, search: Search) -> Page:
    """Search as in `Index`. Later pages have no entries that were added after the first page."""
    if search.limit < 0:
        raise UsageError(f"limit {search.limit} should not be negative")
    if search.limit >= _WINDOW:
        raise UsageError(f"limit {search.limit} should be at most {_WINDOW - 1}")
    (answer, end) = (_newest if search.order == "newest" else _best)(client, name(search.collection), search)
    matches = answer["hits"]["hits"]
    total = answer["aggregations"]["all"]["doc_count"]
    hits = [HIT.validate_python(match["_source"]["hit"]) for match in matches[: search.limit]]
    return Page(
        hits=tuple(
            replace(hit, highlights=highlights(search.query, hit.text, hit.language))
            for hit in _with_decisions(client, name, hits)
        ),
        total=total,
        cursor=cursor(search, end) if 0 < search.limit < len(matches) else "",
        facets=_facets(answer["aggregations"]) if search.facets else {},
        days=_days(answer["aggregations"]) if search.days else (),
        counted=total if search.facets or search.days or search.crossed else 0,
        crossed=_crossed(answer["aggregations"]["all"], search.crossed[1]) if search.crossed else {},
    )


def _newest(client: Elasticsearch, index: str, search: Search) -> tuple[Any, list[int]]:
    """Return a page and one more hit, with the position of the last hit of the page."""
    position = place(search, 3)
    answer = _response(
        client, index, search, position[2] if position else None, sort=_NEWEST, search_after=position and position[:2]
    )
    page = answer["hits"]["hits"][: search.limit]
    return answer, [*page[-1]["sort"], position[2] if position else _newest_added(answer)] if page else []


def _best(client: Elasticsearch, index: str, search: Search) -> tuple[Any, list[int]]:
    """Return a page and one more hit, with the number of hits so far and the newest entry of the first page."""
    position = place(search, 2)
    passed = position[0] if position else 0
    if passed + search.limit >= _WINDOW:
        raise UsageError(f"by relevance no more than {_WINDOW} hits are listed; narrow the query, or list the newest")
    # Without this search type, each shard would rank by how rare a word is in that shard.
    ranked = {"sort": ["_score", *_NEWEST], "search_type": "dfs_query_then_fetch"}
    answer = _response(client, index, search, position[1] if position else None, from_=passed, **ranked)
    return answer, [passed + search.limit, position[1] if position else _newest_added(answer)]


def _response(client: Elasticsearch, index: str, search: Search, last: int | None, **page: Any) -> Any:
    """Return the response for entries added up to `last`; later entries count in the totals but are on no page.

    Only responses without hits are cached by the server.
    """
    terms = {field: _most_frequent(field, search.values) for field in facet_fields(search)} if search.facets else {}
    if search.crossed:
        first, second = search.crossed
        by_second = {"histogram": _OF_DAYS} if second == "day" else _most_frequent(second, search.values)
        terms["crossed"] = {**_most_frequent(first, search.values), "aggs": {"second": by_second}}
    counts: dict[str, Dsl] = {"all": {"filter": {"match_all": {}}, "aggs": terms}}
    if search.limit:
        counts["added"] = {"max": {"field": "added"}}
    if search.days:
        counts["days"] = {"composite": {"size": MOST_DAYS, "sources": [{"day": {"histogram": _BY_DAY}}]}}
    return client.search(
        index=index,
        query=dsl(search.query),
        post_filter=None if last is None else {"range": {"added": {"lte": last}}},
        size=search.limit + 1 if search.limit else 0,
        source_includes=["hit"],
        track_total_hits=False,
        aggregations=counts,
        **page,
    )


def _newest_added(answer: Any) -> int:
    return int(answer["aggregations"].get("added", {}).get("value") or 0)


def _most_frequent(field: str, most: int) -> Dsl:
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": f"facet.{field}", "size": most, "order": order}}


def _facets(aggregations: Mapping[str, Any]) -> dict[str, list[tuple[str, int]]]:
    counts = aggregations["all"]
    return {
        field: [(bucket["key"], bucket["doc_count"]) for bucket in counts[field]["buckets"]]
        for field in FACETS
        if field in counts
    }


def _crossed(aggregations: Mapping[str, Any], second: str) -> dict[str, dict[str, int]]:
    def name(key: Any) -> str:
        return iso_day(round(key) // DAY) if second == "day" else str(key)

    return {
        bucket["key"]: {name(part["key"]): part["doc_count"] for part in bucket["second"]["buckets"]}
        for bucket in aggregations["crossed"]["buckets"]
    }


def _days(aggregations: Mapping[str, Any]) -> tuple[tuple[date, int], ...]:
    buckets = aggregations["days"]["buckets"]
    return latest((round(bucket["key"]["day"]) // DAY, bucket["doc_count"]) for bucket in buckets)


def _with_decisions(client: Elasticsearch, name: Names, hits: Sequence[Hit]) -> Sequence[Hit]:
    """Return the hits with the decisions about them."""
    if not hits or hits[0].collection == "articles":
        return hits
    if hits[0].collection == "quotes":
        statement_ids = _statements_of(client, name("decisions"), [hit.id for hit in hits])
        return [replace(hit, statement_id=statement_ids.get(hit.id, "")) for hit in hits]
    reports = _reports_of(client, name("decisions"), [hit.id for hit in hits])
    return [replace(hit, reports=reports.get(hit.id, 0)) for hit in hits]


def _statements_of(client: Elasticsearch, index: str, quote_ids: Sequence[str]) -> dict[str, str]:
    answer = client.search(
        index=index, query={"ids": {"values": list(quote_ids)}}, size=len(quote_ids), source_includes=["statement"]
    )
    return {match["_id"]: match["_source"]["statement"] for match in answer["hits"]["hits"]}


def _reports_of(client: Elasticsearch, index: str, statement_ids: Sequence[str]) -> dict[str, int]:
    """Return the number of articles that report each statement."""
    articles = {"articles": {"cardinality": {"field": "article", "precision_threshold": 40_000}}}
    answer = client.search(
        index=index,
        query={"terms": {"statement": list(statement_ids)}},
        size=0,
        aggregations={"reports": {"terms": {"field": "statement", "size": len(statement_ids)}, "aggs": articles}},
    )
    return {bucket["key"]: bucket["articles"]["value"] for bucket in answer["aggregations"]["reports"]["buckets"]}
