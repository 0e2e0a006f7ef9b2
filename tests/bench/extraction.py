"""Quotes and speakers of the extractor, measured on annotated articles.

`python -m tests.bench.extraction [FILE.jsonl …]` prints, for every file of the evaluation format (by default for the
project's own gold set), precision, recall and F1 of each subset as `tests.bench.scoring` defines them, articles a
second on one core, peak memory, how far confidence is from the truth, and what is kept at the alert threshold; with
`--curve`, at other thresholds too.
"""

import argparse
import json
import random
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.extract import extractor
from pipeline.model import Article, Document, Quote
from pipeline.model.desk import LEAST_CONFIDENCE
from tests import gold, gold_languages
from tests.bench import naming, scoring

_BINS = 10
_DRAWS = 100
_ROUNDS, _MANY = 3, 200  # rounds of which the fastest counts, for up to so many articles
_NOW = datetime(2024, 1, 1, tzinfo=UTC)
_CURVE = tuple(percent / 100 for percent in range(80, 98))
_ROWS = ("exact", "iou", "e2e", "e2ecover", "named")

Record = Mapping[str, Any]


def document(record: Record) -> Document:
    """The record's text as a document to be read."""
    article = Article(
        id=record["id"],
        source="",
        title="",
        text=record["text"],
        first_seen=_NOW,
        fetched=_NOW,
        language=record.get("lang", "en"),
    )
    return Document(article=article)


def prediction(document: Document) -> dict[str, Any]:
    """Return what was found, in the evaluation format."""
    text = document.article.text
    return {"id": document.article.id, "text": text, "quotes": [quote_record(quote) for quote in document.quotes]}


def quote_record(quote: Quote) -> dict[str, Any]:
    """One quote in the evaluation format."""
    speaker, cue = quote.speaker, quote.cue
    return {
        "start": quote.start,
        "end": quote.end,
        "fragments": [list(part) for part in quote.fragments],
        "type": quote.kind,
        "speaker_text": speaker.text if speaker else None,
        "speaker_start": speaker.start if speaker else None,
        "speaker_end": speaker.end if speaker else None,
        "speaker_name": quote.speaker_name or None,
        "cue": cue.text if cue else None,
        "modality": quote.modality,
        "confidence": quote.confidence,
        "chain": [link.rule for link in quote.chain],
    }


def run(records: Sequence[Record]) -> tuple[list[dict[str, Any]], float]:
    """The predictions, and the articles a second of CPU on one core, warm, in the fastest of a few rounds."""
    extract = extractor()
    documents = [document(record) for record in records]
    extract(documents[0])
    best = float("inf")
    for _ in range(_ROUNDS if len(documents) <= _MANY else 1):
        start = time.process_time()
        for each in documents:
            extract(each)  # and let go, as the pipeline does: what is kept would cost the collector more and more
        best = min(best, time.process_time() - start)
    return [prediction(extract(each)) for each in documents], len(records) / best


def judged(
    records: Sequence[Record], predictions: Sequence[Record], subset: str
) -> Iterator[tuple[float, bool, Record]]:
    """Each prediction that counts: its confidence, whether span and speaker are right, and itself."""
    for record, predicted in zip(records, predictions, strict=True):
        ours, theirs = scoring.sides(record, predicted, subset)
        back = {j: i for i, j in scoring.matches(ours, theirs).items()}
        for j, quote in enumerate(theirs.quotes):
            right = j in back and _speaker_right(record["text"], ours.quotes[back[j]], quote)
            yield quote["confidence"], right, quote


def _speaker_right(text: str, wanted: Record, given: Record) -> bool:
    """The mention is right, and so is the name, where both sides have one."""
    if not naming.speaker_right(text, wanted, given):
        return False
    if not wanted.get("speaker_name") or not given.get("speaker_name"):
        return True
    return naming.name_right(wanted["speaker_name"], given["speaker_name"])


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error: mean distance of confidence and share of right ones over ten bins of equal width."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for sure, right in pairs:
        bins.setdefault(min(int(sure * _BINS), _BINS - 1), []).append((sure, right))
    off = (abs(sum(s for s, _ in each) - sum(r for _, r in each)) for each in bins.values())
    return sum(off) / max(1, len(pairs))


def expected_error(sure: Sequence[float]) -> float:
    """The calibration error that confidence as true as can be would show on so few quotes, by chance alone."""
    draw = random.Random(0)
    errors = [calibration_error([(each, draw.random() < each) for each in sure]) for _ in range(_DRAWS)]
    return sum(errors) / _DRAWS


@dataclass(frozen=True, slots=True)
class Promise:
    """The shares of right alerts at some confidence; only quotes for which we name a speaker would alert."""

    right: float  # of those kept: span and name are right
    speaker: float  # of those kept whose span matches a gold quote: the name is right
    kept: float  # of the gold's direct and mixed quotes with a named speaker: found, rightly named, and kept


