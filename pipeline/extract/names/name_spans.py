"""Spans of names: runs of capitalised words, without the titles, trades, nationalities and offices before them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from pipeline.extract.lexicon import Language, Word, endings
from pipeline.extract.names.entities import given_name
from pipeline.extract.text.phrases import is_named_like_month, is_verb
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import BREAK, CLOSE, COLON, COMMA, MARK, NUMBER, OPEN, STOP, WORD, Tokens, abbreviates

CLOSED = (
    Word.DETERMINER
    | Word.POSSESSIVE
    | Word.PRONOUN
    | Word.PREPOSITION
    | Word.SUBORDINATOR
    | Word.CONJUNCTION
    | Word.WH
    | Word.BE
    | Word.HAVE
    | Word.DO
    | Word.NEGATION
    | Word.ADVERB
    | Word.INFINITIVE
    | Word.VERB
)

_RANK = range(3, 5)  # letters of a rank in capitals: "DCI"

_FULL_NAME = range(2, 4)  # words of a person's name without particles

_NAME_AND_PLACE = 3  # words of "Norland Jo Doe" after "President of"


def is_title(tokens: Tokens, language: Language, at: int) -> bool:
    """Return whether the word is a title, or several joined by hyphens: "Major-Gen", "Editor-in-Chief"."""
    if tokens.classes[at] & Word.TITLE:
        return True
    if "-" not in tokens.low[at]:
        return False
    first, *rest = tokens.low[at].split("-")
    if not language.word_class(first) & Word.TITLE:
        return False
    return all(language.word_class(part) & (Word.TITLE | Word.PREPOSITION) for part in rest)


def trimmed(tokens: Tokens, language: Language, start: int, end: int) -> tuple[int, tuple[str, ...]]:
    """Return where the name begins after titles and words that are none, and the titles."""
    if end - start == 1:
        return start, ()
    titled = [i for i in range(start, end) if is_title(tokens, language, i)]
    while titled and titled[-1] == end - 1:
        titled.pop()
    begin = titled[-1] + 1 if titled else start
    if begin < end and tokens.low[begin] == ".":
        begin += 1
    begin = max(begin, _beyond_office(tokens, language, start, end), _beyond_place(tokens, language, begin, end))
    not_names = language.names["not_names"]
    while begin < end - 1 and (tokens.low[begin] in not_names or tokens.classes[begin] & CLOSED & ~Word.VERB):
        begin += 1
    if language.grammar is not None and end - begin >= _NAME_AND_PLACE and tokens.low[begin] in language.persons:
        titled.append(begin)
        begin += 1  # "Melkebonden | Ida Bro"
    begin = _beyond_acronym(tokens, language, begin, end)
    begin = _beyond_month(tokens, language, begin, end)
    return _beyond_trade(tokens, language, begin, end), tuple(tokens.low[i] for i in titled)


def _beyond_office(tokens: Tokens, language: Language, start: int, end: int) -> int:
    """Return where the name begins after what a title is of: "Secretary of State | Jo Doe"."""
    before = start - 1 - bool(tokens.classes[start - 1] & Word.ARTICLE)
    joint = Word.OF | Word.FOR | Word.INFINITIVE  # "Ambassador to"
    if before < 1 or not tokens.classes[before] & joint or not tokens.classes[before - 1] & Word.TITLE:
        return start
    forename = next((i for i in range(start + 1, end - 1) if tokens.low[i] in language.given_names), None)
    if forename is not None:
        return forename
    listed = language.names["before_places"] | language.names["organisation"] | language.names["place"]
    own = end - start == _NAME_AND_PLACE and not any(word in listed for word in tokens.low[start:end])
    return start + 1 if own else start


def _beyond_place(tokens: Tokens, language: Language, start: int, end: int) -> int:
    """Return the start of a name after an office's place, where no article parts them: "Мер Верхівки | Іван Дуб"."""
    grammar = language.grammar
    if grammar is None or not grammar.bare_roles or end - start != _NAME_AND_PLACE:
        return start
    office = start > 0 and bool(tokens.classes[start - 1] & Word.TITLE)
    named = given_name(tokens.low[start], language) or tokens.low[start + 1].endswith(grammar.patronymics or ("\n",))
    listed = language.names["organisation"] | language.names["particles"]
    return start if not office or named or any(word in listed for word in tokens.low[start:end]) else start + 1


def _beyond_acronym(tokens: Tokens, language: Language, start: int, end: int) -> int:
    """Return where the name begins after the acronym of a body: "Rzeczniczka PKP | Ida Bro", "à l'AFP | Jo Brel"."""
    if language.grammar is None or end - start < _NAME_AND_PLACE or tokens.words(start, end).isupper():
        return start
    acronyms = [i for i in range(start, end) if len(tokens.low[i]) > 1 and tokens.words(i, i + 1).isupper()]
    begin = acronyms[-1] + 1 if acronyms else start
    if begin == start or end - begin not in _FULL_NAME or any(kind != WORD for kind in tokens.kinds[begin:end]):
        return start
    listed = language.names["organisation"] | language.names["place"] | language.names["particles"]
    return start if any(word in listed for word in tokens.low[begin:end]) else begin


