"""Quotes and speakers in the languages that are read by chunks, and the rule that code knows no language."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipeline
from pipeline.extract.lexicon import language
from pipeline.model import Actor
from tests import gold, gold_languages
from tests.bench import extraction, scoring
from tests.pipeline.extract.reading import quotes, read, said, tables

ROOM = Path(pipeline.__file__).parent
CHUNKED = tables("grammar")


@pytest.mark.parametrize(
    ("code", "text", "speaker", "content"),
    [
        # The subject follows the verb, after the quotation.
        ("de", "„Der Deich hält den ganzen Winter“, sagte gestern Landrätin Edda Brehm im Radio.", "Edda Brehm", ""),
        ("fr", "« La digue tiendra tout l’hiver », a déclaré lundi à la radio la préfète, Ana Brel.", "Ana Brel", ""),
        ("es", "«El dique aguantará», dijo el lunes en la radio la alcaldesa Ana Brea.", "Ana Brea", ""),
        ("it", "«La diga terrà», ha detto ieri alla radio la sindaca Ada Brera.", "Ada Brera", ""),
        ("pt", "“O dique vai aguentar”, disse ontem à rádio a autarca Ana Brito.", "Ana Brito", ""),
        ("nl", "‘De dijk houdt de hele winter’, zei dijkgraaf Eva de Brink dinsdag.", "Eva de Brink", ""),
        ("sv", "”Vallen håller hela vintern”, sade landshövdingen Eva Bro i radion.", "Eva Bro", ""),
        ("no", "«Diket holder hele vinteren», sa ordfører Eva Bro til radioen.", "Eva Bro", ""),
        ("da", "»Diget holder hele vinteren«, sagde borgmester Eva Bro til radioen.", "Eva Bro", ""),
        ("pl", "„Tama wytrzyma zimę” – powiedziała burmistrz Ewa Brok.", "Ewa Brok", ""),
        ("ru", "«Дамба выдержит зиму», — сказала в понедельник мэр Анна Брок.", "Анна Брок", ""),
        ("uk", "«Дамба витримає зиму», — сказала в понеділок мерка Анна Брок.", "Анна Брок", ""),
        # The subject stands before the verb, and a clause follows.
        ("de", "Landrätin Edda Brehm erklärte, der Deich sei zu niedrig.", "Edda Brehm", "der Deich sei zu niedrig"),
        ("fr", "La préfète Ana Brel a assuré que la digue tiendrait.", "Ana Brel", "que la digue tiendrait"),
        ("es", "La alcaldesa, Ana Brea, aseguró que el dique aguantará.", "Ana Brea", "que el dique aguantará"),
        ("it", "La sindaca Ada Brera ha spiegato che la diga terrà.", "Ada Brera", "che la diga terrà"),
        ("pt", "A autarca Ana Brito garantiu que o dique aguenta.", "Ana Brito", "que o dique aguenta"),
        ("nl", "Minister Eva Brink heeft gezegd dat de dijk veilig is.", "Eva Brink", "dat de dijk veilig is"),
        ("sv", "Ministern Eva Bro säger att vallen håller.", "Eva Bro", "att vallen håller"),
        ("no", "Ordfører Eva Bro sier at diket holder.", "Eva Bro", "at diket holder"),
        ("da", "Borgmester Eva Bro siger, at diget holder.", "Eva Bro", "at diget holder"),
        ("pl", "Burmistrz Ewa Brok zapewniła, że tama wytrzyma.", "Ewa Brok", "że tama wytrzyma"),
        ("ru", "Мэр Анна Брок заявила, что дамба выдержит.", "Анна Брок", "что дамба выдержит"),
        ("uk", "Мерка Анна Брок заявила, що дамба витримає.", "Анна Брок", "що дамба витримає"),
        # A source without a verb, in the case that its preposition wants.
        ("de", "Laut Landrätin Edda Brehm ist der Deich zu niedrig.", "Edda Brehm", "ist der Deich zu niedrig"),
        ("de", "Der Deich ist nach Angaben von Edda Brehm sicher.", "Edda Brehm", "Der Deich ist sicher"),
        ("fr", "Selon Ana Brel, la digue tiendra.", "Ana Brel", "la digue tiendra"),
        ("nl", "Volgens Eva Brink is de dijk veilig.", "Eva Brink", "is de dijk veilig"),
        ("pl", "Zdaniem Anny Brok tama nie wytrzyma.", "Anna Brok", "tama nie wytrzyma"),
        ("pl", "Przyszedł Jan Kos. Według niego tama nie wytrzyma.", "Jan Kos", "tama nie wytrzyma"),
        # A verb in the neuter, and a clause that goes on behind its report.
        ("pl", "Ministerstwo poinformowało, że tama wytrzyma.", "", "że tama wytrzyma"),
        ("uk", "Міністерство повідомило, що дамба витримає.", "", "що дамба витримає"),
        (
            "it",
            "La diga è chiusa, ha ribadito Ada Motta ieri, e i lavori sono fermi.",
            "Ada Motta",
            "La diga è chiusa e i lavori sono fermi",
        ),
        ("de", "Der Deich sei zu niedrig, sagte Edda Brehm, und ging.", "Edda Brehm", "Der Deich sei zu niedrig"),
        ("ru", "По словам мэра Ивана Орлова, дамба выдержит.", "Иван Орлов", "дамба выдержит"),
        ("uk", "За словами Тараса Савського, дамба витримає.", "Тарас Савський", "дамба витримає"),
        # Speech after a dash, and a narration inside the marks.
        ("no", "– Diket holder hele vinteren, sier Eva Bro.", "Eva Bro", "Diket holder hele vinteren"),
        ("pl", "– Tama wytrzyma – mówi Ewa Brok. – Na pewno.", "Ewa Brok", "Tama wytrzyma. Na pewno"),
        ("pl", "– Tama wytrzyma – wzrusza ramionami Ewa Brok. – Na pewno.", "Ewa Brok", "Tama wytrzyma. Na pewno"),
        ("uk", "– Гребля витримає, – розводить руками Олена Брок.", "Олена Брок", "Гребля витримає"),
        ("ru", "«Дамба выдержит, — сказал Иван Орлов. — Мы готовы».", "Иван Орлов", "Дамба выдержит. Мы готовы"),
        ("fr", "« La digue, a dit Ana Brel, tiendra. »", "Ana Brel", "La digue tiendra"),
        ("da", "»Diget holder hele vinteren, siger Eva Bro.", "Eva Bro", "Diget holder hele vinteren"),
        # A colon alone.
        (
            "it",
            "Aldo Brera su Ada Motta: «Ha costruito la diga da sola».",
            "Aldo Brera",
            "Ha costruito la diga da sola",
        ),
    ],
)
def test_report(code: str, text: str, speaker: str, content: str) -> None:
    (quote,) = quotes(text, code)
    assert quote.speaker_name == speaker
    assert quote.content == (content or re.split("[“”»«]|’,", text.lstrip(" „“”»«‘"))[0].strip())
    assert quote.kind == ("direct" if not content or text[0] in "–«»" or "«" in text else "indirect")


@pytest.mark.parametrize(
    ("code", "text", "modality"),
    [
        ("de", "Edda Brehm hat nicht gesagt, dass der Deich bricht.", "negated"),
        ("fr", "Ana Brel n’a pas dit que la digue céderait.", "negated"),
        ("es", "Ana Brea no dijo que el dique cederá.", "negated"),
        ("ru", "Анна Брок не говорила, что дамба рухнет.", "negated"),
        ("pl", "Ewa Brok nie powiedziała, że tama runie.", "negated"),
        ("de", "Edda Brehm bestritt, dass der Deich bricht.", "denied"),
        ("it", "Ada Brera ha negato che la diga ceda.", "denied"),
        ("nl", "Eva Brink ontkent dat de dijk breekt.", "denied"),
        ("sv", "Eva Bro frågade om vallen håller.", "asked"),
    ],
)
def test_what_the_verb_makes_of_its_content(code: str, text: str, modality: str) -> None:
    (quote,) = quotes(text, code)
    assert quote.modality == modality


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Edda Brehm las aus ihrem Roman „Die letzte Fähre“ vor."),
        ("de", "Edda Brehm will nicht sagen, ob der Deich hält."),
        ("fr", "La préfète a visité la digue « Ana Brel » lundi."),
        ("es", "El dicho alcalde visitó el dique de la ciudad."),
        ("no", "– mel\n\n– sukker\n\n– egg"),
    ],
)
def test_no_report(code: str, text: str) -> None:
    assert not said(text) or all(quote.modality != "asserted" for quote in read(text, language=code).quotes)


@pytest.mark.parametrize(
    ("code", "text", "speakers"),
    [
        # A quotation without a report takes the person of its sentence, of the one before or of the one after.
        ("fr", "« La digue tiendra tout l’hiver. » Ana Brel en est sûre.", ["Ana Brel"]),
        ("it", "La sindaca Ada Brera non cede. «La diga terrà tutto l’inverno». Poi ride.", ["Ada Brera"]),
        ("it", "«La diga ha tenuto», è il racconto di Ada Brera, pescatrice.", ["Ada Brera"]),
        ("es", "De la misma opinión es su colega Ana Brea: «Sin dique no hay puerto».", ["Ana Brea"]),
        ("de", "Edda Brehm trat vor die Tür. „Der Deich hält.“ Mehr sagte sie nicht.", ["Edda Brehm"]),
        # A quotation after the colon that ends a report.
        ("ru", "Мэр Анна Брок считает, что дамба выдержит: «Мы проверили каждый метр».", ["Анна Брок"] * 2),
        # The outlet in marks that the verb addresses is neither the speaker nor what was said.
        ("ru", "«Дамба выдержит зиму», — сказал «Вестнику» мэр Иван Орлов.", ["Иван Орлов"]),
        ("uk", "«Дамба витримає», – сказала в коментарі «Вістям» мерка Анна Брок.", ["Анна Брок"]),
        # A measure's abbreviation ends the sentence before a capital.
        ("uk", "Уряд дав 4 млрд грн. Про це сказала мерка Анна Брок: «Дамба витримає».", ["Анна Брок"]),
        # An article before a noun that could be a verb; an object after a day.
        ("es", "Ana Brea ha calificado la cifra de «parche».", ["Ana Brea"]),
        ("es", "La alcaldesa, Ana Brea, ha anunciado este martes la compra de un dique.", ["Ana Brea"]),
        # What an office is of, and the name after it.
        ("es", "«El dique aguantará», dijo la consejera de Medio Rural, Ana Brea.", ["Ana Brea"]),
        ("es", "«El dique aguanta», dijo la jefa de UGT en la provincia, Ana Brea, ayer.", ["Ana Brea"]),
        ("uk", "Як повідомив речник Повітряних сил Іван Орлов, дамба витримає.", ["Іван Орлов"]),
        # Verbs of two words, and sources of several.
        ("it", "La sindaca Ada Brera ha fatto sapere che la diga terrà.", ["Ada Brera"]),
        ("fr", "La préfète Ana Brel a fait savoir que la digue tiendrait.", ["Ana Brel"]),
        ("it", "Secondo quanto riferito da Ada Brera, la diga terrà.", ["Ada Brera"]),
        # A word of manner ends the report; the verb's first clause is no subject.
        ("sv", "Vallen håller hela vintern, svarar Eva Bro lugnt.", ["Eva Bro"]),
        ("pl", "Burmistrz, Ewa Brok, podejmuje nas herbatą i od razu zapewnia, że tama wytrzyma.", ["Ewa Brok"]),
        # The relative pronoun of a report goes on as the subject of the next one.
        ("it", "Parla Ada Brera, che ha detto: «La diga tiene». Nessuno partirà oggi, ha aggiunto.", ["Ada Brera"] * 2),
    ],
)
def test_speaker_beside_the_words(code: str, text: str, speakers: list[str]) -> None:
    assert [quote.speaker_name for quote in quotes(text, code)] == speakers


def test_report_after_a_colon_ends_before_it() -> None:
    contents = [quote.content for quote in quotes("Anna Brok mówi, że tama wytrzyma: „Nie ma obaw, stoi”.", "pl")]
    assert contents == ["że tama wytrzyma", "Nie ma obaw, stoi"]


@pytest.mark.parametrize(
    "text",
    [
        "La scritta «La Diga» è sul muro. Ada Brera è partita.",
        "Ada Brera ama il romanzo «La diga di notte» a scuola.",
        "«Terrà», dice il cartello. Ada Brera non ride.",
    ],
)
def test_words_in_marks_that_are_no_clause_have_no_speaker(text: str) -> None:
    assert not any(quote.speaker_name for quote in quotes(text, "it"))


def test_preposition_of_place_opens_no_infinitive() -> None:
    (quote,) = quotes("Lo ha detto Ada Brera, a margine di un convegno: «La diga terrà l’inverno».", "it")
    assert quote.content == "La diga terrà l’inverno"


@pytest.mark.parametrize(
    ("code", "text", "content"),
    [
        ("es", "—La diga aguanta —murmura ella, mirando el río—. ¿Y el puente?", "La diga aguanta. ¿Y el puente?"),
        ("es", "—La diga aguanta —dijo Ana Brea—. Vámonos ya.", "La diga aguanta. Vámonos ya"),
        ("pl", "– Tama wytrzyma zimę – bąka cicho Ewa Brok. – Raczej.", "Tama wytrzyma zimę. Raczej"),
    ],
)
def test_line_of_dialogue_with_a_verb_of_no_list(code: str, text: str, content: str) -> None:
    (quote,) = quotes(text, code)
    assert quote.content.rstrip(".") == content.rstrip(".")
    assert quote.speaker is not None


def test_object_of_a_gesture_is_no_speaker() -> None:
    text = "Ewa Brok tłumaczy, że tama stoi. – Pilnujemy jej od roku – rozkłada ręce."
    assert [quote.speaker_name for quote in quotes(text, "pl")] == ["Ewa Brok", "Ewa Brok"]


def test_line_of_dialogue_follows_whom_the_narration_names() -> None:
    text = "– Vallen håller, säger Ivar Dahl.\n\nEva Bro kritiserar planen.\n\n– Den håller inte en enda vinter."
    assert [quote.speaker_name for quote in quotes(text, "sv")] == ["Ivar Dahl", "Eva Bro"]


@pytest.mark.parametrize(
    "text",
    [
        "Ewa Brok nie kryje złości. – Nikt nas o zdanie nie pytał.",
        "– Nikt nas o zdanie nie pytał – rzuca, nie podnosząc głowy, Ewa Brok.",
    ],
)
def test_speech_after_a_dash_within_a_paragraph_or_before_an_insertion(text: str) -> None:
    (quote,) = quotes(text, "pl")
    assert (quote.speaker_name, quote.content) == ("Ewa Brok", "Nikt nas o zdanie nie pytał")


def test_dash_after_a_sentence_that_names_nobody_opens_no_speech() -> None:
    assert not quotes("Na liście są trzy rzeczy. – Mąka, cukier i drożdże piekarskie.", "pl")


_QUESTIONS = "La pescatrice Ada Brera ci riceve al molo.\n\nCom’è la diga?\n\n{}\n\nE il mare?\n\n{}\n\n{}"


def test_answers_of_an_interview_without_labels() -> None:
    text = _QUESTIONS.format("Mio padre la costruì a mano.", "Il mare non mi ha mai fatto paura.", "Poi si alza e va.")
    assert [(quote.speaker_name, quote.content.rstrip("."), quote.kind) for quote in quotes(text, "it")] == [
        ("Ada Brera", "Mio padre la costruì a mano", "direct"),
        ("Ada Brera", "Il mare non mi ha mai fatto paura", "direct"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        _QUESTIONS.format("La diga è alta sei metri.", "Il mare sale di un metro.", "I lavori finiranno in maggio."),
        "Ada Brera ci riceve.\n\nCom’è la diga?\n\nMio padre la costruì a mano.",
    ],
)
def test_questions_that_the_article_itself_answers_are_no_interview(text: str) -> None:
    assert not quotes(text, "it")


def test_role_of_an_earlier_speaker_without_a_known_first_name() -> None:
    text = "«El dique aguantará», dijo Eulogio Bermejo. «No hay peligro», insistió el técnico."
    assert [quote.speaker_name for quote in quotes(text, "es")] == ["Eulogio Bermejo"] * 2


def test_verb_without_a_subject_goes_on_with_the_speaker_before() -> None:
    text = "La alcaldesa Ana Brea dijo que el dique aguantará. Añadió que las obras terminarán en mayo."
    assert [(q.speaker_name, q.chain[0].rule) for q in quotes(text, "es")] == [
        ("Ana Brea", "name"),
        ("Ana Brea", "dropped"),
    ]


def test_reported_speech_goes_on_by_the_form_of_its_verb() -> None:
    first, second = quotes("Der Zaun sei zu niedrig, sagte Försterin Edda Brehm. Man brauche mehr Geld.", "de")
    assert (first.content, second.content) == ("Der Zaun sei zu niedrig", "Man brauche mehr Geld")
    assert second.speaker_name == "Edda Brehm"


@pytest.mark.parametrize(
    ("code", "text", "speaker"),
    [
        ("de", "Mirka Jonas arbeitet im Lager. „Ich prüfe jede Lieferung“, erklärt sie.", "Mirka Jonas"),
        ("fr", "Jeanne Morin a vu le moulin. « Il tournait encore », a-t-elle raconté.", "Jeanne Morin"),
        ("ru", "Мэр Иван Орлов приехал. По словам Орлова, дамба выдержит.", "Иван Орлов"),
    ],
)
def test_pronoun_and_surname(code: str, text: str, speaker: str) -> None:
    assert quotes(text, code)[-1].speaker_name == speaker


@pytest.mark.parametrize(
    ("code", "text", "speaker"),
    [
        ("de", "Torwart Uwe Brandt fehlte. „Es war die Wade“, erklärte der 31-Jährige.", "Uwe Brandt"),
        ("de", "Ida Loh sah zu. Uwe Brandt fehlte. „Es war die Wade“, erklärte der Torwart.", "Uwe Brandt"),
        ("fr", "Léo Marel a vu Ana Brel. « Il pleuvait », a raconté l’entraîneur breton.", ""),
        ("fr", "Anne Brel tient un café. Paul Marel y vient. « Il pleut », dit la jeune patronne.", "Anne Brel"),
        ("es", "Ana Brea vive aquí. «El río subió de noche», recuerda la mujer.", "Ana Brea"),
        ("es", "Ana Brea vive aquí. «El río subió de noche», recuerdan los vecinos.", ""),
        ("es", "Ana Brea y Eva Mora nadan. El día es frío. No hay sol. Es mayo. «Es de noche», recuerda la mujer.", ""),
        ("sv", "Eva Bro driver en gård. ”Vattnet steg på natten”, säger bonden.", "Eva Bro"),
        ("ru", "Иван Орлов пропустил игру. «Болела нога», — сказал вратарь.", "Иван Орлов"),
    ],
)
def test_description_means_the_person_named_last(code: str, text: str, speaker: str) -> None:
    (quote,) = quotes(text, code)
    assert quote.speaker_name == speaker
    assert not speaker or quote.chain[0].rule == "role"


@pytest.mark.parametrize(
    ("code", "text", "speaker"),
    [
        ("nl", "‘De dijk houdt’, zei Wout van der Brink.", "Wout van der Brink"),
        ("nl", "Badmeester Jan-Willem Brink zei dat het water koud is.", "Jan-Willem Brink"),
        ("de", "Die Dörfer am Weg zum Meer sind leer. „Es ist kalt“, sagte Tochter Nele.", "Nele"),
        ("pl", "Według wójta Dębnicy Adama Nowickiego tama nie wytrzyma.", "Adam Nowicki"),
        # The place of an office before a given name that is not listed.
        ("uk", "Мер Верхівки Вікентій Барський заявив, що дамба витримає.", "Вікентій Барський"),
        ("uk", "Мерка Ганна Петрівна Дубова заявила, що дамба витримає.", "Ганна Петрівна Дубова"),
        ("it", "La sindaca di Valbruna Donata Ferri ha detto che la diga tiene.", "Donata Ferri"),
        # A given name that ends like a case.
        ("uk", "На думку Артема Савського, дамба витримає.", "Артем Савський"),
    ],
)
def test_name_without_the_words_before_it(code: str, text: str, speaker: str) -> None:
    assert [quote.speaker_name for quote in quotes(text, code)] == [speaker]


@pytest.mark.parametrize(
    ("code", "text", "turns"),
    [
        (
            "de",
            "Ida Loh malt.\n\nMagazin: Warum Boote?\n\nLoh: Sie liegen still.\n\nMagazin: Und Pferde?\n\nLoh: Nie.",
            [("", "Warum Boote?"), ("Ida Loh", "Sie liegen still."), ("", "Und Pferde?"), ("Ida Loh", "Nie.")],
        ),
        (
            "uk",
            "Олена Дуб малює.\n\nЖурналіст: Чому птахи?\n\nО. Д.: Тихі.\n\nЖурналіст: А коні?\n\nО. Д.: Ніколи.",
            [("", "Чому птахи?"), ("Олена Дуб", "Тихі."), ("", "А коні?"), ("Олена Дуб", "Ніколи.")],
        ),
        (
            "es",
            "Ana Brea pinta en Villa Nueva.\n\nP. ¿Por qué?\n\nR. Es bello.\n\nP. ¿Y los caballos?\n\nR. Nunca.",
            [("", "¿Por qué?"), ("Ana Brea", "Es bello."), ("", "¿Y los caballos?"), ("Ana Brea", "Nunca.")],
        ),
    ],
)
def test_interview(code: str, text: str, turns: list[tuple[str, str]]) -> None:
    assert [(quote.speaker_name, quote.content) for quote in quotes(text, code)] == turns


@pytest.mark.parametrize(
    ("code", "text", "speaker", "content"),
    [
        (
            "de",
            "Der Deich wird erhöht. Das sagte Landrätin Edda Brehm am Montag.",
            "Edda Brehm",
            "Der Deich wird erhöht",
        ),
        ("it", "«La diga terrà». Lo ha detto la sindaca Ada Brera.", "Ada Brera", "La diga terrà"),
        ("it", "«La diga terrà». Lo ha detto Ada Brera, parlando a un convegno.", "Ada Brera", "La diga terrà"),
        ("nl", "De dijk wordt hoger. Dat heeft dijkgraaf Eva Brink gezegd.", "Eva Brink", "De dijk wordt hoger"),
        ("no", "Diket blir høyere. Det opplyser ordfører Eva Bro.", "Eva Bro", "Diket blir høyere"),
        ("ru", "Дамбу поднимут весной. Об этом сообщил мэр Иван Орлов.", "Иван Орлов", "Дамбу поднимут весной"),
    ],
)
def test_sentence_that_another_points_back_to(code: str, text: str, speaker: str, content: str) -> None:
    assert [(quote.speaker_name, quote.content) for quote in quotes(text, code)] == [(speaker, content)]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Der Deich wird erhöht. Das sagte Edda Brehm nicht."),
        ("sv", "Vallen blir högre. Det är orimligt, anser Eva Bro."),
        ("sv", "Vallen blir högre. Det säger Eva Bro att hon vet."),
        ("no", "Gebyret øker til sommeren. Det nekter Eva Bro å betale."),
        ("de", "Nein. Das sagte Edda Brehm."),
    ],
)
def test_sentence_that_none_points_back_to(code: str, text: str) -> None:
    assert all(quote.start > text.index(". ") for quote in quotes(text, code))


@pytest.mark.parametrize(
    ("code", "text", "inner"),
    [
        (
            "de",
            "„Onkel Uwe hat gesagt: ‚Das Boot bleibt hier.‘ Also blieb es“, erzählte Ida Loh.",
            "Das Boot bleibt hier",
        ),
        ("no", "– Eva Bro ringte og sa: «Båten blir her.» Vi lo, sier Ida Lo.", "Båten blir her"),
        ("es", "«Luis Mora me dijo: “El barco se queda aquí”. Nos reímos», cuenta Ana Brea.", "El barco se queda aquí"),
    ],
)
def test_words_in_marks_within_direct_speech(code: str, text: str, inner: str) -> None:
    found = {quote.content.rstrip("."): quote.speaker_name for quote in quotes(text, code)}
    assert len(found) == 2
    assert found[inner] in ("Uwe", "Eva Bro", "Luis Mora")


@pytest.mark.parametrize(
    ("code", "text", "speaker"),
    [
        ("ru", "В мэрии заявили, что дамба выдержит.", "В мэрии"),
        ("uk", "У мерії запевняють, що дамба витримає.", "У мерії"),
        ("uk", "«Дамба витримає», — відповіли у мерії.", "у мерії"),
        ("pl", "– Tama wytrzyma zimę – mówią w urzędzie.", "w urzędzie"),
        ("uk", "Дамба витримає ще одну зиму, заявили у мерії.", "у мерії"),
    ],
)
def test_office_in_which_somebody_says_so(code: str, text: str, speaker: str) -> None:
    (quote,) = quotes(text, code)
    assert quote.speaker is not None
    assert quote.speaker.text == speaker


@pytest.mark.parametrize(
    ("code", "text", "speaker"),
    [
        ("ru", "«Мы готовы», — сказал тренер «Волны» Иван Орлов.", "Иван Орлов"),
        ("it", "«La diga terrà», ha detto l’assessora regionale alla Sanità, Ada Brera.", "Ada Brera"),
        ("it", "«La diga terrà», ha detto la sindaca alla stampa Ada.", ""),
        ("uk", "Президентка клубу Руслана Брок заявила, що дамба витримає.", "Руслана Брок"),
        ("fr", "Ada Brel est revenue. « La mer était calme et le vent tombé. »", "Ada Brel"),
        ("fr", "Ada Brel et Léo Marin sont revenus. « La mer était calme. »", ""),
        ("es", "El técnico Luis Mora calificó el partido de «vergüenza».", "Luis Mora"),
    ],
)
def test_speaker_beyond_what_the_office_is_for(code: str, text: str, speaker: str) -> None:
    assert {quote.speaker_name for quote in quotes(text, code)} <= {speaker}
    assert not speaker or quotes(text, code)


def test_interview_with_initials_and_an_outlet_of_several_words() -> None:
    text = (
        "Inès Brel peint.\n\nLe Courrier de l’Est : Pourquoi ?\n\nInès Brel : C’est beau.\n\n"
        "Le Courrier de l’Est : Et demain ?\n\nI. B. : Rien du tout.\n\nI. B. : Et puis voilà."
    )
    assert [quote.speaker_name for quote in quotes(text, "fr")][1::2] == ["Inès Brel", "Inès Brel"]
    assert quotes(text, "fr")[-1].speaker_name == "Inès Brel"


def test_line_of_dialogue_with_a_verb_alone() -> None:
    text = "Sędzia Ewa Brok wydała wyrok. – Sąd nie ocenia koguta. Sąd ocenia hałas – zaznaczyła."
    assert [quote.content for quote in quotes(text, "pl")] == ["Sąd nie ocenia koguta. Sąd ocenia hałas"]


@pytest.mark.parametrize(
    ("code", "text", "speaker", "content"),
    [
        # After a colon, in a clause, in marks, in a line of dialogue, in the turn of an interview.
        ("fr", "« On nous avait dit : partez vite. Eh ben non », raconte Ana Brel.", "On", "partez vite"),
        ("fr", "« Ma mère disait que la mer monte. On rit », raconte Ana Brel.", "Ma mère", "que la mer monte"),
        ("pt", "«O rapaz disse-me: volte amanhã. Não voltei», queixa-se Rui Mota.", "O rapaz", "volte amanhã"),
        ("da", "- Min far sagde: »Bliv her.« Jeg gik, siger Eva Bro.", "Min far", "Bliv her"),
        (
            "es",
            "P. ¿Y luego?\n\nAna Brea: Poca cosa.\n\nP. ¿Sí?\n\nAna Brea: El dueño me dijo: “Vete”. Y me fui.",
            "El dueño",
            "Vete",
        ),
        # What the speaker has not said, and the speaker of a report are no reports within.
        ("de", "„Ich sage, dass der Deich hält“, sagte Edda Brehm.", "Edda Brehm", "Ich sage, dass der Deich hält"),
    ],
)
def test_reports_within_speech(code: str, text: str, speaker: str, content: str) -> None:
    last = quotes(text, code)[-1]
    assert (last.speaker and last.speaker.text, last.content.rstrip(".")) == (speaker, content)


@pytest.mark.parametrize(
    ("code", "text", "speaker", "content"),
    [
        # A verb after the word for "as", a source after "in" or "from", phrases that name a source.
        (
            "es",
            "Según explicó la alcaldesa Ana Brea, la obra empezará en mayo.",
            "Ana Brea",
            "la obra empezará en mayo",
        ),
        ("pt", "Segundo informou a autarca Ana Brito, a obra começa em maio.", "Ana Brito", "a obra começa em maio"),
        ("es", "Desde el ministerio aseguran que la obra empezará.", "", "que la obra empezará"),
        ("it", "La strada è chiusa, spiegano dal comando di Novate.", "", "La strada è chiusa"),
        ("it", "Stando alla sindaca Ada Brera, i fondi sarebbero spariti.", "Ada Brera", "i fondi sarebbero spariti"),
        # What is announced or demanded, before a comma and after a subject that is definite by its ending.
        (
            "fr",
            "La préfète Ana Brel a annoncé la fermeture de la digue, mardi.",
            "Ana Brel",
            "la fermeture de la digue",
        ),
        ("sv", "Facket kräver en högre lön.", "", "en högre lön"),
        # A line of speech after a report, and a quotation whose speaker only the next sentence names.
        ("no", "Ordfører Eva Bro medgir at diket ryker.\n\n– Det var min feil, helt og holdent.", "Eva Bro", ""),
        ("de", "„Die Lage ist ernst.“ Edda Brehm zuckt die Schultern.", "Edda Brehm", "Die Lage ist ernst."),
        # A relative who is named later keeps the given name; a title makes no noun of a given name.
        ("da", "Eva Bro kom. Hendes mor, Ida Bro, blev væk. Bro vurderer, at diget ryger.", "Eva Bro", ""),
        ("de", "Die Abgeordnete Sörle Brehm sagte, der Deich sei zu niedrig.", "Sörle Brehm", ""),
        # What somebody is, is learned by any noun for a person.
        (
            "it",
            "Il fornaio Ugo Brera aspetta. Poi arriva Ada Lori. «È tardi», dice il fornaio.",
            "Ugo Brera",
            "È tardi",
        ),
    ],
)
def test_speakers_and_contents_of_further_reports(code: str, text: str, speaker: str, content: str) -> None:
    last = quotes(text, code)[-1]
    assert last.speaker_name == speaker
    assert content in ("", last.content)


@pytest.mark.parametrize(
    ("code", "text", "speaker", "content"),
    [
        # Somebody without a name, with the place or body; a time is no place.
        ("sv", "Ringen är borta, enligt en anställd på hotellet.", "en anställd på hotellet", "Ringen är borta"),
        ("ru", "Источник в порту сообщил, что дамба цела.", "Источник в порту", "что дамба цела"),
        ("de", "Der Bund für Vogelschutz teilte mit, dass der Deich hält.", "Der Bund für Vogelschutz", ""),
        ("de", "Ein Sprecher sagte am Montag, der Deich sei zu niedrig.", "Ein Sprecher", "der Deich sei zu niedrig"),
        # The phrase with the preposition that a verb governs.
        ("pt", "A autarca Ana Brito alertou para o risco de cheias.", "A autarca Ana Brito", "para o risco de cheias"),
        ("de", "Landrätin Edda Brehm warnte vor neuen Fluten.", "Landrätin Edda Brehm", "vor neuen Fluten"),
        ("pl", "Burmistrz Ewa Brok apeluje o spokój mieszkańców.", "Burmistrz Ewa Brok", "o spokój mieszkańców"),
        # What others are called on to do.
        ("ru", "Мэр Анна Брок призвала жителей не выходить.", "Мэр Анна Брок", "жителей не выходить"),
    ],
)
def test_phrases_with_a_preposition(code: str, text: str, speaker: str, content: str) -> None:
    (quote,) = quotes(text, code)
    assert quote.speaker and quote.speaker.text == speaker
    assert content in ("", quote.content)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("uk", "Остап Дуб прийшов. Він на нараді сказав, що дамба ціла."),
        ("pl", "Jan Dąb przyszedł. „Wał jest cały” – powiedział on w Krakowie."),
        ("ru", "Мэр Остап Дуб пришёл. «Дамба цела», — сказал он в эфире."),
    ],
)
def test_pronoun_beside_a_place(code: str, text: str) -> None:
    assert quotes(text, code)[-1].speaker_name.endswith((" Дуб", " Dąb"))


def test_pronoun_within_speech_tells_nobodys_gender() -> None:
    text = "Kiri Dahl kom. – Han sa at diket ryker, sier Kiri Dahl. – Det haster nå, sier hun."
    assert [quote.speaker_name for quote in quotes(text, "no")] == ["Kiri Dahl", "", "Kiri Dahl"]


@pytest.mark.parametrize("who", ["Han", "Ordføreren"])
def test_pronoun_or_role_within_speech_means_nobody(who: str) -> None:
    text = f"Ordfører Knut Moe kom. – {who} sa at diket ryker, sier Ivar Dahl."
    assert [quote.speaker_name for quote in quotes(text, "no")] == ["Ivar Dahl", ""]


@pytest.mark.parametrize(
    ("code", "text", "name"),
    [
        ("no", "Melkebonden Ida Bro er sint. – Diket ryker, sier Bro.", "Ida Bro"),
        ("uk", "Бізнесмен Остап Дуб прийшов. «Дамба ціла», — сказав Дуб.", "Остап Дуб"),
        ("no", "Overfor Posten forteller Ida Bro at diket ryker.", "Ida Bro"),
    ],
)
def test_name_without_the_noun_or_preposition_before_it(code: str, text: str, name: str) -> None:
    assert quotes(text, code)[-1].speaker_name == name


def test_marks_within_the_same_marks() -> None:
    text = "«Отец меня учил: за «Волну» болеют молча. Теперь понимаю», — сказал Иван Орлов."
    outer, inner = quotes(text, "ru")
    assert (outer.speaker_name, outer.start) == ("Иван Орлов", 1)
    assert (inner.speaker and inner.speaker.text, inner.content) == ("Отец", "за «Волну» болеют молча")
    assert max(quote.end for quote in quotes(text, "ru")) == text.index("», —")


@pytest.mark.parametrize(
    ("code", "text", "speaker"),
    [
        # The only person named since speaks where the verb has no subject.
        ("pt", "«Chove», disse Rui Mota. A irmã Ana Brito não perdeu o bom humor. «Faz sol», brincou.", "Ana Brito"),
        ("pt", "«Chove», disse Rui Mota. Ana Brito viu Luís Reis sair. «Faz sol», brincou.", "Rui Mota"),
        # A source after a preposition is somebody new, and a word that only opens a sentence is no name.
        ("nl", "Eva Brink kwam. Volgens de makelaar staat het huis te koop.", ""),
        ("ru", "Слухи назвали дамбу опасной.", ""),
        ("da", "Kokken erkender, at han tog fejl.", ""),
        ("ru", "Мэр Лев Орлов приехал. «Дамба выдержит», — сказал Лев Петрович.", "Лев Орлов"),
        # What an office is of is not who holds it.
        ("es", "La consejera de Medio Rural aseguró que lloverá.", ""),
    ],
)
def test_speaker_of_the_last_report(code: str, text: str, speaker: str) -> None:
    assert quotes(text, code)[-1].speaker_name == speaker


def test_subject_that_is_dropped_lowers_confidence() -> None:
    text = "«Llueve mucho», dijo Ana Brea. «{} el río», contó{}."
    dropped = quotes(text.format("Crece", ""), "es")[-1]
    named = quotes(text.format("Crece", " Ana Brea"), "es")[-1]
    assert dropped.confidence < named.confidence - 0.05


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Landrätin Edda Brehm kündigte an, den Notstand auszurufen.", "den Notstand auszurufen"),
        ("Landrätin Edda Brehm behauptete, von dem Deich nichts zu wissen.", "von dem Deich nichts zu wissen"),
        ("Polizeiangaben zufolge ist der Deich sicher.", "ist der Deich sicher"),
        ("Nach Firmenangaben ist der Deich sicher.", "ist der Deich sicher"),
    ],
)
def test_infinitive_and_compound_source_in_german(text: str, content: str) -> None:
    assert [quote.content for quote in quotes(text, "de")] == [content]


def test_infinitive_after_a_comma_in_a_language_with_a_preposition_before_it() -> None:
    (quote,) = quotes("La préfète Ana Brel a promis, si la digue cède, de partir.", "fr")
    assert quote.content.endswith("de partir")


def test_infinitive_of_purpose_is_not_said() -> None:
    assert not quotes("Landrätin Edda Brehm erklärte den Plan, um den Deich zu retten.", "de")


def test_verb_alone_ends_what_somebody_said() -> None:
    text = "La alcaldesa Ana Brea visitó el dique. El dique aguantará, prometió."
    assert [(quote.content, quote.cue and quote.cue.text) for quote in quotes(text, "es")] == [
        ("El dique aguantará", "prometió")
    ]
    assert not quotes("Der Deich hält, versprach.", "de")


def test_verb_of_no_list_with_a_speaker_who_has_no_name() -> None:
    (quote,) = quotes("« Il pleut depuis trois jours », bidouille un joggeur.", "fr")
    assert quote.speaker is not None
    assert quote.speaker.text == "un joggeur"
    assert not quotes("« Il pleut », bidouille un joggeur.", "fr")


def test_line_of_dialogue_without_a_verb_goes_on() -> None:
    text = "– Diket holder, sier Eva Bro.\n\n– Vi har målt hver eneste meter."
    assert [quote.speaker_name for quote in quotes(text, "no")] == ["Eva Bro", "Eva Bro"]


def test_tracked_actor_is_found_under_an_inflected_name() -> None:
    actor = Actor(id="q7", name="Иван Орлов")
    document = read("Мэр Иван Орлов приехал. По словам Орлова, дамба выдержит.", [actor], "ru")
    assert [quote.speaker_id for quote in document.quotes] == ["q7"]


@pytest.mark.slow
@pytest.mark.parametrize("code", gold_languages.codes())
def test_gold(code: str) -> None:
    records = gold_languages.records(code)
    predictions, _ = extraction.run(records)
    direct, speech = (scoring.score(records, predictions, subset) for subset in ("direct", "speech"))
    assert direct["e2e_F1"] >= 85
    assert speech["e2e_F1"] >= 68


@pytest.mark.slow
@pytest.mark.parametrize("code", CHUNKED)
def test_bad_input(code: str) -> None:
    for text in ("", "„", "– ", "« ", "a" * 5000, "„" * 500, "sagte dijo a dit " * 500, "«Мы», — " * 300, "\ud800 «a»"):
        document = read(text, language=code)
        assert all(text[q.start : q.end] == q.text for q in document.quotes)


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.replace("/", " ").replace(":", " ").split()
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("frames", "paradigm"):
                yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def _strings(path: Path) -> Iterator[str]:
    """The string constants of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    skipped = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value


