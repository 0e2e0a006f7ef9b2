"""Reports without a frame of their own: dialogue, reports inside quotation marks, and sentences that go on.

A dash opens a line of dialogue:

>>> said("– La digue est trop basse, dit Ana Brel.", "fr")
Ana Brel: La digue est trop basse

A report may stand inside the marks of a quotation:

>>> said("« La digue est trop basse, dit Ana Brel, et la mer monte. »", "fr")
Ana Brel: La digue est trop basse et la mer monte

A sentence in reported speech without a reporting verb has the speaker of the sentence before:

>>> said("Edda Brehm sagte, der Deich sei zu niedrig. Man brauche mehr Geld.", "de")
Edda Brehm: der Deich sei zu niedrig
Edda Brehm: Man brauche mehr Geld

A sentence may point back to the one before:

>>> said("Der Deich ist zu niedrig. Das sagte Edda Brehm.", "de")
Edda Brehm: Der Deich ist zu niedrig
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.extract.chunks import subjects
from pipeline.extract.chunks.attributions import beyond_insertion
from pipeline.extract.chunks.clause import Clauses
from pipeline.extract.chunks.phrases import adjunct_end, after_adjuncts, phrase
from pipeline.extract.chunks.verbs import Group, group, modality
from pipeline.extract.frames.drafts import Draft
from pipeline.extract.frames.sentence_parse import Attribution, Via
from pipeline.extract.lexicon import AUXILIARY, Word
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Quotation, Sentence
from pipeline.extract.text.tokens import COLON, COMMA, DASH, MARK, STOP, WORD, Tokens

_FEWEST_CONTINUED = 3  # words of such a sentence

_MOST = 40  # words of a sentence that may be the verb of who speaks


def continued(
    tokens: Tokens,
    sentences: Sequence[Sentence],
    drafts: Sequence[Draft],
    *,
    reading: Callable[[int], Clauses],
    may_be_reported: Callable[[int], bool],
    tellers: Callable[[int], tuple[Range | None, Range | None]],
) -> Iterator[Draft]:
    """A draft for each sentence of reported speech that follows a report, or a sentence about who speaks.

    `may_be_reported` tells whether a sentence holds a form of reported speech.
    `tellers` gives the subject of a sentence's reporting verb, and the only person whom the sentence names.
    """
    read = {draft.sentence for draft in drafts}
    own = (draft for draft in drafts if draft.attribution is None or draft.attribution.via != "possessive")
    last = {draft.sentence: draft.speaker for draft in own}  # after "the claim of Doe" somebody else goes on
    earlier: Range | None = None  # who spoke last in the paragraph
    for number in range(1, len(sentences)):
        apart = sentences[number].paragraph != sentences[number - 1].paragraph
        earlier = None if apart else last.get(number - 1) or earlier
        further = number - 1 in last
        if apart or number in read or not (further or may_be_reported(number)):
            continue
        if not _is_reported(reading(number), further=further):
            continue
        subject, person = tellers(number - 1) if number - 1 not in read else (None, None)
        follows = last.get(number - 1) or (None if subject else last.get(number - 2) and earlier)
        speaker = follows or subject or person or earlier
        if speaker is not None:
            last[number] = speaker
            joined = "introduced" if speaker in (subject, person) else "follows"
            yield Draft((_whole_sentence(tokens, sentences[number]),), number, None, joined, speaker)


def _is_reported(clauses: Clauses, *, further: bool) -> bool:
    """Return whether the finite verb of the main clause has a form of reported speech, here or `further` on."""
    sentence = clauses.sentence
    if sentence.end - sentence.start < _FEWEST_CONTINUED:
        return False
    subject = phrase(clauses, sentence.start, sentence.end)
    if further and subject is not None and not clauses.in_quotation(subject[0]):
        verb = subject[1]
        while clauses.is_(verb, Word.PREPOSITION):
            verb = adjunct_end(clauses, verb, sentence.end)
        if clauses.is_subjunctive(verb):
            return True
    i = sentence.start
    while i < sentence.end:
        if _opens_dependent(clauses, i):
            i = clauses.clause_stop(i + 1)
        elif not clauses.in_quotation(i) and (not clauses.capital(i) or i == sentence.start):
            if clauses.is_reported_further(i) if further else clauses.is_reported(i):
                return True
            if clauses.is_(i, AUXILIARY | Word.VERBAL):
                return further and _is_hearsay(clauses, i)
        i += 1
    return False


def _opens_dependent(clauses: Clauses, at: int) -> bool:
    """Return whether a relative or another dependent clause begins at `at`."""
    opens = clauses.is_(at, Word.SUBORDINATOR) and at == clauses.start
    return opens or (clauses.kind(at - 1) == COMMA and clauses.is_(at, Word.RELATIVE | Word.SUBORDINATOR))


def _is_hearsay(clauses: Clauses, at: int) -> bool:
    """Return whether the verb is a modal of hearsay and a perfect ends its clause: "soll … gestohlen haben"."""
    last = clauses.clause_stop(at)
    last -= clauses.kind(last - 1) == STOP
    perfect = clauses.low(last - 1) in clauses.grammar.perfects and not clauses.is_(last - 2, ~(Word.VERBAL | Word.BE))
    return clauses.low(at) in clauses.grammar.hearsay_modals and perfect


def _whole_sentence(tokens: Tokens, sentence: Sentence) -> Range:
    return sentence.start, sentence.end - (tokens.kinds[sentence.end - 1] == STOP)


_ADJUNCTS = 8  # tokens between the subject and the mark that ends the narration


def read_inside(clauses: Clauses, places: Sequence[int]) -> list[Attribution]:
    """The attributions inside the sentence's quotations, one for each at most."""
    attributions = []
    for quotation in clauses.sentence.quotations:
        within = (at for at in places if quotation.start < at < quotation.end)
        attribution = next((a for at in within if (a := _narrated_inside(clauses, quotation, at))), None)
        if attribution is not None:
            attributions.append(attribution)
    return attributions


