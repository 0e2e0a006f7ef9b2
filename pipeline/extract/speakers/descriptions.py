"""Descriptions: who "the mayor", "the 41-year-old", "the board" or "the goalkeeper" is, and the kind of a source."""

from bisect import bisect_right
from collections.abc import Collection, Sequence

from pipeline.extract.grammar import Grammar
from pipeline.extract.lexicon import Language, Word
from pipeline.extract.names.entities import Entity, Name, holds_another_office, same_role
from pipeline.extract.speakers.pronouns import Antecedent, Passage, Pronoun, Spoke, antecedent
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COMMA, NUMBER, WORD, Tokens
from pipeline.model import SourceKind

_LONGEST_ROLE = 4  # tokens of a phrase that stands for a name: "the former harbour minister"


def is_role(passage: Passage, at: int) -> bool:
    """Return whether the word can stand in for a name by what its bearer is."""
    return bool(passage.tokens.classes[at] & Word.ROLE) or passage.tokens.low[at] in passage.language.heads


def bearer_by_role(passage: Passage, phrase: Range) -> Name | None:
    """The only person or organisation named before that the phrase describes: by role, age or what it is."""
    tokens = passage.tokens
    definite = (
        tokens.classes[phrase[0]] & Word.DETERMINER
        and tokens.low[phrase[0]] not in passage.language.names["indefinite"]
    )
    if not (definite or _is_definite_alone(passage, phrase)) or phrase[1] - phrase[0] > _LONGEST_ROLE:
        return None
    last = phrase[1] - 1
    earlier = passage.named_before(phrase[0])
    holders: Sequence[Name] = [name for name in earlier if _holds(passage, name.entity, phrase)]
    if holders or is_role(passage, last):
        pass
    elif aged := _age(passage, last):
        holders = [name for name in earlier if name.entity.age == aged]
    elif tokens.low[last] in passage.language.names["adults"]:
        gender = passage.language.genders.get(tokens.low[last], "")
        holders = [n for n in earlier if n.entity.kind == "person" and n.entity.gender in ("", gender)]
    else:
        holders = [
            name for name in earlier if last == phrase[0] + 1 and _is_house(passage, name.entity, tokens.low[last])
        ]
    holders = holders or _tracked_holder(earlier, tokens.low[last]) or _only_person(passage, phrase, earlier)
    if len({id(name.entity) for name in holders}) != 1:
        return None
    return holders[-1]


def _tracked_holder(earlier: Sequence[Name], role: str) -> Sequence[Name]:
    """The person named last, if that is a tracked actor whose roles or aliases tell the role."""
    perhaps = [name for name in earlier if name.entity.kind == "person" or not name.entity.sure]
    return perhaps[-1:] if perhaps and role in perhaps[-1].entity.offices else ()


def _only_person(passage: Passage, phrase: Range, earlier: Sequence[Name]) -> Sequence[Name]:
    """The people named before, for a noun of a person that a language read by chunks may call anybody by."""
    grammar, last = passage.language.grammar, passage.tokens.low[phrase[1] - 1]
    if grammar is None or not (is_role(passage, phrase[1] - 1) or last.endswith(grammar.person_endings)):
        return ()
    gender = _gender_of_noun(passage, phrase)
    people = [n for n in earlier if n.entity.kind == "person" and (not gender or n.entity.gender in ("", gender))]
    return [n for n in people if not holds_another_office(n.entity, last, passage.language)]


def _gender_of_noun(passage: Passage, phrase: Range) -> str:
    """The gender that the article or the ending of a noun shows; empty if neither does."""
    grammar, first, last = passage.language.grammar, passage.tokens.low[phrase[0]], passage.tokens.low[phrase[1] - 1]
    if grammar is None:
        return ""
    if first in grammar.female_articles or last.endswith(grammar.female_endings):
        return "female"
    return "male" if first in grammar.male_articles or grammar.female_endings else ""


def _holds(passage: Passage, entity: Entity, phrase: Range) -> bool:
    """Return whether the article gave the person this role, or the headship of what the phrase names."""
    tokens, last = passage.tokens, phrase[1] - 1
    role, within = tokens.low[last], set(tokens.low[phrase[0] + 1 : last])
    apart = {tokens.low[at] for at in range(phrase[0] + 1, last) if tokens.capital[at] and not tokens.capital[last]}
    if entity.kind != "person" or apart - entity.ties:
        return False  # "the Danish minister" is no minister whose country is unknown
    known = role in entity.roles or any(same_role(role, each, passage.language) for each in entity.roles)
    return known or (role in passage.language.heads and bool(entity.ties & within))


def _is_definite_alone(passage: Passage, phrase: Range) -> bool:
    """Return whether the noun alone is definite, by its ending or because the language has no articles."""
    grammar, low = passage.language.grammar, passage.tokens.low[phrase[1] - 1]
    inner = passage.tokens.capital[phrase[0]] and not _opens_sentence(passage, phrase[0])
    if grammar is None or phrase[1] - phrase[0] > 1 or inner:
        return False
    return grammar.bare_roles or low.endswith(grammar.definite_endings)


