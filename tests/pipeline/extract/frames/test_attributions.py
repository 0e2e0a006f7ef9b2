"""Reporting verbs by their frames, and how a report is marked."""

import pytest

from tests.pipeline.extract.reading import only, quotes, said


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Mara Dovic said that the harbour would stay open.", "that the harbour would stay open"),
        ("Mara Dovic said the harbour would stay open.", "the harbour would stay open"),
        ("Mara Dovic told reporters on Monday that the harbour would stay open.", "that the harbour would stay open"),
        ("Mara Dovic urged the town to keep the harbour open.", "the town to keep the harbour open"),
        ("Mara Dovic vowed to keep the harbour open.", "to keep the harbour open"),
        ("Mara Dovic described the harbour as a graveyard for boats.", "the harbour as a graveyard for boats"),
        ("Mara Dovic called the plan a bad joke.", "the plan a bad joke"),
        ("Mara Dovic criticised the new harbour tax.", "the new harbour tax"),
        ("Mara Dovic called for an early vote.", "an early vote"),
        ("Mara Dovic pointed out that the ferry was empty.", "that the ferry was empty"),
        ("According to Mara Dovic, the harbour will stay open.", "the harbour will stay open"),
        ("The harbour will stay open, according to Mara Dovic.", "The harbour will stay open"),
        ("The harbour will stay open, Mara Dovic said.", "The harbour will stay open"),
        ("The harbour will stay open, said Mara Dovic.", "The harbour will stay open"),
        ("Mara Dovic told the town she was ready to go.", "she was ready to go"),
        ("Mara Dovic termed the plan a bad joke.", "the plan a bad joke"),
        ("It was, Mara Dovic explained, a bad joke.", "It was a bad joke"),
        ("Mara Dovic said on “The Late Hour” that the harbour would stay open.", "that the harbour would stay open"),
    ],
)
def test_frame(text: str, content: str) -> None:
    quote = only(text)
    assert (quote.speaker_name, quote.content, quote.kind) == ("Mara Dovic", content, "indirect")


def test_attribution_that_interrupts_indirect_speech() -> None:
    assert ("Mara Dovic", "The harbour will stay open until May") in said(
        "The harbour, Mara Dovic argued, will stay open until May."
    )


def test_relative_clause() -> None:
    text = "Mara Dovic, who has long maintained that boats need harbours, left at noon."
    assert said(text) == {("Mara Dovic", "that boats need harbours")}


def test_coordinated_verbs_share_their_subject() -> None:
    text = "Mara Dovic characterized the plan as “a toy” but expressed disbelief at the price of it."
    assert said(text) == {
        ("Mara Dovic", "the plan as “a toy”"),
        ("Mara Dovic", "disbelief at the price of it"),
    }


def test_coordinated_verb_in_the_present_begins_a_report_of_its_own() -> None:
    text = "Mara Dovic is telling the town that the quay is “a toy” and says she will close it."
    assert said(text) == {("Mara Dovic", "that the quay is “a toy”"), ("Mara Dovic", "she will close it")}


def test_gerund_has_the_subject_of_its_clause() -> None:
    text = "Mara Dovic left the hall at noon, adding that she would not come back."
    assert said(text) == {("Mara Dovic", "that she would not come back")}


def test_mixed_quote_holds_the_clause_around_its_marks() -> None:
    quote = only("Mara Dovic said the plan was “a toy” that nobody needed.")
    assert (quote.kind, quote.text) == ("mixed", "the plan was “a toy” that nobody needed")


@pytest.mark.parametrize(
    "content",
    [
        "the plan a “toy” and a “bad joke.”",
        "the plan a “toy,” a “bad joke,” “late” and “dear.”",
        "the captain a “hero” who had saved the ferry",
        "the plan a “toy” for the rich",
    ],
)
def test_what_somebody_is_called_is_whole(content: str) -> None:
    assert only(f"Mara Dovic called {content.rstrip('.”')}{'.”' if content.endswith('.”') else '.'}").content == content


