"""Pronouns: the person whom "she" means, and the gender that pronouns tell of a person."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.extract.lexicon import FINITE, Language, Word
from pipeline.extract.names.entities import Entity, Name
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import COMMA, WORD, Tokens

_PRONOUN_REACH = 6  # sentences before a pronoun in which its person is sought

_ALONE = 3.0  # by which the only candidate is taken to lead

_CLOSE = 1.0  # by which a rival whose gender is known may trail and still be meant

_ENOUGH = 2  # pronouns of one gender, more than of the other, that tell a name's gender

_MOST = 3  # steps that the count of rivals and sentences is told apart by

_GENDERS = ("male", "female")

_STRANGER_REACH = 2  # sentences, its own among them, in which somebody unnamed is brought in for a pronoun

_LONGEST_DESCRIPTION = 6  # tokens of "a former Easton harbour pilot"

_DESCRIBED = 3  # words before a name that say what its bearer is: "Retired harbour engineer"

_NO_DESCRIPTION = Word.PREPOSITION | Word.VERBAL | Word.SUBORDINATOR | Word.CONJUNCTION

# What speaks for a candidate, and against. Set by hand on the gold set.
_TOPIC = 1.0  # the only person of a sentence that the name opens

_SUBJECT, _FIRST, _SAME_GENDER, _SPOKE_LAST = 1.0, 0.5, 1.0, 1.5

_UNSURE, _OWNER, _QUOTED, _SPOKEN_OF = -1.0, -0.3, -2.0, -2.5


_MOST_ENTITIES = 100  # that are looked back at, those named first left out: a list of names is no article


@dataclass(frozen=True, slots=True)
class Passage:
    """An article's tokens, sentences and names, for looking back in; `mentions` are the names of each entity."""

    tokens: Tokens
    language: Language
    sentences: Sequence[Sentence]
    names: Sequence[Name]
    starts: Sequence[int]
    mentions: Sequence[Sequence[Name]]

    def named_before(self, end: int) -> list[Name]:
        """The last mention before `end` of each entity, in the order of the article."""
        count = bisect_left(self.mentions, end, key=lambda names: names[0].start)
        known = self.mentions[max(0, count - _MOST_ENTITIES) : count]
        return sorted((names[bisect_left(names, end, key=_start) - 1] for names in known), key=_start)

    def named_in(self, start: int, end: int) -> Sequence[Name]:
        """The names that begin in the range."""
        return self.names[bisect_left(self.starts, start) : bisect_left(self.starts, end)]


def passage(tokens: Tokens, language: Language, sentences: Sequence[Sentence], names: Sequence[Name]) -> Passage:
    """Return the passage of an article with these names, which are in its order."""
    mentions: dict[int, list[Name]] = {}
    for name in names:
        mentions.setdefault(id(name.entity), []).append(name)
    return Passage(tokens, language, sentences, names, [name.start for name in names], [*mentions.values()])


def _start(name: Name) -> int:
    return name.start


@dataclass(frozen=True, slots=True)
class Spoke:
    """The last speaker, and the number of the sentence."""

    entity: Entity
    sentence: int


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A pronoun's token, the number of its sentence, and the gender it tells."""

    at: int
    sentence: int
    gender: str


@dataclass(frozen=True, slots=True)
class Antecedent:
    """The name a pronoun stands for, the lead over the next, and what is in doubt about it."""

    name: Name
    lead: float
    doubts: tuple[str, ...]


class _Candidate(NamedTuple):
    score: float
    name: Name
    distance: int


