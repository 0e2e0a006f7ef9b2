"""The story of the sample desk as a terminal shows it, and a review of its outcome."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pipeline.cli.output import bold, faint, one_line, put
from pipeline.codec import decode
from pipeline.model import Alert, Article, Decision, Delivery, FeedState, Report
from pipeline.ports import ARTICLES, DEAD_LETTERS, QUOTES, Record
from pipeline.run.metrics import GROUPS, REDRIVE

if TYPE_CHECKING:
    from pipeline.sample import Sample
    from pipeline.services import Services

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

    def __init__(self, services: "Services", elapsed: Callable[[], timedelta]) -> None:
        self.chapters: list[Chapter] = []
        self._services = services
        self._elapsed = elapsed
        self._reports: dict[tuple[str, int], list[Report]] = defaultdict(list)
        self._alerts: dict[str, list[Alert]] = defaultdict(list)

    def send(self, delivery: Delivery) -> None:
        """Take alerts, to be told with their article."""
        for alert in delivery.alerts:
            self._alerts[_told_by(alert)].append(alert)

    def tell(self) -> None:
        """Tell of all articles that have come in since, once everything is done with them."""
        records = self._services.log.read(ARTICLES, _GROUP, _MOST)
        if not records or not self._settled():
            return
        reports = self._services.log.read(QUOTES, _GROUP, _MOST)
        for report in (decode(Report, record.value) for record in reports):
            self._reports[report.article.id, report.article.revision].append(report)
        for article in self._new(records):
            chapter = self._chapter(article)
            put("\n".join(_lines(chapter, self._elapsed())))
            self.chapters.append(chapter)
        self._services.log.commit(_GROUP, [*records, *reports])

    def _settled(self) -> bool:
        """Whether every step is through with what is in the logs, and every alert is delivered."""
        behind = any(self._services.log.lag(topic, group) for topic, group in GROUPS)
        return not behind and not self._services.outbox.listing("pending", 1)

    def _new(self, records: list[Record]) -> Iterator[Article]:
        """The articles in the records with their revision; duplicates have none and are left out."""
        for record in records:
            article = decode(Article, record.value)
            for revision in self._services.index.revisions([article.id]).get(article.id, ()):
                if revision.origin == record.origin:
                    yield replace(article, revision=revision.number)

    def _chapter(self, article: Article) -> Chapter:
        reports = self._reports.pop((article.id, article.revision), [])
        verdicts = self._services.index.verdicts([report.quote.id for report in reports])
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


Check = tuple[bool, str]


def summary(chapters: Sequence[Chapter]) -> str:
    """The story in numbers."""
    decisions = [decision for chapter in chapters for decision in chapter.decisions]
    verdicts = Counter(decision.verdict for decision in decisions)
    articles = len({chapter.article.id for chapter in chapters})
    alerts = sum(len(chapter.alerts) for chapter in chapters)
    return (
        f"{articles} articles in {len(chapters)} revisions, {len(decisions) - verdicts['corrected']} quotes of people "
        f"with a name: {verdicts['new']} new statements, {verdicts['repeated']} repeated, "
        f"{verdicts['changed']} changed; "
        f"{alerts} alerts"
    )


def review(services: "Services", sample: "Sample", chapters: Sequence[Chapter]) -> list[Check]:
    """What should be true of the story at its end, and whether it is."""
    return [
        _all_came_in(sample, chapters),
        _backfill_is_quiet(chapters),
        _copies_alert_once(chapters),
        _late_article_alerts(chapters),
        _correction_is_told(chapters),
        _closed_page_is_marked(sample, chapters),
        _all_is_delivered(services, chapters),
        _nothing_failed(services),
    ]


def _all_came_in(sample: "Sample", chapters: Sequence[Chapter]) -> Check:
    came = {(chapter.article.title, chapter.article.revision) for chapter in chapters}
    missing = [entry.name for entry in sample.entries if (entry.title, entry.revision) not in came]
    text = "every article came in, in each of its revisions, and none came twice"
    return not missing and len(came) == len(chapters), text + (f"; missing: {', '.join(missing)}" if missing else "")


def _backfill_is_quiet(chapters: Sequence[Chapter]) -> Check:
    old = [chapter for chapter in chapters if chapter.article.backfill]
    remembered = sum(len(chapter.decisions) for chapter in old)
    quiet = not any(chapter.alerts for chapter in old)
    return (
        quiet and remembered > 0,
        f"what was there at the first look alerted nobody ({remembered} statements remembered)",
    )


def _copies_alert_once(chapters: Sequence[Chapter]) -> Check:
    """Of articles with the same text one has the alerts, and the other repeats it."""
    by_text: dict[str, list[Chapter]] = {}
    for chapter in chapters:
        by_text.setdefault(chapter.article.text, []).append(chapter)
    copied = [same for same in by_text.values() if len(same) > 1]
    silent = [chapter for same in copied for chapter in same[1:]]
    repeated = all(
        decision.verdict == "repeated" and decision.copy_of for chapter in silent for decision in chapter.decisions
    )
    quiet = not any(chapter.alerts for chapter in silent)
    names = ", ".join(chapter.article.source for chapter in silent)
    return bool(
        silent
    ) and repeated and quiet, f"the syndicated copy ({names}) repeated its statements and alerted nobody"


def _late_article_alerts(chapters: Sequence[Chapter]) -> Check:
    late = [
        chapter
        for chapter in chapters
        if chapter.article.published
        and not chapter.article.backfill
        and chapter.article.first_seen - chapter.article.published > timedelta(days=1)
    ]
    return any(
        chapter.alerts for chapter in late
    ), "the article published two days before it was seen alerted all the same"


def _correction_is_told(chapters: Sequence[Chapter]) -> Check:
    """The corrected article takes a statement back, which is one message, though it is a changed statement too."""
    corrected = [chapter for chapter in chapters if chapter.article.revision > 1]
    changed = [d for chapter in corrected for d in chapter.decisions if d.verdict == "changed"]
    kinds = [alert.kind for chapter in corrected for alert in chapter.alerts]
    text = "the corrected article changed a statement, and who was told of it got a correction"
    return bool(changed) and kinds == ["correction"], text + (f": {changed[0].how}" if changed else "")


def _closed_page_is_marked(sample: "Sample", chapters: Sequence[Chapter]) -> Check:
    closed = {entry.title for entry in sample.entries if entry.summary and not entry.text}
    summaries = {chapter.article.title for chapter in chapters if "summary-only" in chapter.article.marks}
    return closed == summaries, "the page that refuses us: its summary is kept and marked; the open page was read"


def _all_is_delivered(services: "Services", chapters: Sequence[Chapter]) -> Check:
    alerts = [alert.id for chapter in chapters for alert in chapter.alerts]
    done = services.outbox.listing("done", 1_000)
    delivered = [alert.id for delivery in done for alert in delivery.alerts]
    return sorted(alerts) == sorted(delivered) and len(alerts) > 0, f"{len(delivered)} alerts were delivered, each once"


def _nothing_failed(services: "Services") -> Check:
    failing = [state.url for state in services.desk.all(FeedState) if state.failures]
    dead = services.log.lag(DEAD_LETTERS, REDRIVE)
    return not failing and not dead, "no feed failed, and nothing is in the dead letters"
