"""`onrecord search` and `onrecord statements`: queries, statements with their reports, and exports."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
import typer.core

from pipeline.cli.desk import STATEMENT_IDS, opened
from pipeline.cli.output import (
    Json,
    Limit,
    amount,
    bar,
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
    from datetime import date

    from pipeline.model import Decision, Statement
    from pipeline.services import Services
    from pipeline.statements.provenance import Traced

_AROUND = 200  # characters of an article to show before and after its first match

_SHORTENED = "…"

Linked = Literal["quotation", "claim", "annotations"]


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
            help='Words, "phrases", prefix*, AND, OR, NOT, (…) and speaker: about: source: lang: kind: said: '
            "source_kind: verdict: after: before:; an empty query finds everything.",
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
    """Search quotes, articles or statements.

    The columns of a line in a pipe: time of publication, speaker, words (or title), source, address, kind, confidence,
    number of reports, manner, verb, id. --csv begins with the names of its columns.
    """
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


def today(
    ctx: typer.Context,
    day: Annotated[str, typer.Argument(help="A day such as 2026-03-02, today or yesterday.")] = "",
    mail: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Mail the day to this address instead, as the morning brief looks.")
    ] = "",
) -> None:
    """Print a day's stories, changed words, denials and most quoted speakers as plain text, or mail them."""
    from datetime import date, timedelta
    from zoneinfo import ZoneInfo

    from pipeline.alerts.triage import misread
    from pipeline.model import Actor
    from pipeline.search.day import beginning, brief, day_of
    from pipeline.text.wording import Locale

    with opened(ctx) as services:
        now = services.clock()
        if day == "yesterday":
            start = beginning("", now - timedelta(days=1), ZoneInfo(services.settings.web.zone))
        else:
            try:
                wanted = date.fromisoformat(day).isoformat() if day not in ("", "today") else ""
            except ValueError as error:
                raise UsageError(f"day {day!r} should be a day such as 2026-03-02, today or yesterday") from error
            start = beginning(wanted, now, ZoneInfo(services.settings.web.zone))
        if mail:
            return say(f"mailed to {mail}: {_mail(services, start.date(), mail)}")
        day_page = day_of(
            start, services.index.search, services.index.decisions, services.subjects, misread(services.desk)
        )
        names = {actor.id: actor.name for actor in services.desk.all(Actor)}
        locale = Locale(services.settings.web.language, services.settings.web.zone)
    return put(brief(day_page, {hit.speaker_id: hit.speaker_name for hit in day_page.hits} | names, locale))


