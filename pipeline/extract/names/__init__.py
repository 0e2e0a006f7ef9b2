"""Names in an article: spans, types, and one entity for each person, organisation or place."""
