"""Articles about one event are one story, whatever their headlines, and others are not."""

from dataclasses import replace

import pytest

from pipeline.model import Article, Document
from pipeline.model.matching import statement_hit
from pipeline.model.query import Hit
from pipeline.search.stories import Subject, grouped, stories, subject, subjects
from tests import examples

FLOOD = (
    (
        "en",
        "River bursts its banks",
        "Hundreds left their homes in Aldermoor after the Tarn rose by two metres in the night. The water reached the "
        "market square of Aldermoor, and the bridge to Kelby is closed, Mayor Petra Haldane said.",
    ),
    (
        "en",
        "‘We were warned’: mayor under fire",
        "Residents of Aldermoor ask why no siren was heard before the Tarn came over the dyke near Kelby. Opposition "
        "councillor Ruben Astley wants an inquiry, and Petra Haldane promises answers.",
    ),
    (
        "de",
        "Hunderte verlassen ihre Häuser",
        "Nach dem Dammbruch am Tarn sind in Aldermoor Hunderte Menschen in Turnhallen untergebracht. Die Brücke nach "
        "Kelby bleibt gesperrt, sagte Bürgermeisterin Petra Haldane.",
    ),
)

OTHER = (
    (
        "en",
        "Hospital opens new wing",
        "Doctors welcomed the first patients to the children's wing in Sandvik this week. The wing cost four million "
        "crowns, director Ines Marlow said, and has room for sixty beds. Nurses had asked for larger rooms for years, "
        "and a playground on the roof was paid for by donations of local firms.",
    ),
    (
        "en",
        "Season at the opera begins with young singers",
        "The opera season began with a gala of young singers from eleven countries. Tickets for the premiere were "
        "sold out within an hour, artistic director Yusuf Brand said, and the orchestra under Clara Venn was "
        "applauded for ten minutes. Among the guests was Petra Haldane.",
    ),
)


LETTERS = str.maketrans("0123456789abcdef", "qrstuvwxyzbdfghj")


def articles() -> list[Article]:
    return [
        examples.article(f"https://paper{n}.example/", title=title, text=text, language=language, source=f"Paper {n}")
        for n, (language, title, text) in enumerate((*FLOOD, *OTHER))
    ]


def hits_of(*of: Article) -> list[Hit]:
    return [
        replace(statement_hit(examples.statement()), id=article.id, article_id=article.id, source=article.source)
        for article in of
    ]


def test_articles_about_one_event_are_a_group_in_any_language() -> None:
    assert grouped([subject(article) for article in articles()]) == [[0, 1, 2], [3], [4]]


def test_unknown_articles_are_groups_of_their_own() -> None:
    assert grouped([]) == []
    assert grouped([Subject("a", {}), Subject("b", {})]) == [[0], [1]]


def test_a_name_says_more_about_an_event_than_a_word() -> None:
    named = examples.article(text="On Monday Petra Haldane spoke.", title="")
    plain = examples.article(text="On Monday petra haldane spoke.", title="")
    assert subject(named).terms["name haldane"] > subject(plain).terms["haldan"]
    assert "name on" not in subject(named).terms
    assert "name haldane" not in subject(plain).terms


def test_articles_that_are_each_a_little_like_the_next_are_no_single_story() -> None:
    terms = [{f"word {n + k}": 1.0 for k in range(3)} for n in range(0, 40, 2)]
    groups = grouped([Subject("", each) for each in terms])
    assert len(groups) > 3
    assert max(map(len, groups)) < 10


def test_what_is_linked_is_of_one_event() -> None:
    assert grouped([Subject("a", {"ferry": 1.0}), Subject("b", {"tram": 1.0})], [(0, 1)]) == [[0, 1]]


def test_a_changed_statement_is_of_the_story_of_the_earlier_one() -> None:
    first, other = hits_of(*articles()[3:])
    apart = stories([first, other], lambda name: Subject(name, {}), 4)
    together = stories([replace(first, changed_from=other.id), other], lambda name: Subject(name, {}), 4)
    assert (len(apart), len(together)) == (2, 1)


def test_sources_with_the_text_of_an_agency_count_once() -> None:
    flood = [replace(article, agency="Tarn Press") for article in articles()[:2]] + articles()[2:3]
    known = {article.id: subject(article) for article in flood}
    (story,) = stories(hits_of(*flood), known.__getitem__, 4)
    assert story.sources == ("Paper 0", "Paper 1", "Paper 2")
    assert story.independent == 2


def test_the_story_of_most_independent_sources_is_first_and_shows_each_speaker_once() -> None:
    hits = hits_of(*articles())
    known = {article.id: subject(article) for article in articles()}
    twice = [replace(hits[3], id="a"), replace(hits[3], id="b"), replace(hits[3], id="c", speaker_id="bo-ek")]
    first, second, *_ = stories([*twice, *hits], known.__getitem__, 2)
    assert (first.independent, second.independent) == (3, 1)
    assert [hit.id for hit in second.shown] == ["a", "c"]


def test_subjects_are_read_once() -> None:
    asked: list[str] = []

    def documents(article_id: str) -> list[Document]:
        asked.append(article_id)
        return [examples.document()] if article_id == "known" else []

    subject_of = subjects(documents)
    assert subject_of("known") is subject_of("known")
    assert subject_of("unknown").terms == {}
    assert asked == ["known", "unknown"]


@pytest.mark.parametrize("text", ["", "港は閉鎖されない。", "مرفأ", "a" * 20_000])
def test_any_text_has_a_subject(text: str) -> None:
    assert grouped([subject(examples.article(text=text, title=text[:50])), Subject("", {})]) == [[0], [1]]


@pytest.mark.slow
def test_subjects_of_hostile_articles_are_bounded_each_and_together() -> None:
    """Of articles whose words are all different, the few hundred that pages show would take hundreds of megabytes."""
    looked_up = []

    def documents(article_id: str) -> list[Document]:
        looked_up.append(article_id)
        words = (f"{article_id.translate(LETTERS)}{place:x}".translate(LETTERS) for place in range(900))
        return [examples.document(examples.article(text=f"{examples.TEXT} {' '.join(words)}"))]

    subject_of = subjects(documents)
    assert len(subject_of("0").terms) == 600
    for number in range(500):
        subject_of(f"{number}")
    assert len(looked_up) == 500  # the first was remembered
    subject_of("0")
    assert len(looked_up) == 501  # and is no more
