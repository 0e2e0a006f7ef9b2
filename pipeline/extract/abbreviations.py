"""Full stops that end an abbreviation and no sentence."""

from pipeline.extract.language import Language
from pipeline.extract.tokens import NUMBER, Tokens


def abbreviates(tokens: Tokens, language: Language, i: int) -> bool:
    """Whether the full stop at `i` belongs to the word before it: "Mr.", "J."."""
    if tokens.low[i] != "." or not i or tokens.ends[i - 1] != tokens.starts[i]:
        return False
    last = tokens.low[i - 1].rpartition("-")[2]  # "R-Ky."
    if last in language.numbering:
        return i + 1 < len(tokens) and tokens.kinds[i + 1] == NUMBER  # "No. 10", but "She said no."
    return last in language.abbreviations or (len(last) == 1 and tokens.capital[i - 1])
