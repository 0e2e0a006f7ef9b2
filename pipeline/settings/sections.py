"""The tables of the settings file for one machine."""

import base64
import binascii
import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Final, Literal, NamedTuple
from urllib.parse import urlsplit
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

WEB_ADDRESS: Final = re.compile(r"https?://[^\s/?#@\\<>\"]+(/[^\s?#\\<>\"]*)?", re.ASCII)

_SECRET_CHARACTERS: Final = 32

_TOKEN_CHARACTERS: Final = 16


def split_list(value: object) -> object:
    """Split a string with commas, as in a variable, into a list; return any other value as it is."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _network(address: str) -> str:
    try:
        return str(ip_network(address, strict=False))
    except ValueError as error:
        raise ValueError(f"should be an address or a network such as 10.0.0.0/8, which {address!r} is not") from error


Network = Annotated[str, AfterValidator(_network)]

Duration = Annotated[timedelta, BeforeValidator(duration)]


def _key(secret: str) -> bytes:
    """Return the bytes of a Standard Webhooks secret; no bytes for anything else."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True) if secret.startswith("whsec_") else b""
    except binascii.Error:
        return b""


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_LOGIN: Final = re.compile(
    r"((?:https?://[^\s/?#@\\]+|imaps?://[^\s/?#\\]+)/[^\s?#\\]*)"
    r"\s+(?:(basic)\s+(?=[^:]+:)|(cookie)\s+|([\w-]+):\s*)(\S.*)",
    re.ASCII,
)

_MOST_PORT: Final = 65_535

_OUR_HEADERS: Final = frozenset(("host", "content-length", "transfer-encoding", "connection", "accept-encoding"))


class Login(NamedTuple):
    """A header to send with every request to an address that begins with `prefix`."""

    prefix: str
    header: str
    value: str


