"""Exports of statements and hits (schema.org JSON-LD, CSV, Excel, JSON Lines), and the short attribution of a quote."""

import csv
import io
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from functools import cache
from typing import Any, Final

from pydantic_core import to_json, to_jsonable_python

from pipeline.errors import InputError
from pipeline.languages import text_of, with_file
from pipeline.model import Actor, Decision, Report, Statement
from pipeline.model.query import Hit, Page, Search
from pipeline.model.quotation import annotation, annotation_page, claim, quotation
from pipeline.ports import Archive, Desk
from pipeline.statements.provenance import standing_reports
from pipeline.text import harmless

_VERBS: Final = {"negated": "did not say", "denied": "denied", "asked": "asked", "hypothetical": "would say"}

_LONGEST: Final = 24  # characters of a cue that is shown as it stands


@cache
def _listed(kind: str) -> frozenset[str]:
    """Return the words that all languages list under `kind` in their `search.toml`."""
    tables = (tomllib.loads(text_of(code, "search.toml")) for code in with_file("search.toml"))
    return frozenset(word for table in tables for word in table.get(kind, "").split())


def verb(cue: str, modality: str, translate: Callable[[str], str] = str) -> str:
    """Return the article's verb of saying where it has one, else that of the modality, translated."""
    if modality in ("negated", "hypothetical"):
        return translate(_VERBS[modality])
    head, *middle = cue.split() or [""]
    if any(word[0].isupper() for word in middle):
        cue = f"{head} … {middle[-1]}"  # "räumte Lindqvist ein"
    none = head.casefold() in _listed("no_verbs") | _listed("need_object")
    if head[:1].isalpha() and not none and len(cue) <= _LONGEST:
        return cue
    return translate(_VERBS.get(modality, "said"))


def words(text: str, kind: str) -> str:
    """The words, those that are the speaker's own in quotation marks."""
    return f"“{text}”" if kind == "direct" else text


def attributed(
    speaker: str, *, cue: str, modality: str, kind: str, text: str, translate: Callable[[str], str] = str
) -> str:
    """One line such as "Ada Lindqvist denied that the harbour would close"; see `verb` for `translate`."""
    predicate = said(cue=cue, modality=modality, kind=kind, text=text, translate=translate)
    return f"{speaker or 'Nobody named'} {predicate}"


def said(*, cue: str, modality: str, kind: str, text: str, translate: Callable[[str], str] = str) -> str:
    """Return the predicate after the speaker's name: "denied that the harbour would close"."""
    return f"{verb(cue, modality, translate)}{joint(text, kind)}{words(text, kind)}"


def joint(text: str, kind: str) -> str:
    """Return what stands between a verb of saying and the words: a colon, or a blank where the sentence goes on."""
    return " " if text[:1].islower() and kind != "direct" else ": "


_COLUMNS: Final = (
    "collection",
    "id",
    "first_seen",
    "published",
    "speaker_name",
    "cue",
    "text",
    "kind",
    "modality",
    "source_kind",
    "confidence",
    "reports",
    "source",
    "title",
    "url",
    "language",
    "speaker_id",
    "statement_id",
    "article_id",
)


def whole_quotation(decisions: Sequence[Decision], archive: Archive, desk: Desk) -> dict[str, Any]:
    """Return the `quotation` of these decisions' statement, with its standing reports, their texts and its actor."""
    reports = standing_reports(decisions)
    statement, texts = decisions[0].statement, _texts(reports, archive)
    return quotation(statement, reports=reports, texts=texts, actor=_actor(statement, desk))


def whole_claim(decisions: Sequence[Decision], desk: Desk, page: str = "") -> dict[str, Any]:
    """Return the `claim` of these decisions' statement, with its standing reports and its actor."""
    statement = decisions[0].statement
    return claim(statement, reports=standing_reports(decisions), actor=_actor(statement, desk), page=page)


def annotations(decisions: Sequence[Decision], archive: Archive, desk: Desk, page: str) -> dict[str, Any]:
    """Return the standing reports of a statement as a page of annotations with this id."""
    reports = standing_reports(decisions)
    texts, actor = _texts(reports, archive), _actor(decisions[0].statement, desk)
    return annotation_page(page, [annotation(report, texts.get(report.article.id), actor) for report in reports])