def test_contrast_within_the_report_belongs_to_it() -> None:
    text = "Mara Dovic said the ferry “did well”, but that the harbour was “a mess” after it."
    assert only(text).content == "the ferry “did well”, but that the harbour was “a mess” after it"
    assert only(text.replace("but that", "but")).content == "the ferry “did well”"


def test_another_report_after_a_quotation_is_its_own() -> None:
    text = "Mara Dovic said it was “a joy to sail in this weather,” and she vowed to keep the ferry."
    assert said(text) == {
        ("Mara Dovic", "it was “a joy to sail in this weather,”"),
        ("Mara Dovic", "to keep the ferry"),
    }


def test_claim_by_noun_belongs_to_its_owner() -> None:
    text = "Nobody believed Mara Dovic's claim that the harbour was sold."
    assert said(text) == {("Mara Dovic", "that the harbour was sold")}


def test_transcript() -> None:
    text = "DOVIC: Is the harbour open?\n\nHOLM: It is. Come and see.\n\nDOVIC: When?\n\nHOLM: On Monday."
    assert [(q.speaker and q.speaker.text, q.content) for q in quotes(text)] == [
        ("DOVIC", "Is the harbour open?"),
        ("HOLM", "It is. Come and see."),
        ("DOVIC", "When?"),
        ("HOLM", "On Monday."),
    ]


def test_label_that_says_what_its_bearer_is() -> None:
    text = "MARA DOVIC, harbour minister: It is open.\n\nPETER HOLM: Is it?\n\nMARA DOVIC: It is."
    assert said(text) == {("MARA DOVIC", "It is open."), ("PETER HOLM", "Is it?"), ("MARA DOVIC", "It is.")}


def test_clause_before_a_colon_is_no_label() -> None:
    assert only("Mara Dovic, the mayor, says: “The harbour is open.”").speaker_name == "Mara Dovic"
    assert only("In May, Mara Dovic shouted: “The harbour is open.”").speaker_name == "Mara Dovic"
    assert not any(q.speaker for q in quotes("Then, later that month on the radio: “The harbour is open.”"))


def test_questions_of_an_interview_are_nobody_s() -> None:
    text = "Q: Is the harbour open?\n\nDOVIC: It is.\n\nQ: Since when?\n\nDOVIC: Since Monday."
    assert {q.speaker_name for q in quotes(text) if q.speaker and q.speaker.text == "Q"} == {""}


def test_signed_quotation() -> None:
    quote = only("“Proof that complaining works at last.” – Mara Dovic, harbour master")
    assert quote.speaker_name == "Mara Dovic"
    assert quote.text == "Proof that complaining works at last."


@pytest.mark.parametrize(
    "after", [" during a visit to Easton.", " on the quay,” for an hour.", " Tuesday on the quay.", " and has left."]
)
def test_what_somebody_is_described_as_ends_with_the_quotation(after: str) -> None:
    close = "" if "”" in after else "”"
    found = quotes(f"Mara Dovic described Peter Holm as “a fine sailor{close}{after}")
    assert found[0].content.rstrip("”") in ("Peter Holm as “a fine sailor", "Peter Holm as “a fine sailor on the quay,")


def test_headline_with_a_colon() -> None:
    text = "Dovic: “We will keep the harbour”\n\nMara Dovic, the mayor, was clear on Monday."
    assert ("Mara Dovic", "We will keep the harbour") in said(text)


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("Mara Dovic said that the harbour was open.", "asserted"),
        ("Mara Dovic did not say that the harbour was open.", "negated"),
        ("Mara Dovic denied that the harbour was open.", "denied"),
        ("Mara Dovic asked whether the harbour was open.", "asked"),
        ("Mara Dovic would say that the harbour was open.", "hypothetical"),
        ("Mara Dovic went on to say that the harbour was open.", "asserted"),
        ("Mara Dovic used to say that the harbour was open.", "asserted"),
        ("Mara Dovic has never said that the harbour was open.", "negated"),
        ("Mara Dovic refused to say whether the harbour was open.", "negated"),
        ("If Mara Dovic says that the harbour is open, boats will come.", "hypothetical"),
        ("Mara Dovic is expected to say that the harbour is open.", "hypothetical"),
    ],
)
def test_modality(text: str, modality: str) -> None:
    assert only(text).modality == modality
    assert only(text).speaker_name == "Mara Dovic"


