"""Kinds of reports that real articles hold, in the languages that are read by chunks, each in words of its own."""

import pytest

from tests.pipeline.extract.reading import quotes


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        # An apposition stands between the subject and its verb.
        ("de", "Der Chef der vor Jahren gegründeten Werft, Udo Kessler, hat angekündigt, es werde teuer.",
         [("Udo Kessler", "es werde teuer")]),
        ("de", "Wie der Leiter der Werft, Udo Kessler, schrieb, liegen die Boote trocken.",
         [("Udo Kessler", "liegen die Boote trocken")]),
        ("es", "El ministro, Fernando Roca, ha confirmado los tres cierres ya previstos y ha añadido que hay más.",
         [("Fernando Roca", "que hay más")]),
        # A report between commas parts a clause.
        ("de", "Es gebe Gerüchte, sagte Udo Kessler, dass Boote fehlen.",
         [("Udo Kessler", "Es gebe Gerüchte dass Boote fehlen")]),
        # The source comes after a clause that ends in a relative one, or with more after its name.
        ("de", "Das Urteil sei ein Zeichen für alle, die warten, so der Leiter der Werft, Udo Kessler.",
         [("Udo Kessler", "Das Urteil sei ein Zeichen für alle, die warten")]),
        ("de", "Das sei teuer, so Udo Kessler gegenüber der Zeitung.", [("Udo Kessler", "Das sei teuer")]),
        ("de", "Am Kai lagen Berichten zufolge zwanzig Boote.",
         [("", "Am Kai lagen zwanzig Boote")]),
        ("de", "Die Klagen seien haltlos, hieß es aus dem Rathaus.", [("", "Die Klagen seien haltlos")]),
        ("de", "Laut Udo Kessler ist das Boot leck; wir sahen es nicht.", [("Udo Kessler", "ist das Boot leck")]),
        # A report in a subordinate clause ends before the main clause.
        ("de", "Nachdem Udo Kessler mitgeteilt hatte, dass das Boot leck sei, wurde gewartet.",
         [("Udo Kessler", "dass das Boot leck sei")]),
        # A demonstrative, a predicate, a quotation that opens with its verb.
        ("de", "Dieser bestätigte, dass ein Boot fehlt.", [("", "dass ein Boot fehlt")]),
        ("de", "Udo Kessler ist zuversichtlich, dass die Brücke hält.", [("Udo Kessler", "dass die Brücke hält")]),
        ("de", "Ein Sprecher meinte nun, der Wirt „konnte nicht mehr“.",
         [("", "der Wirt „konnte nicht mehr“")]),
        ("de", "Udo Kessler kündigte an, den Ausbau voranzutreiben.",
         [("Udo Kessler", "den Ausbau voranzutreiben")]),
        ("nl", "Eva Brink laat weten de plannen te steunen.", [("Eva Brink", "de plannen te steunen")]),
        # An outlet with its name in marks.
        ("de", "Der Fernsehsender „Kanal 9“ berichtete, der Rat habe zugestimmt.", [("", "der Rat habe zugestimmt")]),
        ("ru", "Газета «Новый берег» сообщила, что мост закрыт.", [("", "что мост закрыт")]),
        # Gerund or adjunct before the subject, and an infinitive after an addressee.
        ("it", "«Il quadro resta qui», rivela, ridendo piano, don Ugo Ferri.",
         [("Ugo Ferri", "Il quadro resta qui")]),
        ("it", "«Siamo tutti pronti», aggiunge in una nota Ada Brera.",
         [("Ada Brera", "Siamo tutti pronti")]),
        ("it", "Ada Brera ha riferito agli agenti di non aver firmato.",
         [("Ada Brera", "di non aver firmato")]),
        ("pl", "„Mamy plan” – oświadczył w sobotę Adam Brok.", [("Adam Brok", "Mamy plan")]),
        ("pl", "Adam Brok zaprzecza, jakoby tama pękła.", [("Adam Brok", "jakoby tama pękła")]),
        # A relative clause that reports, and whose opinion it is.
        ("pt", "Rui Campelo, que acusa a câmara de “dormir a sesta”, ficou em casa.",
         [("Rui Campelo", "a câmara de “dormir a sesta”, ficou em casa")]),
        ("pl", "Adam Brok przyszedł. Jego zdaniem tama wytrzyma.", [("Adam Brok", "tama wytrzyma")]),
        ("pl", "Woda opadła, choć wolno, mówi Adam Brok.", [("Adam Brok", "Woda opadła, choć wolno")]),
        ("pl", "W maju 2024 roku klub oświadczył, że tama wytrzyma.", [("", "że tama wytrzyma")]),
        # A colon before a line of dialogue.
        ("ru", "Мэр Анна Брок приехала. Иван Орлов признался:\n\n— Я восхищаюсь этим городом и людьми.",
         [("Иван Орлов", "Я восхищаюсь этим городом и людьми")]),
        # A report after what was said: to whom, when, how the speaker looked, and what made the speaker talk.
        ("en", "The quay is to be sold, Ida Loon confirmed to angry residents yesterday.",
         [("Ida Loon", "The quay is to be sold")]),
        ("en", "The quay is to be sold, Ida Loon told a crowded Parliament this morning.",
         [("Ida Loon", "The quay is to be sold")]),
        ("en", "Nine boats have sunk, Ida Loon said this evening.", [("Ida Loon", "Nine boats have sunk")]),
        ("en", "Nine boats have sunk, red-eyed mayor Ida Loon told the region's press.",
         [("Ida Loon", "Nine boats have sunk")]),
        ("en", "Nine boats have sunk, Ida Loon was forced to admit on Monday.",
         [("Ida Loon", "Nine boats have sunk")]),
        ("en", "“Nine boats have sunk,” Ida Loon is quoted as saying in a memo.",
         [("Ida Loon", "Nine boats have sunk")]),
        # An adjective after a name is of the same phrase.
        ("es", "Una vecina de la Plataforma vecinal comenta a la radio que la medida no sirve.",
         [("", "que la medida no sirve")]),
    ],
)  # fmt: skip
def test_reports(code: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(quote.speaker_name, quote.content) for quote in quotes(text, code)] == expected


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Am Freitag fand die Taufe des „neuen Bootes“ statt."),  # another verb by its particle
        ("de", "Es gab Streit darum, ob er an der Regatta teilnehmen könnte."),
        ("de", "Die Gemeinde hatte neue Boote beantragt, leider ohne Erfolg."),
        ("de", "Die Fähre, die „Seestern“ heißt, lag am Kai."),
        ("it", "L’elogio di Ada Brera: «Ha cucinato per tutta la città»."),  # a subject of a headline
        ("it", "Il caso Ada Brera: «Ha cucinato per tutta la città»."),
        ("pl", "Burmistrz nie odpowiedział, kto kupi nowe łodzie."),
    ],
)
def test_no_report(code: str, text: str) -> None:
    assert not quotes(text, code)


