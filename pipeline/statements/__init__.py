"""Same or new: what an actor says, told from what the actor was already reported to have said."""

from pipeline.statements.memory import WINDOW, Memory, warm
from pipeline.statements.reading import prepare
from pipeline.statements.remember import remember

__all__ = ["WINDOW", "Memory", "prepare", "remember", "warm"]