@pytest.mark.slow
def test_code_knows_no_language() -> None:
    known: set[str] = set()
    for code in CHUNKED:
        content = tomllib.loads((ROOM / "languages" / code / "extract.toml").read_text(encoding="utf-8"))
        known |= {word for part in ("words", "verbs", "titles", "phrases") for word in _words(content.get(part, {}))}
    known |= {form for code in CHUNKED for form in language(code).cues}
    english = set(language("en").words) | set(language("en").cues)
    english |= {word for record in gold.records() for word in re.findall(r"[^\W\d_]+", record["text"].lower())}
    foreign = {word for word in known - english if len(word) > 3}
    for path in (ROOM / "extract").rglob("*.py"):
        used = {word for text in _strings(path) for word in re.findall(r"[^\W\d_]{4,}", text)}
        assert used.isdisjoint(foreign), (path.name, used & foreign)
    for path in (ROOM / "extract").rglob("*.py"):
        words = {word for text in _strings(path) for word in re.findall(r"[^\W\d_]{2,}", text)}
        assert all(word.isascii() for word in words), path.name


def test_relative_pronoun_shows_the_name_it_stands_for() -> None:
    (quote,) = quotes("Il prefetto Aldo Ferri, che ha parlato di «scelta obbligata», è partito.", "it")
    assert quote.speaker_name == "Aldo Ferri"
    assert quote.speaker is not None
    assert "Aldo Ferri" in quote.speaker.text
    assert quote.chain[0].rule == "relative"


