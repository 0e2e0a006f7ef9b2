"""Where a name begins in a run of capitalised words: after titles, trades, nationalities, months and offices."""

from pipeline.extract.lexicon import Language, Word
from pipeline.extract.text.tokens import Tokens

CLOSED = (
    Word.DETERMINER
    | Word.POSSESSIVE
    | Word.PRONOUN
    | Word.PREPOSITION
    | Word.SUBORDINATOR
    | Word.CONJUNCTION
    | Word.WH
    | Word.BE
    | Word.HAVE
    | Word.DO
    | Word.NEGATION
    | Word.ADVERB
    | Word.INFINITIVE
    | Word.VERB
)

_NAME_AND_PLACE = 3  # words of "Norland Jo Doe" after "President of"


def is_title(tokens: Tokens, language: Language, at: int) -> bool:
    """Whether the word is a title, or several joined by hyphens: "Major-Gen", "Editor-in-Chief"."""
    if tokens.classes[at] & Word.TITLE:
        return True
    if "-" not in tokens.low[at]:
        return False
    first, *rest = tokens.low[at].split("-")
    if not language.word_class(first) & Word.TITLE:
        return False
    return all(language.word_class(part) & (Word.TITLE | Word.PREPOSITION) for part in rest)


def trimmed(tokens: Tokens, language: Language, start: int, end: int) -> tuple[int, tuple[str, ...]]:
    """Where the name begins after titles and words that are none, and the titles."""
    if end - start == 1:
        return start, ()
    titled = [i for i in range(start, end) if is_title(tokens, language, i)]
    while titled and titled[-1] == end - 1:
        titled.pop()
    begin = titled[-1] + 1 if titled else start
    if begin < end and tokens.low[begin] == ".":
        begin += 1
    begin = max(begin, _beyond_office(tokens, language, start, end))
    not_names = language.name_words("not_names")
    while begin < end - 1 and (tokens.low[begin] in not_names or tokens.classes[begin] & CLOSED & ~Word.VERB):
        begin += 1
    begin = _beyond_month(tokens, language, begin, end)
    return _beyond_trade(tokens, language, begin, end), tuple(tokens.low[i] for i in titled)


def _beyond_office(tokens: Tokens, language: Language, start: int, end: int) -> int:
    """Where the name begins after what a title is of: "Secretary of State | Jo Doe"."""
    before = start - 1 - bool(tokens.classes[start - 1] & Word.ARTICLE)
    joint = Word.OF | Word.FOR | Word.INFINITIVE  # "Ambassador to"
    if before < 1 or not tokens.classes[before] & joint or not tokens.classes[before - 1] & Word.TITLE:
        return start
    given = next((i for i in range(start + 1, end - 1) if tokens.low[i] in language.given_names), None)
    if given is not None:
        return given
    listed = language.name_words("before_places") | language.name_words("organisation") | language.name_words("place")
    own = end - start == _NAME_AND_PLACE and not any(word in listed for word in tokens.low[start:end])
    return start + 1 if own else start


def _beyond_month(tokens: Tokens, language: Language, start: int, end: int) -> int:
    """Where the name begins after the month of a date: "In May | Theresa Moe", "Last May | Helen Crane"."""
    if end - start < _NAME_AND_PLACE or tokens.low[start] not in language.name_words("months"):
        return start
    before = start - 1
    dated = before >= 0 and (
        tokens.classes[before] & Word.PREPOSITION or tokens.low[before] in language.name_words("dating")
    )
    return start + 1 if dated else start


def _beyond_trade(tokens: Tokens, language: Language, start: int, end: int) -> int:
    """Where the name begins after a trade or a nationality: "Welder | Uwe Prill", "Norwegian | Ida Bek".

    The word before a given name is one if it has the ending of one, or is no given name and there are two of them.
    """
    given = next((i for i in range(start, end) if tokens.low[i] in language.given_names), None)
    if given is None or given == start or end - given < 2:  # a name has a surname
        return start
    listed = language.name_words("organisation") | language.name_words("place") | language.name_words("particles")
    if any(word in listed for word in tokens.low[start:end]):
        return start
    endings = tuple(language.name_words("trades"))
    return given if given - start > 1 or tokens.low[start].endswith(endings) else start


def is_office(tokens: Tokens, language: Language, start: int, end: int) -> bool:
    """Whether the run is an office and no name: "the Prime Minister"."""
    if not is_title(tokens, language, end - 1):
        return False
    definite = start > 0 and tokens.classes[start - 1] & Word.DETERMINER
    governs = end < len(tokens) and tokens.classes[end] & (Word.OF | Word.INFINITIVE)  # "EU Secretary of Trade"
    named = tokens.low[start] in language.given_names
    return bool(definite or governs) and not named and tokens.low[end - 1] not in language.name_words("organisation")
