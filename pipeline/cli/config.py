"""`onrecord config`: the settings in force with their origins, and an example file."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pipeline.cli.desk import chosen
from pipeline.cli.output import Json, put, put_json, put_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

    from pipeline.settings import SettingValue

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
