"""The start of a person's name: after trades, titles, offices and months."""

import pytest

from tests.pipeline.extract.reading import quotes


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Welder Anna Kolb said the yard was closed.", "Anna Kolb"),
        ("Albanian Anna Kolb said the race was long.", "Anna Kolb"),
        ("Evening Post Anna Kolb said the race was long.", "Evening Post Anna Kolb"),
        ("Chef Mirko Kolb said the kitchen was closed.", "Mirko Kolb"),
        ("Lt-Col Mirko Kolb said the bridge was closed.", "Mirko Kolb"),
        ("Quay Weekly Editor-in-Chief Mirko Kolb said the paper would go on.", "Mirko Kolb"),
        ("Baker-Lane Kolb said the shop was closed.", "Baker-Lane Kolb"),
        ("The President of Farland Mirko Kolb resigned. “It is over,” Kolb said.", "Mirko Kolb"),
        ("The President of South Farland resigned. “It is over,” Mirko Kolb said.", "Mirko Kolb"),
        ("In May Mirko Kolb said the yard was closed.", "Mirko Kolb"),
        ("Last June Mirko Kolb said the yard was closed.", "Mirko Kolb"),
        ("House Speaker Anna Kolb of Farland said the yard was closed.", "Anna Kolb"),
        ("June Kolb said the yard was closed.", "June Kolb"),
        ("Rupert Karl Kolb said the yard was closed.", "Rupert Karl Kolb"),
        ("Tanner Karl Foundation said the yard was closed.", "Tanner Karl Foundation"),
    ],
)
def test_name(text: str, name: str) -> None:
    assert quotes(text)[-1].speaker_name == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mary Church sat down. Church spoke first. “I am tired,” she said.", "Mary Church"),
        ("Frank West met Ida Bek. West was calm. “I have nothing to hide,” he said.", "Frank West"),
        ("Frank King spoke first. King said, “The choir will sing.”", "Frank King"),
        ("Frank King met the King. The King said, “The choir will sing.”", ""),
        ("Anna Noor heard it. Noor said the road was shut. Later Yusuf Amin Noor came.", "Anna Noor"),
    ],
)
def test_surname_that_is_another_word(text: str, name: str) -> None:
    assert quotes(text)[-1].speaker_name == name


def test_an_office_is_no_name() -> None:
    assert quotes("“We are late,” the Prime Minister said.")[0].speaker_name == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("“We sail,” smiled the Norwegian.", ""),
        ("“We sail,” said the Easton Republican.", ""),
        ("“We sail,” said a former Harbour Freight CEO.", ""),
        ("“We sail,” said another Tide user, Ida Bek.", "Ida Bek"),
        ("Radio host and former coach Ida Bek said boats sail.", "Ida Bek"),
        ("Tide Vice President for news and talk Ida Bek said boats sail.", "Ida Bek"),
        ("DCI Rosa Vale left. “We sail,” DCI Vale said.", "Rosa Vale"),
        ("Norwegian Foreign Secretary says boats sail.", ""),
        ("Norwegian Foreign Secretary Ida Bek says boats sail.", "Ida Bek"),
        ("Ex-crews said that boats were late.", ""),
        ("On Monday night, Number 10 said boats sail.", "Number 10"),
        ("Gen. Rosa Vale left. Sen. Ida Bek came. “We sail,” the general said.", "Rosa Vale"),
        ("TV chef Rosa Vale left. “We sail,” the chef said.", "Rosa Vale"),
        ("“Madam Minister sleeps,” Rolf Ek said. “We sail,” she said.", ""),
        ("Officials and Ida Bek said boats sail.", ""),
        ("Ida Bek, and other crews said boats sail.", ""),
        ("Party for the Coast leader Ida Bek said boats sail.", "Ida Bek"),
        ("Models predict that boats will sail.", ""),
        ("Wales predicts that boats will sail.", "Wales"),
        ("Tomas predicts that boats will sail.", "Tomas"),
        ("Petrol de Venezuela rose. “We sail,” he said.", ""),
        ("Last night the council confirmed boats would sail.", ""),
    ],
)
def test_offices_peoples_and_ranks_are_no_names(text: str, name: str) -> None:
    assert quotes(text)[-1].speaker_name == name
