"""Migrations of the SQLite file: from every older version, all or nothing, with a backup."""

import json
import re
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.sqlite.database import APPLICATION, open_file
from connectors.sqlite.desk import SqliteDesk
from connectors.sqlite.migrations import STEPS, VERSION
from pipeline.codec import encode
from pipeline.errors import WorldError
from pipeline.model import Actor, Document, Feed, FeedState, Report
from pipeline.text import words
from tests import examples
from tests.examples import NOON

COLLECTIONS = ("articles", "quotes", "statements")

SCHEMAS = Path(__file__).parents[2] / "data" / "sqlite"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "onrecord.sqlite"


def old_file(path: Path, version: int) -> None:
    """Create a file as that version of the program did, with one record in its log."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((SCHEMAS / f"version-{version}.sql").read_text("utf-8"))
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("INSERT INTO topics VALUES (1, 'articles', 1)")
        connection.execute("INSERT INTO records VALUES (1, 1, 0, 0, 0, 'key', x'00', '{}')")
        connection.commit()


def tables(path: Path) -> dict[str, str]:
    """The statements that created the tables and indexes, by name, with blanks made equal."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows}


def columns(path: Path) -> dict[str, list[str]]:
    """The columns of each table, whose text differs from `schema.sql` where a column was added."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: [repr(column) for column in connection.execute(f"PRAGMA table_xinfo('{name}')")]
            for name in tables(path)
        }


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return int(version)


def test_the_schema_of_every_version_is_stored_for_these_tests() -> None:
    assert {file.name for file in SCHEMAS.iterdir()} == {f"version-{number + 1}.sql" for number in range(VERSION)}


def test_a_new_file_has_the_latest_schema(path: Path, tmp_path: Path) -> None:
    open_file(path).close()
    old_file(tmp_path / "latest.sqlite", VERSION)
    assert tables(path) == tables(tmp_path / "latest.sqlite")
    assert version_of(path) == VERSION


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_a_file_of_any_version_gets_the_latest_tables_and_keeps_its_rows(
    path: Path, tmp_path: Path, version: int
) -> None:
    old_file(path, version)
    open_file(path).close()
    open_file(tmp_path / "new.sqlite").close()
    assert columns(path) == columns(tmp_path / "new.sqlite")
    assert version_of(path) == VERSION
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT key, value FROM records").fetchall() == [("key", b"\x00")]


def test_version_3_divides_a_feed_into_the_user_s_record_and_the_poller_s_state(path: Path) -> None:
    subscription = {"url": "https://a.example/", "source": "A", "title": "The A", "language": "en", "full_text": True}
    machine = {
        "etag": 'W/"é"',
        "polled": True,
        "failures": 2,
        "seen": ["ab", "cd"],
        "next_check": "2026-03-02T12:00:00Z",
    }
    never_polled = {"url": "https://b.example/", "source": "B"}
    old_file(path, 1)
    with closing(sqlite3.connect(path)) as connection:
        for value in (subscription | machine, never_polled):
            body = json.dumps({"schema": "feed/1", "value": value}).encode()
            connection.execute("INSERT INTO desk VALUES ('feed', ?, ?)", (value["url"], body))
        connection.execute("INSERT INTO desk VALUES ('actor', 'ada-lindqvist', ?)", (encode(examples.actor()),))
        connection.commit()
    with closing(open_file(path)) as database:
        desk = SqliteDesk(database)
        assert desk.all(Feed) == [
            Feed(url="https://a.example/", source="A", title="The A", language="en"),
            Feed(url="https://b.example/", source="B"),
        ]
        assert desk.all(FeedState) == [
            FeedState(url="https://a.example/", etag='W/"é"', polled=True, failures=2, seen="abcd", next_check=NOON)
        ]
        assert desk.all(Actor) == [examples.actor()]
    with closing(sqlite3.connect(path)) as connection:
        (body,) = connection.execute("SELECT body FROM desk WHERE noun = 'feed' ORDER BY id").fetchone()
    assert json.loads(body)["value"] == subscription


def add_places(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE deliveries ADD COLUMN place TEXT NOT NULL DEFAULT ''")


def add_notes(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE notes (text TEXT)")
    connection.execute("INSERT INTO notes VALUES ('from ' || (SELECT count(*) FROM records))")


def fail(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM records")
    raise ZeroDivisionError


NEXT = (*STEPS, add_places, add_notes)


def notes(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM notes")]


def test_the_steps_that_a_file_lacks_run_once_in_order(path: Path) -> None:
    old_file(path, 1)
    open_file(path, steps=NEXT[:-1]).close()
    assert version_of(path) == VERSION + 1
    for _ in range(2):
        open_file(path, steps=NEXT).close()
    assert version_of(path) == VERSION + 2
    assert notes(path) == ["from 1"]


def test_a_migration_leaves_a_backup(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    old_file(path, 1)
    before = tables(path)
    open_file(path, steps=NEXT).close()
    backup = path.with_name("onrecord.sqlite.version-1")
    assert sorted(path.parent.iterdir()) == [path, backup]
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert (version_of(backup), tables(backup)) == (1, before)
    assert f"its backup is {backup}" in caplog.text
    backup.replace(path)
    open_file(path, steps=NEXT).close()
    assert notes(path) == ["from 1"]


def test_a_backup_has_what_was_not_yet_folded_into_the_file(path: Path) -> None:
    old_file(path, 1)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO records VALUES (2, 1, 0, 1, 0, 'key', x'01', '{}')")
        other.commit()
        open_file(path, steps=NEXT).close()
    with closing(sqlite3.connect(path.with_name("onrecord.sqlite.version-1"))) as backup:
        assert backup.execute("SELECT count(*) FROM records").fetchone() == (2,)


def test_a_step_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    old_file(path, 1)
    before = tables(path)
    with pytest.raises(ZeroDivisionError):
        open_file(path, steps=(*NEXT, fail))
    assert (version_of(path), tables(path)) == (1, before)
    open_file(path).close()


def test_nothing_is_migrated_if_the_backup_fails(path: Path) -> None:
    old_file(path, 1)
    path.with_name("onrecord.sqlite.version-1").mkdir()
    with pytest.raises(WorldError, match="cannot be backed up"):
        open_file(path, steps=NEXT)
    assert version_of(path) == 1


def test_a_file_is_migrated_by_one_of_many_processes(path: Path) -> None:
    old_file(path, 1)

    def opened(_: int) -> None:
        open_file(path, steps=NEXT).close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(opened, range(16)))
    assert notes(path) == ["from 1"]


def put_first(connection: sqlite3.Connection, collection: str, row: int, place: int, dated: int) -> None:
    """A row as version 1 put it, with one word of text."""
    connection.execute(f"INSERT INTO {collection} VALUES (?, 1, ?, ?, 1)", (row, place, dated))
    connection.execute(f"INSERT INTO {collection}_words (rowid, text, every) VALUES (?, 'harbour', 'x')", (row,))


def test_rows_of_the_first_version_get_their_modality_verdict_and_order(path: Path) -> None:
    old_file(path, 1)
    denied = examples.report(modality="denied")
    changed = replace(examples.statement(denied), changed_from="earlier")
    body = encode(examples.decision(denied, statement=changed))
    document = encode(replace(examples.document(), quotes=(denied.quote, replace(denied.quote, modality="asked"))))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO facets VALUES (1, 'ada', 'courier', 'en', 'indirect')")
        connection.execute("INSERT INTO decisions VALUES (1, 'quote', 'article', 'statement', 'ada', 0, 0, ?)", (body,))
        connection.execute("INSERT INTO documents VALUES (1, 'article', 1, '', '', ?)", (document,))
        put_first(connection, "statements", 7, 0, 3_000_000)
        put_first(connection, "statements", 8, 0, 1_000_000)
        put_first(connection, "statements", 9, 0, 1_000_000)
        put_first(connection, "quotes", 5, 1, 1_000_000)
        put_first(connection, "articles", 5, 0, 1_000_000)
        connection.commit()
    open_file(path).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT row, dated FROM statements ORDER BY row").fetchall() == [
            (2_048_000_000, 1_000_000),
            (2_048_000_001, 1_000_000),
            (6_144_000_000, 3_000_000),
        ]
        result = "SELECT count(*) FROM statements_words WHERE statements_words MATCH ?"
        assert connection.execute(result, ("said : denied AND verdict : changed AND harbour",)).fetchone() == (3,)
        assert connection.execute("SELECT said FROM quotes_words").fetchall() == [("asked",)]
        assert connection.execute("SELECT said FROM articles_words").fetchall() == [("asked denied",)]
        assert set(connection.execute("SELECT speaker, kind, said, verdict FROM facets")) == {
            ("ada", "indirect", "denied", "changed"),
            ("ada", "indirect", "asked", ""),
            ("ada", "indirect", "", ""),
        }


def test_version_5_finds_the_kinds_of_source_in_the_bodies(path: Path) -> None:
    old_file(path, 4)
    unnamed = examples.report(source_kind="anonymous")
    document = replace(examples.document(), quotes=(unnamed.quote, replace(unnamed.quote, source_kind="official")))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO facets VALUES (1, 'ada', 'courier', 'en', 'indirect', 'asserted', '')")
        decision = encode(examples.decision(unnamed))
        connection.execute("INSERT INTO decisions VALUES (1, 'q', 'article', 'statement', 'ada', 0, 0, ?)", (decision,))
        connection.execute("INSERT INTO documents VALUES (1, 'article', 1, '', '', ?)", (encode(document),))
        put_first(connection, "statements", 7, 0, 0)
        put_first(connection, "quotes", 5, 1, 0)
        put_first(connection, "articles", 5, 0, 0)
        connection.commit()
    open_file(path).close()
    with closing(sqlite3.connect(path)) as connection:
        kinds = [connection.execute(f"SELECT source_kind FROM {each}_words").fetchall() for each in COLLECTIONS]
        assert kinds == [[("anonymous official",)], [("official",)], [("anonymous",)]]
        assert connection.execute("SELECT row FROM statements").fetchall() == [(7,)]
        counted = "SELECT source_kind FROM quotes JOIN facets ON number = facet"
        assert connection.execute(counted).fetchall() == [("official",)]
        assert connection.execute("SELECT rowid FROM quotes_words WHERE quotes_words MATCH 'harbour'").fetchall() == [
            (5,)
        ]


def test_version_6_matches_inflected_forms_in_every_row(path: Path) -> None:
    old_file(path, 5)
    text = "Er sprach – so seine Worte – über des Haushalts Häuser."
    article = examples.article(text=text, title="Anträge", language="de-AT")
    whole = examples.quote(article, text, fragments=((0, 9), (31, len(text))))
    report = Report(whole, examples.reference(article))
    document, decision = encode(Document(article=article, quotes=(whole,))), encode(examples.decision(report))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO facets VALUES (1, 'ada', 'courier', 'de', 'indirect', 'asserted', '', '')")
        connection.execute("INSERT INTO decisions VALUES (1, 'q', 'article', 'statement', 'ada', 0, 0, ?)", (decision,))
        connection.execute("INSERT INTO documents VALUES (1, 'article', 1, '', '', ?)", (document,))
        for collection, entry_words in (
            ("articles", " ".join(words(text))),
            *((each, "er sprach uber des haushalts hauser") for each in ("quotes", "statements")),
        ):
            connection.execute(f"INSERT INTO {collection} VALUES (7, 1, 0, 0, 1)")
            connection.execute(
                f"INSERT INTO {collection}_words (rowid, title, text, every) VALUES (7, ?, ?, 'x')",
                ("antrage" if collection == "articles" else "", entry_words),
            )
        connection.commit()
    open_file(path).close()
    with closing(sqlite3.connect(path)) as connection:
        found = [connection.execute(f"SELECT rowid, stems FROM {each}_words").fetchall() for each in COLLECTIONS]
    short = " de_er de_sprach de_uber de_des de_haushalt de_haus "
    assert found[1:] == [[(7, short)], [(7, short)]]
    ((row, stems),) = found[0]
    assert row == 7
    assert {"de_antrag", "de_wort", "de_haus"} <= {*stems.split()}


def test_version_6_says_how_far_it_has_come(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("connectors.sqlite.migrations.step_6_stems._PROGRESS", 2)
    old_file(path, 5)
    with closing(sqlite3.connect(path)) as connection:
        for row in range(5):
            connection.execute("INSERT INTO quotes_words (rowid, text, every) VALUES (?, 'harbour', 'x')", (row,))
        connection.commit()
    open_file(path).close()
    assert [f"has indexed {rows} quotes" in caplog.text for rows in (2, 4, 5)] == [True, True, False]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM quotes_words('harbour')").fetchone() == (5,)


def test_version_4_parts_words_of_scripts_without_spaces(path: Path) -> None:
    old_file(path, 3)
    row = 1, "harbour", "abc 市長の橋 tokyo"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO articles_words (rowid, title, text) VALUES (?, ?, ?)", row)
        connection.commit()
    open_file(path).close()
    result = "SELECT title, text FROM articles_words WHERE articles_words MATCH ?"
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(result, ('"長 の"',)).fetchall()
    assert rows == [("harbour", "abc 市 長 の 橋 tokyo")]