@pytest.mark.parametrize(
    ("text", "speaker", "content", "modality"),
    [
        ("Mara Dovic was told that the harbour was open.", "", "that the harbour was open", "asserted"),
        ("Mara Dovic was not told that the harbour was open.", "", "that the harbour was open", "negated"),
        ("Mara Dovic was asked whether the harbour was open.", "", "whether the harbour was open", "asked"),
        ("Boats were told by Mara Dovic to keep away.", "Mara Dovic", "to keep away", "asserted"),
        ("It is said that the harbour is open.", "", "that the harbour is open", "asserted"),
    ],
)
def test_passive_names_nobody_but_its_agent(text: str, speaker: str, content: str, modality: str) -> None:
    quote = only(text)
    assert (quote.speaker_name, quote.content, quote.modality) == (speaker, content, modality)


def test_question_that_opens_a_sentence_is_not_the_answerer_s() -> None:
    text = "Asked whether the harbour, long shut, was open, Mara Dovic said that it was."
    assert said(text) == {("", "whether the harbour, long shut, was open"), ("Mara Dovic", "that it was")}


@pytest.mark.parametrize(
    "text",
    [
        "The report of the harbour board was long and dull.",
        "Her remarks were short.",
        "A group called Open Harbour met on Monday.",
        "He won in Northport, Easton and his home state of Westmark.",
        "The harbour was said to be open.",
        "Mara Dovic called off the vote after the storm.",
        "It is too soon to say whether the harbour will open.",
        "It should be noted that the harbour is open.",
    ],
)
def test_what_is_no_report(text: str) -> None:
    assert not quotes(text)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Mara Dovic said in a statement it was over.", "it was over"),
        ("Mara Dovic said in a statement on Friday it was over.", "it was over"),
        ("Mara Dovic said on Radio Nord she was glad.", "she was glad"),
        ("Mara Dovic told the Courier in an interview the bank was safe.", "the bank was safe"),
    ],
)
def test_place_of_saying_is_left_out(text: str, content: str) -> None:
    assert only(text).content == content


@pytest.mark.parametrize("opening", ["EASTON, May 3 (Corvid) - ", "EASTON — ", "14:10 – "])
def test_dateline_is_left_out(opening: str) -> None:
    assert only(f"{opening}The harbour will stay open, Mara Dovic said.").content == "The harbour will stay open"


def test_apposition_within_a_reported_clause() -> None:
    text = "Mara Dovic said the suspect, Karl Brandt, admitted the theft."
    assert ("Mara Dovic", "the suspect, Karl Brandt, admitted the theft") in said(text)


def test_what_is_ruled_out_is_denied() -> None:
    quote = only("Mara Dovic has ruled out an early vote.")
    assert (quote.content, quote.modality) == ("an early vote", "denied")


def test_no_is_an_abbreviation_only_before_a_number() -> None:
    text = "Asked again, Mara Dovic said no. Peter Holm said No. 10 Quay Street was sold."
    assert ("Peter Holm", "No. 10 Quay Street was sold") in said(text)


def test_how_a_source_may_be_named_is_no_quote() -> None:
    assert not quotes("The engineer, who left in May, asked not to be identified.")


def test_object_ends_where_the_speaker_does_something_else() -> None:
    assert ("Mara Dovic", "the delay") in said("Mara Dovic confirmed the delay but ended the call.")


def test_participle_after_a_report_has_its_speaker() -> None:
    text = "Mara Dovic says it has forty boats ready, adding that tents were on the way."
    assert ("Mara Dovic", "that tents were on the way") in said(text)


def test_conjunction_that_ends_the_text() -> None:
    assert quotes("Mara Dovic condemned the plan and")[0].speaker_name == "Mara Dovic"


