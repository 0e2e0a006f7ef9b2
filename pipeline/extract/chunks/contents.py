"""The content of a report: the quotation or the clause before it, after it, or around it.

>>> said("Landrätin Edda Brehm erklärte, der Deich sei zu niedrig.", "de")
Edda Brehm: der Deich sei zu niedrig
>>> said("„Der Deich“, sagte Edda Brehm, „ist zu niedrig.“", "de")
Edda Brehm: Der Deich ist zu niedrig.
"""

from pipeline.extract.chunks.clause import Clauses
from pipeline.extract.chunks.content_ends import end
from pipeline.extract.chunks.phrases import (
    adjunct_end,
    after_adjuncts,
    is_name_in_marks,
    is_outlet,
    is_short_name,
    last_in_marks,
    phrase,
)
from pipeline.extract.chunks.verbs import Group
from pipeline.extract.frames.sentence_parse import Frame
from pipeline.extract.lexicon import Form, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COLON, COMMA, DASH, SEMICOLON, STOP, WORD

_WINDOW = 18  # tokens between a verb and the mark of its content

_FEWEST = 2  # words of a clause

_NO_CLAUSE = Word.RELATIVE | Word.SUBORDINATOR | Word.CONJUNCTION | Word.PREPOSITION | Word.INFINITIVE

Content = tuple[tuple[Range, ...], Frame]


def floor(clauses: Clauses) -> int:
    """Return where content can begin: after the reports read before in the sentence, or with the sentence."""
    at = clauses.start
    for each in clauses.reports:
        spans = [each.cue, *each.content, *([each.speaker] if each.speaker else [])]
        at = max(at, *(end for _, end in spans))
    while at < clauses.end and clauses.kind(at) in (COMMA, DASH, SEMICOLON, STOP):
        at += 1
    return at


def quotation_before(clauses: Clauses, at: int) -> Range | None:
    """The quotation that ends just before `at`, with the words of its sentence before it."""
    close = at
    while close > clauses.start and close not in clauses.closing and clauses.kind(close - 1) in (COMMA, DASH):
        close -= 1
    if close not in clauses.closing:
        return None
    start = clauses.closing[close].start
    first = floor(clauses)
    if start < first or (close == at and (_is_name(clauses, start) or is_outlet(clauses, start))):
        return None
    for place in range(start - 1, first - 1, -1):
        if clauses.kind(place) == COLON:
            return start, close
    return (first if clauses.words(first, start) else start), close


def _is_name(clauses: Clauses, at: int) -> bool:
    """Return whether the words in marks at `at`, before a verb without a comma, are a name: "the club ‘…’ leads"."""
    return is_name_in_marks(clauses, at) or (clauses.grammar.verb_second and is_short_name(clauses, at))


def clause_before(clauses: Clauses, at: int) -> Range | None:
    """The clause that a comma before `at` parts from its report: "Der Zaun sei zu niedrig | , sagte"."""
    if clauses.kind(at - 1) not in (COMMA, DASH):
        return None
    first = floor(clauses)
    return (first, at - 1) if clauses.words(first, at - 1) >= 1 else None


def resumed(clauses: Clauses, at: int, *, waits: bool) -> Range | None:
    """Return the content after its attribution: a quotation, or the rest of the clause if it `waits` for its end."""
    place = at
    while clauses.kind(place) in (COMMA, DASH, COLON):
        place += 1
    if place in clauses.opening:
        return place, _last_quotation(clauses, place)
    goes_on = clauses.is_finite(place) or clauses.is_reported_further(
        place
    )  # "“Until May,” said Doe, | sei man sicher"
    waits = waits or (clauses.grammar.verb_second and goes_on)
    if place > at and waits and clauses.words(place, clauses.end) >= 1:
        return place, end(clauses, place)
    later = next((q for q in sorted(clauses.opening) if q >= at), None)
    if later is None or later - at > _WINDOW or clauses.kind(later - 1) not in (COMMA, COLON):
        return None
    plain = not any(clauses.is_finite(i) for i in range(at, later))
    return (later, _last_quotation(clauses, later)) if plain else None