def antecedent(passage: Passage, pronoun: Pronoun, last: Spoke | None, spoken: Collection[int]) -> Antecedent | None:
    """The name that a pronoun stands for; `last` spoke before, and `spoken` (ids) are named in what is said.

    Who speaks of somebody by name is hardly that somebody, so these are taken only if nobody else fits.
    """
    best: dict[int, _Candidate] = {}
    gender = pronoun.gender
    for distance in range(min(_PRONOUN_REACH, pronoun.sentence + 1)):
        number = pronoun.sentence - distance
        for name in _candidates(passage, number, pronoun.at, gender):
            _weigh(best, _Candidate(_score(passage, name, number, gender) - distance, name, distance))
    if last is not None and pronoun.sentence - last.sentence < _PRONOUN_REACH and last.entity.gender in ("", gender):
        _favour(best, passage, pronoun, last)
    for key in best.keys() & spoken:
        best[key] = best[key]._replace(score=best[key].score + _SPOKEN_OF)
    if not best:
        return None
    ranked = sorted(best.values(), key=lambda candidate: -candidate.score)
    first = ranked[0]
    lead = first.score - ranked[1].score if len(ranked) > 1 else _ALONE
    doubts = [f"rivals {min(len(ranked) - 1, _MOST)}", f"distance {min(first.distance, _MOST)}"]
    doubts += ["gender unknown"] if first.name.entity.gender != gender else []
    doubts += ["known rival"] if _has_known_rival(ranked, gender) else []
    doubts += ["another spoke last"] if last is not None and first.name.entity is not last.entity else []
    return Antecedent(first.name, lead, tuple(doubts))


class Stranger(NamedTuple):
    """Somebody whom the article does not name, for whom a pronoun may stand: "a baker in the square"."""

    start: int
    end: int
    sentence: int
    gender: str  # empty if the noun shows none
    spoke: bool = False


def stranger(passage: Passage, pronoun: Pronoun, known: Stranger | None) -> Stranger | None:
    """The unnamed person whom a pronoun means, whom the sentences before it bring in; `known` was meant before."""
    for number in range(pronoun.sentence, max(-1, pronoun.sentence - _STRANGER_REACH), -1):
        if known is not None and known.sentence == number:
            return known if _may_mean(passage, pronoun, known) else None
        new = _brought_in(passage, number, pronoun.at)
        if new is not None:
            return new if _may_mean(passage, pronoun, new) else None
    return None


def unnamed_person(passage: Passage, phrase: Range, sentence: int, *, is_person: bool = False) -> Stranger | None:
    """The person whom a phrase without a name describes; None if it means several, or no person."""
    tokens, language = passage.tokens, passage.language
    end = next((i for i in range(phrase[0] + 1, phrase[1]) if _ends_description(tokens, i)), phrase[1])
    if not tokens.classes[phrase[0]] & (Word.DETERMINER | Word.POSSESSIVE) or end - phrase[0] > _LONGEST_DESCRIPTION:
        return None
    noun, classes = tokens.low[end - 1], tokens.classes[end - 1]
    listed = noun in language.persons or noun in language.genders or noun in language.names["passers_by"]
    known = is_person or listed or bool(classes & (Word.ROLE | Word.TITLE))
    several = noun.endswith(language.plural_suffix) or bool(classes & Word.COLLECTIVE)
    return Stranger(*phrase, sentence, language.genders.get(noun, "")) if known and not several else None


def _ends_description(tokens: Tokens, at: int) -> bool:
    ends = Word.PREPOSITION | Word.RELATIVE | Word.PASTLIKE | Word.VERBAL | Word.WH
    return tokens.kinds[at] != WORD or bool(tokens.classes[at] & ends)


def _brought_in(passage: Passage, number: int, before: int) -> Stranger | None:
    """The unnamed person with whom a sentence opens, and who asks nothing, or who is asked something in it."""
    tokens, language, sentence = passage.tokens, passage.language, passage.sentences[number]
    indefinite = language.names["indefinite"]
    for at in range(sentence.start, min(sentence.end, before) - 1):
        if tokens.low[at] not in indefinite:
            continue
        addressed = at > sentence.start and _asks(language, tokens.low[at - 1])
        if not (addressed or at == sentence.start):
            continue
        end = next((i for i in range(at + 1, sentence.end) if _ends_description(tokens, i)), sentence.end)
        person = unnamed_person(passage, (at, end), number, is_person=addressed)
        if person is not None:
            return person
    return None


