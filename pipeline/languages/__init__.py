"""Languages as data: one folder for each language, with its word lists and patterns for every step."""
