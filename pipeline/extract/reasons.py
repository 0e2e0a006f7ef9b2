"""The evidence for a quote's speaker in plain words."""

from pipeline.model import Quote

RULES = {
    "name": "named there",
    "surname": "a short form of the name",
    "pronoun": "a pronoun for the person nearest who fits it",
    "role": "the role of the one person of the article who has it",
    "relative": "a relative pronoun for the phrase before it",
    "possessive": "somebody's words, which speak for their owner",
    "answer": "the one person named before the questions of the interview",
    "follows": "the speaker of the quotation in the paragraph before",
    "introduced": "the subject of the sentence before",
    "dialogue": "the speaker of the line of dialogue before",
    "dropped": "who spoke last, as the verb has no subject of its own",
    "neighbour": "the name nearest to the quotation; the language has no rules of its own",
    "unnamed": "nobody who is named",
}
"""Every rule that a link of a chain can have, with what it means."""


def reason(quote: Quote) -> str:
    """Why this speaker: each step of the chain, "“he”: a pronoun for …; “Jo Doe”: named there"."""
    if not quote.chain:
        return "nobody is given as the speaker"
    return "; ".join(f"“{link.span.text}”: {RULES[link.rule]}" for link in quote.chain)
