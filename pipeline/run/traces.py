"""Traces by OpenTelemetry, if `traces` names a collector: a trace for each article, from its feed to each receiver.

The ids of a trace and of its first span are derived from the id of the article. An article therefore has one trace in
all roles and after a replay, and no step passes anything on. Messages of articles and alerts, and webhooks, carry
`traceparent` for other programs (W3C Trace Context). Spans have names of steps, times, ids and outcomes; they have no
texts, no names of people and no addresses of receivers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from pipeline.errors import OnRecordError, SettingsError
from pipeline.model import Article, Delivery
from pipeline.model.values import Span, TracedStep
from pipeline.ports import Notifier


class Tracer(Protocol):
    """Exports the spans of a process; see `connectors.opentelemetry`."""

    def export(self, span: Span) -> None:
        """Export the span in the background."""

    def close(self) -> None:
        """Export the spans that are left, within seconds."""


_tracers: list[Tracer] = []  # none, or the one of this process


@contextmanager
def tracing(endpoint: str, role: str) -> Iterator[None]:
    """Export the spans of this process during the block; an empty endpoint exports nothing.

    Raises SettingsError without the extra `traces`.
    """
    if not endpoint:
        yield
        return
    try:
        from connectors.opentelemetry import ArticleTracer
    except ModuleNotFoundError as error:
        raise SettingsError("traces needs the extra `traces`: pip install 'onrecord[traces]'") from error
    tracer = ArticleTracer(endpoint, role)
    _tracers.append(tracer)
    try:
        yield
    finally:
        _tracers.remove(tracer)
        tracer.close()


def trace_article(article: Article) -> None:
    """Trace the article from its fetch until now, the end of its extraction."""
    attributes: dict[str, str | int] = {"article": article.id, "revision": article.revision, "source": article.source}
    for tracer in _tracers:
        tracer.export(Span("article", article.id, article.fetched, _now(), attributes))


@contextmanager
def span(step: TracedStep, *articles: str, **attributes: str | int) -> Iterator[None]:
    """Trace a step of these articles for the length of the block; our exceptions mark the spans as failed."""
    if not _tracers:
        yield
        return
    start, error = _now(), ""
    try:
        yield
    except OnRecordError as failure:
        error = type(failure).__name__
        raise
    finally:
        for tracer in _tracers:
            for article in articles:
                tracer.export(Span(step, article, start, _now(), attributes, error))


@dataclass(frozen=True, slots=True)
class TracedNotifier:
    """A notifier whose attempts are spans in the trace of the article with the statement."""

    notifier: Notifier
    service: str

    def send(self, delivery: Delivery) -> None:
        """See `Notifier`."""
        article = delivery.alert.statement.first.article.id
        with span("deliver", article, delivery=delivery.id, service=self.service, attempt=delivery.attempts + 1):
            self.notifier.send(delivery)


def traced(notifier: Callable[[str], Notifier]) -> Callable[[str], Notifier]:
    """Return the same notifiers by target, with their attempts traced."""
    return lambda target: TracedNotifier(notifier(target), target.partition(":")[0]) if _tracers else notifier(target)


def _now() -> datetime:
    return datetime.now(UTC)
