"""`onrecord articles`: an article in all its revisions."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import Json, bold, faint, moment, on_terminal, one_line, put, put_json, put_table
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.cli.output import Cell
    from pipeline.ingest.revisions import Difference, Edit
    from pipeline.model import Document

group = typer.Typer(help="Articles in all their revisions.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The article's id, as `onrecord search --json` tells it.")]


@group.command()
def show(
    ctx: typer.Context,
    article: Id,
    revision: Annotated[int, typer.Option(help="Which revision; 0 is the last.")] = 0,
    as_json: Json = False,
) -> None:
    """Show an article with its quotes. With --json, in every revision or the one asked for."""
    from pipeline.codec import plain
    from pipeline.web.explain import explain_text

    found = [one for one in _revisions(ctx, article) if revision in (0, one.article.revision)]
    if not found:
        raise UsageError(f"article {article!r} has no revision {revision}")
    if as_json:
        return put_json([plain(document) for document in found])
    return put(explain_text(found[-1]))


@group.command()
def changes(ctx: typer.Context, article: Id, as_json: Json = False) -> None:
    """Show what changed from each revision of an article to the next, word by word."""
    from pydantic_core import to_jsonable_python

    from pipeline.ingest.revisions import differences

    found = differences([document.article for document in _revisions(ctx, article)])
    if as_json:
        return put_json(to_jsonable_python(found))
    if not on_terminal():
        return put_table((), [_row(one, edit) for one in found for edit in one.edits], "It was never changed")
    return put("\n\n".join(map(_block, found)) or "It was never changed")


def _revisions(ctx: typer.Context, article: str) -> "list[Document]":
    with opened(ctx) as services:
        found = services.index.documents(article)
    if not found:
        raise UsageError(f"article {article!r} is not there; `onrecord search --in articles --json` shows the ids")
    return found


def _row(of: "Difference", edit: "Edit") -> "tuple[Cell, ...]":
    return (of.seen, of.later, edit.part, edit.before.text, edit.after.text, edit.lead, edit.tail)


def _block(of: "Difference") -> str:
    """The changes of one revision for a terminal."""
    head = f"{moment(of.seen)}  revision {of.later}: {len(of.edits)} changed"
    return "\n".join([bold(head), *(f"  {_line(edit)}" for edit in of.edits)])


def _line(edit: "Edit") -> str:
    old = f"[-{one_line(edit.before.text)}-]" if edit.before.text else ""
    new = bold(f"{{+{one_line(edit.after.text)}+}}") if edit.after.text else ""
    words = (f"{edit.part}:", faint(f"…{one_line(edit.lead)}"), old, new, faint(f"{one_line(edit.tail)}…"))
    return " ".join(filter(None, words))