def coordinated(clauses: Clauses, at: int) -> Range | None:
    """The clause that goes on from the one before the report: "È tardi, dice Doe, | e la diga è chiusa"."""
    comma = after_adjuncts(clauses, at, clauses.end)
    joint = comma + 1
    if clauses.kind(comma) != COMMA or not clauses.is_(joint, Word.AND | Word.BUT):
        return None
    stop = end(clauses, joint)
    rest = range(joint + 1, stop)
    if clauses.is_finite(joint + 1) or not any(clauses.is_finite(i) for i in rest):
        return None  # "…, sagte Doe, und ging"
    return None if any(clauses.cue(i) for i in rest) else (joint, stop)


def _last_quotation(clauses: Clauses, at: int) -> int:
    """The end of the quotation at `at`, or of the words that end the sentence with it."""
    close = clauses.opening[at].end
    rest = clauses.clause_stop(close)
    plain = rest >= clauses.end and not any(clauses.cue(i) for i in range(close, rest))
    return end(clauses, close) if plain and clauses.words(close, rest) else close


def after(clauses: Clauses, verb: Group, at: int) -> Content | None:
    """The content that follows the verb and its subject, which end at `at`."""
    for place in range(at, min(at + _WINDOW, clauses.end)):
        if _is_mark(clauses, verb, place) and not _is_relative(clauses, verb, at, place):
            if _describes(clauses, verb, at, place):
                return _bare(clauses, verb, at)
            apart = clauses.kind(place) == COMMA and place > at  # "has announced the closure, Doe's first"
            return _marked(clauses, verb, at, place) or (_bare(clauses, verb, at) if apart else None)
        if clauses.kind(place) in (STOP, SEMICOLON, DASH):
            break
        if place > at and clauses.is_finite(place) and not clauses.is_(place, Word.PREPOSITION):
            break
    return _bare(clauses, verb, at)


def _is_relative(clauses: Clauses, verb: Group, at: int, place: int) -> bool:
    """Return whether "que" goes on from the verb's object: "ha ordenado el desalojo de las personas | que …"."""
    both = clauses.is_(place, Word.COMPLEMENTISER) and clauses.is_(place, Word.RELATIVE)
    if not both or "object" not in verb.frames or clauses.kind(place - 1) != WORD:
        return False
    return after_adjuncts(clauses, at, place) < place


def _describes(clauses: Clauses, verb: Group, at: int, comma: int) -> bool:
    """Return whether "que" after the comma only describes the verb's object: "anunció el cierre, | que costará"."""
    that = comma + 1
    relative = clauses.is_(that, Word.COMPLEMENTISER) and clauses.is_(that, Word.RELATIVE)
    if clauses.kind(comma) != COMMA or not relative or "object" not in verb.frames or not clauses.is_(at, Word.ARTICLE):
        return False
    what = phrase(clauses, at, comma)
    return what is not None and not clauses.is_person(what)


def _is_mark(clauses: Clauses, verb: Group, at: int) -> bool:
    """Return whether the token parts a report from its content: a mark, a comma, a colon, "that", "whether"."""
    if at in clauses.opening or clauses.kind(at) in (COLON, COMMA):
        return True
    that = clauses.is_(at, Word.COMPLEMENTISER) and not clauses.capital(at) and not verb.frames >= {"as", "object"}
    return that or (clauses.is_(at, Word.CONDITIONAL) and "wh" in verb.frames)


def _marked(clauses: Clauses, verb: Group, at: int, place: int) -> Content | None:
    """The content after such a token."""
    if place in clauses.opening:
        return _quotation(clauses, verb, at, place)
    if clauses.kind(place) == COLON:
        return _after_colon(clauses, verb, place)
    if clauses.kind(place) == COMMA:
        return _after_comma(clauses, verb, place)
    if clauses.is_(place, Word.COMPLEMENTISER):
        return _that(clauses, verb, place)
    return ((place, end(clauses, place)),), "wh"


def _that(clauses: Clauses, verb: Group, at: int) -> Content | None:
    if "that" not in verb.frames or clauses.words(at, clauses.end) < _FEWEST:
        return None
    return ((at, end(clauses, at)),), "that"


