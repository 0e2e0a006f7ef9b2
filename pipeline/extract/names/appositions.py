"""What appositions say of the people of an article: their roles and their age."""

from collections.abc import Iterator, Sequence

from pipeline.extract.lexicon import Language, Word
from pipeline.extract.names.entities import Name
from pipeline.extract.text.tokens import COMMA, NUMBER, WORD, Tokens

_LONGEST = 8  # tokens of "the former harbour minister" beside a name

_DIGITS_OF_AN_AGE = 2

_ROLE = Word.ROLE | Word.TITLE


def learn_roles(tokens: Tokens, language: Language, names: Sequence[Name]) -> None:
    """Give each person the roles and the age that stand beside the names."""
    for name in names:
        if name.entity.kind != "person":
            continue
        roles = {*_before(tokens, language, name), *_after(tokens, language, name)}
        name.entity.roles.update(roles)
        name.entity.sure = name.entity.sure or bool(roles)
        genders = {language.genders.get(role, "") for role in roles} & {"male", "female"}
        if len(genders) == 1:
            name.entity.gender = name.entity.gender or genders.pop()
        name.entity.age = name.entity.age or _age(tokens, name.end)


def _is_role(tokens: Tokens, language: Language, at: int) -> bool:
    if tokens.kinds[at] != WORD:
        return False
    return bool(tokens.classes[at] & _ROLE) or tokens.low[at] in language.name_words("persons")


def _before(tokens: Tokens, language: Language, name: Name) -> Iterator[str]:
    """The roles right before the name: "council leader | Ida Loon", "the prime minister, | Ida Loon,"."""
    last = name.run - 1
    closed = name.end < len(tokens) and tokens.kinds[name.end] == COMMA
    if last > 0 and tokens.kinds[last] == COMMA and closed:
        last = _noun_end(tokens, last)
    for at in range(last, max(-1, last - _LONGEST), -1):
        if not _is_role(tokens, language, at):
            return
        yield tokens.low[at]


def _noun_end(tokens: Tokens, comma: int) -> int:
    """The last noun of a phrase before its preposition: "a spokeswoman | for the hotel, Ida Loon,"."""
    for at in range(comma - 1, max(-1, comma - _LONGEST), -1):
        if tokens.kinds[at] != WORD and tokens.low[at][0] not in "'’":
            break
        if at and tokens.classes[at] & (Word.FOR | Word.OF):
            return at - 1
    return comma - 1


def _after(tokens: Tokens, language: Language, name: Name) -> Iterator[str]:
    """The roles in an apposition after the name, before its first preposition: "Ida Loon, the prime minister of"."""
    if name.end + 1 >= len(tokens) or tokens.kinds[name.end] != COMMA:
        return
    first = name.end + 1
    if not (tokens.classes[first] & Word.DETERMINER or _is_role(tokens, language, first)):
        return
    for at in range(first, min(first + _LONGEST, len(tokens))):
        if tokens.kinds[at] != WORD or tokens.classes[at] & (Word.PREPOSITION | Word.RELATIVE):
            return
        if _is_role(tokens, language, at):
            yield tokens.low[at]


def _age(tokens: Tokens, end: int) -> str:
    """The number between commas after a name: "Ida Loon, 41,"."""
    if end + 2 >= len(tokens) or tokens.kinds[end] != COMMA or tokens.kinds[end + 2] == WORD:
        return ""
    short = tokens.kinds[end + 1] == NUMBER and len(tokens.low[end + 1]) <= _DIGITS_OF_AN_AGE
    return tokens.low[end + 1] if short else ""