def _narrated_inside(clauses: Clauses, quotation: Quotation, at: int) -> Attribution | None:
    """The attribution whose verb is at `at`, between two marks within the quotation."""
    verb = group(clauses, at)
    if verb is None or "quote" not in verb.frames:
        return None
    first = min(verb.start, verb.finite)
    opens = clauses.kind(first - 1)
    if opens not in (COMMA, DASH) or first - 1 <= quotation.start + 1:
        return None
    who = subjects.after(clauses, verb, quotation.inner[1])
    if who is None or who[0] - verb.end > _ADJUNCTS or clauses.low(who[0]) in clauses.language.names["anybody"]:
        return None
    stop = after_adjuncts(clauses, max(who[1], verb.end), quotation.inner[1])
    if clauses.kind(stop) not in (COMMA, DASH, STOP) and stop < quotation.inner[1]:
        return None
    parts = _parts_inside(clauses, quotation, first, stop)
    tone = modality(clauses, verb, who[0])
    cue = (verb.start, verb.end)
    return Attribution(clauses.number, cue, who, "inverted", parts, "around", tone, verb.cue.lemma)


def _parts_inside(clauses: Clauses, quotation: Quotation, first: int, stop: int) -> tuple[Range, ...]:
    """The words of the quotation before the narration and after it."""
    left = first - 1
    while clauses.kind(left - 1) in (COMMA, DASH):
        left -= 1
    right = stop
    while right < quotation.inner[1] and clauses.kind(right) in (COMMA, DASH, STOP):
        right += 1
    begin, end = quotation.inner
    if not quotation.closed and clauses.kind(stop) == STOP:
        right = end
    return ((begin, left), (right, end)) if right < end else ((begin, left),)


_FEWEST = 3  # words of a line that is speech and no list entry

_SMALL = 3  # words between a dash and its speaker that may hold a verb of no list

_NO_VERB = Word.CONJUNCTION | Word.SUBORDINATOR | Word.COMPLEMENTISER | Word.RELATIVE | Word.PREPOSITION