def test_preposition_that_ends_the_text() -> None:
    assert not quotes("Mara Dovic asked for")


def test_the_source_after_a_report_is_not_part_of_it() -> None:
    assert ("Mara Dovic", "she was cold") in said("Mara Dovic said she was cold, police said Monday.")


def test_denial_after_an_apposition_has_its_subject_before_it() -> None:
    text = "Smiling, the chairman of the union, Peter Holm, denied the charge, saying that it was late."
    assert said(text) == {("Peter Holm", "the charge"), ("Peter Holm", "that it was late")}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("As Mara Dovic noted, the harbour is shut.", ("Mara Dovic", "the harbour is shut")),
        ("But as Mara Dovic noted, the harbour is shut.", ("Mara Dovic", "the harbour is shut")),
        ("Mara Dovic promised Monday to keep it open.", ("Mara Dovic", "to keep it open")),
        ("Mara Dovic promised Sunday at a rally to keep it open.", ("Mara Dovic", "to keep it open")),
        ("Mara Dovic predicted about 40 boats would sink.", ("Mara Dovic", "about 40 boats would sink")),
        ("Mara Dovic said as many as 40 boats had sunk.", ("Mara Dovic", "as many as 40 boats had sunk")),
        ("Mara Dovic said no one had drowned.", ("Mara Dovic", "no one had drowned")),
        ("Mara Dovic denied taking bribes.", ("Mara Dovic", "taking bribes")),
        ("Mara Dovic denied having burnt the files.", ("Mara Dovic", "having burnt the files")),
        (
            "Mara Dovic said that, while crews can wait, the boats would sink.",
            ("Mara Dovic", "that, while crews can wait, the boats would sink"),
        ),
        (
            "Women like her challenge the image of the baker as a poor soul, said Mara Dovic, a baker.",
            ("Mara Dovic", "Women like her challenge the image of the baker as a poor soul"),
        ),
        ("Mara Dovic asked Rolf Ek about the boats.", ("Mara Dovic", "the boats")),
        ("Mara Dovic told them boats “have a leak.”", ("Mara Dovic", "boats “have a leak.”")),
        ("The quay is late, Mara Dovic told the Harbour Post.", ("Mara Dovic", "The quay is late")),
        ("The quay is late, Mara Dovic informed the council on Monday.", ("Mara Dovic", "The quay is late")),
        (
            "Mara Dovic is telling crews at a small Easton, Farland, quay that boats would sink.",
            ("Mara Dovic", "that boats would sink"),
        ),
        (
            "Mara Dovic suggests any deals to cut costs should wait for spring.",
            ("Mara Dovic", "any deals to cut costs should wait for spring"),
        ),
        (
            "The quay is late, said Mara Dovic, a baker currently living in Easton.",
            ("Mara Dovic", "The quay is late"),
        ),
        (
            "Like his jokes on boats, Mara Dovic said, the remarks of the mayor and the crews were late.",
            ("Mara Dovic", "Like his jokes on boats the remarks of the mayor and the crews were late"),
        ),
        (
            "Mara Dovic said the head of the yard, Rolf Ek, instructed the crews to wait.",
            ("Mara Dovic", "the head of the yard, Rolf Ek, instructed the crews to wait"),
        ),
        (
            "Mara Dovic said the plan was shelved, but would be revived.",
            ("Mara Dovic", "the plan was shelved, but would be revived"),
        ),
        ("Last night the council confirmed the bridge was shut.", ("", "the bridge was shut")),
        (
            "The yard (docks, cranes etc.) is old, Mara Dovic maintained.",
            ("Mara Dovic", "The yard (docks, cranes etc.) is old"),
        ),
        ("“We are late,” say the nurses.", ("", "We are late")),
        ("Since then the price of fish has doubled, crews claim.", ("", "Since then the price of fish has doubled")),
        ("A poll released Tuesday by Easton College said that crews were tired.", ("", "that crews were tired")),
        ("A court paper filed Thursday says that the yard will close.", ("", "that the yard will close")),
        ("Half of crews approve of the plan, according to a poll.", ("", "Half of crews approve of the plan")),
        ("The shop Doe’s denied that it was late.", ("", "that it was late")),
        ("Crews close to Mara Dovic say they will wait.", ("", "they will wait")),
        ("A mere 9 percent say they would pay.", ("", "they would pay")),
        ("The ferry firm Dovic, has said that it will sail.", ("Dovic", "that it will sail")),
        ("In one post, Mara Dovic said: “The dock is ours.”", ("Mara Dovic", "The dock is ours.")),
        ("While he admitted money was short, Mara Dovic said the yard would stay.", ("", "money was short")),
        ("Asked, “Will you go on for long?” Mara Dovic replied: “No, I will not.”", ("Mara Dovic", "No, I will not.")),
        ("“Are you sorry?” The mayor, Mara Dovic, admitted that she was.", ("Mara Dovic", "that she was")),
        ("Mara Dovic said at yesterday’s fair in Easton that it was late.", ("Mara Dovic", "that it was late")),
        ("Mara Dovic went on to criticise the plan.", ("Mara Dovic", "the plan")),
        ("Ek left, with Mara Dovic reportedly yelling: “Get out of here!”", ("Mara Dovic", "Get out of here!")),
        (
            "Her friend Rolf Ek, according to the paper, objected and left.",
            ("", "Her friend Rolf Ek objected and left"),
        ),
    ],
)
def test_report_apart_from_its_verb(text: str, found: tuple[str, str]) -> None:
    assert found in said(text)