def _actor(statement: Statement, desk: Desk) -> Actor | None:
    return desk.find(Actor, statement.speaker_id)


def _texts(reports: Sequence[Report], archive: Archive) -> dict[str, str]:
    """The text of each article, in the revision that reports."""
    revisions = {report.article.id: report.article.revision for report in reports}
    return {
        article.id: article.text
        for article in (document.article for document in archive.documents(*revisions))
        if article.revision == revisions[article.id]
    }


def every_hit(search: Callable[[Search], Page], first: Search) -> Iterator[Hit]:
    """Yield the hits of this page and of all pages after it."""
    wanted = first
    while True:
        page = search(wanted)
        yield from page.hits
        if not page.cursor:
            return
        wanted = replace(wanted, cursor=page.cursor)


def hits_jsonl(hits: Iterable[Hit]) -> Iterator[str]:
    """Yield each hit as a line of JSON, with its line end."""
    for hit in hits:
        yield to_json(hit).decode() + "\n"


def hits_csv(hits: Iterable[Hit]) -> Iterator[str]:
    """Yield the rows of a CSV file (RFC 4180), column names first; the file is safe to open in a spreadsheet."""
    rows = _Rows()
    writer = csv.writer(rows)
    writer.writerow(_COLUMNS)
    yield rows.last
    for hit in hits:
        fields = to_jsonable_python(hit)
        writer.writerow([harmless(fields[column]) for column in _COLUMNS])
        yield rows.last


_SHEET: Final = {
    "published": "Published (UTC)",
    "speaker_name": "Speaker",
    "cue": "How",
    "text": "Statement",
    "source": "Outlet",
    "title": "Headline",
    "url": "Address",
    "language": "Language",
    "kind": "Kind",
    "reports": "Reports",
    "confidence": "Confidence",
}
"""The columns of a workbook by the field of a hit."""

_WIDE: Final = frozenset({"text", "title", "url"})

MOST_ROWS: Final = 100_000
"""Rows of a workbook; a sheet can have ten times as many, which spreadsheets open slowly."""


def hits_xlsx(hits: Iterable[Hit]) -> bytes:
    """Return the hits as an Excel workbook of one sheet, with dates and numbers as such and no formula.

    Raise InputError if there are more than MOST_ROWS.
    """
    from xlsxwriter import Workbook

    content = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(content, {"constant_memory": True, "remove_timezone": True, **plain}) as book:
        sheet = book.add_worksheet("On the Record")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, _SHEET.values(), book.add_format({"bold": True}))
        for column, field in enumerate(_SHEET):
            sheet.set_column(column, column, 60 if field in _WIDE else 18)
        date_format = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        fields = list(_SHEET)[1:]
        for row, hit in enumerate(hits, 1):
            if row > MOST_ROWS:
                raise InputError(f"more than {MOST_ROWS:,} rows for a workbook: narrow the search, or take CSV")
            published = (hit.published or hit.first_seen).astimezone(UTC)
            sheet.write_datetime(row, 0, published, date_format)
            sheet.write_row(row, 1, [getattr(hit, field) or "" for field in fields])
    return content.getvalue()


def rows_csv(records: Iterable[object]) -> Iterator[str]:
    """Yield the rows of a CSV file with the fields of the records; a field of fields has a column for each."""
    flat = [_flat(to_jsonable_python(record)) for record in records]
    columns = list(dict.fromkeys(name for fields in flat for name in fields))
    rows = _Rows()
    writer = csv.writer(rows)
    writer.writerow(columns)
    yield rows.last
    for fields in flat:
        writer.writerow([harmless(fields.get(column, "")) for column in columns])
        yield rows.last


def _flat(fields: dict[str, Any], prefix: str = "") -> dict[str, object]:
    """The fields without nesting: those of a record have its name before theirs, and a list is one text."""
    flat: dict[str, object] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            flat[f"{prefix}{name}"] = ", ".join(
                each if isinstance(each, str) else to_json(each).decode() for each in value
            )
        else:
            flat[f"{prefix}{name}"] = value
    return flat


class _Rows:
    """A target for csv.writer that holds the last row."""

    last = ""

    def write(self, row: str) -> None:
        self.last = row
