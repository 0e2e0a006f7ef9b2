"""Noun phrases read from their first word, words in marks within them, and the adjuncts after a verb."""

from typing import Literal

from pipeline.extract.chunks.clause import VERB, Clauses
from pipeline.extract.lexicon import Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import CLOSE, COLON, COMMA, NUMBER, OPEN, SEMICOLON, STOP, WORD, abbreviates

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

_NAME = 5  # words of a name in marks

_SMALL_IN_TITLES = 3  # letters of words that are small in titles

_ADJUNCTS = 16  # tokens between a verb and its subject or content


def phrase(clauses: Clauses, at: int, stop: int) -> Range | None:
    """The noun phrase that begins at `at`, with an apposition that holds its name; None if none begins there."""
    stop = min(stop, at + _LONGEST)
    if at >= stop or clauses.kind(at) not in (WORD, NUMBER):
        return None
    alone = clauses.low(at) in clauses.grammar.demonstratives and clauses.cue(at + 1) is not None
    if alone or clauses.is_(at, Word.SUBJECT_PRONOUN):
        return at, at + 1
    if _is_outside(clauses, at):
        return None
    end = _with_bearer(clauses, (at, _core(clauses, at, stop)), stop)
    nouns = [i for i in range(at, end) if not clauses.is_(i, _DETERMINING)]
    if not any(clauses.kind(i) == WORD or _is_age(clauses, i) for i in nouns):
        return None
    return at, _with_apposition(clauses, (at, end), stop)


def _is_outside(clauses: Clauses, at: int) -> bool:
    """Return whether the word can be no part of a noun phrase."""
    if clauses.capital(at) and {at, at + 1} <= clauses.named:
        return False
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
        if noun and i in clauses.opening and (beyond := _beyond_marks(clauses, i)):
            i = beyond
            continue
        if glue := _glue(clauses, i, noun=noun):
            i += glue
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


def _glue(clauses: Clauses, i: int, *, noun: bool) -> int:
    """The number of tokens at `i` that only hold a phrase together: an abbreviation's full stop, "Bau- | und"."""
    if noun and clauses.is_compound(i):
        return 2
    return int(clauses.kind(i) == STOP and abbreviates(clauses.tokens, clauses.language, i))


def is_name_in_marks(clauses: Clauses, at: int) -> bool:
    """Return whether the quotation at `at` is short and no sentence, as the name of a work or a ship is."""
    start, close = clauses.opening[at].inner
    if clauses.grammar.noun_capitals and not clauses.capital(at - 1):
        return False
    words = [i for i in range(start, close) if clauses.kind(i) == WORD]
    if not words or clauses.kind(close - 1) == STOP:
        return not words
    if any(clauses.is_finite(i) for i in words):
        return False
    longer = [i for i in words if len(clauses.low(i)) > _SMALL_IN_TITLES]
    return len(words) <= _NAME and all(clauses.capital(i) for i in longer)


def is_outlet(clauses: Clauses, at: int) -> bool:
    """Return whether words in marks at `at` follow a noun for an outlet: "das Magazin „Nordlicht“"."""
    outlet = clauses.low(at - 1).endswith(clauses.grammar.outlets or ("\n",)) and clauses.opening[at].closed
    return outlet and clauses.capital(clauses.opening[at].inner[0]) and is_short_name(clauses, at)


def is_short_name(clauses: Clauses, at: int) -> bool:
    """Return whether the words in marks at `at` are few and no sentence."""
    start, close = clauses.opening[at].inner
    short = 0 < clauses.words(start, close) <= _NAME and clauses.kind(close - 1) != STOP
    return short and not any(clauses.is_finite(i) for i in range(start, close))


def last_in_marks(clauses: Clauses, place: int) -> Range:
    """The last words in marks of the clause: "called the loss to the “Foxes” | “a lesson”"."""
    marks = (COMMA, COLON, SEMICOLON, STOP)
    ends = (i for i in range(place, clauses.end) if clauses.kind(i) in marks and not clauses.in_quotation(i))
    stop = next(ends, clauses.end)
    last = max(at for at in clauses.opening if place <= at < stop)
    return last, clauses.opening[last].end


