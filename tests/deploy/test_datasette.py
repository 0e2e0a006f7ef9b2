"""An export in Datasette, with the metadata under deploy/: the real program serves it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.files.tables import SQLITE_NAME, exporter
from pipeline.model.tables import TABLES, Row, alert_rows, decision_rows, document_rows
from tests import examples
from tests.deploy.files import DEPLOY

METADATA = yaml.safe_load((DEPLOY / "datasette.yaml").read_text("utf-8"))
DESCRIBED = METADATA["databases"]["record"]["tables"]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    writer = exporter("sqlite")(folder, 1)
    written: list[Row] = [
        *document_rows(examples.document()),
        *decision_rows(examples.decision()),
        *alert_rows([examples.delivery()]),
    ]
    for row in written:
        writer.write(TABLES[type(row)], [row])
    writer.close()
    return folder / SQLITE_NAME


def get(database: Path, *paths: str) -> list[Any]:
    from datasette.app import Datasette

    async def answers() -> list[Any]:
        served = Datasette([str(database)], metadata=METADATA)
        await served.invoke_startup()
        return [(await served.client.get(path)) for path in paths]

    return asyncio.run(answers())


def test_the_metadata_describes_every_table_by_columns_that_exist() -> None:
    assert set(DESCRIBED) == {table.name for table in TABLES.values()} | {"dictionary"}
    for table in TABLES.values():
        names = {column.name for column in table.columns}
        described = DESCRIBED[table.name]
        assert {*described.get("facets", ()), *filter(None, map(described.get, ("sort_desc", "label_column")))} <= names


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_datasette_serves_tables_facets_search_and_queries(database: Path) -> None:
    page, search, day, changed = get(
        database,
        "/record/statements",
        "/record/quotes.json?_search=harbour&_shape=array",
        "/record/by_day.json?_shape=array",
        "/record/changed.json?_shape=array",
    )
    assert page.status_code == 200
    for shown in ("What somebody said", "speaker_name", "The harbour will stay open", 'type="search"'):
        assert shown in page.text
    assert [row["content"] for row in search.json()] == ["The harbour will stay open"]
    assert day.json() == [{"day": "2026-03-02", "statements": 1}]
    assert changed.json() == []
