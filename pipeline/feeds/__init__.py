"""Decide when to poll a feed, which request to send, and what to remember of the response."""
