"""Entities: who and what an article names, each with its names, and the gender that titles and verbs show."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.extract.grammar import Grammar
from pipeline.extract.lexicon import Form, Language, Word
from pipeline.extract.text.tokens import COMMA, WORD, Tokens
from pipeline.model import MentionKind


@dataclass(slots=True)
class Entity:
    """Somebody or something named in the article; what is learned of it is added as the article is read."""

    words: tuple[str, ...]
    name: str
    kind: MentionKind
    gender: str = ""
    actor: str = ""
    stranger: bool = False  # has a tracked actor's full name, and is somebody else
    likeness: float = 1.0  # the probability that this is the tracked actor
    roles: set[str] = field(default_factory=set)
    ties: set[str] = field(default_factory=set)  # capitalised words before the roles: "NATO Secretary General …"
    age: str = ""
    sure: bool = False  # that the kind is right: a title, a given name or an organisation's word says so
    times: int = 0
    full: tuple[int, int] | None = None  # where the name stands in its fullest form
    last: int = -1


@dataclass(slots=True)
class Name:
    """Tokens `start` up to `end` name this entity; `run` is where its titles begin."""

    start: int
    end: int
    run: int
    entity: Entity


_REACH = 8  # tokens before a name in which its title's article, or its verb, may stand


def learn_genders(tokens: Tokens, language: Language, names: Sequence[Name]) -> None:
    """Set the gender of each person whom the words around the name give one."""
    grammar = language.grammar
    if grammar is None:
        return
    for name in names:
        entity = name.entity
        if entity.kind == "person" and not entity.gender:
            entity.gender = _by_title(tokens, grammar, name) or _by_verb(tokens, language, grammar, name)


def _by_title(tokens: Tokens, grammar: Grammar, name: Name) -> str:
    """The gender of the title before the name: "la alcaldesa Ana Brea", "Landrätin Edda Brehm"."""
    at = name.start - 1
    for at in range(name.start - 1, max(-1, name.start - 1 - _REACH), -1):
        if tokens.kinds[at] not in (WORD, COMMA) or tokens.classes[at] & Word.VERBAL:
            return ""
        if tokens.classes[at] & Word.TITLE:
            if grammar.female_endings:
                return "female" if tokens.low[at].endswith(grammar.female_endings) else "male"
            before = tokens.low[at - 1] if at else ""
            if before in grammar.female_articles:
                return "female"
            if before in grammar.male_articles:
                return "male"
    return ""


def _by_verb(tokens: Tokens, language: Language, grammar: Grammar, name: Name) -> str:
    """The gender of a reporting verb beside the name, where verbs show one."""
    if not grammar.female_verbs:
        return ""
    left = range(name.start - 1, max(-1, name.start - 1 - _REACH), -1)
    before = next((i for i in left if tokens.kinds[i] != WORD or _is_verb(tokens, language, i)), -1)
    for at in (name.end, before):
        if 0 <= at < len(tokens) and _is_verb(tokens, language, at):
            low = tokens.low[at]
            return (
                "female" if low.endswith(grammar.female_verbs) else "male" if low.endswith(grammar.male_verbs) else ""
            )
    return ""


def _is_verb(tokens: Tokens, language: Language, at: int) -> bool:
    cue = language.cues.get(tokens.low[at])
    return cue is not None and bool(cue.form & Form.PAST) and not tokens.capital[at]
