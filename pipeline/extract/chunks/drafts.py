"""The quotes of an article in draft: reports in its sentences, reports that stand apart, quotations that go on."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.extract.chunks import dialogue, subjects
from pipeline.extract.chunks.article import Article
from pipeline.extract.chunks.attributions import read
from pipeline.extract.chunks.clause import Clauses
from pipeline.extract.chunks.dialogue import continued
from pipeline.extract.frames.drafts import Draft, by_sentence
from pipeline.extract.frames.drafts import drafts as joined
from pipeline.extract.frames.drafts import inside as within_marks
from pipeline.extract.frames.sentence_parse import Attribution
from pipeline.extract.frames.transcripts import labelled
from pipeline.extract.lexicon import Language
from pipeline.extract.names.entities import Name
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Quotation, Sentence
from pipeline.extract.text.tokens import COLON, DASH, MARK, STOP, Tokens, abbreviates


def reports_within(article: Article, number: int, part: Range) -> Iterator[Attribution]:
    """The reports of what others said within a part of somebody's speech: "“Pa said: ‘No.’ Ma asked why"."""
    marked = list(_marked_within(article, part))
    for start, end in _sentences_within(article, part, marked):
        places = article.places[bisect_left(article.places, start) : bisect_left(article.places, end)]
        if not places:
            continue
        own = tuple(each for each in marked if start <= each.start < end)
        clauses = article.clauses(number, Sentence(start, end, 0, own))
        for report in read(clauses, places):
            content = _spoken_content(clauses, report)
            if content is not None:
                yield report._replace(content=(content,), frame="quotation" if own else report.frame)


def _marked_within(article: Article, part: Range) -> Iterator[Quotation]:
    """The words in marks among the tokens of somebody's speech, whatever the marks are."""
    tokens = article.tokens
    marks = [i for i in range(*part) if tokens.kinds[i] == MARK and len(tokens.low[i]) == 1]
    pairs = zip(marks[::2], marks[1::2], strict=False)
    yield from (Quotation(a, b + 1, closed=True) for a, b in pairs if b > a + 1)


def _sentences_within(article: Article, part: Range, marked: Sequence[Quotation]) -> Iterator[Range]:
    """Yield the sentences of a part of somebody's speech, which end at no full stop within marks."""
    tokens, (start, end) = article.tokens, part
    inside = {i for each in marked for i in range(*each.inner)}
    closing = {each.end - 1 for each in marked if tokens.kinds[each.end - 2] == STOP}
    for i in range(start, end):
        stops = tokens.kinds[i] == STOP and i not in inside and not abbreviates(tokens, article.language, i)
        if stops or (i in closing and i + 1 < end and tokens.capital[i + 1]):
            yield start, i + 1
            start = i + 1
    if start < end:
        yield start, end


def _spoken_content(clauses: Clauses, report: Attribution) -> Range | None:
    """The words that somebody else is reported to have said: in marks, after a colon, or the clause of a verb."""
    cue = clauses.cue(report.cue[1] - 1) or clauses.cue(report.cue[0])
    if report.speaker is None or len(report.content) > 1:
        return None
    start, end = report.content[0]
    if start in clauses.opening:
        return clauses.opening[start].inner
    if report.frame == "quotation":
        return (start, end) if clauses.kind(start - 1) == COLON else None
    first, last = report.speaker
    own = last == first + 1 and clauses.language.genders.get(clauses.low(first)) == "first"
    believes = clauses.low(report.cue[1] - 1).startswith(clauses.grammar.beliefs or ("\n",))
    said = cue is not None and "quote" in cue.frames and report.via != "according" and not believes
    return (start, end) if said and not own and report.frame in ("that", "wh", "zero") else None


_SHORTEST = 4  # tokens of a quotation that goes on from a report

_CLAUSE = 4  # words of a quotation within a sentence that is speech and no term

_TURNS = 2  # answers of an interview

