"""The commands by which a cluster is looked after name what there is, and are understood by what they are for."""

import re
import shlex
from typing import Any

from pipeline.cli.root import command
from pipeline.ports import ALERTS, ARTICLES, DECISIONS, DOCUMENTS, QUOTES
from pipeline.settings import Settings
from tests.deploy.files import DEPLOY, compose, manifests, pods, text

COMMANDS = [
    shlex.split(line)
    for block in re.findall(r"```sh\n(.*?)```", text("README.md"), re.DOTALL)
    for line in block.splitlines()
]


def understand(arguments: list[str]) -> None:
    """The vendor's error where the command line does not know them."""
    existing: Any = command()  # of a class that typer keeps to itself
    context, place = None, 0
    while hasattr(existing, "get_command"):
        context = existing.make_context("onrecord", arguments[place : place + 1], parent=context)
        existing = existing.get_command(context, arguments[place])
        place += 1
    existing.make_context(arguments[place - 1], arguments[place:], parent=context)


def test_commands_of_compose_name_its_services() -> None:
    output = [words for words in COMMANDS if words[0] == "docker"]
    assert len(output) == 7
    for words in output:
        assert words[:4] == ["docker", "compose", "--file", "deploy/compose.yaml"]
        verb, *rest = [word for word in words[4:] if word != "--rm"]
        assert verb in ("stop", "exec", "run")
        assert rest[0] in compose()["services"]


def test_our_commands_in_manifests_are_valid() -> None:
    output = [words[words.index("web") + 1 :] for words in COMMANDS if words[0] == "docker" and "web" in words]
    assert len(output) == 4
    for words in output:
        understand([word for word in words if word != "onrecord"])


def test_commands_of_kubernetes_name_its_deployments() -> None:
    output = [words for words in COMMANDS if words[0] == "kubectl"]
    assert len(output) == 5
    flink = {each["metadata"]["name"] for each in manifests("operators") if each["kind"] == "FlinkDeployment"}
    for words in output:
        named = {word.partition("/")[2] for word in words if word.startswith("deployment/")}
        assert named <= dict(pods()).keys() | flink
        assert all((DEPLOY.parent / word).is_dir() for word in words if word.startswith("deploy/"))


def test_the_topics_that_may_grow_are_those_of_the_log() -> None:
    (provided,) = [words for words in COMMANDS if "--alter" in words]
    assert provided[provided.index("--topic") + 1] == f"{Settings().kafka.prefix}{ARTICLES}"
    created = {resource["metadata"]["name"] for resource in manifests("operators") if resource["kind"] == "KafkaTopic"}
    prefix = Settings().kafka.prefix
    for topic in (ARTICLES, QUOTES, DOCUMENTS, DECISIONS, ALERTS):
        assert f"`{topic}`" in text("README.md")
        assert f"{prefix}{topic}" in created


def test_the_table_of_security_names_files_that_exist() -> None:
    table = text("README.md").partition("## Security")[2]
    named = re.findall(r"`([\w/.]+(?:\.py|/))`", table)
    rooms = [DEPLOY.parent / room for room in ("", "pipeline", "connectors")]
    assert len(named) > 8
    assert [name for name in named if not any((room / name).exists() for room in rooms)] == []
