"""Finding who said what in an article, one component per thing found."""

from pipeline.extract.compose import extractor, reason
from pipeline.extract.confidence import ALERT_THRESHOLD

__all__ = ["ALERT_THRESHOLD", "extractor", "reason"]