def _quotation(clauses: Clauses, verb: Group, at: int, place: int) -> Content | None:
    """A quotation after the verb: all that was said if nothing but adjuncts stand between, else a part of it."""
    colon = clauses.kind(place - 1) == COLON
    if "as" in verb.frames and not colon:
        return (last_in_marks(clauses, place),), "as"
    source = (clauses.low(place - 1),) in clauses.language.phrases and is_short_name(clauses, place)
    if not colon and (source or is_name_in_marks(clauses, place) or _is_addressee(clauses, place)):
        return after(clauses, verb, clauses.opening[place].end)
    if not colon and _is_reported_after(clauses, clauses.opening[place].end):
        return None
    marked = colon or clauses.kind(place - 1) == COMMA or after_adjuncts(clauses, at, place) >= place
    if marked and "quote" in verb.frames:
        return ((place, _last_quotation(clauses, place)),), "quotation"
    return ((_beyond_adjuncts(clauses, at, place), end(clauses, place)),), "object"


def _is_addressee(clauses: Clauses, at: int) -> bool:
    """Return whether a name in marks stands before the clause that is said: "told “The evening news” | , that"."""
    end = clauses.opening[at].end
    named = clauses.capital(at + 1) and is_short_name(clauses, at)
    return named and clauses.kind(end) == COMMA and clauses.is_(end + 1, Word.COMPLEMENTISER)


def _is_reported_after(clauses: Clauses, at: int) -> bool:
    """Return whether a report follows the quotation: "The plan foresees “a new order”, | said Doe"."""
    place = clauses.skip(at + 1, Word.HAVE | Word.PRONOUN) if clauses.kind(at) in (COMMA, DASH) else at
    cue = clauses.cue(place) if place > at else None
    return cue is not None and "quote" in cue.frames and not clauses.capital(place)


def _beyond_adjuncts(clauses: Clauses, at: int, place: int) -> int:
    """The first word of the content that holds a quotation: after adverbs, with its preposition left out."""
    first = clauses.skip(at, Word.ADVERB | Word.TIME | Word.NEGATION)
    return first if first < place else at


def _after_colon(clauses: Clauses, verb: Group, colon: int) -> Content | None:
    if "quote" not in verb.frames:
        return None
    first = colon + 1
    if first >= clauses.end:
        return _in_following(clauses)
    if first in clauses.opening:
        return ((first, _last_quotation(clauses, first)),), "quotation"
    return ((first, end(clauses, first)),), "quotation"


def _in_following(clauses: Clauses) -> Content | None:
    """The quotation that opens the next sentence, after a colon that ends this one."""
    following = clauses.following
    if following is None or not following.quotations or following.quotations[0].start != following.start:
        return None
    return ((following.start, following.quotations[0].end),), "quotation"


def _after_comma(clauses: Clauses, verb: Group, comma: int) -> Content | None:
    """A clause after a comma, if its first words or its verb show that it is what was said."""
    first = clauses.skip(comma + 1, Word.ADVERB)
    for place in (comma + 1, first):
        if clauses.is_(place, Word.COMPLEMENTISER):
            return _that(clauses, verb, place)
    if comma + 1 in clauses.opening:
        return _quotation(clauses, verb, comma, comma + 1)
    stop = end(clauses, comma + 1)
    if "wh" in verb.frames and clauses.is_(comma + 1, Word.WH) and not clauses.is_(comma + 1, Word.DETERMINER):
        return ((comma + 1, stop),), "wh"
    if "to" in verb.frames and _is_infinitive_clause(clauses, comma + 1, stop):
        return ((comma + 1, stop),), "to"
    if "zero" in verb.frames and clauses.grammar.verb_second and _opens_main_clause(clauses, comma + 1, stop):
        return ((comma + 1, stop),), "zero"
    return _beyond_insertion(clauses, verb, comma)


