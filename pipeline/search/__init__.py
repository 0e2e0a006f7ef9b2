"""The query language, and what it finds in articles, quotes and statements.

`query` parses; `pipeline.model.matching` says what a query matches. `day` sums up a day, `stories` groups articles by
event, and `export` writes hits for other programs.
"""
