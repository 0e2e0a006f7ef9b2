"""The quotes of an article in draft: reports in its sentences, reports that stand apart, quotations that go on."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence

from pipeline.extract.chunks import dialogue, phrases
from pipeline.extract.chunks.attributions import read
from pipeline.extract.chunks.clause import Clauses, Group, group, modality
from pipeline.extract.chunks.dialogue import continued
from pipeline.extract.frames.drafts import Draft, by_sentence
from pipeline.extract.frames.drafts import drafts as joined
from pipeline.extract.frames.drafts import inside as within_marks
from pipeline.extract.frames.sentence_parse import Attribution
from pipeline.extract.frames.transcripts import labelled
from pipeline.extract.grammar import Grammar
from pipeline.extract.lexicon import Language, Word
from pipeline.extract.names.entities import Name
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Quotation, Sentence
from pipeline.extract.text.tokens import COLON, DASH, MARK, STOP, WORD, Tokens

_VERB = 10  # tokens from a sentence's first to the verb after the word that points back

_FEWEST = 3  # words of a sentence that another points back to

_REPORT = 14  # tokens of a report before the marks within a quotation

Reading = Callable[[int, Sentence | None], Clauses]


def report_of_sentence_before(
    reading: Reading, sentences: Sequence[Sentence], number: int, places: Sequence[int]
) -> Attribution | None:
    """The report of the sentence before, if this one points back to it: "Das sagte Doe", "Об этом сообщил Doe"."""
    sentence, before = sentences[number], sentences[number - 1] if number else None
    if before is None or sentence.quotations or not _is_beside(sentences, number):
        return None
    clauses = reading(number, None)
    pointer = _pointer(clauses) if clauses.words(before.start, before.end) >= _FEWEST else None
    verb = next((v for at in places if at < clauses.start + _VERB and (v := group(clauses, at))), None)
    if pointer is None or verb is None or not _points(clauses, pointer, verb):
        return None
    who = phrases.after(clauses, verb, clauses.end)
    if who is None:
        subject = phrases.before(clauses, verb)
        who = subject.phrase if subject else None
    if who is None or who[0] < pointer[1]:
        return None
    tone = modality(clauses, verb, who[0])
    said = _said(clauses.tokens, before)
    return Attribution(number, (verb.start, verb.end), who, "inverted", (said,), "before", tone, verb.cue.lemma)


def _points(clauses: Clauses, pointer: Range, verb: Group) -> bool:
    """Return whether the verb governs the pointer, in a sentence without negation and without reported content."""
    governs = not clauses.grammar.verb_second or verb.finite == pointer[1]
    denied = any(clauses.is_(i, Word.NEGATION) for i in range(clauses.start, clauses.end))
    return governs and not denied and not _has_content(clauses, verb)


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


def nested_reports(reading: Reading, sentence: Sentence, number: int, places: Sequence[int]) -> Iterator[Attribution]:
    """The reports within the sentence's quotations that introduce words in marks: "“Pa said: ‘No.’ So we left”"."""
    tokens = reading(number, None).tokens
    for quotation in sentence.quotations:
        for marked in _marked_within(tokens, quotation):
            yield from introduced_reports(reading, marked, number, places, floor=quotation.start + 1)


def introduced_reports(
    reading: Reading, marked: Quotation, number: int, places: Sequence[int], *, floor: int
) -> Iterator[Attribution]:
    """The report right before words in marks, in a stretch of somebody's speech that begins at `floor`."""
    tokens = reading(number, None).tokens
    begin = max(floor, marked.start - _REPORT)
    first = next((i + 1 for i in range(marked.start - 1, begin, -1) if tokens.kinds[i] == STOP), begin)
    inner = Sentence(first, marked.end, 0, (marked,))
    clauses = reading(number, inner)
    for report in read(clauses, [at for at in places if first <= at < marked.start]):
        start, end = marked.inner
        if report.speaker is not None and report.content[0][0] == marked.start and end > start:
            yield report._replace(content=((start, end),), frame="quotation")


def _marked_within(tokens: Tokens, quotation: Quotation) -> Iterator[Quotation]:
    """The words in marks of another kind within a quotation."""
    start, end = quotation.inner
    marks = [i for i in range(start, end) if tokens.kinds[i] == MARK and len(tokens.low[i]) == 1]
    pairs = zip(marks[::2], marks[1::2], strict=False)
    yield from (Quotation(a, b + 1, closed=True) for a, b in pairs if b > a + 1)


_SHORTEST = 4  # tokens of a quotation that goes on from a report

_DROPPED = 3  # sentences after which a verb without a subject goes on with nobody


