"""The differences of wording between texts of mostly the same words: words replaced, moved, added or left out."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Final

from rapidfuzz.distance import Levenshtein

from pipeline.statements import english
from pipeline.statements.claims import Word
from pipeline.statements.differences import GAP, NEAR_SPANS, Difference, is_same
from pipeline.statements.figures import Figure
from pipeline.statements.reading import Reading

_NOT_RESTRICTED: Final = re.compile(r",\s(?:who|whose|whom)\b")

_MOST_EDITS: Final = 3  # words by which two texts may differ if only the speaker is another; in a passive more differ

_DAY: Final = 24  # hours

_MOST_OF_RESTRICTION: Final = 2  # words

_EMPHATIC: Final = ("single", "last")  # "every single sample"

_MOST_OF_PERSON: Final = 4  # words that stand in the place of a pronoun: "one of our technicians"


def moved(known: Reading, new: Reading, explained: Container[str]) -> Iterator[Difference]:
    """Words that replace others, and words that have changed places, between readings of mostly the same words."""
    surfaces = {word.key: word.surface for word in (*known.words, *new.words)}
    for step in Levenshtein.opcodes(known.order, new.order):
        if step.tag != "replace":
            continue
        before, after = known.order[step.src_start : step.src_end], new.order[step.dest_start : step.dest_end]
        if all(any(key in surfaces and key not in explained for key in side) for side in (before, after)):
            yield Difference("wording", _surface(before, surfaces), _surface(after, surfaces), "replaced")
    swapped = _swapped(known.order, new.order) if new.language == "en" else None
    if swapped and not any(_is_possessor(word) for word in (*known.words, *new.words) if word.key in swapped):
        first, second = (surfaces.get(key, "the speaker") for key in swapped)
        yield Difference("direction", first, second, "order")


def has_one_word_replaced(known: Reading, new: Reading) -> bool:
    """Return whether two texts of direct speech differ in nothing but one word in the place of another."""
    if known.is_reported or new.is_reported or len(known.tokens) != len(new.tokens):
        return False
    return sum(before != after for before, after in zip(known.tokens, new.tokens, strict=True)) == 1


def edited(known: Reading, new: Reading) -> Iterator[Difference]:
    """Yield differences of small words between near copies: persons, counts, time spans and relative clauses.

    A span of time that direct speech has more, and nothing else, limits what it says: "nobody has called this week".
    """
    if known.order == new.order:
        yield from _exchanged_numbers(known.slots.figures, new.slots.figures)
    yield from _other_spans(known.slots.spans, new.slots.spans)
    is_english = new.language == "en"
    here, there = (_uncontracted(each.tokens) if is_english else each.tokens for each in (known, new))
    steps = Levenshtein.opcodes(here, there)
    edits = [step for step in steps if step.tag != "equal"]
    is_direct = not known.is_reported and not new.is_reported
    is_added = is_direct and [each.tag for each in edits] == ["insert"] and not GAP.search(known.text)
    if is_added and len(new.slots.spans) > len(known.slots.spans):
        yield Difference("time", "", " ".join(there[edits[0].dest_start : edits[0].dest_end]), "+span")
    if not is_english:
        return
    keeps_order = len(edits) <= _MOST_EDITS
    for step in steps:
        before, after = here[step.src_start : step.src_end], there[step.dest_start : step.dest_end]
        if step.tag == "replace":
            yield from _other_count(before, after)
            if keeps_order and is_direct:
                yield from _other_person(before, after)
        elif step.tag != "equal" and _narrows(before or after, here[: step.src_start], there if before else here):
            yield Difference("scope", " ".join(before), " ".join(after), "restriction")
        elif step.tag != "equal" and not _NOT_RESTRICTED.search(known.text if before else new.text):
            yield from _restriction(before, after)


def _uncontracted(tokens: Sequence[str]) -> tuple[str, ...]:
    """The English words with "we'll" as "we will", and "had" and "would" as the "d" that both are in "we'd"."""
    words = " ".join(
        english.FULL_FORMS.get(part, part) for token in tokens for part in token.replace("'", " '").split()
    )
    return tuple("'d" if word in english.CONTRACTED_TO_D else word for word in words.split())


def _exchanged_numbers(known: Sequence[Figure], new: Sequence[Figure]) -> Iterator[Difference]:
    """The first two numbers that the readings have in different order."""
    before, after = ([each.value for each in figures] for figures in (known, new))
    if before != after and sorted(before) == sorted(after):
        place = next(place for place, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1])
        yield Difference("number", known[place].surface, new[place].surface, "exchanged")


def _other_spans(known: Sequence[float], new: Sequence[float]) -> Iterator[Difference]:
    """A length of time in the place of another: "next month" is not "next week"."""
    lost = [span for span in known if not any(is_same(span, other, NEAR_SPANS) for other in new)]
    added = [span for span in new if not any(is_same(span, other, NEAR_SPANS) for other in known)]
    if lost and added:
        yield Difference("time", _length(lost[0]), _length(added[0]), "span")


def _length(hours: float) -> str:
    days, rest = divmod(hours, _DAY)
    return f"{days:g} days" if days and not rest else f"{hours:g} hours"


def _other_count(before: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    """A count by a small word ("once", "both") in the place of another."""
    counts = [[word for word in words if word in english.COUNTS] for words in (before, after)]
    values = [{english.COUNTS[word] for word in words} for words in counts]
    if all(counts) and not values[0] & values[1]:
        yield Difference("number", counts[0][0], counts[1][0], "count")


def _other_person(before: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    """Somebody else in the place of the speaker in direct speech: "I paid" is not "my brother paid"."""
    speaks = [not english.SPEAKER.isdisjoint(words) for words in (before, after)]
    if speaks[0] != speaks[1] and len(before) <= _MOST_OF_PERSON and len(after) <= _MOST_OF_PERSON:
        yield Difference("agent", " ".join(before), " ".join(after), "agent")


def _restriction(before: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    """A relative clause that only one of the texts has: "nobody who pays taxes" is not "nobody"."""
    if (before or after)[0] in english.RELATIVES and len(before or after) > 1:
        yield Difference("scope", " ".join(before), " ".join(after), "restriction")


def _narrows(words: Sequence[str], before: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether words that the other text lacks narrow a quantified noun: "no freight train" beside "no train"."""
    if not before or before[-1] not in english.QUANTIFIERS or len(words) > _MOST_OF_RESTRICTION:
        return False
    return english.SMALL.isdisjoint(words) and not {*words} & {*other, *_EMPHATIC}


def _surface(keys: Sequence[str], surfaces: Mapping[str, str]) -> str:
    return " ".join(surfaces[key] for key in keys if key in surfaces)


def _is_possessor(word: Word) -> bool:
    """Return whether the word is a possessor: "Bergen's mayor" is "the mayor of Bergen" in another order."""
    return word.surface.endswith(english.POSSESSIVES)


def _swapped(known: Sequence[str], new: Sequence[str]) -> tuple[str, str] | None:
    """The two words that have changed places, if all other words have kept theirs."""
    before = [key for key in known if key in new]
    after = [key for key in new if key in known]
    if len(before) != len(after):
        return None
    moved_keys = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    if len(moved_keys) != 2 or moved_keys[0] != moved_keys[1][::-1]:
        return None
    return moved_keys[0]
