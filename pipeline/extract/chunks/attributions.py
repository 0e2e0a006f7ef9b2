"""The reports of a sentence, in order: each reporting verb, source and quotation, with the speaker and the content.

>>> said("„Der Deich ist zu niedrig“, sagte Landrätin Edda Brehm.", "de")
Edda Brehm: Der Deich ist zu niedrig
"""

from collections.abc import Sequence

from pipeline.extract.chunks import content_ends, contents, phrases, sources, subjects
from pipeline.extract.chunks.clause import Clauses
from pipeline.extract.chunks.phrases import beyond_title, is_name_in_marks, phrase
from pipeline.extract.chunks.subjects import is_somebody
from pipeline.extract.chunks.verbs import Group, group, is_old_belief, modality
from pipeline.extract.frames.sentence_parse import Attribution, Frame, Subject
from pipeline.extract.lexicon import Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Quotation
from pipeline.extract.text.tokens import COLON, COMMA, DASH, STOP, WORD

_MOST = 40  # reports that are looked for in a sentence

_VERB = 4  # words from a quotation to its speaker that may hold a verb of no list

_NO_VERB = Word.CONJUNCTION | Word.SUBORDINATOR | Word.COMPLEMENTISER | Word.RELATIVE | Word.PREPOSITION

_INSERTION = 12  # tokens of an insertion between a verb and its subject

_REFLEXIVE = ("se", "si")  # endings of an infinitive with a pronoun

_FEWEST = 3  # words of a quotation that a colon alone gives to somebody


def read(clauses: Clauses, places: Sequence[int]) -> list[Attribution]:
    """The attributions of a sentence, which can only be at these tokens."""
    places = places[:_MOST]
    for at in places:
        if clauses.in_quotation(at) or clauses.taken(at):
            continue
        report = sources.by_source(clauses, at) or sources.by_noun(clauses, at)
        if report is not None and report.via == "according":
            report = _told_by(clauses, report, places) or report
        if report is None:
            verb = group(clauses, at)
            report = by_verb(clauses, verb) if verb and not is_old_belief(clauses, verb) else None
        if report is not None:
            clauses.reports.append(report)
    if not clauses.reports:
        clauses.reports += by_colon(clauses)
    for quotation in clauses.sentence.quotations:
        if not clauses.taken(quotation.start) and (report := by_place(clauses, quotation)):
            clauses.reports.append(report)
    return clauses.reports


def _told_by(clauses: Clauses, source: Attribution, places: Sequence[int]) -> Attribution | None:
    """The report that a source passes on: "Laut Radio Nord | sagte Doe, dass …"."""
    begin, (start, stop) = clauses.clause_start(source.cue[0]), source.content[-1]
    for at in places:
        inside = start <= at < stop and clauses.cue(at) and clauses.clause_start(at) == begin
        verb = group(clauses, at) if inside else None
        report = by_verb(clauses, verb) if verb and not clauses.in_quotation(at) else None
        if report is not None and report.speaker is not None and report.frame in ("that", "zero", "wh", "quotation"):
            return report
    return None


def by_place(clauses: Clauses, quotation: Quotation) -> Attribution | None:
    """ "“…”, grumbled Doe": a quotation, a mark, a few small words that may hold any verb, and who speaks."""
    at = quotation.end
    while clauses.kind(at) in (COMMA, DASH):
        at += 1
    ended = clauses.kind(quotation.inner[1] - 1) == STOP
    if (at == quotation.end and not ended) or is_name_in_marks(clauses, quotation.start):
        return None
    for first in range(at + 1, at + 1 + _VERB):
        if clauses.kind(first - 1) != WORD or clauses.capital(first - 1) or clauses.is_(first - 1, _NO_VERB | Word.BE):
            return None
        who = phrase(clauses, first, clauses.end)
        whole = clauses.words(*quotation.inner) > _FEWEST and clauses.is_(who[0], Word.ARTICLE) if who else False
        if who is not None and (whole or _speaks(clauses, who)):
            part = contents.quotation_before(clauses, at) or (quotation.start, quotation.end)
            more = contents.resumed(clauses, who[1], waits=False)
            parts = (part, more) if more else (part,)
            return Attribution(clauses.number, (at, first), who, "inverted", parts, "before", "asserted", "")
    return None


def _speaks(clauses: Clauses, who: Range) -> bool:
    """Return whether the phrase can be the subject of an unlisted verb: it names a person and ends the report."""
    return (is_somebody(clauses, who) or clauses.is_(who[0], Word.SUBJECT_PRONOUN)) and _ends_report(clauses, who[1])


