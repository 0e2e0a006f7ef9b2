"""Lines of dialogue: paragraphs that a dash opens, "– We are ready, said Doe.", with their narration."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.extract.chunks import subjects
from pipeline.extract.chunks.clause import Clauses
from pipeline.extract.chunks.phrases import after_adjuncts
from pipeline.extract.chunks.verbs import Group, group, modality
from pipeline.extract.frames.drafts import Draft
from pipeline.extract.frames.sentence_parse import Attribution
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.tokens import COMMA, DASH, MARK, STOP, WORD

_FEWEST = 3  # words of a line that is speech and no list entry

_REACH = 3  # paragraphs after which nobody goes on in a line of their own


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of dialogue: the reading of its tokens, and the places at which a report may be."""

    clauses: Clauses
    places: Sequence[int]
    paragraph: int


def read(lines: Sequence[Line]) -> Iterator[Draft]:
    """A draft for each line with a narration, and for lines that go on from one."""
    last: tuple[int, Range | None] | None = None
    for line in lines:
        narrated = next((found for at in line.places if (found := _narrated(line.clauses, at))), None)
        if narrated is not None:
            last = line.paragraph, narrated.speaker
            yield Draft(narrated.content, narrated.sentence, narrated, "attribution", narrated.speaker)
            continue
        part = _whole(line.clauses)
        goes_on = last is not None and line.paragraph - last[0] <= _REACH
        if last is not None and goes_on and line.clauses.words(*part) >= _FEWEST:
            last = line.paragraph, last[1]
            yield Draft((part,), line.clauses.number, None, "dialogue", last[1])


def narration(line: Line) -> int | None:
    """The token of the verb that tells who speaks the line; None if none does."""
    return next((at for at in line.places if _narrated(line.clauses, at)), None)


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
    who = subjects.after(clauses, verb, clauses.end)
    if who is None:
        return None
    parts = _parts(clauses, verb, first, max(who[1], verb.end))
    if not parts:
        return None
    tone = modality(clauses, verb, who[0])
    return Attribution(clauses.number, (verb.start, verb.end), who, "inverted", parts, "dialogue", tone, verb.cue.lemma)


def _parts(clauses: Clauses, verb: Group, first: int, stop: int) -> tuple[Range, ...]:
    """The speech before the narration, and what a second dash opens after it."""
    left = first
    while clauses.kind(left - 1) in (COMMA, DASH):
        left -= 1
    stop = after_adjuncts(clauses, stop, clauses.end)
    right = next((i + 1 for i in range(stop, clauses.end) if _is_dash(clauses, i)), None)
    if right is None and clauses.grammar.speech_goes_on:
        right = next((i + 1 for i in range(stop, clauses.end) if clauses.kind(i) == STOP), None)
    parts = [(clauses.start + 1, left)]
    if right is not None and clauses.words(right, clauses.end):
        parts.append((right, clauses.end))
    return tuple(part for part in parts if part[1] > part[0])


def _is_dash(clauses: Clauses, at: int) -> bool:
    """Whether a dash stands at `at` between words, rather than within one."""
    tokens = clauses.tokens
    apart = clauses.kind(at) == DASH and tokens.ends[at - 1] < tokens.starts[at]
    return apart and at + 1 < clauses.end and clauses.kind(at + 1) in (WORD, MARK)
