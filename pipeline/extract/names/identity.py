"""Decide whether a name of an article is a tracked actor, by all the names in the article.

A surname, a title or a role is evidence and never identity: the full name, the title before the name, and what the
article says of its bearer decide. In doubt the name is nobody who is tracked.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from pipeline.extract.lexicon import Language, Word
from pipeline.extract.names.entities import Entity, same_role
from pipeline.extract.text.tokens import COMMA, WORD, Tokens
from pipeline.model import Actor
from pipeline.text import words as spoken_words

LEAST: Final = 0.7
"""The probability from which a name is taken for the actor."""

_CERTAIN: Final = 1.0  # the full name, or the short one beside a role, a title or an organisation of the actor's

_PROBABLE: Final = 0.98  # the short name, and nothing that speaks for or against it

_PLACE: Final = 0.5  # a short name that is a place's or a house's too

_STRANGER: Final = 0.4  # the article gives the bearer a title or a trade that the actor is not known for

_WORD: Final = re.compile(r"\w+")

_SHORTEST: Final = 3  # letters of a small word that no name has, as "van" and "de" are shorter or listed nowhere

_CLOSED: Final = Word.DETERMINER | Word.PREPOSITION | Word.CONJUNCTION | Word.POSSESSIVE

_LINK: Final = Word.PREPOSITION | Word.OF | Word.FOR

_APPOSITION: Final = 8  # tokens of "Doe, a former beekeeper from Easton"


@dataclass(frozen=True, slots=True)
class Profile:
    """An actor's names and roles, normalised for comparison.

    If it `needs_office`, a name that was read with it is the actor's only beside one of the actor's roles.
    """

    actor: Actor
    full: frozenset[tuple[str, str]]  # first and last words of the name and of aliases with a given name
    forenames: frozenset[str]
    exact: frozenset[tuple[str, ...]]
    roles: frozenset[str]  # the words of roles, and of aliases that are roles or have a title, in lower case
    offices: tuple[str, ...] = ()  # those roles and titles as they are written, in lower case
    needs_office: bool = False

    @property
    def person(self) -> bool:
        """Return whether the actor is a person."""
        return self.actor.kind == "person"


class Claim(NamedTuple):
    """An entity of an article that may be an actor, and the tokens at which its names stand."""

    entity: Entity
    profile: Profile
    places: Sequence[tuple[int, int]] = ()


def is_role(alias: str) -> bool:
    """Return whether an alias describes its bearer, as "the fisheries minister" does, and is no name."""
    return any(word[0].islower() and len(word) >= _SHORTEST for word in alias.split()) or alias.islower()


def profile(actor: Actor) -> Profile:
    """Return what is known of the actor."""
    name = tuple(spoken_words(actor.name))
    plain = [alias.strip() for alias in actor.aliases if not is_role(alias)]
    aliases = [tuple(spoken_words(alias)) for alias in plain]
    full = [name, *(alias for alias in aliases if len(alias) > 1 and (alias[0] == name[0] or alias[-1] != name[-1]))]
    described = [*(role.title for role in actor.roles), *filter(is_role, actor.aliases)]
    titled = [alias for alias, spoken in zip(plain, aliases, strict=True) if len(spoken) > 1 and spoken[-1] == name[-1]]
    roles = [*(text.lower() for text in described), *(alias.lower().rpartition(" ")[0] for alias in titled)]
    return Profile(
        actor=actor,
        full=frozenset((words[0], words[-1]) for words in full),
        forenames=frozenset(words[0] for words in full if len(words) > 1),
        exact=frozenset((name, *aliases)),
        roles=frozenset(word for text in roles for word in _WORD.findall(text)) - {*_WORD.findall(actor.name.lower())},
        offices=tuple(roles),
    )


def office_nouns(known: Profile, language: Language) -> frozenset[str]:
    """Return the nouns for what the actor is: "prosecutor" of "the top prosecutor", "head" of "head of the port"."""
    nouns = set()
    for office in known.offices:
        spoken = _WORD.findall(office)
        end = next((at for at, word in enumerate(spoken) if at and language.word_class(word) & _LINK), len(spoken))
        nouns.update(spoken[end - 1 : end])
    return frozenset(nouns)


def gender_of(known: Profile, language: Language) -> str:
    """Return the gender that the actor's given names tell; empty if they tell none, or both."""
    genders = {language.given_names.get(forename, "") for forename in known.forenames} - {""}
    return genders.pop() if len(genders) == 1 else ""


def likeness(claim: Claim, tokens: Tokens, language: Language, title: Sequence[str]) -> float:
    """The probability that the entity is the actor; `title` holds the words of the article's headline."""
    entity, known = claim.entity, claim.profile
    if not known.person:
        return _CERTAIN
    words = _without_suffix(tuple(word for part in entity.words for word in spoken_words(part)), language)
    described = _described(claim, tokens, language)
    if words in known.exact and len(words) > 1:
        return _CERTAIN if described is not False else _STRANGER
    if any((words[-size], words[-1]) in known.full for size in range(2, len(words) + 1)):
        return _CERTAIN if described is not False else _STRANGER
    if len(words) > 1 and not _is_initial(words[0], known):
        return 0.0
    return _of_short_name(claim, tokens, language, title, described=described)


