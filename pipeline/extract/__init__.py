"""Finding who said what in an article, one component per thing found."""

from pipeline.extract.extractor import extractor, reason

__all__ = ["extractor", "reason"]
