"""The start and end of reported content, and sentences that report nothing."""

import pytest

from tests.pipeline.extract.reading import only, quotes, said


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Vera Kolb said not all boats were empty.", "not all boats were empty"),
        ("Vera Kolb said even a small storm could sink it.", "even a small storm could sink it"),
        ("Vera Kolb said there was a hole in the hull.", "there was a hole in the hull"),
        ("Vera Kolb said again on Monday the quay was shut.", "the quay was shut"),
        ("Vera Kolb told Friends of Farland a new quay has opened.", "a new quay has opened"),
        ("Vera Kolb vowed not to sell the mill.", "not to sell the mill"),
        ("14.20 A pledge: “I will sell the mill,” Vera Kolb tells the council.", "I will sell the mill"),
        ("One thing is new: the mill is “for sale”, says Vera Kolb.", "the mill is “for sale”"),
        ("Vera Kolb spoke, promising only to “pay in time”.", "to “pay in time”"),
        ("Around 30 goats ran off this week, Vera Kolb said.", "Around 30 goats ran off this week"),
        ("The quay will be shut, Vera Kolb said Friday, opening the fair.", "The quay will be shut"),
        ("The quay will be shut, Vera Kolb said late Friday.", "The quay will be shut"),
        ("Feeding the goats, Vera Kolb told me, would cost a fortune.", "Feeding the goats would cost a fortune"),
        ("The harbour is shut, said former captain Vera Kolb.", "The harbour is shut"),
        (
            "The harbour is “a bowl of mud” now, said Vera Kolb, a fellow at the Sea Forum, which began in 1970.",
            "The harbour is “a bowl of mud” now",
        ),
        (
            "The numbers are “a shock,” Vera Kolb said, and they will calm the owners.",
            "The numbers are “a shock,” and they will calm the owners",
        ),
        (
            "The storm matters “for a week,” Vera Kolb said, in the long run, the trees will grow.",
            "The storm matters “for a week,” in the long run, the trees will grow",
        ),
        ("The numbers are “a shock,” Vera Kolb said, walking to the quay.", "The numbers are “a shock,”"),
        (
            "But Vera Kolb, who said that she has “the patience for the job,” will go.",
            "that she has “the patience for the job,”",
        ),
        ("Vera Kolb defended the sale: “We will not sink.”", "We will not sink."),
        ("“ Bread is slow,” Vera Kolb said.", "Bread is slow"),
    ],
)
def test_content(text: str, content: str) -> None:
    quote = only(text)
    assert (quote.speaker_name, quote.content.rstrip(",")) == ("Vera Kolb", content.rstrip(","))


@pytest.mark.parametrize(
    "text",
    [
        "As they said goodbye, Vera Kolb looked tired.",
        "Club rules bar attacks on players as those on the field decide.",
    ],
)
def test_no_report(text: str) -> None:
    assert [quote.content for quote in quotes(text)] == []


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Vera Kolb has baked for years. Kolb concludes by saying that ovens are hot.", "Vera Kolb"),
        ("Vera Kolb, a former cook who came along said: “The lamp was on.”", "Vera Kolb"),
        ("Vera Kolb, who works for the Sea Forum as Programme Officer, says boats are slow.", "Vera Kolb"),
        ("In an earlier post, Vera Kolb had written, “I never liked boats.”", "Vera Kolb"),
        ("On the forum, gull77 wrote, “The lamp dies after a month.”", "gull77"),
        ("Vera Kolb was blunt: “It is over.”", "Vera Kolb"),
        ("Vera Kolb, a councillor, said she was worried. “What they did is a shame for us all.”", "Vera Kolb"),
        ("Asked if Rolf Ek was sorry, Vera Kolb shook her head. “Not in the least.”", "Vera Kolb"),
        ("Vera Kolb, who lives next door, was in tears. “They took the roof and the walls.”", "Vera Kolb"),
        ("News.\n\nAnd from Chairwoman Vera Kolb:\n\n“We are glad to have you with us today.”", "Vera Kolb"),
        ("Vera Kolb said that the mill was shut.\n\n“Nobody here needed a second mill.”", "Vera Kolb"),
        ("“Owners get their money back,” Vera Kolb, the mill’s owner, is quoted as saying in a letter.", "Vera Kolb"),
        ("“The book has no pictures,” says the woman who wrote it, Vera Kolb.", "Vera Kolb"),
        ("“The book has no pictures,” said the woman behind it, Vera Kolb, on Monday.", "Vera Kolb"),
        ("“The book has no pictures,” said the woman he loves, who left.", ""),
    ],
)
def test_speaker(text: str, speaker: str) -> None:
    assert quotes(text)[-1].speaker_name == speaker


