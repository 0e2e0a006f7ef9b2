"""Said, the project's open benchmark: quotes by language, pairs and streams of new, repeated and changed statements.

`python -m tests.bench.said [quotes] [pairs] [streams]` prints the figures on tests/data/said, see its guide.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pipeline.codec import decode
from pipeline.extract import extractor
from pipeline.model import Actor, Alert, Article, Watch, article_id, slug
from pipeline.ports import ALERTS
from pipeline.statements import remember
from tests.bench import scoring
from tests.bench.extraction import document, prediction
from tests.bench.statements import memory_of, report
from tests.newsroom import fake_app, to_the_end

FOLDER: Final = Path(__file__).parents[1] / "data" / "said"
_WORKS: Final = ("quotes", "pairs", "streams")
_MANY: Final = 100_000

Record = Mapping[str, Any]


def records(name: str) -> list[Record]:
    """The records of one file of the benchmark."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def languages() -> list[str]:
    """The languages with annotated articles."""
    return sorted(path.stem for path in (FOLDER / "quotes").glob("*.jsonl"))


@dataclass(frozen=True, slots=True)
class StreamScore:
    """The outcome of streams: counts of statements and alerted statements, of alerts and right alerts.

    `namesakes` are alerts on a namesake's words; `changed` and `changed_right` count the changed versions.
    """

    statements: int = 0
    alerted: int = 0
    alerts: int = 0
    right: int = 0
    namesakes: int = 0
    changed: int = 0
    changed_right: int = 0

    @property
    def precision(self) -> float:
        """The share of alerts that are right."""
        return self.right / (self.alerts or 1)

    @property
    def recall(self) -> float:
        """The share of statements with an alert."""
        return self.alerted / (self.statements or 1)


def score_stream(stream: Record) -> tuple[StreamScore, list[str]]:
    """Run one stream through the whole pipeline; its score, and a line for each error."""
    statements = {statement["id"]: statement for statement in stream["statements"]}
    alerted, right, namesakes, errors = set[str](), 0, 0, list[str]()
    alerts = list(_alerts(stream))
    for alert, article in alerts:
        quote = alert.statement.first.quote
        reported = _reported(article, quote.start, quote.end)
        if not alerted.issuperset(reported):
            right += 1
            alerted.update(reported)
            continue
        namesakes += "namesake_speaks" in article["roles"]
        errors.append(f"{article['id']} {'again' if reported else 'extra'}: {quote.content[:100]}")
    errors += [f"missed {key}: {statements[key]['text'][:100]}" for key in statements if key not in alerted]
    changed = {key for key, statement in statements.items() if statement["changed_from"]}
    score = StreamScore(
        len(statements), len(alerted), len(alerts), right, namesakes, len(changed), len(changed & alerted)
    )
    return score, errors


def _alerts(stream: Record) -> Iterator[tuple[Alert, Record]]:
    """The alerts of a stream in order, each with the article that it is about."""
    start = datetime.fromisoformat(stream["articles"][0]["published"]) - timedelta(days=1)
    articles = {article_id(canonical_url=_url(article)): article for article in stream["articles"]}
    services = fake_app([_article(article, start, number) for number, article in enumerate(stream["articles"])])
    actor = Actor(
        id=slug(stream["actor"]["name"]), name=stream["actor"]["name"], aliases=tuple(stream["actor"]["aliases"])
    )
    services.desk.save(actor, Watch(id="said", name="Said", created=start, by=(actor.id,)))
    to_the_end(services)
    for record in services.log.read(ALERTS, "said", _MANY):
        alert = decode(Alert, record.value)
        yield alert, articles[alert.statement.first.article.id]


def _article(record: Record, start: datetime, number: int) -> Article:
    seen = start + timedelta(minutes=number + 1)
    return Article(
        id=article_id(canonical_url=_url(record)),
        source=record["source"],
        title=record["title"],
        text=record["text"],
        url=_url(record),
        canonical_url=_url(record),
        first_seen=seen,
        fetched=seen,
        published=datetime.fromisoformat(record["published"]),
        language=record["lang"],
    )


