"""Stanford CoreNLP's quote annotator with coreference, run on articles by Java."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import platformdirs

from tests.bench.extraction import Record
from tests.bench.naming import is_proper

_PROGRAM: Final = Path(__file__).with_name("corenlp")
_JARS: Final = platformdirs.user_cache_path("onrecord") / "corenlp"
_HEAP: Final = "4g"


def corenlp(records: Sequence[Record]) -> tuple[list[dict[str, Any]], float]:
    """Its predictions, and the articles a second of CPU, all threads together, after one was read to warm up.

    Maven fetches it with its models, 480 MB, once; Java 17 or newer gets 4 GB of heap.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / str(number) for number in range(len(records))]
        for file, record in zip(files, records, strict=True):
            file.write_bytes(record["text"].encode("utf-8", "replace"))
        command = [
            "java",
            f"-Xmx{_HEAP}",
            "-Dfile.encoding=UTF-8",
            "-cp",
            f"{_jars()}/*",
            str(_PROGRAM / "Quotes.java"),
        ]
        told = subprocess.run([*command, *map(str, files)], check=True, stdout=subprocess.PIPE, text=True).stdout
    *lines, seconds = told.splitlines()
    found: list[dict[str, Any]] = [{"id": each["id"], "text": each["text"], "quotes": []} for each in records]
    ends = dict.fromkeys(range(len(records)), 0)
    for number, *places in sorted([int(each) for each in line.split()] for line in lines):
        if places[1] > ends[number]:  # and no quotation within another
            ends[number] = places[1]
            text = found[number]["text"]
            found[number]["quotes"].append(_quote(text, list(_characters(text, places))))
    return found, len(records) / float(seconds)


def _jars() -> Path:
    if not _JARS.exists():
        options = ["-q", "-B", "-f", str(_PROGRAM / "pom.xml"), f"-DoutputDirectory={_JARS}"]
        subprocess.run(["mvn", *options, "dependency:copy-dependencies"], check=True, stdout=sys.stderr)
    return _JARS


def _characters(text: str, places: Sequence[int]) -> Iterator[int]:
    """The places, which count UTF-16 code units as Java does, in characters; -1 stays what it is."""
    units = text.encode("utf-16-le", "replace")
    return (len(units[: 2 * at].decode("utf-16-le")) if at >= 0 else at for at in places)


def _quote(text: str, places: Sequence[int]) -> dict[str, Any]:
    """Its quote, where start and end, the speaker's, and those of the speaker's name are told."""
    start, end, speaker_start, speaker_end, name_start, name_end = places
    name = text[name_start:name_end]
    return {
        "start": start,
        "end": end,
        "speaker_text": text[speaker_start:speaker_end] or None,
        "speaker_start": speaker_start if speaker_start >= 0 else None,
        "speaker_end": speaker_end if speaker_end >= 0 else None,
        "speaker_name": name if is_proper(name) else None,
        "cue": None,
    }
