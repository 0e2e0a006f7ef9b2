"""The gold set holds what it promises, and its reader refuses what the guide forbids."""

from collections import Counter
from typing import Any

import pytest

from tests.gold import paths, record, records, view, vocabulary
from tests.gold_cases import COMPUTED
from tests.gold_marks import kind, quoted
from tests.gold_markup import GoldError, read

Record = dict[str, Any]

ARTICLE = """id: x-01
title: A title
genre: test
outlet: test
lang: en
---
{1 “We are late,”} {1c said} {1,2s Ann Hartley}, {2c adding} {2 that nobody was “ready”}. {1 “So be it.”}
---
1: Ann Hartley
2: Ann Hartley; denied; about=Ann Hartley
"""


@pytest.fixture(scope="module")
def gold() -> list[Record]:
    return records()


def test_is_as_large_as_promised(gold: list[Record]) -> None:
    assert len(gold) >= 60
    assert sum(len(article["quotes"]) for article in gold) >= 600


def test_ids_are_the_files_names_and_texts_differ(gold: list[Record]) -> None:
    assert [article["id"] for article in gold] == [path.stem for path in paths()]
    assert len({article["text"] for article in gold}) == len(gold)


def test_spans_hold(gold: list[Record]) -> None:
    for article in gold:
        text = article["text"]
        for quote in article["quotes"]:
            assert quote["start"] == quote["fragments"][0][0]
            assert quote["end"] == quote["fragments"][-1][1] <= len(text)
            for part, label in (("speaker", "speaker_text"), ("cue", "cue")):
                if label in quote:
                    assert text[quote[f"{part}_start"] : quote[f"{part}_end"]] == quote[label]


def test_texts_are_clean_of_markup_and_of_stray_blanks(gold: list[Record]) -> None:
    for article in gold:
        assert not set("{}\t\r") & set(article["text"]), article["id"]
        assert not [line for line in article["text"].split("\n") if line != line.strip()], article["id"]


def test_no_attribution_is_marked_twice(gold: list[Record]) -> None:
    for article in gold:
        spans = Counter(tuple(map(tuple, quote["fragments"])) for quote in article["quotes"])
        assert max(spans.values(), default=1) == 1, article["id"]


def test_every_hard_case_is_there(gold: list[Record]) -> None:
    result = {case for article in gold for case in article["cases"]}
    assert (COMPUTED | vocabulary().keys()) - result == set()


def test_negative_articles_have_marks_and_no_quotes(gold: list[Record]) -> None:
    negative = [article for article in gold if "negative" in article["cases"]]
    assert len(negative) >= 3
    assert all(not article["quotes"] and any(quoted(article["text"])) for article in negative)


def test_many_genres_and_outlets_are_there(gold: list[Record]) -> None:
    assert len({article["genre"] for article in gold}) >= 20
    assert len({article["outlet"] for article in gold}) >= 12


def test_no_genre_or_speaker_outweighs_the_rest(gold: list[Record]) -> None:
    speakers = Counter(quote["speaker_name"] for a in gold for quote in a["quotes"] if "speaker_name" in quote)
    assert max(speakers.values()) <= 0.05 * sum(speakers.values())
    assert max(Counter(article["genre"] for article in gold).values()) <= 0.2 * len(gold)


def test_a_record_has_the_measures_fields() -> None:
    article = read(ARTICLE, "x-01", ())
    text = article["text"]
    assert text == "“We are late,” said Ann Hartley, adding that nobody was “ready”. “So be it.”"
    first, second = article["quotes"]
    assert [text[a:b] for a, b in first["fragments"]] == ["“We are late,”", "“So be it.”"]
    assert (first["type"], first["modality"], first["speech"]) == ("direct", "asserted", True)
    assert (first["speaker_text"], first["speaker_name"], first["cue"]) == ("Ann Hartley", "Ann Hartley", "said")
    assert (second["type"], second["modality"], second["about"]) == ("mixed", "denied", ["Ann Hartley"])
    assert {"interrupted", "inversion", "participle", "curly", "denied"} <= set(article["cases"])


def test_the_view_shows_every_quote() -> None:
    shown = "\n".join(view(read(ARTICLE, "x-01", ())))
    assert "1 direct | “We are late,” ## “So be it.”" in shown
    assert "'Ann Hartley' is Ann Hartley | 'adding' denied" in shown


def test_each_file_is_read_by_itself() -> None:
    assert record(paths()[0])["id"] == paths()[0].stem


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("---\n1:", "1:", "2 sections"),
        ("id: x-01", "id: x-02", "header says id 'x-02'"),
        ("genre: test\n", "", "header gives"),
        ("lang: en", "lang: en\ncases: odd", r"cases \['odd'\]"),
        ("{1 “We", "{“We", "out of place"),
        ("{1c said}", "{1c said}}", "out of place"),
        ("{1c said}", "{1c said", "opened and never closed"),
        ("{1c said}", "{1c said }", "white space"),
        ("{1c said}", "{1c sai}d", "cuts a word"),
        ("{1c said}", "{1c said} {1c again}", "at most one cue"),
        ("{1 “We are late,”}", "“{1 We are late,}”", "leaves its quotation mark outside"),
        ("{2 that nobody was “ready”}", "{2 that nobody was “ready}”", "leaves its quotation mark outside"),
        ("1: Ann Hartley\n", "", r"quotes \[1\] are not both"),
        ("1: Ann Hartley\n", "1: Ann Hartley\n1: -\n", "in the trailer twice"),
        ("1: Ann Hartley\n", "1: \n", "has no name"),
        ("1: Ann Hartley\n", "one: Ann Hartley\n", "is not 'NUMBER: NAME; notes'"),
        ("1: Ann Hartley\n", "1: Anne Hartley\n", "of which the text never says"),
        ("; denied", "; doubted", "unknown note 'doubted'"),
        ("; denied", "; denied; asked", "exclude each other"),
        ("{1,2s Ann Hartley}", "{1s Ann Hartley}", "marks no speaker"),
    ],
)
def test_what_the_guide_forbids_is_refused(old: str, new: str, message: str) -> None:
    assert old in ARTICLE
    with pytest.raises(GoldError, match=message):
        read(ARTICLE.replace(old, new), "x-01", ())


def test_an_article_without_quotes_must_say_so() -> None:
    header, _, _ = ARTICLE.split("---\n")
    with pytest.raises(GoldError, match="0 quotes"):
        read(f"{header}---\nNobody spoke.\n---\n", "x-01", ())
    assert read(f"{header}cases: negative\n---\nNobody spoke.\n---\n", "x-01", {"negative"})["quotes"] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is over.", "indirect"),
        ("“It is over.”", "direct"),
        ('"It is over."', "direct"),
        ("‘It’s over, isn’t it?’", "direct"),
        ("'It's over.'", "direct"),
        ("„Es ist aus.“", "direct"),
        ("« C’est fini. »", "direct"),
        ("the farmers' plan, agreed in the '90s", "indirect"),
        ("it was “over”", "mixed"),
        ("“It is over.\n\n“All of it.”", "direct"),
    ],
)
def test_the_kind_follows_from_the_marks(text: str, expected: str) -> None:
    assert kind(text, quoted(text), [(0, len(text))]) == expected
