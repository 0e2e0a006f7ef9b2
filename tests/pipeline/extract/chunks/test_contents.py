"""Where the content of a report begins and ends, and what is no report, in languages that are read by chunks."""

import pytest

from tests.pipeline.extract.reading import quotes


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (
            "es",
            "Ana Brea informó que el puente abrió y atribuyó el corte a la tormenta.",
            [("Ana Brea", "que el puente abrió"), ("Ana Brea", "el corte a la tormenta")],
        ),
        (
            "pt",
            "Ana Brito anunciou o fecho da ponte, que custaria um milhão.",
            [("Ana Brito", "o fecho da ponte, que custaria um milhão")],
        ),
        ("fr", "Ana Brel a demandé à ses équipes de rester au port.", [("Ana Brel", "de rester au port")]),
        ("ru", "Ида Орлова сообщила «Северной заре», что мост закрыт.", [("Ида Орлова", "что мост закрыт")]),
        (
            "sv",
            "Ministern Eva Bro bekräftar att bron är stängd men vill inte säga mer.",
            [("Eva Bro", "att bron är stängd")],
        ),
        ("no", "Eva Bro mener lampene var for svake.", [("Eva Bro", "lampene var for svake")]),
        ("no", "Eva Bro ba om full stans i arbeidet.", [("Eva Bro", "om full stans i arbeidet")]),
        ("sv", "Enligt åtalet sparar firman pengar på flytten.", [("", "sparar firman pengar på flytten")]),
        ("no", "Etter hennes syn er broen trygg.", [("", "er broen trygg")]),
        ("nl", ",,Nee, dat kan niet’’, zei Eva Brink.", [("Eva Brink", "Nee, dat kan niet")]),
        ("da", "»Når man vil af med en bro, siger man, den er syg,« tilføjer Eva Bro.", [("Eva Bro", None)]),
        (
            "pl",
            "Iga Bem przypomniała, że most kosztował 140 tys. zł. – Tyle nikt nie zapłaci – ironizowała.",
            [("Iga Bem", "że most kosztował 140 tys. zł"), ("Iga Bem", "Tyle nikt nie zapłaci")],
        ),
    ],
)
def test_contents(code: str, text: str, expected: list[tuple[str, str | None]]) -> None:
    found = quotes(text, code)
    wanted = [content or quote.content for quote, (_, content) in zip(found, expected, strict=True)]
    assert [(quote.speaker_name, quote.content) for quote in found] == list(
        zip([name for name, _ in expected], wanted, strict=True)
    )


@pytest.mark.parametrize(
    ("code", "text", "source", "content"),
    [
        ("de", "Aus dem Bericht geht hervor, dass der Damm bricht.", "dem Bericht", "dass der Damm bricht"),
        ("nl", "Uit het rapport blijkt dat de dijk breekt.", "het rapport", "dat de dijk breekt"),
        ("sv", "Av rapporten framgår att vallen brister.", "rapporten", "att vallen brister"),
        ("no", "Av rapporten fremgår det at diket brister.", "rapporten", "at diket brister"),
        ("da", "Af rapporten fremgår det, at diget brister.", "rapporten", "at diget brister"),
        ("pl", "Z raportu wynika, że wał pęka.", "raportu", "że wał pęka"),
        ("ru", "В докладе говорится, что дамба рухнет.", "докладе", "что дамба рухнет"),
        ("uk", "У звіті зазначено, що дамба впаде.", "звіті", "що дамба впаде"),
        ("it", "Dal rapporto emerge che la diga cede.", "rapporto", "che la diga cede"),
        ("es", "Del informe se desprende que el dique cede.", "informe", "que el dique cede"),
        ("pt", "Do relatório consta que o dique cede.", "relatório", "que o dique cede"),
        ("fr", "Il ressort du rapport que la digue cède.", "rapport", "que la digue cède"),
    ],
)
def test_documents_speak_through_impersonal_verbs(code: str, text: str, source: str, content: str) -> None:
    assert [(quote.speaker and quote.speaker.text, quote.content) for quote in quotes(text, code)] == [
        (source, content)
    ]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("sv", "Eva Bro hade trott att bron skulle hålla."),
        ("nl", "Eva Brink had gedacht dat de brug zou houden."),
        ("nl", "Het comité ‘Geen brug te veel’ voert Eva Brink aan."),
        ("nl", "Meer zei ze er niet over."),
    ],
)
def test_thoughts_and_names_are_no_reports(code: str, text: str) -> None:
    assert not quotes(text, code)


def test_a_request_is_no_question() -> None:
    (quote,) = quotes("Ana Brel a demandé aux équipes de rester au port.", "fr")
    assert quote.modality == "asserted"


@pytest.mark.parametrize(
    ("code", "text", "name"),
    [
        ("ru", "Олег Сафонов молчал. Сам Сафонов заявил, что вины нет.", "Олег Сафонов"),
        ("es", "Fuentes del Ejecutivo replican que el texto no existe.", ""),
    ],
)
def test_what_opens_a_sentence_is_no_part_of_a_name(code: str, text: str, name: str) -> None:
    assert [quote.speaker_name for quote in quotes(text, code)] == [name]


def test_a_verb_alone_has_the_subject_of_the_sentence_before() -> None:
    text = "Prezes Iga Bem milczy. Oskarżony nie przyznaje się do winy. – Taki był zwyczaj – oświadczył."
    (quote,) = quotes(text, "pl")
    assert quote.speaker is not None
    assert quote.speaker.text == "Oskarżony"


def test_a_title_means_nobody_who_has_another() -> None:
    text = "El entrenador Juan Brea calla. Brea dijo que se va. El concejal dijo que el dique aguanta."
    assert [quote.speaker_name for quote in quotes(text, "es")] == ["Juan Brea", ""]


@pytest.mark.parametrize(
    ("code", "text", "names"),
    [
        ("de", "Ministerin: „Ich schäme mich“\n\nMinisterin Edda Brehm schwieg dann.", ["Edda Brehm"]),
        ("sv", "Åtalad veterinär: ”Jag gjorde vad jag kunde”\n\nVeterinären Rolf Nyman nekar.", ["Rolf Nyman"]),
        (
            "da",
            "Revisor Ib Madsen tav. Ordfører Ole Bro ventede. Revisoren erkender at have lånt penge.",
            ["Ib Madsen"],
        ),
        ("ru", "Мэр Олег Сафонов ждал. Судья Ида Орлова молчала. Мэр заявил, что мост закрыт.", ["Олег Сафонов"]),
    ],
)
def test_a_role_means_its_holder(code: str, text: str, names: list[str]) -> None:
    assert [quote.speaker_name for quote in quotes(text, code)] == names


def test_a_quotation_after_a_sentence_about_a_thing_has_the_speaker_before() -> None:
    text = "Rektor Jo Brehm sagte: „Es war ruhig.“ Die Betreuung fand im Keller statt. „Das Team war komplett da.“"
    assert [quote.speaker_name for quote in quotes(text, "de")] == ["Jo Brehm", "Jo Brehm"]


def test_an_infinitive_is_no_subject() -> None:
    text = "Ana Brea quiso permanecer en su casa y pidió que cerraran el puente."
    assert [quote.speaker and quote.speaker.text for quote in quotes(text, "es")] != ["permanecer en su casa"]
