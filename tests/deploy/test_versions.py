"""What is deployed is what was tested: the versions of pom.xml and of the pins."""

import re
import sys

import pytest

import pipeline
from tests.deploy.files import KUBERNETES, compose, manifests, pinned, text

KAFKA, BEAM = pinned("kafka_2.13"), pinned("beam-runners-flink-1.19")
ELASTICSEARCH = "8.19.8"  # in the archive that pom.xml names
JOB_SERVER = f"apache/beam_flink1.19_job_server:{BEAM}"


def resource(kind: str) -> dict[str, object]:
    return next(each["spec"] for each in manifests("operators") if each["kind"] == kind)


def test_images_of_compose_are_the_pins() -> None:
    images = {name: service["image"] for name, service in compose()["services"].items()}
    assert images["kafka"] == f"apache/kafka:{KAFKA}"
    assert images["elasticsearch"] == f"docker.elastic.co/elasticsearch/elasticsearch:{ELASTICSEARCH}"
    assert images["flink"] == JOB_SERVER
    assert all(re.search(r":v?\d[\w.-]*$", image) for image in images.values())


def test_servers_of_the_operators_are_the_pins() -> None:
    kafka, flink = resource("Kafka"), resource("FlinkDeployment")
    assert isinstance(kafka["kafka"], dict)
    assert kafka["kafka"]["version"] == KAFKA
    assert resource("Elasticsearch")["version"] == ELASTICSEARCH
    assert str(flink["image"]).startswith("flink:1.19.")
    assert flink["flinkVersion"] == "v1_19"
    assert f"image: {JOB_SERVER}\n" in (KUBERNETES / "base" / "job.yaml").read_text()


def test_the_archive_of_the_pins_has_that_elasticsearch() -> None:
    assert f"A complete Elasticsearch {ELASTICSEARCH} is inside" in text("services/pom.xml")
    assert re.search(r"^elasticsearch==8\.19\.", text("constraints.txt"), re.MULTILINE)


def test_the_image_is_of_this_version_wherever_it_is_named() -> None:
    ours = f"onrecord:{pipeline.__version__}"
    assert f"--tag {ours} ." in text("Dockerfile")
    assert compose()["services"]["web"]["image"] == ours
    assert f"newTag: {pipeline.__version__}" in (KUBERNETES / "base" / "kustomization.yaml").read_text()
    for name in ("flink.yaml", "job-patch.yaml"):  # beyond what the kustomization changes
        assert f"image: {ours}\n" in (KUBERNETES / "operators" / name).read_text()


@pytest.mark.servers
def test_the_image_has_the_python_of_the_tests_on_servers() -> None:
    bases = re.findall(r"^FROM python:(\d+\.\d+)\.\d+-slim", text("Dockerfile"), re.MULTILINE)
    assert bases == [f"{sys.version_info.major}.{sys.version_info.minor}"] * 2