class Article:
    """The state of an article that the reading of each sentence needs."""

    def __init__(
        self,
        tokens: Tokens,
        language: Language,
        grammar: Grammar,
        sentences: Sequence[Sentence],
        names: Sequence[Name],
    ) -> None:
        self.tokens = tokens
        self.language = language
        self.grammar = grammar
        self.sentences = sentences
        self.places = list(_places(tokens, language, grammar))
        self.named = {i for name in names for i in range(name.start, name.end)}
        self._people = [name for name in names if name.entity.kind == "person"]
        self._starts = [name.start for name in self._people]
        self.people = {i for name in self._people for i in range(name.start, name.end)}
        self.spoken: set[int] = set()  # the numbers of sentences in lines of dialogue

    def only_person(self, sentence: Sentence) -> Range | None:
        """The name of the only person whom a sentence without quotations names."""
        first = bisect_left(self._starts, sentence.start)
        named = self._people[first : bisect_left(self._starts, sentence.end)]
        if len({id(name.entity) for name in named}) != 1 or sentence.quotations:
            return None
        return named[0].start, named[0].end

    def named_since(self, first: int, number: int) -> Range | None:
        """The only person whom the last sentence from `first` on, before this number, names."""
        narrated = (n for n in range(number - 1, max(0, first) - 1, -1) if n not in self.spoken)
        persons = (self.only_person(self.sentences[n]) for n in narrated)
        return next((person for person in persons if person), None)

    def places_in(self, sentence: Sentence) -> list[int]:
        """The tokens of the sentence at which a report may be."""
        return self.places[bisect_left(self.places, sentence.start) : bisect_left(self.places, sentence.end)]

    def line(self, first: int, last: int) -> dialogue.Line:
        """The sentences of these numbers as a line of dialogue."""
        sentences = self.sentences[first : last + 1]
        quotations = tuple(q for each in sentences for q in each.quotations)
        whole = Sentence(sentences[0].start, sentences[-1].end, sentences[0].paragraph, quotations)
        return dialogue.Line(
            self.clauses(first, whole), self.places_in(whole), whole.paragraph, self._introduced(first)
        )

    def _introduced(self, number: int) -> Range | None:
        """Return who speaks the sentence of this number, by a sentence before it that ends in a colon."""
        if not number or number - 1 in self.spoken:
            return None
        before = self.sentences[number - 1]
        return dialogue.introducing(self.clauses(number - 1), self.places_in(before))

    def clauses(self, number: int, whole: Sentence | None = None) -> Clauses:
        """The sentence of this number, or a `whole` that it is part of, ready to be read."""
        sentence = whole or self.sentences[number]
        following = self.sentences[number + 1] if number + 1 < len(self.sentences) else None
        return Clauses(
            tokens=self.tokens,
            language=self.language,
            grammar=self.grammar,
            sentence=sentence,
            start=sentence.start,
            end=sentence.end,
            number=number,
            opening={q.start: q for q in sentence.quotations},
            closing={q.end: q for q in sentence.quotations},
            named=self.named,
            people=self.people,
            following=following,
        )


def drafts(
    tokens: Tokens, language: Language, sentences: Sequence[Sentence], names: Sequence[Name], *, interview: bool
) -> list[Draft]:
    """The drafts of an article whose language is read by chunks; in an `interview` somebody is known to answer."""
    grammar = language.grammar
    if grammar is None:
        return []
    article = Article(tokens, language, grammar, sentences, names)
    lines, spoken = _dialogue(article) if grammar.dialogue else ([], set())
    article.spoken = spoken
    reports: list[Attribution] = []
    for number, sentence in enumerate(sentences):
        if number in spoken or not (sentence.quotations or article.places_in(sentence)):
            continue
        clauses, places = article.clauses(number), article.places_in(sentence)
        reports += _merged(read(clauses, places), dialogue.read_inside(clauses, places))
    reports = _with_pointing(article, reports, spoken)
    labels = labelled(tokens, language, sentences, interview=interview)
    turns = [label for label in labels if label.frame == "label"]
    drafted = joined(tokens, language, sentences, by_sentence(reports, turns))
    drafted = [draft for draft in _without_repeats(drafted) if draft.sentence not in spoken]
    drafted += dialogue.read(lines)
    drafted += _left_over(article, drafted)
    if grammar.drops_subject:
        drafted = _with_subjects(article, drafted)
    inner = _nested(article, spoken)
    further = continued(tokens, sentences, drafted, article.clauses, article.only_person) if grammar.reported else ()
    return [*drafted, *inner, *further]


def _with_pointing(article: Article, reports: Sequence[Attribution], spoken: Collection[int]) -> list[Attribution]:
    """The reports, with those that point back to a sentence in which nobody else speaks, in order."""
    speaking = {each.sentence for each in reports} | set(spoken)
    pointing: dict[int, Attribution] = {}
    for number, sentence in enumerate(article.sentences):
        places = article.places_in(sentence)
        if places and number not in spoken and number - 1 not in speaking:
            report = report_of_sentence_before(article.clauses, article.sentences, number, places)
            if report is not None:
                pointing[number] = report
    others = [each for each in reports if each.sentence not in pointing]
    return sorted([*others, *pointing.values()], key=lambda each: each.sentence)


def _without_repeats(drafted: Sequence[Draft]) -> list[Draft]:
    """The drafts without those that have no report of their own and repeat what a report gives."""
    reported = [part for draft in drafted if draft.attribution is not None for part in draft.parts]
    starts = {start for start, _ in reported}
    return [draft for draft in drafted if draft.attribution is not None or draft.parts[0][0] not in starts]


