"""Resolution of the speaker's phrase: by name, role, description or pronoun, or as who answers in an interview."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from pipeline.extract.lexicon import Form, Language, Word
from pipeline.extract.names.entities import Entity, Name
from pipeline.extract.speakers.descriptions import bearer_after_headline, bearer_by_role, described, is_role
from pipeline.extract.speakers.heads import has_company, head_name, is_one_of_several, names_office
from pipeline.extract.speakers.pronouns import (
    Passage,
    Pronoun,
    Spoke,
    Stranger,
    antecedent,
    learn_genders,
    passage,
    stranger,
    unnamed_person,
)
from pipeline.extract.text.phrases import Range, phrase_before
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import COLON, COMMA, Tokens

_FEWEST = 2  # words of a full name


def interviewed(passage: Passage) -> Name | None:
    """The one person whom the article names in full before the first question; None in any other article."""
    tokens, answers = passage.tokens, passage.language.answers
    starts = [s.start for s in passage.sentences if s.end - s.start > 1]
    if not any(tokens.low[at] in answers and tokens.low[at + 1] in ":.：" for at in starts):
        return None
    sides = passage.language.sides
    begin = next(at for at in starts if tokens.low[at] in sides)
    named = [n for n in passage.named_in(0, begin) if n.entity.kind == "person" and len(n.entity.words) >= _FEWEST]
    if passage.language.grammar is not None:
        named = [n for n in named if n.entity.sure] or named
    return named[0] if len({id(n.entity) for n in named}) == 1 else None


_CLEAR = 2.0  # by which the best reading of a pronoun must lead to tell a name's gender

_DOMINANT = 3  # times as often as a namesake somebody is named in full whom the surname alone means

_NEAR = 2  # sentences after a report in which a possessive without a gender means its speaker

_WIDE = 3.0  # by which it leads if it is as clear as can be


class Step(NamedTuple):
    """One step of evidence: these tokens were read by this rule."""

    span: Range
    rule: str


class Resolved(NamedTuple):
    """Whom a phrase means (None if nobody is named), by which steps, how clearly in [0, 1], and what is in doubt."""

    entity: Entity | None
    steps: tuple[Step, ...]
    margin: float = 1.0
    doubts: tuple[str, ...] = ()


class Speakers:
    """Resolves speaker phrases of one article, in the order of reading."""

    def __init__(
        self,
        tokens: Tokens,
        language: Language,
        sentences: Sequence[Sentence],
        names: Sequence[Name],
        offices: Mapping[Range, Entity] = MappingProxyType({}),
    ) -> None:
        self.tokens = tokens
        self.language = language
        self.sentences = sentences
        self.passage = passage(tokens, language, sentences, names)
        self._sentence_starts = [each.start for each in sentences]
        self.last: Spoke | None = None
        self.stranger: Stranger | None = None
        self.interviewed = interviewed(self.passage)
        self._offices = offices  # phrases that are an alias of a tracked actor: "the harbour master"
        self._bearers = _bearers(names)
        self._in_full = Counter(id(name.entity) for name in names if name.end - name.start > 1)
        learn_genders(self.passage)

    def resolve(self, phrase: Range, sentence: int, content: Sequence[Range] = ()) -> Resolved:
        """The person or organisation that the speaker's phrase means."""
        spoken = {id(name.entity) for part in content for name in self.passage.named_in(*part)}
        resolved = self._answer(phrase) or self._resolve(phrase, sentence, spoken)
        entity = resolved.entity
        if entity is not None and entity.kind == "person":
            self.last = Spoke(entity, sentence)
        elif entity is None and self.language.grammar is not None and self._listed(phrase[0], "indefinite"):
            self.stranger = Stranger(*phrase, sentence, "")
        return _with_doubt(resolved, spoken)

    def resolve_within_speech(self, phrase: Range, sentence: int, content: Sequence[Range] = ()) -> Resolved:
        """The bearer of the name in a phrase within somebody's speech, in which only the speaker knows who "he" is.

        Whoever is quoted there is no antecedent of a later pronoun, and the pronouns there tell nobody's gender.
        """
        start, end = phrase
        if end - start == 1 and self.tokens.classes[start] & (Word.PRONOUN | Word.POSSESSIVE):
            return Resolved(None, ())
        spoken = {id(name.entity) for part in content for name in self.passage.named_in(*part)}
        resolved = self._resolve(phrase, sentence, spoken)
        indirect = any(step.rule in ("pronoun", "role") for step in resolved.steps)
        return Resolved(None, ()) if indirect else _with_doubt(resolved, spoken)

    def _resolve(self, phrase: Range, sentence: int, spoken: Collection[int]) -> Resolved:
        start, end = phrase
        classes = self.tokens.classes[start]
        if end - start == 1 and classes & Word.RELATIVE:
            return self._antecedent(phrase, sentence, spoken)
        if end - start == 1 and classes & (Word.PRONOUN | Word.POSSESSIVE):
            return self._pronoun(phrase, sentence, spoken)
        owner = self._owner(phrase)
        if owner is not None:
            return _through(Step(phrase, "possessive"), self._resolve(owner, sentence, spoken))
        unnamed = Resolved(None, (Step(phrase, "unnamed"),))
        name = head_name(self.passage, phrase)
        if name is not None and names_office(self.passage, phrase, name):
            name = None
        if name is None:
            known = self._without_name(phrase, sentence, spoken)
            if self.language.grammar is None:
                new = known is None and not self._is_holder_of_office(phrase)
                person = unnamed_person(self.passage, phrase, sentence) if new else None
                self.stranger = person._replace(spoke=True) if person else None
            return known or unnamed
        several = is_one_of_several(self.passage, phrase, name) or has_company(self.passage, phrase, sentence)
        if several or (self.language.grammar is None and self._is_ambiguous(name)):
            return unnamed
        name = replace(name, entity=self._first_bearer(name))
        return Resolved(name.entity, _naming(name), doubts=self._doubts(name))

    def _is_holder_of_office(self, phrase: Range) -> bool:
        """Return whether the phrase names an office's holder, whom the article may have named: "the prime minister"."""
        first, last = phrase[0], self._before_comma(phrase)[1] - 1
        definite = self.tokens.low[first] not in self.language.names["indefinite"]
        return definite and bool(self.tokens.classes[last] & Word.TITLE)

    def _sentence_of(self, at: int) -> int:
        """The number of the sentence that holds the token."""
        return bisect_right(self._sentence_starts, at) - 1

    def _without_name(self, phrase: Range, sentence: int, spoken: Collection[int]) -> Resolved | None:
        """Whom a phrase without a name means: by initials, role or description, or by a handle."""
        if self._asks(phrase):
            return None
        base = self._before_comma(phrase)
        known = self._initials(phrase) or self._office(base) or self.role(base)
        known = known or self._described(phrase, sentence, spoken)
        if known is not None and id(known.entity) in spoken:
            return None  # who speaks of somebody by name is hardly that somebody
        return known or self._handle(phrase)

    def _office(self, phrase: Range) -> Resolved | None:
        """The tracked actor whose alias the phrase is, unless the article gives the office to somebody else."""
        entity = self._offices.get(phrase)
        if entity is None:
            return None
        held = bearer_by_role(self.passage, phrase)
        first = phrase[0] + bool(self.tokens.classes[phrase[0]] & Word.DETERMINER)
        office = self.tokens.low[first : phrase[1]]
        broad = len(office) == 1 and held is not None and held.entity is not entity
        return None if broad or self._is_of_another(entity, office) else Resolved(entity, (Step(phrase, "role"),))

    def _is_of_another(self, entity: Entity, office: Sequence[str]) -> bool:
        """Return whether the office stands before the name of somebody else: "harbour master Jo Doe"."""
        others = (name for name in self.passage.names if name.entity is not entity and name.entity.kind == "person")
        return any(self.tokens.low[max(0, name.start - len(office)) : name.start] == office for name in others)

    def _asks(self, phrase: Range) -> bool:
        """Return whether the phrase is the label of who asks in an interview: "Reporter:"."""
        low, end = self.tokens.low[phrase[0]], phrase[1]
        label = end - phrase[0] == 1 and end < len(self.tokens) and self.tokens.kinds[end] == COLON
        return label and low in self.language.sides and low not in self.language.answers

    def _initials(self, phrase: Range) -> Resolved | None:
        """The only person of these initials named before: "J. D."."""
        letters = [self.tokens.low[at] for at in range(*phrase) if self.tokens.low[at] != "."]
        if len(letters) < _FEWEST or any(len(letter) > 1 for letter in letters):
            return None
        people = [n for n in self.passage.named_before(phrase[0]) if n.entity.kind == "person"]
        bearers = [n for n in people if [word[0] for word in n.entity.words] == letters]
        if len({id(name.entity) for name in bearers}) != 1:
            return None
        return Resolved(bearers[0].entity, (Step(phrase, "name"), *_naming(bearers[0])))

    def _handle(self, phrase: Range) -> Resolved | None:
        """The handle that a phrase of one word with a digit is: "pinecone7"."""
        low = self.tokens.low[phrase[0]]
        if phrase[1] - phrase[0] > 1 or low.isalpha() or not low.isalnum() or not low[0].isalpha():
            return None
        return Resolved(Entity((low,), self.tokens.words(*phrase), "person"), (Step(phrase, "name"),))

    def _before_comma(self, phrase: Range) -> Range:
        """The phrase without what follows a comma in it: "the mayor | , who was at sea,"."""
        return phrase[0], next((i for i in range(*phrase) if self.tokens.kinds[i] == COMMA), phrase[1])

    def _answer(self, phrase: Range) -> Resolved | None:
        """Return who is interviewed, if the phrase is but the "A" before an answer."""
        named, (start, end) = self.interviewed, phrase
        if named is None or end - start > 1 or self.tokens.low[start] not in self.language.answers:
            return None
        return Resolved(named.entity, (Step(phrase, "answer"), *_naming(named)))

    def _owner(self, phrase: Range) -> Range | None:
        """Return whose words "her letter", "Doe's remarks" are."""
        tokens, last = self.tokens, phrase[1] - 1
        if tokens.low[last] not in self.language.speech and tokens.low[last] not in self.language.nouns:
            return None
        if tokens.classes[phrase[0]] & Word.POSSESSIVE and self.language.genders.get(tokens.low[phrase[0]]):
            return phrase[0], phrase[0] + 1
        suffix = "'" + self.language.possessive_suffix
        ends = [i for i in range(*phrase) if tokens.low[i] == suffix]
        return (phrase[0], ends[0]) if ends and ends[0] > phrase[0] else None

    def _doubts(self, name: Name) -> tuple[str, ...]:
        """Return what may be wrong with a name that was read off a phrase."""
        return ("namesakes",) if self._namesakes(name) else ()

    def _namesakes(self, name: Name) -> list[Entity]:
        """Others of the article whom a surname alone may mean; a title before it leaves those whom it fits."""
        if name.end - name.start > 1:
            return []
        bearers = self._bearers.get(self.tokens.low[name.end - 1], ())
        others = [e for e in bearers if e is not name.entity and e.full is not None and e.full[0] < name.start]
        titles = self.tokens.low[name.run : name.start]
        gender = next((g for title in titles if (g := self.language.genders.get(title, "")) in ("male", "female")), "")
        if name.entity.roles.intersection(titles) and not gender:
            others = [other for other in others if other.roles.intersection(titles)]
        return [other for other in others if not gender or other.gender in ("", gender)]

    def _is_ambiguous(self, name: Name) -> bool:
        """Return whether a surname may as well mean somebody else, who is named in full nearly as often."""
        full = self._in_full.get(id(name.entity), 0)
        return any(full < _DOMINANT * self._in_full.get(id(other), 0) for other in self._namesakes(name))

    def _first_bearer(self, name: Name) -> Entity:
        """The bearer of a surname whom the article names first: a relative who comes later keeps the given name."""
        bearers = [name.entity, *(self._namesakes(name) if self.language.grammar is not None else ())]
        named = [(entity.full[0], at) for at, entity in enumerate(bearers) if entity.full is not None]
        return bearers[min(named)[1]] if len(named) == len(bearers) else name.entity

    def _antecedent(self, phrase: Range, sentence: int, spoken: Collection[int]) -> Resolved:
        """Return what "who" stands for: the phrase before it, in the sentence where it stands."""
        before = phrase[0]
        sentence = min(sentence, self._sentence_of(before))  # a later verb may share the speaker
        while before > self.sentences[sentence].start and self.tokens.kinds[before - 1] == COMMA:
            before -= 1
        noun_phrase = phrase_before(self.tokens, self.language, before, self.sentences[sentence].start)
        if noun_phrase is None:
            return Resolved(None, (Step(phrase, "unnamed"),))
        named = self._beyond_apposition(noun_phrase, sentence)
        return _through(Step(phrase, "relative"), self._resolve(named or noun_phrase, sentence, spoken))

    def _beyond_apposition(self, phrase: Range, sentence: int) -> Range | None:
        """The name that the phrase is an apposition to: "Jo Doe, | a plumber | who came along"."""
        tokens, comma = self.tokens, phrase[0] - 1
        apposed = comma > self.sentences[sentence].start and tokens.kinds[comma] == COMMA
        if not apposed or not tokens.classes[phrase[0]] & Word.DETERMINER:
            return None
        before = self.passage.named_in(self.sentences[sentence].start, comma)
        return next(((name.start, name.end) for name in before if name.end == comma), None)

    def is_role(self, at: int) -> bool:
        """Return whether the word can stand in for a name by what its bearer is."""
        return is_role(self.passage, at)

    def role(self, phrase: Range) -> Resolved | None:
        """The only person or organisation named before that the phrase describes."""
        bearer = bearer_by_role(self.passage, phrase)
        if bearer is None and self.language.grammar is not None:
            bearer = bearer_after_headline(self.passage, phrase)
        return Resolved(bearer.entity, (Step(phrase, "role"), *_naming(bearer))) if bearer else None

    def _described(self, phrase: Range, sentence: int, spoken: Collection[int]) -> Resolved | None:
        """The person named last whom a definite description may mean."""
        bearer = described(self.passage, phrase, sentence, self.last, spoken)
        if bearer is None:
            return None
        steps = (Step(phrase, "role"), *_naming(bearer.name))
        return Resolved(bearer.name.entity, steps, min(1.0, bearer.lead / _WIDE), bearer.doubts)

    def _listed(self, at: int, kind: str) -> bool:
        return self.tokens.low[at] in self.language.names[kind]

    def _pronoun(self, phrase: Range, sentence: int, spoken: Collection[int]) -> Resolved:
        gender = self.passage.language.genders.get(self.passage.tokens.low[phrase[0]], "")
        bearer = None
        if self.language.grammar is not None and not gender and self.tokens.classes[phrase[0]] & Word.POSSESSIVE:
            return self._owner_of_view(phrase, sentence)
        pronoun = Pronoun(phrase[0], self._sentence_of(phrase[0]), gender)
        if gender in ("male", "female") and not self._is_plural(phrase) and not self._means_stranger(pronoun, sentence):
            bearer = antecedent(self.passage, pronoun, self.last, {*spoken, *self._asked_about(pronoun.sentence)})
        if bearer is None:
            return Resolved(None, (Step(phrase, "unnamed"),))
        entity = bearer.name.entity
        if bearer.lead >= _CLEAR and not entity.gender:
            entity.gender = gender
        steps = (Step(phrase, "pronoun"), *_naming(bearer.name))
        return Resolved(entity, steps, min(1.0, bearer.lead / _WIDE), bearer.doubts)

    def _asked_about(self, sentence: int) -> Iterator[int]:
        """The ids of those whom a question names that opens the sentence or the one before: "Asked about | Doe, he"."""
        cues, tokens = self.language.cues, self.tokens
        for each in self.sentences[max(0, sentence - 1) : sentence + 1]:
            cue = cues.get(tokens.low[each.start])
            if cue is not None and cue.form & Form.PARTICIPLE and "question" in cue.frames:
                comma = next((at for at in range(each.start, each.end) if tokens.kinds[at] == COMMA), each.end)
                yield from (id(name.entity) for name in self.passage.named_in(each.start, comma))

    def _owner_of_view(self, phrase: Range, sentence: int) -> Resolved:
        """The last speaker, for a possessive that tells no gender: "a suo avviso"."""
        unnamed = Resolved(None, (Step(phrase, "unnamed"),))
        if self.last is None or sentence - self.last.sentence > _NEAR or self._follows_stranger(phrase[0], sentence):
            return unnamed
        names = [name for name in self.passage.named_before(phrase[0]) if name.entity is self.last.entity]
        if not names:
            return unnamed
        return Resolved(names[-1].entity, (Step(phrase, "pronoun"), *_naming(names[-1])))

    def _means_stranger(self, pronoun: Pronoun, sentence: int) -> bool:
        """Return whether the pronoun means somebody whom the article does not name: "said a nurse. She | hopes"."""
        if self.language.grammar is not None:
            return self._follows_stranger(pronoun.at, sentence)
        person = stranger(self.passage, pronoun, self.stranger)
        self.stranger = Stranger(pronoun.at, pronoun.at + 1, sentence, pronoun.gender) if person else None
        return person is not None

    def _follows_stranger(self, at: int, sentence: int) -> bool:
        """Return whether the last speaker is unnamed, and nobody was named since."""
        if self.stranger is None:
            return False
        named = self.passage.named_in(self.stranger.end, at)
        near = self.stranger.sentence <= sentence <= self.stranger.sentence + 1
        return near and not any(name.entity.kind == "person" for name in named)

    def _is_plural(self, phrase: Range) -> bool:
        """Return whether the verb beside the pronoun is plural, where one word is both: "sagten sie", "zeggen ze"."""
        grammar, tokens = self.language.grammar, self.tokens
        if grammar is None or not grammar.plural_verbs or tokens.low[phrase[0]] not in grammar.plural_pronouns:
            return False
        beside = [i for i in (phrase[0] - 1, phrase[1]) if 0 <= i < len(tokens)]
        verbs = [i for i in beside if tokens.classes[i] & Word.VERBAL and not tokens.capital[i]]
        return any(tokens.low[i].endswith(grammar.plural_verbs) for i in verbs[:1])


def _bearers(names: Sequence[Name]) -> dict[str, list[Entity]]:
    """The people of each last word of a name."""
    bearers: dict[str, dict[int, Entity]] = {}
    for name in names:
        if name.entity.kind == "person" and len(name.entity.words) > 1:
            bearers.setdefault(name.entity.words[-1], {})[id(name.entity)] = name.entity
    return {word: list(people.values()) for word, people in bearers.items()}


def _with_doubt(resolved: Resolved, spoken: Collection[int]) -> Resolved:
    """The resolved speaker, in doubt if the content names the same person."""
    if resolved.entity is None or id(resolved.entity) not in spoken:
        return resolved
    return resolved._replace(doubts=(*resolved.doubts, "speaks of itself"))


def _through(step: Step, inner: Resolved) -> Resolved:
    return inner._replace(steps=(step, *inner.steps))


def _naming(name: Name) -> tuple[Step, ...]:
    """The step, or the two, from a name as it stands to its full form."""
    span, full = (name.start, name.end), name.entity.full
    if full is None or full == span or name.end - name.start >= full[1] - full[0]:
        return (Step(span, "name"),)
    return (Step(span, "surname"), Step(full, "name"))
