"""Users and their roles, signing in, sessions, and API tokens."""
