"""Matching: statements a second on many watches, beside the naive way and Lucene's Monitor on the same rules.

`python -m tests.bench.matching` prints the speeds, by CPU time, on made-up statements. With --monitor, Maven fetches
Lucene once, and Java 17 runs its Monitor (tests/bench/monitor/) on the rules translated into its syntax; that it meets
as many as ours is checked.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import platformdirs

from pipeline.alerts.match import compile as compile_watches
from pipeline.model import Actor, Decision, Watch
from pipeline.model.matching import matches, quote_subject
from pipeline.model.query import And, Node, Not, Or, Term
from pipeline.search.query import parse
from pipeline.statements.remember import statement_of
from pipeline.text import words
from tests.bench.statements import report, sentences

_MONITOR: Final = Path(__file__).with_name("monitor")
_JARS: Final = platformdirs.user_cache_path("onrecord") / "monitor"
_NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
_ROUNDS: Final = 3  # of which the last counts, for both sides
_NAIVE: Final = 200  # statements: it is slow
# Each asks for two or three words as frequent in the statements as the language has them.
_SHAPES: Final = ("{0} {1}", '"{0} {1}"', "{0} OR {1}", "{0} NOT {1}", "{0} ({1} OR {2})", "{0}* {1}")


def rule(node: Node) -> str:
    """The query in the syntax of Lucene's classic parser, for words that blanks part."""
    match node:
        case Term(field="speaker"):
            return f"speaker:{''.join(node.words)}"
        case Term(prefix=True) if len(node.words) == 1:
            return f"text:{node.words[0]}*"
        case Term(prefix=False, field=""):
            return f'text:"{" ".join(node.words)}"'
        case And():
            return f"({' '.join(part if part[0] == '-' else f'+{part}' for part in map(rule, node.parts))})"
        case Or():
            return f"({' '.join(map(rule, node.parts))})"
        case Not():
            return f"-{rule(node.part)}"
        case _:
            raise ValueError(f"{node} has no translation here")


def ours(watches: Sequence[Watch], actors: Sequence[Actor], decisions: Sequence[Decision]) -> tuple[int, float]:
    """Return how many alerts there are, and the seconds they take, with the reasons in words."""
    matcher = compile_watches(watches, actors)
    met, seconds = 0, 0.0
    for _ in range(_ROUNDS):
        started = time.process_time()
        met = sum(len(matcher(decision)) for decision in decisions)
        seconds = time.process_time() - started
    return met, seconds


def naive(rules: Sequence[Node], decisions: Sequence[Decision]) -> tuple[int, float]:
    """Every rule asked of every statement."""
    started = time.process_time()
    subjects = [quote_subject(decision.report.quote, decision.report.article) for decision in decisions]
    met = sum(matches(node, subject) for subject in subjects for node in rules)
    return met, time.process_time() - started


def monitor(rules: Sequence[Node], decisions: Sequence[Decision]) -> tuple[int, float]:
    """Return what Lucene's Monitor makes of the same."""
    with tempfile.TemporaryDirectory() as folder:
        asked, said = Path(folder) / "rules", Path(folder) / "statements"
        asked.write_text("".join(f"{rule(node)}\n" for node in rules), encoding="utf-8")
        said.write_text("".join(f"{_speaker(d)}\t{_words(d)}\n" for d in decisions), encoding="utf-8")
        command = ["java", "-cp", f"{_jars()}/*", str(_MONITOR / "Bench.java"), str(asked), str(said), str(_ROUNDS)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return int(told[0]), float(told[1])


def _jars() -> Path:
    if not _JARS.exists():
        options = ["-q", "-B", "-f", str(_MONITOR / "pom.xml"), f"-DoutputDirectory={_JARS}"]
        subprocess.run(["mvn", *options, "dependency:copy-dependencies"], check=True, stdout=sys.stderr)
    return _JARS


def _speaker(decision: Decision) -> str:
    return decision.report.quote.speaker_id.replace("-", "")


def _words(decision: Decision) -> str:
    return " ".join(words(decision.report.quote.content))


def _watch(number: int, **conditions: Any) -> Watch:
    return Watch(id=f"watch-{number}", name=f"Watch {number}", created=_NOON, least_confidence=0, **conditions)


def _decision(text: str, number: int, speaker: str) -> Decision:
    plain = report(text, number)
    said = replace(plain, quote=replace(plain.quote, speaker_id=speaker))
    return Decision(said, statement_of(said), "new", "")


def _print(name: str, met: int, seconds: float, statements: int) -> None:
    speed, each = statements / seconds, 1e3 * seconds / statements
    print(f"  {name:16} {speed:10,.0f} statements/s  {each:8.3f} ms each  {met:,} met of {statements:,}")


def compare(
    title: str,
    watches: Sequence[Watch],
    rules: Sequence[Node],
    told: tuple[Sequence[Actor], Sequence[Decision]],
    *,
    other: bool,
) -> None:
    """The speeds of all ways on these watches, whose conditions are the rules."""
    actors, decisions = told
    print(f"\n{title}")
    met, seconds = ours(watches, actors, decisions)
    _print("ours", met, seconds, len(decisions))
    _print("naively", *naive(rules, decisions[:_NAIVE]), _NAIVE)
    if not other:
        return
    theirs, their_seconds = monitor(rules, decisions)
    _print("Lucene's Monitor", theirs, their_seconds, len(decisions))
    if theirs != met:
        raise SystemExit(f"Lucene's Monitor meets {theirs:,}, ours {met:,}: the rules are not the same")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.matching", description="How fast watches are met.")
    parser.add_argument("--monitor", action="store_true", help="measure Lucene's Monitor too: needs Maven and Java 17")
    parser.add_argument("--statements", type=int, default=4_000)
    asked = parser.parse_args()
    chance = random.Random(3)
    actors = [
        Actor(id=f"actor-{n}", name=f"Actor {n}", aliases=tuple(f"A{n} {a}" for a in range(10))) for n in range(10_000)
    ]
    texts = sentences(asked.statements, chance)
    vocabulary = [word for text in texts for word in text.split() if len(word) > 4]
    decisions = [_decision(text, n, chance.choice(actors).id) for n, text in enumerate(texts)]
    told = (actors, decisions)
    by_actor = [_watch(n, by=(actor.id,)) for n, actor in enumerate(actors)]
    speakers = [Term(words(actor.id), "speaker") for actor in actors]
    compare("10,000 watches on actors with 100,000 aliases", by_actor, speakers, told, other=asked.monitor)
    queries = [_SHAPES[n % len(_SHAPES)].format(*chance.choices(vocabulary, k=3)) for n in range(1_000)]
    by_query = [_watch(n, query=query) for n, query in enumerate(queries)]
    rules = [node for node in map(parse, queries) if node]
    compare("1,000 watches with queries", by_query, rules, told, other=asked.monitor)


if __name__ == "__main__":
    main()
