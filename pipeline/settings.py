"""The settings: defaults, then a TOML file, then ONRECORD_… variables; a wrong key stops the start and is named."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pipeline.errors import SettingsError

DEFAULT_FILE = platformdirs.user_config_path("onrecord") / "onrecord.toml"


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fetch(Section):
    """Limits and manners of every HTTP request that we make."""

    contact: str = Field("", description="address or URL put into the User-Agent, so that a publisher can reach you")
    timeout: timedelta = Field(timedelta(seconds=30), description="longest time for one request, redirects included")
    redirects: int = Field(5, ge=0, description="most redirects followed")
    compressed_bytes: int = Field(10_000_000, gt=0, description="largest body as sent")
    bytes: int = Field(20_000_000, gt=0, description="largest body after decompression")
    private_addresses: bool = Field(False, description="allow loopback and private networks, for a test or an intranet")


class Poll(Section):
    """When feeds are looked at."""

    every: timedelta = Field(timedelta(minutes=5), gt=timedelta(0), description="pause between two looks at a feed")
    longest: timedelta = Field(timedelta(hours=6), gt=timedelta(0), description="longest pause after failures")
    parse_seconds: float = Field(10, gt=0, description="a parse that takes longer is killed")
    parse_megabytes: int = Field(600, gt=0, description="a parse that needs more memory is killed")


class Web(Section):
    """The HTTP API and pages."""

    host: str = Field("127.0.0.1", description="address listened on; anything but loopback needs a token")
    port: int = Field(8414, ge=0, le=65535, description="port listened on; 0 takes a free one")
    token: SecretStr | None = Field(None, description="bearer token asked of every request")


class Webhook(Section):
    """Signing of webhooks, as Standard Webhooks says."""

    secret: SecretStr | None = Field(None, description="signing secret, 'whsec_' and 24 to 64 bytes in base64")
    timeout: timedelta = Field(timedelta(seconds=15), gt=timedelta(0), description="longest time for one try")


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="ONRECORD_", env_nested_delimiter="__", toml_file=None
    )

    file: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("onrecord") / "onrecord.sqlite",
        description="the one file that holds everything",
    )
    profile: Literal["embedded"] = Field("embedded", description="embedded: one process, one file")
    fetch: Fetch = Field(default_factory=Fetch)
    poll: Poll = Field(default_factory=Poll)
    web: Web = Field(default_factory=Web)
    webhook: Webhook = Field(default_factory=Webhook)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over variables, variables over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
