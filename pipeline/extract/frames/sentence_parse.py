"""A sentence while its attributions are read: its tokens, its quotations, and the attributions read so far."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pipeline.extract.lexicon import FINITE, Cue, Form, Language, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Quotation, Sentence
from pipeline.extract.text.tokens import COMMA, DASH, STOP, WORD, Tokens
from pipeline.model import Modality

Via = Literal[
    "subject",
    "inverted",
    "opening",
    "relative",
    "shared",
    "according",
    "possessive",
    "label",
    "passive",
    "nested",
    "dropped",
]

Frame = Literal[
    "quotation",
    "that",
    "zero",
    "wh",
    "to",
    "as",
    "like",
    "object",
    "preposition",
    "before",
    "around",
    "label",
    "headline",
    "dialogue",
    "block",
]


class Attribution(NamedTuple):
    """Token ranges of cue, speaker and content; `via` is how the speaker was found, `frame` how the content was."""

    sentence: int
    cue: Range
    speaker: Range | None
    via: Via
    content: tuple[Range, ...]
    frame: Frame
    modality: Modality
    lemma: str


class Subject(NamedTuple):
    """The subject of a reporting verb: its phrase, and the rule that recognised it."""

    phrase: Range
    via: Via


@dataclass(slots=True)
class SentenceParse:
    """A sentence in the course of being read; `reports` grows."""

    tokens: Tokens
    language: Language
    sentence: Sentence
    start: int
    end: int
    number: int
    following: Sentence | None
    opening: dict[int, Quotation]
    closing: dict[int, Quotation]
    reports: list[Attribution] = field(default_factory=list)

    def floor(self, at: int) -> int:
        """The end of the last quotation before `at`, or the sentence's start."""
        floor = self.start
        for end in self.closing:  # in order
            if end > at:
                break
            floor = end
        return floor

    def ceiling(self, at: int) -> int:
        """The start of the first quotation after `at`, or the sentence's end."""
        return min((start for start in self.opening if start >= at), default=self.end)

    def is_(self, at: int, classes: int) -> bool:
        """Return whether the token at `at` is in the sentence and of one of the classes."""
        return self.start <= at < self.end and bool(self.tokens.classes[at] & classes)

    def kind(self, at: int) -> int:
        """The kind of the token at `at`; -1 outside the sentence."""
        return self.tokens.kinds[at] if self.start <= at < self.end else -1

    def cue(self, at: int) -> Cue | None:
        """The reporting verb at `at`, with the words that it needs after it."""
        cue = self.language.cues.get(self.tokens.low[at]) if self.start <= at < self.end else None
        return cue if cue is None or cue.frames or self.with_particle(cue, at + 1) else None

    def with_particle(self, cue: Cue, at: int) -> tuple[int, frozenset[str]] | None:
        """The end of the longest particle of the verb that stands at `at`, and its frames: "out", "it very clear"."""
        ends = ((self._after_words(particle.split(), at), frames) for particle, frames in cue.particles.items())
        return max((each for each in ends if each[0] > at), key=lambda each: each[0], default=None)

    def _after_words(self, words: list[str], at: int) -> int:
        """The token after the words, between which adverbs may stand; 0 if they do not stand at `at`."""
        for word in words:
            at = at if self._is_low(at, word) else self.skip(at, Word.ADVERB)
            if not self._is_low(at, word):
                return 0
            at += 1
        return at

    def _is_low(self, at: int, word: str) -> bool:
        return at < self.end and self.tokens.low[at] == word

    def is_cue(self, at: int, forms: int = Form.PAST | Form.GERUND) -> bool:
        """Return whether a verb that introduces quotations stands at `at` in one of the forms."""
        cue = self.cue(at)
        return cue is not None and "quote" in cue.frames and bool(cue.form & forms)

    def owns(self, at: int) -> bool:
        """Return whether a possessive suffix follows the token: "yesterday | 's"."""
        return at + 1 < self.end and self.tokens.low[at + 1] == "'" + self.language.possessive_suffix

    def skip(self, at: int, classes: int) -> int:
        """The first token from `at` on that is in none of the classes."""
        while self.is_(at, classes):
            at += 1
        return at

    def is_finite(self, at: int) -> bool:
        """Return whether the token is in the sentence and a verb in a finite form."""
        return self.is_(at, FINITE)

    def has_quotation(self, start: int, end: int) -> bool:
        """Return whether a whole quotation lies between the tokens."""
        return any(start <= q.start and q.end <= end for q in self.sentence.quotations)

    def in_quotation(self, at: int) -> bool:
        """Return whether the token stands in a quotation of the sentence."""
        return any(q.start <= at < q.end for q in self.sentence.quotations)

    def reported(self, at: int) -> bool:
        """Return whether the token is in the content of an attribution that was read before."""
        return any(start <= at < end for earlier in self.reports for start, end in earlier.content)

    def named(self, phrase: Range) -> bool:
        """Return whether a capitalised word is in the phrase."""
        return any(self.tokens.capital[i] for i in range(*phrase))

    def phrase_at(self, at: int) -> int:
        """The length of "according to", "in Doe's view" and their like at `at`; 0 if none is there."""
        low = self.tokens.low
        for phrase in self.language.phrases:
            if low[at] == phrase[0] and tuple(low[at : at + len(phrase)]) == phrase:
                return len(phrase)
        return self._view_end(at) - at if self.language.views and low[at] in self.language.view_openers else 0

    def _view_end(self, at: int) -> int:
        """The end of "in Doe's view", "by her own account"; `at` if no such phrase stands there, set off by a comma."""
        low, suffix = self.tokens.low, "'" + self.language.possessive_suffix
        for i in range(at + 2, min(at + _VIEW, self.end)):
            if self.kind(i - 1) != WORD or self.is_(i - 1, Word.VERBAL | Word.PREPOSITION | Word.CONJUNCTION):
                return at
            own = i - 1 - (not self.tokens.classes[i - 1] and low[i - 1] != suffix)  # "her own view"
            owned = self.is_(own, Word.POSSESSIVE) or low[own] == suffix
            if owned and (low[at], low[i]) in self.language.views:
                return i + 1 if self._is_set_off(at, i + 1) else at
        return at

    def _is_set_off(self, start: int, end: int) -> bool:
        """Return whether the phrase opens a clause, or a comma or the sentence's end stands beside it."""
        opens = start == self.start or self.is_(start - 1, Word.CONJUNCTION) or self.kind(start - 1) in (COMMA, DASH)
        closes = self.kind(end) in (COMMA, DASH, STOP, -1)
        return closes or (opens and not self.is_(end, Word.PREPOSITION | Word.COMPLEMENTISER))

    def view_before(self, noun: int) -> int | None:
        """The token that opens "in Doe's view", whose noun stands at `noun`."""
        openers = range(noun - 2, max(noun - _VIEW, self.start - 1), -1)
        return next((at for at in openers if self.phrase_at(at) and self._view_end(at) == noun + 1), None)


_VIEW = 9  # tokens of "in the former harbour minister's words"

ADJUNCT = Word.TIME | Word.DAYTIME | Word.ADVERB

TITLE = 8  # tokens of a quotation that may be the title of a work, its marks among them
