"""Who said what in languages that are read by chunks: a cue, the phrase beside it, and a quotation or a clause.

The grammar of English is read word by word elsewhere; here a language's file says which verbs report, and a few
switches say how its families differ: where the subject stands, what marks a clause, whether a dash opens speech.
"""

from pipeline.extract.chunks.drafts import drafts

__all__ = ["drafts"]
