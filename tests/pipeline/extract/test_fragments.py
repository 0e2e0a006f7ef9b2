"""Quotes that are statements, and fragments of speech that are none."""

import pytest

from tests.pipeline.extract.reading import only, quotes


@pytest.mark.parametrize(
    "text",
    [
        "Mara Dovic said that the harbour would stay open.",
        "Mara Dovic said the harbour would stay open.",
        "Mara Dovic vowed to keep the harbour open.",
        "Mara Dovic called for an early vote.",
        "Mara Dovic demanded the return of the two cranes.",
        "Mara Dovic accused the board of hiding the bill.",
        "Mara Dovic warned of a long and hungry winter.",
        "Mara Dovic ruled out a second term.",
        "Mara Dovic described the harbour as a graveyard for boats.",
        "Mara Dovic called the plan a bad joke.",
        "Mara Dovic asked whether the harbour would stay open.",
        "“Not at all,” Mara Dovic said.",
        "“They sank it,” Mara Dovic said.",
        "“Shame on them,” Mara Dovic said.",
        "Mara Dovic shouted “Thieves!”",
        "Mara Dovic said that “The Long Road” was a dull film.",
    ],
)
def test_statement(text: str) -> None:
    assert only(text).statement


@pytest.mark.parametrize(
    "text",
    [
        "Mara Dovic announced her wedding.",
        "Mara Dovic denied responsibility for it.",
        "Mara Dovic stressed the importance of sleep.",
        "Mara Dovic described the storm that covered the quay.",
        "Mara Dovic dismissed rumours of a quarrel.",
        "Mara Dovic explained how the lock works.",
        "Boats lay idle in what Mara Dovic called “a sad little harbour”.",
        "They wrote to the captain whom Mara Dovic had vowed to sue.",
        "Mara Dovic bought a tool that she called “quiet mode”.",
        "Mara Dovic wrote “Songs of the Quay” in her youth.",
        "Mara Dovic read “The Tide and the Town” to the class.",
        "Mara Dovic answered “Question 7” on the form.",
        "“Murray v Easton,” Mara Dovic wrote.",
        "Mara Dovic complained of “cold feet”.",
    ],
)
def test_fragment(text: str) -> None:
    assert not only(text).statement


def test_a_turn_of_a_transcript_is_a_statement() -> None:
    quoted = quotes("MARA DOVIC, MAYOR: A late boat again.\n\nPER OSTERMAN, HOST: A warm evening.\n\nDOVIC: Ours.")
    assert [quote.statement for quote in quoted] == [True, True, True]


CLAUSES = [
    ("de", "Der Kreis rechne mit vier Wochen Bauzeit, sagte Edda Brehm."),
    ("de", "Er übernehme die Kosten, sagte Edda Brehm."),
    ("de", "Der Verein ziehe im Mai um, teilte Edda Brehm mit."),
    ("de", "Ich trete nicht an, so Edda Brehm."),
    ("de", "Wie Edda Brehm mitteilte, saniert der Kreis das Wehr."),
    ("de", "Das Wehr war offen, wie Edda Brehm mitteilte."),
    ("de", "Zwei Millionen Euro will der Kreis für das neue Wehr geben. Das kündigte Edda Brehm am Freitag an."),
    ("de", "Edda Brehm erklärte, die Lage bleibe „angespannt“."),
    ("fr", "Le barrage fermera lundi, a annoncé Luc Brémond."),
    ("es", "Según Luis Brea, los diques durarán hasta abril."),
    ("it", "Secondo Luca Bressan, gli argini costeranno 11 milioni."),
    ("nl", "De sluis sluit maandag, zei Jan Brouwer."),
    ("pl", "Tamę zamykamy w poniedziałek, powiedział Jan Brzoza."),
    ("ru", "По словам Ивана Бродова, дамбу чинят 40 человек."),
    ("uk", "Греблю відбудують до осені, сказав Іван Броденко."),
    ("pt", "Os diques caíram 70%, calcula Luís Brandão."),
    ("sv", "Slussen stängs på måndag, sade Jan Brolin."),
]
"""Reports whose verb no list has, or which a relative pronoun seems to open."""


