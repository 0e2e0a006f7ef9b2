"""The pure decisions about articles, and the thin runners that carry them out."""

__version__ = "0.1.0"
