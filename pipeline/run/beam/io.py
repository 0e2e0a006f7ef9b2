"""The log as the Beam job reads and writes it.

Flink reads Kafka by itself, with the unbounded source of KafkaIO (`beam:transform:read:v1`). Its offsets are part of
Flink's checkpoints, and Flink commits them to the group after each checkpoint. A checkpoint finishes all bundles
first, so a committed record has all its results on the log, whatever processes have worked on it.

A splittable DoFn, which Beam would use otherwise, leaves something in each checkpoint whenever it waits for records, up
to Beam 2.75 (apache/beam 27648).
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple

import apache_beam as beam
import grpc
import orjson
from apache_beam import coders, pvalue
from apache_beam.coders.coder_impl import create_InputStream
from apache_beam.io.flink.flink_streaming_impulse_source import FlinkStreamingImpulseSource
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_expansion_api_pb2, beam_expansion_api_pb2_grpc, beam_runner_api_pb2
from apache_beam.transforms.external import ExternalTransform, NamedTupleBasedPayloadBuilder
from apache_beam.transforms.window import GlobalWindows

from connectors.kafka.clients import java_consumer
from pipeline.errors import SettingsError, WorldError
from pipeline.model import EPOCH
from pipeline.ports import ALERTS, DEAD_LETTERS, DECISIONS, DOCUMENTS, QUOTES, Message, Record
from pipeline.run.beam.worker_services import patiently, worker_services
from pipeline.settings import Settings

FAILED: Final = "failed"
"""The tag of a step's failures."""

_READ: Final = "beam:transform:read:v1"

_FLATTEN: Final = "beam:transform:flatten:v1"

_READ_KAFKA: Final = "beam:transform:org.apache.beam:kafka_read_without_metadata:v1"

# Without it, the expansion service answers with a splittable DoFn.
_NATIVE: Final = "--experiments=use_deprecated_read"

_BYTES: Final = "org.apache.kafka.common.serialization.ByteArrayDeserializer"

_EXPANSION_SECONDS: Final = 30.0

_HEARTBEAT_MS: Final = 1_000

# The alerts of a searchable decision are on the log, and so are the quotes of a searchable document.
_IN_ORDER: Final = (QUOTES, ALERTS, DOCUMENTS, DECISIONS, DEAD_LETTERS)

_MAYBE_BYTES: Final = coders.NullableCoder(coders.BytesCoder())

# The layout of Java's KafkaRecordCoder: topic, partition, offset, time in ms, kind of time, headers, key, value.
_KAFKA_RECORD: Final = coders.TupleCoder(
    [
        coders.StrUtf8Coder(),
        coders.VarIntCoder(),
        coders.VarIntCoder(),
        coders.VarIntCoder(),
        coders.VarIntCoder(),
        coders.IterableCoder(coders.TupleCoder([coders.StrUtf8Coder(), _MAYBE_BYTES])),
        _MAYBE_BYTES,
        _MAYBE_BYTES,
    ]
).get_impl()

Addressed = tuple[str, Message]
"""A message with its topic."""


def record_in(encoded: bytes) -> Record:
    """Decode a record as Flink hands it over."""
    fields = _KAFKA_RECORD.decode_from_stream(create_InputStream(encoded), True)
    topic, partition, offset, time, _, headers, key, value = fields
    return Record(
        topic=worker_services().topic(topic),
        partition=partition,
        offset=offset,
        timestamp=EPOCH + timedelta(milliseconds=time),
        key=(key or b"").decode("utf-8", "surrogatepass"),
        value=value or b"",
        headers={name: (content or b"").decode("utf-8", "replace") for name, content in headers},
    )


class _Configuration(NamedTuple):
    """The configuration of KafkaIO, by the names that Beam's expansion services know."""

    consumer_config: Mapping[str, str]
    topics: list[str]
    key_deserializer: str
    value_deserializer: str
    commit_offset_in_finalize: bool
    timestamp_policy: str


class _Source(NamedTuple):
    """A source of Beam's Java, and the coder of its records, as the runner takes them."""

    read: beam_runner_api_pb2.FunctionSpec
    coder: beam_runner_api_pb2.FunctionSpec


def _source(settings: Settings, topic: str, group: str) -> _Source:
    """Return KafkaIO's source for a topic, which the expansion service makes.

    Raises WorldError if the service does not answer, SettingsError if it is not the right one.
    """
    endpoint = settings.job.expansion_endpoint
    configuration = _Configuration(
        consumer_config=java_consumer(settings.kafka, topic, group, settings.job.kafka_password_at),
        topics=[settings.kafka.prefix + topic],
        key_deserializer=_BYTES,
        value_deserializer=_BYTES,
        commit_offset_in_finalize=True,
        timestamp_policy="ProcessingTime",
    )
    answer = _expanded(endpoint, NamedTupleBasedPayloadBuilder(configuration).payload())
    if answer.error:
        raise WorldError(f"the expansion service at {endpoint} (job.expansion_endpoint): {_cause(answer.error)}")
    reads = [transform for transform in answer.components.transforms.values() if transform.spec.urn == _READ]
    if len(reads) != 1:
        raise SettingsError(f"job.expansion_endpoint = {endpoint!r}: the expansion service there needs {_NATIVE}")
    (records,) = reads[0].outputs.values()
    coder = answer.components.coders[answer.components.pcollections[records].coder_id]
    return _Source(reads[0].spec, coder.spec)


