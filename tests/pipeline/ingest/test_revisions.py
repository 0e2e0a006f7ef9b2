"""Differences between revisions are listed word by word, at the right place, however long the texts are."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.revisions import differences, edits
from pipeline.model import Article
from tests.examples import NOON, article

TEXT = "The mayor said 140 ships would come.\n\nThe harbour stays open."


def changed(before: str, after: str) -> list[tuple[str, str]]:
    return [(edit.before.text, edit.after.text) for edit in edits(article(text=before), article(text=after))]


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (TEXT, []),
        (TEXT.replace("\n\n", " \n"), []),
        (TEXT.replace("140", "40"), [("140", "40")]),
        (TEXT.replace("would", "would not"), [("", "not")]),
        (TEXT.replace("The harbour stays open.", ""), [("The harbour stays open.", "")]),
        ("At first. " + TEXT, [("", "At first.")]),
        (TEXT + " It will.", [("", "It will.")]),
        ("", [(TEXT, "")]),
        (TEXT.replace("mayor", "lord mayor").replace("open", "shut"), [("", "lord"), ("open", "shut")]),
    ],
)
def test_words_that_changed(after: str, found: list[tuple[str, str]]) -> None:
    assert changed(TEXT, after) == found


def test_the_title_and_the_words_around() -> None:
    (title, text) = edits(article(title="Old", text=TEXT), article(title="New", text=TEXT.replace("stays", "is")))
    assert (title.part, title.before.text, title.after.text) == ("title", "Old", "New")
    assert (text.part, text.lead, text.tail) == ("text", "The harbour ", " open.")


def test_each_revision_is_compared_with_the_previous_one() -> None:
    later = article(text=TEXT.replace("140", "40"), revision=2, fetched=NOON + timedelta(hours=1))
    last = article(text=TEXT, revision=4, fetched=NOON + timedelta(hours=2))
    result = differences([article(text=TEXT), later, last])
    assert [(one.earlier, one.later, one.seen) for one in result] == [(1, 2, later.fetched), (2, 4, last.fetched)]
    assert differences([later]) == []


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["word ", "line\n"])
def test_long_texts_take_bounded_steps(unit: str) -> None:
    before, after = unit * 60_000, unit * 30_000 + "other " + unit * 30_000
    assert any("other" in new for _, new in changed(before, after))


@given(st.text("ab .\n", max_size=60), st.text("ab .\n", max_size=60))
def test_the_edits_lead_from_the_one_to_the_other(before: str, after: str) -> None:
    result = edits(_of(before), _of(after))
    created, at = "", 0
    for edit in result:
        assert before[edit.before.start : edit.before.end] == edit.before.text
        assert after[edit.after.start : edit.after.end] == edit.after.text
        created += f"{before[at : edit.before.start]} {edit.after.text} "
        at = edit.before.end
    assert "".join((created + before[at:]).split()) == "".join(after.split())


def _of(text: str) -> Article:
    return article(text=text)


def test_the_words_around_an_edit_are_whole_and_take_60_characters_at_most() -> None:
    before = "word " * 40 + "old" + " word" * 40
    (edit,) = edits(article(text=before), article(text=before.replace("old", "new")))
    assert (edit.lead, edit.tail) == ("word " * 11, " word" * 11)
