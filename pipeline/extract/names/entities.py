"""Entities: who and what an article names, each with its names, its gender, and the cases in which a name stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from pipeline.extract.grammar import Grammar
from pipeline.extract.lexicon import Form, Language, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COMMA, WORD, Tokens
from pipeline.model import MentionKind, slug


@dataclass(slots=True)
class Entity:
    """A person, organisation or place named in the article; it gains attributes as the article is read."""

    words: tuple[str, ...]
    name: str
    kind: MentionKind
    gender: str = ""
    actor: str = ""
    stranger: bool = False  # has a tracked actor's full name, and is somebody else
    shared: bool = False  # an office without an owner, such as every country or town has: "the Air Force"
    setting: str = ""  # of a shared office: the first place that its article names, or its first names
    likeness: float = 1.0  # the probability that this is the tracked actor
    roles: set[str] = field(default_factory=set)
    offices: frozenset[str] = frozenset()  # the nouns for what a tracked actor is, by its roles and aliases
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


def speaker_id(entity: Entity | None, source: str) -> str:
    """Return the actor's id or the name's slug, set apart for a namesake and for a shared office.

    A shared office is set apart by its setting, which all copies of an article have in common, else by the source.
    """
    if entity is None or not entity.name:
        return ""
    if entity.actor:
        return entity.actor
    apart = f"-{slug(entity.setting or source)}" if entity.shared else ""
    return slug(entity.name) + ("-namesake" if entity.stranger else "") + apart


_NICKNAME = re.compile('["“‘]\\w+["”’] ')


def spelt(tokens: Tokens, start: int, end: int) -> str:
    """The name as every outlet would spell it: in one line, with a plain apostrophe, without a nickname in marks."""
    return " ".join(_NICKNAME.sub("", tokens.words(start, end)).replace("’", "'").split())


_REACH = 8  # tokens before a name in which its title's article, or its verb, may stand


def learn_genders(tokens: Tokens, language: Language, names: Sequence[Name]) -> None:
    """Set the gender of each person by the words around the name."""
    grammar = language.grammar
    if grammar is None:
        return
    for name in names:
        entity = name.entity
        if entity.kind == "person" and not entity.gender:
            entity.gender = _by_title(tokens, language, grammar, name) or _by_verb(tokens, language, grammar, name)


def _by_title(tokens: Tokens, language: Language, grammar: Grammar, name: Name) -> str:
    """The gender of the title before the name: "la alcaldesa Ana Brea", "Landrätin Edda Brehm"."""
    at = name.start - 1
    for at in range(name.start - 1, max(-1, name.start - 1 - _REACH), -1):
        if tokens.kinds[at] not in (WORD, COMMA) or tokens.classes[at] & Word.VERBAL:
            return ""
        if tokens.classes[at] & Word.TITLE:
            if tokens.low[at] in language.names["genderless"]:
                return ""
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


_SHORTEST = 3  # letters of a stem


def stem(word: str, endings: Sequence[str]) -> str:
    """The word without its case ending, the longest that leaves a stem."""
    for ending in endings:
        if len(word) - len(ending) >= _SHORTEST and word.endswith(ending):
            return word[: -len(ending)]
    return word


def same_role(role: str, known: str, language: Language) -> bool:
    """Return whether two words for a role are forms of one: an abbreviation, definite or not, in any case."""
    if known in language.short_titles:
        return role == language.short_titles[known]
    grammar = language.grammar
    if grammar is None:
        return False
    if grammar.case_endings:
        return stem(role, grammar.case_endings) == stem(known, grammar.case_endings)
    return any(known + ending == role or role + ending == known for ending in grammar.definite_endings)


def holds_another_office(entity: Entity, role: str, language: Language) -> bool:
    """Return whether the person holds an office that nobody holds beside the role: a lawyer is not "the judge"."""
    offices = language.names["exclusive"]
    if role not in offices:
        return False
    known = [each for each in entity.roles if any(_is_form(each, office, language) for office in offices)]
    return bool(known) and not any(_is_form(each, role, language) for each in known)


def _is_form(role: str, other: str, language: Language) -> bool:
    """Return whether the words are one role: inflected, definite, or a woman's and a man's word for it."""
    shorter, longer = sorted((role, other), key=len)
    return longer.startswith(shorter[:-1]) or same_role(role, other, language)


def settle_names(tokens: Tokens, language: Language, names: Sequence[Name]) -> None:
    """Name each person by a form with an uninflected given name, derived from another form if necessary."""
    forms: dict[int, dict[tuple[str, ...], int]] = {}
    people: dict[int, Entity] = {}
    for name in names:
        entity = name.entity
        if entity.kind == "person" and not entity.actor and len(entity.words) > 1:
            words = tuple(tokens.text[tokens.starts[i] : tokens.ends[i]] for i in range(name.start, name.end))
            people[id(entity)] = entity
            if len(words) == len(entity.words):
                counts = forms.setdefault(id(entity), {})
                counts[words] = counts.get(words, 0) + 1
    for key, entity in people.items():
        best = _nominative(forms.get(key, {}), language, entity.gender)
        if best:
            entity.name = " ".join(best)
            entity.gender = entity.gender or language.given_names.get(best[0].lower(), "")


def _nominative(counts: dict[tuple[str, ...], int], language: Language, gender: str) -> tuple[str, ...]:
    """The commonest form whose first word is a given name as it is; without one, the commonest turned into it.

    A name whose words around it show another gender than its given name's is no form of that one: "Руслана".
    """
    ranked = sorted(counts, key=lambda words: -counts[words])
    plain = [words for words in ranked if words[0].lower() in language.given_names]
    if plain:
        return min(plain, key=lambda words: (-counts[words], len(words[-1])))
    if ranked and gender and language.given_names.get(given_name(ranked[0][0].lower(), language)) not in ("", gender):
        return ranked[0]
    return _turned(ranked[0], language) if ranked else ()


def given_name(word: str, language: Language) -> str:
    """The given name, as it is listed, that the word is a form of; empty if it is none."""
    if word in language.given_names:
        return word
    grammar = language.grammar
    if grammar is None or not grammar.case_endings:
        return ""
    return _by_stem(language).get(stem(word, grammar.case_endings), "")


@cache
def _by_stem(language: Language) -> dict[str, str]:
    """The language's given names by what their forms share."""
    endings = language.grammar.case_endings if language.grammar else ()
    by_stem: dict[str, str] = {}
    for name in language.given_names:
        by_stem.setdefault(stem(name, endings), name)
    for name in language.given_names:
        by_stem.setdefault(name, name)  # "Артем" ends like a case, its other forms end after it
    return by_stem