@pytest.mark.parametrize(
    ("code", "text", "speakers"),
    [
        # Speech that only its mood shows goes on over a sentence, and after the only person named.
        ("de", "Udo Kessler sagte, der Deich sei alt. Er steht seit Jahren. Man brauche mehr Geld.", [0, 2]),
        ("de", "Udo Kessler sagte, der Deich sei alt. Die Reparatur würde lange dauern.", [0, 1]),
        ("de", "Udo Kessler wies die Kritik ab. Man brauche mehr Geld.", [1]),
        ("de", "Udo Kessler kam spät. Die Reparatur würde lange dauern.", []),
    ],
)
def test_speech_by_mood(code: str, text: str, speakers: list[int]) -> None:
    sentences = [part.strip() for part in text.split(".")]
    spoken = [n for n, each in enumerate(sentences) if any(q.text in each for q in quotes(text, code))]
    assert spoken == speakers
    assert {quote.speaker_name for quote in quotes(text, code)} <= {"Udo Kessler"}


@pytest.mark.parametrize(
    ("code", "text", "names"),
    [
        # What somebody or something is, and what is of somebody, is no part of a name.
        ("de", "Die Plattform Veldo erklärte, alles sei gut.", ["Veldo"]),
        ("de", "Der ehemalige Rallye-Sieger Otte sagte: „Es ist kalt heute.“", ["Otte"]),
        ("de", "Nils Hagedorn kam. „Es ist kalt“, sagte Hagedorn. Auf Hagedorn Bezug nahm keiner.", ["Nils Hagedorn"]),
        ("de", "Jana Brandt von der Werft nannte den Plan riskant.", ["Jana Brandt"]),
        ("de", "Der Rücktritt von Abel bestätigte, dass es stürmt.", [""]),
        ("pl", "Prezes Orlik powiedział, że tama wytrzyma.", ["Orlik"]),
        ("pl", "Prezydent USA powiedział, że tama wytrzyma.", [""]),
        # "sie" with a plural verb is not one woman; the mayor of another place is somebody else.
        ("de", "Jana Brandt kam spät. „Wo ist er?“, fragten sie.", [""]),
        ("de", "Jana Brandt kam spät. „Wo ist er?“, fragte sie.", ["Jana Brandt"]),
        ("es", "Juan Prado habló. «Vinimos en barco», dijo el alcalde de Roca.", [""]),
        # A verb without its subject after a line of dialogue goes on with who spoke last.
        ("pl", "– Lampa zgasła nagle. Ewa Brok wolała ciszę – mówi Adam Lis. Potem dodaje, że wraca.",
         ["Adam Lis", "Adam Lis"]),
        ("da", "Derimod mener halvdelen, at det går godt.", [""]),
    ],
)  # fmt: skip
def test_names(code: str, text: str, names: list[str]) -> None:
    assert [quote.speaker_name for quote in quotes(text, code)] == names


