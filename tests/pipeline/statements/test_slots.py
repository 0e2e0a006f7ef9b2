"""The slots of a text are filled by each language's words for them."""

import pytest

from pipeline.statements.lexicon import LANGUAGES, table
from pipeline.statements.slots import slots


@pytest.mark.parametrize(
    ("language", "text", "numbers"),
    [
        ("en", "two thirds of 14,000, forty-one or two thousand nine hundred", (2 / 3, 14000, 41, 2900)),
        ("en", "$2.5m, 4 per cent, one in four, the 14th and £1.5bn", (2.5e6, 0.04, 0.25, 14, 1.5e9)),
        ("de", "vierunddreißig von achthundert, 34.000 oder 4 Prozent", (34, 800, 34000, 0.04)),
        ("fr", "quarante-cinq jours et 14 000 vélos, cinq pour cent", (45, 14000, 0.05)),
        ("es", "cuarenta y cinco días y dos mil trescientos metros", (45, 2300)),
        ("ru", "сорок пять дней и двести тридцать домов", (45, 230)),
        ("it", "trentaquattro treni e due terzi", (34, 2 / 3)),
        ("pt", "quarenta e cinco dias", (45,)),
        ("nl", "vierendertig dagen en tweehonderd", (34, 200)),
        ("pl", "czterdzieści pięć dni i dwieście domów", (45, 200)),
        ("sv", "trettio dagar och två tredjedelar", (30, 2 / 3)),
        ("uk", "сорок п’ять днів і двісті будинків", (45, 200)),
        ("en", "one thousand two hundred million or two million three hundred thousand", (1.2e9, 2.3e6)),
        ("es", "sin el 47, medio pueblo", (47, 0.5)),
        ("en", "north of the sixty-fifth parallel, two fifths", (65, 2 / 5)),
        ("fr", "le 1er juillet ou le 2 juillet", (2,)),
        ("ru", "вдвое дешевле", (0.5,)),
        ("en", "in hall ten five cots stood", (10, 5)),
        ("de", "in Saal vierunddreißig fünf Betten", (34, 5)),
        ("xx", "12 of 30", (12, 30)),
    ],
)
def test_numbers_are_read_in_figures_and_words(language: str, text: str, numbers: tuple[float, ...]) -> None:
    assert [figure.value for figure in slots(text, language).figures] == pytest.approx(numbers, rel=0.01)


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("en", "We can't swim.", "not"),
        ("en", "They should've asked.", "should"),
        ("en", "He may come.", "may"),
        ("de", "Das Werk könnte schließen.", "may"),
        ("fr", "à condition que le conseil paie", "if"),
        ("es", "Ninguno de los pozos", "not"),
        ("ru", "только если совет заплатит", "only"),
        ("it", "tranne il porto", "except"),
        ("pt", "a maioria dos barcos", "most"),
        ("nl", "minstens zes boten", "least"),
        ("de", "über sechs Boote", "more"),
        ("de", "unter sechs Booten", "less"),
        ("nl", "onder zes boten", "less"),
        ("de", "Nein, die Schule öffnet.", "not"),
        ("de", "Die Schule bleibt bis auf Weiteres zu.", "until"),
        ("fr", "faute de bateaux", "not"),
        ("en", "Anyone who has a boat may come.", "all"),
        ("pl", "nikt z nas", "not"),
        ("en", "unless it rains", "not"),
        ("fr", "à moins que le conseil refuse", "if"),
        ("de", "ob es regnet oder nicht", "evenif"),
        *(("en", f"She {verb} open it.", "promise") for verb in ("promised to", "vowed to", "committed to")),
        ("de", "Sie hat es versprochen.", "promise"),
        ("fr", "Elle l'a promis.", "promise"),
        ("es", "Lo ha prometido.", "promise"),
        ("it", "Lo ha promesso.", "promise"),
        ("nl", "Zij heeft het beloofd.", "promise"),
        ("pl", "Ona to obiecała.", "promise"),
        ("pt", "Ela prometeu isso.", "promise"),
        ("ru", "Она это обещала.", "promise"),
        ("sv", "Hon lovade det.", "promise"),
        ("uk", "Вона це обіцяла.", "promise"),
    ],
)
def test_a_word_fills_its_slot(language: str, text: str, kind: str) -> None:
    assert slots(text, language).count(kind) == 1


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("de", "Wir reden über den Hafen und unter uns.", "more"),
        ("de", "Wir reden unter uns.", "less"),
        ("nl", "De brug hangt boven het water.", "more"),
        ("de", "Meine Boote bleiben hier.", "belief"),
        ("de", "Die Schule bleibt bis auf Weiteres zu.", "except"),
        ("fr", "sans attendre le conseil", "intent"),
        ("es", "El sospechoso ha huido.", "belief"),
        ("it", "il ponte progettato dal padre", "intent"),
    ],
)
def test_a_word_of_another_meaning_fills_no_slot(language: str, text: str, kind: str) -> None:
    assert slots(text, language).count(kind) == 0


def test_a_french_participle_is_no_summer() -> None:
    assert slots("Les bateaux ont été vendus.", "fr").dates == ()
    assert len(slots("Les bateaux seront vendus cet été.", "fr").dates) == 1


@pytest.mark.parametrize("text", ["There is no doubt that it is safe.", "Not only the mill has closed."])
def test_a_turn_of_phrase_negates_nothing(text: str) -> None:
    assert slots(text).count("not") == 0


def test_may_is_a_month_with_a_capital_and_else_a_hedge() -> None:
    month, hedge = slots("It opens in May."), slots("It may open.")
    assert ([date.kind for date in month.dates], month.count("may")) == (["months 5"], 0)
    assert (hedge.dates, hedge.count("may")) == ((), 1)


