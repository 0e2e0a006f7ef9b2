"""The commands in the files of deploy/ are run, or read by what would run them."""

import configparser
import os
import re
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline import settings
from pipeline.cli.root import command
from pipeline.errors import SettingsError
from pipeline.roles import Role
from pipeline.settings import Settings
from tests.deploy.files import DEPLOY, KUBERNETES, compose, pods, text

SERVER = "org.apache.beam.runners.flink.FlinkJobServerDriver"


def understood(arguments: list[str]) -> dict[str, object]:
    """The parameters that the command line makes of the arguments of `onrecord`."""
    root: Any = command()  # of a class that typer keeps to itself
    place = arguments.index("run")
    outer = root.make_context("onrecord", arguments[: place + 1])
    run = root.get_command(outer, "run")
    parameters: dict[str, object] = run.make_context("run", arguments[place + 1 :], parent=outer).params
    return parameters


def test_every_role_is_started_by_compose_and_by_kubernetes() -> None:
    services = compose()["services"]
    for role in Role:
        for arguments in (services[role]["command"], dict(pods())[role]["containers"][0]["args"]):
            assert understood(arguments)["role"] == [role]


def test_the_job_server_has_the_same_options_as_in_the_tests() -> None:
    tested = text("services/services.py")
    assert SERVER in tested
    flink = compose()["services"]["flink"]
    sidecar = dict(pods())["job"]["initContainers"][0]
    assert (flink["entrypoint"], flink["command"]) == (sidecar["command"], sidecar["args"])
    assert flink["entrypoint"][-1] == SERVER
    assert all(f"{argument.split('=')[0]}=" in tested for argument in flink["command"])
    assert "--job-port=8099" in flink["command"]
    assert "--artifact-port=8098" in flink["command"]
    expansion = dict(pods())["job"]["initContainers"][1]
    service = compose()["services"]["expansion"]
    assert (service["entrypoint"], service["command"]) == (expansion["command"], expansion["args"])
    assert service["entrypoint"][-1] in tested
    assert service["command"][-1] in tested
    assert (Settings().job.endpoint, Settings().job.artifact_endpoint) == ("127.0.0.1:8099", "127.0.0.1:8098")


def test_secrets_are_created_once_and_are_settings(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    subprocess.run([DEPLOY / "secrets", folder], check=True)
    created = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(created) == {*compose()["secrets"], "elasticsearch_job", "elasticsearch_reader"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    own = {"push_key", "oidc_secret"}  # which an operator fills in
    assert {name for name, content in created.items() if not content} == own
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.name not in own} == {0o444}
    names = {"WEB__TOKEN": "web_token", "WEB__SECRET": "web_secret", "WEBHOOK__SECRET": "webhook_secret"}
    provided = {f"ONRECORD_{name}_FILE": str(folder / file) for name, file in names.items()}
    provided |= {
        f"ONRECORD_{name}_FILE": str(folder / file)
        for name, file in {"PUSH__KEY": "push_key", "OIDC__SECRET": "oidc_secret"}.items()
    }
    loaded = settings.load(None, {}, provided)
    assert loaded.web.token
    assert (loaded.push.key, loaded.oidc.secret) == (None, None)
    (folder / "push_key").write_text("a key")
    created["push_key"] = "a key"
    assert settings.load(None, {}, provided).push.key
    subprocess.run([DEPLOY / "secrets", folder], check=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == created


def test_the_cluster_is_started_with_its_secrets(tmp_path: Path) -> None:
    for name in ("cluster", "secrets", "compose.yaml"):
        (tmp_path / name).write_bytes((DEPLOY / name).read_bytes())
        (tmp_path / name).chmod(0o755)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text('#!/bin/sh\necho "$@"\n')
    docker.chmod(0o755)
    environment = {**os.environ, "PATH": f"{docker.parent}:{os.environ['PATH']}"}
    output = subprocess.run(
        [tmp_path / "cluster", "--scale", "deliverer=3"], env=environment, check=True, capture_output=True, text=True
    )
    expected = f"compose --file {tmp_path}/compose.yaml up --detach --build --wait --scale deliverer=3\n"
    assert output.stdout == expected
    assert all((tmp_path / secret["file"]).exists() for secret in compose()["secrets"].values())


def unit(name: str = "onrecord") -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # how configparser is told to keep case
    parser.read_string(text(f"systemd/{name}.service"))
    return parser


def test_the_unit_starts_the_job_and_gives_it_time_to_stop() -> None:
    service = unit()["Service"]
    program, *arguments = shlex.split(service["ExecStart"])
    assert program == "/opt/onrecord/bin/onrecord"
    assert understood(arguments)["role"] == ()
    assert service["Restart"] == "on-failure"
    assert int(service["RestartPreventExitStatus"]) == SettingsError.exit_code
    assert int(service["TimeoutStopSec"]) == 30
    assert service["Environment"] == f"ONRECORD_FILE=/var/lib/{service['StateDirectory']}/onrecord.sqlite"
    assert {service[name] for name in ("NoNewPrivileges", "PrivateTmp", "ProtectHome")} == {"yes"}
    assert service["ProtectSystem"] == "strict"


def test_the_unit_is_installed_from_existing_files() -> None:
    note = text("systemd/onrecord.service").partition("[Unit]")[0]
    files = re.findall(r"deploy/[\w./-]+", note)
    assert {"deploy/systemd/onrecord.service", "deploy/systemd/onrecord.sysusers"} <= set(files)
    assert all((DEPLOY.parent / file).is_file() for file in files)
    assert f"u {unit()['Service']['User']} " in text("systemd/onrecord.sysusers")


def test_units_of_cluster_roles_are_as_restricted_as_the_unit_of_one_machine() -> None:
    guarded = {name: value for name, value in unit()["Service"].items() if name.startswith(("Protect", "Restrict"))}
    for name in ("onrecord@", "onrecord-flink", "onrecord-expansion"):
        assert guarded.items() <= dict(unit(name)["Service"]).items()
        assert f"deploy/systemd/{name}.service" in text("README.md")
    program, *arguments = shlex.split(unit("onrecord@")["Service"]["ExecStart"])
    assert program == "/opt/onrecord/bin/onrecord"
    for role in Role:
        assert understood([argument.replace("%i", role) for argument in arguments])["role"] == [role]
        assert f"onrecord@{role}" in text("README.md")


@pytest.mark.parametrize("name", ["flink", "expansion"])
def test_units_of_servers_have_the_options_of_compose(name: str) -> None:
    server = compose()["services"][name]
    java, _, _, files, *arguments = shlex.split(unit(f"onrecord-{name}")["Service"]["ExecStart"])
    composed = [*server["entrypoint"][4:], *server["command"]]
    assert [re.sub("=/.*", "", argument) for argument in arguments] == [re.sub("=/.*", "", each) for each in composed]
    assert (java, files) == ("/usr/bin/java", "/opt/onrecord-flink/*")
    assert f"-DoutputDirectory={files.removesuffix('/*')}" in text("README.md")


@pytest.mark.parametrize("place", [KUBERNETES / "operators" / "flink.yaml"])
def test_the_worker_beside_flink_listens_at_the_address_of_the_settings(place: Path) -> None:
    assert '[python, -m, onrecord.run.beam.worker_pool, "50000", "9250"]' in place.read_text()
    assert "ONRECORD_JOB__WORKER=127.0.0.1:50000\n" in (place.parent / "settings.env").read_text()
