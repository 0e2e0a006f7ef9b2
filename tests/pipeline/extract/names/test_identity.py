"""Names that are a tracked actor's, and never a namesake's."""

import pytest

from pipeline.model import Actor, Role
from tests.pipeline.extract.reading import read

OSTERMAN = Actor(
    id="lena-osterman",
    name="Lena Osterman",
    aliases=("Osterman", "Ms Osterman", "Harbour Minister Osterman", "the harbour minister", "the head of Port Sarn"),
)
TOLD = "“The quay is full,”"


def speakers(text: str, *actors: Actor, title: str = "", language: str = "en") -> list[str]:
    """The ids of the speakers of the quotes of the text."""
    return [quote.speaker_id for quote in read(text, actors or (OSTERMAN,), language, title=title).quotes]


@pytest.mark.parametrize(
    "text",
    [
        f"{TOLD} Lena Osterman said.",
        f"{TOLD} Osterman said.",
        f"{TOLD} Ms Osterman said.",
        f"{TOLD} L. Osterman said.",
        f"{TOLD} Harbour Minister Osterman said.",
        f"Lena Osterman came late. {TOLD} Osterman said.",
        f"Osterman, a former harbour minister, came late. {TOLD} Osterman said.",
        f"Lena Osterman, an amateur diver, came to the ministry. {TOLD} the harbour minister said.",
        f"{TOLD} the head of Port Sarn said.",
        f"Lena Osterman came late. {TOLD} the harbour minister said.",
        f"The harbour minister, Lena Osterman, came late. {TOLD} Osterman said.",
    ],
)
def test_the_actor(text: str) -> None:
    assert speakers(text) == ["lena-osterman"]


@pytest.mark.parametrize(
    "text",
    [
        f"{TOLD} Rudi Osterman said.",
        f"Rudi Osterman, a beekeeper, came late. {TOLD} Osterman said.",
        f"{TOLD} said Rudi Osterman, who keeps bees. “It is noisy,” Osterman said.",
        f"{TOLD} Mr Osterman said.",
        f"{TOLD} R. Osterman said.",
        f"Osterman, a beekeeper from the hills, came late. {TOLD} Osterman said.",
        f"{TOLD} Judge Osterman said.",
        f"Lena Osterman, a beekeeper, came late. {TOLD} Osterman said.",
        f"{TOLD} the harbour minister said.",
        f"The harbour minister, Rudi Bek, met Lena Osterman. {TOLD} the harbour minister said.",
        f"Coach Anna Osterman praised Lena Osterman, her cousin. {TOLD} Osterman said.",
        f"Police met the harbour minister Rudi Bek. {TOLD} the harbour minister said.",
    ],
)
def test_a_namesake_or_a_stranger(text: str) -> None:
    assert "lena-osterman" not in speakers(text)


def test_a_first_name_in_the_headline_claims_the_surname() -> None:
    assert speakers(f"{TOLD} Osterman said.", title="Rolf Osterman keeps bees") == ["osterman"]
    assert speakers(f"{TOLD} Osterman said.", title="Lena Osterman steps down") == ["lena-osterman"]


def test_the_second_given_name_of_the_actor_is_no_other_bearer() -> None:
    actor = Actor(id="brand", name="Lotte Maria Brand", aliases=("Brand",))
    assert speakers(f"{TOLD} Brand said.", actor, title="Lotte Maria Brand reports") == ["brand"]
    assert speakers(f"{TOLD} Brand said.", actor, title="Rosa Brand reports") != ["brand"]


@pytest.mark.parametrize(("title", "speaker"), [("", "vernon"), ("Ms ", "vernon"), ("Mr ", "")])
def test_a_surname_that_is_also_a_given_name_is_the_actors(title: str, speaker: str) -> None:
    """ "Vernon" is a man's given name, and Lotte a woman's."""
    actor = Actor(id="vernon", name="Lotte Vernon", aliases=("Vernon",))
    (said,) = speakers(f"{TOLD} {title}Vernon said.", actor)
    assert (said == "vernon") == (speaker == "vernon")