def _beyond_marks(clauses: Clauses, at: int) -> int | None:
    """The token after a title or the name of an outlet in marks, if the phrase goes on beyond it."""
    return clauses.opening[at].end if is_outlet(clauses, at) else beyond_title(clauses, at)


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
    if not office or clauses.is_person(core) or not clauses.is_(end, Word.PREPOSITION):
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
    """Return whether the word is a number joined to a noun: "31-Jährige"."""
    return clauses.kind(at) == NUMBER and "-" in clauses.low(at)


def _step(clauses: Clauses, i: int, at: int, *, noun: bool) -> Step:
    """Return what the word at `i` does to the phrase: ends it, is its head, or goes on towards a head."""
    if noun and clauses.low(i) in clauses.language.names["particles"] and clauses.capital(i + 1):
        return "head"
    joint = _joint(clauses, i, at, noun=noun) if i > at and not clauses.capital(i) else None
    if joint is not None:
        return joint
    if _is_outside(clauses, i):
        them = i > at and clauses.is_(i - 1, Word.OF) and clauses.is_(i, Word.PRONOUN)  # "varios de ellos"
        return "head" if them and not clauses.is_(i, Word.RELATIVE) else "out"
    if clauses.grammar.noun_capitals:
        opens = (i == clauses.start and clauses.is_(i, _DETERMINING)) or _owns_office(clauses, i, at)
        return "head" if clauses.capital(i) and not opens else "out" if noun else "open"
    if noun and not clauses.capital(i) and _is_after_name(clauses, i) and not _is_within_office(clauses, at, i):
        return "out"
    return "head" if noun or clauses.capital(i) or not clauses.is_(i, _DETERMINING) else "open"


def _owns_office(clauses: Clauses, i: int, at: int) -> bool:
    """Return whether an adjective follows the place at the start of a phrase: "Nordheims | oberster | Richter"."""
    plain = not clauses.capital(i + 1) and not clauses.tokens.classes[i + 1] if i + 1 < clauses.end else False
    adjective = plain and clauses.low(i + 1).endswith(clauses.grammar.adjective_endings or ("\n",))
    return i == at and adjective and clauses.is_(i + 2, Word.TITLE | Word.ROLE) and clauses.capital(i + 2)


def _joint(clauses: Clauses, i: int, at: int, *, noun: bool) -> Step | None:
    """Return what "of", "and" or an article within the phrase does to it; None for any other word."""
    if clauses.is_(i, Word.OF):
        return "open"
    if noun and clauses.is_(i, Word.AND):
        joins = clauses.capital(i + 1) or clauses.is_(i + 1, Word.TITLE | _DETERMINING)
        opens = at == clauses.start  # "Doe and Roe said", not "said Doe and Roe laughed"
        return "open" if joins and (opens or not clauses.is_finite(i + 2)) else "out"
    if clauses.is_(i, _DETERMINING):
        governed = clauses.is_(i - 1, Word.OF | Word.AND | _DETERMINING) or clauses.low(i) in clauses.grammar.genitives
        return "open" if governed else "out"
    return None


def _is_after_name(clauses: Clauses, i: int) -> bool:
    """Return whether a name ends before the word at `i`, and the word is no title."""
    named = clauses.capital(i - 1) and not clauses.is_(i - 1, Word.TITLE) and i - 1 in clauses.named
    return named and not clauses.is_(i, Word.TITLE | Word.ROLE) and not _completes_body(clauses, i)


def _completes_body(clauses: Clauses, i: int) -> bool:
    """Return whether an adjective completes the name of a body: "la Protezione | civile"."""
    grammar = clauses.grammar
    if i - 1 in clauses.people or grammar.verb_second or grammar.bare_roles or clauses.tokens.classes[i]:
        return False
    return clauses.kind(i + 1) != WORD or clauses.is_finite(i + 1) or clauses.is_(i + 1, Word.PREPOSITION)


def _is_within_office(clauses: Clauses, at: int, i: int) -> bool:
    """Return whether the word at `i` belongs to what an office is of: "spokesman of the Air | Force | Jo Doe"."""
    office = any(clauses.is_(j, Word.TITLE | Word.ROLE) for j in range(at, i - 1))
    return office and i - 1 not in clauses.people and i + 1 in clauses.people and clauses.capital(i + 1)


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
    names_it = not _names_somebody(clauses, core) and clauses.is_person((end + 1, last))
    office = any(clauses.is_(i, Word.TITLE | Word.ROLE) for i in range(end + 1, min(end + 1 + _OFFICE, last)))
    tells_it = office and not clauses.is_named((end + 1, last)) and clauses.kind(last) in (COMMA, STOP)
    return last if names_it or (tells_it and not clauses.is_(last + 1, VERB)) else end