_REACH = 3  # paragraphs after which nobody goes on in a line of their own


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of dialogue: the reading of its tokens, and the places at which a report may be."""

    clauses: Clauses
    places: Sequence[int]
    paragraph: int
    introduced: Range | None = None  # who speaks, by the report before that ends in a colon
    named: Range | None = None  # the only person whom the narration right before names
    reported: Range | None = None  # who speaks in the report right before

    def told_by_narration(self) -> "Line":
        """The line as one that the narration before it introduces: "Doe is angry. – Nobody asked us."."""
        return replace(self, introduced=self.named)


def read(lines: Iterable[Line]) -> Iterator[Draft]:
    """A draft for each line with a narration, and for lines that go on from one."""
    last: tuple[int, Range | None] | None = None
    for line in lines:
        narrated = next((report for at in line.places if (report := _narrated(line.clauses, at))), None)
        narrated = narrated or _by_place(line.clauses)
        if narrated is not None:
            last = line.paragraph, narrated.speaker or (last[1] if last else None)
            yield Draft(narrated.content, narrated.sentence, narrated, "attribution", narrated.speaker)
            continue
        part = _whole(line.clauses)
        goes_on = last is not None and line.paragraph - last[0] <= _REACH
        before = line.introduced or line.reported
        if before is not None:
            last, goes_on = (line.paragraph, before), True
        if last is not None and goes_on and line.clauses.words(*part) >= _FEWEST:
            last = line.paragraph, before or line.named or last[1]
            yield Draft((part,), line.clauses.number, None, "dialogue", last[1])


def introducing(clauses: Clauses, places: Sequence[int]) -> Range | None:
    """The subject of the report that ends the sentence with a colon: "Doe admitted:"."""
    return teller(clauses, places) if clauses.kind(clauses.end - 1) == COLON else None


def teller(clauses: Clauses, places: Sequence[int]) -> Range | None:
    """The subject of the last reporting verb of a sentence, whatever it reports: "Doe defended the plan"."""
    for at in reversed(places[-_MOST:]):
        verb = group(clauses, at)
        if verb is not None and "quote" in verb.frames and not clauses.in_quotation(at):
            before = subjects.before(clauses, verb)
            subject = before.phrase if before else subjects.after(clauses, verb, clauses.end)
            nobody = subject is not None and clauses.language.genders.get(clauses.low(subject[0])) == "neuter"
            return None if nobody else subject
    return None


def narration(line: Line) -> int | None:
    """The token of the verb that tells who speaks the line; None if none does."""
    by_verb = next((at for at in line.places if _narrated(line.clauses, at)), None)
    by_place = _by_place(line.clauses) if by_verb is None else None
    return by_place.cue[0] if by_place else by_verb


def _whole(clauses: Clauses) -> Range:
    return clauses.start + 1, clauses.end


def _narrated(clauses: Clauses, at: int) -> Attribution | None:
    """The attribution whose verb is at `at`, after the mark that ends the speech."""
    verb = group(clauses, at)
    if verb is None or "quote" not in verb.frames:
        return None
    first = min(verb.start, verb.finite)
    if clauses.kind(first - 1) not in (COMMA, DASH, STOP, MARK) or clauses.words(clauses.start, first) < 2:
        return None
    who = subjects.after(clauses, verb, clauses.end) or subjects.located(clauses, verb)
    who = who or beyond_insertion(clauses, verb)
    ends = clauses.kind(verb.end) in (STOP, DASH, -1) or "gesture" in verb.frames
    alone = clauses.grammar.drops_subject and ends
    if who is None and not alone:
        return None
    parts = _parts(clauses, verb, first, max(who[1] if who else 0, verb.end))
    if not parts:
        return None
    tone = modality(clauses, verb, who[0] if who else verb.start)
    via: Via = "inverted" if who else "dropped"
    return Attribution(clauses.number, (verb.start, verb.end), who, via, parts, "dialogue", tone, verb.cue.lemma)


def _by_place(clauses: Clauses) -> Attribution | None:
    """ "– It is late – muttered Doe": a dash, a few small words that may hold any verb, and a person or a pronoun."""
    dash = next((i for i in range(clauses.start + 2, clauses.end) if _is_dash(clauses, i)), None)
    if dash is None or clauses.words(clauses.start, dash) < _FEWEST:
        return None
    for at in range(dash + 2, dash + 2 + _SMALL):
        if clauses.kind(at - 1) != WORD or clauses.capital(at - 1) or clauses.is_(at - 1, _NO_VERB):
            return None
        who = phrase(clauses, at, clauses.end)
        if who is None or not (clauses.is_person(who) or clauses.is_(who[0], Word.SUBJECT_PRONOUN)):
            continue
        if not clauses.is_(who[1], AUXILIARY | Word.VERBAL):
            parts = _parts_around(clauses, dash, who[1])
            return Attribution(clauses.number, (dash + 1, at), who, "inverted", parts, "dialogue", "asserted", "")
    return None


def _parts_around(clauses: Clauses, dash: int, stop: int) -> tuple[Range, ...]:
    """The speech before a narration between dashes, and after it."""
    right = _beyond_dash(clauses, stop)
    further = right is not None and clauses.words(right, clauses.end)
    return ((clauses.start + 1, dash), (right, clauses.end)) if right and further else ((clauses.start + 1, dash),)


def _parts(clauses: Clauses, verb: Group, first: int, stop: int) -> tuple[Range, ...]:
    """The speech before the narration, and what a second dash opens after it."""
    left = first
    while clauses.kind(left - 1) in (COMMA, DASH):
        left -= 1
    stop = after_adjuncts(clauses, stop, clauses.end)
    right = _beyond_dash(clauses, stop)
    if right is None and clauses.grammar.speech_goes_on:
        right = next((i + 1 for i in range(stop, clauses.end) if clauses.kind(i) == STOP), None)
    parts = [(clauses.start + 1, left)]
    if right is not None and clauses.words(right, clauses.end):
        parts.append((right, clauses.end))
    return tuple(part for part in parts if part[1] > part[0])


def _beyond_dash(clauses: Clauses, at: int) -> int | None:
    """The token at which speech goes on after a narration and its dash: "– said Doe. – We", "—said Doe—. We"."""
    for i in range(at, clauses.end):
        if _is_dash(clauses, i):
            return i + 1
        joined = clauses.kind(i) == DASH and clauses.tokens.ends[i - 1] == clauses.tokens.starts[i]
        if joined and clauses.kind(i + 1) in (STOP, COMMA):
            return i + 2
    return None


def ends_in_dash(tokens: Tokens, sentence: Sentence) -> bool:
    """Return whether a dash joined to a word closes a narration at the sentence's end: "—said Doe—."."""
    at = sentence.end - 1 - (tokens.kinds[sentence.end - 1] == STOP)
    return at > sentence.start + 1 and tokens.kinds[at] == DASH and tokens.ends[at - 1] == tokens.starts[at]


