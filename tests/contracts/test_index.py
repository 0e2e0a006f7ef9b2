"""The contract of Index: what is found, in which order, page by page."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.errors import UsageError
from pipeline.model import Article, Decision, Document, Quote
from pipeline.ports import Collection, Order, Page, Search
from pipeline.query import parse
from tests import examples
from tests.contracts.doors import WholeIndex
from tests.examples import NOON

MINUTE = timedelta(minutes=1)


def article(name: str, text: str = "Nothing was said.", **changes: object) -> Article:
    plain = examples.article(f"https://courier.example/{name}", text=text, title=name, language="en")
    return replace(plain, **changes)  # type: ignore[arg-type]


def document(of: Article, *parts: str, **changes: object) -> Document:
    """The article with a quote of each of these parts of its text."""
    return Document(article=of, quotes=tuple(quote(of, part, **changes) for part in parts))


def quote(of: Article, part: str, **changes: object) -> Quote:
    return examples.quote(of, part, **changes)


def said(name: str, words: str, **changes: object) -> Document:
    """An article that is one quote."""
    return document(article(name, words), words, **changes)


def seen(name: str, when: datetime) -> Document:
    """An article first seen then, with one quote."""
    return document(article(name, name, first_seen=when), name)


def ask(
    index: WholeIndex, query: str = "", collection: Collection = "quotes", order: Order = "newest", **more: object
) -> Page:
    return index.search(
        Search(collection=collection, query=parse(query), order=order, **more)  # type: ignore[arg-type]
    )


def texts(page: Page) -> list[str]:
    return [hit.text for hit in page.hits]


def test_an_empty_index_finds_nothing(index: WholeIndex) -> None:
    for query in ("", "harbour", "NOT harbour", "after:2026"):
        assert ask(index, query, facets=True) == Page(
            hits=(), total=0, facets={"speaker": [], "source": [], "lang": [], "kind": []}
        )


def test_a_quote_is_found_whole(index: WholeIndex) -> None:
    decided = examples.decision()
    index.add([examples.document(), decided])
    (hit,) = ask(index, "harbour").hits
    assert (hit.collection, hit.id, hit.text) == ("quotes", decided.report.quote.id, "The harbour will stay open")
    assert (hit.article_id, hit.title, hit.url) == (
        decided.report.article.id,
        "Harbour stays open",
        "https://courier.example/harbour",
    )
    assert (hit.source, hit.language, hit.kind, hit.confidence) == ("courier.example", "en", "indirect", 0.9)
    assert (hit.published, hit.first_seen) == (NOON - 60 * MINUTE, NOON)
    assert (hit.speaker_id, hit.speaker_name) == ("ada-lindqvist", "Ada Lindqvist")
    assert (hit.statement_id, hit.reports) == (decided.statement.id, 1)
    assert [hit.text[start:end] for start, end in hit.highlights] == ["harbour"]


def test_an_article_is_found_by_title_and_text(index: WholeIndex) -> None:
    index.add([examples.document()])
    for query in ('"stays open"', '"stay open"', "harbour speaker:lindqvist", "kind:indirect"):
        (hit,) = ask(index, query, "articles").hits
        assert (hit.collection, hit.id, hit.text) == ("articles", hit.article_id, examples.TEXT)
        assert (hit.title, hit.speaker_id, hit.kind, hit.reports) == ("Harbour stays open", "", "", 1)
    assert ask(index, "kind:direct", "articles").total == 0


def test_a_statement_is_found_once_with_its_reports(index: WholeIndex) -> None:
    first = examples.decision()
    other = examples.article("https://gazette.example/", source="gazette.example")
    again = [
        replace(first, report=examples.report(other), verdict="repeated", offset=1),
        replace(first, report=examples.report(other, id="the same article again"), verdict="repeated", offset=2),
    ]
    index.add([first, *again])
    (hit,) = ask(index, "harbour", "statements", facets=True).hits
    assert (hit.collection, hit.id, hit.statement_id) == ("statements", first.statement.id, first.statement.id)
    assert (hit.text, hit.source, hit.first_seen, hit.reports) == (first.statement.text, "courier.example", NOON, 2)


def test_a_quote_without_a_verdict_has_no_statement(index: WholeIndex) -> None:
    index.add([examples.document()])
    assert [hit.statement_id for hit in ask(index).hits] == [""]


def test_a_quote_shows_its_content_without_the_interruption(index: WholeIndex) -> None:
    text = "“We will,” she said, “not close.”"
    fragments = ((1, 9), (text.index("not"), len(text) - 1))
    whole = replace(quote(article("a", text), text), fragments=fragments)
    index.add([Document(article=article("a", text), quotes=(whole,))])
    (hit,) = ask(index, '"will not close"').hits
    assert hit.text == "We will not close."
    assert [hit.text[start:end] for start, end in hit.highlights] == ["will not close"]
    assert ask(index, "said").total == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "abcd"),
        ("ferry", "ab"),
        ("FERRY", "ab"),
        ("ferr*", "abc"),
        ("ferr", ""),
        ("cafe", "d"),
        ("Café", "d"),
        ("ferry late", "a"),
        ('"the ferry"', "ab"),
        ('"ferry the"', ""),
        ('"is lat*"', ""),
        ("ferry OR ferries", "abc"),
        ("ferry NOT late", "b"),
        ("NOT ferry", "cd"),
        ("NOT ferry NOT cafe", "c"),
        ("NOT (ferry OR cafe)", "c"),
        ("late OR NOT the", "ad"),
        ("speaker:lindqvist", "ab"),
        ("speaker:ada-lindqvist", "ab"),
        ('speaker:"ada berg"', ""),
        ("speaker:berg", "cd"),
        ("speaker:(lindqvist OR berg) late", "a"),
        ("about:harbour", "d"),
        ("about:port-of-harbour", "d"),
        ('about:"harbour jonas"', ""),
        ("source:gazette.example", "c"),
        ("source:GAZETTE.example", "c"),
        ("source:gazette", ""),
        ("lang:sv", "d"),
        ("lang:en", "abc"),
        ("kind:direct", "bd"),
        ("kind:mixed", ""),
        ("after:2026-03-02", "abc"),
        ("before:2026-03-02", "d"),
        ("after:2026-03-02T11:00 before:2026-03-02T11:05", "a"),
        ("before:2026-03-02 OR late", "ad"),
        ("NOT before:2026-03-02", "abc"),
        ("ferry after:2026-03-02T11:05", "b"),
        ("(ferry AND after:2026-03-02T11:05) OR (cafe AND before:2026-03)", "bd"),
    ],
)
@pytest.mark.parametrize("order", ["newest", "relevance"])
def test_queries(index: WholeIndex, order: Order, query: str, found: str) -> None:
    hour = NOON - 60 * MINUTE
    index.add(
        [
            document(article("a", "The ferry is late"), "The ferry is late"),
            document(
                article("b", "Is the ferry full?", published=hour + 5 * MINUTE), "Is the ferry full?", kind="direct"
            ),
            document(
                article("c", "The ferries", source="gazette.example", published=None),
                "The ferries",
                speaker_name="Jonas Berg",
                speaker_id="jonas-berg",
            ),
            document(
                article("d", "Café!", language="sv-FI", published=datetime.fromisoformat("2026-02-01T00:00Z")),
                "Café!",
                speaker_name="Jonas Berg",
                speaker_id="jonas-berg",
                about=("port-of-harbour", "jonas-berg"),
                kind="direct",
            ),
        ]
    )
    page = ask(index, query, order=order)
    assert sorted(hit.title for hit in page.hits) == list(found)
    assert page.total == len(found)


def test_highlights_are_ranges_of_the_text_as_it_is(index: WholeIndex) -> None:
    index.add([said("a", "Åre’s Café: the straße, the STRASSE… the coffee 🙂 cafe\u0301s")])
    (hit,) = ask(index, 'cafe* strasse "the coffee" NOT tea speaker:ada').hits
    assert [hit.text[start:end] for start, end in hit.highlights] == [
        "Café",
        "straße",
        "STRASSE",
        "the coffee",
        "cafe\u0301s",
    ]


def test_words_that_look_like_another_language_are_words(index: WholeIndex) -> None:
    index.add([said("a", 'x" OR every : NEAR("DROP TABLE quotes; -- {text} *')])
    assert ask(index, "NEAR drop every").total == 1
    assert ask(index, r'"x\" OR every"').total == 1
    assert ask(index, '"* NEAR DROP"').total == 1
    assert ask(index, '"x NEAR"').total == 0


def test_any_script_is_found(index: WholeIndex) -> None:
    index.add([said("a", "Порт останется открытым"), said("b", "港口 将继续开放"), said("c", "الميناء مفتوح 🙂")])
    assert texts(ask(index, "ПОРТ")) == ["Порт останется открытым"]
    assert texts(ask(index, "港口")) == ["港口 将继续开放"]
    assert texts(ask(index, "الميناء")) == ["الميناء مفتوح 🙂"]


def test_only_the_latest_revision_is_found(index: WholeIndex) -> None:
    first = document(article("a", "The ferry sails"), "The ferry sails")
    second = document(article("a", "The tram runs", revision=2), "The tram runs")
    index.add([first])
    index.add([second])
    for collection in ("articles", "quotes"):
        assert ask(index, "ferry", collection).total == 0
        assert texts(ask(index, "", collection)) == ["The tram runs"]
    assert ask(index, facets=True).facets["speaker"] == [("ada-lindqvist", 1)]


def test_an_earlier_revision_that_comes_late_is_not_found(index: WholeIndex) -> None:
    index.add([said("a", "one"), document(article("a", "three", revision=3), "three")])
    index.add([document(article("a", "two", revision=2), "two")])
    assert texts(ask(index)) == ["three"]
    index.add([document(article("a", "four", revision=4))])
    assert texts(ask(index)) == []
    assert texts(ask(index, "", "articles")) == ["four"]


def test_a_statement_outlives_the_revision_that_said_it(index: WholeIndex) -> None:
    index.add([examples.document(), examples.decision()])
    index.add([examples.document(examples.article(revision=2, title="Harbour closes"))])
    assert ask(index, "harbour", "statements").total == 1


def test_adding_again_changes_nothing(index: WholeIndex) -> None:
    entries: list[Document | Decision] = [examples.document(), examples.decision()]
    index.add([*entries, *entries])
    before = [ask(index, "harbour", collection, facets=True) for collection in ("articles", "quotes", "statements")]
    index.add(entries)
    after = [ask(index, "harbour", collection, facets=True) for collection in ("articles", "quotes", "statements")]
    assert before == after
    assert [page.total for page in after] == [1, 1, 1]


def test_newest_is_by_first_seen(index: WholeIndex) -> None:
    microsecond = timedelta(microseconds=1)
    index.add([seen("second", NOON - microsecond), seen("first", NOON), seen("fourth", NOON - 365 * 1440 * MINUTE)])
    index.add([seen("third", NOON - MINUTE)])
    for query in ("", "first OR second OR third OR fourth", "NOT word"):
        assert texts(ask(index, query)) == ["first", "second", "third", "fourth"]


def test_quotes_of_one_article_are_listed_as_in_the_text(index: WholeIndex) -> None:
    of = article("a", "one two three")
    index.add([document(of, "one", "two", "three")])
    assert texts(ask(index)) == ["one", "two", "three"]


def test_many_may_be_seen_in_one_moment(index: WholeIndex) -> None:
    text = " ".join(f"word{number}" for number in range(2500))
    of = article("a", text)
    index.add([seen("newer", NOON + MINUTE), document(of, *text.split()), seen("older", NOON - MINUTE)])
    assert texts(ask(index, limit=3000)) == ["newer", *text.split(), "older"]


def test_relevance_prefers_titles_and_what_is_said_more(index: WholeIndex) -> None:
    filler = " and so on and on and on"
    index.add(
        [
            document(article("nothing", "harbour" + filler * 2)),
            document(article("harbour", "nothing" + filler * 2)),
            document(article("more", "harbour harbour harbour" + filler)),
            document(article("else", "nothing")),
        ]
    )
    page = ask(index, "harbour source:courier.example lang:en", "articles", "relevance")
    assert [hit.title for hit in page.hits] == ["harbour", "more", "nothing"]


@pytest.mark.parametrize("order", ["newest", "relevance"])
@pytest.mark.parametrize("query", ["", "word", "word after:2026", "NOT else"])
def test_pages_hold_everything_once_and_no_newcomer_disturbs_them(index: WholeIndex, order: Order, query: str) -> None:
    index.add([said(f"{number}", "word " * (number % 5 + 1)) for number in range(20)])
    whole = [hit.id for hit in ask(index, query, order=order, limit=20).hits]
    page = ask(index, query, order=order, limit=7)
    paged = [hit.id for hit in page.hits]
    while page.cursor:
        index.add([said(f"new {len(paged)} {number}", "word " * 6) for number in range(3)])
        page = ask(index, query, order=order, limit=7, cursor=page.cursor)
        paged += [hit.id for hit in page.hits]
    assert paged == whole
    assert page.total > 20


@pytest.mark.parametrize("order", ["newest", "relevance"])
def test_the_last_page_has_no_cursor(index: WholeIndex, order: Order) -> None:
    index.add([said("a", "word"), said("b", "word")])
    assert ask(index, order=order, limit=2).cursor == ""
    assert ask(index, order=order, limit=3).cursor == ""
    after = ask(index, order=order, limit=1).cursor
    assert ask(index, order=order, limit=1, cursor=after).cursor == ""


def test_no_hits_can_be_asked_for(index: WholeIndex) -> None:
    index.add([said("a", "word")])
    page = ask(index, limit=0, facets=True)
    assert (page.hits, page.total, page.cursor) == ((), 1, "")
    assert page.facets["kind"] == [("indirect", 1)]
    assert page.counted == 1


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U", "é", "....", "W10", "eyJhIjoxfQ", "\ud800", "a" * 10_000])
@pytest.mark.parametrize("order", ["newest", "relevance"])
def test_a_cursor_that_is_not_ours_is_refused(index: WholeIndex, order: Order, cursor: str) -> None:
    with pytest.raises(UsageError, match="cursor"):
        ask(index, order=order, cursor=cursor)


def test_a_cursor_of_another_question_is_refused(index: WholeIndex) -> None:
    index.add([said("a", "word"), said("b", "word")])
    cursor = ask(index, "word", limit=1).cursor
    with pytest.raises(UsageError, match="not of this search"):
        ask(index, "other", limit=1, cursor=cursor)
    with pytest.raises(UsageError, match="not of this search"):
        ask(index, "word", order="relevance", limit=1, cursor=cursor)
    with pytest.raises(UsageError, match="not of this search"):
        ask(index, "word", "articles", limit=1, cursor=cursor)


def test_facets_count_all_that_is_found_most_frequent_first(index: WholeIndex) -> None:
    berg = {"speaker_name": "Jonas Berg", "speaker_id": "jonas-berg"}
    nobody = {"speaker_name": "", "speaker_id": ""}
    index.add(
        [
            said("a", "ferry"),
            said("b", "ferry", **berg, kind="direct"),
            said("c", "ferry", **berg),
            said("d", "ferry", **nobody),
            document(article("e", "ferry", source="gazette.example", language=""), "ferry"),
            said("f", "tram"),
        ]
    )
    assert ask(index, "ferry", limit=1, facets=True).facets == {
        "speaker": [("ada-lindqvist", 2), ("jonas-berg", 2)],
        "source": [("courier.example", 4), ("gazette.example", 1)],
        "lang": [("en", 4)],
        "kind": [("indirect", 4), ("direct", 1)],
    }
    assert ask(index, "ferry source:gazette.example after:2026", facets=True).facets["speaker"] == [
        ("ada-lindqvist", 1)
    ]
    articles = ask(index, "", "articles", facets=True).facets
    assert articles == {
        "speaker": [],
        "source": [("courier.example", 5), ("gazette.example", 1)],
        "lang": [("en", 5)],
        "kind": [],
    }
    assert ask(index, "ferry").facets == {}


def test_the_widest_and_deepest_queries_are_answered(index: WholeIndex) -> None:
    index.add([said("a", "word")])
    assert ask(index, " OR ".join([f"name{number}" for number in range(255)] + ["word"])).total == 1
    assert ask(index, " ".join([f"-name{number}" for number in range(256)])).total == 1
    assert ask(index, "NOT " * 16 + "word").total == 1
    assert ask(index, "NOT " * 13 + "(word OR after:2030)").total == 0
    deep = "word"
    for level in range(4):
        deep = f"(a{level} OR b{level} AND NOT c AND d OR {deep})"
    assert ask(index, deep).total == 1


def test_threads_add_and_search_side_by_side(index: WholeIndex) -> None:
    def work(worker: int) -> None:
        for number in range(10):
            index.add([said(f"{worker} {number}", f"word {number}")])
            assert ask(index, "word", facets=True).total > number

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert ask(index, "word").total == 40
