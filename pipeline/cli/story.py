"""The sample desk's story as a terminal tells it: each article as it comes in, and what comes of it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pipeline.cli.output import bold, faint, one_line, put
from pipeline.codec import decode
from pipeline.metrics import GROUPS
from pipeline.model import Alert, Article, Decision, Delivery, Report
from pipeline.ports import ARTICLES, QUOTES, Record

if TYPE_CHECKING:
    from pipeline.app import App

_GROUP: Final = "story"  # of the log's consumer groups
_MOST: Final = 1_000
_LATE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One revision of an article with what was decided about its quotes, and the alerts that came of it."""

    article: Article
    decisions: tuple[Decision, ...]
    alerts: tuple[Alert, ...]


class Teller:
    """Follows the logs as one more consumer, and takes the alerts as the Notifier of every target."""

    def __init__(self, app: "App", elapsed: Callable[[], timedelta]) -> None:
        self.chapters: list[Chapter] = []
        self._app = app
        self._elapsed = elapsed
        self._reports: dict[tuple[str, int], list[Report]] = defaultdict(list)
        self._alerts: dict[str, list[Alert]] = defaultdict(list)

    def send(self, delivery: Delivery) -> None:
        """Take alerts, to be told with their article."""
        for alert in delivery.alerts:
            self._alerts[_told_by(alert)].append(alert)

    def tell(self) -> None:
        """Tell of all articles that have come in since, once everything is done with them."""
        records = self._app.log.read(ARTICLES, _GROUP, _MOST)
        if not records or not self._settled():
            return
        reports = self._app.log.read(QUOTES, _GROUP, _MOST)
        for report in (decode(Report, record.value) for record in reports):
            self._reports[report.article.id, report.article.revision].append(report)
        for article in self._new(records):
            chapter = self._chapter(article)
            put("\n".join(_lines(chapter, self._elapsed())))
            self.chapters.append(chapter)
        self._app.log.commit(_GROUP, [*records, *reports])

    def _settled(self) -> bool:
        """Whether every step is through with what is in the logs, and every alert is delivered."""
        behind = any(self._app.backlog.lag(topic, group) for topic, group in GROUPS)
        return not behind and not self._app.deliveries.listing("pending", 1)

    def _new(self, records: list[Record]) -> Iterator[Article]:
        """The articles in the records with their revision; duplicates have none and are left out."""
        for record in records:
            article = decode(Article, record.value)
            for revision in self._app.memory.revisions([article.id]).get(article.id, ()):
                if revision.origin == record.origin:
                    yield replace(article, revision=revision.number)

    def _chapter(self, article: Article) -> Chapter:
        reports = self._reports.pop((article.id, article.revision), [])
        verdicts = self._app.memory.verdicts([report.quote.id for report in reports])
        decisions = tuple(verdicts[report.quote.id] for report in reports)
        alerts = tuple(alert for report in reports for alert in self._alerts.pop(report.quote.id, ()))
        return Chapter(article, decisions, alerts)


def _told_by(alert: Alert) -> str:
    """The id of the quote that gave occasion to it: a correction names its own."""
    return alert.occasion.removeprefix("correction ") if alert.correction else alert.statement.first.quote.id


def _lines(chapter: Chapter, elapsed: timedelta) -> Iterator[str]:
    article = chapter.article
    seconds = f"{elapsed.total_seconds():4.0f} s"
    yield f"{seconds}  {bold(one_line(article.source))}: {one_line(article.title)}{faint(_note(article))}"
    yield faint(f"        {article.url}")
    for decision in chapter.decisions:
        quote = decision.report.quote
        yield f"          {decision.verdict:<9}  {one_line(quote.speaker_name)}: {one_line(quote.content)}"
        for alert in chapter.alerts:
            if alert.statement.id == decision.statement.id:
                yield f"        {bold('▸ ALERT')}     {one_line(alert.watch_name)}: {one_line(alert.why)}"


def _note(article: Article) -> str:
    """What is special about it."""
    late = article.published and article.first_seen - article.published > _LATE
    notes = {
        "there at the first look, so it alerts nobody": article.backfill,
        "published days ago, seen now": bool(late) and not article.backfill,
        f"corrected: revision {article.revision}": article.revision > 1,
        "summary only: its page refuses us": "summary-only" in article.marks,
    }
    told = ", ".join(note for note, applies in notes.items() if applies)
    return f" ({told})" if told else ""
