"""`onrecord articles` and `onrecord explain`: articles on record in all revisions, and the quotes of any file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import chosen, known_actors, opened
from pipeline.cli.output import Json, bold, faint, moment, on_terminal, one_line, put, put_json, put_table
from pipeline.errors import InputError, UsageError

if TYPE_CHECKING:
    from pipeline.cli.output import Cell
    from pipeline.ingest.revisions import Difference, Edit
    from pipeline.model import Document

group = typer.Typer(help="Articles in all their revisions.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The article's id, as `onrecord search --json` shows it.")]


@group.command()
def show(
    ctx: typer.Context,
    article: Id,
    revision: Annotated[int, typer.Option(help="The revision; 0 is the last.")] = 0,
    as_json: Json = False,
) -> None:
    """Show an article with its quotes; with --json, every revision unless --revision names one."""
    from pipeline.codec import plain
    from pipeline.web.explain import explain_text

    revisions = [document for document in _revisions(ctx, article) if revision in (0, document.article.revision)]
    if not revisions:
        raise UsageError(f"article {article!r} has no revision {revision}")
    if as_json:
        return put_json([plain(document) for document in revisions])
    return put(explain_text(revisions[-1]))


@group.command()
def changes(ctx: typer.Context, article: Id, as_json: Json = False) -> None:
    """Show the changes from each revision of an article to the next, word by word."""
    from pydantic_core import to_jsonable_python

    from pipeline.ingest.revisions import differences

    changed = differences([document.article for document in _revisions(ctx, article)])
    if as_json:
        return put_json(to_jsonable_python(changed))
    if not on_terminal():
        rows = [_row(difference, edit) for difference in changed for edit in difference.edits]
        return put_table((), rows, "The article never changed")
    return put("\n\n".join(map(_block, changed)) or "The article never changed")


def _revisions(ctx: typer.Context, article: str) -> "list[Document]":
    with opened(ctx) as services:
        documents = services.index.documents(article)
    if not documents:
        raise UsageError(f"article {article!r} does not exist; `onrecord search --in articles --json` shows the ids")
    return documents


def _row(difference: "Difference", edit: "Edit") -> "tuple[Cell, ...]":
    words = (edit.before.text, edit.after.text, edit.lead, edit.tail)
    return (difference.seen, difference.later, edit.part, *words)


def _block(difference: "Difference") -> str:
    """Return the changes of a revision for a terminal."""
    head = f"{moment(difference.seen)}  revision {difference.later}: {len(difference.edits)} changed"
    return "\n".join([bold(head), *(f"  {_line(edit)}" for edit in difference.edits)])


def _line(edit: "Edit") -> str:
    old = f"[-{one_line(edit.before.text)}-]" if edit.before.text else ""
    new = bold(f"{{+{one_line(edit.after.text)}+}}") if edit.after.text else ""
    words = (f"{edit.part}:", faint(f"…{one_line(edit.lead)}"), old, new, faint(f"{one_line(edit.tail)}…"))
    return " ".join(filter(None, words))


def explain(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An article as text, HTML or JSON; - reads stdin.")],
    as_html: Annotated[bool, typer.Option("--html", help="Print one HTML page.")] = False,
    as_json: Json = False,
) -> None:
    """Show the quotes of an article with speaker, evidence and confidence. Stores nothing."""
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
    """Return the documents of the articles in the file; raise the error of the first unreadable article."""
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
