"""`onrecord try`: the main job on the sample desk, the story as it unfolds, and a review of its outcome."""

import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.output import bold, faint, one_line, put, say
from pipeline.cli.run import work, workers
from pipeline.model import Alert, Article, Decision, Delivery, Feed, FeedState, Report
from pipeline.ports import ARTICLES, DEAD_LETTERS, QUOTES, Record
from pipeline.roles import Role
from pipeline.run.loop import stopped_by_signals
from pipeline.run.metrics import GROUPS, REDRIVE

if TYPE_CHECKING:
    from pipeline.sample import Sample
    from pipeline.services import Services
    from pipeline.settings import Settings

_PATIENCE: Final = timedelta(seconds=30)  # for the first polls, and after the last article has appeared

_TICK: Final = 0.1  # seconds

_EVERY: Final = 0.5  # seconds between polls of a feed


class Stopwatch:
    """The time since its start; zero before."""

    def __init__(self) -> None:
        self._started: float | None = None

    def start(self) -> None:
        """Start now."""
        self._started = time.monotonic()

    def __call__(self) -> timedelta:
        """Return the time since the start."""
        return timedelta(seconds=time.monotonic() - self._started) if self._started is not None else timedelta(0)


@dataclass(slots=True)
class Trial:
    """The sample desk while it runs. `sound` is None until the story ends, then whether all checks passed.

    `elapsed` is the time of the story, `later` that since its review, after which the outlets go on.
    """

    services: "Services"
    sample: "Sample"
    narrator: "Narrator"
    elapsed: Stopwatch
    later: Stopwatch
    once: bool
    addresses: list[str] = field(default_factory=list)
    sound: bool | None = None

    def run(self, stop: threading.Event) -> None:
        """Print the story and its review; then wait for a stop, unless it runs once."""
        self._print_until(stop, self._polled, _PATIENCE)
        if not stop.is_set():
            put("\nThese articles were there at the first poll. Now the news:\n")
        self.elapsed.start()
        self._print_until(stop, self._complete, self.sample.length + _PATIENCE)
        if stop.is_set():
            return
        self._review()
        if not self.once:
            say(self._next_steps())
            self.later.start()
            stop.wait()

    def _print_until(self, stop: threading.Event, done: Callable[[], bool], patience: timedelta) -> None:
        end = time.monotonic() + patience.total_seconds()
        while not done() and time.monotonic() < end and not stop.wait(_TICK):
            self.narrator.print_new()

    def _polled(self) -> bool:
        from pipeline.feeds.state import subscriptions

        printed = len(self.narrator.chapters) == sum(not entry.appears for entry in self.sample.entries)
        return printed and all(state.polled for _, state in subscriptions(self.services.desk))

    def _complete(self) -> bool:
        return len(self.narrator.chapters) >= len(self.sample.entries)

    def _review(self) -> None:
        checks = review(self.services, self.sample, self.narrator.chapters)
        self.sound = all(ok for ok, _ in checks)
        put(f"\nThe story is complete: {summary(self.narrator.chapters)}.\n")
        put("\n".join(f"  {'ok  ' if ok else 'LOOK'}  {text}" for ok, text in checks))

    def _next_steps(self) -> str:
        command = f"{sys.argv[0]} -f {self.services.settings.file}"
        return f"""
Open {self.addresses[0]}, and in another terminal try

  {command} search 'cable*'
  {command} search --in statements --facets speaker:reyle
  {command} statements list
  {command} alerts list
  {command} actors add 'Vera Lund'

The outlets go on: every 20 seconds one of them quotes somebody tracked. Make a watch of your own
at {self.addresses[0]}/watches, and its alerts appear at {self.addresses[0]}/alerts.

Ctrl-C ends this and removes the file. For feeds of your own: onrecord feeds add URL"""


