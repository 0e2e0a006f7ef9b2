"""Finding who said what in an article, one component per thing found."""

from pipeline.extract.compose import extractor
from pipeline.extract.confidence import RULES, reason

__all__ = ["RULES", "extractor", "reason"]
