"""The query language, and what it finds in articles, quotes and statements."""
