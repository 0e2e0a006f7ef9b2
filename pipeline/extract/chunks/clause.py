"""A sentence while it is read by chunks: its tokens, its quotations, and where names stand in it."""

from collections.abc import Set
from dataclasses import dataclass, field

from pipeline.extract.frames.sentence_parse import Attribution
from pipeline.extract.grammar import Grammar
from pipeline.extract.lexicon import AUXILIARY, Cue, Language, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.quotations import Quotation
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import COLON, COMMA, DASH, SEMICOLON, WORD, Tokens

VERB = Word.VERBAL | AUXILIARY

OPENS_CLAUSE = Word.COMPLEMENTISER | Word.SUBORDINATOR | Word.WH

_BOUNDS = (COMMA, COLON, SEMICOLON, DASH)


@dataclass(slots=True)
class Clauses:
    """A sentence with its quotations by where they open and close; `found` grows."""

    tokens: Tokens
    language: Language
    grammar: Grammar
    sentence: Sentence
    start: int
    end: int
    number: int
    opening: dict[int, Quotation]
    closing: dict[int, Quotation]
    named: Set[int]  # the tokens of names
    people: Set[int]  # the tokens of people's names
    following: Sentence | None = None
    found: list[Attribution] = field(default_factory=list)

    def is_(self, at: int, classes: int) -> bool:
        """Whether the token at `at` is in the sentence and of one of the classes."""
        return self.start <= at < self.end and bool(self.tokens.classes[at] & classes)

    def kind(self, at: int) -> int:
        """The kind of the token at `at`; -1 outside the sentence."""
        return self.tokens.kinds[at] if self.start <= at < self.end else -1

    def low(self, at: int) -> str:
        """The token at `at` in lower case; empty outside the sentence."""
        return self.tokens.low[at] if self.start <= at < self.end else ""

    def capital(self, at: int) -> bool:
        """Whether the token at `at` is in the sentence and capitalised."""
        return self.start <= at < self.end and self.tokens.capital[at]

    def cue(self, at: int) -> Cue | None:
        """The reporting verb at `at`."""
        return self.language.cues.get(self.tokens.low[at]) if self.start <= at < self.end else None

    def is_finite(self, at: int) -> bool:
        """Whether a verb in a finite form is at `at`: a listed verb, an auxiliary, a reporting verb."""
        return self.is_(at, VERB | Word.PASTLIKE) and not (self.capital(at) and at > self.start)

    def is_reported(self, at: int) -> bool:
        """Whether the verb at `at` reports speech by its form alone."""
        low = self.low(at)
        grammar = self.grammar
        return not self.capital(at) and (low in grammar.reported or low.endswith(grammar.reported_endings or ("\n",)))

    def is_subjunctive(self, at: int) -> bool:
        """Whether the word at `at`, which follows a subject, reports speech by its ending."""
        if self.is_reported(at):
            return True
        grammar, low = self.grammar, self.low(at)
        plain = self.kind(at) == WORD and not self.capital(at) and not self.tokens.classes[at] & ~Word.VERBAL
        return plain and low.endswith(grammar.subjunctive_endings) and not low.endswith(grammar.indicative_endings)

    def in_quotation(self, at: int) -> bool:
        """Whether the token stands in a quotation of the sentence."""
        return any(q.start <= at < q.end for q in self.sentence.quotations)

    def skip(self, at: int, classes: int) -> int:
        """The first token from `at` on that is in none of the classes."""
        while self.is_(at, classes):
            at += 1
        return at

    def is_named(self, phrase: Range) -> bool:
        """Whether a name is in the phrase."""
        return not self.named.isdisjoint(range(*phrase))

    def is_person(self, phrase: Range) -> bool:
        """Whether a person's name is in the phrase."""
        return not self.people.isdisjoint(range(*phrase))

    def clause_start(self, at: int) -> int:
        """Where the clause of the token before `at` begins: after a comma, a colon, a dash, a quotation."""
        while at > self.start and self.kind(at - 1) not in _BOUNDS and at not in self.closing:
            at -= 1
        return at

    def clause_stop(self, at: int) -> int:
        """Where the clause that goes on at `at` ends: before a comma, a colon, a dash, a quotation."""
        while at < self.end and self.kind(at) not in _BOUNDS and at not in self.opening:
            at += 1
        return at

    def words(self, start: int, end: int) -> int:
        """The number of words among the tokens."""
        return sum(self.tokens.kinds[i] == WORD for i in range(start, end))

    def taken(self, at: int) -> bool:
        """Whether the token is in what was found to be said so far."""
        return any(a <= at < b for earlier in self.found for a, b in earlier.content)