def _nested(article: Article, spoken: Collection[int]) -> Iterator[Draft]:
    """The drafts of reports within direct speech, in marks or after a dash, that introduce words in marks."""
    for number, sentence in enumerate(article.sentences):
        places = article.places_in(sentence) if sentence.quotations else ()
        if not places:
            continue
        if number in spoken:
            reports = [
                report
                for marked in sentence.quotations
                for report in introduced_reports(article.clauses, marked, number, places, floor=sentence.start)
            ]
        else:
            reports = list(nested_reports(article.clauses, sentence, number, places))
        yield from (Draft(each.content, number, each, "attribution", each.speaker) for each in reports)


def _with_subjects(article: Article, drafted: Sequence[Draft]) -> list[Draft]:
    """The drafts in order, those whose verb has no subject with the speaker before, or the only person named since."""
    completed: list[Draft] = []
    last: Draft | None = None
    for draft in sorted(drafted, key=lambda each: each.parts[0][0]):
        report = draft.attribution
        if report is not None and report.speaker is None and report.via == "dropped":
            near = last if last is not None and draft.sentence - last.sentence <= _DROPPED else None
            since = article.named_since(near.sentence + 1 if near else draft.sentence - _DROPPED, draft.sentence)
            speaker = since or (near.speaker if near else None)
            completed.append(draft._replace(speaker=speaker, joined="dropped") if speaker else draft)
        else:
            completed.append(draft)
        last = completed[-1] if completed[-1].speaker else last
    return completed


def _left_over(article: Article, drafted: Sequence[Draft]) -> Iterator[Draft]:
    """A draft for each sentence that is all quotation, not read yet, after a report in its paragraph."""
    last = {draft.sentence: draft for draft in drafted}
    taken = [part for draft in drafted for part in draft.parts]
    for number in range(1, len(article.sentences)):
        sentence, before = article.sentences[number], last.get(number - 1)
        same = sentence.paragraph == article.sentences[number - 1].paragraph
        if number in last or not same or not within_marks(article.tokens, sentence):
            continue
        part = sentence.quotations[0].start, sentence.quotations[-1].end
        if part[1] - part[0] <= _SHORTEST or any(a < part[1] and part[0] < b for a, b in taken):
            continue
        speaker = before.speaker if before else article.only_person(article.sentences[number - 1])
        if before is not None or speaker is not None:
            last[number] = Draft((part,), number, None, "follows" if before else "introduced", speaker)
            yield last[number]


def _dialogue(article: Article) -> tuple[list[dialogue.Line], set[int]]:
    """The lines of dialogue, and the numbers of their sentences; what follows a narration is read like any other."""
    lines: list[dialogue.Line] = []
    spoken: set[int] = set()
    sentences = article.sentences
    for number, sentence in enumerate(sentences):
        if number in spoken or article.tokens.kinds[sentence.start] != DASH:
            continue
        opens = not number or sentences[number - 1].paragraph != sentence.paragraph
        line = article.line(number, _paragraph_end(sentences, number))
        cue = dialogue.narration(line)
        last = _line_end(article, number, cue)
        if cue is None and not opens:
            continue
        lines.append(article.line(number, last))
        spoken.update(range(number, last + 1))
    return lines, spoken


def _paragraph_end(sentences: Sequence[Sentence], number: int) -> int:
    """The number of the last sentence of a sentence's paragraph."""
    while number + 1 < len(sentences) and sentences[number + 1].paragraph == sentences[number].paragraph:
        number += 1
    return number


def _line_end(article: Article, number: int, cue: int | None) -> int:
    """The number of the last sentence of a line: the one of its narration, and those that a dash opens after it."""
    sentences, end = article.sentences, _paragraph_end(article.sentences, number)
    if cue is None or article.grammar.speech_goes_on:
        return end
    last = next(n for n in range(number, end + 1) if sentences[n].end > cue)
    while last < end and article.tokens.kinds[sentences[last + 1].start] == DASH:
        following = article.line(last + 1, last + 1)
        if dialogue.narration(following) is not None:
            break
        last += 1
    return last


def _merged(reports: list[Attribution], marked: list[Attribution]) -> list[Attribution]:
    """The reports, and those inside quotations, which take the place of reports of these quotations."""
    taken = [(part[0][0], part[-1][1]) for part in (each.content for each in marked)]
    others = [a for a in reports if not any(s < t[1] and t[0] < e for s, e in a.content for t in taken)]
    return sorted([*others, *marked], key=lambda a: a.content[0][0])


def _places(tokens: Tokens, language: Language, grammar: Grammar) -> Iterator[int]:
    """The tokens at which a report may be: reporting verbs, and words that name a source."""
    words = language.reports | grammar.source_prepositions | grammar.source_afters | grammar.postpositions
    words |= grammar.inserted | grammar.opinions
    for i, low in enumerate(tokens.low):
        if low in words:
            yield i