def _asks(language: Language, low: str) -> bool:
    cue = language.cues.get(low)
    return cue is not None and "question" in cue.frames


def _may_mean(passage: Passage, pronoun: Pronoun, person: Stranger) -> bool:
    """Return whether the gender fits, and no other person, named or not, stands in the stranger's sentence or after."""
    tokens, genders, sentence = passage.tokens, passage.language.genders, passage.sentences[person.sentence]
    asks = tokens.classes[person.start - 1] & Word.BY or (
        person.end < len(tokens) and _asks(passage.language, tokens.low[person.end])
    )
    if asks or person.gender not in ("", pronoun.gender):
        return False
    named = passage.named_in(sentence.start, pronoun.at)
    if any(name.entity.kind == "person" and not _is_quoted(sentence, name.start) for name in named):
        return False
    end = min(sentence.end, pronoun.at)
    own = Word.SUBJECT_PRONOUN if person.spoke else 0  # "A man said | he | would go"
    alike = (i for i in range(person.end, end) if genders.get(tokens.low[i]) == pronoun.gender)
    return all(tokens.classes[i] & own or _asked_whether(passage, i) for i in alike)


def _is_quoted(sentence: Sentence, at: int) -> bool:
    return any(q.start <= at < q.end for q in sentence.quotations)


def _asked_whether(passage: Passage, at: int) -> bool:
    """Return whether the pronoun is the subject of an indirect question: "asked a baker whether | he | knew"."""
    return bool(passage.tokens.classes[at - 1] & Word.CONDITIONAL)


def _has_known_rival(ranked: Sequence[_Candidate], gender: str) -> bool:
    """Return whether somebody surely of the gender comes close to the first, whose gender is unknown."""
    first, rivals = ranked[0], ranked[1:]
    close = (rival for rival in rivals if first.score - rival.score <= _CLOSE)
    return first.name.entity.gender != gender and any(rival.name.entity.gender == gender for rival in close)


def _weigh(best: dict[int, _Candidate], candidate: _Candidate) -> None:
    """Keep the candidate if no better one is the same person."""
    before = best.get(id(candidate.name.entity))
    if before is None or before.score < candidate.score:
        best[id(candidate.name.entity)] = candidate


def _favour(best: dict[int, _Candidate], passage: Passage, pronoun: Pronoun, last: Spoke) -> None:
    """Count who spoke last as a near candidate, even if a pronoun named that speaker, unless a new subject came.

    A new subject gains as much as a name of the pronoun's gender.
    """
    subject = _new_subject(passage, pronoun, last)
    bonus = _SPOKE_LAST if subject is None else 0.0
    if subject is not None:
        best[id(subject)] = best[id(subject)]._replace(score=best[id(subject)].score + _SAME_GENDER)
    known = best.get(id(last.entity))
    if known is not None:
        best[id(last.entity)] = known._replace(score=known.score + bonus)
        return
    earlier = passage.names[: bisect_left(passage.starts, pronoun.at)]
    name = next((name for name in reversed(earlier) if name.entity is last.entity), None)
    if name is not None:
        distance = pronoun.sentence - last.sentence
        score = bonus + (_SAME_GENDER if last.entity.gender == pronoun.gender else 0) - distance
        best[id(last.entity)] = _Candidate(score, name, distance)


def _new_subject(passage: Passage, pronoun: Pronoun, last: Spoke) -> Entity | None:
    """The nearest subject since the last speaker, if it is somebody else: "Doe said no. | Roe | was unhappy. … he"."""
    for number in range(pronoun.sentence, last.sentence, -1):
        sentence = passage.sentences[number]
        for name in _candidates(passage, number, pronoun.at, pronoun.gender):
            if name.entity.sure and _is_subject(passage, name, sentence):
                return name.entity if name.entity is not last.entity else None
    return None


