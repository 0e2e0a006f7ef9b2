"""The table of attacks names tests that exist, each once."""

import re
from pathlib import Path

import pytest

from tests.attacks import attacks

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("test", "attack"), [(test, attack) for _, test, attack in attacks()])
def test_an_attack_has_its_test(test: str, attack: str) -> None:
    file, _, name = test.partition("::")
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    assert attack


def test_attacks_differ() -> None:
    tests = [test for _, test, _ in attacks()]
    assert len(tests) == len(set(tests)) >= 102
