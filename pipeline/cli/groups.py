"""`onrecord groups`: actors under one name, for watches."""

from typing import Annotated

import typer

from pipeline.cli.desk import opened
from pipeline.cli.output import Json, Replace, put, put_json, put_table
from pipeline.desk import check_group, check_unused, found
from pipeline.errors import UsageError
from pipeline.model import Actor, Group, Watch, slug

group = typer.Typer(help="Actors under one name, for watches.", no_args_is_help=True)


@group.command("list")
def show_all(ctx: typer.Context, as_json: Json = False) -> None:
    """List the groups."""
    from pipeline.codec import plain

    with opened(ctx) as services:
        groups = services.desk.all(Group)
    if as_json:
        return put_json([plain(each) for each in groups])
    return put_table(
        ("id", "name", "members"),
        [(each.id, each.name, each.members) for each in groups],
        "No groups yet: onrecord groups add NAME --member ACTOR",
    )


@group.command()
def add(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="What you call it.")],
    member: Annotated[list[str], typer.Option(help="An actor or another group; repeatable.", metavar="ACTOR")],
    replace_it: Replace = False,
) -> None:
    """Put actors under one name. Prints the id; watches take it for an actor's."""

    with opened(ctx, new=True) as services:
        actors, groups = services.desk.all(Actor), services.desk.all(Group)
        members = tuple(dict.fromkeys(found(called, actors, groups) for called in member))
        made = Group(id=slug(name), name=" ".join(name.split()), members=members)
        check_group(made, actors, groups)
        if not replace_it and any(known.id == made.id for known in groups):
            raise UsageError(f"group {made.id!r} is there already; --replace replaces it")
        services.desk.save(made)
    put(made.id)


@group.command()
def remove(ctx: typer.Context, named: Annotated[str, typer.Argument(metavar="GROUP", help="The id.")]) -> None:
    """Take the name away; the actors stay."""
    with opened(ctx) as services:
        check_unused(named, services.desk.all(Watch), services.desk.all(Group))
        if not services.desk.remove(Group, named):
            raise UsageError(f"group {named!r} is not there; `onrecord groups list` lists the ids")
