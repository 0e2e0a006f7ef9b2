"""JSON Lines on any file system that Beam supports: articles in, documents, quotes and dead letters out."""

import base64
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any, Final

import apache_beam as beam
import orjson
from apache_beam.coders import BytesCoder
from apache_beam.io import WriteToText
from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.pvalue import TaggedOutput

from connectors.feeds.parser import Parser
from connectors.files.reader import in_lines
from connectors.files.records import ImportSession
from pipeline.errors import InputError, UsageError
from pipeline.feeds import outgoing
from pipeline.model import Article
from pipeline.ports import Record
from pipeline.run import steps
from pipeline.run.beam.io import FAILED
from pipeline.settings.sections import Poll
from pipeline.sources import FILES

_GOOD: Final = "good"

_SPOILT: Final = (EOFError, zlib.error, gzip.BadGzipFile)


def matching(pattern: str) -> list[str]:
    """Return the files that match the pattern, sorted. Raises UsageError for no match or an unknown file system."""
    if Path(pattern).is_dir():
        raise UsageError(f"files {pattern!r}: this is a folder; name its files, such as '{pattern}/*.jsonl'")
    try:
        (match,) = FileSystems.match([pattern])
    except (BeamIOError, ValueError) as error:
        raise UsageError(f"files {pattern!r} cannot be looked up: {error}") from error
    paths = sorted(file.path for file in match.metadata_list)
    if not paths:
        raise UsageError(f"files {pattern!r}: no file matches")
    return paths


def check_empty(folder: str) -> None:
    """Raise UsageError unless the folder is empty: shards of another run would look like shards of this run."""
    try:
        (match,) = FileSystems.match([FileSystems.join(folder, "*")], [1])
    except (BeamIOError, ValueError) as error:
        raise UsageError(f"folder {folder!r} cannot be looked at: {error}") from error
    if match.metadata_list:
        raise UsageError(f"folder {folder!r} is not empty: it contains {match.metadata_list[0].path}")


@dataclass(frozen=True, slots=True)
class _File:
    """A file with its number within the run."""

    number: int
    path: str


@beam.typehints.with_output_types(Record)
class _Read(beam.DoFn):
    """Emits a record, as on the log, for each article, and failures for the rest."""

    def __init__(self, limits: Poll, now: datetime) -> None:
        self._limits = limits
        self._now = now

    def process(self, file: _File) -> Iterator[Any]:
        name = PurePath(file.path)
        reading = ImportSession(name.stem or name.name, lambda: self._now, True, self._limits, Parser(self._limits))
        for place, parsed in enumerate(_articles(file.path, reading)):
            if isinstance(parsed, InputError):
                record = Record(FILES, file.number, place, self._now, file.path, parsed.original, {})
                yield TaggedOutput(FAILED, steps.Failure(record, parsed.step, str(parsed)))
            else:
                message = outgoing.arrived(parsed)
                yield Record(FILES, file.number, place, self._now, message.key, message.value, message.headers)


def _articles(path: str, reading: ImportSession) -> Iterator[Article | InputError]:
    """Yield the articles in the file; an error in place of its unreadable rest."""
    with closing(FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)) as stream:
        lines = gzip.GzipFile(fileobj=stream) if path.lower().endswith(".gz") else stream
        try:
            yield from in_lines(lines, path, reading)
        except _SPOILT as error:
            yield InputError(f"{path} cannot be read: {error}", step="ingest")


class ReadLines(beam.PTransform):
    """Reads articles from files of JSON Lines as records of a backfill, first seen at `now`, and failures."""

    def __init__(self, paths: Sequence[str], limits: Poll, now: datetime) -> None:
        super().__init__()
        self._files = [_File(number, path) for number, path in enumerate(paths)]
        self._read = _Read(limits, now)

    def expand(self, root: Any) -> Any:
        """See `PTransform`."""
        files = root | beam.Create(self._files) | beam.Reshuffle()
        outputs = files | beam.ParDo(self._read).with_outputs(FAILED, main=_GOOD)
        return outputs[_GOOD], outputs[FAILED]


class WriteLines(beam.PTransform):
    """Writes lines to files in a folder, named after their content; without lines there is no file.

    `shards` is the number of files; with 0 the runner decides.
    """

    def __init__(self, folder: str, name: str, *, shards: int, compressed: bool) -> None:
        super().__init__()
        self._prefix = FileSystems.join(folder, name)
        self._suffix = ".jsonl.gz" if compressed else ".jsonl"
        self._shards = shards

    def expand(self, lines: Any) -> Any:
        """See `PTransform`."""
        return lines | WriteToText(
            self._prefix,
            file_name_suffix=self._suffix,
            num_shards=self._shards,
            coder=BytesCoder(),
            skip_if_empty=True,
        )


def dead_letter(failure: steps.Failure, now: datetime) -> bytes:
    """Return a dead letter as a line: the bytes of the record as text, or else as base64, with step and error."""
    message = steps.dead_letter(failure, now)
    try:
        content = {"text": message.value.decode("utf-8")}
    except UnicodeDecodeError:
        content = {"base64": base64.b64encode(message.value).decode()}
    return orjson.dumps({**message.headers, "key": message.key, **content})
