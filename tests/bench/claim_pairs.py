"""Pairs of claims that the weights of `judge` are fitted on: sentences of our own, retold, translated and changed.

Each file of `tests/data/claims` has a sentence and its variants in each block. A line begins with what it is beside
the sentence: "=" the same, "~" changed, "!" another claim, "<" a part, "+" the sentence with another claim; a language
follows the sign, and "i" for reported speech.
"""

import itertools
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.bench.pairs import Pair, written
from tests.bench.retold import OTHERWISE, TURNED

RETELLINGS: Final = Path(__file__).parent.parent / "data" / "claims"

TRAINING: Final = Path(__file__).parent.parent / "data" / "said" / "newness" / "training.jsonl"
"""Pairs in the form of Said's, by the same hands, which are no part of its figures."""

_MOST_MADE: Final = 30  # mechanical samples of a sentence in English

_MOST_FOREIGN: Final = 6  # mechanical samples of a sentence with its translations

_WEIGHT_OF_WRITTEN: Final = 3.0  # of a pair written for itself, beside those that come from one sentence

_FIRST_GROUP: Final = 10_000  # of the pairs for training, behind those of the retellings

_SHARE_OF_OTHERS: Final = 0.4  # of the retellings that are compared with each changed or other claim

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
    """A known text, a new one, and what the new one is; `group` is the same for all of one sentence.

    `weight` is what it counts in the fit.
    """

    known: Text
    new: Text
    expected: str
    group: int
    weight: float = 1.0

    @property
    def crosses(self) -> bool:
        """Return whether the texts are in two languages."""
        return self.known.language != self.new.language


class Block(NamedTuple):
    """A sentence with its variants by sign."""

    sentence: Text
    variants: dict[str, list[Text]]


def samples(seed: int = 5) -> list[Sample]:
    """All pairs; the seed decides which of the many mechanical ones are taken."""
    chance = random.Random(seed)
    files = sorted(RETELLINGS.glob("*.txt"))
    blocks = [block for path in files for block in _blocks(path.read_text("utf-8"))]
    found: list[Sample] = []
    for group, block in enumerate(blocks):
        found += _written(block, group, chance)
        found += _some(_made(block, group, chance), _MOST_MADE, 1.0, chance)
        found += _some(_foreign(block, group, chance), _MOST_FOREIGN, 0.5, chance)
    found += _unrelated(blocks, chance)
    found += (_of_pair(pair) for pair in written() if len(pair.known) == 1)
    found += _for_training()
    return found


def _for_training() -> Iterator[Sample]:
    """The pairs for training in both orders."""
    for pair in map(json.loads, TRAINING.read_text("utf-8").splitlines()):
        first, second = (
            Text(side["text"], side["lang"], side["kind"] == "indirect") for side in (pair["a"], pair["b"])
        )
        for known, new in ((first, second), (second, first)):
            yield Sample(known, new, pair["label"], _FIRST_GROUP + pair["sentence"], _WEIGHT_OF_WRITTEN)


def _of_pair(pair: Pair) -> Sample:
    new = Text(pair.new, pair.language, pair.kind == "indirect")
    return Sample(Text(pair.known[0], pair.language), new, pair.expected, -1, _WEIGHT_OF_WRITTEN)


def _some(of: Iterator[Sample], most: int, weight: float, chance: random.Random) -> list[Sample]:
    """At most so many of the samples, each with this weight."""
    found = [each._replace(weight=weight) for each in of]
    return chance.sample(found, min(most, len(found)))


def _blocks(text: str) -> list[Block]:
    blocks = []
    for lines in (block.splitlines() for block in text.strip().split("\n\n")):
        variants: dict[str, list[Text]] = {sign: [] for sign in "=~!<+"}
        for line in lines[1:]:
            sign, _, words = line.partition(" ")
            variants[sign[0]].append(_text(sign[1:], words))
        blocks.append(Block(Text(lines[0]), variants))
    return blocks


def _text(marks: str, words: str) -> Text:
    is_reported = marks.endswith("i") and marks != "fi"
    return Text(words, (marks.removesuffix("i") if is_reported else marks) or "en", is_reported)


def _written(block: Block, group: int, chance: random.Random) -> Iterator[Sample]:
    """The pairs of the sentence with its variants as they stand."""
    same = [block.sentence, *block.variants["="]]
    for known, new in itertools.permutations(same, 2):
        weight = 1.0 if "en" in (known.language, new.language) else 0.5
        yield Sample(known, new, "repeated", group, weight)
    for sign, expected in (("~", "changed"), ("!", "new")):
        for known, new in itertools.product(same, block.variants[sign]):
            if known == block.sentence or chance.random() < _SHARE_OF_OTHERS:
                yield Sample(known, new, expected, group)
                yield Sample(new, known, expected, group)
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
                known, new = (chance.choice([each.sentence, *each.variants["="]]) for each in (block, other))
                yield Sample(known, new, "new", group)


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
