"""The peers' measure: what it does without them, and the tracker's method on a parse made by hand."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.bench import peers
from tests.bench.peers_corenlp import _characters


@dataclass(eq=False)
class Token:
    """The attributes of a parsed word that the method reads."""

    text: str
    i: int = 0
    idx: int = 0
    dep_: str = ""
    pos_: str = ""
    lemma_: str = ""
    children: list["Token"] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.text)

    @property
    def text_with_ws(self) -> str:
        return self.text + " "

    @property
    def lower_(self) -> str:
        return self.text.lower()

    @property
    def is_quote(self) -> bool:
        return self.text in ("“", "”")

    @property
    def subtree(self) -> Iterator["Token"]:
        yield self
        for child in self.children:
            yield from child.subtree

    def nbor(self) -> "Token":
        return Token("")


def parsed(words: str, verb: str = "said", lemma: str = "say") -> list[Token]:
    """The words as tokens, the reporting verb marked."""
    doc, place = [], 0
    for number, word in enumerate(words.split(" ")):
        token = Token(word, number, place)
        if word == verb:
            token.pos_, token.lemma_ = "VERB", lemma
        doc.append(token)
        place += len(word) + 1
    return doc


def found(doc: list[Token]) -> list[tuple[str, str]]:
    """Each quote's speaker and content."""
    text = " ".join(token.text for token in doc)
    return [
        (quote["speaker_text"], " … ".join(text[a:b] for a, b in quote["fragments"]))
        for quote in peers.tracker_quotes(doc)
    ]


def attach(head: Token, child: Token, dep: str) -> None:
    child.dep_ = dep
    head.children.append(child)


def test_a_complement_of_a_reporting_verb_is_a_quote() -> None:
    doc = parsed("Loon said rain fell")
    attach(doc[1], doc[0], "nsubj")
    attach(doc[1], doc[3], "ccomp")
    attach(doc[3], doc[2], "nsubj")
    assert found(doc) == [("Loon", "rain fell")]


def test_a_quotation_without_a_complement_goes_to_the_nearest_verbs_subject() -> None:
    doc = parsed("“ It will rain all day ” Loon said .")
    attach(doc[8], doc[7], "nsubj")
    assert found(doc) == [("Loon", "It will rain all day")]


def test_verbs_within_a_quotation_report_nothing() -> None:
    doc = parsed("“ You said rain fell here ” .")
    attach(doc[2], doc[1], "nsubj")
    attach(doc[2], doc[4], "ccomp")
    assert found(doc) == []


def test_without_a_model_the_peers_stay_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "spacy_model", lambda: None)
    records = [{"id": "a", "text": "Loon said rain fell.", "quotes": []}]
    assert list(peers.by_parse(records, {"tracker": peers.tracker_quotes})) == []


def test_positions_counted_by_java_are_converted_to_characters() -> None:
    text = "🚢 Doe said so."
    assert text[slice(*_characters(text, [3, 6]))] == "Doe"
    assert list(_characters(text, [-1])) == [-1]