def by_colon(clauses: Clauses) -> list[Attribution]:
    """ "Doe on Roe: “He is late.”": a person before a colon, and a quotation right after it."""
    start = next((q.start for q in clauses.sentence.quotations if clauses.kind(q.start - 1) == COLON), None)
    quotation = clauses.opening[start] if start is not None else None
    if start is None or quotation is None or clauses.words(start, quotation.end) < _FEWEST:
        return []
    for at in range(clauses.start, start - 1):
        who = phrase(clauses, at, start - 1)
        if who is not None and is_somebody(clauses, who):
            if _is_about(clauses, who):
                return []
            cue, parts = (start - 1, start), ((start, quotation.end),)
            return [Attribution(clauses.number, cue, who, "subject", parts, "quotation", "asserted", ":")]
    return []


def _is_about(clauses: Clauses, who: Range) -> bool:
    """Return whether the phrase is a noun with its owner's name: "L'elogio di Doe", "Il caso Doe"."""
    people = clauses.language.names["people"]
    head = clauses.skip(who[0], Word.DETERMINER | Word.POSSESSIVE)
    if clauses.is_(head - 1, Word.POSSESSIVE):
        return False  # "his colleague Jo Doe"
    somebody = head in clauses.named or clauses.is_(head, Word.TITLE | Word.ROLE) or clauses.low(head) in people
    return not somebody and not clauses.capital(head) and not clauses.grammar.noun_capitals and head + 1 < who[1]


def by_verb(clauses: Clauses, verb: Group) -> Attribution | None:
    """The attribution that the verb makes, if it reports: what was said stands before it, after it, or around it."""
    if verb.passive:
        return _by_passive(clauses, verb)
    first = _beyond_small(clauses, verb)
    quoted = contents.quotation_before(clauses, first) if "quote" in verb.frames else None
    if quoted is not None and "impersonal" in verb.frames:
        called = clauses.grammar.verb_second and not clauses.is_(verb.finite + 1, Word.PRONOUN)
        return None if called else _said_somewhere(clauses, verb, quoted)  # "the flag that is called “Morning Star”"
    if verb.start < verb.finite == verb.end - 1:
        quoted = None  # "der das Buch „Nordlicht“ geschrieben hat"
    if quoted is not None:
        return _after_words(clauses, verb, quoted, "before")
    as_said = _as_said(clauses, verb)
    if as_said is not None:
        return as_said
    if _parts_a_clause(clauses, verb, first):
        return _after_clause(clauses, verb, first)
    return _before_words(clauses, verb) or _after_clause(clauses, verb, first)


def _by_passive(clauses: Clauses, verb: Group) -> Attribution | None:
    """ "Es wird befürchtet, dass …": nobody is named as saying it, unless "von" names the agent."""
    stop = clauses.skip(max(verb.end, verb.finite + 1), Word.BE)
    what = contents.after(clauses, verb, stop)
    before = contents.clause_before(clauses, verb.finite)
    alone = clauses.skip(verb.finite + 1, Word.ADVERB) == verb.end - 1 and clauses.kind(stop) in (STOP, -1)
    if before and alone and any(clauses.is_reported_further(i) for i in range(*before)):
        return _made(clauses, verb, None, (before,), "around")  # "Das Wehr könne brechen, wird vermutet"
    dependent = verb.finite >= verb.end - 1  # "die beschuldigt werden": what follows may be the main clause
    frames = {"that", "to"} | ({"wh"} if "question" in verb.frames else set() if dependent else {"zero"})
    begin = clauses.clause_start(min(verb.start, verb.finite))
    own = any(clauses.is_(i, Word.MODAL) for i in range(begin, verb.end + 2))  # "kann gesagt werden" is the author's
    if own or what is None or what[1] not in frames:
        return None
    parts = tuple(content_ends.before_main_clause(clauses, *part) for part in what[0]) if dependent else what[0]
    agents = (phrase(clauses, i + 1, verb.end) for i in range(begin, verb.end) if clauses.is_(i, Word.BY))
    agent = next((who for who in agents if who), None)
    return _made(clauses, verb, Subject(agent, "passive") if agent else None, parts, what[1])


