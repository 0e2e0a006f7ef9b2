"""Cue frames: who reports what, with which words, from where to where.

The docstring of each frame has examples: `said` prints the speaker and the content of each quote in a text. They run as
tests.
"""
