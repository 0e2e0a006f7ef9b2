"""The name that a speaker's phrase is about: its head or an apposition to it, and whether others speak too."""

from collections.abc import Collection

from pipeline.extract.lexicon import Word
from pipeline.extract.names.entities import Name
from pipeline.extract.speakers.pronouns import Passage
from pipeline.extract.text.phrases import Range, is_clause
from pipeline.extract.text.tokens import CLOSE, COMMA, DASH, OPEN, WORD

# The words that end the base of a phrase.
_BOUNDS = Word.PREPOSITION | Word.INFINITIVE | Word.RELATIVE | Word.WH | Word.CONJUNCTION


def names_office(passage: Passage, phrase: Range, name: Name) -> bool:
    """Return whether the name is an office's field, in languages read by chunks: "la ministra de | Medio Rural"."""
    governed = name.start == name.run and bool(passage.tokens.classes[name.run - 1] & Word.OF)
    letters = passage.tokens.words(name.start, name.end).isupper()  # "Prezydent | USA"
    letters = letters and not passage.tokens.words(*phrase).isupper()
    own = name.entity.kind == "person" and (name.entity.sure or not governed) and not letters
    if passage.language.grammar is None or own:
        return False
    people = passage.language.names["people"]
    before = range(phrase[0], name.start if letters else name.run)
    return any(passage.tokens.classes[i] & (Word.ROLE | Word.TITLE) or passage.tokens.low[i] in people for i in before)


def head_name(passage: Passage, phrase: Range) -> Name | None:
    """The name that is the head of the phrase or of an apposition in it, a person's before a place's."""
    ends = {name.end: name for name in passage.named_in(*phrase)}
    heads = [ends[last] for last in _heads(passage, phrase, ends) if last in ends] if ends else []
    if not heads:
        return next((name for name in ends.values() if _is_apart(passage, phrase, name)), None)
    first = heads[0].entity
    called = next((name for name in ends.values() if _is_called(passage, phrase, name)), None)
    if called is not None and first.kind != "person":
        return called
    if first.kind == "person" or (first.kind == "organisation" and first.sure):
        return heads[0]
    apart = [name for name in heads if passage.tokens.kinds[name.run - 1] in (COMMA, DASH)]
    return next((name for name in apart if name.entity.kind == "person" and name.entity.sure), heads[0])


def _is_apart(passage: Passage, phrase: Range, name: Name) -> bool:
    """Return whether a name follows an office: "Secretary of State Jo Doe", "Minister for Ports (Jo Doe)"."""
    tokens, kinds = passage.tokens, passage.tokens.kinds
    if name.entity.kind != "person":
        return False
    if kinds[name.run - 1] == OPEN and name.end < len(kinds) and kinds[name.end] == CLOSE:
        return True
    ends = name.end == phrase[1] or kinds[name.end] == COMMA
    if not ends or name.run <= phrase[0]:
        return False
    called = any(_is_calling(passage, at) for at in range(phrase[0], name.run))
    first = next((at for at in range(phrase[0], name.run) if not tokens.capital[at]), name.run)
    office = any(tokens.classes[at] & Word.TITLE for at in range(phrase[0], first))
    titled = name.run < name.start or tokens.capital[name.start - 1]
    of_its_own = tokens.classes[first] & (Word.FOR | Word.OF) and not tokens.classes[name.run - 1] & Word.PREPOSITION
    return called or bool(office and (titled or of_its_own)) or _is_coordinated(passage, phrase, name)


def _is_coordinated(passage: Passage, phrase: Range, name: Name) -> bool:
    """Return whether the name follows two roles of its bearer: "author and former coach | Jo Doe"."""
    joints = [at for at in range(phrase[0] + 1, name.run) if passage.tokens.classes[at] & Word.AND]
    return len(joints) == 1 and _is_role_beside(passage, phrase, joints[0])


def _is_called(passage: Passage, phrase: Range, name: Name) -> bool:
    """Return whether a person's name ends the phrase, after a role: "Party for the Coast leader Jo Doe"."""
    last = name.end == phrase[1] or passage.tokens.kinds[name.end] == COMMA
    person = name.entity.kind == "person" and name.end - name.start > 1
    return last and person and name.run - 1 > phrase[0] and _is_calling(passage, name.run - 1)


def _is_calling(passage: Passage, at: int) -> bool:
    """Return whether a noun describes the person named after it: "chief economist | Jo Doe"."""
    tokens = passage.tokens
    noun = not tokens.capital[at] and tokens.classes[at] & (Word.ROLE | Word.TITLE)
    return bool(noun and (tokens.capital[at + 1] or tokens.classes[at + 1] & Word.OF))


