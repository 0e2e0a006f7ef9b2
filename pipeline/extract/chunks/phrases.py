"""Noun phrases read from their first word, and the adjuncts that stand between a verb and what it reports."""

from typing import Literal

from pipeline.extract.chunks.clause import VERB, Clauses
from pipeline.extract.lexicon import Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import CLOSE, COMMA, NUMBER, OPEN, STOP, WORD, abbreviates

Step = Literal["head", "open", "out"]

_DETERMINING = Word.DETERMINER | Word.POSSESSIVE

_OUTSIDE = (
    VERB
    | Word.COMPLEMENTISER
    | Word.SUBORDINATOR
    | Word.WH
    | Word.RELATIVE
    | Word.CONJUNCTION
    | Word.PREPOSITION
    | Word.ADVERB
    | Word.NEGATION
    | Word.TIME
    | Word.INFINITIVE
    | Word.PRONOUN
    | Word.SUBJECT_PRONOUN
)

_OFFICE = 4  # words from an apposition's first to what its bearer is

_LONGEST = 24  # tokens of a phrase

_PARENTHESIS = 10  # tokens of "(CDU)", "(43, parteilos)"

_FIELD = 5  # tokens of what an office is for

_TITLE = 4  # words of a title in marks

_ADJUNCTS = 16  # tokens between a verb and its subject or content


def phrase(clauses: Clauses, at: int, stop: int) -> Range | None:
    """The noun phrase that begins at `at`, with an apposition that holds its name; None if none begins there."""
    stop = min(stop, at + _LONGEST)
    if at >= stop or clauses.kind(at) not in (WORD, NUMBER):
        return None
    if clauses.is_(at, Word.SUBJECT_PRONOUN):
        return at, at + 1
    if _is_outside(clauses, at):
        return None
    end = _with_bearer(clauses, (at, _core(clauses, at, stop)), stop)
    nouns = [i for i in range(at, end) if not clauses.is_(i, _DETERMINING)]
    if not any(clauses.kind(i) == WORD or _is_age(clauses, i) for i in nouns):
        return None
    return at, _with_apposition(clauses, (at, end), stop)


def _is_outside(clauses: Clauses, at: int) -> bool:
    """Whether the word can be no part of a noun phrase."""
    inside = at > clauses.start and clauses.kind(at - 1) in (WORD, NUMBER, COMMA, OPEN)
    if clauses.capital(at) and inside and not clauses.is_(at, Word.TIME | Word.PREPOSITION):
        return False
    return clauses.is_(at, _OUTSIDE) and not clauses.is_(at, _DETERMINING)


def _core(clauses: Clauses, at: int, stop: int) -> int:
    """The end of the phrase's first part, before any comma."""
    i = at
    noun = False  # whether the head has been read
    while i < stop:
        kind = clauses.kind(i)
        if kind == OPEN:
            close = next((j for j in range(i, min(i + _PARENTHESIS, stop)) if clauses.kind(j) == CLOSE), None)
            if close is None or not noun:
                break
            i = close + 1
            continue
        if noun and i in clauses.opening and (beyond := beyond_title(clauses, i)):
            i = beyond
            continue
        if kind == STOP and abbreviates(clauses.tokens, clauses.language, i):
            i += 1
            continue
        if kind not in (WORD, NUMBER):
            break
        step = _step(clauses, i, at, noun=noun)
        if step == "out":
            break
        noun = step == "head"
        i += 1
    if clauses.grammar.noun_capitals and not any(
        clauses.capital(j) or _is_age(clauses, j) for j in range(at + clauses.is_(at, _DETERMINING), i)
    ):
        return at if clauses.kind(at) != NUMBER else i
    while i > at and clauses.is_(i - 1, Word.OF | Word.AND | _DETERMINING | Word.FOR) and not clauses.capital(i - 1):
        i -= 1
    return i


def beyond_title(clauses: Clauses, at: int) -> int | None:
    """The token after a short title in marks within a phrase: "Trainer der „Adler“ | Jo Doe"."""
    quotation = clauses.opening[at]
    start, end = quotation.inner
    words = clauses.words(start, end)
    plain = all(clauses.kind(i) == WORD and not clauses.is_finite(i) for i in range(start, end))
    joined = clauses.capital(quotation.end) and quotation.end in clauses.people
    return quotation.end if 0 < words <= _TITLE and plain and clauses.capital(start) and joined else None


def _with_bearer(clauses: Clauses, core: Range, stop: int) -> int:
    """The end of the phrase with the name after what an office is for: "consigliera alla Sanità | Jo Doe"."""
    start, end = core
    office = any(clauses.is_(i, Word.TITLE | Word.ROLE) for i in range(start, end))
    if not office or clauses.is_named(core) or not clauses.is_(end, Word.PREPOSITION):
        return end
    nouns = 0
    for i in range(end + 1, min(end + 1 + _FIELD, stop)):
        if i in clauses.people and clauses.capital(i):
            return _core(clauses, i, stop) if nouns else end
        comma = clauses.kind(i) == COMMA and i + 1 in clauses.people
        if not comma and (clauses.kind(i) != WORD or clauses.is_(i, VERB | Word.COMPLEMENTISER | Word.RELATIVE)):
            return end
        nouns += clauses.kind(i) == WORD and not clauses.is_(i, _DETERMINING | Word.PREPOSITION | Word.TITLE)
        if clauses.is_(i, Word.PREPOSITION):
            return end
    return end