def _names_somebody(clauses: Clauses, core: Range) -> bool:
    """Return whether the phrase holds a person's name that is no owner's: not "l'avocat de M. Brel"."""
    first = next((i for i in range(*core) if i in clauses.people), None)
    if first is None:
        return False
    while first > core[0] and (clauses.is_(first - 1, Word.TITLE) or clauses.kind(first - 1) == STOP):
        first -= 1
    return first == core[0] or not clauses.is_(first - 1, Word.OF)


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
    first = _beyond_articles(clauses, at, stop)
    if clauses.is_(first - 1, Word.RELATIVE) and clauses.is_(first, Word.RELATIVE | Word.SUBJECT_PRONOUN):
        return first  # "von dem | die Polizei glaubt", "bei dem | sie sagte"
    i, noun = first, False
    while i < stop and clauses.kind(i) in (WORD, NUMBER):
        if i > first and _opens_another(clauses, i):
            break
        if clauses.is_(i, Word.OF | Word.AND) and not clauses.capital(i) and i > first:
            i += 1
            noun = False
            continue
        if i == first and clauses.is_(i, Word.TIME) and not clauses.is_(i + 1, Word.OF):
            return _beyond_date(clauses, i)  # "w sobotę | klub"
        noun_form = i == first and first > at + 1 and not clauses.is_(i, ~Word.VERBAL)  # "in una nota"
        if _is_outside(clauses, i) and not (noun_form or (i == first and clauses.is_(i, Word.DAYTIME | Word.PRONOUN))):
            break
        if noun and not clauses.capital(i - 1) and clauses.capital(i):
            break  # "a la prensa | Juan Díaz"
        if noun and _begins_subject(clauses, i):
            break
        if noun and clauses.grammar.noun_capitals and i in clauses.named and i - 1 not in clauses.named:
            break
        noun = noun or clauses.capital(i) or not clauses.grammar.noun_capitals
        i += 1
    return max(i, at + 1)


def _beyond_articles(clauses: Clauses, at: int, stop: int) -> int:
    """The first token after the articles and adverbs behind the token at `at`, or the second of two relative words."""
    first = at + 1
    while first < stop and clauses.is_(first, _DETERMINING | Word.ADVERB) and not clauses.capital(first):
        if clauses.is_(first - 1, Word.RELATIVE) and clauses.is_(first, Word.RELATIVE):
            break
        first += 1
    return first


def _begins_subject(clauses: Clauses, i: int) -> bool:
    """Return whether a person, or a noun for one, follows an adjunct: "à l'AFP | Jo Brel", "w radiu | znany lekarz"."""
    if clauses.grammar.noun_capitals or not (clauses.capital(i - 1) or clauses.grammar.bare_roles):
        return False
    if clauses.capital(i):
        return clauses.capital(i - 1) and i in clauses.named and i - 1 not in clauses.named
    if clauses.grammar.bare_roles and clauses.low(i).endswith(clauses.grammar.nominative_endings or ("\n",)):
        return not clauses.capital(i + 1) and _is_of_somebody(clauses, i + 1)
    return _is_of_somebody(clauses, i)


def _is_of_somebody(clauses: Clauses, at: int) -> bool:
    low, language = clauses.low(at), clauses.language
    return low in language.persons or low in language.names["insiders"] or clauses.is_(at, Word.ROLE)


def _beyond_date(clauses: Clauses, at: int) -> int:
    """The token after a day or a month with its number and year: "w maju 2024 roku | klub"."""
    while clauses.is_(at, Word.TIME | Word.DAYTIME) or clauses.kind(at) == NUMBER:
        at += 1
    return at


def _opens_another(clauses: Clauses, i: int) -> bool:
    """Return whether an article or a title begins a phrase of its own here."""
    if clauses.is_(i - 1, Word.OF):
        return False
    determined = clauses.is_(i, _DETERMINING) and clauses.low(i) not in clauses.grammar.genitives
    return determined or clauses.is_(i, Word.TITLE)