_QUESTION = 40  # tokens of a question in an interview

_DROPPED = 3  # sentences after which a verb without a subject goes on with nobody


def drafts(
    tokens: Tokens, language: Language, sentences: Sequence[Sentence], names: Sequence[Name], *, interview: bool
) -> list[Draft]:
    """The drafts of an article whose language is read by chunks; in an `interview` somebody is known to answer."""
    grammar = language.grammar
    if grammar is None:
        return []
    article = Article(tokens, language, grammar, sentences, names)
    lines, spoken = _dialogue(article) if grammar.dialogue else ([], set())
    labels = labelled(tokens, language, sentences, interview=interview)
    turns = [label for label in labels if label.frame in ("label", "headline")]
    answers = (
        []
        if any(label.frame == "label" for label in labels)
        else [answer for answer in _answers(article) if answer.sentence not in spoken]
    )
    for answer in answers:
        spoken.update(range(answer.sentence, _paragraph_end(sentences, answer.sentence) + 1))
    article.spoken = spoken
    reports: list[Attribution] = []
    for number, sentence in enumerate(sentences):
        if number in spoken or not (sentence.quotations or article.places_in(sentence)):
            continue
        clauses, places = article.clauses(number), article.places_in(sentence)
        reports += _merged(read(clauses, places), dialogue.read_inside(clauses, places))
    reports = _with_pointing(article, reports, spoken)
    drafted = joined(tokens, language, sentences, by_sentence(reports, turns))
    drafted = [draft for draft in _without_repeats(drafted) if draft.sentence not in spoken]
    drafted = list(_by_somebody(article, drafted))
    drafted += [*dialogue.read(_after_reports(article, lines, drafted)), *answers]
    drafted += _left_over(article, drafted)
    if grammar.drops_subject:
        drafted = _with_subjects(article, drafted)
    further = continued(
        tokens,
        sentences,
        drafted,
        reading=article.clauses,
        may_be_reported=article.may_be_reported,
        tellers=article.tellers,
    )
    return [*_with_nested(article, drafted), *further]


def _answers(article: Article) -> list[Draft]:
    """The answers of an unlabelled interview, most of which have a pronoun of the first person."""
    opening = _paragraphs(article.sentences)
    asks = [_is_question(article, first) for first in opening]
    turns = [opening[i] for i in range(1, len(opening)) if asks[i - 1] and not asks[i]]
    own = sum(article.speaks_of_itself(first, _paragraph_end(article.sentences, first)) for first in turns)
    if len(turns) < _TURNS or 2 * own < len(turns):
        return []
    speaker = article.named_before(article.sentences[opening[asks.index(True)]].start)
    if speaker is None:
        return []
    parts = ((article.sentences[n].start, article.sentences[_paragraph_end(article.sentences, n)].end) for n in turns)
    return [Draft((part,), n, None, "dialogue", speaker) for n, part in zip(turns, parts, strict=True)]


def _paragraphs(sentences: Sequence[Sentence]) -> list[int]:
    """The number of each paragraph's first sentence."""
    return [n for n, each in enumerate(sentences) if not n or sentences[n - 1].paragraph != each.paragraph]


def _is_question(article: Article, first: int) -> bool:
    """Return whether the paragraph is short, has no quotation and no dash at its start, and ends in a question mark."""
    last = _paragraph_end(article.sentences, first)
    start, end = article.sentences[first].start, article.sentences[last].end
    marked = any(article.sentences[n].quotations for n in range(first, last + 1))
    opens = article.tokens.kinds[start] != DASH
    return opens and not marked and end - start <= _QUESTION and article.tokens.low[end - 1] == "?"


