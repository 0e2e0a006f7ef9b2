"""Pairs of claims that the weights of `judge` are fitted on: sentences of our own, retold, translated and changed.

`tests/data/claims/retellings.txt` has a sentence and its variants in each block. A line begins with what it is beside
the sentence: "=" the same, "~" changed, "!" another claim, "<" a part, "+" the sentence with another claim; "i" or a
language follows the sign.
"""

import itertools
import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.bench.pairs import written
from tests.bench.retold import OTHERWISE, TURNED

RETELLINGS: Final = Path(__file__).parent.parent / "data" / "claims" / "retellings.txt"

_CUTS: Final = ("cut", "elided")  # ways of retelling that leave something out

_FRAMES: Final = (
    "As I said last month, {}",
    "I say it again: {}",
    "My answer has not changed since last week: {}",
    "I have said this before and I will say it again tomorrow: {}",
    "Look, {}",
    "Well, {}",
)

_ADDED: Final = (
    "I will step down in the autumn.",
    "The school will get a new roof.",
    "Nobody has seen the keys since.",
    "My lawyers have written to the owner.",
    "We have also found water on the moon.",
)

_CONDITIONS: Final = (
    " if the council agrees.",
    ", unless the court forbids it.",
    " provided that the money comes.",
    ", except on holidays.",
    ", but only for a year.",
)

_HEDGES: Final = (
    {"will": "may", "is": "may be", "are": "may be", "has": "may have", "have": "may have", "was": "may have been"},
    {"will": "hopes to", "is": "is probably", "are": "are perhaps", "was": "was possibly", "were": "were probably"},
)

_QUANTIFIERS: Final = {
    "every": "some", "Every": "Not every", "all": "most of", "All": "Some", "Nobody": "Hardly anybody",
    "No": "Not every", "both": "one of", "whole": "half", "Everybody": "Almost everybody", "nobody": "not everybody",
}  # fmt: skip


class Text(NamedTuple):
    """A text in its language, and whether it is reported speech."""

    words: str
    language: str = "en"
    is_reported: bool = False


class Sample(NamedTuple):
    """A known text, a new one, and what the new one is; `group` is the same for all of one sentence."""

    known: Text
    new: Text
    expected: str
    group: int


class Block(NamedTuple):
    """A sentence with its variants by sign."""

    sentence: Text
    variants: dict[str, list[Text]]


def samples(seed: int = 5) -> list[Sample]:
    """All pairs, in an order that the seed decides."""
    chance = random.Random(seed)
    blocks = _blocks(RETELLINGS.read_text("utf-8"))
    found = [
        sample
        for group, block in enumerate(blocks)
        for sample in (*_written(block, group, chance), *_made(block, group, chance), *_foreign(block, group, chance))
    ]
    found += _unrelated(blocks, chance)
    found += [
        Sample(Text(pair.known[0], pair.language), Text(pair.new, pair.language, pair.kind == "indirect"), *end)
        for pair in written()
        if len(pair.known) == 1
        for end in [(pair.expected, -1)] * 3
    ]
    chance.shuffle(found)
    return found


def _blocks(text: str) -> list[Block]:
    blocks = []
    for lines in (block.splitlines() for block in text.strip().split("\n\n")):
        variants: dict[str, list[Text]] = {sign: [] for sign in "=~!<+"}
        for line in lines[1:]:
            sign, _, words = line.partition(" ")
            rest = sign[1:]
            variants[sign[0]].append(Text(words, "en" if rest in ("", "i") else rest, rest == "i"))
        blocks.append(Block(Text(lines[0]), variants))
    return blocks


