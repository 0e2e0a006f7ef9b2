"""Types of entities where the name itself does not show it, and the roles and ages that appositions give to people."""

from collections.abc import Iterator, Sequence

from pipeline.extract.lexicon import Language, Word
from pipeline.extract.names.entities import Entity, Name
from pipeline.extract.text.tokens import BREAK, CLOSE, COLON, COMMA, MARK, NUMBER, OPEN, WORD, Tokens

_LONGEST = 8  # tokens of "the former harbour minister" beside a name

_DIGITS_OF_AN_AGE = 2

_ROLE = Word.ROLE | Word.TITLE


def learn_roles(tokens: Tokens, language: Language, names: Sequence[Name]) -> None:
    """Set the roles and the age of each person by what stands beside the names."""
    for name in names:
        if name.entity.kind != "person":
            continue
        roles = {*_phrase_before(tokens, language, name), *_phrase_after(tokens, language, name)}
        name.entity.roles.update(roles)
        name.entity.sure = name.entity.sure or bool(roles)
        genders = {language.genders.get(role, "") for role in roles} & {"male", "female"}
        if len(genders) == 1:
            name.entity.gender = name.entity.gender or genders.pop()
        name.entity.age = name.entity.age or _age(tokens, name.end)


def _is_role(tokens: Tokens, language: Language, at: int) -> bool:
    if tokens.kinds[at] != WORD:
        return False
    return bool(tokens.classes[at] & _ROLE) or tokens.low[at] in language.persons


def _phrase_before(tokens: Tokens, language: Language, name: Name) -> Iterator[str]:
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


def _phrase_after(tokens: Tokens, language: Language, name: Name) -> Iterator[str]:
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


# What each use of a name says for a person (above nought) or against one. Set by hand on the gold set.
_AGE = 3.0  # "Ida Loon, 42, …"

_CALLED = 2.0  # "his daughter Tess", "council leader Ida Loon"

_WHO, _WHICH = 2.0, -2.0

_SURNAME, _FORENAME = 1.5, -1.0  # the last word alone stands for it, or (counted once) the first

_REPORTS = 0.5  # a reporting verb beside it

_LABEL = 1.0  # before a colon that opens a line, as in a transcript

_THE, _WITHIN, _OF = -2.0, -2.0, -0.7  # "the Amber Straits", "in Port Sarn", "of Merrow Securities"

_COMPOUND = -1.0  # "Port Sarn harbour"

_TITLED = -1.5  # between marks of its own, as works and ships are

_PERSON_OF_WORDS = 0.5  # what a name of two or three words has to begin with

_PLACE_OF_WORDS = -1.0  # and a name such as "Jonah Hill", whose first word is no given name that is listed

_PERSON_ELSEWHERE = 1.5  # the same in languages whose lists of given names and organisations are shorter

_CERTAIN = 3.0  # from which it is sure: an age, or a role and a surname

_SURE_OF_ONE = 1.5  # what one word needs, which is by itself no person's

_FUNCTION = (
    Word.PREPOSITION
    | Word.CONJUNCTION
    | Word.SUBORDINATOR
    | Word.DETERMINER
    | Word.PRONOUN
    | Word.POSSESSIVE
    | Word.RELATIVE
    | Word.BE
    | Word.HAVE
    | Word.DO
    | Word.MODAL
    | Word.NEGATION
    | Word.ADVERB
    | Word.VERB
    | Word.PASTLIKE
    | Word.INFINITIVE
    | Word.TIME
)


def settle(tokens: Tokens, language: Language, names: Sequence[Name]) -> None:
    """Set the kind of each doubtful entity: a person if the name is used like a person's, else an organisation."""
    votes: dict[int, float] = {}
    open_ones: dict[int, Entity] = {}
    forenames: set[int] = set()
    for name in names:
        entity = name.entity
        if entity.sure or entity.actor or entity.kind == "place":
            continue
        open_ones[id(entity)] = entity
        votes[id(entity)] = votes.get(id(entity), 0.0) + _use(tokens, language, name)
        if _is_forename(tokens, name):
            forenames.add(id(entity))
    for key, entity in open_ones.items():
        total = votes[key] + _outset(language, entity) + (_FORENAME if key in forenames else 0)
        entity.kind = "person" if total > 0 else "organisation"
        entity.sure = total >= _CERTAIN