def _opens_sentence(passage: Passage, at: int) -> bool:
    """Return whether the token is the first of a sentence."""
    place = bisect_right(passage.sentences, at, key=lambda each: each.start) - 1
    return passage.sentences[place].start == at


def bearer_after_headline(passage: Passage, phrase: Range) -> Name | None:
    """The first person to whom the text gives the role by which the headline calls a speaker: "Defendant: “…”"."""
    sentences = passage.sentences
    opening = sentences[0].paragraph if sentences else 0
    body = next((each.start for each in sentences if each.paragraph != opening), None)
    last = phrase[1] - 1
    called = is_role(passage, last) or passage.tokens.low[last] in passage.language.persons
    if body is None or phrase[0] >= body or not called:
        return None
    later = (name for name in passage.names if name.start >= body)
    return next((name for name in later if _holds(passage, name.entity, (last, last + 1))), None)


def _age(passage: Passage, at: int) -> str:
    """The number in "the 41-year-old"."""
    low = passage.tokens.low[at]
    return next((low.removesuffix(end) for end in passage.language.names["aged"] if low.endswith(end)), "")


def _is_house(passage: Passage, entity: Entity, noun: str) -> bool:
    """Return whether the noun is the last word of an organisation's name: "the board", after "the State Board"."""
    if entity.kind != "organisation" or noun not in entity.words:
        return False
    joint = next((at for at, word in enumerate(entity.words) if _joins(passage, word)), len(entity.words))
    house = len(entity.words) > 1 and entity.words[joint - 1] == noun
    return house and noun in passage.language.names["organisation"]


def _joins(passage: Passage, word: str) -> bool:
    """Return whether the word is the "of" or "for" of a name: "the Ministry | of | Trade"."""
    return bool(passage.language.words.get(word, 0) & (Word.OF | Word.FOR))


_LONGEST = 6  # tokens of a description before its first preposition

_SHORTEST = 6  # letters of a noun that its ending alone shows to be of a person

_DESCRIPTION_REACH = 3  # sentences before a description in which its person is named or has spoken


def described(
    passage: Passage, phrase: Range, sentence: int, last: Spoke | None, spoken: Collection[int]
) -> Antecedent | None:
    """The person whom a definite description of a person means; None if it may be anybody."""
    grammar = passage.language.grammar or Grammar(singular_articles=passage.language.names["definite"])
    before = max(0, phrase[0] - 1)
    sources = {words[0] for words in passage.language.phrases}
    if passage.tokens.classes[before] & Word.PREPOSITION or passage.tokens.low[before] in sources:
        return None  # "according to the estate agent" brings in somebody new
    base = _base(passage.tokens, phrase)
    noun = _noun(passage, grammar, base) if _is_definite(passage, grammar, base) else None
    if noun is None or (passage.language.grammar is None and not _is_plain(passage, base, noun)):
        return None
    gender = _gender(passage, grammar, base[0], noun)
    places = {word for name in passage.named_in(base[1], phrase[1]) for word in name.entity.words}
    places |= _houses(passage, base)
    if gender:
        named = antecedent(passage, Pronoun(phrase[0], sentence, gender), last, spoken)
        near = named is not None and _is_near(passage, named.name, sentence, last)
        bearer = named if near else None
    else:
        bearer = _only(passage, phrase, sentence, last, spoken)
    if bearer is None or not _is_of(bearer, places):
        return None
    if holds_another_office(bearer.name.entity, passage.tokens.low[noun], passage.language):
        return None
    return None if passage.language.grammar is not None and _is_other(passage, bearer.name.entity, noun) else bearer


def _is_other(passage: Passage, person: Entity, noun: int) -> bool:
    """Return whether the noun is a title and the person is known by other roles only: a baker is not "the mayor"."""
    if not passage.tokens.classes[noun] & Word.TITLE or not person.roles:
        return False
    return not any(same_role(role, passage.tokens.low[noun], passage.language) for role in person.roles)


def _is_plain(passage: Passage, base: Range, noun: int) -> bool:
    """Return whether the noun ends its phrase, is nobody's, and is no office or mouthpiece, whom articles introduce."""
    tokens, language = passage.tokens, passage.language
    words = tokens.low[base[0] : base[1]]
    offices = language.names["officials"] | {"'" + language.possessive_suffix}
    mouthpiece = tokens.capital[noun] or tokens.classes[noun] & Word.MOUTHPIECE
    return noun == base[1] - 1 and not mouthpiece and offices.isdisjoint(words)


def _houses(passage: Passage, base: Range) -> set[str]:
    """The capitalised words of the description that say of what the person is, in a language without a grammar."""
    tokens, language = passage.tokens, passage.language
    named = {tokens.low[at] for at in range(base[0] + 1, base[1]) if tokens.capital[at]}
    return named - language.names["not_names"] if language.grammar is None else set()