def _beyond_small(clauses: Clauses, verb: Group) -> int:
    """The first adverb or pronoun between what was said and its verb: "“…”, | já havia dito", "« … », | s'est dit"."""
    at = first = min(verb.start, verb.finite)
    impersonal = clauses.grammar.drops_subject and not verb.cue.lemma.endswith(_REFLEXIVE)  # "si legge", "se dice"
    while first not in clauses.closing and not clauses.capital(first - 1):
        pronoun = clauses.is_(first - 1, Word.PRONOUN) and not clauses.is_(
            first - 1, Word.SUBJECT_PRONOUN | Word.RELATIVE
        )
        if not clauses.is_(first - 1, Word.ADVERB) and (impersonal or not pronoun):
            break
        first -= 1
    return first if clauses.kind(first - 1) in (COMMA, DASH) or first in clauses.closing else at


def _parts_a_clause(clauses: Clauses, verb: Group, first: int) -> bool:
    """Return whether a verb and its subject stand between commas: "There are signs, | said Doe, | that …"."""
    part = contents.clause_before(clauses, first)
    if part is None or not clauses.grammar.verb_second or clauses.words(*part) < _FEWEST:
        return False
    if clauses.low(part[0]) in clauses.grammar.as_ or clauses.is_(clauses.clause_start(first - 1), _NO_VERB):
        return False
    who = subjects.after(clauses, verb, clauses.end)
    return who is not None and who[0] == verb.finite + 1 and clauses.kind(who[1]) == COMMA


def _after_words(clauses: Clauses, verb: Group, part: Range, frame: Frame) -> Attribution | None:
    """ "“…”, said Doe": the subject follows the verb; what was said may go on after it."""
    who = subjects.after(clauses, verb, _ceiling(clauses, verb.end))
    who = who or beyond_insertion(clauses, verb)
    subject = Subject(who, "inverted") if who else _before_verb(clauses, verb)
    if subject is None and not clauses.grammar.drops_subject and frame == "around":
        return None
    stop = max(verb.end, verb.finite + 1, who[1] if who else 0)
    further = clauses.is_(stop + 1, Word.COMPLEMENTISER)
    waits = frame == "around" and (_waits(clauses, part) or further) and not subjects.is_gerund(clauses, stop + 1)
    more = contents.resumed(clauses, stop, waits=waits)
    more = more or (contents.coordinated(clauses, stop) if frame == "around" else None)
    parts = (part, more) if more else (part,)
    return _made(clauses, verb, subject, parts, frame)


def beyond_insertion(clauses: Clauses, verb: Group) -> Range | None:
    """The person after an insertion between commas: "rivela, | trattenendo un sorriso, | don Doe"."""
    opens = max(verb.end, verb.finite + 1)
    if clauses.kind(opens) != COMMA:
        return None
    closes = clauses.clause_stop(opens + 1)
    who = phrase(clauses, closes + 1, clauses.end) if clauses.kind(closes) == COMMA else None
    finite = any(clauses.is_finite(i) for i in range(opens, closes))
    apart = who is not None and closes - opens <= _INSERTION and not finite and _ends_report(clauses, who[1])
    return who if who is not None and apart and clauses.is_person(who) else None


def _before_verb(clauses: Clauses, verb: Group) -> Subject | None:
    subject = subjects.before(clauses, verb)
    return subject if subject is not None and not clauses.taken(subject.phrase[0]) else None


def _waits(clauses: Clauses, part: Range) -> bool:
    """Return whether the words before a report are no clause yet: "Repairs, she said, would take a year"."""
    if clauses.words(*part) <= _FEWEST:
        return True
    return not any(clauses.is_finite(i) or clauses.is_reported(i) for i in range(*part))


def _before_words(clauses: Clauses, verb: Group) -> Attribution | None:
    """ "Doe said that …": the subject before the verb, or after it, and then what was said."""
    stop = max(verb.end, verb.finite + 1)
    if "impersonal" in verb.frames:
        return _impersonal(clauses, verb, stop)
    subject = subjects.before(clauses, verb)
    what = contents.after(clauses, verb, stop)
    yields = subject is not None and _yields(clauses, verb, subject)
    if subject is None or subject.via == "shared" or yields:
        ceiling = what[0][0][0] if what and what[1] in ("that", "wh", "quotation") and not yields else clauses.end
        follows = subjects.after(clauses, verb, min(ceiling, _ceiling(clauses, stop)))
        if follows is not None and "as" in verb.frames and clauses.grammar.drops_subject:
            follows = follows if is_somebody(clauses, follows) or clauses.is_named(follows) else None
        if follows is not None and (yields or subject is None or what is None or follows[1] <= what[0][0][0]):
            subject = Subject(follows, "inverted")
            what = contents.after(clauses, verb, follows[1])
    if what is None or sources.says_instead(clauses, verb, stop, what[0][0][0] - 1):
        return None
    if clauses.grammar.verb_second and clauses.is_(clauses.clause_start(verb.start), Word.SUBORDINATOR):
        what = (*(content_ends.before_main_clause(clauses, *part) for part in what[0]),), what[1]
    if subject is None:
        subject = subjects.shared(clauses)
    before = subject is None and what[1] == "object" and contents.clause_before(clauses, min(verb.start, verb.finite))
    if before or (subject is None and not clauses.grammar.drops_subject):
        return None
    if "cites" in verb.frames and what[1] == "quotation":
        subject = _cited(clauses, stop) or subject
    return _made(clauses, verb, subject, what[0], what[1])


