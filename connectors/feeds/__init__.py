"""Feeds: fetching them, reading them in a process that can be killed, following them."""
