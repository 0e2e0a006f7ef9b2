"""The rules of the bench of matching, as Lucene reads them."""

import pytest

from pipeline.search.query import parse
from tests.bench.matching import rule


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("harbour", 'text:"harbour"'),
        ('"the harbour"', 'text:"the harbour"'),
        ("embarg*", "text:embarg*"),
        ("speaker:ek", "speaker:ek"),
        ("harbour port", '(+text:"harbour" +text:"port")'),
        ("harbour OR port", '(text:"harbour" text:"port")'),
        ("harbour NOT port", '(+text:"harbour" -text:"port")'),
        ("quay (harbour OR port)", '(+text:"quay" +(text:"harbour" text:"port"))'),
    ],
)
def test_a_query_means_the_same_to_lucene(query: str, told: str) -> None:
    node = parse(query)
    assert node
    assert rule(node) == told


def test_what_lucene_would_read_otherwise_is_refused() -> None:
    node = parse("after:2026")
    assert node
    with pytest.raises(ValueError, match="no translation"):
        rule(node)
