"""The world outside: one technology, one file."""
