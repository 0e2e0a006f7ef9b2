"""Reports in the passive, which tell what was said and mostly not by whom, and what a verb group makes of a report."""

from pipeline.extract.frames.content_end import content_end, first_comma
from pipeline.extract.frames.sentence_parse import Attribution, Frame, SentenceParse, Subject
from pipeline.extract.lexicon import Form, Word
from pipeline.extract.text.phrases import Range, VerbGroup, is_clause, phrase_after
from pipeline.extract.text.tokens import COMMA
from pipeline.model import Modality


def passive(reading: SentenceParse, group: VerbGroup) -> Attribution | None:
    """ "was told that …", "was asked by Doe whether …", "Asked whether …, she said": who is asked says nothing."""
    speaker, after = _agent(reading, group.end)
    frame = _frame(reading, group, after)
    if frame is None or group.modal or group.infinitive:
        return None
    stop = content_end(reading, after, Form.PAST)
    if group.start == reading.start:
        stop = _main_clause(reading, after, stop)
    elif frame != "that":
        stop = first_comma(reading, after, stop)
    if stop <= after + 1 or (frame == "that" and not is_clause(reading.tokens, reading.language, after + 1, stop)):
        return None
    kind = _tone(group, frame)
    cue = (group.start, group.end)
    return Attribution(reading.number, cue, speaker, "passive", ((after, stop),), frame, kind, group.cue.lemma)


def _main_clause(reading: SentenceParse, start: int, stop: int) -> int:
    """The comma before the main clause: "Asked whether he would go to Easton, | Doe said"."""
    for at in range(start + 1, stop):
        if reading.kind(at) != COMMA:
            continue
        who = phrase_after(reading.tokens, reading.language, at + 1, stop)
        if who is not None and reading.is_finite(reading.skip(who[1], Word.ADVERB)):
            return at
    return first_comma(reading, start, stop)


def _agent(reading: SentenceParse, at: int) -> tuple[Range | None, int]:
    """Who is named after "by", and where what follows begins."""
    if not reading.is_(at, Word.BY):
        return None, at
    agent = phrase_after(reading.tokens, reading.language, at + 1, reading.ceiling(at))
    return (agent, agent[1]) if agent else (None, at)


def _frame(reading: SentenceParse, group: VerbGroup, at: int) -> Frame | None:
    """How the content is joined to the verb; None if nothing of the sort follows."""
    frames = group.cue.frames
    if reading.is_(at, Word.COMPLEMENTISER) and "that" in frames:
        return "that"
    if reading.is_(at, Word.CONDITIONAL | Word.WH) and "wh" in frames:
        return "wh"
    return "to" if reading.is_(at, Word.INFINITIVE) and "to-you" in frames else None


def modality(reading: SentenceParse, group: VerbGroup, who: Subject, frame: Frame) -> Modality:
    """What the verb group does to the report: "did not say", "denied", "asked whether", "would say", "if he says"."""
    condition = who.via == "subject" and reading.is_(who.phrase[0] - 1, Word.CONDITIONAL)
    return "hypothetical" if condition and not group.negated else _tone(group, frame)


def _tone(group: VerbGroup, frame: Frame) -> Modality:
    if group.negated:
        return "negated"
    if "denial" in group.cue.frames:
        return "denied"
    if "question" in group.cue.frames and frame not in ("to", "preposition"):
        return "asked"
    return "hypothetical" if group.modal or (group.infinitive and not group.realised) else "asserted"
