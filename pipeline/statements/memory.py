"""What one speaker was reported to have said lately: a frozen value that is cheap to extend."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from pipeline.model import Decision
from pipeline.text import words

WINDOW: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Memory:
    """What one speaker was reported to have said: the decisions by quote, and the statement of each wording."""

    decided: dict[str, Decision] = field(default_factory=dict)
    wordings: dict[tuple[str, ...], Decision] = field(default_factory=dict)


def extended(memory: Memory, decision: Decision) -> Memory:
    """The memory with one more decision."""
    quote = decision.report.quote
    return Memory({**memory.decided, quote.id: decision}, {**memory.wordings, words(quote.content): decision})


def warm(decisions: Sequence[Decision]) -> Memory:
    """The memory that holds these decisions about one speaker's quotes, given in log order."""
    memory = Memory()
    for decision in decisions:
        memory = extended(memory, decision)
    return memory
