"""`onrecord config`, `backup`, `restore`, `desk` and `users`: the settings, copies of the desk, and who may sign in."""

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pipeline.cli.desk import chosen, opened
from pipeline.cli.output import Json, amount, put, put_json, put_table, read_text, say
from pipeline.errors import InputError, SettingsError, UsageError
from pipeline.model import Actor, Feed, FeedState, Group, Mark, Mute, User, UserRole, Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

    from pipeline.ports import Desk, DeskRecord
    from pipeline.services import Services
    from pipeline.settings import Settings, SettingValue

group = typer.Typer(help="The settings.", no_args_is_help=True)


@group.command()
def show(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every setting in force with its origin; secrets are masked."""
    from pipeline.settings import fields, validate, value_of

    values = chosen(ctx).values()
    settings = validate(values)
    rows = [
        (
            key,
            _plain(value_of(settings, key)),
            values[key].origin if key in values else "default",
            field.description or "",
        )
        for key, field in fields().items()
    ]
    if as_json:
        return put_json([dict(zip(("key", "value", "origin", "meaning"), row, strict=True)) for row in rows])
    return put_table(("setting", "value", "from", "meaning"), [(k, _toml(v), *rest) for k, v, *rest in rows], "")


@group.command()
def path(ctx: typer.Context) -> None:
    """Print the path of the settings file, whether or not it exists."""
    from pipeline.settings import DEFAULT_FILE

    put(str(chosen(ctx).config or DEFAULT_FILE))


@group.command()
def example() -> None:
    """Print a settings file that has every setting at its default, commented out."""
    from pipeline.settings import fields

    put("\n".join(_example(fields())))


def _example(known: "Any") -> Iterator[str]:
    yield "# Settings of On the Record. Environment variables override this file: poll.every is ONRECORD_POLL__EVERY."
    table = ""
    for key, field in known.items():
        section, _, name = key.rpartition(".")
        if section != table:
            yield f"\n[{section}]"
            table = section
        yield f"# {field.description}"
        default = _plain(_default(field))
        yield f"# {name} = {_toml('…' if default is None else default)}"


def in_toml(values: "Mapping[str, SettingValue]") -> Iterator[str]:
    """The lines of a settings file with what is values, secrets left out by name."""
    from pydantic import SecretStr

    from pipeline.settings import fields, validate, value_of

    settings = validate(values)
    table = ""
    for key in fields():
        if key not in values:
            continue
        section, _, name = key.rpartition(".")
        if section != table:
            yield f"\n[{section}]"
            table = section
        value = value_of(settings, key)
        secret = isinstance(value, SecretStr)
        yield f"# {name} is a secret: set it again" if secret else f"{name} = {json.dumps(_plain(value))}"


def without_secrets(settings: "Settings") -> dict[str, Any]:
    """The settings that differ from their defaults, with secrets masked, for the audit log."""
    from pipeline.settings import fields, value_of
    from pipeline.text.targets import masked

    shown = {key: _plain(value_of(settings, key)) for key in fields()}
    changed = {key: value for key, value in shown.items() if value != _plain(_default(fields()[key]))}
    if notified := changed.get("poll.tell"):
        changed["poll.tell"] = " ".join(map(masked, notified.split()))
    return changed


def _default(field: "FieldInfo") -> object:
    return field.get_default(call_default_factory=True, validated_data={})


def _plain(value: object) -> Any:
    """Return the value as JSON, as a user would write it; a secret as asterisks."""
    from pydantic import SecretStr

    from pipeline.text import spelled

    if isinstance(value, timedelta):
        return spelled(value)
    if isinstance(value, SecretStr | Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "not set"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


SETTINGS: Final = "onrecord.toml"  # of the settings in a backup's folder

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the backup.")]


def backup(ctx: typer.Context, folder: Folder) -> None:
    """Copy the desk into a new FOLDER, also while `onrecord run` works, and verify the copy.

    The settings that differ from their defaults are copied as well, without secrets. The copy of the desk holds what
    the file holds: also the addresses that alerts go to.
    """
    from connectors.sqlite.database import back_up

    settings = _embedded(ctx)
    if not settings.file.exists():
        raise UsageError(f"file: {settings.file} does not exist, so there is nothing to back up")
    copy = back_up(settings.file, folder)
    (folder / SETTINGS).touch(0o600)
    (folder / SETTINGS).write_text("\n".join(in_toml(chosen(ctx).values())) + "\n", "utf-8")
    say(f"{settings.file} is backed up to {copy}, {copy.stat().st_size / 1e6:,.1f} MB, and the copy is verified")


def restore(ctx: typer.Context, folder: Folder) -> None:
    """Restore the desk's file from the backup in FOLDER, after verifying it. No file may be in its place."""
    from connectors.processes import job_lock
    from connectors.sqlite.database import restore as restored

    settings = _embedded(ctx)
    settings.file.parent.mkdir(parents=True, exist_ok=True)
    with job_lock(settings.file):
        restored(folder, settings.file)
    say(f"{settings.file} is restored from {folder}; its settings, without secrets, are in {folder / SETTINGS}")


def _embedded(ctx: typer.Context) -> "Settings":
    settings = chosen(ctx).settings()
    if settings.profile != "embedded":
        raise UsageError("a cluster is backed up by its servers: deploy/README.md says how")
    return settings


desk = typer.Typer(help="The desk as one file: feeds, actors, groups, watches, mutes and marks.", no_args_is_help=True)

_PARTS: Final = (Feed, FeedState, Actor, Group, Watch, Mute, Mark)


@desk.command()
def export(ctx: typer.Context) -> None:
    """Write the whole desk but its users as JSON Lines.

    The targets of watches may be secret, so keep the output to yourself.
    """
    from pipeline.codec import VERSIONS, plain

    with opened(ctx) as services:
        for record in whole(services.desk):
            sys.stdout.write(json.dumps({"schema": VERSIONS[type(record)], "value": plain(record)}) + "\n")


def whole(desk: "Desk") -> "list[DeskRecord]":
    """Return all records of a desk but its users, their sessions and notes, and the audit log."""
    return [
        *desk.all(Feed),
        *desk.all(FeedState),
        *desk.all(Actor),
        *desk.all(Group),
        *desk.all(Watch),
        *desk.all(Mute),
        *desk.all(Mark),
    ]


@desk.command("import")
def take(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines as `export` writes them; - is stdin.")],
) -> None:
    """Add the records of an exported desk to this one; records of the same id are replaced.

    Each record has to pass the checks of the command that would add it; otherwise nothing is imported.
    """
    from pipeline.desk import check_actor, check_feed

    records = _records(read_text(source), source)
    for record in records:
        if isinstance(record, Actor):
            check_actor(record)
        elif isinstance(record, Feed):
            check_feed(record)
    with opened(ctx, new=True) as services:
        _check_orders(services, records)
        services.desk.save(*records)
    say(f"{amount(len(records), 'record')} imported")


def _check_orders(services: "Services", records: "list[DeskRecord]") -> None:
    """Check the groups and watches among the records, which may name those of the desk and of each other."""
    from pipeline.alerts.match import check
    from pipeline.desk import check_group

    desk = services.desk
    actors = {each.id: each for each in (*desk.all(Actor), *records) if isinstance(each, Actor)}.values()
    groups = {each.id: each for each in (*desk.all(Group), *records) if isinstance(each, Group)}.values()
    for record in records:
        if isinstance(record, Group):
            check_group(record, actors, groups)
        elif isinstance(record, Watch):
            check(record, actors, groups)
            _mention_targets(services, record)


def _mention_targets(services: "Services", watch: Watch) -> None:
    """Say which targets cannot be reached yet: the settings of a desk, such as webhook.secret, move separately."""
    for target in watch.deliver:
        try:
            services.notifier(target)
        except SettingsError as error:
            say(f"watch {watch.id}: {error}")


def _records(text: str, source: Path) -> "list[DeskRecord]":
    """Decode the lines. Raises InputError with the number of a line that is no record of a desk."""
    from pipeline.codec import VERSIONS, decode

    nouns: dict[str, type[DeskRecord]] = {VERSIONS[noun]: noun for noun in _PARTS}
    records: list[DeskRecord] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{source}, line {number}: not JSON: {error}") from error
        noun = nouns.get(str(fields.get("schema"))) if isinstance(fields, dict) else None
        if noun is None:
            raise InputError(f"{source}, line {number}: schema should be one of {', '.join(nouns)}")
        try:
            records.append(decode(noun, line.encode()))
        except InputError as error:
            raise InputError(f"{source}, line {number}: {error}") from error
    return records


users = typer.Typer(help="People who may sign in to the pages.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name or the id of the user.")]

