"""Direct quotes in languages without a file, with the name that stands beside them."""

import pytest

from pipeline.model import Actor
from tests.pipeline.extract.reading import quotes, read

_DOVIC = Actor(id="q1", name="Mara Dovic", aliases=("مارا دوفيتش", "マラ・ドヴィッチ", "多维奇"))


@pytest.mark.parametrize(
    ("language", "text", "content"),
    [
        (
            "de",
            "„Wir bleiben den ganzen Winter“, sagte Ministerin Mara Dovic am Montag.",
            "Wir bleiben den ganzen Winter",
        ),
        ("da", "»Vi bliver her hele vinteren«, siger Mara Dovic.", "Vi bliver her hele vinteren"),
        ("fr", "Selon Mara Dovic, « le port restera ouvert cet hiver ».", "le port restera ouvert cet hiver"),
        (
            "es",
            "«El puerto seguirá abierto este invierno», dijo Mara Dovic.",
            "El puerto seguirá abierto este invierno",
        ),
        ("pt", "Mara Dovic afirmou: “O porto fica aberto no inverno”.", "O porto fica aberto no inverno"),
        ("pl", "– Port będzie otwarty całą zimę – powiedziała Mara Dovic.", "Port będzie otwarty całą zimę"),
        ("sv", "– Hamnen är öppen hela vintern, säger Mara Dovic.", "Hamnen är öppen hela vintern"),
        ("nl", "'De haven blijft de hele winter open', zei Mara Dovic.", "De haven blijft de hele winter open"),
    ],
)
def test_direct_quote(language: str, text: str, content: str) -> None:
    (quote,) = quotes(text, language)
    assert (quote.speaker_name, quote.content, quote.kind) == ("Mara Dovic", content, "direct")
    assert quote.confidence < 0.5
    assert quote.chain[0].rule == "neighbour"


def test_russian() -> None:
    (quote,) = quotes("«Порт будет открыт всю зиму», — сказала Мара Дович журналистам.", "ru")
    assert (quote.speaker_name, quote.content) == ("Мара Дович", "Порт будет открыт всю зиму")


def test_name_with_particles() -> None:
    (quote,) = quotes("„Wij blijven hier de hele winter”, zei Pieter van den Berg.", "nl")
    assert quote.speaker_name == "Pieter van den Berg"


def test_speaker_within_the_marks() -> None:
    (quote,) = quotes("« Le port restera ouvert, a déclaré Mara Dovic, et nous aussi. »", "fr")
    assert (quote.speaker_name, quote.content) == ("Mara Dovic", "Le port restera ouvert et nous aussi")


def test_quotation_that_goes_on_in_its_paragraph() -> None:
    text = "„Wir bleiben den ganzen Winter“, sagte Mara Dovic. „Das ist eine Frage der Ehre.“\n\n„Die Ehre der Stadt.“"
    assert [quote.speaker_name for quote in quotes(text, "de")] == ["Mara Dovic", "Mara Dovic"]


def test_noun_with_a_capital_is_no_speaker() -> None:
    assert not quotes("„Wir bleiben den ganzen Winter im Hafen“, sagte die Ministerin am Montag in der Stadt.", "de")


def test_title_of_a_work_is_no_quote() -> None:
    assert not quotes("Mara Dovic stellte ihren Roman „Die letzte Fähre“ in der Bücherei von Norwick vor.", "de")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ar", "وقالت مارا دوفيتش: «سيبقى الميناء مفتوحا طوال الشتاء»."),
        ("ja", "マラ・ドヴィッチ首相は「冬の間ずっと港を開けておくつもりです」と述べた。"),
        ("zh", "多维奇说：“整个冬天港口都会开放，我们不会离开。”"),
    ],
)
def test_tracked_actor_in_a_script_without_capitals(language: str, text: str) -> None:
    (quote,) = read(text, [_DOVIC], language).quotes
    assert (quote.speaker_id, quote.speaker_name, quote.kind) == ("q1", "Mara Dovic", "direct")
    assert not read(text, language=language).quotes


def test_name_that_ends_a_quotation_left_open() -> None:
    assert not quotes("« Le port restera ouvert, a dit Mara Dovic", "fr")