def _candidates(passage: Passage, number: int, before: int, gender: str) -> Sequence[Name]:
    sentence = passage.sentences[number]
    return [
        name
        for name in passage.named_in(sentence.start, min(sentence.end, before))
        if name.entity.kind == "person" and name.entity.gender in ("", gender)
    ]


def _score(passage: Passage, name: Name, number: int, gender: str) -> float:
    tokens, language, sentence = passage.tokens, passage.language, passage.sentences[number]
    score = 0.0
    after = _after(passage, name, sentence)
    opens = _opens(passage, name, sentence)
    if _is_subject(passage, name, sentence):
        score += _SUBJECT
    named = passage.named_in(sentence.start, sentence.end)
    if named[0] is name:
        score += _FIRST
    if opens and not any(_rivals(passage, name, other) for other in named):
        score += _TOPIC
    if name.entity.gender == gender:
        score += _SAME_GENDER
    if not name.entity.sure:
        score += _UNSURE
    if after < sentence.end and tokens.low[after] == "'" + language.possessive_suffix:
        score += _OWNER
    if _is_quoted(sentence, name.start):
        score += _QUOTED
    return score


def _rivals(passage: Passage, name: Name, other: Name) -> bool:
    """Return whether the other name is another person's, and no possessive: "took | Roe | 's side"."""
    owner = (
        other.end < len(passage.tokens) and passage.tokens.low[other.end] == "'" + passage.language.possessive_suffix
    )
    return other.entity is not name.entity and other.entity.kind == "person" and not owner


def _after(passage: Passage, name: Name, sentence: Sentence) -> int:
    """The first token after the name that is no adverb."""
    tokens, after = passage.tokens, name.end
    while after < sentence.end and tokens.classes[after] & Word.ADVERB:
        after += 1
    return after


def _opens(passage: Passage, name: Name, sentence: Sentence) -> bool:
    """Return whether the name, with what its bearer is, opens its sentence before a comma: "Retired baker Doe, 22,"."""
    tokens, after = passage.tokens, _after(passage, name, sentence)
    before = range(sentence.start, name.run)
    plain = len(before) <= _DESCRIBED and all(
        tokens.kinds[i] == WORD and not tokens.classes[i] & _NO_DESCRIPTION for i in before
    )
    return plain and after < sentence.end and tokens.kinds[after] == COMMA


def _is_subject(passage: Passage, name: Name, sentence: Sentence) -> bool:
    """Return whether the name is a subject: "Doe came", "Doe, 22, came"."""
    after = _after(passage, name, sentence)
    finite = after < sentence.end and bool(passage.tokens.classes[after] & FINITE)
    return finite or _opens(passage, name, sentence)


def learn_genders(passage: Passage) -> None:
    """Set the gender of people whose names show none, by the pronouns of sentences that name nobody else."""
    votes: dict[int, int] = {}
    unknown: dict[int, Entity] = {}
    for entity, gender in _votes(passage):
        unknown[id(entity)] = entity
        votes[id(entity)] = votes.get(id(entity), 0) + (1 if gender == "male" else -1)
    for key, entity in unknown.items():
        if abs(votes[key]) >= _ENOUGH:
            entity.gender = "male" if votes[key] > 0 else "female"


def _votes(passage: Passage) -> Iterator[tuple[Entity, str]]:
    tokens, genders = passage.tokens, passage.language.genders
    for sentence in passage.sentences:
        people = [n for n in passage.named_in(sentence.start, sentence.end) if n.entity.kind == "person"]
        if len({id(n.entity) for n in people}) != 1 or people[0].entity.gender:
            continue
        quoted = {i for q in sentence.quotations for i in range(q.start, q.end)}
        if people[0].start in quoted:
            continue
        for i in range(people[0].end, sentence.end):
            if i not in quoted and tokens.classes[i] & (Word.PRONOUN | Word.POSSESSIVE):
                gender = genders.get(tokens.low[i], "")
                if gender in _GENDERS:
                    yield people[0].entity, gender
