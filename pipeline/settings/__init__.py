"""The settings: defaults, overridden by a TOML file, by ONRECORD_… variables, and by the command line.

A wrong setting stops the start with one line that names the key. A variable that ends in _FILE names a file with the
secret, as orchestrators provide them.

The loading is our own. pydantic-settings was tried: it ignores an unknown ONRECORD_ variable, merges its sources before
validation (so that an error cannot name the file or variable of a value), reports a list with commas without its key,
and expects secrets in one directory. With it, only `_variables`, `_file` and `_flat` would go.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pipeline.errors import SettingsError
from pipeline.settings.sections import (
    Brief,
    Budget,
    Email,
    Evidence,
    Extract,
    Fetch,
    Keep,
    Poll,
    Push,
    Section,
    Web,
    Webhook,
)
from pipeline.settings.servers import Elasticsearch, Job, Kafka, Oidc, Review, Translate

__all__ = [
    "CONFIG_VARIABLE",
    "DEFAULT_FILE",
    "PREFIX",
    "Brief",
    "Budget",
    "Elasticsearch",
    "Email",
    "Evidence",
    "Extract",
    "Fetch",
    "Job",
    "Kafka",
    "Keep",
    "Oidc",
    "Poll",
    "Push",
    "Review",
    "SettingValue",
    "Settings",
    "Translate",
    "Web",
    "Webhook",
    "collect",
    "fields",
    "load",
    "validate",
    "value_of",
]

DEFAULT_FILE: Final = platformdirs.user_config_path("onrecord") / "onrecord.toml"

PREFIX: Final = "ONRECORD_"

_IN_FILE: Final = "_file"

CONFIG_VARIABLE: Final = "ONRECORD_CONFIG"  # names the settings file, so it is not a setting itself


class Settings(Section):
    """All settings."""

    file: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("onrecord") / "onrecord.sqlite",
        description="the file that holds everything, in the embedded profile",
    )
    profile: Literal["embedded", "cluster"] = Field(
        default="embedded",
        description="embedded: one process, one file; cluster: Kafka, Elasticsearch and Flink, with the tables below",
    )
    logs: Literal["text", "json"] = Field(
        default="text",
        description="messages on standard error: text, or json (a JSON object a line, Elastic Common Schema)",
    )
    traces: str = Field(
        default="",
        description="address of an OpenTelemetry collector for traces, such as http://127.0.0.1:4318/v1/traces; not"
        " set: none",
    )
    fetch: Fetch = Fetch()
    poll: Poll = Poll()
    budget: Budget = Budget()
    extract: Extract = Extract()
    keep: Keep = Keep()
    evidence: Evidence = Evidence()
    web: Web = Web()
    oidc: Oidc = Oidc()
    webhook: Webhook = Webhook()
    push: Push = Push()
    email: Email = Email()
    brief: Brief = Brief()
    translate: Translate = Translate()
    review: Review = Review()
    kafka: Kafka = Kafka()
    elasticsearch: Elasticsearch = Elasticsearch()
    job: Job = Job()

    @field_validator("traces")
    @classmethod
    def _of_the_web(cls, traces: str) -> str:
        parts = urlsplit(traces)
        if traces and (parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc):
            raise ValueError("should be an address that begins with http:// or https://, without a name and password")
        return traces

    @field_validator("file")
    @classmethod
    def _at_home(cls, file: Path) -> Path:
        return file.expanduser()


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A value of a setting with its origin: a file, a variable, the command line."""

    value: object
    origin: str


def load(path: Path | None, overrides: Mapping[str, object], environment: Mapping[str, str] = os.environ) -> Settings:
    """Load the settings of the file (None: DEFAULT_FILE, if it exists), the variables, and `overrides` by dotted key.

    Raises SettingsError: one line with the key, its value, the origin of the value, and what it should be.
    """
    return validate(collect(path, overrides, environment))


