"""The examples in the docstrings of cue frames, run as tests."""

import doctest
import sys
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import pytest

from pipeline.extract import chunks, frames
from tests.pipeline.extract.reading import quotes

# Parts that a frame is composed of; they are no frames.
PARTS = {"apart", "article", "clause", "drafts", "phrases", "sentence_parse", "subjects", "verbs"}


def said(text: str, language: str = "en") -> None:
    """Print the speaker and the content of each quote."""
    for quote in quotes(text, language):
        sys.stdout.write(f"{quote.speaker_name or 'nobody'}: {quote.content}\n")


def modules(room: ModuleType) -> list[str]:
    return [f"{room.__name__}.{module.name}" for module in iter_modules(room.__path__)]


@pytest.mark.parametrize("name", [*modules(frames), *modules(chunks)])
def test_the_examples_of_a_frame_hold(name: str) -> None:
    module = import_module(name)
    result = doctest.testmod(module, extraglobs={"said": said}, raise_on_error=False)
    assert result.failed == 0
    assert result.attempted or name.rpartition(".")[2] in PARTS
