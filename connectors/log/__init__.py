"""Logs: where articles, quotes and alerts keep their order, one technology a file."""
