"""The Beam job. Beam is imported here alone."""
