"""Signs that lower the confidence of a quote, and quotes that may alert."""

import pytest

from pipeline.model.desk import LEAST_CONFIDENCE
from tests.pipeline.extract.reading import quotes

PLAIN = "“The ferry will not sail before the ice is gone from the harbour,” Mara Dovic said."
HEADING = "Harbour Minister Mara Dovic came to Easton. "


def sure(text: str) -> float:
    """The confidence of the text's last quote."""
    return quotes(text)[-1].confidence


def test_a_plain_quotation_by_name_may_alert() -> None:
    assert sure(PLAIN) > 0.9 > LEAST_CONFIDENCE


def test_a_report_whose_source_and_words_are_both_in_doubt_alerts_nobody() -> None:
    text = "Jo Dovic, Ode Ek and Mo Roe met. Though it is what they would have to say, the ferry closes, he warned."
    assert sure(text) < LEAST_CONFIDENCE


def test_a_quotation_without_words_of_attribution_is_never_as_sure_as_others() -> None:
    alone = "Mara Dovic looked up from the map.\n\n" + PLAIN.partition("” ")[0] + "”"
    assert all(quote.confidence <= 0.7 for quote in quotes(alone))


@pytest.mark.parametrize(
    ("clear", "doubtful"),
    [
        pytest.param(PLAIN, PLAIN[:-1] + ", according to the Easton Crier.", id="another is the source of the report"),
        pytest.param(
            PLAIN + " “Ask me in May.”",
            PLAIN[:-1] + ", according to the Easton Crier. “Ask me in May.”",
            id="another is the source of a report that goes on",
        ),
        pytest.param(
            "Peter Holm wrote:\n\n“The letter came on Monday.\n\n“It was long.”\n\n" + PLAIN,
            "Peter Holm wrote:\n\n“The letter came on Monday.\n\n“It was long.\n\n" + PLAIN,
            id="the paragraph before leaves another's words open",
        ),
        pytest.param(
            "Mara Dovic called the plan for the quay “a farce in three acts and more”.",
            "They shelved what Mara Dovic called “a farce in three acts and more” on the quay.",
            id="part of a larger clause",
        ),
        pytest.param(
            "Mara Dovic said the ferry and the quay would close in May.",
            "Mara Dovic said the ferry and the quay would close in May, though the village had asked her to wait.",
            id="the sentence goes on",
        ),
        pytest.param(
            "Mara Dovic said the ferry would close in May.",
            "Mara Dovic said the ferry would close in May for the repair of the hull and of the engine below it and "
            "of the two old cranes at the end of the quay at Easton that were built by the town.",
            id="a long sentence",
        ),
        pytest.param(
            HEADING + PLAIN, HEADING + PLAIN.replace("Mara Dovic", "the minister"), id="a role stands for the name"
        ),
        pytest.param(PLAIN, "“Not yet,” Mara Dovic said.", id="few words"),
    ],
)
def test_what_makes_less_sure(clear: str, doubtful: str) -> None:
    assert sure(doubtful) < sure(clear)
