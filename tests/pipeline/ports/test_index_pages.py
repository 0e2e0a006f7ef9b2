"""The contract of Index: in which order, page by page, and how it counts."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.errors import UsageError
from pipeline.model import Document
from pipeline.model.matching import MOST_DAYS
from pipeline.model.query import Order
from tests.examples import NOON
from tests.pipeline.ports.adapters import WholeIndex
from tests.pipeline.ports.asking import article, ask, document, said, seen, texts

MINUTE = timedelta(minutes=1)


def test_newest_first_is_by_publication(index: WholeIndex) -> None:
    index.add([document(article(f"{day}", f"{day}", published=NOON - timedelta(days=day)), f"{day}") for day in (3, 1)])
    index.add([document(article("2", "2", published=NOON - timedelta(days=2), first_seen=NOON + MINUTE), "2")])
    assert texts(ask(index)) == texts(ask(index, "1 OR 2 OR 3")) == ["1", "2", "3"]


def test_newest_first_is_by_first_seen_without_a_date(index: WholeIndex) -> None:
    microsecond = timedelta(microseconds=1)
    index.add([seen("second", NOON - microsecond), seen("first", NOON), seen("fourth", NOON - 365 * 1440 * MINUTE)])
    index.add([seen("third", NOON - MINUTE)])
    for query in ("", "first OR second OR third OR fourth", "NOT word"):
        assert texts(ask(index, query)) == ["first", "second", "third", "fourth"]


def test_quotes_of_an_article_come_in_the_order_of_its_text(index: WholeIndex) -> None:
    of = article("a", "one two three")
    index.add([document(of, "one", "two", "three")])
    assert texts(ask(index)) == ["one", "two", "three"]


def test_many_articles_may_be_seen_at_the_same_time(index: WholeIndex) -> None:
    text = " ".join(f"word{number}" for number in range(2500))
    of = article("a", text, published=None)
    index.add([seen("newer", NOON + MINUTE), document(of, *text.split()), seen("older", NOON - MINUTE)])
    assert texts(ask(index, limit=3000)) == ["newer", *text.split(), "older"]


def test_relevance_prefers_titles_and_frequent_words(index: WholeIndex) -> None:
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
def test_pages_hold_every_hit_once_while_documents_are_added(index: WholeIndex, order: Order, query: str) -> None:
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


def test_a_search_may_ask_for_no_hits(index: WholeIndex) -> None:
    index.add([said("a", "word")])
    page = ask(index, limit=0, facets=True)
    assert (page.hits, page.total, page.cursor) == ((), 1, "")
    assert page.facets["kind"] == [("indirect", 1)]
    assert page.counted == 1


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U", "é", "....", "W10", "eyJhIjoxfQ", "\ud800", "a" * 10_000])
@pytest.mark.parametrize("order", ["newest", "relevance"])
def test_a_malformed_cursor_is_refused(index: WholeIndex, order: Order, cursor: str) -> None:
    with pytest.raises(UsageError, match="cursor"):
        ask(index, order=order, cursor=cursor)


def test_a_cursor_of_another_search_is_refused(index: WholeIndex) -> None:
    index.add([said("a", "word"), said("b", "word")])
    cursor = ask(index, "word", limit=1).cursor
    with pytest.raises(UsageError, match="another search"):
        ask(index, "other", limit=1, cursor=cursor)
    with pytest.raises(UsageError, match="another search"):
        ask(index, "word", order="relevance", limit=1, cursor=cursor)
    with pytest.raises(UsageError, match="another search"):
        ask(index, "word", "articles", limit=1, cursor=cursor)


def test_facets_count_all_hits_most_frequent_first(index: WholeIndex) -> None:
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
        "said": [("asserted", 5)],
        "source_kind": [],
        "verdict": [],
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
        "said": [],
        "source_kind": [],
        "verdict": [],
    }
    assert ask(index, "ferry").facets == {}
    assert ask(index, "ferry", facets=True, fields=("kind", "lang")).facets == {
        "lang": [("en", 4)],
        "kind": [("indirect", 4), ("direct", 1)],
    }


def test_hits_are_counted_by_two_fields_or_a_field_and_day(index: WholeIndex) -> None:
    berg = {"speaker_name": "Jonas Berg", "speaker_id": "jonas-berg"}
    gazette = article("c", "ferry", source="gazette.example", published=datetime(2026, 2, 28, tzinfo=UTC))
    nobody = {"speaker_name": "", "speaker_id": ""}
    index.add(
        [said("a", "ferry"), said("b", "ferry", **berg), document(gazette, "ferry"), said("d", "ferry", **nobody)]
    )
    page = ask(index, "ferry", limit=0, crossed=("speaker", "source"))
    assert page.crossed == {
        "ada-lindqvist": {"courier.example": 1, "gazette.example": 1},
        "jonas-berg": {"courier.example": 1},
    }
    assert (page.total, page.counted, page.facets, page.days) == (4, 4, {}, ())
    articles = ask(index, "ferry", "articles", limit=1, crossed=("source", "day"), facets=True, fields=("lang",))
    assert articles.crossed == {
        "courier.example": {f"{NOON.date()}": 3},
        "gazette.example": {"2026-02-28": 1},
    }
    assert (articles.facets, len(articles.hits)) == ({"lang": [("en", 4)]}, 1)
    assert ask(index, "ferry after:2026-03", limit=0, crossed=("source", "lang")).crossed == {
        "courier.example": {"en": 3}
    }
    assert ask(index, "bus", crossed=("speaker", "source")).crossed == {}
    assert ask(index, "ferry").crossed == {}


def test_days_count_all_hits_by_publication_latest_first(index: WholeIndex) -> None:
    def published(name: str, when: datetime | None) -> Document:
        return document(article(name, "ferry", published=when), "ferry")

    index.add(
        [
            published("at midnight", datetime(2026, 3, 1, tzinfo=UTC)),
            published("just before", datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)),
            published("not dated, and seen at noon", None),
            published("before 1970", datetime(1969, 7, 20, 20, 17, tzinfo=UTC)),
            published("the same day", datetime(1969, 7, 20, tzinfo=UTC)),
            published("long ago", datetime(1, 1, 1, tzinfo=UTC)),
            document(article("else", "tram", published=NOON), "tram"),
        ]
    )
    page = ask(index, "ferry", limit=1, days=True)
    assert page.days == (
        (NOON.date(), 1),
        (date(2026, 3, 1), 1),
        (date(2026, 2, 28), 1),
        (date(1969, 7, 20), 2),
        (date(1, 1, 1), 1),
    )
    assert (page.counted, page.facets) == (6, {})
    assert ask(index, "ferry after:2026-03-01", "articles", days=True).days == ((NOON.date(), 1), (date(2026, 3, 1), 1))
    assert ask(index, "bus", days=True).days == ()
    assert ask(index, "ferry").days == ()


def test_days_are_the_latest_with_a_hit(index: WholeIndex) -> None:
    day = timedelta(days=1)
    index.add([document(article(f"{n}", published=NOON - n * day)) for n in range(MOST_DAYS + 5)])
    days = ask(index, "", "articles", days=True).days
    assert [result for result, _ in days] == [(NOON - n * day).date() for n in range(MOST_DAYS)]
