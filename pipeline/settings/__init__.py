"""The settings: defaults, then a TOML file, then ONRECORD_… variables; a wrong key stops the start and is named.

A variable with _FILE behind a secret's name gives a file that holds the secret, as orchestrators hand them out.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import platformdirs
from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pipeline.errors import SettingsError
from pipeline.settings.sections import Email, Extract, Fetch, Keep, Poll, Section, Web, Webhook
from pipeline.settings.servers import Elasticsearch, Job, Kafka

__all__ = [
    "CONFIG_VARIABLE",
    "DEFAULT_FILE",
    "PREFIX",
    "Elasticsearch",
    "Email",
    "Extract",
    "Fetch",
    "Given",
    "Job",
    "Kafka",
    "Keep",
    "Poll",
    "Settings",
    "Web",
    "Webhook",
    "fields",
    "gather",
    "load",
    "validate",
    "value_of",
]

DEFAULT_FILE: Final = platformdirs.user_config_path("onrecord") / "onrecord.toml"

PREFIX: Final = "ONRECORD_"

_IN_FILE: Final = "_file"

CONFIG_VARIABLE: Final = "ONRECORD_CONFIG"  # names the settings file, so it is no setting itself


class Settings(Section):
    """Everything that can be set."""

    file: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("onrecord") / "onrecord.sqlite",
        description="the one file that holds everything, in the embedded profile",
    )
    profile: Literal["embedded", "cluster"] = Field(
        default="embedded",
        description="embedded: one process, one file; cluster: Kafka, Elasticsearch and Flink, with the tables below",
    )
    fetch: Fetch = Fetch()
    poll: Poll = Poll()
    extract: Extract = Extract()
    keep: Keep = Keep()
    web: Web = Web()
    webhook: Webhook = Webhook()
    email: Email = Email()
    kafka: Kafka = Kafka()
    elasticsearch: Elasticsearch = Elasticsearch()
    job: Job = Job()

    @field_validator("file")
    @classmethod
    def _at_home(cls, file: Path) -> Path:
        return file.expanduser()


@dataclass(frozen=True, slots=True)
class Given:
    """A value that somebody gave a setting, and where: a file, a variable, the command line."""

    value: object
    origin: str


def load(path: Path | None, overrides: Mapping[str, object], environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the file (None: DEFAULT_FILE, if there is one), the variables, and `overrides` by dotted key.

    SettingsError, one line with the key, its value, where that comes from, and what it should be.
    """
    return validate(gather(path, overrides, environment))


def gather(path: Path | None, overrides: Mapping[str, object], environment: Mapping[str, str]) -> dict[str, Given]:
    """What is given, by dotted key ("poll.every"); SettingsError for a key that is no setting."""
    given = {key: Given(value, "command line") for key, value in overrides.items()}
    origin = str(path or DEFAULT_FILE)
    for key, known in (*_variables(environment), *((key, Given(value, origin)) for key, value in _file(path).items())):
        given.setdefault(key, known)
    for key, known in given.items():
        if key not in fields():
            raise SettingsError(_unknown(key, known.origin))
    return given


def validate(given: Mapping[str, Given]) -> Settings:
    """The settings with these values, the others by default."""
    tables: dict[str, Any] = {}
    for key, known in given.items():
        *table, name = key.split(".")
        (tables.setdefault(table[0], {}) if table else tables)[name] = known.value
    try:
        return Settings.model_validate(tables)
    except ValidationError as error:
        raise SettingsError(_explained(error.errors(include_url=False)[0], given)) from error


@cache
def fields() -> Mapping[str, FieldInfo]:
    """Every setting by its dotted key, in order."""
    return dict(_fields(Settings, ""))


def _fields(section: type[BaseModel], before: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _fields(field.annotation, f"{before}{name}.")
        else:
            yield f"{before}{name}", field


def value_of(settings: Settings, key: str) -> object:
    """The value of the setting with this dotted key."""
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _variable(key: str) -> str:
    return PREFIX + key.replace(".", "__").upper()


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, Given]]:
    """What the ONRECORD_… variables give, by key; an empty one, or one of an empty file, is not set."""
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name == CONFIG_VARIABLE or not value:
            continue
        key = name.removeprefix(PREFIX).replace("__", ".").lower()
        secret = key.removesuffix(_IN_FILE)
        if key == secret or not _is_secret(secret):
            yield key, Given(value, name)
            continue
        if environment.get(_variable(secret)):
            raise SettingsError(f"{name} and {_variable(secret)} are both set; set one of them")
        if content := _secret(name, Path(value)):
            yield secret, Given(content, name)


def _is_secret(key: str) -> bool:
    return key in fields() and "SecretStr" in str(fields()[key].annotation)


def _secret(name: str, place: Path) -> str:
    """The secret in the file that the variable names, without the end of its line."""
    try:
        return place.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{name}: {place} cannot be read: {error}") from error


def _file(path: Path | None) -> dict[str, object]:
    """The settings file's values by key; none where the default file is not there."""
    place = path or DEFAULT_FILE
    try:
        text = place.read_text("utf-8")
    except FileNotFoundError as error:
        if path is None:
            return {}
        raise SettingsError(f"config: {place} does not exist") from error
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"config: {place} cannot be read: {error}") from error
    try:
        return dict(_flat(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"config: {place} is no TOML: {error}") from error


def _flat(table: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict) and not before:
            yield from _flat(value, f"{name}.")
        else:
            yield f"{before}{name}", value


def _unknown(key: str, origin: str) -> str:
    variable = origin.startswith(PREFIX)
    name, known = (origin, [_variable(field) for field in fields()]) if variable else (key, list(fields()))
    if any(field.startswith(f"{key}.") for field in fields()):
        return f"{name} is a table of settings, such as {next(f for f in known if f.startswith(name))}"
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else "`onrecord config example` lists them all"
    return f"{name} is no setting{'' if variable else f' (in {origin})'}; {hint}"


def _explained(error: ErrorDetails, given: Mapping[str, Given]) -> str:
    """One line about a value that pydantic refused, or values that do not go together; no secret is told."""
    place = ".".join(str(part) for part in error["loc"])
    wanted = str(error.get("ctx", {}).get("error", error["msg"])).replace("Input should", "should")
    key = next((key for key in given if f"{place}.".startswith(f"{key}.")), "")
    if not key:
        return wanted
    known = given[key]
    value = "" if _is_secret(key) else f" {known.value!r}"
    return f"{key} ={value} (from {known.origin}) {wanted}"
