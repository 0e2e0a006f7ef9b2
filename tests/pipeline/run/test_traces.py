"""Traces of articles, received by a collector's stand-in that speaks OTLP over HTTP."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from pipeline.errors import SettingsError, WorldError
from pipeline.feeds import outgoing
from pipeline.model import EPOCH, Delivery
from pipeline.model.values import trace_ids, traceparent
from pipeline.ports import ALERTS, ARTICLES, Notifier
from pipeline.run.local import drain
from pipeline.run.traces import span, trace_article, traced, tracing
from pipeline.settings import load
from tests import examples
from tests.newsroom import fake_app

SAID = "“The ferry will stay open all winter,” Mayor Ada Lindqvist said on Friday."

ARTICLE = examples.article("https://courier.example/a", SAID)


@contextmanager
def collector() -> Iterator[tuple[str, list[Span]]]:
    """Yield the address of a collector and the spans that it has received."""
    spans: list[Span] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            request = ExportTraceServiceRequest.FromString(body)
            spans.extend(
                s for resource in request.resource_spans for scope in resource.scope_spans for s in scope.spans
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", spans
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Refusing:
    """A notifier whose receiver is away."""

    def send(self, delivery: Delivery) -> None:
        raise WorldError(f"{delivery.target} is away")


def refusing(_: str) -> Notifier:
    return Refusing()


def by_name(spans: list[Span], name: str) -> list[Span]:
    return [each for each in spans if each.name == name]


def values(traced_step: Span) -> dict[str, str | int]:
    return {each.key: each.value.string_value or each.value.int_value for each in traced_step.attributes}


def test_all_steps_of_an_article_are_in_one_trace() -> None:
    services = fake_app([replace(ARTICLE, fetched=datetime.now(UTC) - timedelta(seconds=3))])
    services.desk.save(examples.actor(), examples.watch())
    with collector() as (address, spans), tracing(address, "all"):
        drain(services)
        (delivery,) = services.outbox.listing()
        with pytest.raises(WorldError):
            traced(refusing)("webhook:https://a.example/secret").send(delivery)
    assert {each.name for each in spans} == {"article", "extract", "index", "decide", "deliver"}
    trace, first = trace_ids(ARTICLE.id)
    assert {each.trace_id for each in spans} == {trace.to_bytes(16)}
    (root,) = by_name(spans, "article")
    assert (root.span_id, root.parent_span_id) == (first.to_bytes(8), b"")
    assert {each.parent_span_id for each in spans if each is not root} == {first.to_bytes(8)}
    assert 3e9 < root.end_time_unix_nano - root.start_time_unix_nano < 60e9
    (deliver,) = by_name(spans, "deliver")
    assert (deliver.status.code, deliver.status.message) == (Status.STATUS_CODE_ERROR, "WorldError")
    assert values(deliver) == {"delivery": delivery.id, "service": "webhook", "attempt": 1}
    assert "secret" not in str(spans)
    assert "Lindqvist" not in str(spans)


def test_messages_of_articles_and_alerts_carry_the_trace() -> None:
    services = fake_app([])
    services.desk.save(examples.actor(), examples.watch())
    services.log.append(ARTICLES, [outgoing.arrived(ARTICLE)])
    (record,) = services.log.read(ARTICLES, "onlooker", 10)
    drain(services)
    (alert,) = services.log.read(ALERTS, "onlooker", 10)
    trace, first = trace_ids(ARTICLE.id)
    assert record.headers["traceparent"] == alert.headers["traceparent"] == f"00-{trace:032x}-{first:016x}-01"
    assert traceparent(ARTICLE.id) != traceparent("another")


def test_without_a_collector_nothing_is_traced() -> None:
    with collector() as (_, spans), tracing("", "all"), span("extract", "a"):
        pass
    assert not spans
    assert isinstance(traced(refusing)("stdout"), Refusing)


def test_an_article_with_a_wrong_clock_has_a_trace() -> None:
    early = replace(ARTICLE, fetched=EPOCH - timedelta(days=400))
    late = replace(ARTICLE, fetched=datetime.now(UTC) + timedelta(days=400))
    with collector() as (address, spans), tracing(address, "all"):
        for each in (early, late):
            trace_article(each)
    assert all(each.end_time_unix_nano >= each.start_time_unix_nano for each in spans)
    assert len(spans) == 2


@pytest.mark.slow
def test_an_unreachable_collector_stops_no_work() -> None:
    with tracing("http://127.0.0.1:9/v1/traces", "all"), span("extract", "a"):
        pass


@pytest.mark.parametrize(
    "address", ["ftp://collector/v1/traces", "collector:4318", "https://", "http://ada:secret@collector:4318/v1/traces"]
)
def test_a_wrong_address_stops_the_start(address: str) -> None:
    with pytest.raises(SettingsError, match=r"traces = .* should be an address that begins with http"):
        load(None, {"traces": address}, {})
