"""Reports inside the marks of a quotation: "« It is late, said Doe, and we go. »"."""

from collections.abc import Sequence

from pipeline.extract.chunks import subjects
from pipeline.extract.chunks.clause import Clauses
from pipeline.extract.chunks.phrases import after_adjuncts
from pipeline.extract.chunks.verbs import group, modality
from pipeline.extract.frames.sentence_parse import Attribution
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.quotations import Quotation
from pipeline.extract.text.tokens import COMMA, DASH, STOP

_ADJUNCTS = 8  # tokens between the subject and the mark that ends the narration


def read(clauses: Clauses, places: Sequence[int]) -> list[Attribution]:
    """The attributions inside the sentence's quotations, one for each at most."""
    found = []
    for quotation in clauses.sentence.quotations:
        within = (at for at in places if quotation.start < at < quotation.end)
        attribution = next((a for at in within if (a := _narrated(clauses, quotation, at))), None)
        if attribution is not None:
            found.append(attribution)
    return found


def _narrated(clauses: Clauses, quotation: Quotation, at: int) -> Attribution | None:
    """The attribution whose verb is at `at`, between two marks within the quotation."""
    verb = group(clauses, at)
    if verb is None or "quote" not in verb.frames:
        return None
    first = min(verb.start, verb.finite)
    opens = clauses.kind(first - 1)
    if opens not in (COMMA, DASH) or first - 1 <= quotation.start + 1:
        return None
    who = subjects.after(clauses, verb, quotation.inner[1])
    if who is None or who[0] - verb.end > _ADJUNCTS:
        return None
    stop = after_adjuncts(clauses, max(who[1], verb.end), quotation.inner[1])
    if clauses.kind(stop) not in (COMMA, DASH, STOP) and stop < quotation.inner[1]:
        return None
    parts = _parts(clauses, quotation, first, stop)
    tone = modality(clauses, verb, who[0])
    cue = (verb.start, verb.end)
    return Attribution(clauses.number, cue, who, "inverted", parts, "around", tone, verb.cue.lemma)


def _parts(clauses: Clauses, quotation: Quotation, first: int, stop: int) -> tuple[Range, ...]:
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
