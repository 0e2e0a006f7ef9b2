"""Direct quotes in languages without a file, with the name that stands beside them."""

import pytest

from pipeline.model import Actor
from tests.pipeline.extract.reading import quotes, read

_DOVIC = Actor(id="q1", name="Mara Dovic", aliases=("مارا دوفيتش", "マラ・ドヴィッチ", "多维奇"))


@pytest.mark.parametrize(
    ("language", "text", "content"),
    [
        ("lb", "„Mir bleiwen de ganze Wanter“, sot Mara Dovic gëschter.", "Mir bleiwen de ganze Wanter"),
        ("fo", "»Vit verða her allan veturin«, sigur Mara Dovic.", "Vit verða her allan veturin"),
        ("oc", "Per Mara Dovic, « lo pòrt demorarà dobèrt aqueste ivèrn ».", "lo pòrt demorarà dobèrt aqueste ivèrn"),
        ("ca", "«El port seguirà obert aquest hivern», va dir Mara Dovic.", "El port seguirà obert aquest hivern"),
        ("ro", "Mara Dovic a spus: “Portul rămâne deschis toată iarna”.", "Portul rămâne deschis toată iarna"),
        ("cs", "– Přístav bude otevřený celou zimu – řekla Mara Dovic.", "Přístav bude otevřený celou zimu"),
        ("fi", "– Satama on auki koko talven, sanoo Mara Dovic.", "Satama on auki koko talven"),
        ("fy", "'De haven bliuwt de hiele winter iepen', sei Mara Dovic.", "De haven bliuwt de hiele winter iepen"),
    ],
)
def test_direct_quote(language: str, text: str, content: str) -> None:
    (quote,) = quotes(text, language)
    assert (quote.speaker_name, quote.content, quote.kind) == ("Mara Dovic", content, "direct")
    assert quote.confidence < 0.5
    assert quote.chain[0].rule == "neighbour"


def test_bulgarian() -> None:
    (quote,) = quotes("«Пристанището ще работи цяла зима», — каза Мара Дович пред журналисти.", "bg")
    assert (quote.speaker_name, quote.content) == ("Мара Дович", "Пристанището ще работи цяла зима")


def test_name_with_particles() -> None:
    (quote,) = quotes("„Wy bliuwe hjir de hiele winter”, sei Pieter van den Berg.", "fy")
    assert quote.speaker_name == "Pieter van den Berg"


def test_speaker_within_the_marks() -> None:
    (quote,) = quotes("« Lo pòrt demorarà dobèrt, diguèt Mara Dovic, e nosautres tanben. »", "oc")
    assert (quote.speaker_name, quote.content) == ("Mara Dovic", "Lo pòrt demorarà dobèrt e nosautres tanben")


def test_quotation_that_goes_on_in_its_paragraph() -> None:
    text = "„Mir bleiwen de ganze Wanter“, sot Mara Dovic. „Dat ass eng Fro vun der Éier.“\n\n„D’Éier vun der Stad.“"
    assert [quote.speaker_name for quote in quotes(text, "lb")] == ["Mara Dovic", "Mara Dovic"]


def test_noun_with_a_capital_is_no_speaker() -> None:
    assert not quotes("„Mir bleiwen de ganze Wanter am Hafen“, sot déi nei Ministesch gëschter an der Stad.", "lb")


def test_title_of_a_work_is_no_quote() -> None:
    assert not quotes("Mara Dovic huet hire Roman „Déi lescht Fähr“ an der Bibliothéik vun Norwick virgestallt.", "lb")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fa", "وقالت مارا دوفيتش: «سيبقى الميناء مفتوحا طوال الشتاء»."),
        ("ain", "マラ・ドヴィッチ首相は「冬の間ずっと港を開けておくつもりです」と述べた。"),
        ("yue", "多维奇说：“整个冬天港口都会开放，我们不会离开。”"),
    ],
)
def test_tracked_actor_in_a_script_without_capitals(language: str, text: str) -> None:
    (quote,) = read(text, [_DOVIC], language).quotes
    assert (quote.speaker_id, quote.speaker_name, quote.kind) == ("q1", "Mara Dovic", "direct")
    assert not read(text, language=language).quotes


def test_name_that_ends_a_quotation_left_open() -> None:
    assert not quotes("« Lo pòrt demorarà dobèrt, diguèt Mara Dovic", "oc")
