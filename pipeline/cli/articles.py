"""`onrecord ingest`, `articles` and `explain`: articles from files, their revisions, and how their quotes were read."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipeline.cli.desk import ARTICLE_IDS, chosen, known_records, opened
from pipeline.cli.output import (
    Json,
    amount,
    bold,
    faint,
    moment,
    on_terminal,
    one_line,
    progress,
    put,
    put_json,
    put_table,
    say,
)
from pipeline.cli.run import outcome, process
from pipeline.errors import InputError, UsageError
from pipeline.model import Actor, Article, content_id
from pipeline.ports import ARTICLES, DEAD_LETTERS, Message

if TYPE_CHECKING:
    from pipeline.cli.output import Cell
    from pipeline.ingest.revisions import Difference, Edit
    from pipeline.model import Document
    from pipeline.services import Services
    from pipeline.settings import Settings

_MOST_NAMED: Final = 10  # errors printed

_EACH: Final = 500  # articles between two saved positions

_MOST_POSITIONS: Final = 100_000

POSITIONS: Final = "ingested"  # topic: the position reached in each unfinished file


def ingest(
    ctx: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH…", help="Text, HTML, JSON, WARC, mail, transcripts, PDF, or folders of them; - is stdin."
        ),
    ],
    live: Annotated[bool, typer.Option("--live", help="Alert as if the articles came from a feed.")] = False,
) -> None:
    """Read articles from files: index them and remember who said what, without alerts.

    The same command continues an interrupted import. Exit code 65 if some articles cannot be read.
    """
    missing = [path for path in paths if str(path) != "-" and not path.exists()]
    if missing:
        raise UsageError(f"path {missing[0]} does not exist")
    with opened(ctx, new=True) as services:
        read = _append_all(services, paths, backfill=not live)
        with progress("articles", read["articles"]) as advance:
            done = process(services, advance)
    say(f"{amount(read['articles'], 'article')} read{outcome(done) if read['articles'] else ''}")
    unread = read["unread"] + (done["dead-lettered"] if done else 0)
    if unread:
        say(f"{unread:,} could not be read: `onrecord dead-letters list` shows them")
        raise typer.Exit(InputError.exit_code)


def articles(settings: "Settings", path: Path, *, backfill: bool, skip: int = 0) -> Iterator[Article | InputError]:
    """Yield the articles at the path ("-": standard input) after the first `skip`."""
    from connectors.files import reader
    from pipeline.services import utc_now

    if str(path) == "-":
        return reader.articles_in(sys.stdin.buffer.read(), utc_now, backfill=backfill, limits=settings.poll)
    return reader.articles(path, utc_now, backfill=backfill, limits=settings.poll, skip=skip)


def _append_all(services: "Services", paths: Sequence[Path], *, backfill: bool) -> Counter[str]:
    """Append the articles of the files, each from the position that an earlier run reached; return counts by kind."""
    reached = {record.key: int(record.value) for record in services.log.read(POSITIONS, "ingest", _MOST_POSITIONS)}
    counts: Counter[str] = Counter()
    with progress("read") as seen:
        for path in paths:
            name = _identity(path)
            skip = reached.get(name, 0)
            if skip:
                say(f"{path}: continuing after {skip:,} articles of an earlier run")
            counts += _append(
                services, articles(services.settings, path, backfill=backfill, skip=skip), Position(name, skip), seen
            )
    services.log.commit("ingest", services.log.read(POSITIONS, "ingest", _MOST_POSITIONS))
    return counts


def _identity(path: Path) -> str:
    """Return an id of the file, or of the folder and its content, that changes with size or time of modification."""
    if str(path) == "-":
        return ""
    states = ((file, file.lstat()) for file in sorted([path, *path.rglob("*")]))
    return content_id(*(f"{file.absolute()} {state.st_size} {state.st_mtime_ns}" for file, state in states))


@dataclass(slots=True)
class Position:
    """The position reached in a file, saved now and then after the articles before it are in the log."""

    file: str
    count: int
    written: int = 0

    def message(self) -> list[Message]:
        """Return the message to append; none for standard input, or soon after the last one."""
        if not self.file or self.count - self.written < _EACH:
            return []
        self.written = self.count
        return [Message(self.file, str(self.count).encode())]


def _append(
    services: "Services", articles: Iterable[Article | InputError], position: Position, seen: Callable[[int], None]
) -> Counter[str]:
    """Append the articles to the log and errors to the dead letters; return the counts of both."""
    from pipeline.feeds.outgoing import file_dead_letter

    counts: Counter[str] = Counter()
    batch: list[Article] = []
    for article in articles:
        position.count += 1
        seen(1)
        if isinstance(article, InputError):
            counts["unread"] += 1
            _print_error(article, counts["unread"])
            services.log.append(DEAD_LETTERS, [file_dead_letter(article, services.clock())])
            continue
        counts["articles"] += 1
        batch.append(article)
        if len(batch) == _EACH:
            services.log.append(ARTICLES, _by_publication(batch))
            batch = []
            if reached := position.message():
                services.log.append(POSITIONS, reached)
    services.log.append(ARTICLES, _by_publication(batch))
    return counts


def _by_publication(articles: Iterable[Article]) -> list[Message]:
    """Return the messages in the order of publication, so that a later article changes an earlier, not vice versa."""
    from pipeline.feeds.outgoing import arrived

    return [arrived(article) for article in sorted(articles, key=lambda each: each.published or each.first_seen)]


def _print_error(error: InputError, number: int) -> None:
    if number <= _MOST_NAMED:
        say(str(error))
    if number == _MOST_NAMED:
        say("… and so on")


group = typer.Typer(help="Articles in all their revisions.", no_args_is_help=True)

Id = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The article's id, as `onrecord search --json` shows it.", autocompletion=ARTICLE_IDS
    ),
]


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


@group.command()
def evidence(
    ctx: typer.Context,
    article: Id,
    warc: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the WARC file here; - is stdout.")] = None,
    as_json: Json = False,
) -> None:
    """List the sources (pages, feeds) of an article with time, status and digest, or write them as a WARC file.

    They are kept for articles with alerts, for as long as the setting evidence.keep says.
    """
    from pydantic_core import to_jsonable_python

    with opened(ctx) as services:
        store = services.evidence
        records, content = (store.find(article), store.content(article)) if store else ([], b"")
    if not records:
        reason = "no evidence was kept of it" if store else "the setting evidence.keep is 0, so none is kept"
        raise UsageError(f"article {article!r} has no evidence: {reason}")
    if warc is not None:
        return _write(content, warc)
    if as_json:
        return put_json(to_jsonable_python(records))
    rows = [(record.time, record.status, record.bytes, record.digest, record.url) for record in records]
    return put_table(("read", "status", "bytes", "digest", "address"), rows, "")


def _write(content: bytes, file: Path) -> None:
    if str(file) == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        file.write_bytes(content)
    except OSError as error:
        raise UsageError(f"--warc {file} cannot be written: {error.strerror or error}") from error


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
    from pipeline.extract import extractor
    from pipeline.extract.second_opinion import with_parser
    from pipeline.model import Document

    find = with_parser(extractor(known_records(ctx, Actor)), wanted=chosen(ctx).settings().extract.parser)
    documents = []
    for article in articles(chosen(ctx).settings(), file, backfill=True):
        if isinstance(article, InputError):
            raise article
        documents.append(find(Document(article=article)))
    return documents
