"""An article as the reading by chunks sees it: its sentences, the places of reports, its people and its dialogue."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from pipeline.extract.chunks import dialogue, subjects
from pipeline.extract.chunks.clause import Clauses
from pipeline.extract.grammar import Grammar
from pipeline.extract.lexicon import Language
from pipeline.extract.names.entities import Name
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import DASH, Tokens

_NOTHING: frozenset[int] = frozenset()


class Article:
    """The state of an article that the reading of each sentence needs."""

    def __init__(
        self,
        tokens: Tokens,
        language: Language,
        grammar: Grammar,
        sentences: Sequence[Sentence],
        names: Sequence[Name],
    ) -> None:
        self.tokens = tokens
        self.language = language
        self.grammar = grammar
        self.sentences = sentences
        self.starts = [sentence.start for sentence in sentences]
        self.places = list(_places(tokens, language, grammar))
        self._moods = list(_moods(tokens, grammar))
        self.named = {i for name in names for i in range(name.start, name.end)}
        self._people = [name for name in names if name.entity.kind == "person"]
        self._starts = [name.start for name in self._people]
        self.people = {i for name in self._people for i in range(name.start, name.end)}
        self.spoken: set[int] = set()  # the numbers of sentences in lines of dialogue

    def only_person(self, sentence: Sentence) -> Range | None:
        """The name of the only person whom a sentence without quotations names."""
        first = bisect_left(self._starts, sentence.start)
        named = self._people[first : bisect_left(self._starts, sentence.end)]
        return None if sentence.quotations else _only(named)

    def narrated_person(self, sentence: Sentence) -> Range | None:
        """The name of the only person whom a sentence names outside of its quotations."""
        first = bisect_left(self._starts, sentence.start)
        named = [
            name
            for name in self._people[first : bisect_left(self._starts, sentence.end)]
            if not any(q.start <= name.start < q.end for q in sentence.quotations)
        ]
        return _only(named)

    def tellers(self, number: int) -> tuple[Range | None, Range | None]:
        """The subject of the reporting verb of the sentence of this number, and the only person whom it names."""
        sentence = self.sentences[number]
        return dialogue.teller(self.clauses(number), self.places_in(sentence)), self.only_person(sentence)

    def named_since(self, first: int, number: int) -> Range | None:
        """The only person whom the last sentence from `first` on, before this number, names."""
        narrated = (n for n in range(number - 1, max(0, first) - 1, -1) if n not in self.spoken)
        persons = (self.only_person(self.sentences[n]) for n in narrated)
        return next((person for person in persons if person), None)

    def subject_before(self, number: int) -> Range | None:
        """The unnamed person who is the subject of the narration right before in the same paragraph."""
        apart = not number or self.sentences[number - 1].paragraph != self.sentences[number].paragraph
        if apart or number - 1 in self.spoken:
            return None
        clauses = self.clauses(number - 1)
        subject = subjects.subject_of(clauses, clauses.start, clauses.end, first=True)
        if subject is None or clauses.is_named(subject.phrase) or clauses.in_quotation(subject.phrase[0]):
            return None
        return subject.phrase if subjects.is_somebody(clauses, subject.phrase) else None

    def named_before(self, at: int) -> Range | None:
        """The last name of a person before the token."""
        place = bisect_left(self._starts, at)
        return (self._people[place - 1].start, self._people[place - 1].end) if place else None

    def speaks_of_itself(self, first: int, last: int) -> bool:
        """Return whether the sentences of these numbers have a pronoun of the first person outside of quotations."""
        genders, sentences = self.language.genders, self.sentences[first : last + 1]
        quoted = {i for each in sentences for q in each.quotations for i in range(q.start, q.end)}
        inside = (i for i in range(sentences[0].start, sentences[-1].end) if i not in quoted)
        return any(genders.get(self.tokens.low[i]) == "first" for i in inside)

    def may_be_reported(self, number: int) -> bool:
        """Return whether the sentence of this number holds a form that marks reported speech by itself."""
        sentence = self.sentences[number]
        return bisect_left(self._moods, sentence.start) < bisect_left(self._moods, sentence.end)

    def places_in(self, sentence: Sentence) -> list[int]:
        """The tokens of the sentence at which a report may be."""
        return self.places[bisect_left(self.places, sentence.start) : bisect_left(self.places, sentence.end)]

    def line(self, first: int, last: int) -> dialogue.Line:
        """The sentences of these numbers as a line of dialogue."""
        sentences = self.sentences[first : last + 1]
        quotations = tuple(q for each in sentences for q in each.quotations)
        whole = Sentence(sentences[0].start, sentences[-1].end, sentences[0].paragraph, quotations)
        return dialogue.Line(
            self.clauses(first, whole),
            self.places_in(whole),
            whole.paragraph,
            self._introduced(first),
            self._named_before(first),
        )

    def _introduced(self, number: int) -> Range | None:
        """Return who speaks the sentence of this number, by a sentence before it that ends in a colon."""
        if not number or number - 1 in self.spoken:
            return None
        before = self.sentences[number - 1]
        return dialogue.introducing(self.clauses(number - 1), self.places_in(before))

    def _named_before(self, number: int) -> Range | None:
        """The only person whom the narration names that ends right before the sentence of this number."""
        if not number or number - 1 in self.spoken:
            return None
        before = self.sentences[number - 1]
        return None if DASH in self.tokens.kinds[before.start : before.end] else self.only_person(before)

    def clauses(self, number: int, whole: Sentence | None = None) -> Clauses:
        """The sentence of this number, or a `whole` that it is part of, ready to be read."""
        sentence = whole or self.sentences[number]
        quotations = sentence.quotations
        following = self.sentences[number + 1] if number + 1 < len(self.sentences) else None
        return Clauses(
            tokens=self.tokens,
            language=self.language,
            grammar=self.grammar,
            sentence=sentence,
            start=sentence.start,
            end=sentence.end,
            number=number,
            opening={q.start: q for q in quotations} if quotations else {},
            closing={q.end: q for q in quotations} if quotations else {},
            named=self.named,
            people=self.people,
            quoted={i for q in quotations for i in range(q.start, q.end)} if quotations else _NOTHING,
            following=following,
        )


def _only(named: Sequence[Name]) -> Range | None:
    """The first name of the only person among the names, or of the only one who surely is a person."""
    people = named if len({id(name.entity) for name in named}) == 1 else [n for n in named if n.entity.sure]
    return (people[0].start, people[0].end) if len({id(name.entity) for name in people}) == 1 else None


def _moods(tokens: Tokens, grammar: Grammar) -> Iterator[int]:
    """The tokens whose form marks reported speech by itself."""
    words, endings = grammar.reported, grammar.reported_endings or ("\n",)
    return (i for i, low in enumerate(tokens.low) if low in words or low.endswith(endings))


def _places(tokens: Tokens, language: Language, grammar: Grammar) -> Iterator[int]:
    """The tokens at which a report may be: reporting verbs, and words that name a source."""
    words = language.reports | grammar.source_prepositions | grammar.source_afters | grammar.postpositions
    words |= grammar.inserted | grammar.opinions
    for i, low in enumerate(tokens.low):
        if low in words:
            yield i
