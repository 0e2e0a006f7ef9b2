"""Files of lines, on any file system that Beam knows: articles in, what became of them out."""

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
from connectors.files.reader import FILES, in_lines
from connectors.files.records import ImportSession
from pipeline.errors import InputError, UsageError
from pipeline.model import Article
from pipeline.ports import Record
from pipeline.run import steps
from pipeline.run.beam.io import FAILED
from pipeline.settings.sections import Poll

_GOOD: Final = "good"

_SPOILT: Final = (EOFError, zlib.error, gzip.BadGzipFile)


def matching(pattern: str) -> list[str]:
    """The files that the pattern matches, by name. UsageError where there are none, or no such file system."""
    if Path(pattern).is_dir():
        raise UsageError(f"files {pattern!r}: this is a folder; name what is in it, as by '{pattern}/*.jsonl'")
    try:
        (found,) = FileSystems.match([pattern])
    except (BeamIOError, ValueError) as error:
        raise UsageError(f"files {pattern!r} cannot be looked up: {error}") from error
    paths = sorted(each.path for each in found.metadata_list)
    if not paths:
        raise UsageError(f"files {pattern!r}: there are none")
    return paths


def check_empty(folder: str) -> None:
    """UsageError where the folder holds something: shards of another run would be taken for shards of this one."""
    try:
        (found,) = FileSystems.match([FileSystems.join(folder, "*")], [1])
    except (BeamIOError, ValueError) as error:
        raise UsageError(f"folder {folder!r} cannot be looked at: {error}") from error
    if found.metadata_list:
        raise UsageError(f"folder {folder!r} is not empty: it holds {found.metadata_list[0].path}")


@dataclass(frozen=True, slots=True)
class _File:
    """A file with its number among those of the run."""

    number: int
    path: str


@beam.typehints.with_output_types(Record)
class _Read(beam.DoFn):
    """Records as the log would have them, one for each article, and what is none."""

    def __init__(self, limits: Poll, now: datetime) -> None:
        self._limits = limits
        self._now = now

    def process(self, file: _File) -> Iterator[Any]:
        name = PurePath(file.path)
        reading = ImportSession(name.stem or name.name, lambda: self._now, True, self._limits, Parser(self._limits))
        for place, found in enumerate(_articles(file.path, reading)):
            if isinstance(found, InputError):
                record = Record(FILES, file.number, place, self._now, file.path, found.original, {})
                yield TaggedOutput(FAILED, steps.Failure(record, found.step, str(found)))
            else:
                message = steps.arrived(found)
                yield Record(FILES, file.number, place, self._now, message.key, message.value, message.headers)


def _articles(path: str, reading: ImportSession) -> Iterator[Article | InputError]:
    """The articles in the file; where the rest of it is spoilt, an error in its place."""
    with closing(FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)) as stream:
        lines = gzip.GzipFile(fileobj=stream) if path.lower().endswith(".gz") else stream
        try:
            yield from in_lines(lines, path, reading)
        except _SPOILT as error:
            yield InputError(f"{path} cannot be read: {error}", step="ingest")


class ReadLines(beam.PTransform):
    """Records of the articles in files of JSON Lines, and what is none: seen first at `now`, and of a backfill."""

    def __init__(self, paths: Sequence[str], limits: Poll, now: datetime) -> None:
        super().__init__()
        self._files = [_File(number, path) for number, path in enumerate(paths)]
        self._read = _Read(limits, now)

    def expand(self, root: Any) -> Any:
        """See PTransform."""
        files = root | beam.Create(self._files) | beam.Reshuffle()
        made = files | beam.ParDo(self._read).with_outputs(FAILED, main=_GOOD)
        return made[_GOOD], made[FAILED]


class WriteLines(beam.PTransform):
    """Lines into files of a folder that are named after what they hold; none where there is none.

    `shards` is the number of files, 0 for as many as the runner likes.
    """

    def __init__(self, folder: str, name: str, *, shards: int, compressed: bool) -> None:
        super().__init__()
        self._prefix = FileSystems.join(folder, name)
        self._suffix = ".jsonl.gz" if compressed else ".jsonl"
        self._shards = shards

    def expand(self, lines: Any) -> Any:
        """See PTransform."""
        return lines | WriteToText(
            self._prefix,
            file_name_suffix=self._suffix,
            num_shards=self._shards,
            coder=BytesCoder(),
            skip_if_empty=True,
        )


def dead_letter(failure: steps.Failure, now: datetime) -> bytes:
    """A dead letter as a line: the record's own bytes as text, or as base64 where they are none, and what failed."""
    message = steps.dead_letter(failure, now)
    try:
        content = {"text": message.value.decode("utf-8")}
    except UnicodeDecodeError:
        content = {"base64": base64.b64encode(message.value).decode()}
    return orjson.dumps({**message.headers, "key": message.key, **content})
