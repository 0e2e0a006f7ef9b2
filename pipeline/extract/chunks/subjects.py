"""The subject of a reporting verb: after it, before it, beyond an insertion, or that of the report before."""

from pipeline.extract.chunks.clause import OPENS_CLAUSE, Clauses
from pipeline.extract.chunks.phrases import adjunct_end, after_adjuncts, is_name_in_marks, is_outlet, phrase
from pipeline.extract.chunks.verbs import Group
from pipeline.extract.frames.sentence_parse import Subject
from pipeline.extract.lexicon import Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COMMA, DASH, STOP, WORD

_INSERTION = 40  # tokens of an insertion between a subject and its verb

_SMALL = Word.ADVERB | Word.NEGATION | Word.TIME | Word.DAYTIME


def after(clauses: Clauses, verb: Group, ceiling: int) -> Range | None:
    """The subject that follows the verb, past what stands between: "sagte am Montag | Jo Doe"."""
    stop = beyond_outlet(clauses, max(verb.end, verb.finite + 1))
    inside = [(verb.finite + 1, verb.start)] if verb.finite + 1 < verb.start else []
    joined = verb.finite == verb.start and clauses.is_(verb.finite + 1, Word.SUBJECT_PRONOUN)
    enclitic = [(verb.finite + 1, verb.finite + 2)] if joined and verb.end - verb.start > 2 else []  # "a-t-|il| dit"
    for place, limit in (*inside, *enclitic, (stop, ceiling)):
        subject = phrase(clauses, place, limit) if clauses.low(place) not in clauses.grammar.addressees else None
        if subject is None or _is_time(clauses, subject):
            subject = phrase(clauses, beyond_outlet(clauses, after_adjuncts(clauses, place, limit)), limit)
        if subject is not None and not _is_time(clauses, subject):
            return subject if "gesture" not in verb.frames or is_somebody(clauses, subject) else None
    return None


def is_somebody(clauses: Clauses, who: Range) -> bool:
    """Return whether the phrase names a person, or what a person is, or stands for one."""
    people = clauses.language.names["people"]
    return clauses.is_person(who) or any(
        clauses.is_(i, Word.TITLE | Word.ROLE | Word.SUBJECT_PRONOUN) or clauses.low(i) in people for i in range(*who)
    )


def beyond_outlet(clauses: Clauses, at: int) -> int:
    """The token after a name in marks that the verb addresses, if more words follow: "said to “Herald” | Jo Doe"."""
    if at not in clauses.opening or not is_name_in_marks(clauses, at):
        return at
    end = clauses.opening[at].end
    return end if clauses.kind(end) == WORD else at


def before(clauses: Clauses, verb: Group) -> Subject | None:
    """The subject that stands before the verb, in its clause or before an insertion."""
    at = _first_of_group(clauses, verb)
    if at <= clauses.start:
        return None
    if at in clauses.closing:
        opens = clauses.closing[at].start
        outlet = subject_of(clauses, clauses.clause_start(opens), at) if is_outlet(clauses, opens) else None
        return outlet if outlet is not None and outlet.phrase[1] == at else None
    if clauses.kind(at - 1) in (COMMA, DASH):
        return _of_gerund(clauses) if is_gerund(clauses, verb.finite) else _across_insertion(clauses, at - 1)
    start = clauses.clause_start(at)
    if _is_relative(clauses, start, verb):
        return Subject((start, start + 1), "relative")
    joint = next((i for i in range(at - 1, start, -1) if clauses.is_(i, Word.AND | Word.BUT)), start)
    if joint > start and after_adjuncts(clauses, joint + 1, at) >= at:
        return shared(clauses) or _of_verb_before(clauses, start, at)
    joined = clauses.is_(start, Word.AND | Word.BUT) and after_adjuncts(clauses, start + 1, at) >= at
    earlier = shared(clauses) if joined else None  # "…, | but regretted the delay"
    return earlier or subject_of(clauses, start, at)


def is_gerund(clauses: Clauses, at: int) -> bool:
    """Return whether a reporting verb at `at` shares the subject of its sentence: "…, ajoutant que"."""
    ending = clauses.low(at).endswith(clauses.grammar.gerund_endings or ("\n",))
    return ending and not clauses.capital(at) and clauses.cue(at) is not None


def _of_gerund(clauses: Clauses) -> Subject | None:
    """The speaker of the report before a gerund, or the subject of the sentence: "Doe left, | saying that …"."""
    stop = clauses.clause_stop(clauses.start)
    subject = shared(clauses) or subject_of(clauses, clauses.start, stop, first=True)
    if subject is None or is_somebody(clauses, subject.phrase):
        return subject
    phrases = (phrase(clauses, at, stop) for at in range(clauses.start, stop))
    person = next((who for who in phrases if who and is_somebody(clauses, who)), None)  # "Lo ha detto | Doe, spiegando"
    return Subject(person, "subject") if person else subject