@pytest.mark.parametrize(
    ("code", "text", "name"),
    [
        # Who holds one office is not called by another; a woman's word for an office is the same office.
        ("es", "El abogado Teo Brea llegó. «El dique aguanta», dijo el alcalde.", ""),
        ("es", "La abogada Ana Brea llegó. «El dique aguanta», dijo el letrado.", ""),
        ("pl", "Ekonomista Jan Dąb przyszedł. „Wał jest cały” – powiedział wiceminister.", ""),
        ("uk", "Адвокат Остап Дуб прийшов. «Дамба ціла», — сказав суддя.", ""),
        ("uk", "Адвоката Остапа Дуба чекали. «Дамба ціла», — сказав адвокат.", "Остап Дуб"),
        ("fr", "Le maire Jean Brel est venu. « La digue cède », a dit l'édile.", "Jean Brel"),
        # A pronoun after somebody unnamed means nobody.
        ("nl", "Teun Dahl lachte. ‘Mijn huis is weg’, zei een buurman. Hij hoopt dat de dijk houdt.", ""),
        ("nl", "Een buurman zei dat het regent. Teun Dahl lachte. Hij hoopt dat de dijk houdt.", "Teun Dahl"),
        # The acronym of a body, and a title with a prefix, before a name.
        ("uk", "Речниця ДСНС Леся Дзюбак сказала, що дамба ціла.", "Леся Дзюбак"),
        ("ru", "Замглавы МИД Климент Ясный сообщил, что дамба цела.", "Климент Ясный"),
        ("ru", "Экс-министр Голуб пришёл. Голуб заявил, что дамба цела.", "Голуб"),
        ("es", "El exconsejero de Vivienda Ildefonso Brea dijo que el dique aguanta.", "Ildefonso Brea"),
        ("uk", "Міністр Остап Дуб прийшов. Глава МЗС сказав, що дамба ціла.", ""),
    ],
)
def test_whom_offices_pronouns_and_acronyms_name(code: str, text: str, name: str) -> None:
    assert quotes(text, code)[-1].speaker_name == name


