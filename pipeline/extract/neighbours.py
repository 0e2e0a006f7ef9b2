"""Direct quotes in a language without a file: whole quotations, each with the name that stands nearest."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial

from pipeline.extract.drafts import Draft
from pipeline.extract.entities import Name
from pipeline.extract.sentences import Sentence
from pipeline.extract.tokens import WORD, Tokens

_FEWEST = 4  # words of a quotation that is no title or scare quote


def drafts(tokens: Tokens, sentences: Sequence[Sentence], names: Sequence[Name]) -> list[Draft]:
    """A draft for each quotation that has a name beside it in its sentence."""
    found = []
    starts = [n.start for n in names]
    for number, sentence in enumerate(sentences):
        near = names[bisect_left(starts, sentence.start) : bisect_left(starts, sentence.end)]
        outside = [n for n in near if not any(q.start <= n.start < q.end for q in sentence.quotations)]
        for quotation in sentence.quotations:
            words = sum(kind == WORD for kind in tokens.kinds[quotation.start : quotation.end])
            if words < _FEWEST or not outside:
                continue
            start, end = quotation.start, quotation.end
            nearest = min(outside, key=partial(_distance, start, end))
            part = (quotation.start, quotation.end)
            found.append(Draft((part,), number, None, "neighbour", (nearest.start, nearest.end)))
    return found


def _distance(start: int, end: int, name: Name) -> int:
    return start - name.end if name.end <= start else name.start - end