@pytest.mark.parametrize(
    ("language", "text", "negations"),
    [
        ("es", "y nadie vio nada", 1),
        ("pt", "sem que ninguém tivesse notado nada", 1),
        ("ru", "Никого не посадят в поезд, которого не существует", 2),
        ("en", "Nobody saw a train that did not exist, not ever.", 3),
    ],
)
def test_a_clause_is_negated_once_where_negations_agree(language: str, text: str, negations: int) -> None:
    assert slots(text, language).count("not") == negations


def test_may_is_a_month_before_a_day_at_the_start_too() -> None:
    assert [date.kind for date in slots("May 3 is the day.").dates] == ["months 5"]
    assert slots("May we come in?").count("may") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_tables(language: str) -> None:
    wanted = {"not", "all", "most", "some", "may", "must", "should", "intent", "belief", "if", "only", "except"}
    assert wanted <= table(language).keys()
    assert len(table(language)["months"]) == 12
    assert len(table(language)["weekdays"]) == 7
    assert len(table(language)["seasons"]) == 4
    assert len(table(language)["feasts"]) == 5


@pytest.mark.parametrize(
    ("language", "text", "hours"),
    [
        ("en", "two weeks, 36 hours or a year", (336, 36, 8760)),
        ("de", "sieben Tage oder eine Woche", (168, 168)),
        ("fr", "deux mois", (1440,)),
        ("uk", "три дні", (72,)),
    ],
)
def test_time_spans_are_read_in_hours(language: str, text: str, hours: tuple[float, ...]) -> None:
    assert slots(text, language).spans == hours


FEASTS = [
    ("en", "before Easter and not at Christmas"),
    ("de", "vor Ostern und nicht zu Weihnachten"),
    ("fr", "avant Pâques et pas à Noël"),
    ("es", "antes de Semana Santa y no en Navidad"),
    ("it", "prima di Pasqua e non a Natale"),
    ("nl", "voor Pasen en niet met Kerstmis"),
    ("pl", "przed Wielkanocą i nie na Boże Narodzenie"),
    ("pt", "antes da Páscoa e não no Natal"),
    ("ru", "до Пасхи, а не на Рождество"),
    ("sv", "före påsken och inte till jul"),
    ("uk", "до Великодня, а не на Різдво"),
]


@pytest.mark.parametrize(("language", "text"), FEASTS)
def test_a_feast_is_a_date_in_every_language(language: str, text: str) -> None:
    assert [date.kind for date in slots(text, language).dates] == ["feasts 2", "feasts 4"]


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("de", "25 Millionen Euro", 25e6),
        ("de", "1,5 Mrd. Euro", 1.5e9),
        ("de", "2,5 Mio. Euro", 2.5e6),
        ("de", "zweieinhalb Millionen Euro", 2.5e6),
        ("de", "anderthalb Millionen Euro", 1.5e6),
        ("nl", "2,5 mln euro", 2.5e6),
        ("pl", "2,5 mln zł", 2.5e6),
        ("ru", "2,5 млн рублей", 2.5e6),
        ("uk", "2,5 млрд гривень", 2.5e9),
        ("it", "2,5 mln di euro", 2.5e6),
        ("sv", "2,5 mdr kronor", 2.5e9),
    ],
)
def test_decimals_halves_and_abbreviated_millions_are_numbers(language: str, text: str, value: float) -> None:
    assert [figure.value for figure in slots(text, language).figures] == [value]


@pytest.mark.parametrize(
    ("text", "language"), [("Niemand geht.", "de"), ("Niemand gaat.", "nl"), ("Personne ne part.", "fr")]
)
def test_words_of_other_tables_hide_no_negation(text: str, language: str) -> None:
    assert slots(text, language).count("not") == 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("One job in nine will go.", "en"),
        ("Jede neunte Stelle fällt weg.", "de"),
        ("Un emploi sur neuf disparaîtra.", "fr"),
        ("Se perderá uno de cada nueve empleos.", "es"),
        ("Un posto su nove sparirà.", "it"),
        ("Vai desaparecer um em cada nove empregos.", "pt"),
        ("Een op de negen banen verdwijnt.", "nl"),
        ("Исчезнет каждое девятое место.", "ru"),
        ("Зникне кожне дев'яте місце.", "uk"),
        ("Zniknie co dziewiąty etat.", "pl"),
        ("Vart nionde jobb försvinner.", "sv"),
    ],
)
def test_a_share_is_a_fraction_in_each_language(text: str, language: str) -> None:
    assert [round(each.value, 2) for each in slots(text, language).figures] == [0.11]


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("one day in 2027", "en", 2027),
        ("czterdziestoma kilogramami", "pl", 40),
        ("z pięćdziesięcioma osobami", "pl", 50),
        ("п'ятьма мовами", "uk", 5),
        ("с пятьюдесятью людьми", "ru", 50),
        ("tjugofem kronor", "sv", 25),
        ("achtunddreißig Tage", "de", 38),
        ("trente-huit jours", "fr", 38),
        ("dix-neuf jours", "fr", 19),
        ("quatre-vingt-dix-sept jours", "fr", 97),
        ("soixante-quinze jours", "fr", 75),
        ("two and a half days", "en", 2.5),
    ],
)
def test_numbers_are_read_inflected_and_compounded(text: str, language: str, value: float) -> None:
    assert [each.value for each in slots(text, language).figures] == [value]


def test_a_one_far_from_a_month_is_a_number() -> None:
    assert [figure.value for figure in slots("1 ferry of the fleet will stop in July.").figures] == [1]
    assert slots("The ferry will stop on 1 July.").figures == ()
