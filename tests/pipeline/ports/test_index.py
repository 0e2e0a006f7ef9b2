"""The contract of Index: what is found."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.errors import UsageError
from pipeline.model import Decision, Document
from pipeline.model.matching import FACETS
from pipeline.model.query import Order, Page
from tests import examples
from tests.examples import NOON
from tests.pipeline.ports.adapters import WholeIndex
from tests.pipeline.ports.asking import article, ask, document, quote, said, texts

MINUTE = timedelta(minutes=1)
NOW = timedelta(0)


def test_an_empty_index_finds_nothing(index: WholeIndex) -> None:
    for query in ("", "harbour", "NOT harbour", "after:2026"):
        assert ask(index, query, facets=True) == Page(hits=(), total=0, facets={field: [] for field in FACETS})


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


def test_a_statement_is_a_single_hit_with_its_reports(index: WholeIndex) -> None:
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
        ("ferry", "abc"),
        ('"ferry"', "ab"),
        ("ferries", "abc"),
        ('"ferries"', "c"),
        ("FERRY", "abc"),
        ("ferr*", "abc"),
        ("ferr", ""),
        ("cafe", "d"),
        ("Café", "d"),
        ("ferry late", "a"),
        ('"the ferry"', "ab"),
        ('"ferry the"', ""),
        ('"is lat*"', ""),
        ("ferry OR ferries", "abc"),
        ("ferry NOT late", "bc"),
        ('"ferry" NOT late', "b"),
        ("NOT ferry", "d"),
        ('NOT "ferry"', "cd"),
        ('NOT "ferry" NOT cafe', "c"),
        ("NOT (ferry OR cafe)", ""),
        ('NOT ("ferry" OR cafe)', "c"),
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
        ("ferry after:2026-03-02T11:05", "bc"),
        ("(ferry AND after:2026-03-02T11:05) OR (cafe AND before:2026-03)", "bcd"),
    ],
)
def test_queries(index: WholeIndex, query: str, found: str) -> None:
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
    orders: tuple[Order, ...] = ("newest", "relevance")
    for order in orders:
        page = ask(index, query, order=order)
        assert sorted(hit.title for hit in page.hits) == list(found)
        assert page.total == len(found)


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("en", "She has resigned.", "resignation"),
        ("de", "Der Streit des Haushalts", "Haushalt"),
        ("fr", "Les ministres partent", "ministre"),
        ("ru", "Он сказал об отставке", "отставка"),
        ("pl", "Powód dymisji ministra", "dymisja"),
        ("nn-NO", "Båtane ligg i hamna", "hamn"),
    ],
)
def test_a_word_finds_its_other_forms_in_the_language_of_the_text(
    index: WholeIndex, language: str, text: str, query: str
) -> None:
    other = document(article("other", text, language="uk"), text)
    index.add([document(article("a", text, language=language), text), other, examples.decision()])
    for collection in ("articles", "quotes"):
        (hit,) = ask(index, query, collection).hits
        assert hit.language == language
        assert hit.highlights
        assert ask(index, f'"{query}"', collection).total == 0
        assert ask(index, f"NOT {query}", collection).total == 1
        assert ask(index, f"speaker:{query} OR about:{query} OR lang:{query}", collection).total == 0
    assert ask(index, "harbours", "statements").total == 1
    assert ask(index, '"harbours"', "statements").total == 0


def test_the_title_of_an_article_has_other_forms_too(index: WholeIndex) -> None:
    index.add([examples.document(examples.article(title="Mayors resigned"))])
    assert ask(index, "mayor resigns", "articles").total == 1


def test_the_form_in_the_query_ranks_above_other_forms(index: WholeIndex) -> None:
    long = " ".join(["The mayor must resign", *("said somebody else of nothing at all" for _ in range(20))])
    index.add([said("long", long)])
    index.add([said(f"short {number}", "He resigned") for number in range(3)])
    index.add([said(f"other {number}", "Nothing about it was said") for number in range(5)])
    found = texts(ask(index, "resign", order="relevance"))
    assert (found[0], len(found)) == (long, 4)
    assert texts(ask(index, "resigned", order="relevance"))[-1] == long


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
    index.add([said("d", "市長の田中太郎は橋を閉鎖する"), said("e", "นายกเทศมนตรีปิดสะพาน")])
    assert texts(ask(index, "閉鎖")) == ["市長の田中太郎は橋を閉鎖する"]
    assert texts(ask(index, "鎖閉")) == []
    assert texts(ask(index, "สะพาน")) == ["นายกเทศมนตรีปิดสะพาน"]


def test_only_the_latest_revision_is_found(index: WholeIndex) -> None:
    first = document(article("a", "The ferry sails"), "The ferry sails")
    second = document(article("a", "The tram runs", revision=2), "The tram runs")
    index.add([first])
    index.add([second])
    for collection in ("articles", "quotes"):
        assert ask(index, "ferry", collection).total == 0
        assert texts(ask(index, "", collection)) == ["The tram runs"]
    assert ask(index, facets=True).facets["speaker"] == [("ada-lindqvist", 1)]


def test_an_earlier_revision_that_arrives_late_is_not_found(index: WholeIndex) -> None:
    index.add([said("a", "one"), document(article("a", "three", revision=3), "three")])
    index.add([document(article("a", "two", revision=2), "two")])
    assert texts(ask(index)) == ["three"]
    index.add([document(article("a", "four", revision=4))])
    assert texts(ask(index)) == []
    assert texts(ask(index, "", "articles")) == ["four"]


def test_a_statement_outlives_the_revision_that_reported_it(index: WholeIndex) -> None:
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


def test_denials_and_changes_can_be_searched(index: WholeIndex) -> None:
    denied = examples.report(examples.article("https://courier.example/1"), modality="denied")
    changed = replace(examples.statement(denied), changed_from="earlier")
    index.add([examples.decision(), examples.decision(denied, statement=changed, verdict="changed", offset=1)])
    for query in ("said:denied", "verdict:changed", "said:denied harbour", "NOT verdict:new"):
        page = ask(index, query, "statements", facets=True)
        assert [(hit.modality, hit.changed_from) for hit in page.hits] == [("denied", "earlier")]
        assert (page.facets["said"], page.facets["verdict"]) == ([("denied", 1)], [("changed", 1)])
    assert ask(index, "said:asked", "statements").total == 0


def test_speakers_without_a_name_can_be_searched_and_counted(index: WholeIndex) -> None:
    of = examples.article("https://courier.example/1")
    unnamed = examples.report(of, source_kind="anonymous")
    index.add([examples.document(), replace(examples.document(of), quotes=(unnamed.quote,))])
    index.add([examples.decision(unnamed)])
    for collection in ("quotes", "statements"):
        page = ask(index, "source_kind:anonymous harbour", collection, facets=True)
        assert [hit.source_kind for hit in page.hits] == ["anonymous"]
        assert page.facets["source_kind"] == [("anonymous", 1)]
    assert ask(index, "source_kind:anonymous", "articles").total == 1
    assert ask(index, "NOT source_kind:anonymous").total == 1


def test_a_hit_has_its_cue_and_says_whether_it_is_a_backfill(index: WholeIndex) -> None:
    of = examples.article(backfill=True)
    index.add([examples.document(of)])
    (hit,) = ask(index).hits
    assert (hit.cue, hit.modality, hit.archive) == ("said", "asserted", True)


def test_arrivals_come_once_in_order_page_by_page(index: WholeIndex) -> None:
    first, second = (examples.document(examples.article(f"https://courier.example/{n}")) for n in (1, 2))
    index.add([first])
    index.add([second, examples.decision()])
    page, cursor = index.arrivals(Document, "", 1, NOW)
    assert page == [first]
    page, cursor = index.arrivals(Document, cursor, 5, NOW)
    assert page == [second]
    assert index.arrivals(Document, cursor, 5, NOW) == ([], cursor)
    index.add([first])  # known: nothing arrives
    assert index.arrivals(Document, cursor, 5, NOW) == ([], cursor)
    decisions, after = index.arrivals(Decision, "", 5, NOW)
    assert decisions == [examples.decision()]
    assert index.arrivals(Decision, after, 5, NOW) == ([], after)


def test_a_cursor_of_arrivals_is_checked(index: WholeIndex) -> None:
    with pytest.raises(UsageError, match="'nonsense'"):
        index.arrivals(Document, "nonsense", 5, NOW)
