"""Reports in the languages that are read by chunks: a cue, a noun phrase beside it, and a quotation or a clause.

`frames` reads English word by word. Here a language's file lists the verbs that report, and a few switches describe its
grammar: the place of the subject, the marks of a clause, whether a dash opens speech.
"""

from pipeline.extract.chunks.drafts import drafts

__all__ = ["drafts"]