def collect(
    path: Path | None, overrides: Mapping[str, object], environment: Mapping[str, str]
) -> dict[str, SettingValue]:
    """Return the values that are set, by dotted key ("poll.every"). Raises SettingsError for an unknown key."""
    origin = str(path or DEFAULT_FILE)
    values = {key: SettingValue(value, origin) for key, value in _file(path).items()}
    values |= dict(_variables(environment))
    values |= {key: SettingValue(value, "command line") for key, value in overrides.items()}
    for key, setting in values.items():
        if key not in fields():
            raise SettingsError(_unknown(key, setting.origin))
    return values


def validate(values: Mapping[str, SettingValue]) -> Settings:
    """Return the settings with these values, and defaults for the rest."""
    tables: dict[str, Any] = {}
    for key, setting in values.items():
        *table, name = key.split(".")
        (tables.setdefault(table[0], {}) if table else tables)[name] = setting.value
    try:
        return Settings.model_validate(tables)
    except ValidationError as error:
        raise SettingsError(_explained(error.errors(include_url=False)[0], values)) from error


@cache
def fields() -> Mapping[str, FieldInfo]:
    """Return every setting by its dotted key, in order."""
    return dict(_fields(Settings, ""))


def _fields(section: type[BaseModel], before: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _fields(field.annotation, f"{before}{name}.")
        else:
            yield f"{before}{name}", field


def value_of(settings: Settings, key: str) -> object:
    """Return the value of the setting with this dotted key."""
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _variable(key: str) -> str:
    return PREFIX + key.replace(".", "__").upper()


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, SettingValue]]:
    """Yield the values of ONRECORD_… variables by key; an empty variable, or an empty file, sets nothing."""
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name == CONFIG_VARIABLE or not value:
            continue
        key = name.removeprefix(PREFIX).replace("__", ".").lower()
        secret = key.removesuffix(_IN_FILE)
        if key == secret or not _is_secret(secret):
            yield key, SettingValue(value, name)
            continue
        if environment.get(_variable(secret)):
            raise SettingsError(f"{name} and {_variable(secret)} are both set; set one of them")
        if content := _secret(name, Path(value)):
            yield secret, SettingValue(content, name)


def _is_secret(key: str) -> bool:
    return key in fields() and "SecretStr" in str(fields()[key].annotation)


def _secret(name: str, path: Path) -> str:
    """Return the secret in the file that the variable names, without the line end."""
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{name}: {path} cannot be read: {error}") from error


def _file(path: Path | None) -> dict[str, object]:
    """Return the values of the settings file by key; none if the default file does not exist."""
    file = path or DEFAULT_FILE
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError as error:
        if path is None:
            return {}
        raise SettingsError(f"config: {file} does not exist") from error
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"config: {file} cannot be read: {error}") from error
    try:
        return dict(_flat(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"config: {file} is not TOML: {error}") from error


def _flat(table: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict) and not before:
            yield from _flat(value, f"{name}.")
        else:
            yield f"{before}{name}", value


def _unknown(key: str, origin: str) -> str:
    variable = origin.startswith(PREFIX)
    name, candidates = (origin, [_variable(field) for field in fields()]) if variable else (key, list(fields()))
    if any(field.startswith(f"{key}.") for field in fields()):
        return f"{name} is a table of settings, such as {next(f for f in candidates if f.startswith(name))}"
    near = get_close_matches(name, candidates, 1)
    hint = f"did you mean {near[0]}?" if near else "`onrecord config example` lists all settings"
    return f"{name} is not a setting{'' if variable else f' (in {origin})'}; {hint}"


def _explained(error: ErrorDetails, values: Mapping[str, SettingValue]) -> str:
    """Return one line about a wrong value, or about values that do not fit together, without any secret."""
    location = ".".join(str(part) for part in error["loc"])
    expected = str(error.get("ctx", {}).get("error", error["msg"])).replace("Input should", "should")
    key = next((key for key in values if f"{location}.".startswith(f"{key}.")), "")
    if not key:
        return expected
    setting = values[key]
    value = "" if _is_secret(key) else f" {setting.value!r}"
    return f"{key} ={value} (from {setting.origin}) {expected}"
