"""Readers of web pages: text, metadata, links."""