def _is_age(clauses: Clauses, at: int) -> bool:
    """Whether the word is a number joined to a noun: "31-Jährige"."""
    return clauses.kind(at) == NUMBER and "-" in clauses.low(at)


def _step(clauses: Clauses, i: int, at: int, *, noun: bool) -> Step:
    """What the word at `i` does to the phrase: ends it, is its head, or goes on towards a head."""
    if noun and clauses.low(i) in clauses.language.name_words("particles") and clauses.capital(i + 1):
        return "head"
    joint = _joint(clauses, i, noun=noun) if i > at and not clauses.capital(i) else None
    if joint is not None:
        return joint
    if _is_outside(clauses, i):
        return "out"
    if clauses.grammar.noun_capitals:
        opens = i == clauses.start and clauses.is_(i, _DETERMINING)
        return "head" if clauses.capital(i) and not opens else "out" if noun else "open"
    if noun and not clauses.capital(i) and _is_after_name(clauses, i):
        return "out"
    return "head" if noun or clauses.capital(i) or not clauses.is_(i, _DETERMINING) else "open"


def _joint(clauses: Clauses, i: int, *, noun: bool) -> Step | None:
    """What "of", "and" or an article within the phrase does to it; None for any other word."""
    if clauses.is_(i, Word.OF):
        return "open"
    if noun and clauses.is_(i, Word.AND):
        joins = clauses.capital(i + 1) or clauses.is_(i + 1, Word.TITLE | _DETERMINING)
        return "open" if joins and not clauses.is_finite(i + 2) else "out"
    if clauses.is_(i, _DETERMINING):
        governed = clauses.is_(i - 1, Word.OF | Word.AND | _DETERMINING) or clauses.low(i) in clauses.grammar.genitives
        return "open" if governed else "out"
    return None


def _is_after_name(clauses: Clauses, i: int) -> bool:
    """Whether a name ends before the word at `i`, and the word is no title."""
    named = clauses.capital(i - 1) and not clauses.is_(i - 1, Word.TITLE) and i - 1 in clauses.named
    return named and not clauses.is_(i, Word.TITLE | Word.ROLE)


def _with_apposition(clauses: Clauses, core: Range, stop: int) -> int:
    """The end of the phrase with "…, Jo Doe" where the phrase itself holds no name, or with "…, the mayor,"."""
    end = core[1]
    if clauses.kind(end) != COMMA or end + 1 >= stop:
        return end
    if not (clauses.capital(end + 1) or clauses.is_(end + 1, _DETERMINING | Word.TITLE | Word.ROLE)):
        return end
    if _is_outside(clauses, end + 1):
        return end
    last = _core(clauses, end + 1, stop)
    if last <= end + 1 or clauses.is_finite(last) or clauses.is_(last, Word.NEGATION):
        return end
    names_it = not clauses.is_person(core) and clauses.is_person((end + 1, last))
    office = any(clauses.is_(i, Word.TITLE | Word.ROLE) for i in range(end + 1, min(end + 1 + _OFFICE, last)))
    tells_it = office and not clauses.is_named((end + 1, last)) and clauses.kind(last) in (COMMA, STOP)
    return last if names_it or (tells_it and not clauses.is_(last + 1, VERB)) else end


def after_adjuncts(clauses: Clauses, at: int, stop: int) -> int:
    """The token after adverbs, times and phrases with a preposition or an addressee: "am Montag | Jo Doe"."""
    stop = min(stop, at + _ADJUNCTS)
    while at < stop:
        if clauses.is_(at, Word.ADVERB | Word.TIME | Word.DAYTIME | Word.NEGATION) or clauses.kind(at) == NUMBER:
            at += 1
        elif clauses.is_(at, Word.PREPOSITION) or clauses.low(at) in clauses.grammar.addressees:
            at = adjunct_end(clauses, at, stop)
        elif clauses.is_(at, Word.PRONOUN) and not clauses.is_(at, Word.SUBJECT_PRONOUN | _DETERMINING):
            at += 1
        elif clauses.is_(at, Word.DETERMINER) and clauses.is_(at + 1, Word.TIME | Word.DAYTIME):
            at += 2
        else:
            return at
    return at


def adjunct_end(clauses: Clauses, at: int, stop: int) -> int:
    """The end of the phrase that the preposition or article at `at` opens: its noun phrase ends at the next article."""
    first = at + 1
    while first < stop and clauses.is_(first, _DETERMINING | Word.ADVERB) and not clauses.capital(first):
        first += 1
    i, noun = first, False
    while i < stop and clauses.kind(i) in (WORD, NUMBER):
        if i > first and _opens_another(clauses, i):
            break
        if clauses.is_(i, Word.OF | Word.AND) and not clauses.capital(i) and i > first:
            i += 1
            noun = False
            continue
        if _is_outside(clauses, i) and not (i == first and clauses.is_(i, Word.TIME | Word.DAYTIME | Word.PRONOUN)):
            break
        if noun and not clauses.capital(i - 1) and clauses.capital(i):
            break  # "a la prensa | Juan Díaz"
        if noun and clauses.grammar.noun_capitals and i in clauses.named and i - 1 not in clauses.named:
            break
        noun = noun or clauses.capital(i) or not clauses.grammar.noun_capitals
        i += 1
    return max(i, at + 1)


def _opens_another(clauses: Clauses, i: int) -> bool:
    """Whether an article or a title begins a phrase of its own here."""
    if clauses.is_(i - 1, Word.OF):
        return False
    determined = clauses.is_(i, _DETERMINING) and clauses.low(i) not in clauses.grammar.genitives
    return determined or clauses.is_(i, Word.TITLE)