def _of_verb_before(clauses: Clauses, start: int, at: int) -> Subject | None:
    """The subject of the verb that "and" joins to the one at `at`: "Doe, the mayor, | smiled and said"."""
    finite = next((i for i in range(start, at) if clauses.is_finite(i)), None)
    if clauses.kind(start - 1) in (COMMA, DASH):
        across = _across_insertion(clauses, start - 1)
        if finite == start or (across is not None and clauses.is_person(across.phrase)):
            return across
    return subject_of(clauses, start, at, first=True)


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
    """Return whether the clause that begins at `start` is a relative one, of which the pronoun is the subject."""
    if not clauses.is_(start, Word.RELATIVE) or clauses.kind(start - 1) != COMMA or clauses.capital(start):
        return False
    if clauses.is_(start, Word.COMPLEMENTISER) and not _follows_person(clauses, start):
        return False
    if not clauses.grammar.verb_second or not clauses.is_(start, Word.DETERMINER):
        return _first_of_group(clauses, verb) <= start + 1
    return clauses.kind(max(verb.finite, verb.end - 1) + 1) in (COMMA, STOP, -1)


def _follows_person(clauses: Clauses, start: int) -> bool:
    """Return whether "que" after a comma follows a person: "Ana Brea, | que critica el plan"."""
    return start - 2 in clauses.people and clauses.capital(start - 2)


def subject_of(clauses: Clauses, start: int, end: int, *, first: bool = False) -> Subject | None:
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
        if clauses.is_(at, Word.PREPOSITION) and at not in clauses.named:
            at = adjunct_end(clauses, at, end)
            continue
        noun_phrase = phrase(clauses, at, end)
        if noun_phrase is None:
            at += 1
            continue
        adjacent = chosen is not None and chosen[1] == noun_phrase[0] and noun_phrase[1] == end
        if chosen is not None and adjacent and _continues(clauses, noun_phrase):
            chosen, at = (chosen[0], noun_phrase[1]), noun_phrase[1]
            continue
        oblique = _is_time(clauses, noun_phrase) or clauses.low(noun_phrase[0]) in clauses.grammar.addressees
        oblique = oblique or _is_infinitive(clauses, noun_phrase[0])
        if not oblique and (chosen is None or not first):
            chosen = noun_phrase
        at = noun_phrase[1]
    return Subject(chosen, "subject") if chosen else None


def _is_infinitive(clauses: Clauses, at: int) -> bool:
    """Return whether a verb that says nothing opens the phrase: "ofreció | permanecer en la casa y pidió que"."""
    grammar = clauses.grammar
    plain = not clauses.capital(at) and not clauses.tokens.classes[at] & ~Word.VERBAL
    return grammar.drops_subject and plain and clauses.low(at).endswith(grammar.infinitive_endings or ("\n",))


def _continues(clauses: Clauses, noun_phrase: Range) -> bool:
    """Return whether the phrase is an adjective after a name: "a spokeswoman of the Platform | vecinal"."""
    bare = not clauses.is_(noun_phrase[0], Word.DETERMINER | Word.POSSESSIVE | Word.SUBJECT_PRONOUN | Word.TITLE)
    after_name = clauses.capital(noun_phrase[0] - 1) and not clauses.capital(noun_phrase[0])
    return bare and after_name and not clauses.grammar.noun_capitals


def _across_insertion(clauses: Clauses, comma: int) -> Subject | None:
    """The phrase before an insertion that ends at `comma`: "Jo Doe, the mayor of Springfield, said"."""
    mark = clauses.kind(comma)
    floor = max(clauses.start, comma - _INSERTION)
    for at in range(comma - 1, floor, -1):
        if at + 1 in clauses.closing or clauses.taken(at):
            return None
        if clauses.kind(at) != mark:
            continue
        subject = subject_of(clauses, clauses.clause_start(at), at)
        if subject is None or not _is_adjunct(clauses, subject.phrase[1], at):
            continue
        aside = clauses.is_(at + 1, Word.RELATIVE | Word.PREPOSITION) and not clauses.capital(at + 1)
        return Subject((subject.phrase[0], at if aside else comma), "subject")
    apposed = phrase(clauses, clauses.clause_start(comma), comma) if mark == COMMA else None
    named = apposed is not None and apposed[1] == comma and clauses.is_person(apposed)
    return Subject(apposed, "subject") if apposed and named else None


def _is_adjunct(clauses: Clauses, start: int, end: int) -> bool:
    """Return whether only prepositional phrases stand between the tokens: "the head | in Paris |, Jo Doe,"."""
    while start < end and clauses.is_(start, Word.PREPOSITION):
        start = adjunct_end(clauses, start, end)
    return start >= end


def located(clauses: Clauses, verb: Group) -> Range | None:
    """The office in which somebody says so, beside a plural verb without a subject: "In the ministry they say"."""
    grammar = clauses.grammar
    if not clauses.low(verb.finite).endswith(grammar.plural_verbs or ("\n",)):
        return None
    start = clauses.clause_start(verb.start)
    stop = max(verb.end, verb.finite + 1)
    beyond = adjunct_end(clauses, stop, clauses.end) if clauses.is_(stop, Word.PREPOSITION) else stop
    later = beyond if clauses.low(beyond) in grammar.at_places else stop
    for at in (clauses.skip(start, Word.CONJUNCTION | Word.ADVERB), later):
        if clauses.low(at) in grammar.at_places:
            end = adjunct_end(clauses, at, clauses.end)
            beside = at > verb.finite or clauses.skip(end, Word.ADVERB) >= verb.start
            if beside and end > at + 1 and not clauses.is_(end - 1, Word.TIME | Word.DAYTIME):
                return at, end
    return None


def _is_time(clauses: Clauses, noun_phrase: Range) -> bool:
    """Return whether the phrase tells but a time: "el lunes", "diese Woche"."""
    return clauses.is_(noun_phrase[1] - 1, Word.TIME | Word.DAYTIME) and not clauses.is_named(noun_phrase)
