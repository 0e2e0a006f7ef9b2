"""Who a speaker phrase means: a name in it, or the person a pronoun, surname or role stands for."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.extract.entities import Entity, Name
from pipeline.extract.language import Language, Word
from pipeline.extract.phrases import Range, is_verb, phrase_before
from pipeline.extract.sentences import Sentence
from pipeline.extract.tokens import CLOSE, COMMA, DASH, OPEN, WORD, Tokens

_CLEAR = 2.0  # by which the best reading of a pronoun must lead to tell a name's gender
_REACH = 6  # sentences before a pronoun in which its person is sought


@dataclass(frozen=True, slots=True)
class Step:
    """One step of evidence: these tokens were read by this rule."""

    span: Range
    rule: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whom a phrase means (None if nobody is named), by which steps, and how clearly in [0, 1]."""

    entity: Entity | None
    steps: tuple[Step, ...]
    margin: float = 1.0


class Speakers:
    """Resolves speaker phrases of one article, in the order of reading."""

    def __init__(
        self,
        tokens: Tokens,
        language: Language,
        sentences: Sequence[Sentence],
        names: Sequence[Name],
    ) -> None:
        self.tokens = tokens
        self.language = language
        self.sentences = sentences
        self.names = names
        self._starts = [n.start for n in names]
        self._sentence_starts = [s.start for s in sentences]
        self.last: Entity | None = None

    def resolve(self, phrase: Range, sentence: int) -> Resolved:
        """Whom the phrase means."""
        resolved = self._resolve(phrase, sentence)
        if resolved.entity is not None and resolved.entity.kind == "person":
            self.last = resolved.entity
        return resolved

    def _resolve(self, phrase: Range, sentence: int) -> Resolved:
        start, end = phrase
        classes = self.tokens.classes[start]
        if end - start == 1 and classes & Word.RELATIVE:
            return self._antecedent(phrase, sentence)
        if end - start == 1 and classes & (Word.PRONOUN | Word.POSSESSIVE):
            return self._pronoun(phrase, sentence)
        owner = self._owner(phrase)
        if owner is not None:
            inner = self._resolve(owner, sentence)
            return Resolved(inner.entity, (Step(phrase, "possessive"), *inner.steps), inner.margin)
        name = self.head_name(phrase)
        if name is not None:
            return Resolved(name.entity, _naming(name))
        return self._role(phrase) or Resolved(None, (Step(phrase, "unnamed"),))

    def length(self, sentence: int) -> int:
        """The tokens of the sentence of this number."""
        return self.sentences[sentence].end - self.sentences[sentence].start

    def _owner(self, phrase: Range) -> Range | None:
        """Whose words "her letter", "Doe's remarks" are."""
        tokens, last = self.tokens, phrase[1] - 1
        if tokens.low[last] not in self.language.speech:
            return None
        if tokens.classes[phrase[0]] & Word.POSSESSIVE and self.language.genders.get(tokens.low[phrase[0]]):
            return phrase[0], phrase[0] + 1
        suffix = "'" + self.language.possessive_suffix
        ends = [i for i in range(*phrase) if tokens.low[i] == suffix]
        return (phrase[0], ends[0]) if ends and ends[0] > phrase[0] else None

    def named_in(self, start: int, end: int) -> Sequence[Name]:
        """The names that begin in the range."""
        return self.names[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def head_name(self, phrase: Range) -> Name | None:
        """The name that is the head of the phrase or of an apposition in it."""
        ends = {name.end: name for name in self.named_in(*phrase)}
        if not ends:
            return None
        for last in self._heads(phrase, ends):
            if last in ends:
                return ends[last]
        return None

    def _heads(self, phrase: Range, ends: dict[int, Name]) -> list[int]:
        """Where the base of each comma-separated part ends: before its first preposition outside a name."""
        tokens = self.tokens
        inside = {i for name in ends.values() for i in range(name.start, name.end)}
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
                base, open_base = None, True
            elif not open_base:
                continue
            elif i not in inside and tokens.classes[i] & (Word.PREPOSITION | Word.RELATIVE | Word.CONJUNCTION):
                open_base = base is None
            elif tokens.kinds[i] == WORD:
                base = i + 1
        return heads + ([base] if base else [])

    def _antecedent(self, phrase: Range, sentence: int) -> Resolved:
        """What "who" stands for: the phrase before it."""
        before = phrase[0]
        while before > self.sentences[sentence].start and self.tokens.kinds[before - 1] == COMMA:
            before -= 1
        found = phrase_before(self.tokens, self.language, before, self.sentences[sentence].start)
        if found is None:
            return Resolved(None, (Step(phrase, "unnamed"),))
        inner = self._resolve(found, sentence)
        return Resolved(inner.entity, (Step(phrase, "relative"), *inner.steps), inner.margin)

    def _role(self, phrase: Range) -> Resolved | None:
        """The one person of the article who was called by this role."""
        tokens = self.tokens
        if not tokens.classes[phrase[0]] & Word.DETERMINER or phrase[1] - phrase[0] > 4:
            return None
        role = tokens.low[phrase[1] - 1]
        if not tokens.classes[phrase[1] - 1] & Word.ROLE:
            return None
        holders = {
            id(n.entity): n for n in self.named_in(0, phrase[0]) if role in n.entity.roles and n.entity.kind == "person"
        }
        if len(holders) != 1:
            return None
        name = next(iter(holders.values()))
        return Resolved(name.entity, (Step(phrase, "role"), *_naming(name)))

    def _pronoun(self, phrase: Range, sentence: int) -> Resolved:
        """The person a pronoun stands for, by gender, recency and place in the sentence."""
        gender = self.language.genders.get(self.tokens.low[phrase[0]], "")
        if gender not in ("male", "female"):
            return Resolved(None, (Step(phrase, "unnamed"),))
        scores: dict[int, tuple[float, Name]] = {}
        for distance in range(_REACH):
            number = sentence - distance
            if number < 0:
                break
            for name in self._candidates(number, phrase[0], gender):
                score = self._score(name, distance, gender, number)
                best = scores.get(id(name.entity))
                if best is None or best[0] < score:
                    scores[id(name.entity)] = (score, name)
        if not scores:
            return Resolved(None, (Step(phrase, "unnamed"),))
        ranked = sorted(scores.values(), key=lambda pair: -pair[0])
        margin = ranked[0][0] - ranked[1][0] if len(ranked) > 1 else 3.0
        name = ranked[0][1]
        if margin >= _CLEAR and not name.entity.gender:
            name.entity.gender = gender
        return Resolved(name.entity, (Step(phrase, "pronoun"), *_naming(name)), min(1.0, margin / 3))

    def _candidates(self, number: int, before: int, gender: str) -> Sequence[Name]:
        sentence = self.sentences[number]
        return [
            name
            for name in self.named_in(sentence.start, min(sentence.end, before))
            if name.entity.kind == "person" and name.entity.gender in ("", gender)
        ]

    def _score(self, name: Name, distance: int, gender: str, number: int) -> float:
        tokens, sentence = self.tokens, self.sentences[number]
        score = -1.0 * distance
        after = name.end
        while after < sentence.end and tokens.classes[after] & Word.ADVERB:
            after += 1
        if after < sentence.end and (is_verb(tokens, self.language, after) or tokens.classes[after] & Word.PASTLIKE):
            score += 1.0
        if self.named_in(sentence.start, sentence.end)[0] is name:
            score += 0.5
        if name.entity.gender == gender:
            score += 1.0
        if not name.entity.sure:
            score -= 1.0
        if name.entity is self.last:
            score += 1.5
        if after < sentence.end and tokens.low[after] == "'" + self.language.possessive_suffix:
            score -= 0.3
        if any(q.start <= name.start < q.end for q in sentence.quotations):
            score -= 2.0
        return score


def _naming(name: Name) -> tuple[Step, ...]:
    """The step, or the two, from a name as it stands to its full form."""
    span, full = (name.start, name.end), name.entity.full
    if full is None or full == span or name.end - name.start >= full[1] - full[0]:
        return (Step(span, "name"),)
    return (Step(span, "surname"), Step(full, "name"))
