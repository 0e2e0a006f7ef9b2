"""Extraction of who said what in an article: text, names, frames, speakers, confidence."""

from pipeline.extract.compose import extractor
from pipeline.extract.confidence import RULES, reason

__all__ = ["RULES", "extractor", "reason"]