def _beyond_month(tokens: Tokens, language: Language, start: int, end: int) -> int:
    """Return where the name begins after the month of a date: "In May | Theresa Moe", "Last May | Helen Crane"."""
    if end - start < _NAME_AND_PLACE or tokens.low[start] not in language.names["months"]:
        return start
    before = start - 1
    dated = before >= 0 and (
        tokens.classes[before] & Word.PREPOSITION or tokens.low[before] in language.names["dating"]
    )
    return start + 1 if dated else start


def _beyond_trade(tokens: Tokens, language: Language, start: int, end: int) -> int:
    """Return where the name begins after a trade or a nationality: "Welder | Uwe Prill", "Norwegian | Ida Bek".

    The word before a given name is one if it has the ending of one, or is no given name and there are two of them.
    """
    forename = next((i for i in range(start, end) if _is_given(tokens, language, i)), None)
    if forename is None or forename == start or end - forename < 2:  # a name has a surname
        return start
    listed = language.names["organisation"] | language.names["place"] | language.names["particles"]
    if any(word in listed for word in tokens.low[start:end]):
        return start
    trade = is_rank(tokens, start) or tokens.low[start].endswith(endings(language, "trades"))
    trade = trade or _is_no_name(tokens, language, start)
    return forename if forename - start > 1 or trade else start


def _is_given(tokens: Tokens, language: Language, at: int) -> bool:
    """Return whether the word is a given name; where languages are read by chunks, in any case or joined to another."""
    low = tokens.low[at]
    if language.grammar is None:
        return low in language.given_names
    return bool(given_name(low, language)) or ("-" in low and low.partition("-")[0] in language.given_names)


def _is_no_name(tokens: Tokens, language: Language, at: int) -> bool:
    """Return whether the word before a given name is a noun that opens a sentence, or the place of a title."""
    if language.grammar is None:
        return False
    if not at or language.grammar.noun_capitals:
        return True
    return tokens.kinds[at - 1] in (STOP, BREAK, MARK, COLON) or bool(tokens.classes[at - 1] & Word.TITLE)


def is_rank(tokens: Tokens, at: int) -> bool:
    """Return whether the word may be a rank in capitals: "DCI"."""
    return len(tokens.low[at]) in _RANK and tokens.words(at, at + 1).isupper()


def is_office(tokens: Tokens, language: Language, start: int, end: int) -> bool:
    """Return whether the run is an office, a party or a people, and no name: "the Prime Minister"."""
    before = start - 1
    while before > 0 and tokens.classes[before] & Word.TITLE and not tokens.capital[before]:
        before -= 1  # "the former | Harbour Bank CEO"
    definite = before >= 0 and bool(tokens.classes[before] & Word.DETERMINER)
    named = tokens.low[start] in language.given_names
    if definite and not named and _is_of_people(tokens.low[end - 1], language):
        return True
    if not is_title(tokens, language, end - 1):
        return False
    governs = end < len(tokens) and tokens.classes[end] & (Word.OF | Word.INFINITIVE | Word.FOR)  # "Secretary of Trade"
    addressed = end - start > 1 and all(_is_of_office(tokens, language, at) for at in range(start, end - 1))
    house = tokens.low[end - 1] in language.names["organisation"]
    return bool(definite or governs or addressed) and not named and not house


def _is_of_office(tokens: Tokens, language: Language, at: int) -> bool:
    """Return whether the word can stand before a title as part of an office: "Norwegian Foreign | Secretary"."""
    low = tokens.low[at]
    return is_title(tokens, language, at) or low in language.names["portfolios"] or _is_of_people(low, language)


def _is_of_people(word: str, language: Language) -> bool:
    """Return whether the word is one of a party or a people: "Democrat", "Norwegian"."""
    if word in language.names["organisation"]:
        return False
    return word in language.names["not_names"] or word.endswith(endings(language, "demonyms"))


_HEADLINE_SHARE = 0.7  # of a line's longer words are capitalised: a headline in title case, whose runs are no names

_HEADLINE_WORDS = 5

_SHORT_WORD = 3  # letters of words that title case may leave small

_RANKED = 2  # words of a surname after a rank

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
    rank: bool = False  # two words, the first of which may be a rank in capitals: "DCI Doe"


