"""Extraction of who said what in an article.

`compose` is the extractor. `text` has tokens and sentences, `names` the people and organisations, `speakers` decides
who "she" and "the mayor" are. Reports are read by `frames` in English, by `chunks` in languages whose file has a
grammar, and by `templates` in those whose file has templates. `fragments` finds what is no statement, and `confidence`
says how sure the result is. `lexicon` and `grammar` read the files of `pipeline/languages/`.
"""

from pipeline.extract.compose import extractor
from pipeline.extract.confidence import RULES, reason

__all__ = ["RULES", "extractor", "reason"]
