"""Decide whether what an actor is reported to say is new, repeated or changed.

`remember` decides about a report by the memory of its speaker (`memory`). `claims` splits a quote, `slots`
reads their dates and negations by the tables of `lexicon`, `figures` their numbers, and `meaning` their vectors.
`similarity`, `differences` and `edits` compare two readings, and `judgement` holds the thresholds that decide.
`provenance` counts independent sources, and `corrections` finds what a revision takes back, by the words in `terms` and
`english`.
"""

from pipeline.statements.memory import WINDOW, Memory, warm
from pipeline.statements.reading import prepare
from pipeline.statements.remember import remember, with_leads

__all__ = ["WINDOW", "Memory", "prepare", "remember", "warm", "with_leads"]
