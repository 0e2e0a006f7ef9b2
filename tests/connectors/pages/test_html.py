"""Blocks part paragraphs, inline elements part nothing, and nothing invisible comes through."""

from collections.abc import Callable

import pytest
from hypothesis import given, strategies
from lxml.html import document_fromstring

from connectors.pages.html import article_text, in_paragraphs, text
from tests.examples import growth


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One <b>b</b>old</p><p>Two<br>three<br><br>four", "One bold\n\nTwo\nthree\n\nfour"),
        ("She s<i>ai</i>d, “y<span>e</span>s”.", "She said, “yes”."),
        ("<ul><li>One.</li><li>Two.</li></ul>", "One.\n\nTwo."),
        ("<h1>Head</h1>Body<div>Part</div>tail", "Head\n\nBody\n\nPart\n\ntail"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1\n\n2"),
        ("He said <q>yes</q>.<script>x()</script><style>p{}</style> End", "He said “yes”. End"),
        ("un<wbr>break&nbsp;able &amp; &lt;tag&gt;", "unbreak able & <tag>"),
        ("<!-- hidden -->seen<template>no</template>", "seen"),
        ("Plain text.\n\n\n  With   a paragraph, 5 < 6.", "Plain text.\n\nWith a paragraph, 5 < 6."),
        ("a\x00b<p>c\ud800d\u202e</p>", "ab\n\ncd"),
        ("&#0;&#xD800;<p>x", "��\n\nx"),
        ("", ""),
        ("<p></p>", ""),
        ("</p>", ""),
        ("<", "<"),
    ],
)
def test_text(html: str, expected: str) -> None:
    assert text(html) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    "html",
    [
        lambda size: "<div>x" * size,
        lambda size: "<b>x" * size,
        lambda size: "x</b>" * size,
        lambda size: "<p " + " ".join(f"a{n}=1" for n in range(size)) + ">x",
        lambda size: "<p>" + "word " * 2 * size,
        lambda size: "&amp;" * 2 * size,
    ],
)
def test_hostile_html_takes_linear_time(html: Callable[[int], str]) -> None:
    assert growth(lambda size: text(html(size)), 10_000) < 32


@given(
    strategies.text()
    | strategies.lists(strategies.sampled_from(["<p>", "</q>", "<q>", "<br", ">", "&", "a", "\ud800"])).map("".join)
)
def test_never_fails_and_is_clean(html: str) -> None:
    found = text(html)
    assert found == found.strip()
    assert "\n\n\n" not in found
    found.encode()


def test_markup_that_is_shown_in_a_text_is_not_read_as_markup() -> None:
    lesson = "<p>Begin with a paragraph:</p><pre>&lt;p&gt;Hello&lt;/p&gt;</pre><p>Then save it.</p>"
    assert article_text(lesson) == "Begin with a paragraph:\n\n<p>Hello</p>\n\nThen save it."
    twice = '<div class="body">&lt;p&gt;Harbour stays open.&lt;/p&gt;&lt;p&gt;It does.&lt;/p&gt;</div>'
    assert article_text(twice) == "Harbour stays open.\n\nIt does."


@pytest.mark.parametrize(
    ("joined", "expected"),
    [
        ("The roof leaks. It rains.", "The roof leaks.\n\nIt rains."),
        ("The roof leaks.It rains.", "The roof leaks.\n\nIt rains."),
        ("The roof leaks. It rains. It snows.", "The roof leaks. It rains. It snows."),
        ("The roof\n\nleaks. It rains.", "The roof\n\nleaks. It rains."),
        ("", ""),
    ],
)
def test_a_joined_text_has_the_paragraphs_of_the_tree(joined: str, expected: str) -> None:
    source = "<nav><p>The</p><p>It</p></nav><p>The roof leaks.</p><div>Our app</div><p>It rains.</p><p>…</p>"
    assert in_paragraphs(joined, document_fromstring(source)) == expected


@pytest.mark.parametrize(
    ("before", "expected"), [(49, "The roof leaks.\n\nIt rains."), (50, "The roof leaks. It rains.")]
)
def test_a_joined_text_is_searched_at_the_first_blocks_like_its_beginning(before: int, expected: str) -> None:
    root = document_fromstring("<p>The</p>" * before + "<p>The roof leaks.</p><p>It rains.</p>")
    assert in_paragraphs("The roof leaks. It rains.", root) == expected
