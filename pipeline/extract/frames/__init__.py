"""Cue frames: who reports what, with which words, from where to where."""