def test_a_heap_of_reporting_verbs_is_read_in_part() -> None:
    assert len(quotes("Sagte, " * 39 + "Edda Brehm erklärte, dass es regnet.", "de")) == 1
    assert not quotes("Sagte, " * 40 + "Edda Brehm erklärte, dass es regnet.", "de")


PHRASES = [
    # A surname that opens a sentence with its particle, and speakers whom "and" joins.
    ("de", "Ida von der Heyde kam. Von der Heyde betonte, das Wehr sei alt.", "Von der Heyde", "das Wehr sei alt"),
    ("es", "Ana de la Vega llegó. De la Vega dijo que hay agua.", "De la Vega", "que hay agua"),
    ("de", "Kessler und Brandt sagten, das Wehr sei alt.", "Kessler und Brandt", "das Wehr sei alt"),
    # A passive names nobody, or its agent after "von".
    ("de", "Es wird befürchtet, dass das Wehr bricht.", None, "dass das Wehr bricht"),
    ("de", "Dem Wirt wird vorgeworfen, Boote versenkt zu haben.", None, "Boote versenkt zu haben"),
    ("de", "Der Wirt, der beschuldigt wird, Boote versenkt zu haben, kam.", None, "Boote versenkt zu haben"),
    ("de", "Als Ole Grau von Edda Brehm gefragt wurde, was er will, ging er.", "Edda Brehm", "was er will"),
    # A noun says it: its owner speaks, or the subject of a verb that only says the noun.
    ("de", "Die Partei vertrat die Auffassung, das Wehr sei alt.", "Die Partei", "das Wehr sei alt"),
    ("de", "Sie kritisierte die Entscheidung des Kreises, das Bad zu räumen.", "des Kreises", "das Bad zu räumen"),
    ("de", "Die Forderung von Edda Brehm, das Bad zu räumen, kam spät.", "Edda Brehm", "das Bad zu räumen"),
    ("de", "Ihre Behauptung, das Wehr sei alt, stieß auf Kritik.", "Ihre", "das Wehr sei alt"),
    ("de", "Der Kreis wies den Antrag mit dem Argument zurück, das Geld fehle.", "Der Kreis", "das Geld fehle"),
    ("de", "Der Verein ist der Ansicht, dass das Wehr alt ist.", "Der Verein", "dass das Wehr alt ist"),
    ("de", "Der Kreis wies den Vorwurf der Wirte zurück, er habe gelogen.", "Der Kreis", "er habe gelogen"),
    # A finite verb in the form of a participle, after another clause with an auxiliary.
    ("de", "Das Wehr ist alt, betont Edda Brehm.", "Edda Brehm", "Das Wehr ist alt"),
    ("de", "Das Wehr ist alt, wie Edda Brehm, die Landrätin, betont.", "Edda Brehm", "Das Wehr ist alt"),
    ("de", "Edda Brehm ist neu und betont, dass sie bleibt.", "Edda Brehm", "dass sie bleibt"),
    ("de", "Edda Brehm hat, als sie kam, bestätigt, dass sie bleibt.", "Edda Brehm", "dass sie bleibt"),
    ("de", "Udo Kessler musste einräumen, dass Boote fehlen.", "Udo Kessler", "dass Boote fehlen"),
    # An outlet with its name in marks, and a source that passes on a report.
    ("de", "Laut „Nordblatt“ liegt das Boot am Kai.", "„Nordblatt“", "liegt das Boot am Kai"),
    ("de", "Laut der Website „nord.de“ fehlen Boote.", "der Website „nord.de“", "fehlen Boote"),
    ("de", "Udo Kessler lobte den Plan laut „Nordblatt“ mit den Worten: „Es hilft.“", "Udo Kessler", "Es hilft."),
    ("de", "Laut Radio Nord sagte Udo Kessler, dass Boote fehlen.", "Udo Kessler", "dass Boote fehlen"),
    ("de", "Das Blatt zitierte Udo Kessler mit den Worten: „Es hilft.“", "Udo Kessler", "Es hilft."),
    # Owners without an article, half compounds, and who holds the office of a place.
    ("de", "Nach Angaben örtlicher Behörden ist das Wehr alt.", "örtlicher Behörden", "ist das Wehr alt"),
    ("de", "Das Wehr ist alt, so Kreis- und Polizeikreise.", "Kreis- und Polizeikreise", "Das Wehr ist alt"),
    ("de", "Das Bau- und Verkehrsamt sagte, das Wehr sei alt.", "Das Bau- und Verkehrsamt", "das Wehr sei alt"),
    (
        "de",
        "Nordheims oberster Richter Udo Kessler sagte, er habe Zeit.",
        "Nordheims oberster Richter Udo Kessler",
        "er habe Zeit",
    ),
    # Relative clauses with a preposition, and the one after the speaker's name.
    ("de", "Es war ein Treffen, bei dem sie gesagt hatte, das Wehr sei alt.", "sie", "das Wehr sei alt"),
    ("de", "Das ist der Mann, von dem die Polizei glaubt, er sei arm.", "die Polizei", "er sei arm"),
    ("de", "Es gab Messungen, die ergaben, dass das Wehr alt ist.", "Messungen", "dass das Wehr alt ist"),
    ("de", "Der Wirt wird verdächtigt, bei „Nord“ zu sein.", None, "bei „Nord“ zu sein"),
    ("de", "Prüfer sahen hin, kamen aber zum Ergebnis, dass es hält.", "Prüfer", "dass es hält"),
    # An impersonal verb has its source after "aus", not after other prepositions.
    ("de", "Aus dem Rathaus verlautete, dass ein Boot fehlt.", "dem Rathaus", "dass ein Boot fehlt"),
    ("de", "Das Wehr sei alt, hieß es nach der Sitzung.", None, "Das Wehr sei alt"),
    ("de", "Das Wehr könne brechen, wird vermutet.", None, "Das Wehr könne brechen"),
    # What was said goes on after its report.
    (
        "de",
        "„Bis Mai“, sagte Udo Kessler, sei das Wehr dicht.",
        "Udo Kessler",
        "Bis Mai sei das Wehr dicht",
    ),
    # A source within a dependent clause, and within the second of two main clauses.
    ("de", "Das Bad schloss, weil es nach Ansicht der Stadt leck war.", "der Stadt", "weil es leck war"),
    ("de", "Das Boot ist leck; nach Angaben der Polizei war es leer.", "der Polizei", "war es leer"),
    ("de", "Das Boot lag am Kai, im Mai war es laut Udo Kessler leck.", "Udo Kessler", "im Mai war es leck"),
]


