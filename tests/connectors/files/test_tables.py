"""The formats of an export, read back by the programs that people use for them."""

import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from connectors.files import tables
from connectors.files.tables import SQLITE_NAME, exporter
from pipeline.errors import SettingsError, UsageError
from pipeline.model.tables import TABLES, ArticleRow, Row, document_rows, values
from tests import examples
from tests.examples import NOON

HOSTILE = '=1+1,\n"quoted"; \ud800 half; –'


def rows(part: int = 1, **changes: Any) -> list[Row]:
    article = replace(examples.article(f"https://courier.example/{part}"), authors=("Ada", "Bo"), **changes)
    return list(document_rows(examples.document(article)))


def write(form: str, folder: Path, part: int, *written: Row) -> None:
    writer = exporter(form)(folder, part)
    for row in written:
        writer.write(TABLES[type(row)], [row])
    writer.close()


def read_csv(folder: Path, table: str) -> list[dict[str, Any]]:
    files = sorted(folder.glob(f"{table}*.csv"))
    return [row for file in files for row in csv.DictReader(StringIO(file.read_bytes().decode(), newline=""))]


def read_jsonl(folder: Path, table: str) -> list[dict[str, Any]]:
    files = sorted(folder.glob(f"{table}*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def read_parquet(folder: Path, table: str) -> list[dict[str, Any]]:
    from pyarrow import parquet

    return [row for file in sorted(folder.glob(f"{table}*.parquet")) for row in parquet.read_table(file).to_pylist()]


def read_sqlite(folder: Path, table: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(folder / SQLITE_NAME)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]


READ: dict[str, Callable[[Path, str], list[dict[str, Any]]]] = {
    "csv": read_csv,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "sqlite": read_sqlite,
}


@pytest.mark.parametrize("form", READ)
def test_rows_come_back_with_every_column_and_run_after_run(form: str, tmp_path: Path) -> None:
    for part in (1, 2):
        write(form, tmp_path, part, *rows(part))
    read = READ[form](tmp_path, "articles")
    assert [row["url"] for row in read] == ["https://courier.example/1", "https://courier.example/2"]
    assert list(read[0]) == [column.name for column in TABLES[ArticleRow].columns]
    assert len(READ[form](tmp_path, "mentions")) == 2


@pytest.mark.parametrize("form", READ)
def test_a_repeated_run_replaces_its_part(form: str, tmp_path: Path) -> None:
    write(form, tmp_path, 1, *rows(title="First"))
    write(form, tmp_path, 1, *rows(title="Second"))
    assert [row["title"] for row in READ[form](tmp_path, "articles")] == ["Second"]


@pytest.mark.parametrize("form", READ)
def test_an_incomplete_run_leaves_no_tables(form: str, tmp_path: Path) -> None:
    writer = exporter(form)(tmp_path, 1)
    writer.write(TABLES[ArticleRow], rows()[:1])
    writer.discard()
    assert [file.name for file in tmp_path.iterdir()] in ([], [SQLITE_NAME])
    write(form, tmp_path, 1, *rows())
    assert len(READ[form](tmp_path, "articles")) == 1


@pytest.mark.parametrize("form", READ)
def test_hostile_text_survives_without_half_surrogates(form: str, tmp_path: Path) -> None:
    write(form, tmp_path, 1, *rows(title=HOSTILE))
    (row,) = READ[form](tmp_path, "articles")
    expected = HOSTILE.replace("\ud800", "?")
    assert row["title"] == (f"'{expected}" if form == "csv" else expected)  # no spreadsheet reads a formula


def test_times_lists_and_numbers_have_the_types_of_each_format(tmp_path: Path) -> None:
    for form in READ:
        write(form, tmp_path, 1, *rows(published=None))
    read = {form: READ[form](tmp_path, "articles")[0] for form in READ}
    assert {form: row["first_seen"] for form, row in read.items()} == {
        "csv": "2026-03-02T12:00:00+00:00",
        "jsonl": "2026-03-02T12:00:00Z",
        "parquet": NOON,
        "sqlite": "2026-03-02T12:00:00+00:00",
    }
    assert [row["authors"] for row in read.values()] == ["Ada; Bo", ["Ada", "Bo"], ["Ada", "Bo"], '["Ada","Bo"]']
    assert [row["published"] for row in read.values()] == ["", None, None, None]
    assert [row["characters"] for row in read.values()] == ["63", 63, 63, 63]


def test_parquet_explains_its_columns_and_fills_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_ROWS", 2)
    write("parquet", tmp_path, 1, *(rows(part)[0] for part in range(5)))
    import pyarrow as pa
    from pyarrow import parquet

    file = parquet.ParquetFile(tmp_path / "articles-0001.parquet")
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [2, 2, 1]
    schema = file.schema_arrow
    assert schema.metadata[b"key"] == b"article_id revision"
    assert schema.field("characters").metadata[b"meaning"] == b"Length of the text in characters"
    assert schema.field("published").nullable
    assert not schema.field("first_seen").nullable
    assert schema.field("first_seen").type == pa.timestamp("us", tz="UTC")


def test_the_database_searches_and_explains_itself(tmp_path: Path) -> None:
    write("sqlite", tmp_path, 1, *rows())
    write(
        "sqlite",
        tmp_path,
        2,
        *rows(2, text="Lund said: the école stays, Ada Lindqvist said. The harbour will stay open"),
    )
    with closing(sqlite3.connect(tmp_path / SQLITE_NAME)) as connection:
        found = (
            "SELECT url FROM articles WHERE rowid IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH 'ecole')"
        )
        assert connection.execute(found).fetchall() == [("https://courier.example/2",)]
        explained = "SELECT meaning FROM dictionary WHERE in_table = 'articles' AND name = 'characters'"
        assert connection.execute(explained).fetchone() == ("Length of the text in characters",)


def test_a_table_that_changes_is_replaced(tmp_path: Path) -> None:
    from pipeline.model.tables import alert_rows

    for part, state in ((1, "pending"), (2, "done")):
        for form in READ:
            write(form, tmp_path, part, *alert_rows([examples.delivery(state=state)]))
    assert [[row["state"] for row in READ[form](tmp_path, "alerts")] for form in READ] == [["done"]] * 4


def test_an_unknown_format_names_the_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'xml' is unknown; known are csv, jsonl, parquet, sqlite"):
        exporter("xml")


def test_parquet_without_its_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(SettingsError, match=r"pip install 'onrecord\[parquet\]'"):
        exporter("parquet")(tmp_path, 1)


def test_values_are_in_the_order_of_the_columns() -> None:
    article = rows()[0]
    assert values(article)[3] == "Harbour stays open"
