"""Finding who said what in an article, one component per thing found."""

from pipeline.extract.compose import extractor, reason

__all__ = ["extractor", "reason"]
