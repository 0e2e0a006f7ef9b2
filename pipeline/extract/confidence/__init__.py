"""The probability that a quote and its speaker are right."""
