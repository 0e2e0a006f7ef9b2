"""Reports without a verb of saying: by a source, or by a noun for what somebody says.

A source names a speaker: "laut Doe", "nach Angaben der Polizei", "Berichten zufolge", ", so Doe".

>>> said("Laut Edda Brehm ist der Deich zu niedrig.", "de")
Edda Brehm: ist der Deich zu niedrig

The noun's owner speaks, or the subject of a verb that only says the noun:

>>> said("Die Forderung von Edda Brehm, das Bad zu schließen, kam am Montag.", "de")
Edda Brehm: das Bad zu schließen
>>> said("Edda Brehm vertrat die Auffassung, der Deich sei zu niedrig.", "de")
Edda Brehm: der Deich sei zu niedrig
"""

from collections.abc import Mapping, Sequence
from functools import cache

from pipeline.extract.chunks import content_ends, contents, phrases, subjects
from pipeline.extract.chunks.clause import Clauses
from pipeline.extract.chunks.phrases import is_short_name, phrase
from pipeline.extract.chunks.verbs import Group
from pipeline.extract.frames.sentence_parse import Attribution, Subject
from pipeline.extract.lexicon import Cue, Language, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COLON, COMMA, DASH, SEMICOLON, STOP, WORD

_OWNER = 2  # words of "ihrer Meinung nach" before the preposition

_LEFT = 8  # tokens before a postposition

_FEWEST = 2  # words of a clause

_JOINTS = (COMMA, DASH, SEMICOLON)

_KNOWN = Word.DETERMINER | Word.POSSESSIVE | Word.PRONOUN | Word.TITLE | Word.ROLE  # of whom the article has named


def by_source(clauses: Clauses, at: int) -> Attribution | None:
    """The attribution whose source is named by the phrase at `at`, if one is."""
    source = _source(clauses, at)
    if source is None:
        return None
    start, end, speaker = source
    inserted = clauses.low(at) in clauses.grammar.inserted
    dependent = not inserted and _is_subordinate(clauses, clauses.clause_start(start))
    if dependent and not clauses.grammar.verb_second:
        return None
    speaker = with_place(clauses, speaker, ()) if speaker[1] == end else speaker
    parts = (_in_clause if dependent else around)(clauses, start, max(end, speaker[1]))
    if not parts or clauses.taken(parts[0][0]):
        return None
    lemma = clauses.tokens.words(at, at + 1).lower()
    return Attribution(clauses.number, (at, at + 1), speaker, "according", parts, "around", "asserted", lemma)


def _is_subordinate(clauses: Clauses, at: int) -> bool:
    """Return whether a relative or another dependent clause begins at `at`, after a comma."""
    return clauses.kind(at - 1) == COMMA and clauses.is_(at, Word.RELATIVE | Word.SUBORDINATOR)