def sample(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Exit when the story is complete, with code 1 if something is wrong.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port of the pages; 0 takes a free port.")] = 8414,
) -> None:
    """Run the main job on a desk of invented outlets, and show the result.

    Everything runs on this machine, in a temporary file: six outlets serve their feeds, one story unfolds in half a
    minute, and the watches alert. Then the pages stay up, with a new statement every 20 seconds, until Ctrl-C.
    """
    from pipeline.cli.sample_outlets import serving
    from pipeline.sample import load
    from pipeline.services import open_services, utc_now

    desk, elapsed, later = load(), Stopwatch(), Stopwatch()
    with (
        TemporaryDirectory(prefix="onrecord-try-") as folder,
        serving(desk, utc_now(), lambda: min(elapsed(), desk.length) + later()) as outlets,
        stopped_by_signals() as stop,
        closing(open_services(_settings(Path(folder), port))) as services,
    ):
        narrator = Narrator(services, elapsed)
        trial = Trial(replace(services, notifier=lambda _: narrator), desk, narrator, elapsed, later, once)
        _set_up(services, desk, outlets)
        say(_opening(services, desk, outlets))
        _run(trial, stop)
    raise typer.Exit(trial.sound is False or (once and trial.sound is None))


def _run(trial: Trial, stop: threading.Event) -> None:
    def listening(address: str) -> None:
        trial.addresses.append(address)
        say(f"The pages are at {address}\n")

    with workers(trial.services, tuple(Role), listening) as running:
        work({**running, "story": trial.run}, stop, trial.services.settings.logs)


def _settings(folder: Path, port: int) -> "Settings":
    """Return settings for a separate desk, whatever the user's settings are; another port if this one is taken."""
    from pipeline.cli.doctor import answers
    from pipeline.settings import Settings
    from pipeline.settings.sections import Fetch, Poll, Web

    return Settings(
        file=folder / "sample.sqlite",
        fetch=Fetch(private_addresses=True, pause=timedelta(0)),
        poll=Poll(every=timedelta(seconds=_EVERY)),
        web=Web(port=0 if answers("127.0.0.1", port) else port),
    )


def _set_up(services: "Services", desk: "Sample", outlets: str) -> None:
    from pipeline.cli.sample_outlets import feed_url

    feeds = [Feed(url=feed_url(outlets, feed), source=feed.source, title=feed.title) for feed in desk.feeds]
    services.desk.save(*feeds, *desk.actors, *desk.watches)


def _opening(services: "Services", desk: "Sample", outlets: str) -> str:
    names = ", ".join(actor.name for actor in desk.actors)
    return f"""The sample desk: one invented story in {len(desk.feeds)} outlets.
This machine serves their feeds at {outlets} and polls them twice a second.
Tracked actors: {names}; {len(desk.watches)} watches.
Everything is in {services.settings.file}"""


_GROUP: Final = "story"  # consumer group

_MOST: Final = 1_000