def _is_infinitive_clause(clauses: Clauses, at: int, stop: int) -> bool:
    """Return whether the clause has an infinitive: "den Notstand auszurufen", not "um zu helfen"."""
    if not clauses.grammar.verb_second:
        endings = clauses.grammar.infinitive_endings or ("",)
        first = clauses.skip(at, Word.ADVERB | Word.NEGATION)
        opening = (i for i in range(first, stop) if i == first or clauses.kind(i - 1) == COMMA)
        marked = (i for i in opening if clauses.is_(i, Word.INFINITIVE))
        verbs = (clauses.skip(i + 1, Word.NEGATION | Word.PRONOUN | Word.ADVERB) for i in marked)
        return any(clauses.low(verb).endswith(endings) for verb in verbs)
    outside = [i for i in range(at, stop) if not clauses.in_quotation(i)]
    ends = next((i for i in outside if clauses.kind(i) in (COMMA, COLON, SEMICOLON, DASH)), stop)
    inside = [i for i in outside if i < ends]
    if clauses.low(at) in clauses.grammar.purposes or not any(clauses.is_infinitive(i) for i in inside):
        return False
    return not any(clauses.is_finite(i) and not clauses.is_infinitive(i - 1) for i in inside)


def _opens_main_clause(clauses: Clauses, at: int, stop: int) -> bool:
    """Return whether a clause begins here whose verb is in second place, or reports speech by its form."""
    if clauses.words(at, stop) < _FEWEST:
        return False
    subject = phrase(clauses, at, stop)
    if subject is not None:
        verb = clauses.opening[subject[1]].inner[0] if subject[1] in clauses.opening else subject[1]
        if clauses.is_finite(verb) or clauses.is_subjunctive(verb):
            return True
    if any(clauses.is_reported_further(i) for i in range(at, stop) if not clauses.in_quotation(i)):
        return True
    return is_verb_second(clauses, at, stop)


def is_verb_second(clauses: Clauses, at: int, stop: int) -> bool:
    """Return whether what may be a verb follows the first phrase of a clause: "am Freitag | regnet es"."""
    if clauses.is_(at, _NO_CLAUSE & ~Word.PREPOSITION):
        return False
    first = phrase(clauses, at, stop)
    verb = first[1] if first else clauses.skip(at, Word.ADVERB)
    verb = adjunct_end(clauses, at, stop) if verb == at and clauses.is_(at, Word.PREPOSITION) else verb
    if verb == at or clauses.kind(verb) != WORD or clauses.capital(verb):
        return False
    return clauses.is_finite(verb) or clauses.is_reported_further(verb) or not clauses.tokens.classes[verb]


def _beyond_insertion(clauses: Clauses, verb: Group, comma: int) -> Content | None:
    """The clause after a second comma: "sagte Doe, der gestern kam, dass …"."""
    for at in range(comma + 1, min(comma + 2 * _WINDOW, clauses.end - 1)):
        cue = clauses.cue(at) if not clauses.capital(at) else None
        other = cue is not None and cue.form & Form.PAST and "that" in cue.frames  # "…, who | says that"
        if clauses.in_quotation(at) or other:
            return None
        if clauses.kind(at) == COMMA and clauses.is_(at + 1, Word.COMPLEMENTISER):
            return _that(clauses, verb, at + 1)
        if clauses.kind(at) == COLON and at + 1 in clauses.opening:
            return _after_colon(clauses, verb, at)
    return None


def _is_infinitive(clauses: Clauses, verb: Group, at: int) -> bool:
    """Return whether an infinitive with its particle begins at `at`, or one without where the verb takes a clause."""
    endings = clauses.grammar.infinitive_endings
    if clauses.is_(at, Word.INFINITIVE):
        first = clauses.skip(at + 1, Word.NEGATION | Word.PRONOUN | Word.ADVERB) if endings else at + 1
        if clauses.grammar.noun_capitals and clauses.capital(first):
            return False  # "zu Spenden"
        return "to" in verb.frames and clauses.low(first).endswith(endings or ("",))
    bare = "that" in verb.frames and not clauses.is_(at, Word.DETERMINER | Word.PREPOSITION)
    return bare and clauses.is_(at, Word.HAVE | Word.BE) and clauses.low(at).endswith(endings or ("\n",))