def _mail(services: "Services", day: "date", address: str) -> str:
    """Mail the brief of the day now, and return its subject."""
    from pipeline.alerts.brief import briefs

    (delivery,) = briefs(services, day, (address,), occasion=services.clock().isoformat())
    services.notifier(delivery.target).send(delivery)
    return delivery.letter.subject if delivery.letter else ""


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
    rows = [*by_field, *by_day]
    if not on_terminal():
        return put_table(("field", "value", "hits"), rows, "Nothing found")
    most = {field: max(count for other, _, count in rows if other == field) for field, _, _ in rows}
    drawn = [(field, value, count, bar(count, most[field])) for field, value, count in rows]
    return put_table(("field", "value", "hits", ""), drawn, "Nothing found")


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
    """Return the columns for a pipe: time of publication, speaker, text, source and more; the id is the last."""
    return [
        (
            (hit.published or hit.first_seen).isoformat(timespec="seconds"),
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


group = typer.Typer(help="Distinct statements with their reports.", no_args_is_help=True)


@group.command("list")
def show_all(
    ctx: typer.Context,
    limit: Limit = 20,
    cursor: Annotated[str, typer.Option(help="Continue after an earlier page.")] = "",
    as_json: Json = False,
) -> None:
    """List statements, newest first; `onrecord search --in statements` searches them."""
    from pipeline.model.query import Search

    with opened(ctx) as services:
        page = services.index.search(Search(collection="statements", limit=limit, cursor=cursor))
    put_page(page, as_json=as_json)


@group.command()
def show(
    ctx: typer.Context,
    statement: Annotated[
        str,
        typer.Argument(metavar="ID", help="The statement's id.", autocompletion=STATEMENT_IDS),
    ],
    as_json: Json = False,
    linked: Annotated[
        Linked | None,
        typer.Option("--jsonld", help="Print JSON-LD of schema.org, or W3C Web Annotations."),
    ] = None,
) -> None:
    """Show a statement with all its reports: wording, confidence, and which reports are copies."""
    from pipeline.codec import plain
    from pipeline.statements.provenance import independent_sources, traced

    with opened(ctx) as services:
        decisions = services.index.decisions(statement)
        if not decisions:
            raise UsageError(f"statement {statement!r} does not exist; `onrecord statements list` shows the ids")
        if linked:
            return put_json(_linked(services, decisions, linked))
    if as_json:
        return put_json([plain(decision) for decision in decisions])
    spread = traced(decisions)
    if not on_terminal():
        return put_table((), [_row(each) for each in spread], "")
    first = decisions[0].statement
    put(f"{_heading(first)}\n")
    put("\n\n".join(_report_block(each) for each in spread))
    reports = sum(decision.verdict != "corrected" for decision in decisions)
    return say(f"{amount(reports, 'report')}, {amount(independent_sources(decisions), 'independent source')}")


def _linked(services: "Services", decisions: "list[Decision]", form: Linked) -> dict[str, Any]:
    from pipeline.search.export import annotations, whole_claim, whole_quotation

    if form == "claim":
        return whole_claim(decisions, services.desk)
    if form == "annotations":
        name = f"urn:onrecord:statement:{decisions[0].statement.id}"
        return annotations(decisions, services.index, services.desk, name)
    return whole_quotation(decisions, services.index, services.desk)


def _heading(statement: "Statement") -> str:
    """Return who said it, how and what: "Ada Lindqvist denied that the harbour would close"."""
    from pipeline.search.export import said

    quote = statement.first.quote
    cue = one_line(quote.cue.text) if quote.cue else ""
    line = said(cue=cue, modality=quote.modality, kind=quote.kind, text=one_line(statement.text))
    return f"{bold(one_line(statement.speaker_name))} {line}"


@group.command()
def explain(
    ctx: typer.Context,
    statement: Annotated[
        str,
        typer.Argument(metavar="ID", help="The statement's id.", autocompletion=STATEMENT_IDS),
    ],
    as_json: Json = False,
) -> None:
    """Explain the verdict on each report: its claims, what each was compared with, and the slots that decided."""
    from pipeline.alerts.match import unsaid
    from pipeline.codec import plain
    from pipeline.text.messages import comparison

    with opened(ctx) as services:
        decisions = services.index.decisions(statement)
    if not decisions:
        raise UsageError(f"statement {statement!r} is not there; `onrecord statements list` shows the ids")
    if as_json:
        return put_json([plain(decision) for decision in decisions])
    for decision in decisions:
        article = decision.report.article
        put(f"{moment(article.publication)}  {decision.verdict}  {one_line(article.source)}: {one_line(decision.how)}")
        if reason := unsaid(decision.report.quote):
            put(f"  {reason}")
        for claim in decision.claims:
            put("\n".join(f"  {one_line(line)}" for line in comparison(claim)))
    return None


@group.command()
def missed(
    ctx: typer.Context,
    statement: Annotated[
        str,
        typer.Argument(metavar="ID", help="The statement's id.", autocompletion=STATEMENT_IDS),
    ],
    quote: Annotated[str, typer.Argument(metavar="QUOTE", help="Id of a repeat that should have alerted.")],
    note: Annotated[str, typer.Option(help="What was new in it.", metavar="TEXT")] = "",
) -> None:
    """Mark a report that was called repeated although it brought something new, as labelled data."""
    from pipeline.alerts import triage

    with opened(ctx) as services:
        triage.missed(services.desk, services.index.decisions(statement), quote, note, services.clock)


def _row(traced: "Traced") -> tuple[str | float, ...]:
    d = traced.decision
    article, quote = d.report.article, d.report.quote
    seen = article.first_seen.isoformat()
    plain = (seen, d.verdict, article.source, quote.kind, quote.content, quote.confidence, article.url, d.how)
    return (*plain, _provenance(traced), d.sources)


def _provenance(traced: "Traced") -> str:
    if traced.decision.verdict == "corrected":
        return "correction"
    if not traced.standing:
        return "withdrawn"
    return "copy" if traced.is_copy else "independent" if traced.independent else "same source"


def _report_block(traced: "Traced") -> str:
    """Return the report as three lines for a terminal."""
    d = traced.decision
    article, quote = d.report.article, d.report.quote
    credit = f" ({one_line(article.agency)})" if article.agency else ""
    source = f"{one_line(article.source)}{credit}"
    return "\n".join(
        [
            f"{moment(article.publication)}  {d.verdict}, {_provenance(traced)}  {source}, {one_line(article.title)}",
            f"  {one_line(quote.text)}",
            faint(f"  {quote.kind}, {quote.confidence:.0%}; {one_line(d.how)}  {one_line(article.url)}  {quote.id}"),
        ]
    )
