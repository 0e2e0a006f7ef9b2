"""The kind of source that a quote has: a named person, an official, a spokesperson, a document, nobody named."""

from pipeline.extract.lexicon import Language, Word
from pipeline.extract.names.entities import Entity
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COMMA, WORD, Tokens
from pipeline.model import SourceKind


def source_kind(tokens: Tokens, language: Language, phrase: Range | None, entity: Entity | None) -> SourceKind:
    """The kind of source that the speaker's phrase names, or that the resolved entity is."""
    if phrase is None:
        return ""
    words = [tokens.low[at] for at in range(*phrase) if tokens.kinds[at] == WORD]
    roles = {*words, *(entity.roles if entity is not None and entity.kind == "person" else ())}
    if roles & language.name_words("spokespeople"):
        return "spokesperson"
    head = _head(tokens, phrase)
    if head in language.name_words("documents") or head in language.speech:
        return "document"
    if entity is not None:
        return _of_entity(language, entity, roles)
    return _of_nobody(tokens, language, phrase, roles)


def _head(tokens: Tokens, phrase: Range) -> str:
    """The last word of the phrase before its first preposition, relative clause or comma."""
    ends = Word.PREPOSITION | Word.RELATIVE | Word.INFINITIVE | Word.PASTLIKE
    for at in range(phrase[0] + 1, phrase[1]):
        if tokens.kinds[at] == COMMA or (tokens.classes[at] & ends and not tokens.capital[at]):
            return tokens.low[at - 1]
    return tokens.low[phrase[1] - 1]


def _of_entity(language: Language, entity: Entity, roles: set[str]) -> SourceKind:
    if entity.kind != "person":
        return "collective"
    if roles & language.name_words("officials"):
        return "official"
    return "interviewee" if roles & language.name_words("passers_by") or entity.age else "named"


def _of_nobody(tokens: Tokens, language: Language, phrase: Range, roles: set[str]) -> SourceKind:
    """The kind of a source without a name; nothing for a pronoun whose person is unknown."""
    if phrase[1] - phrase[0] == 1 and tokens.classes[phrase[0]] & (Word.PRONOUN | Word.RELATIVE):
        return ""
    head = _head(tokens, phrase)
    if roles & language.name_words("passers_by"):
        return "interviewee"
    if head in language.name_words("insiders"):
        return "anonymous"
    definite = tokens.classes[phrase[0]] & Word.DETERMINER and tokens.low[phrase[0]] not in language.name_words(
        "indefinite"
    )
    if definite and head in language.name_words("officials"):
        return "official"
    several = tokens.classes[phrase[1] - 1] & Word.COLLECTIVE or head in language.name_words("organisation")
    joined = any(tokens.classes[at] & Word.AND for at in range(*phrase))
    many = head in language.name_words("crowds")
    return "collective" if several or joined or many else "anonymous"
