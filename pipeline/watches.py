"""Which watches a decided report meets."""

from collections.abc import Callable, Iterable

from pipeline.errors import UsageError
from pipeline.model import Actor, Alert, Decision, Watch, alert_id

Matcher = Callable[[Decision], tuple[Alert, ...]]


def compile(watches: Iterable[Watch], actors: Iterable[Actor]) -> Matcher:  # noqa: A001 - the verb re.compile taught
    """A matcher of these watches."""
    standing = tuple(watches)
    return lambda decision: tuple(_alert(watch, decision) for watch in standing if _meets(watch, decision))


def check(watch: Watch, actors: Iterable[Actor]) -> None:
    """UsageError where the watch asks for nothing or for somebody unknown, QueryError where its query is wrong."""
    if not (watch.by or watch.about or watch.query):
        raise UsageError(f"watch {watch.name!r} has no condition: give it actors or a query")
    known = {actor.id for actor in actors}
    for actor in (*watch.by, *watch.about):
        if actor not in known:
            raise UsageError(f"watch {watch.name!r} names an unknown actor: {actor!r}")


def _meets(watch: Watch, decision: Decision) -> bool:
    quote, article = decision.report.quote, decision.report.article
    return (
        decision.verdict != "repeated"
        and not article.backfill
        and article.first_seen >= watch.created
        and (quote.speaker_id in watch.by or not set(quote.about).isdisjoint(watch.about))
        and quote.confidence >= watch.least_confidence
    )


def _alert(watch: Watch, decision: Decision) -> Alert:
    return Alert(
        id=alert_id(watch.id, decision.statement.id),
        watch_id=watch.id,
        watch_name=watch.name,
        statement=decision.statement,
        why=f"said by {decision.statement.speaker_name}",
        created=decision.report.article.first_seen,
    )
