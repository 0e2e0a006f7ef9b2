"""`onrecord explain`: what is found in a file, and how we know."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import chosen, known_actors
from pipeline.cli.output import Json, put, put_json
from pipeline.errors import InputError, UsageError

if TYPE_CHECKING:
    from pipeline.model import Document


def explain(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An article as text, HTML or JSON; - reads stdin.")],
    as_html: Annotated[bool, typer.Option("--html", help="Print one HTML page.")] = False,
    as_json: Json = False,
) -> None:
    """Show an article's quotes: where, who says it, how we know, how sure we are. Nothing is stored."""
    from pipeline.codec import plain
    from pipeline.web.explain import explain_html, explain_text

    if as_html and as_json:
        raise UsageError("--html and --json exclude one another")
    documents = _documents(ctx, file)
    if as_json:
        return put_json([plain(document) for document in documents])
    for document in documents:
        put(explain_html(document) if as_html else explain_text(document))
    return None


def _documents(ctx: typer.Context, file: Path) -> "list[Document]":
    """What the file's articles say; the first that cannot be read raises."""
    from pipeline.cli.ingest import articles
    from pipeline.extract import extractor
    from pipeline.extract.second_opinion import with_parser
    from pipeline.model import Document

    find = with_parser(extractor(known_actors(ctx)), wanted=chosen(ctx).settings().extract.parser)
    documents = []
    for article in articles(chosen(ctx).settings(), file, backfill=True):
        if isinstance(article, InputError):
            raise article
        documents.append(find(Document(article=article)))
    return documents
