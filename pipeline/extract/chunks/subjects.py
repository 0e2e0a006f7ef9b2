"""The phrase that speaks: after the verb, before it, before an insertion, or in the clause before."""

from pipeline.extract.chunks.clause import OPENS_CLAUSE, Clauses, Group
from pipeline.extract.chunks.phrases import adjunct_end, after_adjuncts, phrase
from pipeline.extract.frames.sentence_parse import Subject
from pipeline.extract.lexicon import Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COMMA, DASH, STOP, WORD

_INSERTION = 40  # tokens of an insertion between a subject and its verb

_SMALL = Word.ADVERB | Word.NEGATION | Word.TIME | Word.DAYTIME


def after(clauses: Clauses, verb: Group, ceiling: int) -> Range | None:
    """The subject that follows the verb, past what stands between: "sagte am Montag | Jo Doe"."""
    stop = max(verb.end, verb.finite + 1)
    inside = [(verb.finite + 1, verb.start)] if verb.finite + 1 < verb.start else []
    enclitic = [(verb.finite + 1, verb.end - 1)] if verb.finite == verb.start and verb.end - verb.start > 2 else []
    for place, limit in (*inside, *enclitic, (stop, ceiling)):
        subject = phrase(clauses, place, limit) if clauses.low(place) not in clauses.grammar.addressees else None
        if subject is None or _is_time(clauses, subject):
            subject = phrase(clauses, after_adjuncts(clauses, place, limit), limit)
        if subject is not None and not _is_time(clauses, subject):
            return subject
    return None


def before(clauses: Clauses, verb: Group) -> Subject | None:
    """The subject that stands before the verb, in its clause or before an insertion."""
    at = _first_of_group(clauses, verb)
    if at <= clauses.start or at in clauses.closing:
        return None
    if clauses.kind(at - 1) in (COMMA, DASH):
        return _across_insertion(clauses, at - 1)
    start = clauses.clause_start(at)
    if _is_relative(clauses, start, verb):
        return Subject((start, start + 1), "relative")
    if clauses.is_(at - 1, Word.AND | Word.BUT):
        return shared(clauses) or _subject_of(clauses, start, at, first=True)
    return _subject_of(clauses, start, at)


def shared(clauses: Clauses) -> Subject | None:
    """The subject of the report before in the sentence: "said A and urged B"."""
    for earlier in reversed(clauses.reports):
        if earlier.speaker is not None and earlier.via not in ("relative", "according"):
            return Subject(earlier.speaker, "shared")
    return None


def _first_of_group(clauses: Clauses, verb: Group) -> int:
    """The first token of the verb's small words: "no lo | ha dicho", "gestern | gesagt hat"."""
    at = verb.finite
    while at - 1 > clauses.start and clauses.kind(at - 1) == WORD and at not in clauses.closing:
        clitic = clauses.is_(at - 1, Word.PRONOUN) and not clauses.is_(at - 1, Word.SUBJECT_PRONOUN)
        if clauses.capital(at - 1) or not (clauses.is_(at - 1, _SMALL) or clitic):
            break
        if clitic and clauses.is_(at - 1, Word.RELATIVE):
            break
        at -= 1
    return at


def _is_relative(clauses: Clauses, start: int, verb: Group) -> bool:
    """Whether the clause that begins at `start` is a relative one, of which the pronoun is the subject."""
    if not clauses.is_(start, Word.RELATIVE) or clauses.kind(start - 1) != COMMA or clauses.capital(start):
        return False
    if clauses.is_(start, Word.COMPLEMENTISER):
        return False
    if not clauses.grammar.verb_second or not clauses.is_(start, Word.DETERMINER):
        return _first_of_group(clauses, verb) <= start + 1
    return verb.finite > start + 1 and clauses.kind(max(verb.finite, verb.end - 1) + 1) in (COMMA, STOP, -1)


def _subject_of(clauses: Clauses, start: int, end: int, *, first: bool = False) -> Subject | None:
    """The subject among a clause's phrases: the `first` where the verb stands second or is shared, else the last."""
    first = first or clauses.grammar.verb_second
    chosen: Range | None = None
    at = start
    if clauses.low(at) in clauses.grammar.as_:
        at += 1
    while at < end:
        if clauses.is_(at, OPENS_CLAUSE) and not clauses.is_(at, Word.DETERMINER):
            at, chosen = at + 1, None
            continue
        if clauses.is_(at, Word.PREPOSITION):
            at = adjunct_end(clauses, at, end)
            continue
        noun_phrase = phrase(clauses, at, end)
        if noun_phrase is None:
            at += 1
            continue
        oblique = _is_time(clauses, noun_phrase) or clauses.low(noun_phrase[0]) in clauses.grammar.addressees
        if not oblique and (chosen is None or not first):
            chosen = noun_phrase
        at = noun_phrase[1]
    return Subject(chosen, "subject") if chosen else None


def _across_insertion(clauses: Clauses, comma: int) -> Subject | None:
    """The phrase before an insertion that ends at `comma`: "Jo Doe, the mayor of Springfield, said"."""
    mark = clauses.kind(comma)
    floor = max(clauses.start, comma - _INSERTION)
    for at in range(comma - 1, floor, -1):
        if at + 1 in clauses.closing or clauses.taken(at):
            return None
        if clauses.kind(at) != mark:
            continue
        subject = _subject_of(clauses, clauses.clause_start(at), at)
        if subject is None or not _is_adjunct(clauses, subject.phrase[1], at):
            continue
        aside = clauses.is_(at + 1, Word.RELATIVE | Word.PREPOSITION) and not clauses.capital(at + 1)
        return Subject((subject.phrase[0], at if aside else comma), "subject")
    return None


def _is_adjunct(clauses: Clauses, start: int, end: int) -> bool:
    """Whether nothing but a phrase with a preposition stands between the tokens: "the head | in Paris |, Jo Doe,"."""
    while start < end and clauses.is_(start, Word.PREPOSITION):
        start = adjunct_end(clauses, start, end)
    return start >= end


def located(clauses: Clauses, verb: Group) -> Range | None:
    """The office in which somebody says so, beside a plural verb without a subject: "In the ministry they say"."""
    grammar = clauses.grammar
    if not clauses.low(verb.finite).endswith(grammar.plural_verbs or ("\n",)):
        return None
    start = clauses.clause_start(verb.start)
    for at in (clauses.skip(start, Word.CONJUNCTION | Word.ADVERB), max(verb.end, verb.finite + 1)):
        if clauses.low(at) in grammar.at_places:
            end = adjunct_end(clauses, at, clauses.end)
            beside = at > verb.finite or clauses.skip(end, Word.ADVERB) >= verb.start
            if beside and end > at + 1 and not clauses.is_(end - 1, Word.TIME | Word.DAYTIME):
                return at, end
    return None


def _is_time(clauses: Clauses, noun_phrase: Range) -> bool:
    """Whether the phrase tells but a time: "el lunes", "diese Woche"."""
    return clauses.is_(noun_phrase[1] - 1, Word.TIME | Word.DAYTIME) and not clauses.is_named(noun_phrase)