@pytest.mark.parametrize(
    ("code", "text", "speaker", "content"),
    [
        # A possessive inside the phrase of a source.
        ("ru", "Мэр Остап Дуб пришёл. По его словам, дамба держится.", "его", "дамба держится"),
        ("pl", "Jan Dąb przyszedł. W jego ocenie wał jest cały.", "jego", "wał jest cały"),
        ("es", "«Es tarde», dijo Ana Brea. En su opinión, el dique cede.", "su", "el dique cede"),
        # Genitives end where a subject begins.
        ("pl", "W ocenie śledczej materiał dowodowy nie wystarcza.", "śledczej", "materiał dowodowy nie wystarcza"),
        # "As … said", with a place or an outlet for its subject, or without a subject.
        ("ru", "Как отметили в мэрии, вода может подняться ещё.", "в мэрии", "вода может подняться ещё"),
        ("ru", "Как пишет газета «Полевой тракт», дамба цела.", "газета «Полевой тракт»", "дамба цела"),
        ("es", "Según publica el diario «El Dique», la presa cede.", "el diario «El Dique»", "la presa cede"),
        # A relative clause about the source is no part of what it said.
        ("fr", "La digue tiendra un mois, selon un expert, qui vit à Lille.", "un expert", "La digue tiendra un mois"),
        # A verb of two words in a compound tense, and a reflexive one.
        ("fr", "Une digue sera bâtie, a fait savoir le cabinet.", "le cabinet", "Une digue sera bâtie"),
        ("it", "Cento persone sono salve, ha reso noto la Protezione civile.", "la Protezione civile", ""),
        ("fr", "« C'est trop tard », s'est indigné Jean Brel.", "Jean Brel", "C'est trop tard"),
        ("pt", "A obra vai parar, já havia dito a autarquia.", "a autarquia", "A obra vai parar"),
        # The subject after an adjunct.
        ("fr", "« C'est trop tard », a dit à l'AFP Bastian Brel.", "Bastian Brel", ""),
        ("pt", "“É tarde demais”, disse à Lusa fonte do comando.", "fonte do comando", ""),
        ("pl", "„Wał jest cały” – przyznał w rozmowie z PAP zachodni dyplomata.", "zachodni dyplomata", ""),
        ("ru", "«Дамба цела», — написала в соцсетях известная певица.", "известная певица", ""),
        # The bearer of an office that has an owner.
        ("fr", "L'avocat de M. Brel, Odon Guéret, a dit que c'est faux.", "L'avocat de M. Brel, Odon Guéret", ""),
        # A noun phrase with a verb that only calls it something: the words in marks.
        ("nl", "Anna Dahl noemde dat “een dun verhaal”.", "Anna Dahl", "een dun verhaal"),
        # Who the source is of.
        (
            "nl",
            "Volgens bronnen rond het kabinet is er nog geen geld.",
            "bronnen rond het kabinet",
            "is er nog geen geld",
        ),
    ],
)
def test_sources_and_subjects_in_agencies_manner(code: str, text: str, speaker: str, content: str) -> None:
    quote = quotes(text, code)[-1]
    assert quote.speaker and quote.speaker.text == speaker
    assert content in ("", quote.content)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("fr", "La digue cèdera, a annoncé Jean Brel, ajoutant qu'un convoi partirait."),
        ("it", "La diga cederà, ha detto Jean Brel, aggiungendo che un convoglio partirà."),
        ("ru", "Мэр Жан Брел сказал, что дамба цела, добавив, что вода уйдёт."),
        ("pl", "Jan Brel powiedział, że wał jest cały, dodając, że woda opadnie."),
    ],
)
def test_gerund_shares_the_speaker(code: str, text: str) -> None:
    first, second = quotes(text, code)
    assert first.speaker_name == second.speaker_name != ""
    assert first.end < second.start


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("Jean Brel s'est dit convaincu que la digue tient.", "asserted"),
        ("Il cède, s'il dit que la digue tient.", "hypothetical"),
    ],
)
def test_reflexive_pronoun_is_no_condition(text: str, modality: str) -> None:
    assert quotes(text, "fr")[-1].modality == modality


