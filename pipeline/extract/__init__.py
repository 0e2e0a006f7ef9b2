"""Finding who said what in an article, one component per thing found."""

from pipeline.extract.compose import extractor
from pipeline.extract.confidence.model import ALERT_THRESHOLD, RULES, reason

__all__ = ["ALERT_THRESHOLD", "RULES", "extractor", "reason"]