def _with_pointing(article: Article, reports: Sequence[Attribution], spoken: Collection[int]) -> list[Attribution]:
    """The reports, with those that point back to a sentence in which nobody else speaks, in order."""
    speaking = {each.sentence for each in reports} | set(spoken)
    pointing: dict[int, Attribution] = {}
    for number, sentence in enumerate(article.sentences):
        places = article.places_in(sentence)
        if places and number not in spoken and number - 1 not in speaking:
            report = dialogue.report_of_sentence_before(article.clauses, article.sentences, number, places)
            if report is not None:
                pointing[number] = report
    others = [each for each in reports if each.sentence not in pointing]
    return sorted([*others, *pointing.values()], key=lambda each: each.sentence)


def _by_somebody(article: Article, drafted: Sequence[Draft]) -> Iterator[Draft]:
    """Yield the drafts; a quotation after a sentence about a thing has the speaker before in its paragraph."""
    last: Draft | None = None
    for draft in drafted:
        inanimate = draft.attribution is None and draft.joined == "introduced" and not _is_by_somebody(article, draft)
        if inanimate and last is not None and _same_paragraph(article, draft.sentence, last.sentence):
            last = draft._replace(speaker=last.speaker, joined="follows")
        elif not inanimate and draft.speaker is not None:
            last = draft
        yield last if inanimate and last is not None and last.sentence == draft.sentence else draft


def _is_by_somebody(article: Article, draft: Draft) -> bool:
    """Return whether the phrase of the speaker is one of a person."""
    if draft.speaker is None:
        return True
    clauses = article.clauses(bisect_right(article.starts, draft.speaker[0]) - 1)
    return subjects.is_somebody(clauses, draft.speaker)


def _without_repeats(drafted: Sequence[Draft]) -> list[Draft]:
    """The drafts without those that have no report of their own and repeat what a report gives."""
    reported = [part for draft in drafted if draft.attribution is not None for part in draft.parts]
    starts = {start for start, _ in reported}
    return [draft for draft in drafted if draft.attribution is not None or draft.parts[0][0] not in starts]


def _with_nested(article: Article, drafted: Sequence[Draft]) -> Iterator[Draft]:
    """Yield each draft, and the reports within its direct speech: in marks, in a line of dialogue, in a turn."""
    for draft in drafted:
        yield draft
        for part in draft.parts:
            for said in [part] if _is_line(draft) else _within_marks(article, part):
                for report in reports_within(article, draft.sentence, said):
                    yield Draft(report.content, draft.sentence, report, "attribution", report.speaker, inner=True)


def _is_line(draft: Draft) -> bool:
    """Return whether the draft is a line of dialogue, an answer, or a turn under a label."""
    report = draft.attribution
    return draft.joined == "dialogue" if report is None else report.frame in ("dialogue", "label")


def _within_marks(article: Article, part: Range) -> Iterator[Range]:
    """Yield what stands in quotation marks in a part of a draft."""
    first = bisect_right(article.starts, part[0]) - 1
    for number in range(max(0, first), len(article.sentences)):
        sentence = article.sentences[number]
        if sentence.start >= part[1]:
            return
        for quotation in sentence.quotations:
            start, end = max(part[0], quotation.inner[0]), min(part[1], quotation.inner[1])
            if start < end:
                yield start, end


def _with_subjects(article: Article, drafted: Sequence[Draft]) -> list[Draft]:
    """The drafts in order, those whose verb has no subject with the speaker before, or the only person named since."""
    completed: list[Draft] = []
    last: Draft | None = None
    for draft in sorted(drafted, key=lambda each: each.parts[0][0]):
        report = draft.attribution
        if report is not None and report.speaker is None and report.via == "dropped":
            near = last if last is not None and draft.sentence - last.sentence <= _DROPPED else None
            apart = near is None or near.sentence < draft.sentence - 1
            first = near.sentence + 1 if near else draft.sentence - _DROPPED
            subject = article.subject_before(draft.sentence) if apart else None
            since = subject or article.named_since(first, draft.sentence)
            speaker = since or (near.speaker if near else None)
            completed.append(draft._replace(speaker=speaker, joined="dropped") if speaker else draft)
        else:
            completed.append(draft)
        last = completed[-1] if completed[-1].speaker else last
    return completed


