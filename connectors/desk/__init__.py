"""Desks: where feeds, actors and watches are kept, one technology a file."""
