"""Indexes: where documents, quotes and statements are kept and found, one technology a file."""