def _turned(words: tuple[str, ...], language: Language) -> tuple[str, ...]:
    """The name in the nominative, by its given name and the endings of surnames; as it is if none fits."""
    grammar = language.grammar
    forename = given_name(words[0].lower(), language)
    if grammar is None or not forename:
        return words
    endings = grammar.male_surnames if language.given_names[forename] == "male" else grammar.female_surnames
    return (forename[:1].upper() + forename[1:], *words[1:-1], _with_ending(words[-1], endings))


def _with_ending(word: str, endings: Sequence[str]) -> str:
    """The word with the ending that the table puts in place of its own: "ского:ский"."""
    for pair in endings:
        old, _, new = pair.partition(":")
        if word.endswith(old) and len(word) - len(old) >= _SHORTEST:
            return word[: len(word) - len(old)] + new
    return word


_FEWEST_OF_COPY = 2  # names that tell a copy of an article from an article of strangers

_LONGEST_OFFICE = 6  # words of a short form, so that a hostile text cannot make many of one long name


def part_offices(tokens: Tokens, language: Language, names: Sequence[Name]) -> None:
    """Part offices that every country or town has by their owners: "Norway's Navy", "the Embassy in Oslo".

    Without an owner beside it, a name means the only such office named before; otherwise it is shared.
    """
    offices = language.names["offices"]
    shared = {name.entity.words for name in names if name.entity.kind != "person"} if offices else set()
    shared = {words for words in shared if offices.issuperset(words)}
    if not shared:
        return
    setting = _setting(names, offices)
    owned: dict[str, Entity] = {}
    before: dict[tuple[str, ...], dict[int, Entity]] = {}
    for at, name in enumerate(names):
        if name.entity.kind == "person":
            continue
        if offices.issuperset(name.entity.words):
            start, end = _with_owner(tokens, language, names, at)
            if (start, end) == (name.start, name.end):
                name.entity = _unowned(name.entity, before, setting)
            else:
                text = spelt(tokens, start, end)
                name.entity = owned.setdefault(text, replace(name.entity, name=text, shared=False, setting=""))
        if not name.entity.shared:
            for words in _short_forms(language, name.entity.words):
                if words in shared:
                    before.setdefault(words, {})[id(name.entity)] = name.entity


def _setting(names: Sequence[Name], offices: frozenset[str]) -> str:
    """Return the first place that the article names; without one, the first two names, if a body is named.

    Strangers may name the same body first, but only copies of an article begin with the same two names.
    """
    others = [name.entity for name in names if not offices.issuperset(name.entity.words)]
    place = next((entity.name for entity in others if entity.kind == "place"), "")
    if place or all(entity.kind == "person" for entity in others):
        return place
    return " ".join(list(dict.fromkeys(entity.name for entity in others))[:_FEWEST_OF_COPY])


def _unowned(office: Entity, before: Mapping[tuple[str, ...], Mapping[int, Entity]], setting: str) -> Entity:
    """The only such office named before; without it, the office itself, shared."""
    known = list(before.get(office.words, {}).values())
    if len(known) == 1:
        return known[0]
    office.shared, office.setting = True, setting
    return office


def _with_owner(tokens: Tokens, language: Language, names: Sequence[Name], at: int) -> Range:
    """The tokens of an office's name with its owner: "Norway's" or "German" before, "of Kenya" or "in Oslo" after."""
    start, end = names[at].start, names[at].end
    owner = names[at - 1] if at else None
    marks = ("'", "’", "'" + language.possessive_suffix)  # "the United States' Navy"
    if owner and owner.end == start - 1 and tokens.low[owner.end] in marks and owner.entity.kind != "person":
        start = owner.start
    elif start and tokens.capital[start - 1] and tokens.low[start - 1] in language.names["not_names"]:
        start -= 1
    place = names[at + 1] if at + 1 < len(names) else None
    if place is None or place.entity.kind == "person":
        return start, end
    within = tokens.classes[end] & Word.OF or tokens.low[end] in language.names["locatives"]
    beside = place.run == end + 1 or (place.run == end + 2 and tokens.classes[end + 1] & Word.ARTICLE)
    return start, place.end if within and beside else end


def _short_forms(language: Language, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The name itself, its last words, and its words before "of": "Navy" of "Royal Navy"."""
    for size in range(1, min(len(words), _LONGEST_OFFICE) + 1):
        yield words[-size:]
        if size < len(words) and language.word_class(words[size]) & Word.OF:
            yield words[:size]
