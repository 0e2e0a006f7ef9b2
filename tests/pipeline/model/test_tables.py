"""The record as tables: rows of every record, and the dictionary that describes them."""

from dataclasses import fields, replace
from typing import get_args

import pytest

from pipeline.model import ClaimVerdict, Delivery, Mark, SlotDifference
from pipeline.model.tables import (
    TABLES,
    ArticleRow,
    ColumnKind,
    ReportRow,
    Table,
    alert_rows,
    decision_rows,
    dictionary,
    document_rows,
    mark_rows,
    values,
)
from tests import examples
from tests.examples import NOON


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_column_is_described_with_a_known_kind_and_keys_are_columns(table: Table) -> None:
    names = {column.name for column in table.columns}
    assert set(table.key) <= names
    for column in table.columns:
        assert column.kind in get_args(ColumnKind)
        assert column.meaning
        assert column.kind != "time" or "UTC" in column.meaning
        assert f"| `{column.name}` | {column.kind} | {column.meaning} |" in dictionary()


def test_the_columns_are_the_fields_of_the_rows() -> None:
    for row, table in TABLES.items():
        assert [column.name for column in table.columns] == [field.name for field in fields(row)]


def test_a_document_is_an_article_with_quotes_and_mentions() -> None:
    document = examples.document()
    article, quote, mention = document_rows(document)
    assert isinstance(article, ArticleRow)
    assert dict(zip([c.name for c in TABLES[ArticleRow].columns], values(article), strict=True))["characters"] == 63
    assert values(quote)[:6] == (
        document.quotes[0].id,
        document.article.id,
        1,
        "ada-lindqvist",
        "Ada Lindqvist",
        "The harbour will stay open",
    )
    assert values(mention)[2:] == (34, 47, "Ada Lindqvist", "person", "Ada Lindqvist", "ada-lindqvist")


def test_the_row_of_a_statement_has_its_first_report_only() -> None:
    first = examples.decision()
    claims = (
        ClaimVerdict(
            text="It stays",
            verdict="changed",
            statement="s1",
            known="It closes",
            certainty=0.8,
            differences=(SlotDifference("verb", "closes", "stays"),),
        ),
    )
    other = replace(
        first,
        report=examples.report(examples.article("https://gazette.example/")),
        verdict="repeated",
        claims=claims,
        copy_of=("another article",),
    )
    assert [type(row).__name__ for row in decision_rows(first)] == ["StatementRow", "ReportRow"]
    report, claim = decision_rows(other)
    assert isinstance(report, ReportRow)
    assert (report.statement_id, report.verdict, report.copy) == (first.statement.id, "repeated", True)
    assert values(claim)[1:] == (
        1,
        first.statement.id,
        "It stays",
        "changed",
        0.8,
        "s1",
        "It closes",
        ("verb: closes → stays",),
    )


def test_alerts_have_the_channel_but_not_the_address_of_their_target() -> None:
    delivery: Delivery = replace(examples.delivery(), target="email:desk@courier.example")
    (row,) = alert_rows([replace(delivery, also=(delivery.alert,))])
    assert row.channel == "email"
    assert "courier.example" not in "".join(map(str, values(row)))


def test_a_mark_names_the_alert_or_decision_it_judges() -> None:
    alert = examples.delivery().alert
    (row,) = mark_rows([Mark(label="not-new", alert=alert, time=NOON, note="known")])
    assert (row.label, row.alert_id, row.note, row.content) == (
        "not-new",
        alert.id,
        "known",
        "The harbour will stay open",
    )
