"""Parsers of feeds and sitemaps, in processes that can be killed."""
