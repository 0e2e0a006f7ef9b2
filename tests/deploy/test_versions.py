"""The deployed versions are the tested ones: those of pom.xml and of the pins."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import pipeline
from tests.deploy.files import DEPLOY, KUBERNETES, compose, manifests, pinned, text

KAFKA, BEAM = pinned("kafka_2.13"), pinned("beam-runners-flink-1.19")
ELASTICSEARCH = "8.19.8"  # in the archive that pom.xml names
JOB_SERVER = f"apache/beam_flink1.19_job_server:{BEAM}"


def resource(kind: str) -> dict[str, object]:
    return next(each["spec"] for each in manifests("operators") if each["kind"] == kind)


def test_images_of_compose_are_the_pins() -> None:
    images = {name: service["image"].partition("@")[0] for name, service in compose()["services"].items()}
    assert images["kafka"] == f"apache/kafka:{KAFKA}"
    assert images["elasticsearch"] == f"docker.elastic.co/elasticsearch/elasticsearch:{ELASTICSEARCH}"
    assert images["flink"] == JOB_SERVER


def test_servers_of_the_operators_are_the_pins() -> None:
    kafka, flink = resource("Kafka"), resource("FlinkDeployment")
    assert isinstance(kafka["kafka"], dict)
    assert kafka["kafka"]["version"] == KAFKA
    assert resource("Elasticsearch")["version"] == ELASTICSEARCH
    assert str(flink["image"]).startswith("flink:1.19.")
    assert flink["flinkVersion"] == "v1_19"
    assert f"image: {JOB_SERVER}" in (KUBERNETES / "base" / "job.yaml").read_text()


def test_the_pinned_archive_has_the_pinned_elasticsearch() -> None:
    assert f"A complete Elasticsearch {ELASTICSEARCH} is inside" in text("services/pom.xml")
    assert re.search(r"^elasticsearch==8\.19\.", text("constraints.txt"), re.MULTILINE)


def test_every_mention_of_the_image_has_this_version() -> None:
    own_side = f"onrecord:{pipeline.__version__}"
    assert f"--tag {own_side} ." in text("Dockerfile")
    assert compose()["services"]["web"]["image"] == own_side
    assert f"newTag: {pipeline.__version__}" in (KUBERNETES / "base" / "kustomization.yaml").read_text()
    for name in ("flink.yaml", "job-patch.yaml"):  # beyond what the kustomization changes
        assert f"image: {own_side}\n" in (KUBERNETES / "operators" / name).read_text()


IMAGE = re.compile(r"^(?:FROM|\s*image:) (\S+)", re.MULTILINE)
FILES = ("Dockerfile", "compose.yaml", *(str(file.relative_to(DEPLOY)) for file in KUBERNETES.glob("*/*.yaml")))


@pytest.mark.parametrize("file", FILES)
def test_every_image_has_a_full_version(file: str) -> None:
    for image in IMAGE.findall(text(file)):
        assert image == "onrecord" or re.search(r":v?\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$", image), image


def test_digests_are_pinned_beside_the_versions(tmp_path: Path) -> None:
    """A registry is played by a program that answers as `docker buildx imagetools inspect` does."""
    folder = shutil.copytree(DEPLOY, tmp_path / "deploy")
    for digest in ("a" * 64, "b" * 64):
        (tmp_path / "docker").write_text(f"#!/bin/sh\necho sha256:{digest}\n")
        (tmp_path / "docker").chmod(0o755)
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        subprocess.run([folder / "digests"], check=True, env=environment, stdout=subprocess.DEVNULL)
        for file in FILES:
            before = [image.partition("@")[0] for image in IMAGE.findall(text(file))]
            expected = [
                image if image.partition(":")[0] == "onrecord" else f"{image}@sha256:{digest}" for image in before
            ]
            assert IMAGE.findall((folder / file).read_text("utf-8")) == expected


PROJECT = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text("utf-8"))
EXTRAS = tuple(PROJECT["project"]["optional-dependencies"])
ENTRY = re.compile(r"^([\w.-]+)==(\S+).*\\$((?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+)$", re.MULTILINE)


def hashed(layer: str) -> dict[str, str]:
    """The versions of a file of hashes, by the name of the package."""
    content = text(f"hashes/{layer}.txt")
    entries = ENTRY.findall(content)
    assert len(entries) == len(re.findall("==", re.sub(r";.*", "", content))), "an entry has no hash"
    return {str(canonicalize_name(name)): version for name, version, _ in entries}


@pytest.mark.parametrize("layer", ["core", "build", "audit", "release", *EXTRAS])
def test_hashes_match_the_pinned_versions(layer: str) -> None:
    pins = dict(line.split("==") for line in text("constraints.txt").splitlines()[1:])
    versions = {canonicalize_name(name): version for name, version in pins.items()}
    for name, version in hashed(layer).items():
        assert versions.get(canonicalize_name(name), version) == version, f"{name}: run deploy/lock"


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_every_required_package_has_hashes(extra: str) -> None:
    existing = hashed("core") | (hashed(extra) if extra else {})
    for name, version in needed("onrecord", extra, set()):
        assert existing.get(name) == version, f"{name} {version}: run deploy/lock"


def needed(package: str, extra: str, seen: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The packages that a package requires here, as they are installed, and those that they require."""
    for text_of_requirement in distribution(package).requires or ():
        requirement = Requirement(text_of_requirement)
        name = str(canonicalize_name(requirement.name))
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        try:
            version = distribution(name).version
        except PackageNotFoundError:  # of an extra that is not installed
            continue
        yield name, version
        for inner in {"", *requirement.extras}:
            if (name, inner) not in seen:
                seen.add((name, inner))
                yield from needed(name, inner, seen)


def test_the_environment_and_the_image_install_with_hashes_only() -> None:
    for file in ("environment", "Dockerfile", "systemd/onrecord.service"):
        installs = re.findall(r"(?:bin/pip install|^ *install)(.*)", text(file), re.MULTILINE)
        assert len(installs) >= 2, file
        assert all(re.search("--require-hashes|--no-deps|-[md] ", line) for line in installs), file


@pytest.mark.servers
def test_the_image_has_the_python_of_the_tests_on_servers() -> None:
    bases = re.findall(r"^FROM python:(\d+\.\d+)\.\d+-slim", text("Dockerfile"), re.MULTILINE)
    assert bases == [f"{sys.version_info.major}.{sys.version_info.minor}"] * 2
