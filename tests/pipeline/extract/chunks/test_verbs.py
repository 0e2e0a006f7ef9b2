"""The cues and the modality of reports in languages that are read by chunks."""

import pytest

from tests.pipeline.extract.reading import quotes

SUPPOSED = [
    ("de", "Man stelle sich vor, Edda Brehm antwortet: „Ich gehe morgen.“"),
    ("de", "Edda Brehm würde antworten: „Ich gehe morgen.“"),
    ("de", "Brehm könnte ja sagen: „Ich habe mich geirrt.“"),
    ("de", "Hätte Edda Brehm gesagt: „Wir zahlen alles“, wäre der Kreis froh."),
    ("fr", "Luc Brémond pourrait dire : « Nous avons échoué. »"),
    ("fr", "Luc Brémond aurait pu dire : « Nous avons échoué. »"),
    ("es", "Luis Brea diría: «Hemos fracasado»."),
    ("it", "Immaginiamo che Luca Bressan rispondesse: «Me ne vado»."),
    ("nl", "Jan Brouwer zou kunnen zeggen: “Wij hebben gefaald.”"),
    ("nl", "Had Jan Brouwer gezegd: “Wij betalen alles”, dan was de stad blij."),
    ("pl", "Gdyby Jan Brzoza powiedział: „Zapłacimy wszystko”, miasto by się cieszyło."),
    ("pl", "Wyobraźmy sobie, że Jan Brzoza odpowiada: „Odchodzę jutro”."),
    ("ru", "Представим, что Иван Бродов ответил: «Я ухожу завтра»."),
    ("ru", "Иван Бродов сказал бы: «Мы ошиблись»."),
    ("uk", "Якби Іван Броденко сказав: «Ми заплатимо все», місто раділо б."),
    ("pt", "Luís Brandão poderia dizer: “Falhámos todos.”"),
    ("sv", "Jan Brolin skulle kunna säga: ”Vi har misslyckats.”"),
]


@pytest.mark.parametrize(("language", "text"), SUPPOSED)
def test_a_report_in_an_unreal_mood_or_after_a_supposition_is_hypothetical(language: str, text: str) -> None:
    (quote,) = quotes(text, language)
    assert quote.modality == "hypothetical"


REPORTED = [
    ("de", "Edda Brehm sagte: „Wir könnten alles zahlen.“"),
    ("de", "Edda Brehm sagte, der Kreis würde alles zahlen."),
    ("de", "Der Kreis könnte alles zahlen, sagte Edda Brehm."),
    ("de", "Laut Edda Brehm könnte der Kreis alles zahlen."),
    ("fr", "Luc Brémond aurait déclaré : « Nous payons tout. »"),
    ("fr", "La ville pourrait payer, a déclaré Luc Brémond."),
    ("it", "Luca Bressan ha detto che la diga potrebbe crollare."),
    ("nl", "Jan Brouwer zou hebben gezegd: “Wij betalen alles.”"),
    ("ru", "Дамба могла бы выстоять, сказал Иван Бродов."),
]


@pytest.mark.parametrize(("language", "text"), REPORTED)
def test_an_unreal_mood_within_what_is_said_or_of_hearsay_supposes_no_report(language: str, text: str) -> None:
    (quote,) = quotes(text, language)
    assert quote.modality == "asserted"


CUES = [
    ("de", "Das Wehr sei alt, räumte Edda Brehm ein.", "räumte Edda Brehm ein"),
    ("de", "Edda Brehm räumte dagegen ein, dass das Wehr alt ist.", "räumte dagegen ein"),
    ("de", "Edda Brehm teilte mit, dass das Wehr alt ist.", "teilte mit"),
    ("de", "Edda Brehm lehnte den Plan ab: „Das ist zu teuer.“", "lehnte den Plan ab"),
    ("de", "Wie Edda Brehm bekannt gab, ist das Wehr alt.", "bekannt gab"),
    ("de", "Das Wehr sei alt, sagte Edda Brehm.", "sagte"),
    ("nl", "De sluis gaat dicht, kondigde Jan Brouwer aan.", "kondigde Jan Brouwer aan"),
]


@pytest.mark.parametrize(("language", "text", "cue"), CUES)
def test_the_cue_has_the_particle_of_a_separable_verb(language: str, text: str, cue: str) -> None:
    (quote,) = quotes(text, language)
    assert quote.cue is not None
    assert quote.cue.text == cue == text[quote.cue.start : quote.cue.end]


@pytest.mark.parametrize("verb", ["bestritt", "verneinte", "leugnete", "dementierte"])
def test_a_denied_infinitive_is_what_is_denied(verb: str) -> None:
    (quote,) = quotes(f"Edda Brehm {verb}, von dem Leck gewusst zu haben.", "de")
    assert (quote.content, quote.modality, quote.statement) == ("von dem Leck gewusst zu haben", "denied", True)