def test_a_quotation_of_several_sentences_before_its_verb() -> None:
    text = "Vera Kolb runs a mill. “It is hard. Before the ferry, in winter there were no guests,” says the woman."
    assert said(text) == {("Vera Kolb", "It is hard. Before the ferry, in winter there were no guests")}


def test_modality() -> None:
    assert only("Vera Kolb hasn’t yet said that the mill is for sale.").modality == "negated"
    assert only("Vera Kolb asked for the mill to be mended.").modality == "asserted"


def test_an_adverbial_after_the_verb_is_no_content() -> None:
    assert quotes("Vera Kolb said in a letter that reached the staff.") == ()


def test_a_pronoun_stands_for_the_name_that_opens_the_sentence_before() -> None:
    text = "Vera Kolb left. “It is done,” she said. Diver Svea Ek, 22, who swam by, was cold. “It is cold,” she said."
    assert quotes(text)[-1].speaker_name.endswith("Svea Ek")


def test_an_office_before_to_is_no_name() -> None:
    text = "“It is late,” Norse Ambassador to Farland Vera Kolb said."
    assert quotes(text)[-1].speaker_name == "Vera Kolb"


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Nine goats had drowned, Vera Kolb told the council, soaked to the skin.", "Nine goats had drowned"),
        ("The cook is “no thief”, says Vera Kolb, and she is right.", "The cook is “no thief”"),
        ("The mill will close, Vera Kolb says, and she is not joking.", "The mill will close"),
        ("The mill, Vera Kolb told the council, painted in red, will close.", "The mill painted in red, will close"),
    ],
)
def test_what_is_told_of_the_speaker_is_no_content(text: str, content: str) -> None:
    assert said(text) == {("Vera Kolb", content)}


def test_what_follows_the_colon_of_a_denial_is_asserted() -> None:
    text = "Vera Kolb denied that Rolf Ek had promised a mill: the baker was asleep."
    contents = [(quote.speaker_name, quote.modality, quote.content) for quote in quotes(text)]
    assert contents == [
        ("Vera Kolb", "denied", "that Rolf Ek had promised a mill"),
        ("Vera Kolb", "asserted", "the baker was asleep"),
    ]


