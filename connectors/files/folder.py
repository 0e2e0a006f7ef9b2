"""Watched folders as feeds: files that are put into a folder are read as `onrecord ingest` reads them.

The address is `file:///FOLDER`. A file is read once it has not changed for some seconds, and again when it changes; a
changed file of one article is a revision of that article.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from connectors.feeds.parser import Parser
from connectors.files import reader
from connectors.files.records import ImportSession
from pipeline.errors import InputError, WorldError
from pipeline.model import Article, Feed
from pipeline.ports import Clock
from pipeline.settings.sections import Poll
from pipeline.sources import Arrivals
from pipeline.text.http import split

_QUIET: Final = timedelta(seconds=2)  # a file that changed later may still be written

_MOST_AT_ONCE: Final = 500  # articles in one poll, unless one file has more

_MOST_IN_FILE: Final = 5_000

_MOST_BYTES: Final = 1_000_000_000  # of a file, unpacked


class WatchedFolder:
    """Reads the new files of folders; safe to share between threads."""

    def __init__(self, limits: Poll, parser: Parser, clock: Clock) -> None:
        self._limits = limits
        self._parser = parser
        self._clock = clock

    def read(self, feed: Feed, cursor: str, *, first: bool) -> Arrivals:
        """See the port. The cursor is the time of change of the last file, in nanoseconds.

        The time of change (st_ctime) counts, because a file that is moved here keeps its time of modification.
        """
        folder = Path(unquote(split(feed.url).path))
        waiting = _changed(folder, int(cursor or 0), self._clock().timestamp() - _QUIET.total_seconds())
        session = ImportSession(
            feed.source or folder.name, self._clock, first, self._limits, self._parser, watched=folder
        )
        articles, failures, cpu = list[Article](), list[InputError](), 0.0
        # Files that changed at the same moment are read together, because the cursor cannot tell them apart.
        while waiting and (len(articles) < _MOST_AT_ONCE or str(waiting[0][0]) == cursor):
            changed, file = waiting.pop(0)
            for entry in _entries(file, session):
                cpu += self._parser.cost()
                if isinstance(entry, InputError):
                    failures.append(entry)
                else:
                    articles.append(replace(entry, feed=feed.id))
            cursor = str(changed)
        return Arrivals(tuple(articles), tuple(failures), cursor, more=bool(waiting), cpu=cpu)


def _changed(folder: Path, since: int, until: float) -> list[tuple[int, Path]]:
    """The files that changed after `since` (nanoseconds) and before `until` (seconds), in that order."""
    if not folder.is_dir():
        raise WorldError(f"{folder} is not a folder that can be read")
    try:
        files = [(file.lstat().st_ctime_ns, file) for file in reader.documents(folder)]
    except OSError as error:
        raise WorldError(f"{folder} cannot be read: {error.strerror or error}") from error
    return sorted((changed, file) for changed, file in files if since < changed < until * 1e9)


def _entries(file: Path, session: ImportSession) -> Iterator[Article | InputError]:
    if file.is_symlink():  # whoever may write here may not read all that we can
        yield InputError(f"{file} is a link: put the file itself into the folder", step="ingest")
        return
    entries = reader.read_file(file, session, most_bytes=_MOST_BYTES)
    yield from islice(entries, _MOST_IN_FILE)
    if next(entries, None) is not None:
        yield InputError(f"{file} has more than {_MOST_IN_FILE:,} articles: use `onrecord ingest`", step="ingest")