def _source(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """Return where the source's phrase begins and ends, and who it names."""
    grammar, low = clauses.grammar, clauses.low(at)
    if listed := _by_listed(clauses, at):
        return listed
    if low in grammar.opinions and at == clauses.start:
        return _opinion(clauses, at)
    if low in grammar.source_prepositions and (by_noun := _by_noun(clauses, at)):
        return by_noun
    if low in grammar.source_afters and clauses.is_source(at - 1):
        return _owned(clauses, at)
    if low in grammar.postpositions:
        return _before(clauses, at)
    return _inserted(clauses, at) if low in grammar.inserted else None


def _by_listed(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """The source that a listed phrase names, by what follows it or by a possessive inside it."""
    if length := _listed(clauses, at):
        return _by_phrase(clauses, at, at + length)
    end = _owned_phrase(clauses, at)
    return (at, end, (at + 1, at + 2)) if end else None


def _by_phrase(clauses: Clauses, at: int, end: int) -> tuple[int, int, Range] | None:
    """The source that a listed phrase names: "laut Doe", "jego zdaniem"."""
    if clauses.is_(at - 1, Word.POSSESSIVE):
        return at - 1, end, (at - 1, at)
    if clauses.is_(end, Word.PRONOUN) and clauses.language.genders.get(clauses.low(end)):
        return at, end + 1, (end, end + 1)
    who = phrase(clauses, end, clauses.end) or (end, end)
    who = who[0], _definite_end(clauses, who[0], _genitive_end(clauses, *who))
    if who[1] in clauses.opening and is_short_name(clauses, who[1]):
        who = who[0], clauses.opening[who[1]].end  # "laut „Herald“", "laut der Website „Herald“"
    return (at, who[1], who) if who[1] > end else None


def _definite_end(clauses: Clauses, start: int, end: int) -> int:
    """The end of a phrase after its noun with an ending for "the", before an unlisted verb: "Enligt åtalet | slog"."""
    grammar = clauses.grammar
    if not grammar.definite_endings or clauses.is_named((start, end)):
        return end
    nouns = (i for i in range(start, end) if clauses.low(i).endswith(grammar.definite_endings))
    noun = next((i for i in nouns if not clauses.is_(i, Word.DETERMINER | Word.POSSESSIVE)), end)
    plain = noun + 1 < end and clauses.kind(noun + 1) == WORD and not clauses.capital(noun + 1)
    verb = plain and not clauses.tokens.classes[noun + 1] and clauses.low(noun + 1).endswith(grammar.finite_endings)
    return noun + 1 if verb else end


def _genitive_end(clauses: Clauses, start: int, end: int) -> int:
    """The end of the genitives of a phrase, beside which a subject may stand: "zdaniem lekarza | plan"."""
    endings = clauses.grammar.source_cases
    if not endings:
        return end
    for at in range(start + 1, end):
        if clauses.kind(at) != WORD:
            return end
        if not clauses.capital(at) and not clauses.low(at).endswith(endings):
            return at
    return end


def _inserted(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """The report in an insertion: ", so Doe"."""
    if clauses.kind(at - 1) != COMMA and at not in clauses.closing:
        return None
    who = phrase(clauses, at + 1, clauses.end)
    if who is None or clauses.is_finite(who[1]):
        return None
    aside = clauses.is_(who[1], Word.PREPOSITION | Word.ADVERB | Word.TIME)
    end = clauses.clause_stop(who[1]) if aside else who[1]
    end -= aside and clauses.kind(end - 1) == STOP
    return at - (clauses.kind(at - 1) == COMMA), end, who


def _opinion(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """ "Pour Doe, …": a person in whose view the sentence holds."""
    who = phrase(clauses, at + 1, clauses.end)
    return (at, who[1], who) if who and clauses.is_person(who) and clauses.kind(who[1]) == COMMA else None


@cache
def _phrases(language: Language) -> Mapping[str, Sequence[tuple[str, ...]]]:
    """The rest of each listed phrase by its first word, in the order of the list."""
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for first, *rest in language.phrases:
        by_first.setdefault(first, []).append(tuple(rest))
    return by_first


def _listed(clauses: Clauses, at: int) -> int:
    """The length of the listed phrase at `at`; 0 if none is there."""
    for rest in _phrases(clauses.language).get(clauses.low(at), ()):
        if tuple(clauses.tokens.low[at + 1 : at + 1 + len(rest)]) == rest:
            return 1 + len(rest)
    return 0


def _owned_phrase(clauses: Clauses, at: int) -> int:
    """The end of a listed phrase with its owner's possessive after its first word: "по | его | словам"; 0 if none."""
    if not clauses.is_(at + 1, Word.POSSESSIVE) or clauses.language.genders.get(clauses.low(at + 1)) == "first":
        return 0
    for rest in _phrases(clauses.language).get(clauses.low(at), ()):
        nouns = tuple(word for word in rest if not clauses.language.word_class(word) & Word.OF)
        end = at + 2 + len(nouns)
        if nouns and tuple(clauses.tokens.low[at + 2 : end]) == nouns:
            return end
    return 0


def _by_noun(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """ "nach Angaben der Polizei": who follows the noun speaks; without an owner, the source itself does."""
    noun = next((i for i in range(at + 1, at + 4) if clauses.is_source(i)), None)
    if noun is None or any(clauses.kind(i) != WORD for i in range(at + 1, noun)):
        return None
    whole = phrase(clauses, at + 1, clauses.end)
    if whole is None or whole[1] <= noun:
        return None
    if whole[1] == noun + 1 and (owner := _bare_owner(clauses, noun + 1)):
        return at, owner[1], owner
    owner = phrase(clauses, noun + 1 + clauses.is_(noun + 1, Word.OF), whole[1])
    return at, whole[1], owner if owner and owner[1] == whole[1] else whole


def _bare_owner(clauses: Clauses, at: int) -> Range | None:
    """The owner without an article, after an adjective: "nach Angaben | örtlicher Behörden"."""
    adjective = clauses.low(at).endswith(clauses.grammar.genitive_endings or ("\n",)) and clauses.capital(at + 1)
    plain = clauses.kind(at) == WORD and not clauses.capital(at) and not clauses.tokens.classes[at]
    return phrase(clauses, at, clauses.end) if adjective and plain else None


def _owned(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """The opinion with a possessive for its owner: "ihrer Meinung nach"."""
    start = at - 1
    while start > clauses.start and at - start <= _OWNER and clauses.is_(start - 1, Word.POSSESSIVE | Word.DETERMINER):
        start -= 1
    return (start, at + 1, (start, at)) if start < at - 1 else None


def _before(clauses: Clauses, at: int) -> tuple[int, int, Range] | None:
    """The phrase that ends before a postposition: "der Polizei zufolge"."""
    for start in range(max(clauses.start, at - _LEFT), at):
        inside = start > clauses.start and clauses.kind(start - 1) == WORD and not clauses.is_finite(start - 1)
        if inside and not clauses.is_source(start):
            continue
        who = phrase(clauses, start, at)
        if who is not None and who[1] == at:
            return start, at + 1, who
    return None


def with_place(clauses: Clauses, who: Range, parts: Sequence[Range]) -> Range:
    """The phrase of somebody unnamed, with the place or body after a preposition: "a source | in the ministry"."""
    first, at = who
    bare = not any(clauses.is_(i, _KNOWN) for i in range(*who))
    insider = not clauses.language.names["insiders"].isdisjoint(clauses.tokens.low[first:at])
    unknown = clauses.low(first) in clauses.language.names["indefinite"] or (
        bare and (clauses.grammar.bare_roles or insider)
    )
    if clauses.is_named(who) or not clauses.is_(at, Word.PREPOSITION) or not (unknown or clauses.is_(at, Word.FOR)):
        return who
    stop = phrases.adjunct_end(clauses, at, clauses.end)
    ends = clauses.kind(stop) in (COMMA, STOP, COLON, DASH, -1) or stop in clauses.opening or clauses.is_finite(stop)
    dated = clauses.is_(stop - 1, Word.TIME | Word.DAYTIME) or clauses.is_(at + 1, Word.TIME | Word.DAYTIME)
    apart = not any(a < stop and at < b for a, b in parts)
    return (first, stop) if ends and apart and not dated else who


def _in_clause(clauses: Clauses, start: int, stop: int) -> tuple[Range, ...]:
    """The dependent clause without the words that name its source: "weil es | nach Ansicht von Doe | fehlt"."""
    first = clauses.clause_start(start)
    commas = (i for i in range(stop, clauses.end) if clauses.kind(i) in (COMMA, DASH) and not clauses.in_quotation(i))
    last = next(commas, clauses.end)
    last -= clauses.kind(last - 1) == STOP
    parts = tuple(part for part in ((first, start), (stop, last)) if part[1] > part[0])
    return parts if clauses.words(first, start) + clauses.words(stop, last) > _FEWEST else ()


def _main_clause(clauses: Clauses, first: int, start: int) -> int:
    """The start of the main clause of the token at `start`: after a semicolon, or after a main clause and a comma."""
    semicolon = next((i for i in range(start - 1, first, -1) if clauses.kind(i) == SEMICOLON), None)
    first = first if semicolon is None else semicolon + 1
    begin = clauses.clause_start(start)
    joined = clauses.grammar.verb_second and begin > first and clauses.kind(begin - 1) == COMMA
    before = joined and any(clauses.is_finite(i) for i in range(first, begin))
    return begin if before and contents.is_verb_second(clauses, begin, clauses.clause_stop(start)) else first


def around(clauses: Clauses, start: int, stop: int) -> tuple[Range, ...]:
    """The sentence without the words that name its source: what is before them, what is after, or both."""
    first = _main_clause(clauses, contents.floor(clauses), start)
    left = (first, start - (clauses.kind(start - 1) in _JOINTS)) if start > first else None
    right_start = stop
    while clauses.kind(right_start) in (COMMA, DASH):
        right_start += 1
    last = next((i for i in range(right_start, clauses.end) if clauses.kind(i) == SEMICOLON), clauses.end)
    last = min(last, content_ends.end(clauses, right_start))
    right = (right_start, last) if clauses.words(right_start, last) else None
    if left and right_start == stop + 1 and clauses.is_(right_start, Word.RELATIVE) and clauses.words(*left):
        right = None  # "…, so Doe, | who also said …"
    if left is None or not clauses.words(*left):
        if right_start == stop and start > clauses.start and clauses.is_(stop, Word.PREPOSITION | Word.OF):
            return ()  # "said Doe, according to a film shown | by the army"
        return (right,) if right and clauses.words(*right) >= _FEWEST else ()
    if right is None or clauses.is_(right_start, Word.RELATIVE):  # "selon Doe, | qui parle d'un échec"
        return (left,) if clauses.words(*left) >= _FEWEST else ()
    return left, right


_FRAMES = frozenset(["that", "zero", "wh", "to"])


def by_noun(clauses: Clauses, at: int) -> Attribution | None:
    """The report by the noun at `at`, if what it says follows and somebody is named who says it."""
    if not _is_noun(clauses, at):
        return None
    owner, stop = _owner(clauses, at)
    what = contents.after(clauses, _group(clauses, at), stop)
    if what is None or not _is_said(clauses, what):
        return None
    subject = Subject(owner, "possessive") if owner else _subject(clauses, at)
    if subject is None or clauses.taken(what[0][0][0]):
        return None
    parts = tuple(_before_verb(clauses, at, part) for part in what[0])
    lemma = clauses.low(at)
    return Attribution(clauses.number, (at, at + 1), subject.phrase, subject.via, parts, what[1], "asserted", lemma)


def says_instead(clauses: Clauses, verb: Group, start: int, stop: int) -> bool:
    """Return whether a noun after the verb says the content: "criticised | the demand of the council | to close it"."""
    nouns = [i for i in range(start, stop) if _is_noun(clauses, i)]
    if any(clauses.low(_first(clauses, i)) in clauses.grammar.utters_with for i in nouns):
        return True  # "wies den Antrag | mit der Begründung | zurück, das Geld fehle"
    if "denial" in verb.frames:
        return False
    return any(owner and end == stop for owner, end in (_owner(clauses, i) for i in nouns))


def _is_noun(clauses: Clauses, at: int) -> bool:
    listed = clauses.low(at) in clauses.language.nouns
    return listed and (clauses.capital(at) or not clauses.grammar.noun_capitals)


def _group(clauses: Clauses, at: int) -> Group:
    """The noun as what a reporting verb would be."""
    return Group(at, at, at + 1, Cue(clauses.low(at), 0, _FRAMES), _FRAMES, negated=False)


def _is_said(clauses: Clauses, what: contents.Content) -> bool:
    """Return whether the content is a clause that only speech can be: one without "that" has a form of speech."""
    parts, frame = what
    if clauses.grammar.verb_second and clauses.kind(parts[0][0] - 1) != COMMA:
        return False
    if frame != "zero":
        return frame in _FRAMES
    return any(clauses.is_reported_further(i) for part in parts for i in range(*part))


def _before_verb(clauses: Clauses, at: int, part: Range) -> Range:
    """The content without the main verb that follows it where the noun opens the clause: "Her claim that …, | met"."""
    if any(clauses.is_finite(i) for i in range(clauses.clause_start(at), at)):
        return part
    for i in range(*part):
        plain = clauses.kind(i + 1) == WORD and not clauses.capital(i + 1)
        verb = plain and (clauses.is_finite(i + 1) or not clauses.tokens.classes[i + 1])
        if clauses.kind(i) == COMMA and not clauses.in_quotation(i) and verb:
            return part[0], i
    return part


def _owner(clauses: Clauses, at: int) -> tuple[Range | None, int]:
    """The noun's owner, before or after it, and the end of the noun's phrase."""
    place = at + 1 + clauses.is_(at + 1, Word.OF)
    if place > at + 1 or clauses.low(place) in clauses.grammar.genitives:
        owner = phrase(clauses, place, clauses.end)
        if owner is not None:
            return owner, owner[1]
    first = at - 1
    while clauses.kind(first) == WORD and not clauses.tokens.classes[first] and not clauses.capital(first):
        first -= 1  # adjectives
    if clauses.is_(first, Word.POSSESSIVE):
        return (first, first + 1), at + 1
    return ((first, first + 1) if first in clauses.people else None), at + 1


def _subject(clauses: Clauses, at: int) -> Subject | None:
    """The subject of the clause whose verb only says the noun: "vertrat | die Auffassung", "mit der Begründung"."""
    start, first = clauses.clause_start(at), _first(clauses, at)
    inside = range(start, clauses.clause_stop(at))
    says = any(clauses.low(i) in clauses.grammar.utters and not clauses.capital(i) for i in inside)
    holds = clauses.is_source(at) and any(clauses.is_(i, Word.BE) for i in inside)  # "ist der Ansicht"
    if not (says or holds or clauses.low(first) in clauses.grammar.utters_with):
        return None
    subject = subjects.subject_of(clauses, start, first)
    joined = subject is None and clauses.low(start) in clauses.grammar.utters  # "…, kamen | zum Ergebnis, dass …"
    return subjects.subject_of(clauses, clauses.start, start - 1) if joined else subject


def _first(clauses: Clauses, at: int) -> int:
    """The first token of the noun's phrase, or of the preposition before it."""
    first = at
    while first > clauses.start and clauses.kind(first - 1) == WORD and not clauses.capital(first - 1):
        if clauses.is_(first - 1, Word.DETERMINER | Word.POSSESSIVE) or not clauses.tokens.classes[first - 1]:
            first -= 1
            continue
        return first - (clauses.low(first - 1) in clauses.grammar.utters_with)
    return first
