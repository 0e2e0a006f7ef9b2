"""Capitalised runs of words that may be names, with the titles before them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from pipeline.extract.lexicon import Language, Word
from pipeline.extract.names.name_start import CLOSED, is_office, trimmed
from pipeline.extract.text.phrases import is_named_like_month, is_verb
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import CLOSE, COMMA, NUMBER, OPEN, WORD, Tokens, abbreviates

_HEADLINE_SHARE = 0.7  # of a line's longer words are capitalised: a headline in title case, whose runs are no names

_HEADLINE_WORDS = 5

_SHORT_WORD = 3  # letters of words that title case may leave small

_LONGEST_NAME = 12  # tokens of a name that an acronym may stand for

_OPENERS = frozenset('.!?:“"')  # after which a capital letter is no sign of a name

_NOT_INSIDE = Word.TIME | Word.SUBJECT_PRONOUN | Word.PREPOSITION


@dataclass(slots=True)
class NameSpan:
    """A name's words, from token `start` up to `end`; `run` is where its titles, and the ties before them, begin."""

    start: int
    end: int
    run: int
    words: tuple[str, ...]
    titles: tuple[str, ...]
    ties: tuple[str, ...]
    opens_sentence: bool
    headline: bool


def _is_headline(tokens: Tokens, language: Language, sentence: Sentence, capitals: int) -> bool:
    """Whether the sentence is a headline in title case: most words capitalised, and no small verb."""
    if not language.code or capitals < _HEADLINE_SHARE * _HEADLINE_WORDS:
        return False
    classes = tokens.classes[sentence.start : sentence.end]
    if any(map(Word.PASTLIKE.__and__, classes)):
        return False
    places = range(sentence.start, sentence.end)
    longer = [i for i in places if tokens.kinds[i] == WORD and len(tokens.low[i]) > _SHORT_WORD]
    if len(longer) < _HEADLINE_WORDS or sum(tokens.capital[i] for i in longer) < _HEADLINE_SHARE * len(longer):
        return False
    return not any(is_verb(tokens, i) for i in places if not tokens.capital[i])


def _run_end(tokens: Tokens, language: Language, start: int, end: int) -> int:
    """The end of the run of name words that begins at `start`."""
    particles, organisations = language.name_words("particles"), language.name_words("organisation")
    ends = language.name_words("ends")
    i = start + 1
    while i < end:
        if tokens.capital[i]:
            if tokens.classes[i] & _NOT_INSIDE or tokens.low[i] in ends or tokens.low[i][0] in "'@#":
                break
            i += 1
        elif (tokens.low[i] == "." and abbreviates(tokens, language, i) and i + 1 < end and tokens.capital[i + 1]) or (
            tokens.low[i] in particles and _capital_within(tokens, i + 1, min(i + 3, end), particles)
        ):
            i += 1
        elif tokens.low[i] == "&" or (
            tokens.classes[i] & Word.OF and any(w in organisations for w in tokens.low[start:i])
        ):
            if not _capital_within(tokens, i + 1, min(i + 3, end), language.name_words("joiners")):
                break
            i += 1 if tokens.capital[i + 1] else 2
        else:
            break
    return i


def _capital_within(tokens: Tokens, start: int, end: int, between: frozenset[str]) -> bool:
    for i in range(start, end):
        if tokens.capital[i]:
            return True
        if tokens.low[i] not in between:
            return False
    return False


def _starts_run(tokens: Tokens, language: Language, i: int, *, first: bool) -> bool:
    if tokens.low[i][0] in "'@#" or tokens.classes[i] & Word.SUBJECT_PRONOUN:
        return False
    if tokens.classes[i] & Word.TIME:
        return is_named_like_month(tokens, language, i)
    closed = tokens.classes[i] & CLOSED
    if not closed:
        return not first or not (tokens.low[i] in language.cues or language.word_class(tokens.low[i]) & Word.ADVERB)
    # "May said", "Will Smith": a closed word within a sentence is a name only if it is not the usual sort of it.
    return not first and not closed & (Word.DETERMINER | Word.PRONOUN | Word.POSSESSIVE | Word.CONJUNCTION | Word.BE)


def runs(tokens: Tokens, language: Language, sentences: list[Sentence]) -> Iterator[NameSpan]:
    """The article's runs in order."""
    capitals = list(compress(range(len(tokens)), tokens.capital))
    place = 0
    for sentence in sentences:
        stop = bisect_left(capitals, sentence.end, place)
        if place < stop:
            yield from _runs(tokens, language, sentence, capitals[place:stop])
        place = stop


def _runs(tokens: Tokens, language: Language, sentence: Sentence, capitals: Sequence[int]) -> Iterator[NameSpan]:
    """The runs of a sentence, of which these words are capitalised."""
    headline = _is_headline(tokens, language, sentence, len(capitals))
    end, ends = -1, language.name_words("ends")
    for i in capitals:
        if i < end or (tokens.low[i] in ends and _follows(tokens, i, end)):
            continue
        first = _is_first(tokens, sentence.start, i)
        if not _starts_run(tokens, language, i, first=first):
            continue
        end = _run_end(tokens, language, i, sentence.end)
        begin, titles = trimmed(tokens, language, i, end)
        if tokens.low[begin] in language.given_names:  # "Speaker Jo Doe | of Farland"
            end = next((at for at in range(begin + 1, end) if tokens.classes[at] & Word.OF), end)
        words = tuple(tokens.low[begin:end])
        if "." in words:  # "J. Doe"
            words = tuple(word for word in words if word != ".")
        if words and not is_office(tokens, language, begin, end):
            ties = tuple(w for w in tokens.low[i:begin] if w not in titles) if titles else ()
            yield NameSpan(begin, end, i, words, titles, ties, first and i == begin, headline)


def _follows(tokens: Tokens, i: int, end: int) -> bool:
    """Whether the word at `i` stands right after the name that ends at `end`: "Jo Doe KC", "Jo Doe, KC"."""
    return i == end or (i == end + 1 and tokens.kinds[end] == COMMA)


def _is_first(tokens: Tokens, start: int, i: int) -> bool:
    """Whether the word at `i` begins a sentence, or one within the sentence that begins at `start`."""
    while i > start:
        i -= 1
        if tokens.kinds[i] in (WORD, NUMBER):
            return False
        if tokens.low[i] in _OPENERS:
            return True
    return True


def expansion(run: NameSpan, tokens: Tokens, language: Language) -> tuple[int, int] | None:
    """The full name before an acronym in brackets: "Harbour Workers' Union (HWU)"."""
    bracketed = run.start > 0 and run.end < len(tokens) and tokens.kinds[run.start - 1] == OPEN
    if not bracketed or tokens.kinds[run.end] != CLOSE or not tokens.words(run.start, run.end).isupper():
        return None
    joiners = language.name_words("joiners")
    at, left = run.start - 2, list(run.words[0].replace(".", ""))
    while left and at >= 0 and run.start - at < _LONGEST_NAME:
        if tokens.capital[at] and tokens.low[at][0] == left[-1]:
            left.pop()
        elif tokens.capital[at] or not (tokens.low[at] in joiners or tokens.low[at][0] in "'’"):
            return None
        at -= 1
    return None if left else (at + 1, run.start - 1)