def _infinitive(clauses: Clauses, verb: Group, at: int) -> int | None:
    """Return the start of an infinitive after adverbs and prepositional phrases: "ha riferito agli altri | di …"."""
    place = at
    while place < min(at + _WINDOW, clauses.end):
        if _is_infinitive(clauses, verb, place):
            return place
        if clauses.is_(place, Word.ADVERB | Word.TIME):
            place += 1
        elif clauses.is_(place, Word.PREPOSITION) and clauses.grammar.infinitive_endings:
            beyond = adjunct_end(clauses, place, clauses.end)
            marks = (i for i in range(beyond - 1, place + 1, -1) if clauses.is_(i, Word.INFINITIVE))
            marker = next((i for i in marks if _is_infinitive(clauses, verb, i)), None)
            if marker is not None:
                return marker  # "agli altri | di non aver", "à ses équipes | de rester"
            place = beyond
        else:
            return None
    return None


def _ends_in_infinitive(clauses: Clauses, at: int) -> bool:
    """Return whether the clause goes on to an infinitive without a comma: "laat weten | de plannen te steunen"."""
    inside = range(at, clauses.clause_stop(at))
    marker = next((i for i in inside if i > at and clauses.is_infinitive(i)), None)
    return marker is not None and not any(clauses.is_finite(i) for i in range(at, marker))


def _bare(clauses: Clauses, verb: Group, at: int) -> Content | None:
    """An infinitive or a noun phrase right after the verb: "promised to go", "criticised the plan"."""
    place = _infinitive(clauses, verb, at)
    if place is not None:
        return ((place, end(clauses, place)),), "to"
    place = clauses.skip(at, Word.ADVERB | Word.TIME)
    place += clauses.low(place) in verb.cue.particles
    if "to" in verb.frames and clauses.grammar.verb_second and _ends_in_infinitive(clauses, place):
        return ((place, end(clauses, place)),), "to"
    if "wh" in verb.frames and clauses.is_(place, Word.WH):
        return ((place, end(clauses, place)),), "wh"
    own = place == verb.end and clauses.is_(place, Word.SUBJECT_PRONOUN)
    if "zero" in verb.frames and (own or _opens_bare_clause(clauses, place)):
        return ((place, end(clauses, place)),), "zero"
    closes_clause = clauses.grammar.verb_second and verb.end - 1 > verb.finite  # "hat … gefordert"
    if "object" in verb.frames and not closes_clause:
        place = after_adjuncts(clauses, place, clauses.end) if clauses.grammar.drops_subject else place
        noun_phrase = phrase(clauses, place, clauses.end)
        stop = _before_aside(clauses, place, end(clauses, place))
        if noun_phrase is not None and clauses.words(place, stop) >= 2:
            return ((place, stop),), "object"
    return _after_preposition(clauses, verb, clauses.skip(at, Word.ADVERB | Word.TIME))


def _opens_bare_clause(clauses: Clauses, at: int) -> bool:
    """Return whether a subject with an ending for "the", or a name, and its verb begin here: "mener | lampen lyste"."""
    subject = phrase(clauses, at, clauses.end) if clauses.grammar.definite_endings else None
    if subject is None or not clauses.is_finite(subject[1]):
        return False
    return clauses.is_named(subject) or clauses.low(subject[1] - 1).endswith(clauses.grammar.definite_endings)


def _after_preposition(clauses: Clauses, verb: Group, place: int) -> Content | None:
    """The phrase with the preposition that the verb governs: "warned | of new floods"."""
    stop = _before_aside(clauses, place, end(clauses, place))
    governed = f"~{clauses.low(place)}" in verb.frames and phrase(clauses, place + 1, stop) is not None
    return (((place, stop),), "object") if governed and clauses.words(place, stop) > _FEWEST else None


def _before_aside(clauses: Clauses, start: int, stop: int) -> int:
    """The end of a noun phrase before a comma and a time, an adverb or a phrase with a preposition."""
    aside = Word.TIME | Word.DAYTIME | Word.ADVERB | Word.PREPOSITION | Word.SUBORDINATOR
    commas = (i for i in range(start, stop) if clauses.kind(i) == COMMA and not clauses.in_quotation(i))
    return next((i for i in commas if clauses.is_(i + 1, aside) and not clauses.is_(i + 1, Word.RELATIVE)), stop)