def _left_over(article: Article, drafted: Sequence[Draft]) -> Iterator[Draft]:
    """A draft for each quotation of a clause or more that no report covers, with the speaker whom its context names."""
    last = {draft.sentence: draft for draft in drafted}
    taken = [part for draft in drafted for part in draft.parts]
    for number, sentence in enumerate(article.sentences):
        if number in article.spoken:
            continue
        for part in _unread(article, number, sentence):
            if any(a < part[1] and part[0] < b for a, b in taken):
                continue
            before = last.get(number) or (
                last.get(number - 1) if _same_paragraph(article, number, number - 1) else None
            )
            speaker = before.speaker if before else _named_beside(article, last, number, part)
            if before is not None or speaker is not None:
                last[number] = Draft((part,), number, None, "follows" if before else "introduced", speaker)
                yield last[number]


def _unread(article: Article, number: int, sentence: Sentence) -> Iterator[Range]:
    """Yield the quotations of a sentence that may be speech: all of it, or each that holds a clause."""
    if within_marks(article.tokens, sentence):
        parts = [(sentence.quotations[0].start, sentence.quotations[-1].end)]
    else:
        clauses = article.clauses(number)
        parts = [(q.start, q.end) for q in sentence.quotations if _is_clause(clauses, q)]
    yield from (part for part in parts if part[1] - part[0] > _SHORTEST)


def _is_clause(clauses: Clauses, quotation: Quotation) -> bool:
    """Return whether the quotation begins as a sentence does and has a finite verb or an end of its own."""
    start, end = quotation.inner
    if not clauses.capital(start) or clauses.words(start, end) < _CLAUSE:
        return False
    whole = clauses.kind(end - 1) == STOP or clauses.kind(quotation.start - 1) == COLON
    return whole or any(clauses.is_finite(i) for i in range(start, end))


def _same_paragraph(article: Article, number: int, other: int) -> bool:
    sentences = article.sentences
    return 0 <= other < len(sentences) and sentences[number].paragraph == sentences[other].paragraph


def _named_beside(article: Article, last: Mapping[int, Draft], number: int, part: Range) -> Range | None:
    """The only person whom the sentence of a quotation, the one before, or the one after it names.

    A colon before the quotation shows that its sentence is about the person: "Il caso Doe: «…»".
    """
    about = article.tokens.kinds[part[0] - 1] == COLON and part[0] > article.sentences[number].start
    own = None if about else article.narrated_person(article.sentences[number])
    if own is not None:
        return own
    before = (
        article.only_person(article.sentences[number - 1]) if _same_paragraph(article, number, number - 1) else None
    )
    if before is not None:
        return before
    if not _same_paragraph(article, number, number + 1):
        return None
    after = last.get(number + 1)
    return after.speaker if after else article.only_person(article.sentences[number + 1])


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
        spoken_line = article.line(number, last)
        introduced = article.grammar.dialogue_within and spoken_line.named is not None
        if cue is None and not opens and not introduced:
            continue
        lines.append(spoken_line if opens or cue is not None else spoken_line.told_by_narration())
        spoken.update(range(number, last + 1))
    return lines, spoken


def _after_reports(
    article: Article, lines: Sequence[dialogue.Line], drafted: Sequence[Draft]
) -> Iterator[dialogue.Line]:
    """The lines, with the speaker of a report that ends the paragraph before: "Doe says that …¶– It was wrong."."""
    clauses = (draft for draft in drafted if draft.attribution and draft.attribution.frame != "quotation")
    speakers = {draft.sentence: draft.speaker for draft in clauses}
    for line in lines:
        before = line.clauses.number - 1
        beside = before >= 0 and article.sentences[before].paragraph == line.paragraph - 1
        yield replace(line, reported=speakers.get(before)) if beside else line


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
    if dialogue.ends_in_dash(article.tokens, sentences[last]):
        return end
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