def logins(text: str) -> tuple[Login, ...]:
    """The logins in the lines of a text; ValueError names a wrong line by its number alone, as it may hold a secret."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    return tuple(_login(number, line) for number, line in lines if line and not line.startswith("#"))


def _login(number: int, line: str) -> Login:
    match = _LOGIN.fullmatch(line)
    if not match or not line.isprintable() or not (match[2] or line.isascii()) or not _can_be_sent(match):
        raise ValueError(
            f"line {number} should be an address that ends in a path, and 'basic NAME:PASSWORD', 'cookie NAME=VALUE' "
            "or 'HEADER: VALUE'"
        )
    prefix, basic, cookie, header, value = match.groups()
    if basic:
        return Login(prefix, "authorization", f"Basic {base64.b64encode(value.encode()).decode()}")
    return Login(prefix, "cookie" if cookie else header.lower(), value)


def _can_be_sent(login: re.Match[str]) -> bool:
    """True for an address that can be split, and a header that is not one of ours; mailboxes have passwords only."""
    try:
        port = urlsplit(login[1]).port
    except ValueError:
        return False
    if login[1].startswith("imap") and not login[2]:
        return False
    return (port or 0) <= _MOST_PORT and (login[4] or "").lower() not in _OUR_HEADERS


class Fetch(Section):
    """Limits and manners of our HTTP requests."""

    contact: str = Field(default="", description="address or URL in the User-Agent, so that a publisher can reach you")
    logins: SecretStr | None = Field(
        default=None,
        description="logins of sites and mailboxes, one a line, best in a file: the start of the addresses, and "
        "'basic NAME:PASSWORD', 'cookie NAME=VALUE' or 'HEADER: VALUE'",
    )
    timeout: Duration = Field(
        default=timedelta(seconds=30), gt=timedelta(0), description="time limit of a request with its redirects"
    )
    pause: Duration = Field(
        default=timedelta(seconds=1), ge=timedelta(0), description="pause between two requests to a host"
    )
    redirects: int = Field(default=5, ge=0, description="maximum number of redirects")
    compressed_bytes: int = Field(default=10_000_000, gt=0, description="maximum size of a body as sent")
    bytes: int = Field(default=20_000_000, gt=0, description="maximum size of a body after decompression")
    private_addresses: bool = Field(
        default=False, description="allow loopback and private networks, for a test or an intranet"
    )

    @field_validator("logins")
    @classmethod
    def _readable(cls, secret: SecretStr | None) -> SecretStr | None:
        logins(secret.get_secret_value() if secret else "")
        return secret


RULE: Final = re.compile(r"(?:title|link|author|section):.*\w.*")
"""A rule for items to leave out, see `pipeline.feeds.state.ignored`."""


class Poll(Section):
    """Schedule and limits of polling feeds."""

    every: Duration = Field(
        default=timedelta(minutes=5),
        gt=timedelta(0),
        description="time between polls of a feed with an unknown publishing rate; also the minimum for a feed whose "
        "publisher does not allow a shorter time",
    )
    least: Duration = Field(
        default=timedelta(minutes=1),
        gt=timedelta(0),
        description="minimum time between polls of a busy feed whose publisher allows it",
    )
    most: Duration = Field(
        default=timedelta(hours=24), gt=timedelta(0), description="maximum time between polls of a quiet feed"
    )
    longest: Duration = Field(
        default=timedelta(hours=6), gt=timedelta(0), description="maximum time between polls after failures"
    )
    tell: str = Field(
        default="",
        description="targets, separated by spaces, that receive a notice when a feed falls silent, fails, floods or "
        "recovers, such as email:desk@example.org",
    )
    websub: bool = Field(
        default=True,
        description="let WebSub hubs push new entries, if web.address and web.secret are set",
    )
    again: int = Field(
        default=3,
        ge=0,
        le=5,
        description="how many times to read a new article's page again for corrections, of up to five: after 1, 6, 24, "
        "72 and 168 hours",
    )
    ignore: Annotated[tuple[str, ...], BeforeValidator(split_list)] = Field(
        default=(),
        description="rules, separated by commas, that leave out items of all feeds, such as 'section:Sport, "
        "title:horoscope'",
    )
    parse_seconds: float = Field(default=10, gt=0, description="time limit of one parse")
    parse_megabytes: int = Field(default=125, gt=0, description="memory limit of one parse")
    article_characters: int = Field(
        default=500_000,
        gt=0,
        description="maximum length of an article; a longer text is cut, and the article is marked",
    )

    @field_validator("ignore")
    @classmethod
    def _known_rules(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        for rule in rules:
            if not RULE.fullmatch(rule):
                raise ValueError(f"should have rules of title:, link:, author: or section:, and words, not {rule!r}")
        return rules


class Budget(Section):
    """Limits of what a feed may use in a day; a feed that exceeds one of them waits until the day is over."""

    cpu: float = Field(default=300, gt=0, description="maximum CPU seconds of parsers for a feed in a day")
    bytes: int = Field(
        default=2_000_000_000, gt=0, description="maximum bytes of a feed and its pages in a day, after decompression"
    )
    articles: int = Field(default=5_000, gt=0, description="maximum articles of a feed in a day")
    quotes: int = Field(default=50_000, gt=0, description="maximum quotes in a feed's articles of a day")
    host: int = Field(default=20, gt=0, description="budget of all feeds of a host together, as a multiple of a feed's")


class Keep(Section):
    """Retention in the file."""

    log: Duration = Field(
        default=timedelta(days=14),
        description="age at which processed log records are deleted; their results stay; 0 keeps all",
    )


class Evidence(Section):
    """Evidence: the pages and feeds that articles with alerts were read from, as WARC files."""

    keep: Duration = Field(
        default=timedelta(0),
        ge=timedelta(0),
        description="how long to keep the page or feed of an article with an alert, such as 365d; 0 keeps none",
    )
    folder: str = Field(
        default="",
        description="folder of the WARC files, shared by pollers and pages in a cluster; empty: `evidence` beside the "
        "file",
    )
    bytes: int = Field(
        default=10_000_000_000,
        gt=0,
        description="maximum size of that folder; when it is full, files without an alert make room, and if those with "
        "alerts fill it, nothing new is stored",
    )
    archive: str = Field(
        default="",
        description="web archive that saves each page with an alert: the address before the page's address, such as "
        "https://web.archive.org/save/; empty: none",
    )

    @field_validator("archive")
    @classmethod
    def _of_the_web(cls, address: str) -> str:
        if address and not WEB_ADDRESS.fullmatch(address):
            raise ValueError("should be an address that begins with http:// or https://, without ? and #")
        return address


class Extract(Section):
    """Extraction of quotes from articles."""

    parser: bool = Field(
        default=False,
        description="also check indirect speech with a dependency parser; six times slower, needs onrecord[parser]",
    )


class Web(Section):
    """The HTTP API and pages."""

    host: str = Field(default="127.0.0.1", description="address to listen on; anything but loopback needs a token")
    port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="port to listen on; not set: 8414 for the pages, 8415 for the health of a process with the role"
        " poller, 8416 job, 8417 deliverer; 0 chooses a free port",
    )
    token: SecretStr | None = Field(
        default=None, description=f"bearer token of every request, {_TOKEN_CHARACTERS} characters or more"
    )
    session: Duration = Field(
        default=timedelta(days=7), gt=timedelta(0), description="time after which a browser has to log in again"
    )
    idle: Duration = Field(default=timedelta(days=1), gt=timedelta(0), description="a login ends after so long unused")
    proxies: Annotated[tuple[Network, ...], BeforeValidator(split_list)] = Field(
        default=("127.0.0.1/32", "::1/128"),
        description="addresses or networks of reverse proxies, separated by commas, whose X-Forwarded-For and "
        "X-Forwarded-Proto are trusted",
    )
    address: str = Field(
        default="", description="public address of the pages, such as https://desk.example.org; messages link to it"
    )
    secret: SecretStr | None = Field(
        default=None,
        description="secret that signs unsubscribe links and WebSub callbacks; both also need web.address",
    )
    mcp: bool = Field(
        default=False, description="serve assistants at /mcp (Model Context Protocol, read-only); needs onrecord[mcp]"
    )
    old_secret: SecretStr | None = Field(
        default=None, description="the previous secret: its signatures stay valid while it is set here"
    )
    zone: str = Field(
        default="UTC", description="time zone of pages and messages by its IANA name, such as Europe/Oslo"
    )
    language: Literal["en", "de"] = Field(
        default="en",
        description="language of mails, briefs and other messages, and of pages for browsers that prefer none of ours",
    )

    @field_validator("address")
    @classmethod
    def _of_the_web(cls, address: str) -> str:
        if address and not WEB_ADDRESS.fullmatch(address):
            raise ValueError("should be an address that begins with http:// or https://, without ? and #")
        return address

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
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
    """Webhooks, signed by Standard Webhooks; the timeout is also that of chats and apprise."""

    secret: SecretStr | None = Field(default=None, description="signing secret, 'whsec_' and 24 to 64 bytes in base64")
    old_secret: SecretStr | None = Field(
        default=None, description="the previous secret: webhooks are signed with both while it is set here"
    )
    timeout: Duration = Field(default=timedelta(seconds=15), gt=timedelta(0), description="time limit of an attempt")

    @field_validator("secret", "old_secret")
    @classmethod
    def _well_formed(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not 24 <= len(_key(secret.get_secret_value())) <= 64:
            raise ValueError("should be 'whsec_' and 24 to 64 bytes in base64")
        return secret


class Push(Section):
    """Alerts to the browsers of users by Web Push; needs onrecord[push]."""

    key: SecretStr | None = Field(
        default=None, description="private key of the curve P-256 in PEM; not set: no alerts to browsers"
    )
    contact: str = Field(
        default="", description="address for the operators of push services: mailto:ADDRESS or an https address"
    )

    @field_validator("contact")
    @classmethod
    def _reachable(cls, contact: str) -> str:
        if contact and not contact.startswith(("mailto:", "https://")):
            raise ValueError("should begin with mailto: or https://")
        return contact


class Email(Section):
    """The operator's mail server for alerts by e-mail, which may be at a private address."""

    host: str = Field(default="", description="mail server; empty switches e-mail off")
    port: int = Field(default=587, ge=1, le=65535, description="submission port of the mail server")
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="security of the connection")
    username: str = Field(default="", description="user name; empty: no login")
    password: SecretStr | None = Field(default=None, description="password of the user")
    sender: str = Field(default="", description="sender of alerts: address, or Name <address>")
    timeout: Duration = Field(
        default=timedelta(seconds=15), gt=timedelta(0), description="time limit of each step with the server"
    )


_TIME_OF_DAY: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)


class Brief(Section):
    """The morning brief: the page of the day before, by mail, through the mail server of `email`."""

    to: Annotated[tuple[str, ...], BeforeValidator(split_list)] = Field(
        default=(), description="e-mail addresses that get the brief each day, separated by commas; empty: none"
    )
    at: str = Field(default="07:00", description="time of day in web.zone at which the brief is sent")

    @field_validator("at")
    @classmethod
    def _time_of_day(cls, at: str) -> str:
        if not _TIME_OF_DAY.fullmatch(at):
            raise ValueError("should be a time of day such as 07:00")
        return at
