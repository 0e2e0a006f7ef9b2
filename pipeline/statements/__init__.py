"""Decide whether what an actor is reported to say is new, repeated or changed."""

from pipeline.statements.memory import WINDOW, Memory, warm
from pipeline.statements.reading import prepare
from pipeline.statements.remember import remember, with_leads

__all__ = ["WINDOW", "Memory", "prepare", "remember", "warm", "with_leads"]
