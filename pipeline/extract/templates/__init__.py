"""Quotes by templates over the plain text, for scripts without capitals and languages that put the verb last.

A language's file lists regular expressions whose groups are the speaker, the cue, the content and what goes on after
the report. Earlier templates win; a quote never overlaps one that an earlier template found.
"""

from pipeline.extract.templates.patterns import Templates, templates
from pipeline.extract.templates.quotes import quotes

__all__ = ["Templates", "quotes", "templates"]