def _cause(trace: str) -> str:
    """Return the innermost cause of a Java trace."""
    lines = [line for line in trace.splitlines() if line.startswith("Caused by: ")] or [trace]
    return " ".join(lines[-1].split())[:300]


def _expanded(endpoint: str, payload: bytes) -> Any:
    """Return the answer of the expansion service for a read of KafkaIO."""
    spec = beam_runner_api_pb2.FunctionSpec(urn=_READ_KAFKA, payload=payload)
    request = beam_expansion_api_pb2.ExpansionRequest(
        namespace="kafka",
        transform=beam_runner_api_pb2.PTransform(unique_name="kafka", spec=spec),
        pipeline_options=PipelineOptions([_NATIVE]).to_runner_api(),
    )
    with grpc.insecure_channel(endpoint) as channel:
        service = beam_expansion_api_pb2_grpc.ExpansionServiceStub(channel)
        try:
            return service.Expand(request, timeout=_EXPANSION_SECONDS)
        except grpc.RpcError as error:
            reason = error.details() if isinstance(error, grpc.Call) else error
            raise WorldError(
                f"the expansion service at {endpoint} (job.expansion_endpoint) does not answer: {reason}"
            ) from error


class _Native(ExternalTransform):
    """A source of bytes that Flink runs by itself, without an environment of Python or Java.

    The base class is what Beam demands of a transform without an environment.
    """

    def __init__(self) -> None:
        beam.PTransform.__init__(self)
        self._output: Any = None

    def expand(self, root: Any) -> Any:
        """See `PTransform`."""
        self._output = pvalue.PCollection(root.pipeline, element_type=bytes, is_bounded=False)
        return self._output

    def default_label(self) -> str:
        """See `PTransform`."""
        return type(self).__name__

    def get_windowing(self, inputs: Any) -> Any:
        """Return the only windows of the job."""
        return beam.Windowing(GlobalWindows())


class Heartbeat(_Native):
    """Emits an element every second, so that Flink notices soon if the workers are gone and ends the job.

    Flink does not end a job that is cancelled while it runs (see `supervisor`). An idle job would never call its lost
    workers; it would keep its slots, and its successor would get none.
    """

    def to_runner_api_transform(self, context: Any, full_label: str) -> Any:
        """See `ExternalTransform`."""
        spec = beam_runner_api_pb2.FunctionSpec(
            urn=FlinkStreamingImpulseSource.URN, payload=orjson.dumps({"interval_ms": _HEARTBEAT_MS})
        )
        outputs = {"beats": context.pcollections.get_id(self._output)}
        return beam_runner_api_pb2.PTransform(unique_name=full_label, spec=spec, outputs=outputs)


class ReadLog(_Native):
    """Reads the records of a topic endlessly, as bytes for `record_in`.

    These are two steps: the read, whose records have a coder of Java, and a flatten, behind which the same bytes have
    the coder of bytes.
    """

    def __init__(self, settings: Settings, topic: str, group: str) -> None:
        super().__init__()
        self._source = _source(settings, topic, group)

    def to_runner_api_transform(self, context: Any, full_label: str) -> Any:
        """See `ExternalTransform`."""
        output = context.pcollections.get_id(self._output)
        native = f"kafka_{output}"
        records = self._output.to_runner_api(context)
        records.unique_name, records.coder_id = f"{full_label}/records", f"{native}_coder"
        context.coders.put_proto(records.coder_id, beam_runner_api_pb2.Coder(spec=self._source.coder))
        context.pcollections.put_proto(native, records)
        steps = {
            f"{native}_read": beam_runner_api_pb2.PTransform(
                unique_name=f"{full_label}/read", spec=self._source.read, outputs={"records": native}
            ),
            f"{native}_bytes": beam_runner_api_pb2.PTransform(
                unique_name=f"{full_label}/bytes",
                spec=beam_runner_api_pb2.FunctionSpec(urn=_FLATTEN),
                inputs={"records": native},
                outputs={"bytes": output},
            ),
        }
        for name, step in steps.items():
            context.transforms.put_proto(name, step)
        return beam_runner_api_pb2.PTransform(
            unique_name=full_label, subtransforms=list(steps), outputs={"bytes": output}
        )


class _Append(beam.DoFn):
    """Appends messages to their topics at the end of a bundle."""

    def start_bundle(self) -> None:
        self._messages: dict[str, list[Message]] = {topic: [] for topic in _IN_ORDER}

    def process(self, addressed: Addressed) -> None:
        topic, message = addressed
        self._messages[topic].append(message)

    def finish_bundle(self) -> None:
        for topic, messages in self._messages.items():
            if messages:
                patiently(partial(worker_services().services.log.append, topic, messages))


class AppendToLog(beam.PTransform):
    """Appends pairs of topic and message to the log, in the order that makes a repetition harmless."""

    def expand(self, addressed: Any) -> Any:
        """See `PTransform`."""
        return addressed | beam.ParDo(_Append())