def test_the_given_name_of_the_actor_tells_whom_a_pronoun_means() -> None:
    actor = Actor(id="vernon", name="Lotte Vernon", aliases=("Vernon",))
    assert speakers(f"Vernon came late. {TOLD} she said.", actor) == ["vernon"]
    assert speakers(f"Vernon came late. {TOLD} he said.", actor) == [""]


def test_an_actor_without_roles_has_no_strangers() -> None:
    plain = Actor(id="lena-osterman", name="Lena Osterman", aliases=("Osterman",))
    assert speakers(f"Osterman, a beekeeper, came late. {TOLD} Osterman said.", plain) == ["lena-osterman"]


def test_a_place_of_the_name_is_nobody() -> None:
    hill = Actor(id="jo-texas", name="Jo Texas", aliases=("Texas",))
    assert speakers("Texas said that it would pay.", hill) == ["texas"]
    assert speakers("Jo Texas came. Texas said that it would pay.", hill) == ["jo-texas"]


JUDGE = Actor(id="ada-brandvold", name="Ada Brandvold", aliases=("Brandvold",), roles=(Role("Judge"),))
SAILOR = Actor(id="ulf-brandvold", name="Ulf Brandvold", aliases=("Brandvold",), roles=(Role("skipper of the Tern"),))


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        (f"{TOLD} Brandvold said.", "brandvold"),
        (f"Ulf Brandvold sat down. {TOLD} Brandvold said.", "ulf-brandvold"),
        (f"{TOLD} Judge Brandvold said.", "ada-brandvold"),
        (f"Brandvold, a skipper, sat down. {TOLD} Brandvold said.", "ulf-brandvold"),
        (f"{TOLD} Mrs Brandvold said.", "ada-brandvold"),
    ],
)
def test_context_distinguishes_two_actors_with_one_alias(text: str, speaker: str) -> None:
    assert speakers(text, JUDGE, SAILOR) == [speaker]


def test_a_probable_actor_lowers_the_confidence() -> None:
    certain = read(f"Osterman, a harbour minister, sat down. {TOLD} Osterman said.", [OSTERMAN]).quotes[0]
    probable = read(f"Osterman, who was late, sat down. {TOLD} Osterman said.", [OSTERMAN]).quotes[0]
    assert (certain.speaker_id, probable.speaker_id) == ("lena-osterman", "lena-osterman")
    assert probable.confidence < certain.confidence


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("The Air Force said that it knew.", ["air-force-the-tern"]),
        ("The Department of Health said that it knew.", ["department-of-health-the-tern"]),
        ("Norland’s Air Force said that it knew.", ["norland-s-air-force"]),
        ("The United States' Navy said that it knew.", ["united-states-navy"]),
        ("Jo Moe's Navy said that it knew.", ["navy-the-tern"]),
        ("The German Foreign Ministry said that it knew.", ["german-foreign-ministry"]),
        ("The Embassy of Kenya said that it knew.", ["embassy-of-kenya"]),
        ("The Embassy of the Netherlands said that it knew.", ["embassy-of-the-netherlands"]),
        ("The Embassy\nin Merrow said that it knew.", ["embassy-in-merrow"]),
        ("The Embassy, in Merrow, said that it knew.", ["embassy-merrow"]),
        ("The Embassy in Anna Moe's book said that it knew.", ["embassy-the-tern"]),
        ("The Navy said it knew. Norland's Navy said it sailed.", ["navy-norland", "norland-s-navy"]),
        ("Norland's Navy said it knew. The Navy said it sailed.", ["norland-s-navy"] * 2),
        ("Norland's Navy said it knew. Norland's Navy said it sailed.", ["norland-s-navy"] * 2),
        ("The Navy met. Norland's Navy sat. The Navy said it sailed.", ["norland-s-navy"]),
        ("The Navy told Norland that it knew.", ["navy-norland"]),
        ("The internet Agency said that it knew.", ["agency-the-tern"]),
        ("Norland's Navy met Sudland's Navy. The Navy said it sailed.", ["navy-norland-sudland"]),
        ("The Royal Norland Navy met. The Navy said it sailed.", ["royal-norland-navy"]),
        ("The Supreme Court of Norland met. The Supreme Court said it sat.", ["supreme-court-of-norland"]),
        ("The Police Federation met. The Police said it sat.", ["police-police-federation"]),
        ("The Harbour Board said that it knew.", ["harbour-board"]),
        ("Ms Village said that it knew.", ["village"]),
    ],
)
def test_an_office_that_every_country_has_is_apart_by_its_owner_or_the_setting_or_the_source(
    text: str, ids: list[str]
) -> None:
    assert [quote.speaker_id for quote in read(text, source="The Tern").quotes] == ids