def _is_headline(tokens: Tokens, language: Language, sentence: Sentence, capitals: int) -> bool:
    """Return whether the sentence is a headline in title case: most words capitalised, and no small verb."""
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
    particles, organisations = language.names["particles"], language.names["organisation"]
    ends = language.names["ends"]
    i = start + 1
    if i < end and tokens.kinds[i] == NUMBER and tokens.low[start] in language.names["numbered"]:
        return i + 1  # "Number 10"
    while i < end:
        if tokens.capital[i]:
            if tokens.classes[i] & _NOT_INSIDE or tokens.low[i] in ends or tokens.low[i][0] in "'@#":
                break
            i += 1
        elif tokens.classes[i] & Word.AND and i + 1 < end and tokens.low[i + 1] in language.given_names:
            break  # "Jo Doe | and Ida Loon", though "and" joins surnames too
        elif (tokens.low[i] == "." and abbreviates(tokens, language, i) and i + 1 < end and tokens.capital[i + 1]) or (
            tokens.low[i] in particles and _capital_within(tokens, i + 1, min(i + 3, end), particles)
        ):
            i += 1
        elif tokens.low[i] == "&" or (
            tokens.classes[i] & Word.OF and any(w in organisations for w in tokens.low[start:i])
        ):
            if not _capital_within(tokens, i + 1, min(i + 3, end), language.names["joiners"]):
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
    if first and tokens.low[i] in language.names["insiders"]:
        return False  # "Fuentes | del Ejecutivo"
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


def with_opening_surnames(
    runs: Sequence[NameSpan], tokens: Tokens, language: Language, sentences: Sequence[Sentence]
) -> list[NameSpan]:
    """The runs, and the surnames that open a sentence with their particle: "Von Abel said", after "Ida von Abel"."""
    particles = language.names["particles"]
    surnames: dict[str, tuple[str, ...]] = {}
    for run in runs:
        at = next((i for i, word in enumerate(run.words) if i and word in particles), None)
        if at is not None and tokens.low[run.end - len(run.words) + at : run.end] == list(run.words[at:]):
            surnames[run.words[at]] = run.words[at:]
    opening = {sentence.start: surnames.get(tokens.low[sentence.start], ()) for sentence in sentences if surnames}
    added = [
        NameSpan(start, start + len(words), start, words, (), (), opens_sentence=False, headline=False)
        for start, words in opening.items()
        if words and tuple(tokens.low[start : start + len(words)]) == words and tokens.capital[start + len(words) - 1]
    ]
    by_start = {run.start: run for run in (*runs, *added)}
    return [by_start[start] for start in sorted(by_start)] if added else list(runs)


def _runs(tokens: Tokens, language: Language, sentence: Sentence, capitals: Sequence[int]) -> Iterator[NameSpan]:
    """The runs of a sentence, of which these words are capitalised."""
    headline = _is_headline(tokens, language, sentence, len(capitals))
    end, ends = -1, language.names["ends"]
    for i in capitals:
        if i < end or (tokens.low[i] in ends and _follows(tokens, i, end)):
            continue
        first = _is_first(tokens, sentence.start, i)
        if not _starts_run(tokens, language, i, first=first):
            continue
        end = _run_end(tokens, language, i, sentence.end)
        begin, titles = trimmed(tokens, language, i, end)
        if tokens.low[begin] in language.given_names:  # "Speaker Jo Doe | of Farland"
            end = _before_house(tokens, language, begin, end)
        words = tuple(tokens.low[begin:end])
        if "." in words:  # "J. Doe"
            words = tuple(word for word in words if word != ".")
        if words and not is_office(tokens, language, begin, end):
            ties = tuple(w for w in tokens.low[i:begin] if w not in titles) if titles else ()
            rank = len(words) == _RANKED and is_rank(tokens, begin)
            yield NameSpan(begin, end, i, words, titles, ties, first and i == begin, headline, rank)


def _before_house(tokens: Tokens, language: Language, begin: int, end: int) -> int:
    """Return the end of a name before its bearer's place or firm: "Speaker Jo Doe | of Farland"."""
    particles, grammar = language.names["particles"], language.grammar
    surname = begin + 1 < end and tokens.capital[begin + 1] and tokens.low[begin + 1] not in language.given_names
    if grammar is not None and grammar.noun_capitals and surname:
        particles = frozenset()  # with a surname before it, "von" opens no second surname
    joins = (at for at in range(begin + 1, end) if tokens.classes[at] & Word.OF and not tokens.capital[at])
    return next((at for at in joins if tokens.low[at] not in particles), end)


def _follows(tokens: Tokens, i: int, end: int) -> bool:
    """Return whether the word at `i` stands right after the name that ends at `end`: "Jo Doe KC", "Jo Doe, KC"."""
    return i == end or (i == end + 1 and tokens.kinds[end] == COMMA)


def _is_first(tokens: Tokens, start: int, i: int) -> bool:
    """Return whether the word at `i` begins a sentence, or one within the sentence that begins at `start`."""
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
    joiners = language.names["joiners"]
    at, left = run.start - 2, list(run.words[0].replace(".", ""))
    while left and at >= 0 and run.start - at < _LONGEST_NAME:
        if tokens.capital[at] and tokens.low[at][0] == left[-1]:
            left.pop()
        elif tokens.capital[at] or not (tokens.low[at] in joiners or tokens.low[at][0] in "'’"):
            return None
        at -= 1
    return None if left else (at + 1, run.start - 1)
