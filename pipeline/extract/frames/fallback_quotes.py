"""Direct quotes in a language without a file: quotations and dialogue, each with the name that stands nearest.

>>> said("„Mir bleiwen de ganze Wanter“, sot Mara Dovic gëschter.", "lb")
Mara Dovic: Mir bleiwen de ganze Wanter
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import partial

from pipeline.extract.frames.drafts import Draft, inside
from pipeline.extract.names.entities import Name
from pipeline.extract.text.phrases import Range
from pipeline.extract.text.sentences import Sentence
from pipeline.extract.text.tokens import COMMA, DASH, STOP, WORD, Tokens, unspaced
from pipeline.model import Mention

_FEWEST = 4  # words of a quotation that is no title or scare quote

_LETTERS = 3  # that make a word where words are not parted

_NEAR = 5  # tokens between the end of a line of dialogue and its speaker: "– …, said the mayor Jo Doe"

_NOUNS = 0.3  # of the words within sentences are capitalised: a language that writes nouns so


def speakers(tokens: Tokens, names: Sequence[Name], tracked: Sequence[Mention]) -> list[Range]:
    """The tokens that may name a speaker: names, and tracked actors in scripts without capitals.

    Where nouns have capitals too, only names of several words, and what is short for them.
    """
    capitals, words = sum(tokens.capital), tokens.kinds.count(WORD)
    sure = [n for n in names if capitals <= _NOUNS * words or len(n.entity.words) > 1 or n.entity.actor]
    places = {(name.start, name.end) for name in sure}
    covered = {at for start, end in places for at in range(start, end)}
    for mention in tracked:
        place = bisect_right(tokens.starts, mention.start) - 1, bisect_left(tokens.starts, mention.end)
        if covered.isdisjoint(range(*place)):
            places.add(place)
    return sorted(places)


def drafts(tokens: Tokens, sentences: Sequence[Sentence], named: Sequence[Range]) -> list[Draft]:
    """A draft for each quotation and line of dialogue with one of the `named` in its sentence, and what goes on."""
    drafted: list[Draft] = []
    for number, sentence in enumerate(sentences):
        near = named[bisect_left(named, (sentence.start, 0)) : bisect_left(named, (sentence.end, 0))]
        outside = [r for r in near if not any(q.start <= r[0] < q.end for q in sentence.quotations)]
        own = list(_beside(tokens, sentence, number, outside) if outside else _around(tokens, sentence, number, near))
        if not own and drafted and drafted[-1].sentence == number - 1 and _goes_on(tokens, sentences, number):
            part = (sentence.quotations[0].start, sentence.quotations[-1].end)
            own = [Draft((part,), number, None, "neighbour", drafted[-1].speaker)]
        drafted += own
    return drafted


def _goes_on(tokens: Tokens, sentences: Sequence[Sentence], number: int) -> bool:
    """Return whether the sentence is all quotation, in the paragraph of the one before."""
    return sentences[number].paragraph == sentences[number - 1].paragraph and inside(tokens, sentences[number])


def _beside(tokens: Tokens, sentence: Sentence, number: int, named: Sequence[Range]) -> Iterator[Draft]:
    """The quotations of a sentence with the nearest of the named, or its dialogue if it has no quotation."""
    for quotation in sentence.quotations:
        if _length(tokens, *quotation.inner) >= _FEWEST:
            part = (quotation.start, quotation.end)
            yield Draft((part,), number, None, "neighbour", min(named, key=partial(_distance, part)))
    if not sentence.quotations and tokens.kinds[sentence.start] == DASH:
        yield from _dialogue(tokens, sentence, number, named[0])


def _around(tokens: Tokens, sentence: Sentence, number: int, named: Sequence[Range]) -> Iterator[Draft]:
    """ "« It is late, said Jo Doe, and we go. »": the quotations that hold their speaker between two commas."""
    for start, end in named:
        quotation = next(q for q in sentence.quotations if q.start <= start < q.end)
        comma = next(
            (i for i in range(start - 1, max(quotation.start, start - _NEAR), -1) if tokens.kinds[i] == COMMA), 0
        )
        small = comma and start - comma > 1 and not any(tokens.capital[comma:start])
        if (
            small
            and end < quotation.end
            and tokens.kinds[end] == COMMA
            and _length(tokens, *quotation.inner) >= _FEWEST
        ):
            parts = ((quotation.inner[0], comma), (end + 1, quotation.inner[1]))
            yield Draft(parts, number, None, "neighbour", (start, end))
            return


def _dialogue(tokens: Tokens, sentence: Sentence, number: int, speaker: Range) -> Iterator[Draft]:
    """ "– We have to go, said Jo Doe.": from the dash that opens the line to the mark before its speaker."""
    least = max(sentence.start + _FEWEST, speaker[0] - _NEAR)
    marks = (COMMA, DASH, STOP)
    end = next((i for i in range(speaker[0] - 1, least, -1) if tokens.kinds[i] in marks), sentence.start)
    if _length(tokens, sentence.start, end) >= _FEWEST:
        yield Draft(((sentence.start + 1, end),), number, None, "neighbour", speaker)


def _length(tokens: Tokens, start: int, end: int) -> int:
    """The words of a quotation, guessed where they are not parted."""
    return sum(
        max(1, len(tokens.low[i]) // _LETTERS) if unspaced(tokens.low[i][0]) else 1
        for i in range(start, end)
        if tokens.kinds[i] == WORD
    )


def _distance(part: Range, name: Range) -> int:
    return part[0] - name[1] if name[1] <= part[0] else name[0] - part[1]
