"""Text in templates: links to safe addresses only, marked changes, and times for people."""

import pytest

from pipeline.model.matching import article_hit
from pipeline.model.query import And, Hit, Term
from pipeline.search.query import parse
from pipeline.text.http import web_address
from pipeline.text.wording import moment
from pipeline.web.render import described, highlighted, hue, narrowed, percent, stylesheet, word_changes, worded
from tests import examples


@pytest.mark.parametrize("url", ["https://courier.example/a", "http://[::1]/", "HTTPS://courier.example"])
def test_web_addresses_are_linked(url: str) -> None:
    assert web_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "//x",
        "/x",
        "",
        "http:",
        "http://[x",
    ],
)
def test_others_are_not(url: str) -> None:
    assert web_address(url) == ""


def test_changed_words_are_marked_where_enough_of_them_stayed() -> None:
    assert word_changes("It costs 40 million", "It costs 60 million") == "It costs <del>40</del> <ins>60</ins> million"
    assert word_changes("It costs 40 million", "Nobody & nothing waits") == "Nobody &amp; nothing waits"


def test_times_and_shares_are_written_for_people() -> None:
    assert moment(examples.NOON) == "2 Mar 2026, 12:00"
    assert percent(0.934) == "93\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize("value", ["Ada Lindqvist", 'Ada "Ace" Lindqvist', "Ada \\ Lindqvist", 'x" OR source:"y'])
def test_a_facet_adds_its_own_condition(value: str) -> None:
    query = parse(narrowed("harbour OR port", "speaker", value))
    assert isinstance(query, And)
    assert len(query.parts) == 2
    assert isinstance(query.parts[1], Term)
    assert query.parts[1].field == "speaker"
    assert parse(narrowed(" ", "speaker", value)) == query.parts[1]


def hit(text: str, *highlights: tuple[int, int]) -> Hit:
    plain = article_hit(examples.article(text=text))
    return Hit(**{**{name: getattr(plain, name) for name in plain.__slots__}, "highlights": highlights})


def test_a_long_text_is_cut_around_the_match() -> None:
    text = "<b> " + "word " * 100 + "harbour " + "word " * 100
    shown = highlighted(hit(text, (504, 511)))
    assert "<mark>harbour</mark>" in shown
    assert shown.startswith("… word")
    assert shown.endswith(" …")
    assert len(shown) < 400


def test_a_short_text_is_shown_whole() -> None:
    assert highlighted(hit("a <b> c", (2, 5))) == "a <mark>&lt;b&gt;</mark> c"
    assert highlighted(hit("")) == ""


def test_an_attribution_inside_a_quote_is_dimmed() -> None:
    quote = examples.quote(
        examples.article(text="We sail, <she> said, now."), "We sail, <she> said, now.", fragments=((0, 8), (21, 25))
    )
    assert worded(quote) == 'We sail,<span class="aside"> &lt;she&gt; said, </span>now.'


def test_a_description_has_its_code_marked() -> None:
    assert described("a `<b>` and") == "a <code>&lt;b&gt;</code> and"


def test_an_outlet_has_the_same_colour_everywhere_and_the_style_sheet_knows_it() -> None:
    names = [f"Outlet {number}" for number in range(200)]
    assert hue("The Courier") == hue("the courier")
    assert len({hue(name) for name in names}) == 12
    assert all(f".{hue(name)} {{" in stylesheet() for name in names)
