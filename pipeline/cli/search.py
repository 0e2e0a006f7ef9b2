"""`onrecord search`: search quotes, articles and statements."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from pipeline.cli.desk import opened
from pipeline.cli.output import (
    Json,
    Limit,
    bold,
    faint,
    marked,
    moment,
    on_terminal,
    one_line,
    put,
    put_json,
    put_table,
    say,
)
from pipeline.errors import UsageError
from pipeline.model.query import Collection, Hit, Order, Page, Search

if TYPE_CHECKING:
    from collections.abc import Callable

_AROUND = 200  # characters of an article to show before and after its first match

_SHORTENED = "…"


_EXCLUDED = re.compile(r"-[^-\W].")  # "-ferry", but neither an option of one letter nor "--json"


class SearchCommand(typer.core.TyperCommand):
    """Takes an argument such as -ferry for a part of the query, not for an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put a blank before such an argument, so that it does not begin like an option."""
        return list(super().parse_args(ctx, [f" {text}" if _EXCLUDED.match(text) else text for text in args]))


def search(
    ctx: typer.Context,
    *,
    query: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUERY…",
            help='Words, "phrases", prefix*, AND, OR, NOT, (…) and speaker: about: source: lang: kind: said: verdict: '
            "after: before:; an empty query finds everything.",
        ),
    ] = None,
    collection: Annotated[Collection, typer.Option("--in", help="The collection to search.")] = "quotes",
    order: Annotated[Order, typer.Option(help="The order of hits.")] = "newest",
    limit: Limit = 20,
    cursor: Annotated[str, typer.Option(help="Continue after an earlier page.")] = "",
    facets: Annotated[bool, typer.Option("--facets", help="Count hits by speaker, source, language, kind.")] = False,
    days: Annotated[bool, typer.Option("--days", help="Count hits by day (UTC).")] = False,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print every hit as CSV.")] = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="Print every hit as JSON Lines.")] = False,
) -> None:
    """Search quotes, articles or statements."""
    from pipeline.search import query as language
    from pipeline.services import utc_now

    if as_json + as_csv + as_jsonl > 1:
        raise UsageError("--json, --csv and --jsonl exclude one another")
    wanted = Search(
        collection=collection,
        query=language.parse(" ".join(query or ()), utc_now()),
        order=order,
        limit=limit,
        cursor=cursor,
        facets=facets,
        days=days,
    )
    with opened(ctx) as services:
        if as_csv or as_jsonl:
            return _put_every(services.index.search, wanted, as_csv=as_csv)
        page = services.index.search(wanted)
    if (facets or days) and not as_json:
        return _put_counts(page)
    return put_page(page, as_json=as_json)


def _put_every(find: "Callable[[Search], Page]", wanted: Search, *, as_csv: bool) -> None:
    import sys
    from dataclasses import replace

    from pipeline.search.export import every_hit, hits_csv, hits_jsonl

    hits = every_hit(find, replace(wanted, limit=1000, facets=False, days=False))
    for line in (hits_csv if as_csv else hits_jsonl)(hits):
        sys.stdout.write(line)


def _put_counts(page: Page) -> None:
    by_field = [(field, value, count) for field, values in page.facets.items() for value, count in values]
    by_day = [("day", day.isoformat(), count) for day, count in page.days]
    put_table(("field", "value", "hits"), [*by_field, *by_day], "Nothing found")


def put_page(page: Page, *, as_json: bool) -> None:
    """Print the hits, and on standard error how to see the rest."""
    if as_json:
        from pydantic_core import to_jsonable_python

        return put_json(to_jsonable_python(page))
    if on_terminal() and page.hits:
        put("\n\n".join(_block(hit) for hit in page.hits))
    else:
        put_table((), _rows(page.hits), "Nothing found")
    if page.cursor:
        say(f"{len(page.hits)} of {page.total:,}; continue with --cursor {page.cursor}")
    return None


def _rows(hits: Iterable[Hit]) -> list[tuple[str | int | float, ...]]:
    """Return the columns for a pipe: time, speaker, text, source and more; the id is the last."""
    return [
        (
            hit.first_seen.isoformat(),
            hit.speaker_name,
            hit.title if hit.collection == "articles" else hit.text,
            hit.source,
            hit.url,
            hit.kind,
            hit.confidence,
            hit.reports,
            hit.modality,
            one_line(hit.cue),
            hit.statement_id or hit.id,
        )
        for hit in hits
    ]


def _block(hit: Hit) -> str:
    """Return the hit as three or four lines for a terminal."""
    from pipeline.search.export import verb

    time = hit.published or hit.first_seen
    source = f"{one_line(hit.source)}, {one_line(hit.title)}  {one_line(hit.url)}"
    if hit.collection == "articles":
        return f"{moment(time)}  {source}\n  {_excerpt(hit)}\n{faint(f'  {hit.id}')}"
    known = [hit.kind, f"{hit.confidence:.0%}" if hit.confidence else "", f"{hit.reports} reports" * (hit.reports > 1)]
    who = f"{bold(one_line(hit.speaker_name) or 'nobody named')} {verb(one_line(hit.cue), hit.modality)}"
    return "\n".join(
        [
            f"{moment(time)}  {who}",
            f"  {marked(hit.text, hit.highlights)}",
            f"  {source}",
            faint(f"  {', '.join(filter(None, known))}  {hit.statement_id or hit.id}"),
        ]
    )


def _excerpt(hit: Hit) -> str:
    """Return the text around the first match."""
    first = hit.highlights[0][0] if hit.highlights else 0
    start, end = max(0, first - _AROUND), min(len(hit.text), first + _AROUND)
    within = [(a - start, b - start) for a, b in hit.highlights if start <= a and b <= end]
    before, after = (_SHORTENED if shortened else "" for shortened in (start > 0, end < len(hit.text)))
    return f"{before}{marked(hit.text[start:end], within)}{after}"