def test_participle_at_the_start_has_the_subject_of_the_main_clause() -> None:
    assert said("While saying that she trusts the crews, Mara Dovic left.") == {
        ("Mara Dovic", "that she trusts the crews")
    }


def test_a_fronted_condition_belongs_to_the_report_that_closes_the_sentence() -> None:
    found = said("If the yard says the dock is full, it should open its books, crews argue.")
    assert ("", "If the yard says the dock is full, it should open its books") in found


def test_an_inverted_verb_opens_the_sentence() -> None:
    assert said("Said Mara Dovic, who came late, “We were all proud of him.”") == {
        ("Mara Dovic", "We were all proud of him.")
    }


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("“I am not,” Mara Dovic told Radio Nord when asked how boats would fare.", "how boats would fare"),
        ("Asked about the boats, Mara Dovic said she was late.", "about the boats"),
        ("Asked if it was “late,” Mara Dovic said it was.", "if it was “late"),
        ("Mara Dovic sat down. Asked if she would stay: “In a heartbeat.”", "if she would stay"),
    ],
)
def test_a_question_in_the_passive_has_no_speaker(text: str, asked: str) -> None:
    (found,) = [quote for quote in quotes(text) if quote.modality == "asked" or quote.content.startswith("about")]
    assert (found.content.strip(",”"), found.speaker_name) == (asked, "")


@pytest.mark.parametrize(
    "text",
    [
        "Nobody said that it was late.",
        "No officer has said that it was late.",
        "There is a risk to continued growth: boats.",
        "In the rare cases when the yard has not, Rolf Ek has responded by leaving.",
        "The mayor, whose quarrel with the yard threatened to sink the vote, left.",
        "Eight of the 10 questions posed by the crews were late.",
        "The forum posts by Ida Bek were late.",
        "Bad air, stress, and noise are everywhere.",
        "Rolf Ek has won another state vote on Tuesday: Farland, Norland and Midland.",
        "Rolf Ek has added a third facet to his job: baker, an odd one.",
        "The jeering remarks Rolf Ek had made were late.",
        "These claims Rolf Ek had made were late.",
        "Those tweets targeting crews were late.",
        "Her seemingly generous comments on the boats were late.",
    ],
)
def test_no_report(text: str) -> None:
    assert said(text) == set()


def test_a_capitalised_verb_is_a_name() -> None:
    assert said("Ida Shook, a baker, said she was late.") == {("Ida Shook", "she was late")}