_LATE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A revision of an article with the decisions about its quotes, and its alerts."""

    article: Article
    decisions: tuple[Decision, ...]
    alerts: tuple[Alert, ...]


class Narrator:
    """Prints the story: reads the log as another consumer, and receives the alerts as the notifier of every target."""

    def __init__(self, services: "Services", elapsed: Callable[[], timedelta]) -> None:
        self.chapters: list[Chapter] = []
        self._services = services
        self._elapsed = elapsed
        self._reports: dict[tuple[str, int], list[Report]] = defaultdict(list)
        self._alerts: dict[str, list[Alert]] = defaultdict(list)

    def send(self, delivery: Delivery) -> None:
        """Receive alerts, to print them with their article."""
        for alert in delivery.alerts:
            self._alerts[_quote_id(alert)].append(alert)

    def print_new(self) -> None:
        """Print the articles that arrived since the last call, once they are fully processed."""
        from pipeline.codec import decode

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
        """Return whether every step has processed the log and every alert is delivered."""
        behind = any(self._services.log.lag(topic, group) for topic, group in GROUPS)
        return not behind and not self._services.outbox.listing("pending", 1)

    def _new(self, records: list[Record]) -> Iterator[Article]:
        """Yield the articles in the records with their revisions; duplicates have none and are left out."""
        from pipeline.codec import decode

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


def _quote_id(alert: Alert) -> str:
    """Return the id of the quote that triggered the alert; a correction names its own."""
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
    """Return what is special about the article."""
    late = article.published and article.first_seen - article.published > _LATE
    notes = {
        "there at the first poll, so it alerts nobody": article.backfill,
        "published days ago, seen now": bool(late) and not article.backfill,
        f"corrected: revision {article.revision}": article.revision > 1,
        "summary only: its page is closed": "summary-only" in article.marks,
    }
    text = ", ".join(note for note, applies in notes.items() if applies)
    return f" ({text})" if text else ""


Check = tuple[bool, str]


def summary(chapters: Sequence[Chapter]) -> str:
    """Return the story in numbers."""
    decisions = [decision for chapter in chapters for decision in chapter.decisions]
    verdicts = Counter(decision.verdict for decision in decisions)
    articles = len({chapter.article.id for chapter in chapters})
    alerts = sum(len(chapter.alerts) for chapter in chapters)
    return (
        f"{articles} articles in {len(chapters)} revisions, {len(decisions) - verdicts['corrected']} quotes of named "
        f"speakers: {verdicts['new']} new statements, {verdicts['repeated']} repeated, "
        f"{verdicts['changed']} changed; "
        f"{alerts} alerts"
    )


def review(services: "Services", sample: "Sample", chapters: Sequence[Chapter]) -> list[Check]:
    """Return what should be true at the end of the story, and whether it is."""
    return [
        _all_came_in(sample, chapters),
        _backfill_is_quiet(chapters),
        _copies_alert_once(chapters),
        _late_article_alerts(chapters),
        _correction_alerts(chapters),
        _closed_page_is_marked(sample, chapters),
        _all_is_delivered(services, chapters),
        _nothing_failed(services),
    ]


def _all_came_in(sample: "Sample", chapters: Sequence[Chapter]) -> Check:
    arrived = {(chapter.article.title, chapter.article.revision) for chapter in chapters}
    missing = [entry.name for entry in sample.entries if (entry.title, entry.revision) not in arrived]
    text = "every revision of every article arrived exactly once"
    return not missing and len(arrived) == len(chapters), text + (f"; missing: {', '.join(missing)}" if missing else "")


def _backfill_is_quiet(chapters: Sequence[Chapter]) -> Check:
    old = [chapter for chapter in chapters if chapter.article.backfill]
    remembered = sum(len(chapter.decisions) for chapter in old)
    quiet = not any(chapter.alerts for chapter in old)
    return (
        quiet and remembered > 0,
        f"the articles of the first poll alerted nobody ({remembered} statements remembered)",
    )


def _copies_alert_once(chapters: Sequence[Chapter]) -> Check:
    """Check that of articles with the same text the first alerts, and the others repeat it."""
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
    ), "the article published two days before it was seen alerted nevertheless"


def _correction_alerts(chapters: Sequence[Chapter]) -> Check:
    """Check that the corrected article sends one correction, although its statement also counts as changed."""
    corrected = [chapter for chapter in chapters if chapter.article.revision > 1]
    changed = [d for chapter in corrected for d in chapter.decisions if d.verdict == "changed"]
    kinds = [alert.kind for chapter in corrected for alert in chapter.alerts]
    text = "the corrected article changed a statement, and whoever was alerted to it got a correction"
    return bool(changed) and kinds == ["correction"], text + (f": {changed[0].how}" if changed else "")


def _closed_page_is_marked(sample: "Sample", chapters: Sequence[Chapter]) -> Check:
    closed = {entry.title for entry in sample.entries if entry.summary and not entry.text}
    summaries = {chapter.article.title for chapter in chapters if "summary-only" in chapter.article.marks}
    return (
        closed == summaries,
        "the article behind a closed page has its summary, marked as such; the open page was read",
    )


def _all_is_delivered(services: "Services", chapters: Sequence[Chapter]) -> Check:
    alerts = [alert.id for chapter in chapters for alert in chapter.alerts]
    done = services.outbox.listing("done", 1_000)
    delivered = [alert.id for delivery in done for alert in delivery.alerts]
    return sorted(alerts) == sorted(delivered) and len(alerts) > 0, f"{len(delivered)} alerts were delivered, each once"


def _nothing_failed(services: "Services") -> Check:
    failing = [state.url for state in services.desk.all(FeedState) if state.failures]
    dead = services.log.lag(DEAD_LETTERS, REDRIVE)
    return not failing and not dead, "no feed failed, and nothing is in the dead letters"
