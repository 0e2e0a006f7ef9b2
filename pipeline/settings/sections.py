"""The tables of the settings file that one machine needs."""

import base64
import binascii
import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from pipeline.text import duration

_WEB_ADDRESS: Final = re.compile(r"https?://[^\s/?#@\\<>\"]+(/[^\s?#\\<>\"]*)?", re.ASCII)

_SECRET_CHARACTERS: Final = 32

_TOKEN_CHARACTERS: Final = 16


def split_list(value: object) -> object:
    """A list also from one string with commas between its parts, as a variable has it."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _network(address: str) -> str:
    try:
        return str(ip_network(address, strict=False))
    except ValueError as error:
        raise ValueError(f"should be an address or a network such as 10.0.0.0/8, which {address!r} is not") from error


Network = Annotated[str, AfterValidator(_network)]

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
    tell: str = Field(
        default="",
        description="who is told of a feed that goes silent, fails or floods, and when it is well again: targets such "
        "as email:desk@example.org, with spaces between them",
    )
    websub: bool = Field(
        default=True,
        description="let hubs push what is new in their feeds, where web.address and web.secret are set",
    )
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


class Keep(Section):
    """How long what is done with is kept, in the one file."""

    log: Duration = Field(
        default=timedelta(days=14),
        description="age at which log records that are done with are deleted; what came of them stays; 0 keeps all",
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
    token: SecretStr | None = Field(
        default=None, description=f"bearer token asked of every request, {_TOKEN_CHARACTERS} characters or more"
    )
    session: Duration = Field(
        default=timedelta(days=7), gt=timedelta(0), description="time after which a browser has to log in again"
    )
    proxies: Annotated[tuple[Network, ...], BeforeValidator(split_list)] = Field(
        default=("127.0.0.1/32", "::1/128"),
        description="addresses or networks of reverse proxies, with commas between, whose X-Forwarded-For and "
        "X-Forwarded-Proto are believed",
    )
    address: str = Field(
        default="", description="where others find the pages, such as https://desk.example.org; messages link to them"
    )
    secret: SecretStr | None = Field(
        default=None, description="signs the links to unsubscribe that e-mails have if there is an address too"
    )
    mcp: bool = Field(
        default=False, description="serve assistants at /mcp (Model Context Protocol, read-only); needs onrecord[mcp]"
    )
    old_secret: SecretStr | None = Field(
        default=None, description="the secret before it was changed: what it signed stays valid while it is set here"
    )
    zone: str = Field(default="UTC", description="time zone of the pages, a name of the IANA such as Europe/Oslo")

    @field_validator("address")
    @classmethod
    def _of_the_web(cls, address: str) -> str:
        if address and not _WEB_ADDRESS.fullmatch(address):
            raise ValueError("should be an address that begins with http:// or https://, without ? and #")
        return address

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError("should be a time zone such as Europe/Oslo") from error
        return zone

    @field_validator("secret", "old_secret", "token")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None, field: ValidationInfo) -> SecretStr | None:
        least = _TOKEN_CHARACTERS if field.field_name == "token" else _SECRET_CHARACTERS
        if secret is not None and len(secret.get_secret_value()) < least:
            raise ValueError(f"should have {least} characters or more")
        return secret


class Webhook(Section):
    """Webhooks, signed as Standard Webhooks says; the time holds for chats and apprise as well."""

    secret: SecretStr | None = Field(default=None, description="signing secret, 'whsec_' and 24 to 64 bytes in base64")
    old_secret: SecretStr | None = Field(
        default=None, description="the secret before it was changed: webhooks are signed by both while it is set here"
    )
    timeout: Duration = Field(default=timedelta(seconds=15), gt=timedelta(0), description="longest time for one try")

    @field_validator("secret", "old_secret")
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