def _url(record: Record) -> str:
    return f"https://{slug(record['source']) or 'source'}.example/{record['id']}"


def _reported(article: Record, start: int, end: int) -> list[str]:
    """The statements that the article reports somewhere in this range of its text."""
    return [
        each["statement"]
        for each in article["reports"]
        if any(begin < end and start < stop for begin, stop in each["spans"])
    ]


def verdict(known: Record, later: Record) -> str:
    """The verdict about a quote whose speaker is known to have said another one."""
    memory = memory_of([known["text"]], known["lang"], known["kind"])
    decision, _ = remember(memory, report(later["text"], 10**6, later["kind"], later["lang"]), 10**6)
    return decision.verdict


def score_pairs(pairs: Sequence[Record]) -> Counter[tuple[str, str]]:
    """Return how often each right verdict came with each decided one, over both orders of every pair."""
    return Counter(
        (pair["label"], verdict(first, second))
        for pair in pairs
        for first, second in ((pair["a"], pair["b"]), (pair["b"], pair["a"]))
    )


def _print_quotes() -> None:
    print(f"{'':6}articles quotes   direct  speech   named (end-to-end F1)")
    for language in languages():
        articles = records(f"quotes/{language}.jsonl")
        extract = extractor()
        outcome = [prediction(extract(document(article))) for article in articles]
        direct, speech = (scoring.score(articles, outcome, subset) for subset in ("direct", "speech"))
        quotes = sum(len(article["quotes"]) for article in articles)
        figures = (direct["e2e_F1"], speech["e2e_F1"], speech["named_F1"])
        print(f"{language:6}{len(articles):8}{quotes:7}" + "".join(f"{figure:9.1f}" for figure in figures))


def _print_pairs() -> None:
    pairs = records("newness/pairs.jsonl")
    for name, chosen in (
        ("English", [pair for pair in pairs if pair["a"]["lang"] == pair["b"]["lang"]]),
        ("across languages", [pair for pair in pairs if pair["a"]["lang"] != pair["b"]["lang"]]),
    ):
        counts = score_pairs(chosen)
        for label in ("repeated", "changed", "new"):
            right = counts[label, label]
            decided = sum(count for (_, verdict), count in counts.items() if verdict == label)
            expected = sum(count for (gold, _), count in counts.items() if gold == label)
            print(f"{name}, {label}: precision {right / (decided or 1):.2f}, recall {right / (expected or 1):.2f}")
        silenced = sum(
            count for (gold, verdict), count in counts.items() if gold != "repeated" and verdict == "repeated"
        )
        due = sum(count for (gold, _), count in counts.items() if gold != "repeated")
        print(f"{name}, silenced although an alert is due: {silenced / (due or 1):.1%}")


def _print_streams(*, show: bool) -> None:
    scores = []
    for stream in records("newness/streams.jsonl"):
        score, errors = score_stream(stream)
        scores.append(score)
        covered = f"{score.alerted} of {score.statements} statements"
        print(f"{stream['id']}: {covered}, {score.right} of {score.alerts} alerts right")
        if show:
            print("".join(f"    {error}\n" for error in errors), end="")
    total = StreamScore(*(sum(getattr(score, name) for score in scores) for name in StreamScore.__slots__))
    print(
        f"precision {total.precision:.2f}, recall {total.recall:.2f}, on a namesake {total.namesakes}, "
        f"changed versions {total.changed_right} of {total.changed}"
    )


def main() -> None:
    """Print the parts named on the command line, by default all; `--show` adds the errors of streams."""
    parts = [part for part in sys.argv[1:] if part in _WORKS] or _WORKS
    if "quotes" in parts:
        _print_quotes()
    if "pairs" in parts:
        _print_pairs()
    if "streams" in parts:
        _print_streams(show="--show" in sys.argv)


if __name__ == "__main__":
    main()
