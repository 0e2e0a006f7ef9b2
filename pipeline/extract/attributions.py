"""Attributions: a reporting cue with the phrase that speaks and the stretches that are what was said."""

from dataclasses import dataclass, replace
from typing import Literal

from pipeline.extract.language import AUXILIARY, Cue, Form, Language, Word
from pipeline.extract.phrases import (
    Range,
    VerbGroup,
    is_clause,
    is_verb,
    phrase_after,
    phrase_before,
    verb_group,
)
from pipeline.extract.sentences import Sentence
from pipeline.extract.tokens import COLON, COMMA, DASH, MARK, NUMBER, SEMICOLON, STOP, WORD, Tokens
from pipeline.model import Modality

Via = Literal["subject", "inverted", "relative", "shared", "according", "possessive", "nobody"]
Frame = Literal["quotation", "that", "zero", "wh", "to", "as", "object", "preposition", "before", "around", "according"]

_ADJUNCT_REACH = 14  # tokens between a cue and its content: "told reporters in Springfield on Tuesday that"
_INSERTION = 40  # tokens of an apposition between a subject and its verb


@dataclass(frozen=True, slots=True)
class Attribution:
    """Token ranges of cue, speaker and content; `via` is how the speaker was found, `frame` how the content was."""

    sentence: int
    cue: Range
    speaker: Range | None
    via: Via
    content: tuple[Range, ...]
    frame: Frame
    modality: Modality
    lemma: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Who speaks: the phrase, and how it was found."""

    phrase: Range | None
    via: Via


class Reader:
    """Reads one sentence's attributions; holds what is read so far, so that coordinated cues share their subject."""

    def __init__(self, tokens: Tokens, language: Language, sentence: Sentence, number: int) -> None:
        self.tokens = tokens
        self.language = language
        self.sentence = sentence
        self.number = number
        self.found: list[Attribution] = []
        self.form = 0
        self.quoted = {q.start: q for q in sentence.quotations}
        self.closing = {q.end: q for q in sentence.quotations}

    # -- where things stand ---------------------------------------------------------------------------------------

    def floor(self, at: int) -> int:
        """The end of the last quotation before `at`, or the sentence's start."""
        return max((q.end for q in self.sentence.quotations if q.end <= at), default=self.sentence.start)

    def ceiling(self, at: int) -> int:
        """The start of the first quotation after `at`, or the sentence's end."""
        return min((q.start for q in self.sentence.quotations if q.start >= at), default=self.sentence.end)

    def outside(self) -> list[int]:
        """The tokens of the sentence that stand in no quotation."""
        places: list[int] = []
        start = self.sentence.start
        for quotation in self.sentence.quotations:
            places.extend(range(start, quotation.start))
            start = quotation.end
        places.extend(range(start, self.sentence.end))
        return places

    # -- reading --------------------------------------------------------------------------------------------------

    def read(self) -> list[Attribution]:
        """The sentence's attributions in order."""
        for at in self.outside():
            if self.tokens.kinds[at] != WORD:
                continue
            cue = self.language.cues.get(self.tokens.low[at])
            attribution = self.by_verb(cue, at) if cue else self.by_phrase(at)
            if attribution is not None and attribution.content:
                self.found.append(attribution)
        return self.found

    def by_phrase(self, at: int) -> Attribution | None:
        """ "according to somebody", before or after what was said."""
        for phrase in self.language.phrases:
            end = at + len(phrase)
            if self.tokens.low[at] != phrase[0] or tuple(self.tokens.low[at:end]) != phrase:
                continue
            speaker = phrase_after(self.tokens, self.language, end, self.ceiling(end))
            if speaker is None:
                return None
            content = self.around(at, speaker[1])
            return Attribution(
                self.number, (at, end), speaker, "according", content, "according", "asserted", " ".join(phrase)
            )
        return None

    def by_verb(self, cue: Cue, at: int) -> Attribution | None:
        """The attribution whose cue is the verb at `at`, if it is one."""
        tokens = self.tokens
        if tokens.capital[at] and at > self.sentence.start:
            return None
        floor = self.floor(at)
        group = verb_group(tokens, cue, at, floor)
        self.form = cue.form
        if group.passive or self.is_noun(group, at, floor):
            return None
        group = self.with_particle(group)
        subject = self.subject(group, floor)
        if subject is None:
            return None
        content, frame = self.content(group, subject)
        if not content:
            return None
        modality = self.modality(group, frame)
        return Attribution(
            self.number, (group.start, group.end), subject.phrase, subject.via, content, frame, modality, cue.lemma
        )

    def with_particle(self, group: VerbGroup) -> VerbGroup:
        """The group with the particle that the verb wants: "pointed out"."""
        if group.end >= self.sentence.end:
            return group
        word = self.tokens.low[group.end]
        frames = frozenset(f.split("~~")[1] for f in group.cue.frames if f.startswith(word + "~~"))
        if not frames:
            return group
        return replace(group, end=group.end + 1, cue=replace(group.cue, frames=frames))

    def is_noun(self, group: VerbGroup, at: int, floor: int) -> bool:
        """Whether the form at `at` is a noun or an adjective here: "the report said", "his alleged claims"."""
        if group.start < at or at == floor:
            return False
        classes = self.tokens.classes[at - 1]
        if self.tokens.low[at - 1] == "'s":
            return not classes
        if classes & (Word.ARTICLE | Word.POSSESSIVE):
            return True
        if group.cue.form & Form.GERUND:
            return False
        if group.cue.form & (Form.PAST | Form.PARTICIPLE) and not group.cue.form & Form.BASE:
            return bool(classes & Word.AS)
        return bool(classes & (Word.PREPOSITION | Word.AND)) and not classes & Word.SUBORDINATOR

    def modality(self, group: VerbGroup, frame: Frame) -> Modality:
        """What the verb group does to the report: "did not say", "denied", "asked whether", "would say"."""
        if group.negated:
            return "negated"
        if "denial" in group.cue.frames:
            return "denied"
        if "question" in group.cue.frames and frame != "to":
            return "asked"
        return "hypothetical" if group.modal or group.infinitive else "asserted"

    # -- who speaks -----------------------------------------------------------------------------------------------

    def subject(self, group: VerbGroup, floor: int) -> Subject | None:
        """Who does the reporting."""
        tokens = self.tokens
        start = self.before_adjuncts(group.start, floor) if group.finite else group.start
        before = start - 1
        if before < floor:
            return self.inverted(group) or self.across_insertion(before, self.sentence.start) or self.shared(group)
        kind, classes = tokens.kinds[before], tokens.classes[before]
        if group.cue.form & Form.GERUND and not group.finite:
            return self.of_gerund(group, floor)
        if group.infinitive:
            return self.shared(group) or self.clause_subject(group, floor)
        if classes & Word.RELATIVE and not classes & Word.COMPLEMENTISER:
            return Subject((before, before + 1), "relative")
        if classes & Word.CONJUNCTION:
            return self.shared(group) or self.clause_subject(group, floor)
        if kind in (COMMA, DASH):
            return self.inverted(group) or self.across_insertion(before, floor) or self.shared(group)
        if kind in (COLON, SEMICOLON, STOP):
            return self.inverted(group)
        phrase = phrase_before(tokens, self.language, start, floor)
        if phrase is not None:
            wrong = self.is_object(phrase, floor) or self.disagrees(phrase, group)
            return None if wrong else Subject(phrase, "subject")
        return self.inverted(group)

    def is_object(self, phrase: Range, floor: int) -> bool:
        """Whether the phrase is governed by what stands before it: "at a group called", "was the plan described"."""
        if phrase[0] <= floor or self.tokens.classes[phrase[0]] & Word.SUBJECT_PRONOUN:
            return False
        before = self.tokens.classes[phrase[0] - 1]
        return bool(before & (Word.PREPOSITION | AUXILIARY | Word.INFINITIVE)) and not before & Word.SUBORDINATOR

    def disagrees(self, phrase: Range, group: VerbGroup) -> bool:
        """Whether a bare form after this phrase must be a noun: "a survey report", "remarks were"."""
        tokens, last = self.tokens, phrase[1] - 1
        bare = group.cue.form & Form.BASE and not group.cue.form & Form.PAST and group.start == group.end - 1
        if group.end < self.sentence.end and is_verb(tokens, self.language, group.end) and group.end not in self.quoted:
            if not group.cue.form & Form.PAST:
                return True
        if tokens.classes[last] & (Word.PRONOUN | Word.DETERMINER):
            return False
        plural = tokens.low[last].endswith(self.language.plural_suffix) or bool(tokens.classes[last] & Word.COLLECTIVE)
        joined = any(tokens.classes[i] & Word.AND for i in range(*phrase))
        if bare:
            return not plural and not joined
        return False

    def inverted(self, group: VerbGroup) -> Subject | None:
        """ "said Doe" after what she said."""
        if (
            "quote" not in group.cue.frames
            or not group.cue.form & (Form.PAST | Form.THIRD)
            or group.start < group.end - 1
        ):
            return None
        if group.start == self.sentence.start and not self.sentence.quotations:
            return None
        phrase = phrase_after(self.tokens, self.language, group.end, self.ceiling(group.end))
        if phrase is None:
            return None
        if group.start in self.closing or group.start - 1 in self.closing:
            return Subject(phrase, "inverted")
        end = phrase[1]
        if (
            "you" in group.cue.frames
            or (not self.tokens.capital[phrase[0]]
            and not self.tokens.classes[phrase[0]] & Word.DETERMINER)
        ):
            return None
        if end < self.sentence.end and not self.may_follow_speaker(end):
            return None
        return Subject(phrase, "inverted")

    def may_follow_speaker(self, i: int) -> bool:
        """Whether the token can follow "said Doe": the sentence's end, a comma, an adjunct."""
        if self.tokens.kinds[i] == WORD:
            return bool(self.tokens.classes[i] & (Word.PREPOSITION | Word.TIME))
        return self.tokens.kinds[i] in (STOP, COMMA, DASH)

    def across_insertion(self, comma: int, floor: int) -> Subject | None:
        """The phrase before an insertion that ends at `comma`: "Doe, the mayor of Springfield, said"."""
        tokens = self.tokens
        if comma <= floor:
            return None
        dash = tokens.kinds[comma] == DASH
        wanted = DASH if dash else COMMA
        for j in range(comma - 1, max(floor, comma - _INSERTION), -1):
            if tokens.kinds[j] != wanted or j + 1 == comma:
                continue
            phrase = phrase_before(tokens, self.language, j, floor)
            if phrase is None:
                continue
            more = phrase[0] - 1
            if not dash and more > floor and tokens.kinds[more] == COMMA and not self.named(phrase):
                continue
            return Subject((phrase[0], comma), "subject")
        return None

    def named(self, phrase: Range) -> bool:
        """Whether a capitalised word is in the phrase."""
        return any(self.tokens.capital[i] for i in range(*phrase))

    def shared(self, group: VerbGroup) -> Subject | None:
        """The subject of the attribution before in the sentence: "said A and urged B"."""
        for earlier in reversed(self.found):
            if earlier.speaker is not None:
                return Subject(earlier.speaker, "shared")
        return None

    def of_gerund(self, group: VerbGroup, floor: int) -> Subject | None:
        """Who "saying" belongs to: "with Doe saying", or the subject of its clause."""
        tokens = self.tokens
        before = group.start - 1
        if tokens.kinds[before] == WORD and not tokens.classes[before] & (Word.PREPOSITION | Word.SUBORDINATOR):
            phrase = phrase_before(tokens, self.language, group.start, floor)
            if phrase and phrase[0] > floor and tokens.classes[phrase[0] - 1] & Word.PREPOSITION and self.named(phrase):
                return Subject(phrase, "subject")
        return self.clause_subject(group, floor) or self.shared(group)

    def clause_subject(self, group: VerbGroup, floor: int) -> Subject | None:
        """The subject of the first finite verb of the sentence before the cue."""
        tokens = self.tokens
        start = self.sentence.start
        for i in range(start, group.start):
            if tokens.kinds[i] != WORD or self.in_quotation(i):
                continue
            if not is_verb(tokens, self.language, i) and not tokens.classes[i] & Word.PASTLIKE:
                continue
            if self.adjectival(i):
                continue
            first = self.before_adjuncts(i, start)
            phrase = phrase_before(tokens, self.language, first, self.floor(first))
            if phrase is None and first > start and tokens.kinds[first - 1] == COMMA:
                inserted = self.across_insertion(first - 1, start)
                phrase = inserted.phrase if inserted else None
            if phrase is not None:
                return Subject(phrase, "shared")
        return None

    def adjectival(self, i: int) -> bool:
        """Whether a past form stands between a determiner or possessive and its noun."""
        if i == self.sentence.start or not self.tokens.classes[i] & Word.PASTLIKE:
            return False
        before = self.tokens.classes[i - 1]
        return bool(before & (Word.DETERMINER | Word.POSSESSIVE)) or self.tokens.low[i - 1] == "'s"

    def before_adjuncts(self, i: int, floor: int) -> int:
        """The token after the subject of the verb at `i`: "Doe on Tuesday | said", "Doe also | said"."""
        tokens = self.tokens
        while i > floor and tokens.kinds[i - 1] == WORD:
            classes = tokens.classes[i - 1]
            timed = i < len(tokens) and tokens.classes[i] & (Word.TIME | Word.DAYTIME)
            if classes & (Word.ADVERB | Word.TIME | Word.DAYTIME) or (classes & Word.PREPOSITION and timed):
                i -= 1
            else:
                break
        return i

    def in_quotation(self, i: int) -> bool:
        """Whether the token stands in one of the sentence's quotations."""
        return any(q.start <= i < q.end for q in self.sentence.quotations)

    # -- what was said --------------------------------------------------------------------------------------------

    def content(self, group: VerbGroup, subject: Subject) -> tuple[tuple[Range, ...], Frame]:
        """The content ranges and how they were found; none if nothing was said."""
        left = group.start
        right = group.end
        if subject.phrase and subject.via == "subject":
            left = min(left, subject.phrase[0])
        if subject.phrase and subject.via == "inverted":
            right = max(right, subject.phrase[1])
        quoted = left in self.closing or (
            left > 0 and left - 1 in self.closing and self.tokens.kinds[left - 1] == COMMA
        )
        if subject.via != "inverted" and not (quoted and "quote" in group.cue.frames):
            after = self.after(group, right, subject)
            if after is not None:
                return after
        if "quote" not in group.cue.frames and "zero" not in group.cue.frames:
            return (), "before"
        around = self.around(left, right)
        return around, "around" if len(around) > 1 else "before"

    def after(self, group: VerbGroup, right: int, subject: Subject) -> tuple[tuple[Range, ...], Frame] | None:
        """What follows the cue, by the frames it allows."""
        tokens, frames, end = self.tokens, group.cue.frames, self.sentence.end
        start = self.start_of_content(group, right)
        if start is None:
            return None
        at, frame = start
        stop = self.quotation_end(at) if frame == "quotation" else None
        if stop is None:
            stop = self.content_end(at, end)
            bounded = frame in ("object", "preposition", "to", "as") or self.subordinate(group, subject)
            stop = self.first_comma(at, stop, clausal=not bounded)
        return ((at, stop),), frame

    def subordinate(self, group: VerbGroup, subject: Subject) -> bool:
        """Whether the attribution is in a clause that another one follows: "who said A, is B", "after he said A, B"."""
        if subject.via == "relative":
            return True
        first = subject.phrase[0] if subject.phrase and subject.via == "subject" else group.start
        before = first - 1
        return before >= self.sentence.start and bool(
            self.tokens.classes[before] & Word.SUBORDINATOR and not self.tokens.classes[before] & Word.COMPLEMENTISER
        )

    def first_comma(self, start: int, end: int, *, clausal: bool) -> int:
        """Where a comma ends what was said before `end`: any one, or for clauses one before a contrasting clause."""
        tokens = self.tokens
        i = start
        while i < end:
            if i in self.quoted:
                i = self.quoted[i].end
                continue
            if i > start + 1 and tokens.kinds[i] in (COMMA, DASH) and i + 1 < end:
                follower = tokens.classes[i + 1]
                if clausal and follower & Word.BUT:
                    return i
                if not clausal and not (tokens.capital[i + 1] and tokens.capital[i - 1]):
                    return i
            i += 1
        return end

    def start_of_content(self, group: VerbGroup, right: int) -> tuple[int, Frame] | None:
        tokens, frames, end = self.tokens, group.cue.frames, self.sentence.end
        if right >= end:
            return None
        marker = self.marker(group, right)
        if marker is not None:
            return marker
        classes = tokens.classes[right]
        late = right
        while late + 1 < end and classes & Word.ADVERB and tokens.classes[late] & Word.ADVERB:
            late += 1
        if f"~{tokens.low[late]}" in frames:
            return late + 1, "preposition"
        if "to" in frames and classes & Word.INFINITIVE:
            return right, "to"
        if "wh" in frames and classes & Word.WH:
            return right, "wh"
        if "as" in frames or "to-you" in frames:
            wanted = Word.AS if "as" in frames else Word.INFINITIVE
            for i in range(right, min(right + _ADJUNCT_REACH, end)):
                if tokens.kinds[i] == WORD and tokens.classes[i] & wanted and i > right:
                    return right, "as" if "as" in frames else "to"
                if tokens.kinds[i] in (COMMA, STOP, SEMICOLON, COLON):
                    break
        if tokens.kinds[right] not in (WORD, NUMBER):
            return None
        if "zero" in frames:
            at = self.skip_adjunct(group, right)
            if at is not None and self.opens_clause(at, "free" in frames):
                return at, "zero"
        if ("object" in frames or "like" in frames) and self.opens_phrase(right):
            return right, "object"
        return None

    def marker(self, group: VerbGroup, right: int) -> tuple[int, Frame] | None:
        """A "that", a colon or a quotation soon after the cue, with nothing but adjuncts between."""
        tokens, frames = self.tokens, group.cue.frames
        for i in range(right, min(right + _ADJUNCT_REACH, self.sentence.end)):
            if i in self.quoted:
                quotes = "quote" in frames or "like" in frames or "as" in frames or "object" in frames
                direct = i == right or tokens.kinds[i - 1] in (COMMA, COLON)
                if quotes and direct:
                    return i, "quotation"
                return None
            kind, classes = tokens.kinds[i], tokens.classes[i]
            if kind == COLON and "quote" in frames and i + 1 < self.sentence.end:
                return i + 1, "quotation"
            if kind == COMMA and (i + 1 in self.quoted or i > right):
                continue
            if kind == COMMA and self.tokens.classes[i + 1 if i + 1 < len(tokens) else i] & Word.PREPOSITION:
                continue
            if kind not in (WORD, NUMBER) or self.is_cue(i):
                return None
            if classes & Word.COMPLEMENTISER:
                if "that" not in frames:
                    return None
                follows = tokens.classes[i - 1] & Word.PREPOSITION if i > right else 0
                return None if follows else (i, "that")
            if classes & Word.CONDITIONAL and "wh" in frames:
                return i, "wh"
            if is_verb(tokens, self.language, i) or (classes & Word.SUBJECT_PRONOUN):
                return None
        return None

    def is_cue(self, i: int) -> bool:
        """Whether a form that can be nothing but a verb introduces quotations at `i`."""
        cue = self.language.cues.get(self.tokens.low[i])
        return cue is not None and "quote" in cue.frames and bool(cue.form & (Form.PAST | Form.GERUND))

    def skip_adjunct(self, group: VerbGroup, right: int) -> int | None:
        """Where a clause begins after "said on Tuesday", "told reporters"; None if what follows begins none."""
        tokens, end = self.tokens, self.sentence.end
        at = right
        if "you" in group.cue.frames:
            addressee = self.addressee_end(right)
            at = addressee if addressee is not None else at
        while at < end and tokens.kinds[at] == WORD:
            classes = tokens.classes[at]
            if classes & (Word.TIME | Word.DAYTIME) or (classes & Word.ADVERB and not classes & Word.DETERMINER):
                at += 1
            elif classes & Word.PREPOSITION and at + 1 < end and tokens.classes[at + 1] & Word.TIME:
                at += 2
            else:
                break
        if at >= end or tokens.kinds[at] not in (WORD, NUMBER, MARK):
            return None
        if (
            tokens.classes[at] & (Word.SUBORDINATOR | Word.CONJUNCTION | Word.RELATIVE)
            and not tokens.classes[at] & Word.WH
        ):
            return None
        return at

    def addressee_end(self, right: int) -> int | None:
        """The end of the short phrase that names who was told."""
        tokens = self.tokens
        if right < self.sentence.end and tokens.classes[right] & Word.PRONOUN:
            return right + 1
        i = right
        while i < min(right + 8, self.sentence.end) and tokens.kinds[i] == WORD:
            classes = tokens.classes[i]
            if i > right and classes & (Word.SUBJECT_PRONOUN | Word.DETERMINER | Word.POSSESSIVE | Word.PREPOSITION):
                break
            if i > right and not tokens.capital[i] and tokens.capital[i - 1]:
                break
            if (
                i > right
                and tokens.capital[i]
                and not tokens.capital[i - 1]
                and not tokens.classes[i - 1] & Word.DETERMINER
            ):
                break
            i += 1
        return i if i > right else None

    def opens_clause(self, at: int, free: bool) -> bool:
        """Whether a clause begins at the token: a phrase and then a verb (for a `free` cue, any verb before its end)."""
        tokens, language = self.tokens, self.language
        if tokens.classes[at] & Word.SUBJECT_PRONOUN:
            return True
        if free:
            return is_clause(tokens, language, at, self.content_end(at, self.sentence.end))
        phrase = phrase_after(tokens, language, at, self.sentence.end)
        if phrase is None:
            return False
        after = phrase[1]
        while after < self.sentence.end and tokens.classes[after] & Word.ADVERB:
            after += 1
        return after < self.sentence.end and is_clause(tokens, language, after, after + 1)

    def opens_phrase(self, at: int) -> bool:
        """Whether the token can begin a noun phrase."""
        tokens = self.tokens
        if tokens.kinds[at] not in (WORD, NUMBER):
            return False
        bad = (
            Word.PREPOSITION
            | Word.SUBORDINATOR
            | Word.CONJUNCTION
            | Word.INFINITIVE
            | Word.ADVERB
            | Word.TIME
            | Word.BY
        )
        return not tokens.classes[at] & bad or tokens.capital[at]

    def content_end(self, start: int, end: int) -> int:
        """Where content that begins at `start` ends: at another attribution's words, or with the sentence."""
        tokens = self.tokens
        i = start
        while i < end:
            if i in self.quoted:
                i = self.quoted[i].end
                if i < end and i > 2 and COMMA in tokens.kinds[i - 2 : i] and self.is_cue(i):
                    return i
                continue
            if i > start and self.breaks_off(i, end):
                return i
            i += 1
        return end

    def quotation_end(self, at: int) -> int | None:
        """The end of a quotation at `at` that is closed with a comma or full stop, and so ends what was said."""
        quotation = self.quoted.get(at)
        end = None
        while quotation is not None:
            if not quotation.closed or self.tokens.kinds[quotation.end - 2] not in (COMMA, STOP):
                return None
            end = quotation.end
            follower = end + 1 if end < len(self.tokens) and self.tokens.classes[end] & Word.CONJUNCTION else end
            quotation = self.quoted.get(follower)
        return end

    def breaks_off(self, i: int, end: int) -> bool:
        """Whether another attribution begins with the comma or conjunction at `i`."""
        tokens = self.tokens
        kind = tokens.kinds[i]
        if kind == COMMA or kind == DASH:
            j = i + 1
            while j < end and tokens.classes[j] & (Word.ADVERB | Word.CONJUNCTION):
                j += 1
            if j >= end:
                return False
            if any(tuple(tokens.low[j : j + len(p)]) == p for p in self.language.phrases):
                return True
            cue = self.language.cues.get(tokens.low[j])
            if cue is None:
                return False
            return bool(cue.form & (Form.GERUND | Form.PAST))
        if tokens.classes[i] & Word.CONJUNCTION and kind == WORD:
            j = i + 1
            while j < end and tokens.classes[j] & Word.ADVERB:
                j += 1
            cue = self.language.cues.get(tokens.low[j]) if j < end else None
            if cue is None or "quote" not in cue.frames:
                return False
            return bool(cue.form & (Form.PAST | self.form & Form.THIRD))
        return False

    def around(self, left: int, right: int) -> tuple[Range, ...]:
        """The rest of the sentence on both sides of an attribution set off by commas or marks."""
        tokens, sentence = self.tokens, self.sentence
        parts: list[Range] = []
        start = max([sentence.start] + [a.content[-1][1] for a in self.found] + [a.cue[1] for a in self.found])
        edge = left
        if edge > start and tokens.classes[edge - 1] & Word.AS:
            edge -= 1
        set_off = edge > start and (tokens.kinds[edge - 1] in (COMMA, DASH) or edge in self.closing)
        according = tokens.low[left] in {p[0] for p in self.language.phrases}
        if edge > start and (set_off or according):
            while start < edge and (
                tokens.kinds[start] in (COMMA, SEMICOLON, DASH) or tokens.classes[start] & Word.CONJUNCTION
            ):
                start += 1
            interrupts = right < sentence.end and tokens.kinds[right] in (COMMA, DASH) and left not in self.closing
            if start < edge and (
                self.has_quotation(start, edge)
                or is_clause(tokens, self.language, start, edge)
                or (interrupts and is_clause(tokens, self.language, right, min(right + 8, sentence.end)))
            ):
                parts.append((start, edge))
        after = self.resumption(left, right, bool(parts))
        if after is not None:
            parts.append((after, self.content_end(after, sentence.end)))
        return tuple(p for p in parts if p[1] > p[0])

    def has_quotation(self, start: int, end: int) -> bool:
        """Whether a quotation lies between the tokens."""
        return any(start <= q.start and q.end <= end for q in self.sentence.quotations)

    def resumption(self, left: int, right: int, interrupted: bool) -> int | None:
        """Where what was said goes on after the attribution."""
        tokens, end = self.tokens, self.sentence.end
        if right >= end:
            return None
        opening = left == self.sentence.start
        if opening:
            for quotation in self.sentence.quotations:
                if quotation.start > right and tokens.kinds[quotation.start - 1] in (COMMA, COLON):
                    return quotation.start
        if tokens.kinds[right] in (COMMA, DASH) and (opening or interrupted):
            if right + 1 < end and right + 1 in self.quoted:
                return right + 1
            if left in self.closing or right + 1 >= end or self.is_cue(right + 1):
                return None
            return right + 1 if opening or is_clause(tokens, self.language, right + 1, end) else None
        for i in range(right, min(right + _ADJUNCT_REACH * 2, end)):
            if i in self.quoted:
                return i if tokens.kinds[i - 1] in (COMMA, COLON, DASH, STOP) or i == right else None
            if tokens.kinds[i] == WORD and self.is_cue(i):
                return None
        return None


def attributions(tokens: Tokens, language: Language, sentences: list[Sentence]) -> list[Attribution]:
    """Every attribution of the article, sentence by sentence."""
    found: list[Attribution] = []
    for number, sentence in enumerate(sentences):
        found += Reader(tokens, language, sentence, number).read()
    return found
