"""Text as tokens, sentences, quotations and phrases."""
