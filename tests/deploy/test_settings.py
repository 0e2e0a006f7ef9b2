"""Every setting that a file in deploy/ makes is a setting, with a value that it can have."""

import re
from pathlib import Path

import pytest

from pipeline import settings
from pipeline.roles import Role
from pipeline.settings import CONFIG_VARIABLE, PREFIX, Settings, fields
from tests.deploy.files import DEPLOY, OVERLAYS, compose, environment

KEY = "whsec_" + "A" * 32


def known() -> set[str]:
    names = {key: PREFIX + key.replace(".", "__").upper() for key in fields()}
    secrets = {f"{names[key]}_FILE" for key, field in fields().items() if "SecretStr" in str(field.annotation)}
    return {*names.values(), *secrets, CONFIG_VARIABLE}


def test_every_setting_in_deploy_exists() -> None:
    written = [path for path in DEPLOY.rglob("*") if path.is_file() and not {".secrets", "__pycache__"} & {*path.parts}]
    named = {
        (path.name, name) for path in written for name in re.findall(r"\bONRECORD_[A-Z_]*[A-Z]\b", path.read_text())
    }
    assert len(named) > 20
    assert {(file, name) for file, name in named if name not in known()} == set()


def loaded(given: dict[str, str], folder: Path) -> Settings:
    """The settings that the variables make, where each secret is in its file."""
    here = dict(given)
    for name, place in given.items():
        if name.endswith("_FILE"):
            secret = folder / Path(place).name
            secret.write_text(KEY)
            here[name] = str(secret)
    return settings.load(None, {}, here)


def test_compose_makes_settings_of_a_cluster(tmp_path: Path) -> None:
    for role in ("poller", "job", "deliverer", "web"):
        created = loaded(compose()["services"][role]["environment"], tmp_path)
        assert created.profile == "cluster"
        assert created.web.token
        assert created.webhook.secret


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("role", Role)
def test_an_overlay_makes_settings_of_a_cluster(role: Role, overlay: str, tmp_path: Path) -> None:
    created = loaded(environment(role, overlay), tmp_path)
    assert created.profile == "cluster"
    assert created.web.token
    assert created.kafka.security == "sasl-tls"
    assert created.elasticsearch.url.startswith("https://")
