"""Alerts to the frequency of a speaker's reports: spikes, decided with each report, and silences, decided over time.

Both count reports in log time, so that a replay decides alike. The index and the clock only trigger a decision.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from pipeline.errors import UsageError
from pipeline.model import Alert, Decision, Watch, alert_id

LEAST_SPIKE: Final = 5
"""The reports of a day below which nothing is a spike, however seldom the speaker is reported."""

_MOST_SPIKE: Final = 100

_MOST_SILENCE: Final = 365  # days


def is_of_speakers(watch: Watch) -> bool:
    """Return True if the watch alerts to spikes or silences of its speakers instead of statements."""
    return bool(watch.spike or watch.silence)


def check(watch: Watch) -> None:
    """Raise UsageError for a wrong spike or silence, or for one beside conditions that only statements can meet."""
    subject = f"watch {watch.name!r}"
    if watch.spike and not 1 < watch.spike <= _MOST_SPIKE:
        raise UsageError(
            f"{subject} has a spike of {watch.spike:g} times; it should be above 1 and at most {_MOST_SPIKE}"
        )
    if not 0 <= watch.silence <= _MOST_SILENCE:
        raise UsageError(f"{subject} has a silence of {watch.silence} days; it should be 1 to {_MOST_SILENCE}")
    if not is_of_speakers(watch):
        return
    if not watch.by:
        raise UsageError(f"{subject} has a spike or a silence, but no speaker: add actors")
    if watch.about or watch.query or watch.sources or watch.languages or watch.kinds or watch.spread:
        raise UsageError(
            f"{subject} has a spike or a silence, which counts all reports of its actors: remove conditions"
        )


def spike(decision: Decision, watch: Watch) -> Alert | None:
    """Return the alert to the report that makes the speaker's day a spike: at most one a day."""
    if decision.usual is None or decision.today != max(ceil(watch.spike * decision.usual), LEAST_SPIKE):
        return None
    first_seen = decision.report.article.first_seen
    if not watch.spike or first_seen < watch.created:
        return None
    reason = f"reported {decision.today} times today; {decision.usual:.1f} times a day is usual"
    return replace(_alert(decision, watch, f"spike {first_seen.date()}", reason), kind="spike", created=first_seen)


def silence(last: Decision, watch: Watch, now: datetime) -> Alert | None:
    """Return the alert to a silence since the `last` report or, if that is later, since the watch; None if too short.

    The alert is created when the silence is long enough. Its id comes from the last report, so a silence alerts once.
    """
    published = last.report.article.publication
    over = max(published, watch.created) + timedelta(days=watch.silence)
    if not watch.silence or watch.paused or now < over:
        return None
    reason = f"not reported for {watch.silence} days; the last report was published on {published:%Y-%m-%d}"
    return replace(_alert(last, watch, f"silence {last.report.quote.id}", reason), kind="silence", created=over)


def _alert(decision: Decision, watch: Watch, occasion: str, why: str) -> Alert:
    return Alert(
        id=alert_id(watch.id, decision.statement.id, occasion),
        watch_id=watch.id,
        watch_name=watch.name,
        statement=decision.statement,
        why=why,
        created=decision.report.article.first_seen,
        occasion=occasion,
    )
