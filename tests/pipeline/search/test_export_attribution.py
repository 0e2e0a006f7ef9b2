"""Attribution says who said it and how, on one line."""

from typing import Any

import pytest

from pipeline.search.export import attributed, verb


@pytest.mark.parametrize(
    ("cue", "modality", "shown"),
    [
        ("denied", "denied", "denied"),
        ("promised", "asserted", "promised"),
        ("", "denied", "denied"),
        ("", "asserted", "said"),
        (":", "asserted", "said"),
        ("According to", "asserted", "said"),
        ("claim", "asserted", "said"),
        ("say", "negated", "did not say"),
        ("say", "hypothetical", "would say"),
        ("told a crowded room of reporters", "asserted", "said"),
        ("told", "asserted", "said"),
        ("Laut", "asserted", "said"),
        ("По словам", "asserted", "said"),
        ("räumte dagegen ein", "asserted", "räumte dagegen ein"),
        ("räumte Brehm ein", "asserted", "räumte … ein"),
        ("kündigte Landrätin Edda Brehm am Freitag an", "asserted", "kündigte … an"),
    ],
)
def test_the_verb_is_the_article_s_own_or_that_of_the_modality(cue: str, modality: str, shown: str) -> None:
    assert verb(cue, modality) == shown


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "Ada Lindqvist denied that the harbour would close"),
        ({"kind": "direct", "cue": "said", "text": "we stay"}, "Ada Lindqvist said: “we stay”"),
        ({"cue": "said", "text": "The harbour stays open"}, "Ada Lindqvist said: The harbour stays open"),
        ({"speaker": ""}, "Nobody named denied that the harbour would close"),
    ],
)
def test_a_line_reads_as_a_sentence(changes: dict[str, Any], line: str) -> None:
    plain: dict[str, Any] = {
        "cue": "denied",
        "modality": "denied",
        "kind": "indirect",
        "text": "that the harbour would close",
    }
    assert attributed(**{"speaker": "Ada Lindqvist", **plain, **changes}) == line