def _of_short_name(
    claim: Claim, tokens: Tokens, language: Language, title: Sequence[str], *, described: bool | None
) -> float:
    """The probability that a surname, or a given name alone, is the actor's."""
    entity, known, text = claim.entity, claim.profile, tokens.low
    if _has_another_gender(entity, known, language) or _is_of_another(claim, text, language):
        return 0.0
    if _is_of_another(claim, title, language):
        return 0.0
    if described is not None:
        return _CERTAIN if described else _STRANGER
    if known.needs_office:
        return 0.0
    if entity.kind != "person" and entity.sure:
        return _PLACE
    return _PROBABLE


def _is_initial(word: str, known: Profile) -> bool:
    return len(word) == 1 and any(forename.startswith(word) for forename in known.forenames)


def _without_suffix(words: tuple[str, ...], language: Language) -> tuple[str, ...]:
    suffixes = language.names["suffixes"]
    return tuple(word for word in words if word not in suffixes) or words


def _has_another_gender(entity: Entity, known: Profile, language: Language) -> bool:
    """Return whether a title says "Mr" where the actor's given name is a woman's, or the other way round."""
    if entity.words[-1] in language.given_names:  # "Vernon" is a surname here, and tells no gender
        shown = {language.genders.get(title, "") for title in entity.roles} & {"male", "female"}
    else:
        shown = {entity.gender} - {""}
    gender = gender_of(known, language)
    return gender != "" and bool(shown) and gender not in shown


def _is_of_another(claim: Claim, low: Sequence[str], language: Language) -> bool:
    """Return whether the short name stands somewhere among the words after a given name that is not the actor's."""
    short = claim.entity.words[-1]
    own = {word for name in claim.profile.exact for word in name}  # "Lotte | Maria | Brand", whom "Brand" may mean
    return any(
        word == short and low[at] in language.given_names and low[at] not in own for at, word in enumerate(low[1:])
    )


def _described(claim: Claim, tokens: Tokens, language: Language) -> bool | None:
    """Return whether titles and appositions beside the names fit the actor (True) or a stranger (False), or None."""
    known = {word for word in claim.profile.roles if not language.word_class(word) & _CLOSED}
    if not known:
        return None
    whole = len(claim.entity.words) > 1
    titles = set() if whole else {title for title in claim.entity.roles if not _is_courtesy(title, language)}
    trades = {word for _, end in claim.places for word in _apposition(tokens, language, end)}
    if any(_fits(word, known, language) for word in titles | trades | claim.entity.ties | claim.entity.roles):
        return True
    if any(word in known and (whole or tokens.capital[at]) for at, word in enumerate(tokens.low)):
        return None  # the actor's office or organisation is named in the article
    return False if titles or trades else None


def _fits(title: str, roles: Iterable[str], language: Language) -> bool:
    """Return whether a title, or a part of it before or after a hyphen, is one of the actor's roles: "LVB-Chef"."""
    parts = [part for part in title.split("-") if not _is_courtesy(part, language)]
    return any(_is_same_office(part, role, language) for part in parts for role in roles)


def _is_same_office(title: str, role: str, language: Language) -> bool:
    """Return whether two words are one office: in another form, or the one without what the other says beyond it."""
    if title == role or same_role(title, role, language) or same_role(role, title, language):
        return True
    title = language.short_titles.get(title, title)
    if language.grammar is None or not language.grammar.title_endings:
        return False
    return _without_level(role, language).endswith(_without_level(title, language))


def _without_level(office: str, language: Language) -> str:
    """An office without its woman's ending and without the level of its state: "Bundesministerin", "minister"."""
    for ending in language.grammar.female_endings if language.grammar else ():
        office = office.removesuffix(ending)
    for level in language.names["levels"]:
        if office.startswith(level):
            return office.removeprefix(level)
    return office


def _is_courtesy(title: str, language: Language) -> bool:
    """Return whether a title names no office: "Mr", "former"."""
    if language.grammar is not None and language.genders.get(title) in ("male", "female"):
        return True
    return title in language.names["courtesies"] or title in language.heads


def _apposition(tokens: Tokens, language: Language, end: int) -> tuple[str, ...]:
    """The words of "a beekeeper" after the comma that follows a name; none without an indefinite article."""
    if end + 2 >= len(tokens) or tokens.kinds[end] != COMMA or tokens.low[end + 1] not in language.names["indefinite"]:
        return ()
    words: list[str] = []
    for at in range(end + 2, min(end + _APPOSITION, len(tokens))):
        if tokens.kinds[at] != WORD or tokens.classes[at] & (Word.RELATIVE | Word.PREPOSITION):
            break
        words.append(tokens.low[at])
    return tuple(words)


def bearer(claims: Iterable[tuple[Claim, float]]) -> tuple[Claim, float] | None:
    """The claim that is most likely right, if it is likely enough and no other is as likely."""
    ranked = sorted(claims, key=lambda pair: -pair[1])
    if not ranked or ranked[0][1] < LEAST:
        return None
    tie = len(ranked) > 1 and ranked[1][1] >= ranked[0][1]
    return None if tie else ranked[0]