def test_strangers_that_name_the_same_body_first_share_no_office() -> None:
    texts = [f"The Harbour Board met Anna {name}. The Police said that it knew." for name in ("Moe", "Loon")]
    assert len({read(text).quotes[0].speaker_id for text in texts}) == len(texts)


def test_copies_of_an_article_agree_which_office_speaks() -> None:
    text = "The Harbour Board met in Bolivia. The Police said that it knew."
    ids = {read(text, source=source).quotes[0].speaker_id for source in ("The Tern", "The Gull")}
    assert ids == {"police-bolivia"}


@pytest.mark.parametrize(
    ("office", "same"),
    [("Central Energy Trade Transport Tax Board", True), ("National Central Energy Trade Transport Tax Board", False)],
)
def test_short_forms_of_an_office_have_at_most_six_words(office: str, same: bool) -> None:
    (quote,) = read(f"The Norland {office} met. The {office} said that it knew.").quotes
    assert quote.speaker_name.startswith("Norland") is same


def test_an_office_is_called_by_its_owner_and_never_by_the_source() -> None:
    names = [quote.speaker_name for quote in read("The Navy said it knew. Norland’s Navy said it sailed.").quotes]
    assert names == ["Navy", "Norland's Navy"]


@pytest.mark.parametrize(
    "text",
    [
        "The Navy said that it knew.",
        "Norland's Navy said that it knew.",
        "The Royal Norland Navy met. The Navy said that it knew.",
        "The Navy of Norland said that it knew.",
        "The Navy in Merrow said that it knew.",
    ],
)
def test_an_alias_that_is_an_office_means_the_actor(text: str) -> None:
    navy = Actor(id="fleet", name="Navy of Norland", aliases=("Navy",), kind="organisation")
    assert speakers(text, navy) == ["fleet"]


def test_a_name_with_an_owner_after_it_means_the_actor() -> None:
    embassy = Actor(id="the-embassy", name="Embassy of Kenya", kind="organisation")
    assert speakers("The Embassy of Kenya said it knew. Kenya said it sailed.", embassy) == ["the-embassy", "kenya"]


def test_aliases_with_owners_part_two_offices() -> None:
    norland = Actor(id="norland", name="Navy of Norland", aliases=("Norland's Navy",), kind="organisation")
    sudland = Actor(id="sudland", name="Sudland's Navy", kind="organisation")
    text = "Norland's Navy said it knew. Sudland's Navy said it sailed. The Navy of Norland said it slept."
    assert speakers(text, norland, sudland) == ["norland", "sudland", "norland"]