def test_a_colon_within_a_denial_is_nobody_elses() -> None:
    text = "Vera Kolb disputed that Rolf Ek had said anything of the kind: the baker was asleep."
    assert {quote.speaker_name for quote in quotes(text)} == {"Vera Kolb"}


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Vera Kolb said that would help the fishers.", "that would help the fishers"),
        ("The trouble, Vera Kolb told me on Friday, is that it rains.", "The trouble is that it rains"),
        ("The boats, Vera Kolb explained earlier at the hearing, were “too old”.", "The boats were “too old”"),
        ("The mill paid nine crowns, Vera Kolb said in a June letter, and I paid more.", "The mill paid nine crowns"),
        (
            "Vera Kolb said that she had no boat, and that she might drop her announced plans.",
            "that she had no boat, and that she might drop her announced plans",
        ),
        ("Vera Kolb just this month announced it would sell the mill.", "it would sell the mill"),
        ("Vera Kolb continues to insist that the mill is hers.", "that the mill is hers"),
        ("The ferry could sail, said Vera Kolb, an aide to Ek who runs the quay.", "The ferry could sail"),
        (
            "In a radio interview Vera Kolb declared “I think the mill is old now.”",
            "I think the mill is old now.",
        ),
        ("It is late. Said Vera Kolb: “I see no sense in it.”", "I see no sense in it."),
        ("“It is late!” Marta Ek's niece, baker Vera Kolb, shouted.", "It is late!"),
        ("Vera “Vee” Kolb said the mill is hers.", "the mill is hers"),
    ],
)
def test_content_beside_places_times_and_descriptions(text: str, content: str) -> None:
    assert said(text) == {("Vera Kolb", content)}


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("All the bakers I interviewed said her plan was better.", "All the bakers I interviewed"),
        ("Police had told us that the mill was shut, but it was not, a clerk added.", "a clerk"),
        ("The letter states that the mill is shut.", "The letter"),
    ],
)
def test_speakers_without_a_name(text: str, speaker: str) -> None:
    assert next(quote.speaker.text for quote in quotes(text) if quote.speaker) == speaker


@pytest.mark.parametrize("text", ["In critical swing states that share is high.", "In 18 states that share fell."])
def test_states_are_no_verb_after_a_number_or_a_bare_noun(text: str) -> None:
    assert quotes(text) == ()


def test_a_participle_that_opens_a_sentence_is_no_name() -> None:
    text = "Asked about Rolf Ek's declaration that it had burnt, Vera Kolb said it was late."
    assert ("Vera Kolb", "it was late") in said(text)
    assert ("Rolf Ek", "that it had burnt") in said(text)


def test_what_is_praised_ends_before_another_verb() -> None:
    assert said("Vera Kolb praised the mill but also had to sell it.") == {("Vera Kolb", "the mill")}


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        (
            "Vera Kolb left, saying she was ashamed of us and calling us unpatriotic.",
            {"she was ashamed of us", "us unpatriotic"},
        ),
        ("Vera Kolb in a news briefing in Easton accused the mill of theft.", {"the mill of theft"}),
        ("Vera Kolb tells UN it reserves the right to fish.", {"it reserves the right to fish"}),
        ("Vera Kolb wants a dam, a clerk of the town said during a lunch.", {"Vera Kolb wants a dam"}),
        ("Vera Kolb expressed “regret” over the dam, a clerk said during a lunch.", {"“regret” over the dam"}),
    ],
)
def test_content_ends_before_another_report(text: str, contents: set[str]) -> None:
    assert {quote.content for quote in quotes(text)} == contents


@pytest.mark.parametrize(
    "text",
    [
        "Imagine Vera Kolb answered: “The mill is ours.”",
        "Now suppose Vera Kolb said the mill is ours.",
    ],
)
def test_what_somebody_is_imagined_to_say_is_hypothetical(text: str) -> None:
    quote = only(text)
    assert (quote.speaker_name, quote.modality) == ("Vera Kolb", "hypothetical")


def test_a_reporters_question_is_asked_and_claims_nothing() -> None:
    text = "“Who paid?” a journalist shouted. Vera Kolb shouted back. “Who sat there? It was you,” a reporter said."
    assert [quote.modality for quote in quotes(text)] == ["asked", "asserted"]


def test_a_word_before_a_name_that_opens_a_sentence_is_no_part_of_it() -> None:
    assert [quote.speaker_name for quote in quotes("Unlike Vera Kolb, Rolf Ek said it was late.")] == ["Rolf Ek"]


