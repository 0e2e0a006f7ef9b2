"""Decide when to poll a feed, what to ask its server, and what to remember of the answer."""