def _is_known(entity: Entity, last: Spoke | None) -> bool:
    """Return whether the name surely is a person's: by itself, or because its bearer spoke last."""
    return entity.sure or (last is not None and last.entity is entity)


def _is_of(antecedent: Antecedent, places: Collection[str]) -> bool:
    """Return whether the person is known to be of what the description names: "the mayor of Easton"."""
    return not places or not antecedent.name.entity.ties.isdisjoint(places)


def _base(tokens: Tokens, phrase: Range) -> Range:
    """The phrase before its first preposition or mark."""
    start, end = phrase
    stop = (i for i in range(start + 1, end) if tokens.kinds[i] not in (WORD, NUMBER))
    bound = (i for i in range(start + 1, end) if tokens.classes[i] & (Word.PREPOSITION | Word.OF))
    return start, min(next(stop, end), next(bound, end))


def _is_definite(passage: Passage, grammar: Grammar, base: Range) -> bool:
    """Return whether the description is singular and definite: by its article, by its ending, or without articles."""
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
    tokens, listed = passage.tokens, passage.language.names["people"] | passage.language.heads
    others = passage.language.names["kin"] | passage.language.names["insiders"]
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
    """Return whether somebody who surely is a person was named, or has spoken, a few sentences before."""
    if not _is_known(name.entity, last):
        return False
    spoke = last is not None and last.entity is name.entity and sentence - last.sentence <= _DESCRIPTION_REACH
    return spoke or name.start >= passage.sentences[max(0, sentence - _DESCRIPTION_REACH)].start


def _only(
    passage: Passage, phrase: Range, sentence: int, last: Spoke | None, spoken: Collection[int]
) -> Antecedent | None:
    """The person who spoke last, or the only one named, within a few sentences."""
    begin = passage.sentences[max(0, sentence - _DESCRIPTION_REACH)].start
    people = [n for n in passage.named_in(begin, phrase[0]) if n.entity.kind == "person" and id(n.entity) not in spoken]
    if last is not None and sentence - last.sentence <= _DESCRIPTION_REACH:
        own = [n for n in passage.named_before(phrase[0]) if n.entity is last.entity]
        since = passage.sentences[last.sentence].end
        later = [n for n in people if n.start >= since and n.entity is not last.entity]
        if not later and _is_perhaps_another(passage, since, sentence, last):
            return None
        people = later or own or people
    if len({id(name.entity) for name in people}) != 1 or not _is_known(people[-1].entity, last):
        return None
    return Antecedent(people[-1], 1.0, ("gender unknown",))


def _is_perhaps_another(passage: Passage, since: int, sentence: int, last: Spoke) -> bool:
    """Return whether a name that may be a person's opens a sentence after the last speaker's: "Doe, in her hat, …"."""
    starts = {each.start for each in passage.sentences[last.sentence + 1 : sentence + 1]}
    names = passage.named_in(since, passage.sentences[sentence].start + 1)
    return any(name.run in starts and not name.entity.sure and name.entity is not last.entity for name in names)


def source_kind(tokens: Tokens, language: Language, phrase: Range | None, entity: Entity | None) -> SourceKind:
    """The kind of source that the speaker's phrase names, or that the resolved entity is."""
    if phrase is None:
        return ""
    words = [tokens.low[at] for at in range(*phrase) if tokens.kinds[at] == WORD]
    roles = {*words, *(entity.roles if entity is not None and entity.kind == "person" else ())}
    if roles & language.names["spokespeople"]:
        return "spokesperson"
    head = _head(tokens, phrase)
    if head in language.names["documents"] or head in language.speech:
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
    if roles & language.names["officials"]:
        return "official"
    return "interviewee" if roles & language.names["passers_by"] or entity.age else "named"


def _of_nobody(tokens: Tokens, language: Language, phrase: Range, roles: set[str]) -> SourceKind:
    """The kind of a source without a name; nothing for a pronoun whose person is unknown."""
    if phrase[1] - phrase[0] == 1 and tokens.classes[phrase[0]] & (Word.PRONOUN | Word.RELATIVE):
        return ""
    head = _head(tokens, phrase)
    if roles & language.names["passers_by"]:
        return "interviewee"
    if head in language.names["insiders"]:
        return "anonymous"
    definite = tokens.classes[phrase[0]] & Word.DETERMINER and tokens.low[phrase[0]] not in language.names["indefinite"]
    if definite and head in language.names["officials"]:
        return "official"
    several = tokens.classes[phrase[1] - 1] & Word.COLLECTIVE or head in language.names["organisation"]
    joined = any(tokens.classes[at] & Word.AND for at in range(*phrase))
    many = head in language.names["crowds"]
    return "collective" if several or joined or many else "anonymous"
