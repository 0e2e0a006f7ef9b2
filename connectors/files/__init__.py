"""Readers of files: text, JSON Lines, WARC, OPML."""