def test_headline_with_a_person_before_a_colon() -> None:
    text = "Anna Brok: wał jest cały\n\nAnna Brok przyszła w piątek."
    assert [quote.speaker_name for quote in quotes(text, "pl")] == ["Anna Brok"]
    assert not quotes("Szczyt w Lublinie: Anna Brok jest zła\n\nSzczyt trwa.", "pl")


@pytest.mark.parametrize(
    ("code", "text", "content"),
    [
        # What somebody demands, announces or counts on, in a noun phrase.
        ("it", "La sindaca Ada Brel ha chiesto le dimissioni della giunta.", "le dimissioni della giunta"),
        ("ru", "Мэр Жан Брел прогнозирует новые сильные дожди.", "новые сильные дожди"),
        ("nl", "De vakbond rekent op een groot verlies.", "op een groot verlies"),
        ("uk", "Мер Жан Брел наполягає на новому арешті.", "на новому арешті"),
        # The last words in marks of the clause are what something is called; a verb after a clause has it for content.
        ("uk", "Мер Жан Брел назвав поразку від «Явора» «уроком географії».", "уроком географії"),
        ("es", "El cierre no tiene vuelta atrás, insisten en el consistorio.", "El cierre no tiene vuelta atrás"),
        # Nobody in particular reads or says.
        ("it", "La copia sarà di gesso, si legge sul foglio.", ""),
        # A past form with a pronoun is no gerund.
        ("ru", "Врачи советуют ему беречься, признался мэр Жан Брел.", "Врачи советуют ему беречься"),
    ],
)
def test_contents_in_noun_phrases(code: str, text: str, content: str) -> None:
    assert [quote.content for quote in quotes(text, code)][-1:] == ([content] if content else [])


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("fr", "La digue a cédé. Le maire Jean Brel l'a annoncé vendredi, précisant que l'eau monte."),
        ("it", "La diga è rotta. Lo ha annunciato la sindaca Ada Brel, spiegando che l'acqua sale."),
    ],
)
def test_gerund_has_the_person_of_its_sentence_for_its_subject(code: str, text: str) -> None:
    assert quotes(text, code)[-1].speaker_name.endswith("Brel")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("fr", "Selon Jean Brel, l'homme a fui dimanche. Il aurait emporté 300 euros. La ville dort."),
        ("it", "Secondo Jean Brel, l'uomo è fuggito domenica. Avrebbe portato via 300 euro. La città dorme."),
        ("es", "Según Jean Brel, el hombre huyó el domingo. Habría robado 300 euros. La ciudad duerme."),
        ("pt", "Segundo Jean Brel, o homem fugiu no domingo. Teria levado 300 euros. A cidade dorme."),
        ("nl", "Volgens Jean Brel is de man gevlucht. Hij zou 300 euro hebben gestolen. De stad slaapt."),
    ],
)
def test_conditional_of_hearsay_goes_on_from_a_report(code: str, text: str) -> None:
    first, second = quotes(text, code)
    assert first.speaker_name == second.speaker_name == "Jean Brel"
    assert second.content.endswith(("300 euros", "300 euro", "gestolen"))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("es", "«La gente cree que estoy loca», dijo Ana Brea."),
        ("no", "– Folk trodde at diket var nytt, sier Kiri Dahl."),
        ("uk", "«Сусіди думають, що дамба ціла», — сказала Ада Дуб."),
    ],
)
def test_what_others_believe_is_no_report_within_speech(code: str, text: str) -> None:
    assert len(quotes(text, code)) == 1
