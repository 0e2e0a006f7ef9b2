"""Roles, ages and namesakes: who is meant where no full name stands."""

import pytest

from tests.pipeline.extract.reading import quotes

SAID = "“It is late,”"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"The Prime Minister, Vera Kolb, sat down. {SAID} the Prime Minister said.", "Vera Kolb"),
        (f"Vera Kolb, the prime minister, sat down. {SAID} the prime minister said.", "Vera Kolb"),
        (f"Farland defence minister Vera Kolb sat down. {SAID} the minister said.", "Vera Kolb"),
        (f"Vera Kolb, the prime minister of Farland, met Rolf Ek, the finance minister. {SAID} the minister said.", ""),
        (f"Vera Kolb, the minister, sat down. {SAID} a minister said.", ""),
        (f"Vera Kolb, the minister, sat down. {SAID} the Danish minister said.", ""),
        (f"Vera Kolb, 37, met Rolf Ek, 52. {SAID} the 52-year-old said.", "Rolf Ek"),
        (f"Vera Kolb, 37, met Rolf Ek, 52. {SAID} the 40-year-old said.", ""),
        (f"Vera Kolb runs a mill. {SAID} said the woman.", "Vera Kolb"),
        (f"Vera Kolb met Anna Ek. {SAID} said the woman.", ""),
        (f"The Harbour Board met. {SAID} the board said.", "Harbour Board"),
        (f"The Harbour Board met the State Board. {SAID} the board said.", ""),
        (f"A spokeswoman for Kolb’s mill, Tiril Ek, left. Kolb sat down. {SAID} she said.", "Tiril Ek"),
        (f"Ola Kolb owns a mill. A spokeswoman for Kolb’s mill, Bo Ek, left. {SAID} she said.", "Bo Ek"),
        (f"{SAID} Mill Group head and chief economist Vera Kolb said.", "Vera Kolb"),
        (f"{SAID} Farland University professor of law Vera Kolb said.", "Vera Kolb"),
        (f"{SAID} EU Secretary of Trade Vera Kolb said.", "Vera Kolb"),
        (f"Vera Sand Kolb sat down. {SAID} Sand Kolb said.", "Vera Sand Kolb"),
        (f"Nordkap holds the Nordkap Spring Week. {SAID} Nordkap said.", "Nordkap"),
    ],
)
def test_who_is_meant(text: str, name: str) -> None:
    assert quotes(text)[-1].speaker_name == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"Vera Kolb met Rolf Kolb. {SAID} Kolb said.", ""),
        (f"Vera Kolb met Rolf Kolb. {SAID} Mr Kolb said.", "Rolf Kolb"),
        (f"Senator Vera Kolb met Rolf Kolb. {SAID} Senator Kolb said.", "Vera Kolb"),
        (f"{SAID} Kolb said. Vera Kolb met Rolf Kolb.", "Vera Kolb"),
        (f"Vera Kolb, Vera Kolb, Vera Kolb met Rolf Kolb. {SAID} Kolb said.", "Vera Kolb"),
        (f"Rolf Kolb Sr. met Rolf Kolb Jr. at noon. {SAID} Rolf Kolb Jr. said.", "Rolf Kolb Jr"),
    ],
)
def test_a_surname_of_two_people_is_nobody_in_doubt(text: str, name: str) -> None:
    assert quotes(text)[-1].speaker_name == name
