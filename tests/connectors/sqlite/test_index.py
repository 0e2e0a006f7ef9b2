"""The SQLite index: that FTS5 finds what `matches` says, and that its speed is where it was designed to be."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sqlite import desk, search
from connectors.sqlite.database import open_file
from connectors.sqlite.desk import SqliteOutbox
from connectors.sqlite.index import SqliteIndex
from connectors.sqlite.rows import PER_MICROSECOND
from connectors.sqlite.search import Condition, condition
from pipeline.model import Document, Report
from pipeline.model.matching import document_entries, matches
from pipeline.model.query import And, Dated, Node, Not, Or, Search, Term
from pipeline.search.query import parse
from pipeline.text import words
from pipeline.text.stems import stems_of
from tests import examples
from tests.examples import NOON

HOUR = timedelta(hours=1)
WORDS = [
    "ferry",
    "ferries",
    "färjor",
    "färjorna",
    "порты",
    "port",
    "İzmir",
    "straße",
    "ﬁne",
    "½",
    "a_b",
    "don't",
    "李",
    "порт",
    "e\u0301",
    "ℌ",
    "x",
]

numbers = count()
times = st.integers(-3, 3).map(lambda hours: NOON + hours * HOUR)
names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
kinds = st.sampled_from(["direct", "indirect", "mixed"])
sources = st.sampled_from(["port", "The Port!", "straße.example", "x y", "🙂"])


@st.composite
def documents(draw: st.DrawFn) -> Document:
    part = draw(st.lists(st.sampled_from([*WORDS, "—", "🙂", "\n"]), min_size=1, max_size=8).map(" ".join))
    article = examples.article(
        f"https://courier.example/{next(numbers)}",
        text=part,
        title=draw(names),
        source=draw(sources),
        language=draw(st.sampled_from(["en", "en-GB", "sv", "ru", ""])),
        published=draw(st.none() | times),
        first_seen=draw(times),
    )
    speaker = draw(st.sampled_from(["", *WORDS]))
    quote = examples.quote(
        article,
        part,
        kind=draw(kinds),
        speaker_name=speaker and draw(names),
        speaker_id=speaker,
        about=tuple(draw(st.lists(names, max_size=2))),
    )
    return Document(article=article, quotes=(quote,))


def terms() -> st.SearchStrategy[Node]:
    prefixes = st.booleans()
    return st.one_of(
        st.builds(Term, names.map(words), st.sampled_from(["", "speaker", "about"]), prefixes),
        st.sampled_from(WORDS).map(lambda word: Term(words(word), stems=stems_of(word))),
        st.builds(Term, sources.map(lambda name: (name.casefold(),)), st.just("source")),
        st.builds(Term, st.sampled_from([("en",), ("en", "gb"), ("sv",)]), st.just("lang")),
        st.builds(Term, kinds.map(words), st.just("kind")),
        st.builds(Dated, st.none() | times, st.none() | times),
    )


def compound(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, inner))


queries = st.recursive(terms(), compound, max_leaves=8)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteIndex]:
    database = open_file(tmp_path_factory.mktemp("index") / "onrecord.sqlite")
    yield SqliteIndex(database)
    database.close()


@pytest.mark.slow
@settings(max_examples=60)
@given(found=st.lists(documents(), min_size=1, max_size=3), query=queries)
def test_search_agrees_with_matches(index: SqliteIndex, found: list[Document], query: Node) -> None:
    """The index is shared by the examples, and so is asked among ever more documents; only these are looked at."""
    index.add(found)
    for collection in ("articles", "quotes"):
        entries = [entry for document in found for entry in document_entries(document)]
        expected = {e.hit.id for e in entries if e.hit.collection == collection and matches(query, e.subject)}
        for order in ("newest", "relevance"):
            page = index.search(Search(collection=collection, query=query, order=order, limit=10_000))
            got = {hit.id for hit in page.hits}
            assert got & {entry.hit.id for entry in entries} == expected
            assert page.total == len(page.hits)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", Condition("")),
        ("1", Condition('({title text} : "1")')),
        ("порт", Condition('(({title text} : "порт") OR (stems : ("ru_порт" OR "sr_port")))')),
        ('"a b" c*', Condition('({title text} : "a" + "b") AND ({title text} : "c" *)')),
        ("1 -speaker:b", Condition('({title text} : "1") NOT (speaker : "b")')),
        ("NOT 1", Condition('(every : "x") NOT ({title text} : "1")')),
        ("1 before:1970", Condition('({title text} : "1")', "(dated < ?)", (0, PER_MICROSECOND * 1_000_000))),
    ],
)
def test_queries_become_full_text_expressions(query: str, expected: Condition) -> None:
    got = condition(parse(query))
    assert got.match == expected.match
    assert got.parameters == expected.parameters
    assert (got.where == "TRUE") == (expected.where == "TRUE")


def test_facets_count_the_newest_and_say_how_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sqlite.search.MOST_COUNTED", 2)
    with closing(open_file(tmp_path / "onrecord.sqlite")) as database:
        index = SqliteIndex(database)
        for number, source in enumerate(["oldest", "newer", "newest"]):
            article = examples.article(f"https://{source}.example", source=source, first_seen=NOON + number * HOUR)
            index.add([examples.document(article)])
        for query in ("", "harbour", "after:2026"):
            page = index.search(Search(query=parse(query), facets=True))
            assert (page.total, page.counted) == (3, 2)
            assert page.facets["source"] == [("newer", 1), ("newest", 1)]


def test_the_words_that_files_hold_are_still_these() -> None:
    """If this fails, existing files have other words: raise database.VERSION and index them again."""
    assert words("Café-Straße ﬁne ½ ℌ a_b don't İzmir Ελλάς 李") == (
        "cafe", "strasse", "fine", "1", "2", "h", "a_b", "don", "t", "izmir", "ελλασ", "李",
    )  # fmt: skip


def test_days_are_counted_rightly_where_rows_run_over_into_the_next_microsecond(tmp_path: Path) -> None:
    last = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
    at_once = [
        examples.document(examples.article(f"https://x.example/{number}", published=last))
        for number in range(PER_MICROSECOND + 5)
    ]
    far = [
        examples.document(
            examples.article(f"https://x.example/year/{year}", published=datetime(year, 12, 31, tzinfo=UTC))
        )
        for year in (1700, 2500)
    ]
    with closing(open_file(tmp_path / "onrecord.sqlite")) as database:
        index = SqliteIndex(database)
        index.add([*at_once, *far])
        page = index.search(Search(collection="articles", query=parse("harbour"), limit=0, days=True))
    assert page.days == ((date(2500, 12, 31), 1), (last.date(), PER_MICROSECOND + 5), (date(1700, 12, 31), 1))


@pytest.mark.slow
def test_long_statements_fill_no_memory_once_they_are_listed(tmp_path: Path) -> None:
    """A thousand statements and deliveries are remembered as pages list them, but no hundreds of megabytes."""
    with closing(open_file(tmp_path / "desk.sqlite")) as database:
        index, outbox = SqliteIndex(database), SqliteOutbox(database)
        for number in range(8):
            said_at_length = f"{number} harbours " * 100_000
            article = examples.article(f"https://courier.example/{number}", text=said_at_length)
            said = examples.decision(
                Report(examples.quote(article, said_at_length), examples.reference(article)), offset=number
            )
            index.add([said])
            outbox.put([examples.delivery(examples.alert(said.statement), id=f"{number}")])
        assert len(index.search(Search(collection="statements", limit=20)).hits) == 8
        assert len(outbox.listing(None, 20)) == 8
    assert search._HITS.size <= 5_000_000
    assert desk._LISTED.size <= 10_000_000
