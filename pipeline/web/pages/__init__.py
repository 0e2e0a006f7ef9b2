"""The pages for people, a module for each: the record, persons, statements, alerts, sources, comparisons, watches."""