@pytest.mark.parametrize(("code", "text", "speaker", "content"), PHRASES)
def test_the_phrase_that_speaks(code: str, text: str, speaker: str | None, content: str) -> None:
    (found,) = quotes(text, code)
    assert (found.speaker.text if found.speaker else None, found.content) == (speaker, content)


NOBODY_SAYS = [
    ("de", "Er ist darüber informiert, dass das Wehr bricht."),
    ("de", "Der Wirt, dessen Rücktritt gefordert wird, griff zu einer List, um zu bleiben."),
    ("de", "Die Forderung der Partei, die gestern tagte, kam spät."),
    ("de", "Der Kreis steht vor der Entscheidung, das Bad zu räumen."),
    ("de", "Es gab einen Aufruf zu Spenden."),
    ("de", "Der Sturm forderte am Kai drei Todesopfer."),
    ("de", "Hier muss angemerkt werden, dass das Wehr alt ist."),
    ("de", "Inzwischen sind alle Boote leck, und der Kai, der alt ist, wird geschlossen."),
    ("de", "Ein Wirt, der das Buch „Das Wehr am Fluss“ geschrieben hat, kam."),
    ("de", "Die Stadt muss sich fragen lassen, warum das Bad leck ist."),
    ("de", "Das Bad wird im Mai geräumt. Das hat der Rat beschlossen."),
]


