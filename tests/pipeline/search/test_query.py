"""Queries: what they mean, and where they are wrong."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import QueryError
from pipeline.model.query import And, Dated, Node, Not, Or, Term
from pipeline.search.query import MOST_CHARACTERS, MOST_DEPTH, MOST_TERMS, parse
from pipeline.text import words
from pipeline.text.stems import stems_of


def word(text: str, field: str = "", *, prefix: bool = False) -> Term:
    return Term(tuple(text.split()), field, prefix)  # type: ignore[arg-type] # the fields of the tests are real ones


def plain(text: str) -> Term:
    """A word without quotes, which also matches in its other forms."""
    return Term(words(text), stems=stems_of(text))


A, B, C = plain("a"), plain("b"), plain("c")


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_an_empty_query_is_everything(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("harbour", plain("harbour")),
        ('"harbour"', word("harbour")),
        ("HARBOUR", plain("harbour")),
        ("Réunion", plain("réunion")),
        ("Straße", plain("straße")),
        ("state-owned", word("state owned")),
        ("U.S.", word("u s")),
        ("don't", word("don t")),
        ("and or not", And((plain("and"), plain("or"), plain("not")))),
        ("TO", plain("to")),
        ('"oil  price"', word("oil price")),
        ("“oil price”", word("oil price")),
        ("«oil price»", word("oil price")),
        ('"AND * ? ( ~ ^ :"', word("and")),
        (r'"say \"no\" now"', word("say no now")),
        (r"a\:b", word("a b")),
        (r"\(a", A),
        ("embarg*", word("embarg", prefix=True)),
        ("state-own*", word("state own", prefix=True)),
        (r"a\*", A),
        ("a b", And((A, B))),
        ("a\u00a0b\nc", And((A, B, C))),
        ("a AND b AND c", And((A, B, C))),
        ("a OR b OR c", Or((A, B, C))),
        ("a AND (b AND c)", And((A, B, C))),
        ("a OR b AND c", Or((A, And((B, C))))),
        ("a b OR c", And((A, Or((B, C))))),
        ("(a b) OR c", Or((And((A, B)), C))),
        ("NOT a", Not(A)),
        ("-a", Not(A)),
        ("a NOT b", And((A, Not(B)))),
        ("a AND b NOT c", And((A, B, Not(C)))),
        ("a AND NOT b", And((A, Not(B)))),
        ("a -b", And((A, Not(B)))),
        ("NOT NOT a", Not(Not(A))),
        ("NOT (a OR b)", Not(Or((A, B)))),
        ("((a))", A),
        ("speaker:lindqvist", word("lindqvist", "speaker")),
        ("SPEAKER:ada-lindqvist", word("ada lindqvist", "speaker")),
        ('speaker:"Ada Lindqvist"', word("ada lindqvist", "speaker")),
        ("about:ferr*", word("ferr", "about", prefix=True)),
        ("speaker:(a OR b) c", And((Or((word("a", "speaker"), word("b", "speaker"))), C))),
        ("speaker:(a NOT b)", And((word("a", "speaker"), Not(word("b", "speaker"))))),
        ("speaker:-a", Not(word("a", "speaker"))),
        ("-speaker:a", Not(word("a", "speaker"))),
        ("source:Courier.example", Term(("courier.example",), "source")),
        ('source:"The Courier"', Term(("the courier",), "source")),
        ("lang:en-GB", word("en gb", "lang")),
        ("kind:Direct", word("direct", "kind")),
    ],
)
def test_queries_parse_to_trees(text: str, node: Node) -> None:
    assert parse(text) == node


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-03", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-15", datetime(2026, 3, 15, tzinfo=UTC)),
        ("15.3.2026", datetime(2026, 3, 15, tzinfo=UTC)),
        ("05.03.2026", datetime(2026, 3, 5, tzinfo=UTC)),
        ("2026-03-15T10:30", datetime(2026, 3, 15, 10, 30, tzinfo=UTC)),
        ("2026-03-15T10:30:05Z", datetime(2026, 3, 15, 10, 30, 5, tzinfo=UTC)),
        ('"2026-03-15T10:30:05+02:00"', datetime(2026, 3, 15, 8, 30, 5, tzinfo=UTC)),
        ('"2026-03-15 10:30"', datetime(2026, 3, 15, 10, 30, tzinfo=UTC)),
    ],
)
def test_times(text: str, time: datetime) -> None:
    assert parse(f"after:{text}") == Dated(start=time)
    assert parse(f"before:{text}") == Dated(end=time)


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("a ~", 2, "fuzzy"),
        ("harbour~2", 7, "fuzzy"),
        ('"a b"~1.5', 5, "fuzzy"),
        ("a^1.2.3", 1, "boosting"),
        ('5"~tall"', 2, "fuzzy"),
        ('x"^y"', 2, "boosting"),
        ('"a b"~2', 5, "fuzzy"),
        ("speaker:a~", 9, "fuzzy"),
        ("(a b)^2 c~", 5, "boosting"),
        ("(a b)~", 5, "'~' is out of place"),
        ("^2", 0, "'^' is out of place"),
        ("a /b.*/", 2, "regular expressions"),
        ("a [b TO c]", 2, "ranges"),
        ("a >3", 2, "after:"),
        ("a <= 3", 2, "before:"),
        ("a +b", 2, "'+'"),
        ("(a", 2, "is missing at the end"),
        ("foo:(", 0, "there is no field foo:"),
        ('"a foo:b" (', 11, "is missing at the end"),
        ("speaker:(a", 10, "is missing at the end"),
        ("a AND", 5, "is missing at the end"),
        ("a)", 1, "')' is out of place"),
        ("a ()", 3, "')' is out of place"),
        ("a AND AND b", 6, "'AND' is out of place"),
        ("OR a", 0, "'OR' is out of place"),
        ("a } b", 2, "'}' is out of place"),
        ('a "b', 2, "not closed"),
        ("a “b", 2, "not closed"),
        ("a 'b", 2, "apostrophe"),
        ("*", 0, "beginning of a word"),
        ("a *b", 2, "only '*' at the end"),
        ("a b*c", 3, "only '*' at the end"),
        ("why?", 3, "only '*' at the end"),
        ("b-*", 2, "beginning of a word"),
        ("lang:e*", 6, "lang: takes no '*'"),
        ("source:a*", 8, "source: takes no '*'"),
        ("a 🙂", 2, "no letters"),
        ('a ""', 2, "no letters"),
        ("a sung:b", 2, "no field sung:"),
        ("said:softly", 5, "no said:softly"),
        ("source_kind:rumour", 12, "no source_kind:rumour"),
        ("verdict:guilty", 8, "there are new, changed"),
        ("after:7d", 6, "relative times are for searches"),
        ("speaker:(a about:b)", 11, "cannot hold another field"),
        ("kind:shouted", 5, "no kind:shouted"),
        ("a after:March", 8, "'March' is not a date"),
        ("after:2026-13", 6, "not a date"),
        ("after:0000", 6, "not a date"),
        ("after:31.2.2026", 6, "15.3.2026"),
        ("after:3.2026", 6, "not a date"),
        ('after:"0001-01-01T00:00+14:00"', 6, "not a date"),
        ("after:٢٠٢٦", 6, "not a date"),
        ("after:2026-03-15T10:00:00+02:00", 6, "double quotes"),
        ("a\n b\t(", 6, "is missing at the end"),
    ],
)
def test_a_wrong_query_points_at_the_character(text: str, position: int, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert message in caught.value.args[0]
    assert caught.value.position == position
    _, query, caret = str(caught.value).split("\n")
    assert len(query) == len(text) + 2
    assert caret.index("^") == position + 2


@pytest.mark.parametrize(
    "text",
    [
        "a" * (MOST_CHARACTERS + 1),
        " ".join(["a"] * (MOST_TERMS + 1)),
        "(" * (MOST_DEPTH + 1) + "a" + ")" * (MOST_DEPTH + 1),
        "NOT " * (MOST_DEPTH + 1) + "a",
        "(" * 1999 + "a" + ")" * 1999,
        "-" * 3999 + "a",
    ],
)
def test_a_hostile_query_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


def test_the_largest_query_is_read() -> None:
    node = parse(" OR ".join(f"name{number}" for number in range(MOST_TERMS)))
    assert isinstance(node, Or)
    assert len(node.parts) == MOST_TERMS


@given(st.text(alphabet=st.sampled_from("ab \"()*?:~^+-/\\[]{}<>'AND ORNOT\n“é🙂\x00\ud800"), max_size=40))
def test_any_text_is_a_query_or_an_error_inside_it(text: str) -> None:
    try:
        parse(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)


def test_threads_read_side_by_side() -> None:
    wrong: list[str] = []

    def read(name: str) -> None:
        for number in range(50):
            if parse(f"{name}{number} (b OR c)") != And((plain(f"{name}{number}"), Or((B, C)))):
                wrong.append(name)

    threads = [threading.Thread(target=read, args=(name,)) for name in "pqrs"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("today", datetime(2026, 3, 2, tzinfo=UTC)),
        ("yesterday", datetime(2026, 3, 1, tzinfo=UTC)),
        ("Heute", datetime(2026, 3, 2, tzinfo=UTC)),
        ("gestern", datetime(2026, 3, 1, tzinfo=UTC)),
        ("vorgestern", datetime(2026, 2, 28, tzinfo=UTC)),
        ("7d", datetime(2026, 2, 23, tzinfo=UTC)),
        ("2w", datetime(2026, 2, 16, tzinfo=UTC)),
        ("1m", datetime(2026, 1, 31, tzinfo=UTC)),
        ("1y", datetime(2025, 3, 2, tzinfo=UTC)),
        ("12h", datetime(2026, 3, 2, 3, tzinfo=UTC)),
    ],
)
def test_times_are_counted_back_from_now(text: str, start: datetime) -> None:
    now = datetime(2026, 3, 2, 15, 40, 30, tzinfo=UTC)
    assert parse(f"after:{text}", now) == Dated(start=start)
    assert parse(f"after:{text}", now + timedelta(minutes=1)) == Dated(start=start)
