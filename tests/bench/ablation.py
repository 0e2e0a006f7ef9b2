"""The worth of each rule of extraction: the figures without it, on articles that it was not written from.

`python -m tests.bench.ablation FILE.jsonl …` prints, for every file of the evaluation format, the end-to-end F1 of
speech, its precision and recall, and the F1 of named speakers, then by how much each changes when one rule is left out.
"""

import argparse
import importlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pipeline.extract import extractor
from tests.bench import scoring
from tests.bench.extraction import Record, document, prediction

_FIGURES = ("e2e_F1", "e2e_P", "e2e_R", "named_F1")


def _no(*_: Any, **__: Any) -> bool:
    return False


def _none(*_: Any, **__: Any) -> None:
    return None


def _nothing(*_: Any, **__: Any) -> tuple[()]:
    return ()


def _from_there(_: Any, at: int) -> int:
    return at


def _from_the_start(_: Any, __: Any, start: int, ___: Any) -> int:
    return start


def _as_it_is(_: Any, end: int, __: Any) -> int:
    return end


def _as_it_was(_: Any, __: int, stop: int) -> int:
    return stop


# What is left out, where its answer is used, and the answer of somebody who does not know the rule.
RULES: dict[str, tuple[str, Callable[..., Any]]] = {
    "pronouns stand for people": ("speakers.resolve:antecedent", _none),
    "pronouns tell the gender of a name": ("speakers.resolve:learn_genders", _none),
    "roles stand for their bearers": ("speakers.resolve:Speakers.role", _none),
    "“her letter” speaks for its owner": ("speakers.resolve:Speakers._owner", _none),
    "“Doe and others” is nobody in particular": ("speakers.resolve:is_one_of_several", _no),
    "“Doe (R) and Roe” is nobody in particular": ("speakers.resolve:has_company", _no),
    "“an aide to Doe” is one phrase": ("text.phrases:_joins_noun", _no),
    "a dateline is no part of a report": ("text.sentences:_dateline_end", _from_there),
    "“said in a statement it was”": ("frames.content_start:_beyond_place", _from_there),
    "“the man, Jo Doe, denied it” is one clause": ("frames.content_end:_closes_aside", _no),
    "headlines in title case hold no names": ("names.name_spans:_is_headline", _no),
    "transcripts and signed quotations": ("compose:labelled", _nothing),
    "“Doe: no ferry before spring”": ("frames.transcripts:_is_headline", _no),
    "“A:” is the person introduced": ("speakers.resolve:interviewed", _none),
    "quotations without an attribution": ("frames.drafts:_join", _no),
    "“Doe was not convinced: “…””": ("frames.drafts:_after_colon", _none),
    "“Doe said she was cold, | police said”": ("frames.content_end:_told_by", _no),
    "the next paragraph's quotation is another quote": ("frames.drafts:_follows", _no),
    "“Secretary of State | Jo Doe”": ("names.name_spans:_beyond_office", _from_the_start),
    "“the mayor, who was with Roe, said”": ("speakers.heads:_begins_relative", _no),
    "a quotation goes on in the next sentence": ("frames.drafts:_resumes", _no),
    "a quotation goes on after a participle": ("frames.content:_taken_up", _no),
    "a title of a work is no quotation": ("frames.content_start:_is_title", _no),
    "a contrast ends a report": ("frames.content_end:_contrasts", _no),
    "“…,” and she vowed” ends a report": ("frames.content_end:_resumes_narration", _no),
    "“as “a liar”, …” ends with the quotation": ("frames.content:quoted_as_end", _as_it_was),
    "“others, including Doe” is nobody in particular": ("speakers.heads:_is_bare", _no),
    "“a X and a Y” is one thing to be called": ("frames.content_end:_last_complement", _as_it_is),
    "“a X,” “a Y” is one thing to be called": ("frames.content_end:_lists", _no),
    "“a X who …” is one thing to be called": ("frames.content_end:_described", _no),
    "“her claim that …”": ("frames.attributions:by_noun", _none),
    "“according to Doe”": ("frames.attributions:by_phrase", _none),
    "“was told that …”, “Asked whether …”": ("frames.attributions:passive", _none),
    "reports within direct words": ("compose:nested", _nothing),
    "“Doe, the mayor, said”": ("frames.subjects:_across_insertion", _none),
    "“…, saying that”": ("frames.subjects:_of_gerund", _none),
    "“a letter obtained by Doe says”": ("frames.subjects:_beyond_modifier", _none),
    "“Doe likes to say”": ("frames.subjects:_of_habit", _none),
    "“at a group called” is no subject": ("frames.subjects:_governed", _no),
    "“a survey report” is no verb": ("frames.subjects:_disagrees", _no),
}


def figures(records: Sequence[Record]) -> list[float]:
    """The figures of speech, in the order of the table."""
    extract = extractor()
    found = [prediction(extract(document(record))) for record in records]
    score = scoring.score(records, found, "speech")
    return [score[each] for each in _FIGURES]


@contextmanager
def without(rule: str) -> Iterator[None]:
    """Extraction without a rule of the table."""
    place, answer = RULES[rule]
    module, _, inside = place.partition(":")
    path = inside.split(".")
    owner: Any = importlib.import_module(f"pipeline.extract.{module}")
    for each in path[:-1]:
        owner = getattr(owner, each)
    with patch.object(owner, path[-1], answer):
        yield


def main() -> None:
    """Measure with all rules, then without each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    for path in parser.parse_args().files:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        whole = figures(records)
        print(f"{path.name}: {len(records)} articles" + " " * 22 + "F1     P     R  named")
        print(f"{'  with all rules':46}" + " ".join(f"{each:5.1f}" for each in whole))
        for rule in RULES:
            with without(rule):
                change = [new - old for new, old in zip(figures(records), whole, strict=True)]
            print(f"  without {rule:46}"[:46] + " ".join(f"{each:+5.1f}" for each in change), flush=True)


if __name__ == "__main__":
    main()
