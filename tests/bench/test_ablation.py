"""Every rule that can be left out is there, and leaving it out changes what is read."""

import pytest

from tests.bench.ablation import RULES, without
from tests.pipeline.extract.reading import said


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_can_be_left_out(rule: str) -> None:
    with without(rule):
        assert said("“It is late,” Mara Dovic said.") == {("Mara Dovic", "It is late")}


def test_leaving_a_rule_out_changes_what_is_read_until_it_is_back() -> None:
    text = "According to Mara Dovic, the harbour is open."
    with without("“according to Doe”"):
        assert not said(text)
    assert said(text)