@pytest.mark.parametrize(("code", "text"), NOBODY_SAYS)
def test_words_that_look_like_a_report_of_nobody(code: str, text: str) -> None:
    assert quotes(text, code) == ()


def test_after_the_claim_of_somebody_the_subject_of_the_sentence_goes_on() -> None:
    text = "Die Behauptung von Udo Kessler, das Wehr sei alt, wies sie zurück. Man habe es geprüft."
    assert [quote.content for quote in quotes(text, "de")] == ["das Wehr sei alt"]


CONTINUED = [
    # After a verb of saying without a report, and past a dependent clause.
    ("Edda Brehm verteidigte den Plan. Er halte lange.", "Edda Brehm", "Er halte lange"),
    ("Edda Brehm klagte. Bei der Flut, die im Mai kam, seien Boote gesunken.", "Edda Brehm", "Bei der Flut, die"),
    ("Edda Brehm sagte, das Wehr sei alt. Das Amt in Norland brauche Geld.", "Edda Brehm", "Das Amt in Norland"),
    # Two sentences on, in the same paragraph.
    ("Edda Brehm sagte, das Wehr sei alt. Es regnet. Es regnet. Man habe es geprüft.", "Edda Brehm", "Man habe"),
    # Hearsay after a report.
    ("Edda Brehm sagte, ein Boot fehle. Ein Wirt soll es versenkt haben.", "Edda Brehm", "Ein Wirt soll"),
]


@pytest.mark.parametrize(("text", "speaker", "beginning"), CONTINUED)
def test_a_sentence_in_reported_speech_goes_on_from_who_spoke_before(text: str, speaker: str, beginning: str) -> None:
    last = quotes(text, "de")[-1]
    assert (last.speaker_name, last.content[: len(beginning)]) == (speaker, beginning)


NARRATED = [
    "Edda Brehm sagte, ein Boot fehle. Der Kran soll im Mai kommen.",
    "Edda Brehm sagte, ein Boot fehle. Der aus Norland stammende Wirt kam.",
    "Edda Brehm sagte, ein Boot fehle. Der Wirt, der krank sei, kam.",
    "Edda Brehm sagte, ein Boot fehle.\n\nUdo Kessler kam. Man habe es geprüft, hieß es.",
]


@pytest.mark.parametrize("text", NARRATED)
def test_narration_after_a_report_is_nobody_s(text: str) -> None:
    assert [q.content for q in quotes(text, "de") if q.speaker_name == "Edda Brehm"] == ["ein Boot fehle"]


SEVERAL = [
    # The particle of a second verb is none of the first, and a relative clause reports on its own.
    (
        "Udo Kessler nannte den Plan „Unsinn“ und kündigte an, er gehe.",
        [("Udo Kessler", "Unsinn"), ("Udo Kessler", "er gehe")],
    ),
    (
        "Ein Boot fehle, so Edda Brehm, die auch angab, dass das Wehr alt sei.",
        [("Edda Brehm", "Ein Boot fehle"), ("Edda Brehm", "dass das Wehr alt sei")],
    ),
]


@pytest.mark.parametrize(("text", "expected"), SEVERAL)
def test_reports_of_one_sentence(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(quote.speaker_name, quote.content) for quote in quotes(text, "de")] == expected


@pytest.mark.parametrize(("words", "found"), [(9, ["Er halte lange"]), (90, [])])
def test_only_the_end_of_a_long_sentence_tells_who_goes_on(words: int, found: list[str]) -> None:
    text = f"Der Kreis klagte {'nach dem Regen ' * words}. Er halte lange."
    assert [quote.content for quote in quotes(text, "de")] == found
