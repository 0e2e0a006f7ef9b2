"""A sentence in chunks: its tokens, quotations and names, the classes of its words, and where its clauses end."""

from collections.abc import Set
from dataclasses import dataclass, field

from pipeline.extract.frames.sentence_parse import Attribution
from pipeline.extract.grammar import Grammar
from pipeline.extract.lexicon import AUXILIARY, Cue, Language, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Quotation, Sentence
from pipeline.extract.text.tokens import COLON, COMMA, DASH, SEMICOLON, WORD, Tokens

VERB = Word.VERBAL | AUXILIARY

OPENS_CLAUSE = Word.COMPLEMENTISER | Word.SUBORDINATOR | Word.WH

BOUNDS = (COMMA, COLON, SEMICOLON, DASH)


@dataclass(slots=True)
class Clauses:
    """A sentence with its quotations by where they open and close; `reports` grows."""

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
    quoted: Set[int]  # the tokens within the sentence's quotations
    following: Sentence | None = None
    reports: list[Attribution] = field(default_factory=list)

    def is_(self, at: int, classes: int) -> bool:
        """Return whether the token at `at` is in the sentence and of one of the classes."""
        return self.start <= at < self.end and bool(self.tokens.classes[at] & classes)

    def kind(self, at: int) -> int:
        """The kind of the token at `at`; -1 outside the sentence."""
        return self.tokens.kinds[at] if self.start <= at < self.end else -1

    def low(self, at: int) -> str:
        """The token at `at` in lower case; empty outside the sentence."""
        return self.tokens.low[at] if self.start <= at < self.end else ""

    def capital(self, at: int) -> bool:
        """Return whether the token at `at` is in the sentence and capitalised."""
        return self.start <= at < self.end and self.tokens.capital[at]

    def cue(self, at: int) -> Cue | None:
        """The reporting verb at `at`."""
        return self.language.cues.get(self.tokens.low[at]) if self.start <= at < self.end else None

    def is_finite(self, at: int) -> bool:
        """Return whether a verb in a finite form is at `at`: a listed verb, an auxiliary, a reporting verb."""
        if not self.is_(at, VERB | Word.PASTLIKE) or (self.capital(at) and at > self.start):
            return False
        return not (self.is_(at - 1, Word.ARTICLE) and self.is_governed(at - 1))

    def is_governed(self, at: int) -> bool:
        """Return whether a preposition or a reporting verb before it makes an article of the word, and no pronoun."""
        return self.is_(at - 1, Word.PREPOSITION) or (self.cue(at - 1) is not None and not self.capital(at - 1))

    def is_reported(self, at: int) -> bool:
        """Return whether the verb at `at` reports speech by its form alone."""
        low = self.low(at)
        grammar = self.grammar
        return not self.capital(at) and (low in grammar.reported or low.endswith(grammar.reported_endings or ("\n",)))

    def is_reported_further(self, at: int) -> bool:
        """Return whether the verb's form reports speech inside a report, or in the sentence after a report."""
        plain = not self.capital(at) or at == self.start
        return self.is_reported(at) or (plain and self.low(at) in self.grammar.reported_further)

    def is_subjunctive(self, at: int) -> bool:
        """Return whether the word at `at`, which follows a subject, reports speech by its ending."""
        if self.is_reported(at):
            return True
        grammar, low = self.grammar, self.low(at)
        plain = self.kind(at) == WORD and not self.capital(at) and not self.tokens.classes[at] & ~Word.VERBAL
        others = (*grammar.indicative_endings, *grammar.nominal_endings)  # "der aus Norland stammende Bär"
        return plain and low.endswith(grammar.subjunctive_endings) and not low.endswith(others)

    def is_source(self, at: int) -> bool:
        """Return whether the word at `at` is a noun for what somebody says: "Angaben", "Polizeiangaben"."""
        low, grammar = self.low(at), self.grammar
        return low in grammar.sources or low.endswith(grammar.source_endings or ("\n",))

    def is_infinitive(self, at: int) -> bool:
        """Return whether an infinitive's particle is at `at`, or an infinitive that holds it: "auszurufen"."""
        infixed = not self.capital(at) and self.low(at).startswith(self.grammar.infixed or ("\n",))
        article = self.is_(at + 1, Word.DETERMINER | Word.POSSESSIVE) and self.low(at + 1) not in self.grammar.perfects
        noun = self.capital(at + 1) or article  # "zu einer Maßnahme"
        return (self.is_(at, Word.INFINITIVE) and not noun) or (
            infixed and self.low(at).endswith(self.grammar.infinitive_endings)
        )

    def in_quotation(self, at: int) -> bool:
        """Return whether the token stands in a quotation of the sentence."""
        return at in self.quoted

    def skip(self, at: int, classes: int) -> int:
        """The first token from `at` on that is in none of the classes."""
        while self.is_(at, classes):
            at += 1
        return at

    def is_named(self, phrase: Range) -> bool:
        """Return whether a name is in the phrase."""
        return not self.named.isdisjoint(range(*phrase))

    def is_person(self, phrase: Range) -> bool:
        """Return whether a person's name is in the phrase."""
        return not self.people.isdisjoint(range(*phrase))

    def clause_start(self, at: int) -> int:
        """Return where the clause of the token before `at` begins: after a comma, a colon, a dash, a quotation."""
        while at > self.start and at not in self.closing:
            if self.kind(at - 1) in BOUNDS and not self.is_compound(at - 1):
                break
            at -= 1
        return at

    def is_compound(self, at: int) -> bool:
        """Return whether a hyphen at `at` stands for the rest of a compound: "Bau- | und Verkehrsamt"."""
        joined = self.kind(at) == DASH and self.is_(at + 1, Word.AND)
        return joined and self.tokens.ends[at - 1] == self.tokens.starts[at]

    def clause_stop(self, at: int) -> int:
        """Return where the clause that goes on at `at` ends: before a comma, a colon, a dash, a quotation."""
        while at < self.end and self.kind(at) not in BOUNDS and at not in self.opening:
            at += 1
        return at

    def words(self, start: int, end: int) -> int:
        """The number of words among the tokens."""
        return sum(self.tokens.kinds[i] == WORD for i in range(start, end))

    def taken(self, at: int) -> bool:
        """Return whether the token is in the content of a report that was read before."""
        return any(a <= at < b for earlier in self.reports for a, b in earlier.content)