def is_one_of_several(passage: Passage, phrase: Range, name: Name) -> bool:
    """Return whether others speak with the one who is named, as one: "Doe and Roe", "Doe and other members"."""
    classes, (start, end) = passage.tokens.classes, phrase
    before = name.run - 1
    joined = before > start and bool(classes[before] & Word.AND) and not _is_role_beside(passage, phrase, before)
    after = name.end + (name.end < end and passage.tokens.kinds[name.end] == COMMA)  # "Doe, and other members"
    if joined or (after < end and classes[after] & Word.AND):
        return True
    clause = next((i for i in range(name.end, end) if classes[i] & (Word.RELATIVE | Word.INFINITIVE)), end)
    return any(_is_joined(passage, name, other) for other in passage.named_in(name.end, clause))


def _is_role_beside(passage: Passage, phrase: Range, joint: int) -> bool:
    """Return whether the words before "and" are another role of that person: "author and former coach Jo Doe"."""
    tokens, start = passage.tokens, phrase[0]
    several = Word.DETERMINER | Word.POSSESSIVE | Word.PRONOUN | Word.COLLECTIVE
    if tokens.classes[start] & several or tokens.capital[joint - 1]:
        return False
    people = any(name.entity.kind == "person" for name in passage.named_in(start, joint))
    return not people and not tokens.low[joint - 1].endswith(passage.language.plural_suffix)


def has_company(passage: Passage, phrase: Range, sentence: int) -> bool:
    """Return whether the phrase is the last of several subjects: "Doe (R) and Roe", "Doe, the mayor, and | Roe"."""
    tokens, joint, whole = passage.tokens, phrase[0] - 1, passage.sentences[sentence]
    if joint <= whole.start or not tokens.classes[joint] & Word.AND:
        return False
    floor = max((q.end for q in whole.quotations if q.end <= joint), default=whole.start)
    people = any(name.entity.kind == "person" for name in passage.named_in(floor, joint))
    return people and not is_clause(tokens, passage.language, floor, joint)


def _is_joined(passage: Passage, name: Name, other: Name) -> bool:
    """Return whether "and" joins two people: "Doe of the union and Roe", not "Doe, the mayor and Roe's father"."""
    tokens = passage.tokens
    owns = other.end < len(tokens) and tokens.low[other.end] == "'" + passage.language.possessive_suffix
    people = name.entity.kind == other.entity.kind == "person"
    joined = bool(tokens.classes[other.run - 1] & Word.AND)
    return people and other.entity.sure and joined and not owns  # not "of the Ferry and Harbour Workers"


def _heads(passage: Passage, phrase: Range, ends: dict[int, Name]) -> list[int]:
    """Return where the base of each comma-separated part ends: before its first preposition outside a name."""
    tokens = passage.tokens
    inside = {i for name in ends.values() for i in range(name.start, name.end)}
    runs = {name.run for name in ends.values()}
    honours = passage.language.names["ends"]
    heads: list[int] = []
    base: int | None = None
    open_base = True
    depth = 0
    for i in range(*phrase):
        depth += (tokens.kinds[i] == OPEN) - (tokens.kinds[i] == CLOSE)
        if depth or tokens.kinds[i] == CLOSE:
            continue
        if tokens.kinds[i] in (COMMA, DASH):
            heads += [base] if base else []
            if heads and _begins_relative(passage, i + 1):
                break  # "the mayor, who was with her deputy, Jo Doe"
            # "others, including Jo Doe": no apposition, unless the phrase itself begins so
            base, open_base = None, not (heads and _is_bare(passage, i + 1, inside))
        elif not open_base:
            continue
        elif i not in inside and tokens.classes[i] & _BOUNDS:
            open_base = base is None
        elif base and i > phrase[0] + 1 and i + 1 in runs and tokens.classes[i] & Word.GERUND:
            open_base = False  # "one pastor supporting Mr. Doe"
        elif (tokens.kinds[i] == WORD or i in inside) and not (base and tokens.low[i] in honours):
            base = i + 1
    heads += [base] if base else []
    aside = tokens.classes[phrase[0]] & Word.PREPOSITION  # "At Easton Quay, Jo Doe"
    return heads[1:] + heads[:1] if aside else heads


def _begins_relative(passage: Passage, at: int) -> bool:
    """Return whether a relative clause begins here."""
    classes = passage.tokens.classes[at] if at < len(passage.tokens) else 0
    return bool(classes & Word.RELATIVE) and not classes & Word.COMPLEMENTISER


def _is_bare(passage: Passage, at: int, inside: Collection[int]) -> bool:
    """Return whether a preposition stands here, outside of names."""
    return at < len(passage.tokens) and bool(passage.tokens.classes[at] & Word.PREPOSITION) and at not in inside
