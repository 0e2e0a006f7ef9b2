"""`onrecord actors`: whom the desk tracks."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import Json, Replace, amount, put, put_json, put_table, say
from pipeline.desk import check_actor, check_free, check_unused, shared_names
from pipeline.errors import UsageError
from pipeline.model import Actor, Group, MentionKind, Role, Watch, slug

group = typer.Typer(help="Whom the desk tracks.", no_args_is_help=True)

_TERM = re.compile(r"(?P<title>.+?)\s+(?P<start>\d{4}(?:-\d\d-\d\d)?)?\.\.(?P<end>\d{4}(?:-\d\d-\d\d)?)?")


@group.command("list")
def show_all(ctx: typer.Context, as_json: Json = False) -> None:
    """List the actors."""
    from pipeline.codec import plain

    with opened(ctx) as services:
        actors = services.desk.all(Actor)
    if as_json:
        return put_json([plain(actor) for actor in actors])
    return put_table(
        ("id", "name", "kind", "aliases", "roles", "Wikidata"),
        [(a.id, a.name, a.kind, a.aliases, tuple(spelled_role(role) for role in a.roles), a.wikidata) for a in actors],
        "No actors yet: onrecord actors add NAME",
    )


@group.command()
def add(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="The full name, as articles write it.")],
    kind: Annotated[MentionKind, typer.Option(help="What it is.")] = "person",
    alias: Annotated[list[str] | None, typer.Option(help="Another name; repeatable.", metavar="NAME")] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help='An office, such as "Mayor" or "Mayor 2019..2024-05-01"; repeatable.', metavar="TITLE"),
    ] = None,
    wikidata: Annotated[str, typer.Option(help="The Wikidata id, such as Q42.", metavar="ID")] = "",
    replace_it: Replace = False,
) -> None:
    """Track somebody; articles read from now on are searched for them. Prints the id."""
    actor = Actor(
        id=slug(name),
        name=" ".join(name.split()),
        kind=kind,
        aliases=tuple(alias or ()),
        roles=tuple(read_role(text) for text in role or ()),
        wikidata=wikidata,
    )
    check_actor(actor)
    with opened(ctx, new=True) as services:
        if not replace_it and any(known.id == actor.id for known in services.desk.all(Actor)):
            raise UsageError(f"actor {actor.id!r} is there already; --replace replaces it")
        check_free(actor, services.desk.all(Group))
        shared = shared_names(actor, services.desk.all(Actor))
        services.desk.save(actor)
    for sentence in shared:
        say(sentence)
    put(actor.id)


def read_role(text: str) -> Role:
    """ "Mayor", or with dates "Mayor 2019..2024-05-01"; UsageError for a date that is none."""
    found = _TERM.fullmatch(text.strip())
    if found is None:
        return Role(text.strip())
    return Role(found["title"], _date(found["start"]), _date(found["end"]))


def _date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text if len(text) > 4 else f"{text}-01-01").replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"role's date {text!r} should be a year or a date such as 2024-05-01") from error


def spelled_role(role: Role) -> str:
    """The role as `read_role` reads it."""
    if role.start is None and role.end is None:
        return role.title
    ends = (time.date().isoformat() if time else "" for time in (role.start, role.end))
    return f"{role.title} {'..'.join(ends)}"


@group.command()
def remove(ctx: typer.Context, actor: Annotated[str, typer.Argument(help="The id.")]) -> None:
    """Track somebody no more; what they said is kept."""
    with opened(ctx) as services:
        check_unused(actor, services.desk.all(Watch), services.desk.all(Group))
        if not services.desk.remove(Actor, actor):
            raise UsageError(f"actor {actor!r} is not there; `onrecord actors list` lists the ids")


@group.command("import")
def take(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines as `export` writes them; - reads stdin.")],
) -> None:
    """Add or replace actors from JSON Lines, all or none; a name is enough."""
    from pipeline.cli.jsonl import nouns

    def completed(told: dict[str, object]) -> dict[str, object]:
        return {"id": slug(str(told.get("name", ""))), **told}

    actors = nouns(Actor, source, completed)
    for actor in actors:
        check_actor(actor)
    with opened(ctx, new=True) as services:
        for actor in actors:
            check_free(actor, services.desk.all(Group))
        services.desk.save(*actors)
    say(f"{amount(len(actors), 'actor')} imported")


@group.command()
def export(ctx: typer.Context) -> None:
    """Write all actors as JSON Lines."""
    from pipeline.cli.jsonl import put_nouns

    with opened(ctx) as services:
        put_nouns(services.desk.all(Actor))