OFFICES = [
    ("en", "Jan Brolin", "Transport Minister", "“The bridge closes on Monday,” said Transport Minister Brolin."),
    ("de", "Edda Brehm", "Oberbürgermeisterin", "„Das Wehr bleibt zu“, sagte Oberbürgermeisterin Brehm."),
    ("de", "Edda Brehm", "Oberbürgermeisterin", "„Das Wehr bleibt zu“, forderte die Oberbürgermeisterin Brehm."),
    ("de", "Edda Brehm", "Oberbürgermeisterin", "„Das Wehr bleibt zu“, sagte Bürgermeisterin Brehm."),
    ("de", "Edda Brehm", "Oberbürgermeister", "„Das Wehr bleibt zu“, sagte Oberbürgermeisterin Brehm."),
    ("de", "Edda Brehm", "Oberbürgermeisterin", "„Das Wehr bleibt zu“, sagte OB Brehm."),
    ("de", "Olaf Reuss", "Bundesumweltminister", "„Das Wehr bleibt zu“, sagte Umweltminister Reuss."),
    ("de", "Olaf Reuss", "Umweltminister", "„Das Wehr bleibt zu“, sagte Bundesumweltminister Reuss."),
    ("de", "Olaf Reuss", "Vorstand der WBK", "„Das Wehr bleibt zu“, sagte WBK-Chef Reuss."),
    ("fr", "Claire Vannier", "ministre des Eaux", "« Le barrage ferme lundi », a déclaré la ministre Vannier."),
    ("es", "Ana Brea", "alcaldesa de Sonte", "«El dique cierra el lunes», dijo la alcaldesa Brea."),
    ("it", "Luca Bressan", "sindaco di Sonte", "«La diga chiude lunedì», ha detto il sindaco Bressan."),
    ("nl", "Jan Brouwer", "burgemeester van Sont", "“De sluis sluit maandag”, zei burgemeester Brouwer."),
    ("pl", "Jan Brzoza", "burmistrz Sonty", "„Tamę zamykamy w piątek” – powiedział burmistrz Brzoza."),
    ("ru", "Иван Бродов", "министр энергетики", "«Дамбу закроют в пятницу», — сообщил министр Бродов."),
    ("uk", "Іван Броденко", "міністр енергетики", "«Греблю закриють у пʼятницю», — сказав міністр Броденко."),
    ("pt", "Luís Brandão", "ministro das Águas", "«A barragem fecha na sexta-feira», disse o ministro Brandão."),
    ("sv", "Jan Brolin", "miljöminister", "”Slussen stängs på fredag”, sade miljöministern Brolin."),
]


@pytest.mark.parametrize(("language", "name", "role", "text"), OFFICES)
def test_the_office_before_a_surname_names_its_bearer(language: str, name: str, role: str, text: str) -> None:
    _given, surname = name.split()
    for known in ((), (surname,)):
        actor = Actor(id="bearer", name=name, aliases=known, roles=(Role(role),))
        assert speakers(text, actor, language=language) == ["bearer"]


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("Oberbürgermeisterin", "„Das Wehr bleibt zu“, sagte Försterin Brehm."),
        ("Umweltministerin", "„Das Wehr bleibt zu“, sagte Innenministerin Brehm."),
        ("Oberbürgermeisterin", "„Das Wehr bleibt zu“, sagte Oberbürgermeisterin Lena Brehm."),
        ("Oberbürgermeisterin", "Lena Brehm kam spät. „Das Wehr bleibt zu“, sagte Oberbürgermeisterin Brehm."),
        ("Oberbürgermeisterin", "„Das Wehr bleibt zu“, sagte Brehm."),
        ("Oberbürgermeisterin", "„Das Wehr bleibt zu“, sagte Frau Brehm."),
        ("Vorstand der WBK", "„Das Wehr bleibt zu“, sagte WLB-Chefin Brehm."),
    ],
)
def test_another_office_or_a_bare_surname_without_an_alias_names_nobody_who_is_tracked(role: str, text: str) -> None:
    actor = Actor(id="bearer", name="Edda Brehm", roles=(Role(role),))
    assert "bearer" not in speakers(text, actor, language="de")


@pytest.mark.parametrize("title", ["Frau", "Dr.", "OB", "Oberbürgermeisterin"])
def test_a_courtesy_before_an_alias_makes_nobody_else_of_it(title: str) -> None:
    actor = Actor(id="bearer", name="Edda Brehm", aliases=("Brehm",), roles=(Role("Oberbürgermeisterin"),))
    assert speakers(f"„Das Wehr bleibt zu“, sagte {title} Brehm.", actor, language="de") == ["bearer"]
    assert "bearer" not in speakers("„Das Wehr bleibt zu“, sagte Herr Brehm.", actor, language="de")
