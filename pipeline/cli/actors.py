"""`onrecord actors` and `onrecord groups`: the people and organisations that the desk tracks."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.desk import ACTOR_IDS, ACTOR_OR_GROUP_IDS, GROUP_IDS, opened
from pipeline.cli.output import Json, Replace, amount, put, put_json, put_table, say
from pipeline.desk import check_actor, check_free, check_group, check_unused, find_id, shared_names
from pipeline.errors import UsageError
from pipeline.model import Actor, Group, MentionKind, Role, Watch, slug

group = typer.Typer(help="Tracked people and organisations.", no_args_is_help=True)

_TERM = re.compile(r"(?P<title>.+?)\s+(?P<start>\d{4}(?:-\d\d-\d\d)?)?\.\.(?P<end>\d{4}(?:-\d\d-\d\d)?)?")


Id = Annotated[
    str,
    typer.Argument(help="The id.", autocompletion=ACTOR_IDS),
]


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
    kind: Annotated[MentionKind, typer.Option(help="The kind of actor.")] = "person",
    alias: Annotated[list[str] | None, typer.Option(help="Another name; repeatable.", metavar="NAME")] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help='An office, such as "Mayor" or "Mayor 2019..2024-05-01"; repeatable.', metavar="TITLE"),
    ] = None,
    wikidata: Annotated[str, typer.Option(help="The Wikidata id, such as Q42.", metavar="ID")] = "",
    replace_it: Replace = False,
) -> None:
    """Track an actor in articles that arrive from now on. Prints the id."""
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
            raise UsageError(f"actor {actor.id!r} exists already; --replace replaces it")
        check_free(actor, services.desk.all(Group))
        shared = shared_names([actor], services.desk.all(Actor))
        services.desk.save(actor)
    for sentence in shared:
        say(sentence)
    put(actor.id)


def read_role(text: str) -> Role:
    """Parse "Mayor" or, with dates, "Mayor 2019..2024-05-01". Raises UsageError for a wrong date."""
    term = _TERM.fullmatch(text.strip())
    if term is None:
        return Role(text.strip())
    return Role(term["title"], _date(term["start"]), _date(term["end"]))


def _date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text if len(text) > 4 else f"{text}-01-01").replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"date {text!r} of the role should be a year or a date such as 2024-05-01") from error


def spelled_role(role: Role) -> str:
    """Write the role in the form that `read_role` parses."""
    if role.start is None and role.end is None:
        return role.title
    ends = (time.date().isoformat() if time else "" for time in (role.start, role.end))
    return f"{role.title} {'..'.join(ends)}"


@group.command()
def remove(ctx: typer.Context, actor: Id) -> None:
    """Stop tracking an actor; past quotes stay on record."""
    with opened(ctx) as services:
        check_unused(actor, services.desk.all(Watch), services.desk.all(Group))
        if not services.desk.remove(Actor, actor):
            raise UsageError(f"actor {actor!r} does not exist; `onrecord actors list` lists the ids")


_SAMPLE = 200  # newest statements, whose speakers' names are shown as articles write them


@group.command()
def suggest(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=50, help="The number of people.")] = 20,
    as_json: Json = False,
) -> None:
    """List who is often quoted and not tracked, and which tracked actor the name may mean.

    `actors add NAME` tracks somebody; `actors alias ID NAME` says that the name is the actor's.
    """
    from itertools import islice

    from pydantic_core import to_jsonable_python

    from pipeline.desk import suggestions
    from pipeline.model.query import Search

    with opened(ctx) as services:
        actors = services.desk.all(Actor)
        page = services.index.search(Search(collection="statements", limit=_SAMPLE, facets=True))
    names = {hit.speaker_id: hit.speaker_name for hit in page.hits}
    proposed = list(islice(suggestions(page.facets["speaker"], names, actors), limit))
    if as_json:
        return put_json(to_jsonable_python(proposed))
    rows = [(each.name, each.count, f"looks like {each.like.id}" if each.like else "") for each in proposed]
    return put_table(("name", "statements", "whom it may mean"), rows, "Everybody who is quoted is tracked")


@group.command()
def alias(
    ctx: typer.Context,
    actor: Id,
    name: Annotated[str, typer.Argument(help="Another name of the actor.")],
) -> None:
    """Add a name to a tracked actor, in articles that arrive from now on."""
    with opened(ctx) as services:
        known = services.desk.find(Actor, actor)
        if known is None:
            raise UsageError(f"actor {actor!r} is not tracked; `onrecord actors list` lists the ids")
        changed = replace(known, aliases=tuple(dict.fromkeys((*known.aliases, " ".join(name.split())))))
        check_actor(changed)
        shared = shared_names([changed], services.desk.all(Actor))
        services.desk.save(changed)
    for sentence in shared:
        say(sentence)


@group.command("import")
def take(
    ctx: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="JSON Lines as `export` writes them, CSV, Popolo or Wikidata; - is stdin."),
    ],
    into: Annotated[
        str,
        typer.Option("--group", help="Put everybody into this group, too.", metavar="NAME", autocompletion=GROUP_IDS),
    ] = "",
) -> None:
    """Add actors from a file, all or none.

    JSON Lines replace actors of the same id. People of CSV, of Popolo and of Wikidata's entity JSON are merged with
    those of the same Wikidata id or name, and each party becomes a group.
    """
    from connectors.files.lists import is_people
    from connectors.pages.encoding import decode
    from pipeline.cli.output import read_bytes, read_json_lines, text_of

    def with_id(fields: dict[str, object]) -> dict[str, object]:
        return {"id": slug(str(fields.get("name", ""))), **fields}

    content = read_bytes(source)
    listed = decode(content)  # spreadsheets write CSV in many encodings
    if is_people(listed):
        return _take_people(ctx, listed, "standard input" if str(source) == "-" else str(source), into)
    text = text_of(content, source)
    actors = read_json_lines(Actor, source, text, with_id)
    for actor in actors:
        check_actor(actor)
    with opened(ctx, new=True) as services:
        groups = services.desk.all(Group)
        for actor in actors:
            check_free(actor, groups)
        services.desk.save(*actors, *_enlarged(groups, {into: [actor.id for actor in actors]} if into else {}))
    return say(f"{amount(len(actors), 'actor')} imported")


def _take_people(ctx: typer.Context, text: str, name: str, into: str) -> None:
    """Merge the people of a file into the desk, and their parties into its groups."""
    from connectors.feeds.parser import Parser
    from connectors.files.lists import merged

    with opened(ctx, new=True) as services:
        with Parser(services.settings.poll, 1) as parser:
            imported = parser.people(text, name)
        known, groups = services.desk.all(Actor), services.desk.all(Group)
        by_wikidata = {actor.wikidata: actor for actor in known if actor.wikidata}
        by_id = {actor.id: actor for actor in known}
        same = {actor.id: by_wikidata.get(actor.wikidata) or by_id.get(actor.id) for actor in imported.actors}
        actors = [merged(match, actor) if (match := same[actor.id]) else actor for actor in imported.actors]
        ids = {old.id: actor.id for old, actor in zip(imported.actors, actors, strict=True)}
        members = {party: [ids[each] for each in several] for party, several in imported.parties.items()}
        if into:
            members[into] = list(ids.values())
        changed = _enlarged(groups, members)
        called = [*groups, *changed]
        for actor in actors:
            check_actor(actor)
            check_free(actor, called)
        services.desk.save(*actors, *changed)
        shared = shared_names([actor for actor in actors if actor.id not in by_id], known)
    new = sum(match is None for match in same.values())
    say(f"{amount(new, 'actor')} added, {len(actors) - new} merged, {amount(len(changed), 'group')} written")
    for sentence in (*imported.notes, *shared):
        say(sentence)


def _enlarged(groups: list[Group], members: Mapping[str, Iterable[str]]) -> list[Group]:
    """The groups of these names, new or known, with these members beside those that they have."""
    known = {each.id: each for each in groups}
    enlarged = []
    for name, ids in members.items():
        before = known.get(slug(name)) or Group(id=slug(name), name=name)
        enlarged.append(replace(before, members=tuple(dict.fromkeys((*before.members, *ids)))))
    return enlarged


@group.command()
def export(ctx: typer.Context) -> None:
    """Write all actors as JSON Lines."""
    from pipeline.cli.output import put_json_lines

    with opened(ctx) as services:
        put_json_lines(services.desk.all(Actor))


groups = typer.Typer(help="Groups of actors, for watches.", no_args_is_help=True)


@groups.command("list")
def list_groups(ctx: typer.Context, as_json: Json = False) -> None:
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


@groups.command("add")
def add_group(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="The name of the group.")],
    member: Annotated[
        list[str],
        typer.Option(help="An actor or another group; repeatable.", metavar="ACTOR", autocompletion=ACTOR_OR_GROUP_IDS),
    ],
    replace_it: Replace = False,
) -> None:
    """Create a group of actors. Prints the id; a watch takes it in place of an actor's id."""
    with opened(ctx, new=True) as services:
        actors, groups = services.desk.all(Actor), services.desk.all(Group)
        members = tuple(dict.fromkeys(find_id(called, actors, groups) for called in member))
        group = Group(id=slug(name), name=" ".join(name.split()), members=members)
        check_group(group, actors, groups)
        if not replace_it and any(known.id == group.id for known in groups):
            raise UsageError(f"group {group.id!r} exists already; --replace replaces it")
        services.desk.save(group)
    put(group.id)


@groups.command("remove")
def remove_group(
    ctx: typer.Context,
    group_id: Annotated[
        str,
        typer.Argument(metavar="GROUP", help="The id.", autocompletion=GROUP_IDS),
    ],
) -> None:
    """Remove a group; its actors stay."""
    with opened(ctx) as services:
        check_unused(group_id, services.desk.all(Watch), services.desk.all(Group))
        if not services.desk.remove(Group, group_id):
            raise UsageError(f"group {group_id!r} does not exist; `onrecord groups list` lists the ids")