def _cited(clauses: Clauses, at: int) -> Subject | None:
    """The person whose words the subject cites: "The paper cites | Doe | with the words"."""
    who = phrase(clauses, clauses.skip(at, Word.ADVERB), clauses.end)
    return Subject(who, "inverted") if who and is_somebody(clauses, who) else None


def _yields(clauses: Clauses, verb: Group, subject: Subject) -> bool:
    """Return whether the subject follows the verb instead: "Der Zeitung sagte Jo Doe", "Das sagte er"."""
    if not clauses.grammar.verb_second or clauses.is_named(subject.phrase) or subject.via == "relative":
        return False
    start, end = subject.phrase
    if end - start == 1 and clauses.is_(start, Word.PRONOUN) and not clauses.is_(start, Word.SUBJECT_PRONOUN):
        return True
    first = verb.finite + 1
    while clauses.is_(first, Word.PRONOUN) and not clauses.is_(first, Word.SUBJECT_PRONOUN | Word.DETERMINER):
        first += 1
    if clauses.is_(first, Word.SUBJECT_PRONOUN):
        return not clauses.is_(subject.phrase[0], Word.SUBJECT_PRONOUN)
    follows = phrase(clauses, first, clauses.end)
    definite = clauses.low(end - 1).endswith(clauses.grammar.definite_endings or ("\n",))
    bare = not (definite or clauses.is_(start, Word.DETERMINER | Word.POSSESSIVE | Word.SUBJECT_PRONOUN))
    return follows is not None and (clauses.is_named(follows) or (bare and clauses.is_(first, Word.DETERMINER)))


def _impersonal(clauses: Clauses, verb: Group, stop: int) -> Attribution | None:
    """ "In einem Papier heißt es, …": the source stands in a phrase with a preposition, if anywhere."""
    at = clauses.clause_start(min(verb.start, verb.finite))
    at += clauses.low(at) in clauses.grammar.as_  # "Wie es | aus dem Rathaus hieß"
    spoken_in = clauses.grammar.spoken_in
    source = phrase(clauses, at + 1, verb.finite) if clauses.low(at) in spoken_in else None
    place = clauses.skip(stop, Word.PRONOUN | Word.ADVERB)
    if source is None and clauses.low(place) in spoken_in:
        source = phrase(clauses, place + 1, clauses.end)
        place = source[1] if source else place
    said = source is not None or place > stop or not clauses.grammar.verb_second  # not "the boat that is called so, …"
    what = contents.after(clauses, verb, place) if said else None
    return _made(clauses, verb, Subject(source, "subject") if source else None, *what) if what else None


def _after_clause(clauses: Clauses, verb: Group, first: int) -> Attribution | None:
    """ "Der Zaun sei zu niedrig, sagte Doe": the clause before, and a subject after the verb that ends the report."""
    part = contents.clause_before(clauses, first) if "quote" in verb.frames else None
    if part is None:
        return None
    if "impersonal" in verb.frames:
        return _said_somewhere(clauses, verb, part)
    who = subjects.after(clauses, verb, clauses.end)
    own = subjects.before(clauses, verb)
    speaks = own is not None and own.phrase[0] == part[0] and clauses.is_person(own.phrase)
    if speaks and not (who is not None and clauses.is_person(who)):
        return None  # "Doe, the mayor, has confirmed the plan"
    if who is None:
        return _alone(clauses, verb, part)
    stop = max(who[1], verb.end)
    ends = _ends_report(clauses, stop) or _ends_in_manner(clauses, who)
    if not ends or (clauses.words(*part) < 2 and clauses.kind(stop) != COMMA):
        return None
    return _after_words(clauses, verb, part, "around")


def _said_somewhere(clauses: Clauses, verb: Group, part: Range) -> Attribution | None:
    """ "Der Zaun sei zu niedrig, hieß es aus dem Rathaus": the source stands after a preposition, if anywhere."""
    at = clauses.skip(max(verb.end, verb.finite + 1), Word.PRONOUN | Word.ADVERB)
    source = phrase(clauses, at + 1, clauses.end) if clauses.low(at) in clauses.grammar.spoken_in else None
    if not _ends_report(clauses, source[1] if source else at):
        return None
    return _made(clauses, verb, Subject(source, "subject") if source else None, (part,), "around")


