"""The SQLite file: what it refuses and in which words, and that nothing is ever half there."""

import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.sqlite.database import Database, open_file
from connectors.sqlite.desk import SqliteDesk
from connectors.sqlite.log import SqliteLog
from connectors.sqlite.migrations import VERSION
from pipeline.errors import SettingsError, UsageError, WorldError
from pipeline.model import Actor, Feed
from pipeline.ports import Message
from pipeline.testing import FakeClock
from tests import examples

SHORT = timedelta(milliseconds=20)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "onrecord.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(open_file(path, SHORT)) as opened:
        yield opened


@contextmanager
def other_process(path: Path) -> Iterator[sqlite3.Connection]:
    """Another connection is to SQLite what another process is."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def test_a_new_file_is_made_and_opened_again(path: Path) -> None:
    with closing(open_file(path)) as database:
        SqliteDesk(database).save(examples.feed())
    with closing(open_file(path)) as database:
        assert SqliteDesk(database).all(Feed) == [examples.feed()]


def test_an_empty_file_is_a_new_one(path: Path) -> None:
    path.touch()
    with closing(open_file(path)) as database:
        assert SqliteDesk(database).all(Feed) == []


def test_closing_leaves_one_file(path: Path) -> None:
    with closing(open_file(path)) as database:
        SqliteDesk(database).save(examples.feed())
        SqliteDesk(database).all(Feed)
    assert list(path.parent.iterdir()) == [path]


def test_a_new_file_behind_a_link_is_readable_by_its_owner_only(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere.sqlite")
    with closing(open_file(path)) as database:
        SqliteDesk(database).save(examples.feed())
    assert stat.S_IMODE((tmp_path / "elsewhere.sqlite").stat().st_mode) == 0o600


def test_a_new_file_is_readable_by_its_owner_only(path: Path) -> None:
    with closing(open_file(path)) as database:
        SqliteDesk(database).save(examples.feed())
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == dict.fromkeys((path.name, f"{path.name}-wal", f"{path.name}-shm"), 0o600)


def test_every_commit_is_flushed_to_the_disk(database: Database) -> None:
    with database.writing() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_many_may_make_the_file_at_once(path: Path) -> None:
    def make(number: int) -> None:
        with closing(open_file(path)) as database:
            SqliteDesk(database).save(examples.feed(url=f"https://{number}.example"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(16)))
    with closing(open_file(path)) as database:
        assert len(SqliteDesk(database).all(Feed)) == 16


def refused(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        open_file(path, SHORT)
    message = str(caught.value)
    assert message.startswith("file: ")
    assert "\n" not in message
    return message


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert refused(missing / "a.sqlite").endswith(f"the directory {missing} does not exist")
    assert not missing.exists()


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"file: {tmp_path} is a directory"


def test_a_device_is_refused() -> None:
    assert refused(Path(os.devnull)) == f"file: {os.devnull} is not an ordinary file"


@pytest.mark.parametrize("content", [b"<html>" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000, b"x"])
def test_a_file_that_is_no_database_is_refused_unchanged(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert str(path) in refused(path)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_the_database_of_another_program_is_refused_unchanged(path: Path) -> None:
    with other_process(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    before = path.read_bytes()
    assert refused(path) == f"file: {path} is an SQLite database of another program"
    assert path.read_bytes() == before


def test_a_newer_version_is_refused_unchanged(path: Path) -> None:
    open_file(path).close()
    with other_process(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    assert refused(path) == f"file: {path} has version 99, this onrecord reads up to {VERSION}: update it"
    assert path.read_bytes() == before


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write everything, so root becomes nobody meanwhile."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may look into, which pytest's are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    folder.chmod(0o777)
    shutil.rmtree(folder)


def test_a_read_only_file_is_refused(open_folder: Path) -> None:
    path = open_folder / "onrecord.sqlite"
    open_file(path).close()
    path.chmod(0o444)
    with unprivileged():
        assert refused(path) == f"file: {path} is read-only"


def test_a_read_only_directory_is_refused(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    with unprivileged():
        assert refused(open_folder / "onrecord.sqlite") == f"file: {open_folder} is read-only"
    assert list(open_folder.iterdir()) == []


def test_a_locked_file_may_be_tried_again(path: Path) -> None:
    database = open_file(path, SHORT)
    desk = SqliteDesk(database)
    with closing(database), other_process(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(WorldError, match=f"{path} is locked by another process"):
            desk.save(examples.feed())
        assert desk.all(Feed) == []
        connection.execute("ROLLBACK")
        desk.save(examples.feed())
        assert desk.all(Feed) == [examples.feed()]


def test_a_file_locked_while_it_is_made_may_be_tried_again(path: Path) -> None:
    with other_process(path) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(WorldError, match="locked"):
            open_file(path, SHORT)
    open_file(path, SHORT).close()


def test_a_call_on_a_full_disk_stores_nothing_and_loses_nothing(database: Database, path: Path) -> None:
    log = SqliteLog(database, FakeClock())
    log.append("articles", [Message("a", b"first")])
    with database.writing() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(WorldError, match=f"{path} cannot grow, the disk is full"):
        log.append("articles", [Message("a", bytes(3000)) for _ in range(100)])
    assert [record.value for record in log.read("articles", "reader", 1000)] == [b"first"]
    with database.writing() as connection:
        connection.execute("PRAGMA max_page_count = 100000")
    log.append("articles", [Message("a", bytes(3000)) for _ in range(100)])
    assert log.lag("articles", "reader") == 101


def test_a_disk_that_is_full_at_once_leaves_a_file_that_can_be_opened_later(path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, limits[1]))
    try:
        with pytest.raises(WorldError, match=str(path)):
            open_file(path, SHORT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    open_file(path, SHORT).close()


def test_a_damaged_file_says_so(path: Path) -> None:
    with closing(open_file(path)) as database:
        SqliteDesk(database).save(*(examples.feed(url=f"https://{number}.example") for number in range(500)))
    content = bytearray(path.read_bytes())
    half = len(content) // 2  # the tables' definitions stand before it
    content[half:] = os.urandom(len(content) - half)
    path.write_bytes(content)
    with closing(open_file(path)) as database, pytest.raises(WorldError, match=f"{path} is damaged"):
        SqliteDesk(database).all(Feed)


def test_a_failed_transaction_stores_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        connection.execute("INSERT INTO desk_versions VALUES ('feed', 1)")
        raise ZeroDivisionError
    with database.reading() as connection:
        assert connection.execute("SELECT * FROM desk_versions").fetchall() == []


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    desk = SqliteDesk(database)
    with database.reading() as connection:
        before = connection.execute("SELECT count(*) FROM desk").fetchone()
        desk.save(examples.feed())
        assert connection.execute("SELECT count(*) FROM desk").fetchone() == before == (0,)
    assert len(desk.all(Feed)) == 1


def test_half_a_surrogate_is_the_callers_mistake(database: Database) -> None:
    with pytest.raises(UsageError, match="surrogate"):
        SqliteDesk(database).remove(Feed, "\ud800")


WRITER = """
import sys
from pathlib import Path
from connectors.sqlite.log import SqliteLog
from connectors.sqlite.database import open_file
from pipeline.ports import Message
from pipeline.testing import FakeClock
log = SqliteLog(open_file(Path(sys.argv[1])), FakeClock())
for batch in range(10**9):
    log.append("articles", [Message("a", f"{batch} {place}".encode() * 100) for place in range(7)])
    print(batch, flush=True)
