r"""Speakers before a colon: `NAME: words` in transcripts, reports of a parliament, lists and headlines.

>>> said("Union leader Mara Dovic: “We got nothing at all.”")
Mara Dovic: We got nothing at all.
>>> said("HOST: Welcome.\n\nMARA DOVIC: Thank you.\n\nHOST: Was it late?\n\nDOVIC: It was.")
nobody: Welcome.
MARA DOVIC: Thank you.
nobody: Was it late?
MARA DOVIC: It was.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from pipeline.extract.frames.sentence_parse import Attribution, Frame
from pipeline.extract.lexicon import FINITE, Language, Word
from pipeline.extract.text.phrases import Range, is_clause, is_verb
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import CLOSE, COLON, COMMA, DASH, MARK, OPEN, OTHER, STOP, WORD, Tokens
from pipeline.model import Modality

_LONGEST = 10  # tokens of a label, those in brackets aside

_BRACKETS = 12  # tokens in brackets within a label

_FEWEST = 2  # turns under one label that make a transcript

_ADVERBIAL = Word.ADVERB | Word.PREPOSITION | Word.SUBORDINATOR  # "Then, later that month:"

_NO_NAME = Word.TIME | Word.DETERMINER | Word.PRONOUN

_OFFICE = Word.TITLE | Word.ROLE

_TOPIC = Word.WH | Word.DETERMINER  # so begins what a headline is about, and not what was said

_OPENS_QUESTION = ("¿", "¡")

Label = tuple[int, int, int]  # number of its sentence, first token, token of the colon


def turns(
    tokens: Tokens, language: Language, sentences: Sequence[Sentence], *, interview: bool
) -> Iterator[Attribution]:
    """The attributions by a label that opens a paragraph: of a quotation, or of all that follows in a transcript.

    Only an `interview`, in which somebody is known to answer, has the short labels of questions and answers.
    """
    sides = language.sides if interview else frozenset()
    labels: list[Label] = []
    for number in (n for n, s in enumerate(sentences) if not n or sentences[n - 1].paragraph != s.paragraph):
        label = _label(tokens, language, sentences[number], number, sides)
        if label is None:
            continue
        _, start, colon = label
        if tokens.kinds[colon + 1] == MARK:
            yield attribution(number, (start, colon), (colon + 1, sentences[number].end), "quotation")
        elif tokens.kinds[colon + 1] == WORD or tokens.low[colon + 1] in _OPENS_QUESTION:
            labels.append(label)
    spoken = _transcript(tokens, language, labels)
    yield from (_turn(tokens, sentences, label) for label in spoken)
    if not spoken and labels and labels[0][0] == 0 and _is_headline(tokens, language, sentences[0], labels[0][2]):
        _, start, colon = labels[0]
        yield attribution(0, (start, colon), (colon + 1, sentences[0].end), "headline")


def attribution(
    number: int, speaker: Range, content: Range, frame: Frame, modality: Modality = "asserted"
) -> Attribution:
    """The attribution by a label or, where the words come first, by a signature."""
    mark = (speaker[1], speaker[1] + 1) if content[0] > speaker[0] else (speaker[0] - 1, speaker[0])
    return Attribution(number, mark, speaker, "label", (content,), frame, modality, ":")


def _label(tokens: Tokens, language: Language, sentence: Sentence, number: int, sides: Collection[str]) -> Label | None:
    """The label that the sentence begins with, list points and opening marks aside."""
    start, end = sentence.start, sentence.end
    while start < end and tokens.kinds[start] in (MARK, DASH, OTHER):
        start += 1
    if start + 2 < end and tokens.low[start] in sides and tokens.capital[start]:
        colon = start + 1
        return (number, start, colon) if tokens.kinds[colon] == COLON or tokens.low[colon] == "." else None
    if COLON not in tokens.kinds[start:end]:
        return None
    at = _label_end(tokens, language, start, end) or _phrase_end(tokens, language, start, end)
    return (number, start, at) if at is not None and at + 1 < end else None


def _label_end(tokens: Tokens, language: Language, start: int, end: int) -> int | None:
    """Return the colon after a label that looks like a name, with or without a role: "JO DOE, mayor:"."""
    described, left, at = False, _LONGEST, start
    if start + 1 < end and tokens.classes[start] & Word.ARTICLE and tokens.classes[start + 1] & _OFFICE:
        at += 1  # "The Minister for Waterways (Jo Doe):"
    office = at > start
    while at < end and left:
        if tokens.kinds[at] == COLON:
            return at if at > start else None
        if tokens.kinds[at] == OPEN:
            at = next((i for i in range(at, min(at + _BRACKETS, end)) if tokens.kinds[i] == CLOSE), end) + 1
            continue
        described = described or (tokens.kinds[at] == COMMA and not tokens.classes[start] & _ADVERBIAL)
        if described and tokens.kinds[at] == WORD:
            if tokens.classes[at] & FINITE or tokens.low[at] in language.cues:
                return None
        elif not _is_of_label(tokens, at, office=office) and not _is_in_title(tokens, language, start, at):
            return None
        at, left = at + 1, left - 1
    return None


def _phrase_end(tokens: Tokens, language: Language, start: int, end: int) -> int | None:
    """Return the colon between a named phrase and a quotation: "Union leader Jo Doe: “We got nothing.”"."""
    if start < end and tokens.low[start] in language.reports:
        return None  # "According to the Star:"
    for at in range(start, min(start + _LONGEST, end - 1)):
        if tokens.kinds[at] == COLON:
            named = any(tokens.capital[start + 1 : at])
            return at if named and tokens.kinds[at + 1] == MARK else None
        if tokens.kinds[at] not in (WORD, COMMA) or tokens.classes[at] & (Word.PASTLIKE | Word.TIME):
            return None
        if is_verb(tokens, at) or (tokens.low[at] in language.cues and not tokens.capital[at]):
            return None
    return None


def _is_of_label(tokens: Tokens, at: int, *, office: bool) -> bool:
    if tokens.capital[at]:
        return not tokens.classes[at] & _NO_NAME
    return tokens.kinds[at] in (STOP, DASH, COMMA) or bool(office and tokens.classes[at] & (Word.OF | Word.FOR))


def _is_in_title(tokens: Tokens, language: Language, start: int, at: int) -> bool:
    """Return whether the token may stand in an outlet's name, in languages read by chunks: "Le Courrier de l'Est"."""
    if language.grammar is None:
        return False
    if tokens.capital[at] or tokens.kinds[at] == MARK:
        return not tokens.classes[at] & (Word.TIME | Word.SUBJECT_PRONOUN)
    small = Word.OF | Word.DETERMINER | Word.PREPOSITION | Word.AND
    return at > start and tokens.capital[start] and bool(tokens.classes[at] & small)