def _outset(language: Language, entity: Entity) -> float:
    words = entity.words
    if len(words) == 1:
        return -_SURE_OF_ONE
    if entity.kind != "person" or words[0] in language.names["before_places"]:
        return _THE
    if words[-1] in language.names["surnames"] and words[0] not in language.given_names:
        return _PLACE_OF_WORDS
    return _PERSON_OF_WORDS if language.grammar is None else _PERSON_ELSEWHERE


def _use(tokens: Tokens, language: Language, name: Name) -> float:
    """Return what this one use of a name says."""
    return _before(tokens, language, name) + _after(tokens, language, name) + _form(tokens, name)


def _is_alone(name: Name) -> bool:
    return len(name.entity.words) > 1 and name.end - name.start == 1


def _is_forename(tokens: Tokens, name: Name) -> bool:
    return _is_alone(name) and tokens.low[name.start] == name.entity.words[0]


def _form(tokens: Tokens, name: Name) -> float:
    return _SURNAME if _is_alone(name) and tokens.low[name.start] == name.entity.words[-1] else 0.0


def _before(tokens: Tokens, language: Language, name: Name) -> float:
    at = name.run - 1
    if at < 0:
        return 0.0
    if tokens.kinds[at] == MARK:
        return _TITLED if name.end < len(tokens) and tokens.kinds[name.end] == MARK else 0.0
    if tokens.kinds[at] == COMMA:
        return _CALLED if at and _person_word(tokens, language, at - 1) else 0.0
    return _beside(tokens, language, at, name) if tokens.kinds[at] == WORD else 0.0


def _beside(tokens: Tokens, language: Language, at: int, name: Name) -> float:
    """Return what the word just before says."""
    if tokens.classes[at] & Word.ARTICLE:
        return _THE
    if tokens.classes[at] & Word.OF:
        office = language.grammar is not None and at > 0 and _person_word(tokens, language, at - 1)
        return _THE if office and _before_comma(tokens, name) else _OF  # "la consejera de | Medio Rural, Ana Brea"
    if tokens.low[at] in language.names["locatives"]:
        return _WITHIN
    if _person_word(tokens, language, at):
        return _CALLED
    return _REPORTS if tokens.low[at] in language.cues else 0.0


def _before_comma(tokens: Tokens, name: Name) -> bool:
    """Return whether a comma and another name follow the name."""
    return name.end + 1 < len(tokens) and tokens.kinds[name.end] == COMMA and tokens.capital[name.end + 1]


def _person_word(tokens: Tokens, language: Language, at: int) -> bool:
    """Return whether this is a noun for a person: "leader", "daughter"."""
    if tokens.capital[at] and not (language.grammar and language.grammar.noun_capitals):
        return False
    return bool(tokens.classes[at] & (Word.ROLE | Word.TITLE)) or tokens.low[at] in language.persons


def _after(tokens: Tokens, language: Language, name: Name) -> float:
    at = name.end
    if at + 1 >= len(tokens):
        return 0.0
    apart = tokens.kinds[at] in (COMMA, OPEN)
    if apart and _is_age(tokens, at + 1):
        return _AGE
    low = tokens.low[at + 1] if apart else tokens.low[at]
    if low in language.names["persons_relative"]:
        many = len(name.entity.words) == 1 and name.entity.words[0].endswith(language.plural_suffix)
        return 0.0 if many else _WHO
    if low in language.names["things_relative"]:
        return _WHICH
    if tokens.kinds[at] == COLON and (name.run == 0 or tokens.kinds[name.run - 1] == BREAK):
        return _LABEL
    return 0.0 if apart else _followed(tokens, language, at)


def _is_age(tokens: Tokens, at: int) -> bool:
    short = tokens.kinds[at] == NUMBER and len(tokens.low[at]) <= _DIGITS_OF_AN_AGE
    return short and at + 1 < len(tokens) and tokens.kinds[at + 1] in (COMMA, CLOSE)


def _followed(tokens: Tokens, language: Language, at: int) -> float:
    """Return what the word just after says."""
    if tokens.kinds[at] != WORD or tokens.capital[at]:
        return 0.0
    if tokens.low[at] in language.cues:
        return _REPORTS
    return 0.0 if tokens.classes[at] & _FUNCTION or tokens.low[at][0] in "'’" else _COMPOUND