def test_a_word_that_is_a_noun_too_reports_only_before_a_clause_or_a_quotation() -> None:
    assert {quote.cue.text for quote in quotes("Some state crews praised the plan.") if quote.cue} == {"praised"}
    assert said("We state that it was late.") == {("", "that it was late")}


@pytest.mark.parametrize("verb", ["added", "rejected the claims"])
def test_a_paragraph_without_marks_after_a_colon_is_a_block_quotation(verb: str) -> None:
    quote = only(f"Mara Dovic {verb}:\n\nNobody was hurt. The boats were free to go.\n\nThen it rained.")
    assert (quote.speaker_name, quote.text, quote.kind) == (
        "Mara Dovic",
        "Nobody was hurt. The boats were free to go",
        "direct",
    )


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Half of registered voters say they would stay.", "Half of registered voters"),
        ("“It is a shame for us all,” reads a Monday editorial in the Crier.", "a Monday editorial in the Crier"),
    ],
)
def test_a_speaker_phrase_is_whole(text: str, speaker: str) -> None:
    quote = only(text)
    assert quote.speaker is not None and quote.speaker.text == speaker


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("Mara Dovic has let it be known that the quay is unsafe.", "that the quay is unsafe"),
        ("Mara Dovic let slip that the quay is unsafe.", "that the quay is unsafe"),
        ("Mara Dovic made it perfectly clear the quay is unsafe.", "the quay is unsafe"),
        ("Mara Dovic left no doubt that the quay is unsafe.", "that the quay is unsafe"),
        ("Mara Dovic has given her word that the quay is safe.", "that the quay is safe"),
        ("Mara Dovic put it at 40 million crowns.", "40 million crowns"),
        ("Mara Dovic undertook to repair the quay.", "to repair the quay"),
        ("The quay is unsafe, fumed harbour boss Mara Dovic.", "The quay is unsafe"),
        ("The quay is unsafe, Mara Dovic confessed on Friday.", "The quay is unsafe"),
    ],
)
def test_verbs_of_several_words_and_of_manner(text: str, content: str) -> None:
    quote = only(text)
    assert (quote.speaker_name, quote.content, quote.modality) == ("Mara Dovic", content, "asserted")


def test_a_verb_whose_particle_is_not_there_ends_no_report() -> None:
    text = "Mara Dovic said the crew cleaned the quay, left the boat and made tea."
    assert said(text) == {("Mara Dovic", "the crew cleaned the quay, left the boat and made tea")}


@pytest.mark.parametrize("adjective", ["adamant", "clear", "confident"])
def test_adjective_after_be_reports(adjective: str) -> None:
    text = f"Mara Dovic was {adjective} that the quay would hold."
    assert said(text) == {("Mara Dovic", "that the quay would hold")}


@pytest.mark.parametrize("text", ["It is clear that the quay will hold.", "The confident Mara Dovic held that post."])
def test_adjective_of_nobody_or_before_a_noun_reports_nothing(text: str) -> None:
    assert quotes(text) == ()


@pytest.mark.parametrize(
    ("verb", "modality"),
    [("had to admit", "asserted"), ("has had to admit", "asserted"), ("would have to admit", "hypothetical")],
)
def test_what_somebody_had_to_admit_was_said(verb: str, modality: str) -> None:
    assert only(f"Mara Dovic {verb} that the quay was unsafe.").modality == modality


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("The Crier quoted Mara Dovic as saying that the quay was sold.", "that the quay was sold"),
        ("“The quay was sold,” the Crier quoted Mara Dovic as saying.", "The quay was sold"),
        ("Nobody will have to move, a letter quotes Mara Dovic as saying.", "Nobody will have to move"),
        ("The quay will close, Mara Dovic is said to have told the crew.", "The quay will close"),
        ("Mara Dovic is reported to have said that the quay will close.", "that the quay will close"),
    ],
)
def test_who_is_quoted_by_a_source_speaks(text: str, content: str) -> None:
    assert said(text) == {("Mara Dovic", content)}