def _is_dash(clauses: Clauses, at: int) -> bool:
    """Return whether a dash stands at `at` between words, rather than within one."""
    tokens = clauses.tokens
    apart = clauses.kind(at) == DASH and tokens.ends[at - 1] < tokens.starts[at]
    return apart and at + 1 < clauses.end and clauses.kind(at + 1) in (WORD, MARK)


_VERB = 10  # tokens from a sentence's first to the verb after the word that points back

_FEWEST_POINTED = 3  # words of a sentence that another points back to

Reading = Callable[[int, Sentence | None], Clauses]


def report_of_sentence_before(
    reading: Reading, sentences: Sequence[Sentence], number: int, places: Sequence[int]
) -> Attribution | None:
    """The report of the sentence before, if this one points back to it: "Das sagte Doe", "Об этом сообщил Doe"."""
    sentence, before = sentences[number], sentences[number - 1] if number else None
    if before is None or sentence.quotations or not _is_beside(sentences, number):
        return None
    clauses = reading(number, None)
    pointer = _pointer(clauses) if clauses.words(before.start, before.end) >= _FEWEST_POINTED else None
    verbs = (v for at in places if (v := group(clauses, at)) and v.finite < clauses.start + _VERB)
    verb = next(verbs, None)
    if pointer is None or verb is None or not _points(clauses, pointer, verb):
        return None
    who = subjects.after(clauses, verb, clauses.end)
    if who is None:
        subject = subjects.before(clauses, verb)
        who = subject.phrase if subject else None
    if who is None or who[0] < pointer[1]:
        return None
    tone = modality(clauses, verb, who[0])
    said = _said(clauses.tokens, before)
    return Attribution(number, (verb.start, verb.end), who, "inverted", (said,), "before", tone, verb.cue.lemma)


def _points(clauses: Clauses, pointer: Range, verb: Group) -> bool:
    """Return whether the verb can say the pointer, in a sentence without negation and without reported content."""
    governs = not clauses.grammar.verb_second or verb.finite == pointer[1]
    denied = any(clauses.is_(i, Word.NEGATION) for i in range(clauses.start, clauses.end))
    return governs and not denied and "quote" in verb.frames and not _has_content(clauses, verb)


def _is_beside(sentences: Sequence[Sentence], number: int) -> bool:
    """Return whether the sentence before is in the same paragraph, or is the whole paragraph before."""
    sentence, before = sentences[number], sentences[number - 1]
    alone = number < 2 or sentences[number - 2].paragraph != before.paragraph
    return sentence.paragraph == before.paragraph or (alone and sentence.paragraph == before.paragraph + 1)


def _pointer(clauses: Clauses) -> Range | None:
    """The words that point back: at the start of the sentence, or right after a verb that opens it."""
    first = clauses.start
    starts = [first] if clauses.cue(first) is None else [first, first + 1]
    for start in starts:
        for words in clauses.grammar.pointers:
            if tuple(clauses.tokens.low[start : start + len(words)]) == words:
                return start, start + len(words)
    return None


def _has_content(clauses: Clauses, verb: Group) -> bool:
    """Return whether the sentence says itself what was said: after a colon, after "that", or in an infinitive."""
    rest = range(max(verb.end, verb.finite + 1), clauses.end)
    particle = clauses.grammar.verb_second and "to" in verb.frames  # elsewhere it is a preposition too
    opens = Word.COMPLEMENTISER | (Word.INFINITIVE if particle else 0)
    return any(clauses.kind(i) == COLON or clauses.is_(i, opens) for i in rest)


def _said(tokens: Tokens, sentence: Sentence) -> Range:
    """The quotation that the sentence is, or all of the sentence without its full stop."""
    if sentence.quotations and sentence.quotations[0].start == sentence.start:
        last = sentence.quotations[-1].end
        if not any(tokens.kinds[i] == WORD for i in range(last, sentence.end)):
            return sentence.start, last
    return sentence.start, sentence.end - (tokens.kinds[sentence.end - 1] == STOP)
