"""`onrecord config` and `users`: the settings, and who may sign in."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pipeline.cli.desk import chosen, opened, save_setting
from pipeline.cli.output import Json, amount, put, put_json, put_table, read_text, say
from pipeline.errors import UsageError
from pipeline.model import ApiToken, User, UserRole, slug

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

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


_OTHERS: Final = 0o004  # the right of every user to read a file

_SECRETS: Final = ("webhook.secret", "web.secret", "web.token", "push.key")


@group.command()
def secret(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help=f"One of {', '.join(_SECRETS)}.")],
) -> None:
    """Write a new random secret to the settings file, and print it for whoever checks signatures with it."""
    from pipeline import settings
    from pipeline.settings import fields

    if key not in _SECRETS:
        raise UsageError(f"{key!r} is none of {', '.join(_SECRETS)}")
    values = chosen(ctx).values()
    if key in values:
        old = key.replace(".", ".old_")
        advice = f"; to replace it, move it to {old}" if old in fields() else ""
        raise UsageError(f"{key} is set already (from {values[key].origin}){advice}")
    file, generated = chosen(ctx).config or settings.DEFAULT_FILE, _random_secret(key)
    save_setting(file, key, generated)
    put(generated)
    if file.stat().st_mode & _OTHERS:
        say(f"{file} can be read by every user of this machine; `chmod o= {file}` changes that")
    say(f"{file} has it now; processes that are running take it at their next start")


def _random_secret(key: str) -> str:
    import base64
    import secrets

    if key == "push.key":
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        key_of_curve = generate_private_key(SECP256R1())
        return key_of_curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    if key == "webhook.secret":
        return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    return secrets.token_urlsafe(32)


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


users = typer.Typer(
    help="People who may sign in to the pages, their sessions and their API tokens.", no_args_is_help=True
)

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
    from pipeline.web.accounts import users as accounts

    password = _password(password_file)
    with opened(ctx, new=True) as services:
        has_token = services.settings.web.token is not None
        user = accounts.add_user(services.desk, name, role, password, has_token=has_token)
    say(f"{user.name} may sign in as {user.role}")


@users.command("list")
def list_users(ctx: typer.Context, as_json: Json = False) -> None:
    """List the users with their roles, time zones and languages."""
    from dataclasses import asdict

    from pipeline.web.accounts.users import shown

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
    from pipeline.web.accounts.users import change_user

    with opened(ctx) as services:
        has_token = services.settings.web.token is not None
        user = change_user(services.desk, name, has_token=has_token, role=role)
    say(f"{user.name} is {user.role} now")


@users.command("password")
def set_password(ctx: typer.Context, name: Name, password_file: PasswordFile = None) -> None:
    """Set a new password of a user, which ends their sessions and tokens."""
    from pipeline.web.accounts.users import change_user, find_user

    with opened(ctx) as services:
        user = find_user(services.desk, name)
        has_token = services.settings.web.token is not None
        change_user(services.desk, user.id, has_token=has_token, password=_password(password_file))
    say(f"{user.name} has a new password")


@users.command("remove")
def drop_user(ctx: typer.Context, name: Name) -> None:
    """Remove a user with their sessions and tokens; what they did stays in the audit log."""
    from pipeline.web.accounts.users import remove_user

    with opened(ctx) as services:
        remove_user(services.desk, name, has_token=services.settings.web.token is not None)
    say(f"{name} may not sign in any more")


Owner = Annotated[str, typer.Argument(metavar="[NAME]", help="The name or the id of the user; left out: all users.")]

_SHOWN: Final = 12  # characters of the id of a session

_DAYS: Final = 90  # that a token lasts by default; `pipeline.web.accounts.tokens` would load the pages for --help

sessions_group = typer.Typer(help="Browsers that are signed in.", no_args_is_help=True)

users.add_typer(sessions_group, name="session")


@sessions_group.command("list")
def list_sessions(ctx: typer.Context, name: Owner = "", as_json: Json = False) -> None:
    """List the sessions of a user or of everybody, the latest first."""
    from pydantic_core import to_jsonable_python

    from pipeline.web.accounts.sessions import sessions
    from pipeline.web.accounts.users import find_user

    with opened(ctx) as services:
        user_id = find_user(services.desk, name).id if name else None
        listed = sessions(services, "", user_id)
    if as_json:
        return put_json(to_jsonable_python(listed))
    return put_table(
        ("id", "user", "browser", "address", "since", "until"),
        [(each.id[:_SHOWN], each.user, each.browser, each.address, each.began, each.until) for each in listed],
        "Nobody is signed in",
    )


@sessions_group.command("end")
def end_session(
    ctx: typer.Context,
    name: Name,
    session_id: Annotated[str, typer.Argument(metavar="[ID]", help="As `list` shows it; left out: all.")] = "",
) -> None:
    """End a session of a user, or all of them."""
    from pipeline.web.accounts import sessions
    from pipeline.web.accounts.users import find_user

    with opened(ctx) as services:
        user = find_user(services.desk, name)
        own = sessions.sessions(services, "", user.id)
        chosen = [session for session in own if session.id.startswith(session_id)]
        if session_id and not chosen:
            raise UsageError(f"{user.name} has no session {session_id[:100]!r}")
        for session in chosen:
            sessions.end_session(services.desk, session.id, user.id)
    say(f"{amount(len(chosen), 'session')} of {user.name} ended")


tokens_group = typer.Typer(help="Tokens by which programs act for a user.", no_args_is_help=True)

users.add_typer(tokens_group, name="token")

TokenName = Annotated[str, typer.Argument(metavar="TOKEN", help="The name of the token.")]


@tokens_group.command("add")
def add_token(
    ctx: typer.Context,
    name: Name,
    token_name: TokenName,
    role: Annotated[
        UserRole, typer.Option("--role", help="What the token permits, the user's role at most.")
    ] = "reader",
    days: Annotated[int, typer.Option("--days", help="Days until the token ends, 366 at most.")] = _DAYS,
) -> None:
    """Create a token and print it; it is shown this once only.

    A program sends it as `Authorization: Bearer TOKEN`. It ends with its days and with a change of the user's password.
    """
    from pipeline.web.accounts import tokens
    from pipeline.web.accounts.users import find_user

    with opened(ctx) as services:
        user = find_user(services.desk, name)
        now = services.clock()
        token, value = tokens.add_token(services.desk, user, token_name, role=role, days=days, now=now)
    say(f"the token {token.name!r} of {user.name} has the role {role} and ends on {token.until:%Y-%m-%d}")
    put(value)


@tokens_group.command("list")
def list_tokens(ctx: typer.Context, name: Owner = "", as_json: Json = False) -> None:
    """List the tokens of a user or of everybody, with the day of their last use."""
    from pydantic_core import to_jsonable_python

    from pipeline.web.accounts.tokens import tokens
    from pipeline.web.accounts.users import find_user

    with opened(ctx) as services:
        user_id = find_user(services.desk, name).id if name else None
        listed = tokens(services.desk, services.clock(), user_id)
    if as_json:
        return put_json(to_jsonable_python(listed))
    return put_table(
        ("user", "token", "role", "created", "last used", "until"),
        [
            (each.user, each.name, each.role, _day(each.created), _day(each.used), _end(each.until, ended=each.ended))
            for each in listed
        ],
        "No tokens",
    )


@tokens_group.command("revoke")
def revoke_token(ctx: typer.Context, name: Name, token_name: TokenName) -> None:
    """Revoke a token of a user."""
    from pipeline.web.accounts.tokens import revoke
    from pipeline.web.accounts.users import find_user

    with opened(ctx) as services:
        user = find_user(services.desk, name)
        own = [token for token in services.desk.all(ApiToken) if token.user == user.id]
        chosen = next((token for token in own if slug(token.name) == slug(token_name)), None)
        if chosen is None:
            raise UsageError(f"{user.name} has no token {token_name[:100]!r}")
        revoke(services.desk, chosen.id, user.id)
    say(f"the token {chosen.name!r} of {user.name} is revoked")


def _day(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d}" if time else ""


def _end(until: datetime, *, ended: bool) -> str:
    return "ended" if ended else _day(until)


def _password(file: Path | None) -> str:
    """The password of the file's first line, of standard input where that is no terminal, or as somebody types it."""
    if file is None and sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    return read_text(file or Path("-")).partition("\n")[0].removesuffix("\r")
