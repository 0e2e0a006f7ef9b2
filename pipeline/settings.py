"""The settings: defaults, then a TOML file, then ONRECORD_… variables; a wrong key stops the start and is named."""

import base64
import binascii
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import platformdirs
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pipeline.durations import duration
from pipeline.errors import SettingsError

DEFAULT_FILE: Final = platformdirs.user_config_path("onrecord") / "onrecord.toml"
PREFIX: Final = "ONRECORD_"
CONFIG_VARIABLE: Final = "ONRECORD_CONFIG"  # names the settings file, so it is no setting itself

_WEB_ADDRESS: Final = re.compile(r"https?://[^\s/?#@\\<>\"]+(/[^\s?#\\<>\"]*)?", re.ASCII)
_SECRET_CHARACTERS: Final = 32

Duration = Annotated[timedelta, BeforeValidator(duration)]


def _key(secret: str) -> bytes:
    """The bytes of a Standard Webhooks secret; none where it is not one."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True) if secret.startswith("whsec_") else b""
    except binascii.Error:
        return b""


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fetch(Section):
    """Limits and manners of every HTTP request that we make."""

    contact: str = Field(
        default="", description="address or URL put into the User-Agent, so that a publisher can reach you"
    )
    timeout: Duration = Field(
        default=timedelta(seconds=30), gt=timedelta(0), description="longest time for one request, redirects included"
    )
    pause: Duration = Field(
        default=timedelta(seconds=1), ge=timedelta(0), description="pause between two requests to one host"
    )
    redirects: int = Field(default=5, ge=0, description="most redirects followed")
    compressed_bytes: int = Field(default=10_000_000, gt=0, description="largest body as sent")
    bytes: int = Field(default=20_000_000, gt=0, description="largest body after decompression")
    private_addresses: bool = Field(
        default=False, description="allow loopback and private networks, for a test or an intranet"
    )


class Poll(Section):
    """When feeds are looked at."""

    every: Duration = Field(
        default=timedelta(minutes=5),
        gt=timedelta(0),
        description="pause between two looks at a feed whose rhythm is not known, and the least where a publisher says "
        "nothing of it",
    )
    least: Duration = Field(
        default=timedelta(minutes=1),
        gt=timedelta(0),
        description="shortest pause, where the publisher allows it and the feed is busy",
    )
    most: Duration = Field(
        default=timedelta(hours=24), gt=timedelta(0), description="longest pause, at a feed that seldom brings anything"
    )
    longest: Duration = Field(default=timedelta(hours=6), gt=timedelta(0), description="longest pause after failures")
    again: int = Field(
        default=3,
        ge=0,
        le=5,
        description="times that the page of a new article is read again for corrections: 1, 6, 24, 72 and 168 hours on",
    )
    parse_seconds: float = Field(default=10, gt=0, description="a parse that takes longer is killed")
    parse_megabytes: int = Field(default=600, gt=0, description="a parse that needs more memory is killed")
    article_characters: int = Field(
        default=500_000, gt=0, description="longest text of an article; the rest is cut off, and the article marked"
    )


class Extract(Section):
    """How articles are read for who said what."""

    parser: bool = Field(
        default=False,
        description="ask a dependency parse too about indirect speech; six times slower, and needs onrecord[parser]",
    )


class Web(Section):
    """The HTTP API and pages."""

    host: str = Field(default="127.0.0.1", description="address listened on; anything but loopback needs a token")
    port: int = Field(default=8414, ge=0, le=65535, description="port listened on; 0 takes a free one")
    token: SecretStr | None = Field(default=None, min_length=1, description="bearer token asked of every request")
    address: str = Field(
        default="", description="where others find the pages, such as https://desk.example.org; messages link to them"
    )
    secret: SecretStr | None = Field(
        default=None, description="signs the links to unsubscribe that e-mails have if there is an address too"
    )

    @field_validator("address")
    @classmethod
    def _of_the_web(cls, address: str) -> str:
        if address and not _WEB_ADDRESS.fullmatch(address):
            raise ValueError("should be an address that begins with http:// or https://, without ? and #")
        return address

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < _SECRET_CHARACTERS:
            raise ValueError(f"should have {_SECRET_CHARACTERS} characters or more")
        return secret


class Webhook(Section):
    """Webhooks, signed as Standard Webhooks says; the time holds for chats and apprise as well."""

    secret: SecretStr | None = Field(default=None, description="signing secret, 'whsec_' and 24 to 64 bytes in base64")
    timeout: Duration = Field(default=timedelta(seconds=15), gt=timedelta(0), description="longest time for one try")

    @field_validator("secret")
    @classmethod
    def _well_formed(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not 24 <= len(_key(secret.get_secret_value())) <= 64:
            raise ValueError("should be 'whsec_' and 24 to 64 bytes in base64")
        return secret


class Email(Section):
    """The mail server that alerts by e-mail go through; the operator's own, so it may be at a private address."""

    host: str = Field(default="", description="mail server; empty turns e-mail off")
    port: int = Field(default=587, ge=1, le=65535, description="its port for sending")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the connection is secured"
    )
    username: str = Field(default="", description="who logs in; empty logs nobody in")
    password: SecretStr | None = Field(default=None, description="the password that goes with it")
    sender: str = Field(default="", description="who alerts come from: address, or Name <address>")
    timeout: Duration = Field(default=timedelta(seconds=15), gt=timedelta(0), description="longest wait for an answer")


class Settings(Section):
    """Everything that can be set."""

    file: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("onrecord") / "onrecord.sqlite",
        description="the one file that holds everything",
    )
    profile: Literal["embedded"] = Field(default="embedded", description="embedded: one process, one file")
    fetch: Fetch = Fetch()
    poll: Poll = Poll()
    extract: Extract = Extract()
    web: Web = Web()
    webhook: Webhook = Webhook()
    email: Email = Email()

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
    for origin, values in ((None, _variables(environment)), (str(path or DEFAULT_FILE), _file(path))):
        for key, value in values.items():
            given.setdefault(key, Given(value, origin or _variable(key)))
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


def _variables(environment: Mapping[str, str]) -> dict[str, object]:
    """The ONRECORD_… variables by key; an empty one is not set."""
    return {
        name.removeprefix(PREFIX).replace("__", ".").lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != CONFIG_VARIABLE and value
    }


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
    """One line about a value that pydantic refused; a secret's value is not told."""
    key = ".".join(str(part) for part in error["loc"])
    known = given[key]
    secret = "SecretStr" in str(fields()[key].annotation)
    wanted = str(error.get("ctx", {}).get("error", error["msg"])).replace("Input should", "should")
    value = "" if secret else f" {known.value!r}"
    return f"{key} ={value} (from {known.origin}) {wanted}"
