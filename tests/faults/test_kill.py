"""A job killed at any moment ends where it would have ended."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.model import Article
from tests import examples
from tests.faults.kill import compare

SPEAKERS = ("Ada Lindqvist", "Jonas Ferreira", "Mira Okafor", "Tom Havel", "Ruth Sandoval")
CLAIMS = (
    "the harbour will stay open",
    "the bridge needs {} workers",
    "rents rose by {} percent",
    "no school will close",
)


def story(number: int) -> Article:
    """One of many articles, each with two quotes; every third repeats what an earlier one had."""
    said = number - number % 3
    claim = CLAIMS[said % len(CLAIMS)].format(said)
    speaker, other = SPEAKERS[number % 5], SPEAKERS[(number + 1) % 5]
    text = f"{speaker} said on Monday that {claim}. “We counted {said} boats,” said {other}, a harbour master."
    seen = examples.NOON + timedelta(seconds=number)
    return examples.article(f"https://courier.example/{number}", text, title=f"Harbour {number}", first_seen=seen)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_job_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    compare([story(number) for number in range(600)], tmp_path, kills=8, chance=random.Random(7))
