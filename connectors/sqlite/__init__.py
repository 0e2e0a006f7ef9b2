"""The embedded profile's log, index, desk and outbox in one SQLite file."""