"""


@pytest.mark.slow
def test_appended_records_survive_a_kill(path: Path) -> None:
    for run in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            lines = [writer.stdout.readline() for _ in range(20 + 13 * run)]
            writer.kill()
            acknowledged = int((lines + writer.stdout.readlines())[-1])
        with closing(open_file(path)) as database:
            log = SqliteLog(database, FakeClock())
            records = log.read("articles", "reader", 10**6)
            log.commit("reader", records)
            assert log.lag("articles", "reader") == 0
        assert len(records) % 7 == 0
        assert len(records) // 7 in (acknowledged + 1, acknowledged + 2)


def test_a_burst_of_readers_leaves_few_connections(tmp_path: Path) -> None:
    opened = open_file(tmp_path / "desk.sqlite")
    blocks = [opened.reading() for _ in range(12)]
    for block in blocks:
        block.__enter__()
    for block in blocks:
        block.__exit__(None, None, None)
    assert opened._readers.qsize() <= 4
    with opened.reading() as connection:
        (pages,) = connection.execute("PRAGMA cache_size").fetchone()
    assert -8_192 <= pages < 0
    opened.close()


def test_actors_are_read_again_after_a_change_through_another_connection(path: Path) -> None:
    with closing(open_file(path)) as first, closing(open_file(path)) as second:
        reader, writer = SqliteDesk(first), SqliteDesk(second)
        assert reader.all(Actor) == []
        writer.save(examples.actor())
        assert reader.all(Actor) == reader.all(Actor) == [examples.actor()]
        writer.save(examples.actor("Ada Berg"))
        assert [actor.name for actor in reader.all(Actor)] == ["Ada Berg"]
        writer.remove(Actor, examples.actor().id)
        assert reader.all(Actor) == []