@pytest.mark.parametrize(("language", "text"), CLAUSES)
def test_a_clause_with_an_unlisted_verb_is_a_statement(language: str, text: str) -> None:
    (quoted,) = quotes(text, language)
    assert quoted.statement


NOUN_PHRASES = [
    ("de", "Ein teurer Irrtum, sagte Edda Brehm."),
    ("de", "Am Ufer lebende Tiere, sagte Edda Brehm."),
    ("de", "Neue Pumpen für alle Wehre, sagte Edda Brehm."),
    ("fr", "Une belle erreur, a dit Luc Brémond."),
    ("fr", "La réparation longue du barrage, a dit Luc Brémond."),
    ("es", "Un gran error de cálculo, dijo Luis Brea."),
    ("it", "Una costosa riparazione degli argini, ha detto Luca Bressan."),
    ("nl", "Een grote fout, zei Jan Brouwer."),
    ("pl", "Wielki błąd, powiedział Jan Brzoza."),
    ("ru", "Большая ошибка, сказал Иван Бродов."),
    ("uk", "Велика помилка, сказав Іван Броденко."),
    ("pt", "Um grande erro, disse Luís Brandão."),
    ("sv", "Ett stort misstag, sade Jan Brolin."),
]


@pytest.mark.parametrize(("language", "text"), NOUN_PHRASES)
def test_a_noun_phrase_is_no_statement(language: str, text: str) -> None:
    (quoted,) = quotes(text, language)
    assert not quoted.statement


ACCUSATIONS = [
    ("de", "Edda Brehm warf dem Kreis vor, Akten vernichtet zu haben."),
    ("de", "Edda Brehm beschuldigte den Kreis, Akten vernichtet zu haben."),
    ("es", "Luis Brea acusó al municipio de haber ocultado los informes."),
    ("fr", "Luc Brémond a accusé la ville d'avoir ignoré les alertes."),
    ("nl", "Jan Brouwer verweet de stad waarschuwingen te hebben genegeerd."),
]


@pytest.mark.parametrize(("language", "text"), ACCUSATIONS)
def test_what_somebody_is_accused_of_is_no_statement_of_the_accuser(language: str, text: str) -> None:
    (quoted,) = quotes(text, language)
    assert not quoted.statement


def test_an_accusation_in_a_clause_with_its_own_subject_is_a_statement() -> None:
    (quoted,) = quotes("Edda Brehm warf dem Kreis vor, er habe Akten vernichtet.", "de")
    assert quoted.statement


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Mara Dovic mocks what the board has on offer as “a kettle on wheels”.", "a kettle on wheels"),
        ("Mara Dovic told the yacht club where to put its cup.", "where to put its cup"),
        ("Mara Dovic told the crew when to leave the harbour.", "when to leave the harbour"),
    ],
)
def test_names_and_directions_without_a_claim_are_fragments(text: str, content: str) -> None:
    quoted = only(text)
    assert (quoted.content, quoted.statement) == (content, False)


@pytest.mark.parametrize(
    ("answer", "statement"),
    [
        ("Good morning, Ms Ek. Yes.", False),
        ("Thank you for having me.", False),
        ("Glad to be here, I think.", False),
        ("Good morning. The quay is shut.", True),
        ("Thank you, the quay is shut.", True),
        ("No.", True),
    ],
)
def test_a_greeting_in_an_interview_is_no_statement(answer: str, statement: bool) -> None:
    text = f"An interview with Vera Kolb.\n\nHOST: Good evening.\n\nKOLB: {answer}\n\nHOST: And now the news."
    assert [quote.statement for quote in quotes(text) if quote.speaker_name == "Vera Kolb"] == [statement]
