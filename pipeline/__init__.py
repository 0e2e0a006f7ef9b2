"""What happens to an article: the pure decisions, and the thin runners that carry them out."""

__version__ = "0.1.0"
