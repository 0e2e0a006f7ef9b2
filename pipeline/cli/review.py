"""Whether the sample desk's story came out as it should."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.cli.story import Chapter
from pipeline.metrics import REDRIVE
from pipeline.model import Feed
from pipeline.ports import DEAD_LETTERS

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.sample import Sample

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


def review(app: "App", sample: "Sample", chapters: Sequence[Chapter]) -> list[Check]:
    """What should be true of the story at its end, and whether it is."""
    return [
        _all_came_in(sample, chapters),
        _backfill_is_quiet(chapters),
        _copies_alert_once(chapters),
        _late_article_alerts(chapters),
        _correction_is_told(chapters),
        _closed_page_is_marked(sample, chapters),
        _all_is_delivered(app, chapters),
        _nothing_failed(app),
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


def _all_is_delivered(app: "App", chapters: Sequence[Chapter]) -> Check:
    alerts = [alert.id for chapter in chapters for alert in chapter.alerts]
    done = app.deliveries.listing("done", 1_000)
    delivered = [alert.id for delivery in done for alert in delivery.alerts]
    return sorted(alerts) == sorted(delivered) and len(alerts) > 0, f"{len(delivered)} alerts were delivered, each once"


def _nothing_failed(app: "App") -> Check:
    failing = [feed.url for feed in app.desk.all(Feed) if feed.failures]
    dead = app.backlog.lag(DEAD_LETTERS, REDRIVE)
    return not failing and not dead, "no feed failed, and nothing is in the dead letters"