def at_threshold(records: Sequence[Record], predictions: Sequence[Record], least: float) -> Promise:
    """Return what is right and what is kept at this confidence."""
    right = alerts = matched = quoted = quoted_kept = 0
    for record, predicted in zip(records, predictions, strict=True):
        ours, theirs = scoring.sides(record, predicted, "speech")
        pairs = scoring.matches(ours, theirs)
        spans = [theirs.quotes[j] for j in pairs.values()]
        for quote, is_right in scoring.named_predictions(ours, theirs, pairs):
            if quote["speaker_name"] and quote["confidence"] >= least:
                alerts += 1
                matched += any(quote is each for each in spans)
                right += is_right
        for i, wanted in enumerate(ours.quotes):
            if wanted["type"] != "indirect" and wanted.get("speaker_name"):
                quoted += 1
                quoted_kept += i in pairs and _kept(wanted, theirs.quotes[pairs[i]], least)
    return Promise(right / max(1, alerts), right / max(1, matched), quoted_kept / max(1, quoted))


def _kept(wanted: Record, found: Record, least: float) -> bool:
    named = naming.predicted_name(found)
    return bool(named) and found["confidence"] >= least and naming.name_right(wanted["speaker_name"], named)


def _report(
    name: str, records: Sequence[Record], predictions: Sequence[Record], speed: float, subsets: Sequence[str]
) -> None:
    print(f"{name}: {len(records)} articles, {speed:.0f} articles/s on one core")
    for subset in subsets:
        figures = scoring.score(records, predictions, subset)
        cells = "  ".join(f"{r} {figures[f'{r}_P']}/{figures[f'{r}_R']}/{figures[f'{r}_F1']}" for r in _ROWS)
        print(f"  {subset:7} n={figures['gold']}/{figures['pred']}  {cells}  speaker {figures['attr_surface']}")
    pairs = [(sure, right) for sure, right, _ in judged(records, predictions, "speech")]
    error = calibration_error(pairs)
    chance = expected_error([sure for sure, _ in pairs])
    print(f"  calibration error {error:.3f}, of which chance alone would make {chance:.3f} on {len(pairs)} quotes")
    _report_promise(records, predictions, LEAST_CONFIDENCE)


def _report_promise(records: Sequence[Record], predictions: Sequence[Record], least: float) -> None:
    promise = at_threshold(records, predictions, least)
    print(
        f"  at confidence {least}: span and name right {promise.right:.1%}, name right where the span is "
        f"{promise.speaker:.1%}, named quotations kept {promise.kept:.1%}"
    )


def _list_errors(records: Sequence[Record], predictions: Sequence[Record], subset: str) -> None:
    for record, predicted in zip(records, predictions, strict=True):
        ours, theirs = scoring.sides(record, predicted, subset)
        pairs = scoring.matches(ours, theirs)
        for i, wanted in enumerate(ours.quotes):
            given = theirs.quotes[pairs[i]] if i in pairs else None
            if given is None or not _speaker_right(record["text"], wanted, given):
                print("MISSED" if given is None else "SPEAKER", record["id"], _line(record["text"], wanted))
                print("       got:", _line(record["text"], given) if given else "-")
        for j, quote in enumerate(theirs.quotes):
            if j not in pairs.values():
                print("EXTRA ", record["id"], _line(record["text"], quote))


def _line(text: str, quote: Record) -> str:
    content = " … ".join(text[a:b] for a, b in scoring.fragments(quote)).replace("\n", " ")
    return f"{quote.get('speaker_text')!r} ({quote.get('speaker_name')}) {quote.get('cue')!r}: {content}"


def _records(path: Path | None, language: str | None) -> list[dict[str, Any]]:
    """The articles of a file, or those of the project's gold set in the language."""
    if path is not None:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return gold_languages.records(language) if language else gold.records()


def main() -> None:
    """Measure each file given, or the project's gold set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--language", choices=gold_languages.codes(), help="the project's gold set in this language")
    parser.add_argument("--subset", choices=scoring.SUBSETS, help="only this one")
    parser.add_argument("--predictions", type=Path, metavar="OUT.jsonl", help="write what was found")
    parser.add_argument("--errors", action="store_true", help="list what was missed, extra, or given to another")
    parser.add_argument("--curve", action="store_true", help="what is right and what is kept at other thresholds")
    options = parser.parse_args()
    subsets = [options.subset] if options.subset else ["direct", "quoted", "speech"]
    for path in options.files or [None]:
        records = _records(path, options.language)
        predictions, speed = run(records)
        _report(path.name if path else "gold", records, predictions, speed, subsets)
        for least in _CURVE if options.curve else ():
            _report_promise(records, predictions, least)
        if options.errors:
            _list_errors(records, predictions, subsets[-1])
        if options.predictions:
            options.predictions.write_text("".join(json.dumps(p) + "\n" for p in predictions), encoding="utf-8")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", file=sys.stdout)


if __name__ == "__main__":
    main()
