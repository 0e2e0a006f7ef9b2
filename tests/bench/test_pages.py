"""The pages of the bench are read as they should be."""

import pytest


@pytest.mark.slow
def test_articles_are_read_whole_and_alone() -> None:
    from tests.bench.pages import scores

    for part, score in scores().items():
        lost = [what for kind, what in score.faults if kind != "wrong"]
        assert lost == [], part
        assert len(score.faults) <= 1, part
        assert score.wrong <= 0.015 * score.right, part