def _written(block: Block, group: int, chance: random.Random) -> Iterator[Sample]:
    """The pairs of the sentence with its variants as they stand."""
    same = [block.sentence, *block.variants["="]]
    for known, new in itertools.permutations(same, 2):
        if "en" in (known.language, new.language):
            yield Sample(known, new, "repeated", group)
    for known, new in itertools.product(same, block.variants["~"]):
        near = known == block.sentence or chance.random() < 0.25
        if near and "en" in (known.language, new.language):
            yield Sample(known, new, "changed", group)
            yield Sample(new, known, "changed", group)
    for known, new in itertools.product(same, block.variants["!"]):
        yield Sample(known, new, "new", group)
        yield Sample(new, known, "new", group)
    for part in block.variants["<"]:
        yield Sample(block.sentence, part, "repeated", group)
        yield Sample(part, block.sentence, "new", group)
    for more in block.variants["+"]:
        yield from (Sample(known, more, "new", group) for known in same)
        yield from (Sample(more, part, "repeated", group) for part in same)


def _made(block: Block, group: int, chance: random.Random) -> Iterator[Sample]:
    """The pairs of English variants with what is made of them mechanically."""
    for text in [block.sentence, *(each for each in block.variants["="] if each.language == "en")]:
        for how, retell in OTHERWISE.items():
            said = retell(text.words, chance)
            if said and said != text.words:
                new = Text(said, "en", how == "indirect" or text.is_reported)
                yield Sample(text, new, "repeated", group)
                if how not in _CUTS:
                    yield Sample(new, text, "repeated", group)
        for said in (frame.format(_lowered(text.words)) for frame in chance.sample(_FRAMES, 3)):
            yield Sample(text, Text(said), "repeated", group)
        for said in _changed(text.words, chance):
            yield Sample(text, Text(said, "en", text.is_reported), "changed", group)
            yield Sample(Text(said, "en", text.is_reported), text, "changed", group)
        yield Sample(text, Text(f"{text.words} {chance.choice(_ADDED)}"), "new", group)


def _foreign(block: Block, group: int, chance: random.Random) -> Iterator[Sample]:
    """The pairs of translations with changed and retold English sentences."""
    for text in (each for each in block.variants["="] if each.language != "en"):
        for said in _changed(block.sentence.words, chance):
            yield Sample(text, Text(said), "changed", group)
            yield Sample(Text(said), text, "changed", group)
        for how in ("indirect", "tightened"):
            if said := OTHERWISE[how](block.sentence.words, chance) if how in OTHERWISE else "":
                yield Sample(text, Text(said, "en", how == "indirect"), "repeated", group)
        yield Sample(text, Text(f"{block.sentence.words} {chance.choice(_ADDED)}"), "new", group)


def _unrelated(blocks: Sequence[Block], chance: random.Random) -> Iterator[Sample]:
    for group, block in enumerate(blocks):
        for other in chance.sample(blocks, 4):
            if other is not block:
                yield Sample(block.sentence, chance.choice([other.sentence, *other.variants["="]]), "new", group)


def _changed(text: str, chance: random.Random) -> Iterator[str]:
    ways: list[Callable[[str, random.Random], str]] = [_hedged, _hedged, _other_quantifier, _conditional]
    for turn in (*ways, *TURNED.values()):
        said = turn(text, chance)
        if said and said != text:
            yield said


def _hedged(text: str, chance: random.Random) -> str:
    return _swapped(text, chance.choice(_HEDGES))


def _other_quantifier(text: str, chance: random.Random) -> str:
    return _swapped(text, _QUANTIFIERS)


def _conditional(text: str, chance: random.Random) -> str:
    condition = re.match(r"(?:If|Unless|Until) [^,]+, ", text)
    if condition:
        return text[condition.end() :].capitalize()
    return text.rstrip(".") + chance.choice(_CONDITIONS)


def _swapped(text: str, swaps: dict[str, str]) -> str:
    pattern = rf"\b(?:{'|'.join(map(re.escape, swaps))})\b"
    return re.sub(pattern, lambda word: swaps[word[0]], text, count=1)


def _lowered(text: str) -> str:
    return text if text.startswith("I ") else text[0].lower() + text[1:]