@pytest.mark.parametrize(
    ("verb", "earlier"),
    [("had said", True), ("'d told us", True), ("said", False), ("has said", False), ("would have said", False)],
)
def test_the_past_perfect_marks_an_earlier_report(verb: str, earlier: bool) -> None:
    assert only(f"Vera Kolb{'' if verb[0] == chr(39) else ' '}{verb} that the mill is ours.").earlier is earlier


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("The critic Vera Kolb once described him as “our last liar”.", "him as “our last liar”"),
        ("In an interview last year Vera Kolb said she feared nothing.", "she feared nothing"),
    ],
)
def test_an_adverb_or_a_time_beside_the_verb_hides_no_report(text: str, content: str) -> None:
    assert said(text) == {("Vera Kolb", content)}


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Vera Kolb has vowed there would be no sale without a vote.", "there would be no sale without a vote"),
        ("Vera Kolb warned there were few boats left.", "there were few boats left"),
        ("Vera Kolb said this week was hard.", "this week was hard"),
        (
            "Vera Kolb repeated a pledge made on the quay in May that no goat would be sold.",
            "that no goat would be sold",
        ),
        ("Vera Kolb called the catch the worst she'd had in nine years and took the blame.", "the worst she'd had"),
    ],
)
def test_frame_of_the_verb(text: str, content: str) -> None:
    quote = only(text)
    assert quote.speaker_name == "Vera Kolb"
    assert content in quote.content
    assert "pledge" not in quote.content
    assert "blame" not in quote.content


def test_a_pronoun_for_what_was_said_is_no_clause() -> None:
    text = "Vera Kolb said it on the steps of the mill, where flags have hung for years."
    assert [quote for quote in quotes(text) if quote.statement] == []


@pytest.mark.parametrize(
    "text",
    [
        "The firm hid the leak for two years – nine months, according to Vera Kolb – to spare a pump.",
        "The firm hid the leak for two years (nine months, according to Vera Kolb) to spare a pump.",
        "The firm – and nobody else – hid the leak – for nine months, Vera Kolb said – to spare a pump.",
    ],
)
def test_a_report_within_an_aside_is_of_the_aside(text: str) -> None:
    quote = only(text)
    assert quote.content.removeprefix("for ") == "nine months"
    assert not quote.statement


def test_a_report_after_a_closed_aside_is_of_the_whole() -> None:
    assert only("The leak – a small one – was hidden, Vera Kolb said.").content == "The leak – a small one – was hidden"
    assert only("The leak (a small one) was hidden, Vera Kolb said – twice.").content.startswith("The leak")


def test_a_clause_after_a_colon_that_is_cut_in_by_its_own_report() -> None:
    text = "Vera Kolb conceded that the sale went wrong: owners, she said, should have had a vote."
    assert said(text) == {
        ("Vera Kolb", "that the sale went wrong"),
        ("Vera Kolb", "owners should have had a vote"),
    }


def test_a_cleft_reports_only_the_quotation_after_its_colon() -> None:
    text = "Vera Kolb lost. It is what Kolb said in May that people remember: “Nobody drowned,” in a low voice."
    assert said(text) == {("Vera Kolb", "Nobody drowned")}
    assert quotes(text.replace(": “Nobody drowned,” in a low voice", "")) == ()


def test_a_semicolon_ends_the_reach_of_a_report() -> None:
    text = "It is late, boatmen insist; it is what Vera Kolb did say in May that they recall: “Nobody drowned,” in May."
    assert ("Vera Kolb", "Nobody drowned") in said(text)
    assert all(quote.content == "Nobody drowned" for quote in quotes(text) if "Nobody" in quote.content)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("What Vera Kolb, the mayor, said was not that the mill will shut but: “It may shut.”", "It may shut."),
        ("What Vera Kolb said was that the mill will shut.", "that the mill will shut"),
        ("All Vera Kolb said was that the mill will shut.", "that the mill will shut"),
    ],
)
def test_a_copula_before_the_content_is_not_part_of_it(text: str, content: str) -> None:
    assert [(quote.content, quote.statement) for quote in quotes(text)] == [(content, True)]