def _alone(clauses: Clauses, verb: Group, part: Range) -> Attribution | None:
    """ "Volverá en mayo, prometió": a verb that ends its sentence, where a verb may stand for its subject."""
    office = subjects.located(clauses, verb)
    stop = office[1] if office else max(verb.end, verb.finite + 1)
    ends = clauses.kind(stop) in (STOP, -1) or (clauses.kind(stop) == COMMA and subjects.is_gerund(clauses, stop + 1))
    if not clauses.grammar.drops_subject or not ends or clauses.words(*part) < _FEWEST:
        return None
    return _made(clauses, verb, None, (part,), "around")


def _ends_report(clauses: Clauses, at: int) -> bool:
    """Return whether nothing but an adjunct follows the subject of a report that stands after what was said."""
    return clauses.kind(at) in (COMMA, STOP, -1) or clauses.is_(
        at, Word.PREPOSITION | Word.TIME | Word.ADVERB | Word.AND | Word.DETERMINER
    )


def _ends_in_manner(clauses: Clauses, who: Range) -> bool:
    """Return whether a single word after a person ends the sentence: "…, answers Doe | calmly"."""
    plain = clauses.kind(who[1]) == WORD and not clauses.capital(who[1]) and not clauses.is_finite(who[1])
    return plain and clauses.kind(who[1] + 1) in (STOP, -1) and clauses.is_person(who)


def _as_said(clauses: Clauses, verb: Group) -> Attribution | None:
    """ "wie Doe sagte": a clause that only names the source of what stands around it."""
    start = clauses.clause_start(min(verb.start, verb.finite))
    subject = subjects.before(clauses, verb)
    if subject is not None and clauses.low(subject.phrase[0] - 1) in clauses.grammar.as_:
        start = subject.phrase[0] - 1  # "wie der Leiter, Jo Doe, sagte"
    if clauses.low(start) not in clauses.grammar.as_:
        return None
    who = subject.phrase if subject else subjects.after(clauses, verb, _stop_beyond_outlet(clauses, verb.end))
    who = who or subjects.located(clauses, verb)
    if who is None and not (clauses.grammar.drops_subject and start == clauses.start):
        return None
    stop = _stop_beyond_outlet(clauses, max(verb.end, verb.finite + 1, who[1] if who else 0))
    parts = sources.around(clauses, start, stop)
    return _made(clauses, verb, Subject(who, "according") if who else None, parts, "around") if parts else None


def _stop_beyond_outlet(clauses: Clauses, at: int) -> int:
    """The end of the clause, beyond the name of an outlet in marks: "según el diario «Alba» | , …"."""
    stop = clauses.clause_stop(at)
    while stop in clauses.opening and phrases.is_outlet(clauses, stop):
        stop = clauses.clause_stop(clauses.opening[stop].end)
    return stop


def _ceiling(clauses: Clauses, at: int) -> int:
    """The first quotation after `at` that is no title before a name and no outlet's name, or the sentence's end."""
    starts = (start for start in clauses.opening if start >= at and beyond_title(clauses, start) is None)
    return min((s for s in starts if subjects.beyond_outlet(clauses, s) == s), default=clauses.end)


def _made(
    clauses: Clauses, verb: Group, subject: Subject | None, parts: tuple[Range, ...], frame: Frame
) -> Attribution | None:
    parts = tuple(part for part in parts if part[1] > part[0])
    if not parts or clauses.taken(parts[0][0]) or (frame == "wh" and verb.negated):
        return None
    demanded = [*parts, subject.phrase] if subject and frame == "object" else []
    if any(clauses.low(i) in clauses.grammar.tolls for part in demanded for i in range(*part)):
        return None  # "Der Sturm forderte zwölf Todesopfer"
    office = subjects.located(clauses, verb) if subject is None else None
    subject = Subject(office, "subject") if office else subject
    start = subject.phrase[0] if subject else verb.start
    tone = modality(clauses, verb, start)
    if frame == "to" and tone == "asked":
        tone = "asserted"  # "asked his team to stay"
    via = subject.via if subject else "dropped"
    speaker = sources.with_place(clauses, subject.phrase, parts) if subject else None
    cue = (verb.start, verb.end)
    return Attribution(clauses.number, cue, speaker, via, parts, frame, tone, verb.cue.lemma)
