"""`onrecord statements`: distinct statements, each with all its reports."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import (
    Json,
    Limit,
    amount,
    bold,
    faint,
    moment,
    on_terminal,
    one_line,
    put,
    put_json,
    put_table,
    say,
)
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.model import Statement
    from pipeline.statements.provenance import Traced

group = typer.Typer(help="Distinct statements with their reports.", no_args_is_help=True)


@group.command("list")
def show_all(
    ctx: typer.Context,
    limit: Limit = 20,
    cursor: Annotated[str, typer.Option(help="Continue after an earlier page.")] = "",
    as_json: Json = False,
) -> None:
    """List statements, newest first; `onrecord search --in statements` searches them."""
    from pipeline.cli.search import put_page
    from pipeline.model.query import Search

    with opened(ctx) as services:
        page = services.index.search(Search(collection="statements", limit=limit, cursor=cursor))
    put_page(page, as_json=as_json)


@group.command()
def show(
    ctx: typer.Context,
    statement: Annotated[str, typer.Argument(metavar="ID", help="The statement's id.")],
    as_json: Json = False,
    linked: Annotated[
        bool, typer.Option("--jsonld", help="Print a schema.org Quotation with W3C selectors (JSON-LD).")
    ] = False,
) -> None:
    """Show a statement with all its reports: wording, confidence, and which reports are copies."""
    from pipeline.codec import plain
    from pipeline.statements.provenance import independent_sources, traced

    with opened(ctx) as services:
        decisions = services.index.decisions(statement)
        if not decisions:
            raise UsageError(f"statement {statement!r} does not exist; `onrecord statements list` shows the ids")
        if linked:
            from pipeline.search.export import whole_quotation

            return put_json(whole_quotation(decisions, services.index, services.desk))
    if as_json:
        return put_json([plain(decision) for decision in decisions])
    spread = traced(decisions)
    if not on_terminal():
        return put_table((), [_row(each) for each in spread], "")
    first = decisions[0].statement
    put(f"{_heading(first)}\n")
    put("\n\n".join(_block(each) for each in spread))
    reports = sum(decision.verdict != "corrected" for decision in decisions)
    return say(f"{amount(reports, 'report')}, {amount(independent_sources(decisions), 'independent source')}")


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
    statement: Annotated[str, typer.Argument(metavar="ID", help="The statement's id.")],
    as_json: Json = False,
) -> None:
    """Explain the verdict on each report: its claims, what each was compared with, and the slots that decided."""
    from pipeline.codec import plain
    from pipeline.statements.wordings import comparison

    with opened(ctx) as services:
        decisions = services.index.decisions(statement)
    if not decisions:
        raise UsageError(f"statement {statement!r} is not there; `onrecord statements list` shows the ids")
    if as_json:
        return put_json([plain(decision) for decision in decisions])
    for decision in decisions:
        article = decision.report.article
        put(f"{moment(article.publication)}  {decision.verdict}  {one_line(article.source)}: {one_line(decision.how)}")
        for claim in decision.claims:
            put("\n".join(f"  {one_line(line)}" for line in comparison(claim)))
    return None


@group.command()
def missed(
    ctx: typer.Context,
    statement: Annotated[str, typer.Argument(metavar="ID", help="The statement's id.")],
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


def _block(traced: "Traced") -> str:
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