Permission = Annotated[
    UserRole, typer.Option("--role", help="A reader changes nothing, an editor the desk, an admin users too.")
]

PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file", metavar="FILE", help="A file whose first line is the password; - is stdin. Default: ask."
    ),
]


@users.command("add")
def add_user(ctx: typer.Context, name: Name, role: Permission, password_file: PasswordFile = None) -> None:
    """Add a user. From the first user on, everybody has to sign in to the pages; a token goes on working."""
    from pipeline.web import accounts

    password = _password(password_file)
    with opened(ctx, new=True) as services:
        has_token = services.settings.web.token is not None
        user = accounts.add_user(services.desk, name, role, password, has_token=has_token)
    say(f"{user.name} may sign in as {user.role}")


@users.command("list")
def list_users(ctx: typer.Context, as_json: Json = False) -> None:
    """List the users with their roles, time zones and languages."""
    from dataclasses import asdict

    from pipeline.web.accounts import shown

    with opened(ctx) as services:
        listed = list(map(shown, services.desk.all(User)))
    if as_json:
        return put_json([asdict(user) for user in listed])
    return put_table(
        ("id", "name", "role", "zone", "languages"),
        [(user.id, user.name, user.role, user.zone, user.languages) for user in listed],
        "No users yet, so nobody has to sign in on this machine",
    )


@users.command("role")
def change_role(
    ctx: typer.Context, name: Name, role: Annotated[UserRole, typer.Argument(help="reader, editor or admin.")]
) -> None:
    """Change the role of a user, which ends their sessions."""
    from pipeline.web.accounts import change_user

    with opened(ctx) as services:
        has_token = services.settings.web.token is not None
        user = change_user(services.desk, name, has_token=has_token, role=role)
    say(f"{user.name} is {user.role} now")


@users.command("password")
def set_password(ctx: typer.Context, name: Name, password_file: PasswordFile = None) -> None:
    """Set a new password of a user, which ends their sessions."""
    from pipeline.web.accounts import change_user, find_user

    with opened(ctx) as services:
        user = find_user(services.desk, name)
        has_token = services.settings.web.token is not None
        change_user(services.desk, user.id, has_token=has_token, password=_password(password_file))
    say(f"{user.name} has a new password")


@users.command("remove")
def drop_user(ctx: typer.Context, name: Name) -> None:
    """Remove a user, which ends their sessions; what they did stays in the audit log."""
    from pipeline.web.accounts import remove_user

    with opened(ctx) as services:
        remove_user(services.desk, name, has_token=services.settings.web.token is not None)
    say(f"{name} may not sign in any more")


def _password(file: Path | None) -> str:
    """The password of the file's first line, of standard input where that is no terminal, or as somebody types it."""
    if file is None and sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    return read_text(file or Path("-")).partition("\n")[0].removesuffix("\r")
