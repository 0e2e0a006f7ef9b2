"""Adapters to the outside world: a vendor or a kind of input is a folder."""
