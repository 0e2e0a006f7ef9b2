"""The pages for people, a module for each: today, the record, persons, statements, alerts, sources, comparisons, help."""