def _transcript(tokens: Tokens, language: Language, labels: Sequence[Label]) -> list[Label]:
    """The labels of turns, if one comes back: in full, or as "Mr. Doe" after "Jo Doe (Easton)"."""
    cores = [_core(tokens, start, colon) for _, start, colon in labels]
    short = {core[-1] for core in cores if len(core) == 1}
    keys = [core[-1:] if core[-1] in short else core for core in cores]
    again = {key for key, times in Counter(keys).items() if times >= _FEWEST}
    if not again:
        return []
    again_short = {"".join(key).replace(".", "") for key in again}
    return [
        label
        for label, key in zip(labels, keys, strict=True)
        if key in again
        or "".join(word[0] for word in key) in again_short
        or tokens.words(label[1], label[2]).isupper()
        or _is_office(tokens, language, label)
    ]


def _core(tokens: Tokens, start: int, colon: int) -> tuple[str, ...]:
    """A label's name: its words before any comma or bracket, without titles."""
    words: list[str] = []
    for at in range(start, colon):
        if tokens.kinds[at] in (COMMA, OPEN):
            break
        if tokens.kinds[at] == WORD and not tokens.classes[at] & Word.TITLE:
            words.append(tokens.low[at])
    return tuple(words) or (tokens.low[colon - 1],)


def _is_office(tokens: Tokens, language: Language, label: Label) -> bool:
    """Return whether the label names somebody by a title, or is a question's or an answer's."""
    _, start, colon = label
    return tokens.low[start] in language.sides or any(tokens.classes[at] & _OFFICE for at in range(start, colon))


def _turn(tokens: Tokens, sentences: Sequence[Sentence], label: Label) -> Attribution:
    """A turn: all of the label's paragraph, asked if each of its sentences is a question."""
    number, start, colon = label
    last = number
    while last + 1 < len(sentences) and sentences[last + 1].paragraph == sentences[number].paragraph:
        last += 1
    questions = all(tokens.low[sentence.end - 1] == "?" for sentence in sentences[number : last + 1])
    end = sentences[last].end
    return attribution(number, (start, colon), (colon + 1, end), "label", "asked" if questions else "asserted")


def _is_headline(tokens: Tokens, language: Language, first: Sentence, colon: int) -> bool:
    """Return whether the article's first line is a name, a colon and a claim: "Doe: no talks before spring"."""
    if tokens.kinds[first.end - 1] == STOP:
        return False
    begins = tokens.classes[colon + 1]
    if begins & Word.NEGATION:
        return True
    return not begins & _TOPIC and is_clause(tokens, language, colon + 1, first.end)


_LONGEST_LABEL = 20  # tokens of a signature


def labelled(
    tokens: Tokens, language: Language, sentences: Sequence[Sentence], *, interview: bool
) -> list[Attribution]:
    """The attributions by label, each for the sentence it begins."""
    signatures = [a for number, s in enumerate(sentences) if (a := _signed(tokens, language, s, number))]
    for number in range(1, len(sentences)):
        below = _signed_below(tokens, language, sentences[number - 1], sentences[number], number - 1)
        signatures += [below] if below else []
    return signatures + list(turns(tokens, language, sentences, interview=interview))


def _signed(tokens: Tokens, language: Language, sentence: Sentence, number: int) -> Attribution | None:
    """The report by a signature: a quotation, a dash and a name, and no more."""
    if not sentence.quotations or sentence.quotations[0].start != sentence.start:
        return None
    dash = sentence.quotations[-1].end
    name = _signature(tokens, language, dash, sentence.end)
    return attribution(number, name, (sentence.start, dash), "quotation") if name else None


def _signed_below(
    tokens: Tokens, language: Language, quoted: Sentence, signature: Sentence, number: int
) -> Attribution | None:
    """The same with the name on a line of its own."""
    if not quoted.quotations or quoted.quotations[0].start != quoted.start or quoted.quotations[-1].end != quoted.end:
        return None
    name = _signature(tokens, language, signature.start, signature.end)
    return attribution(number, name, (quoted.start, quoted.end), "quotation") if name else None


def _signature(tokens: Tokens, language: Language, dash: int, end: int) -> tuple[int, int] | None:
    """The name after a dash, if nothing but a name and what its bearer is follows."""
    start = dash + 1
    if start >= end or tokens.kinds[dash] != DASH or not any(tokens.capital[start:end]):
        return None
    if not tokens.capital[start] and not tokens.capital[end - 1 - (tokens.kinds[end - 1] == STOP)]:
        return None  # "– seen from the quay", but "– local publican Jo Doe"
    if end - start > _LONGEST_LABEL or any(is_verb(tokens, i) for i in range(start, end)):
        return None
    return start, end - (tokens.kinds[end - 1] == STOP)
