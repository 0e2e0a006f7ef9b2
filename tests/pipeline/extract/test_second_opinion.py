"""The second opinion, on parses made by hand; and the parser's setting where the extra is not there."""

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from pipeline.errors import SettingsError
from pipeline.extract.second_opinion import CONFIDENCE, Node, parser, second_opinion, with_parser
from pipeline.model import Article, Document, Mention, Quote, Span
from tests.pipeline.extract.reading import NOW, quotes

TEXT = "Ysolde Marn said the quay would close."
RELATIONS = {"Ysolde": (1, "compound"), "Marn": (2, "nsubj"), "close": (2, "ccomp"), "quay": (6, "nsubj")}


def document(
    text: str, language: str = "en", quotes: Sequence[Quote] = (), mentions: Sequence[Mention] = ()
) -> Document:
    article = Article(id="a", source="s", title="", text=text, first_seen=NOW, fetched=NOW, language=language)
    return Document(article=article, quotes=tuple(quotes), mentions=tuple(mentions))


def parse(sentences: Sequence[str]) -> Iterator[list[Node]]:
    """Each word hangs on the one named in RELATIONS, or on "close" if it is not named; "said" is the root."""
    for sentence in sentences:
        nodes, place = [], 0
        for word in sentence.removesuffix(".").split():
            head, relation = RELATIONS.get(word, (6, "dep"))
            nodes.append(Node(place, place + len(word), 2 if word == "said" else head, relation, word == "said"))
            place += len(word) + 1
        yield nodes


def test_a_verb_that_the_rules_left_alone_is_read_by_the_parse() -> None:
    (quote,) = second_opinion(parse)(document(TEXT)).quotes
    assert (quote.speaker_name, quote.text, quote.kind) == ("Ysolde Marn", "the quay would close", "indirect")
    assert (quote.cue and quote.cue.text, quote.modality) == ("said", "asserted")
    assert TEXT[quote.start : quote.end] == quote.text


def test_the_speaker_is_the_actor_of_the_mention() -> None:
    mention = Mention(start=0, end=11, text="Ysolde Marn", kind="person", name="Y. Marn", actor="marn")
    (quote,) = second_opinion(parse)(document(TEXT, mentions=[mention])).quotes
    assert (quote.speaker_name, quote.speaker_id) == ("Y. Marn", "marn")


def test_it_is_less_sure_than_the_rules_are_of_a_plain_report() -> None:
    assert quotes("Mara Dovic said that the harbour would stay open.")[0].confidence > CONFIDENCE


def test_a_verb_with_a_quote_needs_no_second_opinion() -> None:
    (found,) = second_opinion(parse)(document(TEXT)).quotes
    known = replace(found, confidence=0.9)
    assert second_opinion(_refuse)(document(TEXT, quotes=[known])).quotes == (known,)


def test_words_of_another_quote_are_not_repeated() -> None:
    (found,) = second_opinion(parse)(document(TEXT)).quotes
    known = replace(found, id="k", start=found.start + 4, fragments=((found.start + 4, found.end),), cue=None)
    assert second_opinion(parse)(document(TEXT, quotes=[known])).quotes == (known,)


def test_words_with_an_attribution_of_their_own_are_a_parse_gone_astray() -> None:
    cue = Span(TEXT.index("would"), TEXT.index(" close"), "would")
    (found,) = second_opinion(parse)(document(TEXT)).quotes
    known = replace(found, id="k", start=0, end=6, text="Ysolde", fragments=((0, 6),), cue=cue)
    assert second_opinion(parse)(document(TEXT, quotes=[known])).quotes == (known,)


def test_what_the_parse_takes_for_no_verb_is_none() -> None:
    def nouns(sentences: Sequence[str]) -> Iterator[list[Node]]:
        for nodes in parse(sentences):
            yield [replace(node, verb=False) for node in nodes]

    assert second_opinion(nouns)(document(TEXT)).quotes == ()


@pytest.mark.parametrize("text", ["", "No verb here.", "“She said so,” it reads."])
def test_an_article_without_such_a_verb_is_not_parsed(text: str) -> None:
    assert second_opinion(_refuse)(document(text)).quotes == ()


def test_another_language_is_left_alone() -> None:
    assert second_opinion(_refuse)(document(TEXT, language="de")).quotes == ()


def test_nothing_is_loaded_where_it_is_not_wanted() -> None:
    first = second_opinion(_refuse)
    assert with_parser(first, wanted=False) is first


def test_a_parser_that_is_not_installed_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    parser.cache_clear()
    with pytest.raises(SettingsError, match=r"^extract\.parser: .*onrecord\[parser\]"):
        parser()


def _refuse(sentences: Sequence[str]) -> Iterator[list[Node]]:
    raise AssertionError(sentences)
