"""The HTTP API and the pages: what the index, the desk and the outbox hold, for browsers and programs."""
