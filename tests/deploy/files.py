"""The contents of the files in deploy/, for tests that compare them with the program and with each other."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
OVERLAYS = ("external", "operators")


def text(name: str) -> str:
    return (DEPLOY / name).read_text("utf-8")


@cache
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(text("compose.yaml"))
    return parsed


@cache
def manifests(folder: str) -> list[dict[str, Any]]:
    """The resources of one folder, without the kustomization, its patches and what it makes files of."""
    files = [KUBERNETES / folder / name for name in kustomized(folder)["resources"] if name != "../base"]
    return [resource for file in files for resource in yaml.safe_load_all(file.read_text("utf-8"))]


@cache
def kustomized(folder: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((KUBERNETES / folder / "kustomization.yaml").read_text("utf-8"))
    return parsed


def validate(resource: dict[str, Any]) -> None:
    """Check a resource by the schemas of Kubernetes, whose library takes long to load."""
    import kubernetes_validate

    kubernetes_validate.validate(resource, "1.34", strict=True)


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """The specification of every pod of ours, with a name for it."""
    for resource in manifests("base"):
        if resource["kind"] == "Deployment":
            yield resource["metadata"]["name"], resource["spec"]["template"]["spec"]


def variables(folder: str) -> dict[str, str]:
    """Return what a settings.env sets."""
    lines = (KUBERNETES / folder / "settings.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def environment(role: str, overlay: str) -> dict[str, str]:
    """The variables of a role's container in an overlay."""
    own = container_variables(dict(pods())[role]["containers"][0])
    patch = KUBERNETES / overlay / f"{role}-patch.yaml"
    if patch.exists():
        patched = yaml.safe_load(patch.read_text("utf-8"))["spec"]["template"]["spec"]["containers"][0]
        own |= container_variables(patched)
    return variables("base") | variables(overlay) | own


def container_variables(container: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container.get("env", ())}


def pinned(artifact: str) -> str:
    """The version that the tests run a server in."""
    result = re.search(f"<artifactId>{artifact}</artifactId>\\s*<version>([^<]+)<", text("services/pom.xml"))
    assert result
    return result[1]


@cache
def rendered(folder: str) -> list[dict[str, Any]]:
    """Return what `kubectl apply --kustomize` would send."""
    output = subprocess.run(["kubectl", "kustomize", KUBERNETES / folder], check=True, capture_output=True)
    return list(yaml.safe_load_all(output.stdout))
