"""Whom "the goalkeeper" or "the 41-year-old" means, in a language that is read by chunks: the person named last."""

from collections.abc import Collection

from pipeline.extract.grammar import Grammar
from pipeline.extract.lexicon import Word
from pipeline.extract.names.entities import Name
from pipeline.extract.speakers.pronouns import Antecedent, Passage, Pronoun, Spoke, antecedent
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import NUMBER, WORD, Tokens

_LONGEST = 6  # tokens of a description before its first preposition

_SHORTEST = 6  # letters of a noun that its ending alone shows to be of a person

_REACH = 3  # sentences before a description in which its person is named or has spoken


def described(
    passage: Passage, phrase: Range, sentence: int, last: Spoke | None, spoken: Collection[int]
) -> Antecedent | None:
    """The person whom a definite description of a person means; None if it may be anybody."""
    grammar = passage.language.grammar
    if grammar is None:
        return None
    before = max(0, phrase[0] - 1)
    sources = {words[0] for words in passage.language.phrases}
    if passage.tokens.classes[before] & Word.PREPOSITION or passage.tokens.low[before] in sources:
        return None  # "according to the estate agent" brings in somebody new
    base = _base(passage.tokens, phrase)
    noun = _noun(passage, grammar, base) if _is_definite(passage, grammar, base) else None
    if noun is None:
        return None
    gender = _gender(passage, grammar, base[0], noun)
    if gender:
        named = antecedent(passage, Pronoun(phrase[0], sentence, gender), last, spoken)
        near = named is not None and named.name.entity.sure and _is_near(passage, named.name, sentence, last)
        return named if near else None
    return _only(passage, phrase, sentence, last, spoken)


def _base(tokens: Tokens, phrase: Range) -> Range:
    """The phrase before its first preposition or mark."""
    start, end = phrase
    stop = (i for i in range(start + 1, end) if tokens.kinds[i] not in (WORD, NUMBER))
    bound = (i for i in range(start + 1, end) if tokens.classes[i] & (Word.PREPOSITION | Word.OF))
    return start, min(next(stop, end), next(bound, end))


def _is_definite(passage: Passage, grammar: Grammar, base: Range) -> bool:
    """Whether the description is singular and definite: by its article, by its ending, or without articles."""
    tokens, (first, end) = passage.tokens, base
    if end - first > _LONGEST:
        return False
    if tokens.low[first] in grammar.singular_articles:
        return end - first > 1
    if tokens.classes[first] & (Word.DETERMINER | Word.POSSESSIVE) or tokens.kinds[first] == NUMBER:
        return False
    inner = tokens.capital[first] and any(tokens.capital[first + 1 : end])
    return not inner and (grammar.bare_roles or tokens.low[end - 1].endswith(grammar.definite_endings))


def _noun(passage: Passage, grammar: Grammar, base: Range) -> int | None:
    """The token of the noun that says what the person is; None for a plural, or if there is no such noun."""
    tokens, listed = passage.tokens, passage.language.name_words("people")
    others = passage.language.name_words("kin") | passage.language.name_words("insiders")
    nouns = [i for i in range(*base) if tokens.kinds[i] == WORD and not tokens.classes[i] & Word.COLLECTIVE]
    if not others.isdisjoint(tokens.low[i] for i in nouns):
        return None
    for at in reversed(nouns):
        if tokens.classes[at] & (Word.ROLE | Word.TITLE) or tokens.low[at] in listed:
            return at
    aged = [i for i in range(*base) if tokens.kinds[i] == NUMBER and "-" in tokens.low[i]]
    ends = [at for at in nouns if len(tokens.low[at]) >= _SHORTEST and tokens.low[at].endswith(grammar.person_endings)]
    return next(iter([*aged, *ends]), None)


def _gender(passage: Passage, grammar: Grammar, first: int, noun: int) -> str:
    """The gender that the noun or its article shows; empty if neither does."""
    tokens = passage.tokens
    gender = passage.language.genders.get(tokens.low[noun], "")
    if gender in ("male", "female"):
        return gender
    article, low = tokens.low[first], tokens.low[noun]
    if (grammar.female_endings and low.endswith(grammar.female_endings)) or article in grammar.female_articles:
        return "female"
    return "male" if article in grammar.male_articles else ""


def _is_near(passage: Passage, name: Name, sentence: int, last: Spoke | None) -> bool:
    """Whether the person was named, or has spoken, a few sentences before."""
    spoke = last is not None and last.entity is name.entity and sentence - last.sentence <= _REACH
    return spoke or name.start >= passage.sentences[max(0, sentence - _REACH)].start


def _only(
    passage: Passage, phrase: Range, sentence: int, last: Spoke | None, spoken: Collection[int]
) -> Antecedent | None:
    """The person who spoke last, or the only one named, within a few sentences."""
    begin = passage.sentences[max(0, sentence - _REACH)].start
    people = [n for n in passage.named_in(begin, phrase[0]) if n.entity.kind == "person" and id(n.entity) not in spoken]
    if last is not None and sentence - last.sentence <= _REACH:
        own = [n for n in passage.named_in(0, phrase[0]) if n.entity is last.entity]
        later = [n for n in people if n.start >= passage.sentences[last.sentence].end and n.entity is not last.entity]
        people = later or own or people
    if len({id(name.entity) for name in people}) != 1 or not people[-1].entity.sure:
        return None
    return Antecedent(people[-1], 1.0, ("gender unknown",))
