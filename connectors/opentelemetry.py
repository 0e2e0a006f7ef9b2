"""Traces of articles, exported to an OpenTelemetry collector by OTLP over HTTP.

https://opentelemetry.io/docs/specs/otlp/ and, for the ids on the wire, https://www.w3.org/TR/trace-context/.
"""

from contextvars import ContextVar
from datetime import datetime
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags, set_span_in_context

from pipeline.model.values import EPOCH, Span, microseconds, trace_ids

_FLUSH_MS: Final = 2_000

_TIMEOUT_SECONDS: Final = 5

_article: ContextVar[str] = ContextVar("_article", default="")


class _DerivedIds(RandomIdGenerator):
    """Random ids, but those of an article for its first span."""

    def generate_trace_id(self) -> int:
        article = _article.get()
        return trace_ids(article)[0] if article else super().generate_trace_id()

    def generate_span_id(self) -> int:
        article = _article.get()
        return trace_ids(article)[1] if article else super().generate_span_id()


class ArticleTracer:
    """Exports spans in the background; a collector that is away costs spans and nothing else.

    `endpoint` is the collector's address for traces, such as http://127.0.0.1:4318/v1/traces.
    """

    def __init__(self, endpoint: str, role: str) -> None:
        resource = Resource.create({"service.name": "onrecord", "service.instance.role": role})
        self._provider = TracerProvider(resource=resource, id_generator=_DerivedIds())
        exporter = OTLPSpanExporter(endpoint, timeout=_TIMEOUT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("onrecord")

    def export(self, span: Span) -> None:
        """Export the span in the background, below the first span of its article's trace, which is "article"."""
        token = _article.set(span.article if span.step == "article" else "")
        try:
            traced = self._tracer.start_span(
                span.step,
                Context() if span.step == "article" else _below(span.article),
                attributes=span.attributes,
                start_time=_nanoseconds(span.start),
            )
        finally:
            _article.reset(token)
        if span.error:
            traced.set_status(Status(StatusCode.ERROR, span.error))
        traced.end(_nanoseconds(max(span.start, span.end)))

    def close(self) -> None:
        """Export the spans that are left, within seconds."""
        self._provider.force_flush(_FLUSH_MS)
        self._provider.shutdown()


def _below(article: str) -> Context:
    trace, first_span = trace_ids(article)
    parent = SpanContext(trace, first_span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(parent), Context())


def _nanoseconds(time: datetime) -> int:
    return microseconds(max(time, EPOCH)) * 1_000
